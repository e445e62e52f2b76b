"""Parameters of the rule `coverage`, and of how detections are counted for it and for others."""

from typing import Annotated

from msgspec import Meta

from skypact.rules.common import NotNegative, Positive, RuleParams, Severity, Share

Elevation = Annotated[float, Meta(ge=-5, le=90)]


class CoverageParams(RuleParams, frozen=True, kw_only=True):
    """A sensor no longer detects where it did."""

    clear_after_s: NotNegative = 30.0
    update_s: Positive = 60.0
    range_share: Share = 0.9
    """A sensor is expected to see to this share of its greatest range."""
    least_elevation_deg: Elevation = 0.5
    """And from this elevation of the straight line on."""
    highest_elevation_deg: Elevation = 40.0
    """And up to this one: the cone of silence."""
    raise_probability: Share = 1e-6
    """Raised where so few detections are no likelier than this at the earlier rate."""
    raise_share: Share = 0.5
    """And the rate has fallen below this share of the earlier one."""
    clear_share: Share = 0.75
    """Over where it is back to this share."""
    least_rate: Share = 0.5
    """Sectors whose earlier rate was lower are not judged."""
    least_before: Annotated[int, Meta(ge=20)] = 100
    """Nor those with fewer earlier opportunities."""
    least_recent: Annotated[int, Meta(ge=5)] = 20
    """Opportunities of the last ten turns that are needed to judge."""
    least_tracks: Annotated[int, Meta(ge=1)] = 3
    """Objects that are needed in one turn: one alone may have lost its transponder."""
    severity: Severity = "moderate"
