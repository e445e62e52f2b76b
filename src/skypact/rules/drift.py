"""Parameters of the rule `drift`."""

from typing import Annotated

from msgspec import Meta

from skypact.rules.common import NotNegative, Positive, RuleParams, Severity


class DriftParams(RuleParams, frozen=True, kw_only=True):
    """ADS-B positions that part from what radars and multilateration measure."""

    clear_after_s: NotNegative = 30.0
    update_s: Positive = 30.0
    allowance: Positive = 1.0
    """Differences up to so many standard deviations are borne for ever: `k` of the cumulative
    sum."""
    threshold: Positive = 12.0
    """Raised at this length of the cumulative sum, in standard deviations: `h`."""
    clip: Annotated[float, Meta(gt=1)] = 6.0
    """One plot counts for so many standard deviations at most."""
    least_m: Positive = 300.0
    """And from this mean difference on."""
    most_gap_s: Positive = 10.0
    """Between a plot and the self-reported position that it is compared with."""
    split_m: Positive = 3_000.0
    """A track that only radar sees goes on where the one that only ADS-B sees was left: within
    this distance."""
    split_s: Positive = 60.0
    """And began within this time of it."""
    fresh_s: Positive = 15.0
    """Both parts must have been heard within this time."""
    severity: Severity = "severe"
