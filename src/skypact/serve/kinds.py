"""What each kind of output says of a step: `deploy.Output.kind` to messages."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from skypact.deploy import Output
from skypact.encode import cat063, cat065, geojson, lines
from skypact.encode.cap import CapMessage
from skypact.encode.capalert import rule_of
from skypact.encode.cat063 import SensorState, sensor_records
from skypact.encode.cat065 import end_of_batch_record, status_record
from skypact.encode.cot import CotEncoder, CotEvent, event_xml
from skypact.encode.cotarea import AreaEncoder
from skypact.encode.datagrams import Sender, datagrams
from skypact.encode.picture import PictureEncoder
from skypact.encode.safetynet import RULES, SafetyNetEncoder
from skypact.encode.tak import TakWriter
from skypact.errors import ConfigError
from skypact.model.flights import FlightPlan
from skypact.model.reports import ReportBatch
from skypact.model.store import AlertRecord
from skypact.model.tracks import TrackRows
from skypact.serve.peers import Messages
from skypact.watch.rules import NAMES

Longs = npt.NDArray[np.int64]
Plans = Sequence[FlightPlan | None] | None


class About(NamedTuple):
    """Who sends."""

    unit: str
    sac: int
    sic: int
    stale_s: float
    """How long a track coasts."""
    held: tuple[str, ...] = ("ballistic",)
    """Rules whose areas go out only as released warnings."""
    status: str = ""
    """What its warnings are: ``Actual``, ``Exercise``, ``Test``; empty where it makes none."""


class UnitState(NamedTuple):
    """How a unit and its sensors fare, for categories 063 and 065."""

    status: int = 0
    """0 operational, 1 degraded, 2 not connected."""
    overload: bool = False
    time_invalid: bool = False
    sensors: tuple[SensorState, ...] = ()
    rules: tuple[str, ...] = ()
    """Those that are applied and do not fail."""


class Released(NamedTuple):
    """A warning to the public that is out."""

    alert: str
    """Id of the alert."""
    message: CapMessage


class Step(NamedTuple):
    """What goes out at one step."""

    rows: TrackRows
    ended: Longs
    all_ended: Longs
    """Those of which nothing was sent, too."""
    now_s: float
    plans: Plans = None


class Kind(Protocol):
    """How one output says it."""

    opening: bytes
    """What a stream or an empty file begins with."""

    @property
    def unsent(self) -> int:
        """Rows that this kind cannot hold or must not tell."""
        ...

    @property
    def alerts_unsent(self) -> int:
        """Alerts that this kind was to send and cannot say."""
        ...

    def messages(self, step: Step) -> Messages:
        """Say a step."""
        ...

    def note(self, track: Longs, reports: ReportBatch) -> None:
        """Take notice of the reports (n,) that updated tracks (n,), -1 for none."""
        ...

    def state(self, state: UnitState, now_s: float) -> Messages:
        """Say how the unit fares, once a second."""
        ...

    def alerts(self, alerts: Sequence[AlertRecord], now_s: float) -> Messages:
        """Say what became of alerts, the oldest first."""
        ...

    def released(self, released: Sequence[Released], now_s: float) -> Messages:
        """Say what was released to the public."""
        ...


class _Plain:
    """A kind that says nothing but tracks."""

    opening = b""
    unsent = 0
    alerts_unsent = 0

    def note(self, track: Longs, reports: ReportBatch) -> None:
        """Do nothing."""

    def state(self, state: UnitState, now_s: float) -> Messages:
        """Say nothing."""
        return Messages(list, list)

    def alerts(self, alerts: Sequence[AlertRecord], now_s: float) -> Messages:
        """Say nothing."""
        return Messages(list, list)

    def released(self, released: Sequence[Released], now_s: float) -> Messages:
        """Say nothing."""
        return Messages(list, list)


class AsterixKind(_Plain):
    """Categories 062, 063, 065, and 004 for alerts of rules; None: all that it can say."""

    def __init__(self, about: About, rules: Sequence[str] | None = None) -> None:
        self._sender = Sender(about.sac, about.sic)
        self._picture = PictureEncoder(self._sender)
        self._safety = SafetyNetEncoder(
            self._sender, self._picture.numbers, tuple(RULES) if rules is None else rules, rules
        )
        self._batch = 0

    @property
    def unsent(self) -> int:  # type: ignore[override]
        """See `Kind.unsent`."""
        return self._picture.n_unsent

    @property
    def alerts_unsent(self) -> int:  # type: ignore[override]
        """See `Kind.alerts_unsent`."""
        return self._safety.n_unsaid

    def note(self, track: Longs, reports: ReportBatch) -> None:
        """See `Kind.note`."""
        self._picture.note(track, reports)

    def messages(self, step: Step) -> Messages:
        """See `Kind.messages`."""
        sent = self._picture.send(step.rows, step.all_ended, step.now_s)
        return Messages(lambda: sent)

    def state(self, state: UnitState, now_s: float) -> Messages:
        """Say the end of the batch, the unit's state, the sensors', and that of the safety nets."""
        self._batch += 1
        own = [
            end_of_batch_record(now_s, self._sender, self._batch),
            status_record(
                now_s,
                self._sender,
                status=state.status,
                overload=state.overload,
                time_invalid=state.time_invalid,
            ),
        ]
        sensors = sensor_records(state.sensors, now_s, self._sender)
        out = datagrams(cat065.NUMBER, own) + datagrams(cat063.NUMBER, sensors)
        is_degraded = bool(state.status) or any(s.status for s in state.sensors)
        out += self._safety.alive(now_s, state.rules, degraded=is_degraded, overload=state.overload)
        return Messages(lambda: out)

    def alerts(self, alerts: Sequence[AlertRecord], now_s: float) -> Messages:
        """See `Kind.alerts`."""
        sent = self._safety.send(alerts, now_s)
        return Messages(lambda: sent)


class CotKind(_Plain):
    """Cursor on Target: as XML, or in the TAK protocol where a writer is given.

    Areas of the alerts of `rules` are drawn, too; of rules that are held, released ones alone.
    """

    def __init__(
        self,
        about: About,
        writer: TakWriter | None = None,
        transport: str = "",
        rules: Sequence[str] = (),
    ) -> None:
        self._encoder = CotEncoder(about.unit, about.stale_s)
        self._areas = AreaEncoder(about.unit, about.status or "Actual")
        self._open = frozenset(rules) - frozenset(about.held)
        self._held = frozenset(rules) & frozenset(about.held)
        self._writer = writer
        self._transport = transport

    @property
    def unsent(self) -> int:  # type: ignore[override]
        """See `Kind.unsent`."""
        return self._encoder.n_withheld + self._encoder.n_unplaced

    @property
    def alerts_unsent(self) -> int:  # type: ignore[override]
        """See `Kind.alerts_unsent`."""
        return self._areas.n_unsaid

    def messages(self, step: Step) -> Messages:
        """See `Kind.messages`."""
        return self._said(self._encoder.events(step.rows, step.ended, step.now_s, step.plans))

    def state(self, state: UnitState, now_s: float) -> Messages:
        """Draw areas anew where it is time to."""
        return self._said(self._areas.renew(now_s))

    def alerts(self, alerts: Sequence[AlertRecord], now_s: float) -> Messages:
        """Draw the areas of alerts that need not be released."""
        drawn = [a for a in alerts if a.rule in self._open]
        return self._said([e for alert in drawn for e in self._areas.alert(alert, now_s)])

    def released(self, released: Sequence[Released], now_s: float) -> Messages:
        """Draw the areas of warnings to the public."""
        drawn = [r for r in released if rule_of(r.message) in self._held]
        return self._said(
            [e for r in drawn for e in self._areas.warning(r.alert, r.message, now_s)]
        )

    def _said(self, events: list[CotEvent]) -> Messages:
        """Return events in each form; in a stream the second is for those that agreed on it."""
        if self._writer is None:
            return Messages(lambda: _xml(events))
        writer = self._writer
        if self._transport == "udp":
            return Messages(lambda: [writer.mesh(event) for event in events])
        stream = partial(_streamed, writer, events)
        return (
            Messages(stream)
            if self._transport == "file"
            else Messages(lambda: _xml(events), stream)
        )


def _streamed(writer: TakWriter, events: list[CotEvent]) -> list[bytes]:
    return [writer.stream(event) for event in events]


def _xml(events: list[CotEvent]) -> list[bytes]:
    return [event_xml(event) for event in events]


class GeojsonKind(_Plain):
    """A Feature a line."""

    def __init__(self, about: About) -> None:
        self._unit = about.unit

    def messages(self, step: Step) -> Messages:
        """See `Kind.messages`."""
        self.unsent += int(np.count_nonzero(~geojson.is_placed(step.rows)))
        return Messages(
            lambda: [
                *geojson.feature_lines(step.rows, self._unit, step.plans),
                *geojson.end_lines(step.ended, self._unit, step.now_s),
            ]
        )


class CsvKind(_Plain):
    """A line a row."""

    opening = lines.CSV_HEADER

    def __init__(self, about: About) -> None:
        self._unit = about.unit

    def messages(self, step: Step) -> Messages:
        """See `Kind.messages`."""
        return Messages(
            lambda: [
                *lines.track_lines(step.rows, self._unit, step.plans),
                *lines.end_lines(step.ended, self._unit, step.now_s),
            ]
        )


def kind_of(output: Output, about: About, transport: str) -> Kind:
    """Make what says a step for an output; `transport` is its target's kind.

    Raises
    ------
    ConfigError
        The kind cannot say the alerts that it is to send.
    MissingExtraError
        The kind needs a package that is not installed.
    """
    check_alerts(output, about)
    if output.kind == "asterix":
        return AsterixKind(about, output.alerts)
    rules = output.alerts or ()
    if output.kind == "cot":
        return CotKind(about, rules=rules)
    if output.kind == "tak":
        writer = TakWriter(uid_of(about))
        return CotKind(about, writer, transport, rules)
    return GeojsonKind(about) if output.kind == "geojson" else CsvKind(about)


def check_alerts(output: Output, about: About) -> None:
    """See whether an output can send the alerts that it is to.

    Raises
    ------
    ConfigError
        It cannot say them, or nobody can release them.
    """
    where = f"output {output.url!r}: alerts"
    if output.alerts and output.kind in ("geojson", "csv"):
        raise ConfigError(f"{where}: expected with asterix, cot or tak, got with {output.kind}")
    if output.alerts and output.kind == "asterix":
        unknown = [rule for rule in output.alerts if rule not in RULES]
        if unknown:
            raise ConfigError(
                f"{where}: expected rules that category 004 can say ({', '.join(RULES)}), got "
                f"{unknown[0]!r}; send it by webhook or as cot"
            )
        return
    wrong = [rule for rule in output.alerts or () if rule not in NAMES]
    if wrong:
        raise ConfigError(f"{where}: expected rules ({', '.join(NAMES)}), got {wrong[0]!r}")
    held = [rule for rule in output.alerts or () if rule in about.held]
    if held and not about.status:
        raise ConfigError(
            f"{where}: expected [unit.warnings] with {held[0]!r}, whose areas go out only when a "
            "person has released them, got none; add it, or leave the rule out"
        )


def uid_of(about: About) -> str:
    """Return the uid of the unit itself among TAK's."""
    return f"skypact.{about.unit}"
