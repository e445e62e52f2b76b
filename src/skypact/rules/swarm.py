"""Parameters of the rule `swarm`."""

from typing import Annotated

from msgspec import Meta

from skypact.rules.common import NotNegative, Positive, RuleParams, Severity, Share


class SwarmParams(RuleParams, frozen=True, kw_only=True):
    """Objects without identity, drones and fast ones that move together."""

    raise_after_s: NotNegative = 15.0
    clear_after_s: NotNegative = 30.0
    distance_m: Annotated[float, Meta(ge=50)] = 3_000.0
    """Neighbours are so near: less than what air traffic control separates by (3 NM)."""
    velocity_mps: Positive = 15.0
    """Their velocities differ by so little."""
    height_m: Positive = 250.0
    """And their heights, where both are known; less than between the levels of a holding stack
    (1,000 ft), more by what the heights are uncertain by."""
    keep_share: Annotated[float, Meta(ge=1, le=3)] = 1.5
    """Who flies together does so up to so many times these limits."""
    least_count: Annotated[int, Meta(ge=2)] = 3
    """Fewer objects are no swarm."""
    least_speed_mps: NotNegative = 30.0
    """Slower ones without identity are birds or weather."""
    drone_least_speed_mps: NotNegative = 3.0
    """Drones may be slower than the others, down to this."""
    least_age_s: NotNegative = 20.0
    """Younger tracks are left out."""
    least_existence: Share = 0.7
    """Tracks that are less sure to exist are left out."""
    fresh_s: Positive = 20.0
    """Seen within this time."""
    resolution_m: Positive = 300.0
    """Diameter of the cell within which sensors see two objects as one."""
    detection: Share = 0.9
    """Probability that an object that is resolved has a track."""
    margin_m: Positive = 1_000.0
    """Of the area told, about the outermost objects."""
    severity: Severity = "severe"
