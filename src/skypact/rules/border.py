"""Parameters of the rule `border`."""

from typing import Annotated

from msgspec import Meta

from skypact.rules.common import NotNegative, Positive, RuleParams, Severity, Share


class BorderParams(RuleParams, frozen=True, kw_only=True):
    """Crossings of the union's outer border; borders between members are silent."""

    clear_after_s: NotNegative = 20.0
    ahead_s: Positive = 180.0
    """Crossings are predicted so far ahead."""
    raise_probability: Share = 0.7
    """A predicted crossing is told from this probability on."""
    keep_probability: Share = 0.3
    """And stays while it is at least so likely."""
    course_sigma_deg: Positive = 4.0
    """What aircraft change their course by within the time ahead, beside the track's own error."""
    kept_s: Annotated[tuple[tuple[float, Positive], ...], Meta(min_length=1)] = (
        (2_250.0, 220.0), (4_500.0, 400.0), (7_500.0, 1_000.0)
    )  # fmt: skip
    """Mean time for which aircraft keep their course within 15 degrees, by height above the
    ellipsoid, metres, the lowest first; linear between. Those of unknown height count as the
    highest."""
    turning_share: Share = 0.4
    """Share of aircraft in a turn that go on as they head now: these are told after it."""
    turning_dps: Positive = 0.3
    """Course changes by so many degrees a second in a turn."""
    least_speed_mps: NotNegative = 15.0
    """Slower objects are predicted by other rules."""
    upper_m: float = 100_000.0
    """Greatest height above the WGS-84 ellipsoid: what is higher is in space and crosses no border;
    objects of unknown height may be anywhere."""
    inside_s: Positive = 60.0
    """A crossing inwards stays told for so long after it."""
    leaving: bool = False
    """Tell of crossings outwards, too."""
    countries: tuple[str, ...] = ()
    """ISO 3166 numeric codes of the territory; left out, those of all members."""
    file: str = ""
    """GeoJSON of the territory instead: polygons."""
    severity: Severity = "moderate"
    """Of every crossing."""

    def __post_init__(self) -> None:
        """Refuse heights that do not rise."""
        heights = [height_m for height_m, _ in self.kept_s]
        if sorted(set(heights)) != heights:
            raise ValueError(f"kept_s: expected heights that rise, got {heights}")
