"""Parameters of the rule `unconfirmed`."""

from typing import Annotated

from msgspec import Meta

from skypact.rules.common import NotNegative, Positive, RuleParams, Severity, Share


class UnconfirmedParams(RuleParams, frozen=True, kw_only=True):
    """ADS-B that radars and multilateration would see, and do not."""

    raise_after_s: NotNegative = 3.0
    clear_after_s: NotNegative = 30.0
    update_s: Positive = 60.0
    raise_probability: Share = 1e-5
    """Raised where a real object would be missed so often with no higher probability."""
    least_turns: Annotated[int, Meta(ge=2)] = 8
    """Misses that are needed, over all sensors."""
    memory_s: Positive = 120.0
    """An object that was confirmed is not judged for so long."""
    fresh_s: Positive = 15.0
    """ADS-B must have been heard within this time."""
    least_speed_mps: NotNegative = 25.0
    """Slower objects are filtered out by many radars as ground traffic."""
    severity: Severity = "moderate"
