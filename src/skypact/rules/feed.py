"""Parameters of the rule `feed`."""

from typing import Annotated

from msgspec import Meta

from skypact.rules.common import NotNegative, Positive, RuleParams, Severity, Share


class FeedParams(RuleParams, frozen=True, kw_only=True):
    """A feed is dead, late or thin, while the sky need not be empty."""

    raise_after_s: NotNegative = 2.0
    clear_after_s: NotNegative = 20.0
    update_s: Positive = 60.0
    never_after_s: Positive = 120.0
    """A sensor of which nothing was ever heard is told after so long."""
    empty_after_s: Positive = 600.0
    """Neither service messages nor tracks to be seen: the sky may be empty, and silence is told
    after so long."""
    late_s: Positive = 3.0
    """Reports that arrive so long after their stamps are late."""
    ahead_s: Positive = 1.0
    """Stamps that are so far ahead of the arrival are wrong."""
    calm_share: Share = 0.7
    """A late feed stays told down to this share of these limits."""
    thin_share: Share = 0.3
    """A feed is thin that brings less than this share of the reports that the tracks it had seen
    lead to expect."""
    thick_share: Share = 0.6
    """And stays so up to this one."""
    least_expected: Annotated[float, Meta(ge=5)] = 15.0
    """Reports that must be expected in the last turns."""
    turns: Annotated[int, Meta(ge=2, le=10)] = 4
    """Turns over which they are counted."""
    severity: Severity = "moderate"
