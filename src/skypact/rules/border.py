"""Parameters of the rule `border`."""

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
