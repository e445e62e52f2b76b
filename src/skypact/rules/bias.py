"""Parameters of the rule `bias`."""

from skypact.rules.common import NotNegative, Positive, RuleParams, Severity


class BiasParams(RuleParams, frozen=True, kw_only=True):
    """A sensor's bias has stepped."""

    clear_after_s: NotNegative = 5.0
    update_s: Positive = 60.0
    step_sigma: Positive = 5.0
    """A step is told from so many standard deviations of the difference on."""
    before_s: Positive = 120.0
    """Estimates are compared with those so long before."""
    hold_s: Positive = 600.0
    """A step stays told for so long."""
    least_range_m: Positive = 100.0
    """And from this size on; the next alike."""
    least_range_gain: Positive = 5e-4
    """The same of the gain of the range."""
    least_azimuth_deg: Positive = 0.15
    """The same of the azimuth."""
    least_elevation_deg: Positive = 0.1
    """The same of the elevation."""
    least_time_s: Positive = 0.1
    """The same of the clock."""
    severity: Severity = "moderate"
