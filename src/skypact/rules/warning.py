"""Which alerts become warnings of the public, and what a person decides."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from skypact.rules.common import Positive, Severity

By = Literal["unit", "person"]


class WarningParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How alerts become messages of the Common Alerting Protocol."""

    rules: tuple[str, ...] = ("ballistic",)
    """Alerts of these rules become drafts."""
    least_severity: Severity = "severe"
    """From this severity."""
    restriction: Annotated[str, Meta(min_length=1)] = (
        "Not for release before a person with the role release has released it. Duty officers only."
    )
    """What drafts say of who may see them."""
    valid_s: Positive = 900.0
    """A message expires so long after it is sent, or after the event where that is later."""
    renewed_by: By = "unit"
    """Who tells of changes of a warning that is released: the unit by itself, or a person again."""
    cancelled_by: By = "unit"
    """Who gives the all-clear."""
