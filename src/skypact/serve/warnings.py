"""Operations on warnings of the public: drafts that wait, and what a person decides on them."""

import math
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from skypact.serve.operation import Answer, Call, Knowledge
from skypact.serve.problem import Problem
from skypact.serve.query import MOST_ROWS
from skypact.watch.release import DECIDED, NO_DRAFT, NO_REASON, Outcome, Step, Waiting

MOST_REASON: Final = 1_000
UNCHANGED: Final = "unchanged"


class WaitingWarning(msgspec.Struct, frozen=True, kw_only=True):
    """A draft that a person is to decide on."""

    alert: str
    """Id of the alert; the draft is named by it, too."""
    identifier: str
    """Of the signed draft, the newest."""
    rule: str
    severity: str
    state: str
    """Of the alert: ``cleared`` where the all-clear waits."""
    time_s: float
    """When the alert got into this state, seconds UTC since 1970."""
    event_time_s: float | None
    """When what it tells of happens; null where that is unknown."""
    districts: tuple[str, ...]
    """Names of those that are warned."""
    released: bool
    """Messages of this alert are out already: what waits is a change or the all-clear."""
    refused_by: str
    """Who decided not to release it, empty where nobody did."""
    refused_why: str


class WaitingWarnings(msgspec.Struct, frozen=True):
    """Drafts that wait for a person, the oldest first."""

    warnings: tuple[WaitingWarning, ...]


class WarningDraft(WaitingWarning, frozen=True, kw_only=True):
    """A draft with its signed message."""

    cap: str
    """The message, CAP 1.2 as XML; empty where it can no longer be read."""


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a draft is not released."""

    reason: Annotated[str, Meta(min_length=1, max_length=MOST_REASON)]


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided."""

    alert: str
    by: str
    """Role and begin of the token's SHA-256; ``local`` without tokens."""
    action: str
    """``released``, ``renewed``, ``cancelled``, ``refused``; ``unchanged``: it was so already."""
    identifier: str
    """Of the message to the public that was made, empty for none."""


def waiting(know: Knowledge, call: Call) -> Answer:
    """Drafts that wait."""
    found = know.warnings.waiting()[: min(call.values["limit"], MOST_ROWS)]
    return Answer(WaitingWarnings(tuple(WaitingWarning(**_told(one)) for one in found)))


def draft(know: Knowledge, call: Call) -> Answer:
    """Return a draft with its message.

    Raises
    ------
    Problem
        None of that alert waits.
    """
    found = know.warnings.draft(call.values["id"])
    if found is None:
        raise _no_draft(call)
    cap = found.xml.decode("utf-8", "replace")
    return Answer(WarningDraft(**_told(found.waiting), cap=cap))


def release(know: Knowledge, call: Call) -> Answer:
    """Release a draft.

    Raises
    ------
    Problem
        Nothing of that alert waits, or it must not be released.
    """
    return _decided(know, call, "release", _release(know, call))


def refuse(know: Knowledge, call: Call) -> Answer:
    """Refuse a draft.

    Raises
    ------
    Problem
        Nothing of that alert waits, or there is no reason.
    """
    name, why = call.values["id"], call.body.reason.strip()
    outcome = know.warnings.refuse(name, call.who, call.role, why)
    return _decided(know, call, "refuse", outcome)


def denied_release(know: Knowledge, call: Call) -> None:
    """Record a try to release of somebody whose role is not enough."""
    _audit(know, call, "release", _release(know, call).steps)


def denied_refusal(know: Knowledge, call: Call) -> None:
    """Record a try to refuse of somebody whose role is not enough."""
    outcome = know.warnings.refuse(call.values["id"], call.who, call.role, "")
    _audit(know, call, "refuse", outcome.steps)


def _release(know: Knowledge, call: Call) -> Outcome:
    return know.warnings.release(call.values["id"], call.who, call.role)


def _told(one: Waiting) -> dict[str, Any]:
    alert = one.alert
    event_s = alert.event_time_s
    rows = alert.evidence.get("districts") or ()
    return {
        "alert": alert.id,
        "identifier": one.identifier,
        "rule": alert.rule,
        "severity": alert.severity,
        "state": alert.state,
        "time_s": alert.time_s,
        "event_time_s": None if math.isnan(event_s) else event_s,
        "districts": tuple(str(row["name"]) for row in rows),
        "released": one.is_public,
        "refused_by": one.refused_by,
        "refused_why": one.refused_why,
    }


def _audit(know: Knowledge, call: Call, what: str, steps: tuple[Step, ...]) -> None:
    last = steps[-1] if steps else None
    figures = {
        "alert": call.values["id"], "by": call.who, "from": call.address,
        "is": last.action if last else UNCHANGED, "why": last.reason if last else "",
    }  # fmt: skip
    know.audit(what, figures)


def _decided(know: Knowledge, call: Call, what: str, outcome: Outcome) -> Answer:
    """Answer what was decided.

    Raises
    ------
    Problem
        It was denied, or the message could not be made.
    """
    _audit(know, call, what, outcome.steps)
    wrong = next((s for s in outcome.steps if s.action not in DECIDED), None)
    if wrong is not None:
        raise _problem(call, what, wrong)
    step = outcome.steps[0] if outcome.steps else None
    told = Decision(
        alert=call.values["id"], by=call.who,
        action=step.action if step else UNCHANGED, identifier=step.identifier if step else "",
    )  # fmt: skip
    return Answer(told)


def _problem(call: Call, what: str, step: Step) -> Problem:
    reason = step.reason.removeprefix(f"{what}: ")
    if step.action == "failed":
        return Problem(
            "internal", where=call.path, expected="a message that can be signed", got=reason,
            remedy="warn the public by other means; tell whoever runs the unit",
        )  # fmt: skip
    if reason == NO_DRAFT:
        return _no_draft(call)
    if reason == NO_REASON:
        return Problem("bad-body", where="reason", expected="why the draft is not released")
    return Problem(
        "conflict", where=call.path, expected="a draft that may be decided on", got=reason,
        remedy="ask /api/v1/warnings",
    )  # fmt: skip


def _no_draft(call: Call) -> Problem:
    return Problem(
        "not-found", where=call.path, expected="the id of an alert whose draft waits",
        got=call.values["id"], remedy="ask /api/v1/warnings",
    )  # fmt: skip
