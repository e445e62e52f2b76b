"""Parameters of the rule `gnss`."""

from typing import Annotated

from msgspec import Meta

from skypact.rules.common import NotNegative, Positive, RuleParams, Severity, Share


class GnssParams(RuleParams, frozen=True, kw_only=True):
    """Satellite navigation is disturbed in a part of the sky."""

    raise_after_s: NotNegative = 10.0
    clear_after_s: NotNegative = 60.0
    update_s: Positive = 30.0
    cell_deg: Annotated[float, Meta(ge=0.1, le=10)] = 0.5
    """Width of a cell in latitude; in longitude it is as wide, rounded to equal parts."""
    window_s: Positive = 180.0
    """Aircraft count in a cell for so long after they were there."""
    bad_below: Annotated[int, Meta(ge=1, le=11)] = 5
    """Positions of a lower accuracy category are bad: 5 is 0.5 NM or better."""
    good_from: Annotated[int, Meta(ge=1, le=11)] = 7
    """From this category on they are good; between, an aircraft stays what it was."""
    good_s: Positive = 30.0
    """An aircraft counts after its positions were good for so long."""
    absent_s: Positive = 20.0
    """An aircraft that tells no more positions for so long, while other sensors see it, has bad
    ones."""
    raise_share: Share = 0.5
    """A cell is disturbed where this share of the aircraft in it, and of those in it and its eight
    neighbours, has bad positions."""
    clear_share: Share = 0.25
    """And stays so down to this one."""
    least_aircraft: Annotated[int, Meta(ge=1)] = 3
    """Aircraft with bad positions that are needed in a cell and its neighbours."""
    severity: Severity = "moderate"
