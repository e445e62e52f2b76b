"""Parameters of an evaluation, with their limits; they are printed beside every result."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

LENGTH_M: Final = (1e-3, 1e7)
"""Least and greatest cut-off and cost of a switch."""
ORDER: Final = (1.0, 4.0)
"""Least and greatest order p. Trajectory GOSPA works with c^p - d^p, which at p = 4 still tells
distances of 1e-4 c apart; at a greater p it would not."""
ALPHA: Final = (1e-3, 2.0)
DAY_S: Final = 86_400.0

Length = Annotated[float, Meta(ge=LENGTH_M[0], le=LENGTH_M[1])]
Order = Annotated[float, Meta(ge=ORDER[0], le=ORDER[1])]
Duration = Annotated[float, Meta(gt=0, le=DAY_S)]


class EvaluateParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How truth and tracks are compared."""

    step_s: Duration = 1.0
    """Time between the instants at which sets of objects are compared."""
    dimensions: Literal[2, 3] = 2
    """Distances across the local vertical, or in space."""
    start_s: float | None = None
    """Nothing before is judged, seconds UTC since 1970."""
    end_s: float | None = None
    """Nothing after is judged."""
    confirmed_only: bool = True
    """Rows that the tracker does not vouch for are left out."""
    match_m: Length = 2_000.0
    """A track stands for an object only within this horizontal distance."""
    pause_s: Duration = 30.0
    """Length from which a time without a track counts as a pause."""
    gospa_c_m: Length = 1_000.0
    """GOSPA: distance from which a track and an object have nothing to do with each other."""
    gospa_p: Order = 2.0
    """GOSPA: order."""
    gospa_alpha: Annotated[float, Meta(ge=ALPHA[0], le=ALPHA[1])] = 2.0
    """GOSPA: 2 makes the parts localisation, missed and false."""
    tgospa_gamma_m: Length | None = None
    """Trajectory GOSPA: what a change of track costs; None: as much as `gospa_c_m`, which is what
    an object missed and a track too many cost together at one instant."""
    ospa_c_m: Length = 1_000.0
    """OSPA and OSPA(2): cut-off."""
    ospa_p: Order = 1.0
    """OSPA and OSPA(2): order."""
    ospa2_window_s: Duration = 10.0
    """OSPA(2): stretch of time over which tracks are compared as wholes."""

    def ospa2_instants(self) -> int:
        """Window of OSPA(2) in instants; with one it is OSPA."""
        return max(1, round(self.ospa2_window_s / self.step_s))
