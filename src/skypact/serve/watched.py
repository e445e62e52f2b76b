"""Operations on the watch: alerts that live, acknowledgements, the doctrine's measures."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from skypact.model.alerts import Acknowledgement, LiveAlert, MeasureRecord
from skypact.serve.live import Alert, alert_fields
from skypact.serve.operation import Answer, Call, Knowledge
from skypact.serve.problem import Problem
from skypact.serve.query import MOST_ROWS

MOST_NOTE: Final = 1_000


class AliveAlert(Alert, frozen=True, kw_only=True):
    """An alert that lives, as it was last told; ``state`` is where it stands."""

    raised_s: float
    """When it was raised."""
    acknowledged_by: tuple[str, ...] = ()
    """Who has taken notice of it since it was raised or last became more severe."""


class AliveAlerts(msgspec.Struct, frozen=True):
    """Alerts that live, the oldest first."""

    alerts: tuple[AliveAlert, ...]


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What goes with an acknowledgement."""

    note: Annotated[str, Meta(max_length=MOST_NOTE)] = ""
    """What whoever acknowledges has to say."""


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """An alert and who has taken notice of it."""

    id: str
    by: str
    """Who acknowledged now: role and begin of the token's SHA-256; ``local`` without tokens."""
    acknowledged_by: tuple[str, ...]
    """Who had before this request."""


class MeasureState(msgspec.Struct, frozen=True, kw_only=True):
    """One measure of the doctrine, as a line of ``doctrine.jsonl``."""

    id: str
    unit: str
    time_s: float
    """When it got into this state, seconds UTC since 1970."""
    state: str
    """``owed``, ``told``, ``acknowledged``, ``overdue``, ``escalated``, ``closed``."""
    alert: str
    """Id of the alert that it is for."""
    rule: str
    severity: str
    doctrine: str
    """Name of the entry."""
    step: int
    """0 the entry's own measure, then its escalations."""
    turn: int
    """0 the first time, then repetitions of the step."""
    recipients: tuple[str, ...]
    channels: tuple[str, ...]
    tell_by_s: float
    acknowledge_by_s: float | None
    """None: nobody need acknowledge."""
    acknowledged_by: str
    missing: tuple[str, ...]
    """What was not done in time."""
    times: dict[str, float]
    """When it got into each state so far."""


class Measures(msgspec.Struct, frozen=True):
    """Measures of alerts that live, and the last ones of those that are over."""

    measures: tuple[MeasureState, ...]


def alive_alert(alert: LiveAlert) -> AliveAlert:
    """Return an alert as programs and pages get it."""
    return AliveAlert(
        **alert_fields(alert.record),
        raised_s=alert.raised_s,
        acknowledged_by=alert.acknowledged_by,
    )


def alive(know: Knowledge, call: Call) -> Answer:
    """Alerts that live now."""
    found = know.watch.alive()[: min(call.values["limit"], MOST_ROWS)]
    return Answer(AliveAlerts(tuple(alive_alert(alert) for alert in found)))


def doctrine(know: Knowledge, _: Call) -> Answer:
    """Tell how the measures of the doctrine stand."""
    return Answer(Measures(tuple(_measure(m) for m in know.watch.measures())))


def _measure(record: MeasureRecord) -> MeasureState:
    return MeasureState(**record._asdict())


def acknowledge(know: Knowledge, call: Call) -> Answer:
    """Take an acknowledgement; it is served at the watch's next look.

    Raises
    ------
    Problem
        No such alert lives, or too many wait.
    """
    name, note = call.values["id"], call.body.note.strip()
    before = next((a for a in know.watch.alive() if a.record.id == name), None)
    asked = know.watch.acknowledge(Acknowledgement(name, call.who, note))
    figures = {"alert": name, "by": call.who, "from": call.address, "note": note, "is": asked}
    know.audit("acknowledge", figures)
    if asked == "unknown":
        raise Problem(
            "not-found", where=call.path, expected="the id of an alert that lives", got=name,
            remedy="ask /api/v1/alerts/alive",
        )  # fmt: skip
    if asked == "full":
        raise Problem(
            "busy", where=call.path, expected="fewer acknowledgements at once",
            remedy="come again", headers={"retry-after": "1"},
        )  # fmt: skip
    known = () if before is None else before.acknowledged_by
    told = Acknowledged(id=name, by=call.who, acknowledged_by=known)
    return Answer(told, status=202 if asked == "accepted" else 200)
