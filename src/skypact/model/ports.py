"""The boundaries of the system, one Protocol each; `skypact.testing` holds a twin in memory."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from skypact.model.packets import PacketBatch
from skypact.model.reports import ReportBatch
from skypact.model.store import (
    AlertQuery,
    AlertRecord,
    Area,
    HistoryPage,
    HistoryQuery,
    SensorRecord,
    StoredTracks,
    StoreState,
)
from skypact.model.tracks import TrackRows


class Source(Protocol):
    """Where bytes come from: a file, a socket, a simulation."""

    def packets(self) -> Iterator[PacketBatch]:
        """Yield batches in arrival order until the source ends."""
        ...


class SourceState(NamedTuple):
    """How one live source fares."""

    url: str
    state: str
    """``waiting`` (nothing heard yet), ``up``, ``silent``, ``down`` (connecting again), ``over`` (a
    file or stream at its end)."""
    n_packets: int
    n_bytes: int
    last_ns: int
    """Arrival of the last packet, -1 before the first."""
    n_over_quota: int
    """Packets dropped because the source sent more than it may."""
    n_refused: int
    """Packets and connections from senders that are not allowed."""
    n_dropped: int
    """Packets dropped because too many were waiting."""
    n_connects: int
    error: str
    """What went wrong last, empty where nothing did."""
    n_breaks: int = 0
    """Times that a stream held something else than whole messages."""


class Inlet(Protocol):
    """Live sources together: packets in order of arrival, never more than fit the memory."""

    def take(self, until_ns: int) -> PacketBatch:
        """Return what arrived before a time and was not returned yet; `link` is the source's row.

        Stamps never fall, from call to call neither.
        """
        ...

    def states(self) -> Sequence[SourceState]:
        """Return one row per source, in the order of `link`."""
        ...

    def close(self) -> None:
        """Stop listening; what has arrived can still be taken."""
        ...


class Clock(Protocol):
    """What time it is and how to wait; replay, tests and live running differ only in this."""

    def now_s(self) -> float:
        """Seconds UTC since 1970."""
        ...

    def sleep_until(self, time_s: float) -> None:
        """Return when `now_s` has reached `time_s`."""
        ...


class Sink(Protocol):
    """Who wants the picture: a file, a hash, the page's history."""

    def append(self, rows: TrackRows, ended: npt.NDArray[np.int64], now_s: float) -> None:
        """Take one step's track updates and the numbers of the tracks it ended."""
        ...

    def finish(self) -> None:
        """Take notice that no more steps will come."""
        ...


@runtime_checkable
class Noting(Protocol):
    """A sink that also wants to know which reports updated which tracks."""

    def note(self, track: npt.NDArray[np.int64], reports: ReportBatch) -> None:
        """Take the reports (n,) of a step and the track (n,) of each, -1 for none.

        It is called before the `Sink.append` of the step.
        """
        ...


class Stateful(Protocol):
    """A part of a run that a checkpoint keeps: the tracker, what is learned of the sensors."""

    def arrays(self) -> Mapping[str, npt.NDArray[np.generic]]:
        """All that is kept between steps, by name: truth values, integers and floats."""
        ...

    def load(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take up what `arrays` gave, in place of a new part's state.

        Raises
        ------
        RecordingError
            The arrays do not fit.
        """
        ...


class Store(Protocol):
    """Where the picture is kept for long, to be asked by time and place; any thread may call.

    Every method but `state` and `close` raises `StoreError` while the store is away: the call had
    no effect, or is not known to have had one, and can be repeated. What a person must mend is a
    `ConfigError`.
    """

    def prepare(self) -> None:
        """Make it ready: connect, bring tables up to date, clean up after a crash."""
        ...

    def write(
        self,
        rows: TrackRows,
        ended: npt.NDArray[np.int64],
        unit: str,
        now_s: float,
        number: int,
    ) -> None:
        """Keep a batch of track updates, all or nothing.

        Parameters
        ----------
        rows : TrackRows of n rows
            On the earth, not in a flat scene; in the order in which they were made.
        ended : (k,) int64
            Tracks of this unit that ended by `now_s`.
        unit : str
            Who tracked.
        now_s : float
            Time of the last step, UTC seconds.
        number : int
            Of the batch; rises. A batch that is repeated with its number is kept once.
        """
        ...

    def write_sensors(self, sensors: Sequence[SensorRecord]) -> None:
        """Keep how sensors fare; of one time, unit and sensor the first is kept."""
        ...

    def write_alerts(self, alerts: Sequence[AlertRecord]) -> None:
        """Keep states of alerts; of one time, unit, alert and state the first is kept."""
        ...

    def tracks_at(
        self, time_s: float, area: Area | None = None, hold_s: float = 60.0
    ) -> StoredTracks:
        """Last update of every track that lives at a time and was updated since `hold_s` before.

        Ordered by track and unit. A track is in the area by its last update.
        """
        ...

    def history(self, query: HistoryQuery) -> HistoryPage:
        """Track updates by time, place and identity, a page at a time."""
        ...

    def sensors_at(self, time_s: float, hold_s: float = 3600.0) -> list[SensorRecord]:
        """Last record of every sensor at a time, not older than `hold_s`, by unit and sensor."""
        ...

    def alerts(self, query: AlertQuery) -> list[AlertRecord]:
        """States of alerts in the order of time, unit, identifier and state."""
        ...

    def expire(self, before_s: float) -> None:
        """Remove what is older, in whole hours or days: what is newer stays."""
        ...

    def state(self) -> StoreState:
        """How it fares; at once."""
        ...

    def close(self) -> None:
        """Let go of files and connections; nothing may be called afterwards but `state`."""
        ...
