"""Parameters of the rule `slow`."""

from typing import Annotated

import msgspec
from msgspec import Meta

from skypact.rules.common import (
    Latitude,
    Longitude,
    NotNegative,
    Positive,
    RuleParams,
    Severity,
    Share,
)


class WindLevel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Wind at a height: where the air goes to."""

    height_m: float
    """Above the WGS-84 ellipsoid."""
    wind_north_mps: float
    """Towards the north."""
    wind_east_mps: float
    """Towards the east."""


class ProtectedPoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An airport or another place that slow objects should not come near."""

    name: Annotated[str, Meta(min_length=1)]
    centre: tuple[Latitude, Longitude]
    """Degrees north and east."""
    radius_m: Positive = 10_000.0


class SlowParams(RuleParams, frozen=True, kw_only=True):
    """Balloons with a forecast of their drift, and drones near protected places."""

    raise_after_s: NotNegative = 20.0
    clear_after_s: NotNegative = 60.0
    update_s: Positive = 30.0
    point: tuple[ProtectedPoint, ...] = ()
    """Airports and the like."""
    wind: tuple[WindLevel, ...] = ()
    """Wind by height, the lowest level first."""
    wind_file: str = ""
    """Or a JSON file that holds them: ``{"levels": [{"height_m": ..., "wind_north_mps": ...,
    "wind_east_mps": ...}]}``."""
    transponders: bool = False
    """Objects with an address or a Mode A code may be balloons, too."""
    follow_s: Positive = 120.0
    """Motion is judged over so long."""
    least_existence: Share = 0.9
    """Tracks that are less sure to exist are left out."""
    lower_m: float = 1_500.0
    """Lower ones are left to `drone`: birds migrate below."""
    upper_m: float = 45_000.0
    near_wind_mps: Positive = 6.0
    """A balloon moves through the air no faster (root mean square), where the wind is known."""
    most_speed_mps: Positive = 22.0
    """And over the ground where it is not: slower than aeroplanes fly."""
    most_change_mps: Positive = 3.0
    """Its velocity stays so close to its mean (root mean square), where the wind is not known."""
    keep_share: Annotated[float, Meta(ge=1)] = 1.5
    """A balloon stays one up to so many times these figures."""
    reach_probability: Share = 0.2
    """Told from this probability on that it comes to a watched place within the hour."""
    keep_probability: Share = 0.05
    """An alert goes on down to this probability."""
    forecast_s: Positive = 30.0
    """Forecasts are made anew so often."""
    wind_sigma_mps: Positive = 3.0
    """Error of a given wind far from where the object is."""
    persistence_sigma_mps: Positive = 4.0
    """What the wind changes by where only the object's own motion is known."""
    wind_memory_s: Positive = 3_600.0
    """The wind forgets what it was in this time."""
    drones: bool = True
    """Whether drones are told of."""
    drones_in_territory: bool = False
    """Tell of drones everywhere in the union, not only near points and in areas."""
    possible_drones: bool = True
    """Tell of low slow objects that do not say what they are, near points and in areas."""
    drone_upper_m: float = 1_000.0
    """Of those: greatest height above the ellipsoid."""
    drone_least_mps: Positive = 20.0
    """Of those: faster than birds."""
    drone_most_mps: Positive = 70.0
    """Greatest speed of a drone."""
    drone_severity: Severity = "severe"
    """A drone near a point or in an area; a possible one is moderate at most."""
    severity: Severity = "moderate"
    """A balloon; one at a point, or likely there within half an hour, is severe."""
