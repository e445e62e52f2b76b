"""From alert to public warning: a restricted draft until a person releases it.

Two chains of messages for each alert. The restricted one begins with the draft. What is released
is a new ``Alert`` with scope ``Public`` and without references: CAP 1.2, section 3.2.1, keeps
``Update`` for what supersedes messages that the recipients have, and the public has none; a
receiver that looks for the draft would drop the warning. ``incidents`` collates both chains. Later
messages of a chain refer to all before them.

The status (Actual, Exercise, Test) is the unit's in drafts too: CAP's ``Draft`` would hide that a
draft is of an exercise. Nothing here reads a clock or signs; the same calls make the same messages.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from skypact.encode.cap import CapMessage, reference_to
from skypact.encode.capalert import Geocodes, Warner, districts_of, infos_of
from skypact.model.store import AlertRecord
from skypact.rules.warning import WarningParams
from skypact.watch.life import RANKS

RELEASE: Final = "release"
"""The role that may release and refuse."""
DECIDED: Final = ("released", "renewed", "cancelled", "refused")
"""Actions that a person has done."""
NO_DRAFT: Final = "no draft of this alert"
NO_REASON: Final = "expected a reason"
"""Why a person may not decide."""
POSSIBLE: Final = "possible"
"""``stage`` in the evidence of what is never released."""
MOST_OVER: Final = 1000
"""Chains that are over and still known."""
MOST_CHAINS: Final = 10_000
"""In all; beyond it the oldest are forgotten."""
MOST_WORD: Final = 80
"""Characters of an alert's name in identifiers."""
MOST_REFERENCES: Final = 200
"""Of one message, the latest ones: a chain that goes on for hours."""


class Step(NamedTuple):
    """Something that was done or denied, for the audit."""

    time_s: float
    alert: str
    action: str
    """``drafted``, ``redrafted``, ``withdrawn``; ``released``, ``renewed``, ``cancelled``;
    ``refused`` by a person who may release; ``denied``: not done, for the reason; ``failed``: the
    message could not be made."""
    who: str
    role: str
    identifier: str
    """Of the message that was made, empty for none."""
    reason: str


class Outcome(NamedTuple):
    """What follows from a call."""

    steps: tuple[Step, ...] = ()
    messages: tuple[CapMessage, ...] = ()
    """Of the steps that have one, in their order; to be signed and sent."""


class Chain(msgspec.Struct):
    """The messages of one alert."""

    alert: AlertRecord
    drafts: list[str]
    """References to restricted messages."""
    public: list[str]
    """References to released messages."""
    n: int = 0
    """Messages made."""
    sent_s: float = 0.0
    """When the last one was sent."""
    waits: bool = True
    """A draft waits for a person."""
    refused_by: str = ""
    refused_why: str = ""
    is_over: bool = False


class Waiting(NamedTuple):
    """A draft that a person is to decide on."""

    alert: AlertRecord
    reference: str
    """The last message of its restricted chain."""
    refused_by: str
    refused_why: str
    is_public: bool = False
    """Messages of this alert are out already: what waits is a change or the all-clear."""

    @property
    def identifier(self) -> str:
        """Of the last message of the restricted chain."""
        return self.reference.split(",")[1]


class Draft(NamedTuple):
    """A draft with its signed message."""

    waiting: Waiting
    xml: bytes
    """Empty where it can no longer be read."""


class Desk:
    """Keeps the chains.

    Parameters
    ----------
    params : WarningParams
    warner : Warner
        In whose name; its ``valid_s`` is that of the parameters.
    unit : str
        Who renews and cancels by itself.
    geocodes : mapping, optional
        Codes of districts by name.
    """

    def __init__(
        self,
        params: WarningParams,
        warner: Warner,
        unit: str,
        geocodes: Mapping[str, Geocodes] | None = None,
    ) -> None:
        self.params = params
        self._warner = warner._replace(valid_s=params.valid_s)
        self._unit = unit
        self._geocodes = geocodes or {}
        self._chains: dict[str, Chain] = {}

    def waiting(self) -> list[Waiting]:
        """Return the drafts that wait for a person, the oldest first."""
        return [
            Waiting(c.alert, c.drafts[-1], c.refused_by, c.refused_why, bool(c.public))
            for c in self._chains.values()
            if c.waits
        ]

    def is_released(self, alert_id: str) -> bool:
        """Whether the public was warned of an alert."""
        chain = self._chains.get(alert_id)
        return chain is not None and bool(chain.public)

    def take(self, alert: AlertRecord) -> Outcome:
        """Take one state of an alert; the same one again does nothing."""
        chain = self._chains.get(alert.id)
        if chain is None:
            return self._begin(alert)
        is_old = (alert.time_s, alert.state) == (chain.alert.time_s, chain.alert.state)
        if chain.is_over or is_old or alert.time_s < chain.alert.time_s:
            return Outcome()
        if alert.state == "acknowledged":
            return Outcome()
        chain.alert = alert
        is_cleared = alert.state == "cleared"
        by = self.params.cancelled_by if is_cleared else self.params.renewed_by
        if not chain.public:
            chain.is_over, chain.waits = is_cleared, not is_cleared
            action = "withdrawn" if is_cleared else "redrafted"
            return self._tell(chain, action, self._unit, "unit", alert.time_s)
        if by == "person":
            chain.waits = True
            return self._tell(chain, "redrafted", self._unit, "unit", alert.time_s)
        chain.is_over, chain.waits = is_cleared, False
        action = "cancelled" if is_cleared else "renewed"
        return self._tell(chain, action, self._unit, "unit", alert.time_s)

    def release(self, alert_id: str, who: str, role: str, now_s: float) -> Outcome:
        """Release what waits; once it is released, again does nothing.

        Parameters
        ----------
        alert_id : str
        who, role : str
            Of the person who is signed in.
        now_s : float
            UTC seconds.
        """
        chain = self._chains.get(alert_id)
        reason = self._why_not(chain, who, role)
        if reason or chain is None:
            return _denied(now_s, alert_id, who, role, f"release: {reason}")
        if chain.public and not chain.waits:
            return Outcome()
        is_cleared = chain.alert.state == "cleared"
        chain.is_over, chain.waits = is_cleared, False
        chain.refused_by = chain.refused_why = ""
        action = "cancelled" if is_cleared else "renewed" if chain.public else "released"
        return self._tell(chain, action, who, role, now_s)

    def refuse(self, alert_id: str, who: str, role: str, why: str, now_s: float) -> Outcome:
        """Decide not to release what waits; the draft stays and may still be released."""
        chain = self._chains.get(alert_id)
        reason = self._why_not(chain, who, role) or ("" if why.strip() else NO_REASON)
        if not reason and chain is not None and not chain.waits:
            reason = "it is released already"
        if reason or chain is None:
            return _denied(now_s, alert_id, who, role, f"refuse: {reason}")
        if (chain.refused_by, chain.refused_why) == (who, why):
            return Outcome()
        chain.refused_by, chain.refused_why = who, why
        return Outcome((Step(now_s, alert_id, "refused", who, role, "", why),))

    def _why_not(self, chain: Chain | None, who: str, role: str) -> str:
        """Return why a person may not decide, empty where one may."""
        if role != RELEASE:
            return f"expected the role {RELEASE}, got {role!r}"
        if not who.strip():
            return "expected the name of a person"
        if chain is None:
            return NO_DRAFT
        if chain.is_over and not chain.public:
            return "the alert is over"
        if chain.alert.evidence.get("stage") == POSSIBLE:
            return "the object is only possible"
        return ""

    def _begin(self, alert: AlertRecord) -> Outcome:
        is_one = alert.rule in self.params.rules and alert.state in ("raised", "updated")
        if not is_one or RANKS[alert.severity] < RANKS[self.params.least_severity]:
            return Outcome()
        chain = self._chains[alert.id] = Chain(alert, [], [])
        self._forget()
        return self._tell(chain, "drafted", self._unit, "unit", alert.time_s)

    def _forget(self) -> None:
        over = [alert_id for alert_id, chain in self._chains.items() if chain.is_over]
        for alert_id in over[: max(len(over) - MOST_OVER, 0)]:
            del self._chains[alert_id]
        for alert_id in list(self._chains)[: max(len(self._chains) - MOST_CHAINS, 0)]:
            del self._chains[alert_id]

    def _tell(self, chain: Chain, action: str, who: str, role: str, now_s: float) -> Outcome:
        """Make the next message of a chain: the public one for what is released."""
        alert, warner = chain.alert, self._warner
        is_public = action in ("released", "renewed", "cancelled")
        earlier = chain.public if is_public else chain.drafts
        is_cleared = alert.state == "cleared"
        chain.n += 1
        chain.sent_s = max(now_s, chain.sent_s)
        incident = f"{_word(alert.unit)}.{_word(alert.id)}.{_digest(alert)}"
        message = CapMessage(
            identifier=f"{incident}.{chain.n}",
            sender=warner.sender,
            sent_s=chain.sent_s,
            status=warner.status,
            kind="Alert" if not earlier else "Cancel" if is_cleared else "Update",
            scope="Public" if is_public else "Restricted",
            infos=infos_of(
                alert,
                warner,
                chain.sent_s,
                districts_of(alert, self._geocodes),
                is_over=is_cleared,
            ),
            restriction="" if is_public else self.params.restriction,
            note=warner.note,
            references=tuple(earlier),
            incidents=incident,
        )
        earlier.append(reference_to(message))
        del earlier[:-MOST_REFERENCES]
        if chain.is_over:
            _shrink(chain)
        step = Step(now_s, alert.id, action, who, role, message.identifier, "")
        return Outcome((step,), (message,))

    def pack(self) -> bytes:
        """Bytes of all chains."""
        return msgspec.msgpack.encode(self._chains)

    def load(self, packed: bytes) -> None:
        """Take up what `pack` gave.

        Raises
        ------
        ValueError
            The bytes hold something else.
        """
        self._chains = msgspec.msgpack.decode(packed, type=dict[str, Chain])


def _shrink(chain: Chain) -> None:
    """Keep of what is over only that it was, and whether it was released."""
    chain.alert = chain.alert._replace(area=None, evidence={})
    del chain.drafts[:-1], chain.public[:-1]


def _denied(now_s: float, alert_id: str, who: str, role: str, reason: str) -> Outcome:
    return Outcome((Step(now_s, alert_id, "denied", who, role, "", reason),))


def _word(text: str) -> str:
    """Return a text with nothing that identifiers of CAP and names of files must not hold."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", text)[:MOST_WORD]


def _digest(alert: AlertRecord) -> str:
    """Return what tells apart alerts whose words are the same."""
    return hashlib.sha256(f"{alert.unit}\0{alert.id}".encode()).hexdigest()[:8]
