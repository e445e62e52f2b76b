"""Parameters of an evaluation, with their limits; they are printed beside every result."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
Order = Annotated[float, Meta(ge=1)]


class EvaluateParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How truth and tracks are compared."""

    step_s: Positive = 1.0
    """Time between the instants at which sets of objects are compared."""
    dimensions: Literal[2, 3] = 2
    """Distances across the local vertical, or in space."""
    start_s: float | None = None
    """Nothing before is judged, seconds UTC since 1970."""
    end_s: float | None = None
    """Nothing after is judged."""
    confirmed_only: bool = True
    """Rows that the tracker does not vouch for are left out."""
    match_m: Positive = 2_000.0
    """A track stands for an object only within this horizontal distance."""
    pause_s: Positive = 30.0
    """Length from which a time without a track counts as a pause."""
    gospa_c_m: Positive = 1_000.0
    """GOSPA: distance from which a track and an object have nothing to do with each other."""
    gospa_p: Order = 2.0
    """GOSPA: order."""
    gospa_alpha: Annotated[float, Meta(gt=0, le=2)] = 2.0
    """GOSPA: 2 makes the parts localisation, missed and false."""
    tgospa_gamma_m: Positive | None = None
    """Trajectory GOSPA: what a change of track costs; None: as much as `gospa_c_m`, which is what
    an object missed and a track too many cost together at one instant."""
    ospa_c_m: Positive = 1_000.0
    """OSPA and OSPA(2): cut-off."""
    ospa_p: Order = 1.0
    """OSPA and OSPA(2): order."""
    ospa2_window_s: Positive = 10.0
    """OSPA(2): stretch of time over which tracks are compared as wholes."""
