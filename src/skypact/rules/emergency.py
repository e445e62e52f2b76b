"""Parameters of the rule `emergency`."""

from skypact.rules.common import NotNegative, RuleParams


class EmergencyParams(RuleParams, frozen=True, kw_only=True):
    """Codes 7500 (unlawful interference), 7600 (radio failure), 7700 (emergency)."""

    raise_after_s: NotNegative = 2.0
    """Pilots turn knobs: a code that goes by is no emergency."""
    clear_after_s: NotNegative = 30.0
