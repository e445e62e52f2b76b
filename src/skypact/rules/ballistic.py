"""Parameters of the rule `ballistic`."""

from typing import Annotated

from msgspec import Meta

from skypact.rules.common import NotNegative, Positive, RuleParams, Share


class BallisticParams(RuleParams, frozen=True, kw_only=True):
    """Objects in free flight: where and when what they are will come down, as areas and times."""

    clear_after_s: NotNegative = 0.0
    """How long a warning stays is the rule's own: until the last time of arrival is over."""
    update_s: Positive = 2.0
    possible_at: Share = 0.5
    """Probability of the ballistic mode from which an object is told of as possible."""
    warn_at: Share = 0.95
    """From which it may become a warning."""
    drop_at: Share = 0.2
    """A warning is withdrawn below it."""
    least_reports: Annotated[int, Meta(ge=2)] = 3
    """Reports that it takes; two false plots at ballistic speed are common."""
    least_age_s: NotNegative = 4.0
    """Time that they span."""
    least_energy_m: NotNegative = 80_000.0
    """Specific energy over the ground as a height, h + v^2 / 2g, that nothing that flies by its
    wings has: the fastest aircraft, 1,000 m/s at 25 km, have 76 km. A warning takes more than this,
    with the probability `warn_at`."""
    most_area_km2: Positive = 3_000_000.0
    """A warning whose area of 95 % were larger would be of a third of a continent, and tell nobody
    what to do: the object stays `possible` until it is known better. Most of those are satellites
    of which little has been seen."""
    samples: Annotated[int, Meta(ge=64, le=4096)] = 512
    """Flights of the ensemble."""
    least_burn_s: Positive = 40.0
    """Thrust lasts for at least this time from the launch."""
    most_burn_s: Positive = 120.0
    """For at most this, evenly."""
    model_sigma_m: NotNegative = 500.0
    """What wind, the density of the air and the ground's height add, each axis."""
    ground_m: float = 0.0
    """Height above the ellipsoid at which a flight ends."""
    most_s: Positive = 3_000.0
    """What does not come down within this time stays up: a satellite."""
    after_s: NotNegative = 120.0
    """All-clear so long after the last time of arrival."""
    districts: str = ""
    """GeoJSON of districts, each with a ``name``, perhaps a ``population``; left out, countries."""
