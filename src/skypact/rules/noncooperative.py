"""Parameters of the rule `noncooperative`."""

from typing import Annotated, Literal

from msgspec import Meta

from skypact.rules.common import NotNegative, Positive, RuleParams, Severity, Share


class NoncooperativeParams(RuleParams, frozen=True, kw_only=True):
    """An object without any identity, or an aircraft whose transponder fell silent."""

    raise_after_s: NotNegative = 5.0
    clear_after_s: NotNegative = 30.0
    within: Literal["territory", "areas", "both"] = "both"
    """Only objects in or on the way to the territory of `border`, the areas of `area`, or both."""
    approach_s: NotNegative = 180.0
    """On the way is who, straight on, is inside within this time."""
    least_speed_mps: NotNegative = 30.0
    """Slower ones are birds, vehicles and clutter; `slow` watches balloons and drones."""
    most_speed_mps: Positive = 1_200.0
    """Faster objects are the matter of other rules."""
    lower_m: float = 0.0
    """Least height above the WGS-84 ellipsoid; objects of unknown height may be anywhere."""
    upper_m: float = 30_000.0
    least_age_s: NotNegative = 40.0
    """Since the track began."""
    least_existence: Share = 0.95
    """Tracks that are less sure to exist are left out."""
    least_travel_m: NotNegative = 3_000.0
    """It has been so far from where it was first seen."""
    straightness: Share = 0.85
    """Speed of the mean velocity of the last minute by its mean speed: 1 is straight."""
    keep_straightness: Share = 0.5
    """An alert goes on down to this straightness."""
    least_reports: Annotated[int, Meta(ge=1)] = 4
    """Without an answer since the last one."""
    silent_s: Positive = 20.0
    """Without an answer for so long: longer than garbles last."""
    lost_after_s: Positive = 40.0
    """A known aircraft that has not answered for so long while it was seen lost its transponder."""
    lost: bool = True
    """Tell of those, too."""
    answers_within_s: Positive = 30.0
    """Silence counts where the sensor had an answer of somebody within this time: a dead
    interrogator makes nobody non-cooperative."""
    any_sensor: bool = False
    """Let sensors count that never bring an answer or an identity."""
    severity: Severity = "severe"
    """Inside; on the way it is moderate at most."""
