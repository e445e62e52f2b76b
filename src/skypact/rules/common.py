"""What every rule of the watch has in common."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(gt=0, lt=1)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Severity = Literal["minor", "moderate", "severe", "extreme"]
"""As in the Common Alerting Protocol 1.2, section 3.2.2."""
TargetClass = Literal[
    "unknown", "airliner", "light", "helicopter", "fast", "drone", "balloon", "surface", "ballistic"
]
"""As in `skypact.model.tracks.CLASSES`."""


class RuleParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an alert of a rule lives."""

    enabled: bool = True
    """Whether it looks at all."""
    raise_after_s: NotNegative = 0.0
    """What is found must hold for so long before it is told."""
    clear_after_s: NotNegative = 10.0
    """An alert is over when nothing was found for so long."""
    update_s: Positive = 10.0
    """A living alert is told anew so often, where something has changed."""
