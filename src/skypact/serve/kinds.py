"""What each kind of output says of a step: `deploy.Output.kind` to messages."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from skypact.deploy import Output
from skypact.encode import cat063, cat065, geojson, lines
from skypact.encode.cat063 import SensorState, sensor_records
from skypact.encode.cat065 import end_of_batch_record, status_record
from skypact.encode.cot import CotEncoder, CotEvent, event_xml
from skypact.encode.datagrams import Sender, datagrams
from skypact.encode.picture import PictureEncoder
from skypact.encode.tak import TakWriter
from skypact.model.flights import FlightPlan
from skypact.model.reports import ReportBatch
from skypact.model.tracks import TrackRows
from skypact.serve.peers import Messages

Longs = npt.NDArray[np.int64]
Plans = Sequence[FlightPlan | None] | None


class About(NamedTuple):
    """Who sends."""

    unit: str
    sac: int
    sic: int
    stale_s: float
    """How long a track coasts."""


class UnitState(NamedTuple):
    """How a unit and its sensors fare, for categories 063 and 065."""

    status: int = 0
    """0 operational, 1 degraded, 2 not connected."""
    overload: bool = False
    time_invalid: bool = False
    sensors: tuple[SensorState, ...] = ()


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

    def messages(self, step: Step) -> Messages:
        """Say a step."""
        ...

    def note(self, track: Longs, reports: ReportBatch) -> None:
        """Take notice of the reports (n,) that updated tracks (n,), -1 for none."""
        ...

    def state(self, state: UnitState, now_s: float) -> Messages:
        """Say how the unit fares, once a second."""
        ...


class _Plain:
    """A kind that says nothing but tracks."""

    opening = b""
    unsent = 0

    def note(self, track: Longs, reports: ReportBatch) -> None:
        """Do nothing."""

    def state(self, state: UnitState, now_s: float) -> Messages:
        """Say nothing."""
        return Messages(list, list)


class AsterixKind:
    """Categories 062, 063 and 065."""

    opening = b""

    def __init__(self, about: About) -> None:
        self._sender = Sender(about.sac, about.sic)
        self._picture = PictureEncoder(self._sender)
        self._batch = 0

    @property
    def unsent(self) -> int:
        """See `Kind.unsent`."""
        return self._picture.n_unsent

    def note(self, track: Longs, reports: ReportBatch) -> None:
        """See `Kind.note`."""
        self._picture.note(track, reports)

    def messages(self, step: Step) -> Messages:
        """See `Kind.messages`."""
        sent = self._picture.send(step.rows, step.all_ended, step.now_s)
        return Messages(lambda: sent)

    def state(self, state: UnitState, now_s: float) -> Messages:
        """Say the end of the batch, the unit's state, and the sensors'."""
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
        return Messages(lambda: out)


class CotKind(_Plain):
    """Cursor on Target: as XML, or in the TAK protocol where a writer is given."""

    def __init__(self, about: About, writer: TakWriter | None = None, transport: str = "") -> None:
        self._encoder = CotEncoder(about.unit, about.stale_s)
        self._writer = writer
        self._transport = transport

    @property
    def unsent(self) -> int:  # type: ignore[override]
        """See `Kind.unsent`."""
        return self._encoder.n_withheld + self._encoder.n_unplaced

    def messages(self, step: Step) -> Messages:
        """See `Kind.messages`; in a stream the second form is for those that have agreed on it."""
        events = self._encoder.events(step.rows, step.ended, step.now_s, step.plans)
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
    MissingExtraError
        The kind needs a package that is not installed.
    """
    if output.kind == "asterix":
        return AsterixKind(about)
    if output.kind == "cot":
        return CotKind(about)
    if output.kind == "tak":
        writer = TakWriter(uid_of(about))
        return CotKind(about, writer, transport)
    return GeojsonKind(about) if output.kind == "geojson" else CsvKind(about)


def uid_of(about: About) -> str:
    """Return the uid of the unit itself among TAK's."""
    return f"skypact.{about.unit}"
