"""The boundaries of the system, one Protocol each; `skypact.testing` holds a twin in memory."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from skypact.model.packets import PacketBatch
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
