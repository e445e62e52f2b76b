"""Parameters of the doctrine: which alerts lead to which measures."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from skypact.rules.common import Positive, Severity

Channel = Literal["api", "webhook", "cap", "log"]
"""Ways to tell somebody. ``api`` and ``log`` tell at once; the others when a receipt comes."""
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Count = Annotated[int, Meta(ge=0, le=100)]


class Recipient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who can be told."""

    name: Name
    channels: Annotated[tuple[Channel, ...], Meta(min_length=1)]
    """Ways that lead to them."""
    signs_as: tuple[str, ...] = ()
    """Whose acknowledgements are theirs, as in ``acknowledged_by`` of alerts; left out,
    anybody's."""


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is told, how, and by when they must have taken notice."""

    tell: Annotated[tuple[Name, ...], Meta(min_length=1)]
    """Names of recipients."""
    through: tuple[Channel, ...] = ()
    """Channels; left out, all that a recipient has."""
    within_s: Positive = 10.0
    """They must have been told so soon."""
    acknowledge_within_s: Positive | None = None
    """One of them must have acknowledged so soon; left out, nobody need."""
    repeats: Count = 0
    """So often it is done anew before the next step, where it was missed."""


class Entry(Step, frozen=True, kw_only=True):
    """Measures for a class of threats."""

    name: Name
    rules: tuple[str, ...] = ()
    """Alerts of these rules; left out, of all."""
    severities: tuple[Severity, ...] = ()
    """Alerts of these severities; left out, of all."""
    evidence: dict[str, tuple[str, ...]] = {}
    """Alerts whose evidence has one of the texts under each of these keys; ``Riga*`` is what
    begins with Riga."""
    escalate: tuple[Step, ...] = ()
    """What is done, one after the other, when telling or acknowledging was missed."""
