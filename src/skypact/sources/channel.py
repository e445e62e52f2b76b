"""One source's way to what waits for the pipeline, and what is known of it."""

from collections.abc import Sequence
from typing import Final, Protocol

from skypact.model.ports import SourceState
from skypact.sources.quota import Quota, Senders
from skypact.sources.stamp import StampClock
from skypact.sources.url import SourceUrl
from skypact.sources.waiting import Waiting

LONGEST_ERROR: Final = 300
"""Letters of an error that is told."""


class Driver(Protocol):
    """What reads one source; everything but `open` happens on the sources' thread."""

    def open(self) -> None:
        """Take hold of what must be there from the beginning.

        Raises
        ------
        ConfigError
            It is not.
        """
        ...

    async def run(self) -> None:
        """Bring packets until the source is over or the task is cancelled."""
        ...

    def close(self) -> None:
        """Take what has come and give everything back."""
        ...


class Channel:
    """Counts, quota and state of one source.

    Parameters
    ----------
    row : int
        Its place among the sources, the `link` of its packets.
    spec : SourceUrl
        What it is.
    waiting : Waiting
        Takes its packets.
    clock : StampClock
        Tells how long it has been silent.
    """

    def __init__(self, row: int, spec: SourceUrl, waiting: Waiting, clock: StampClock) -> None:
        self.spec = spec
        self.senders = Senders(spec.allowed)
        self.n_refused = 0
        self.n_connects = 0
        self.n_breaks = 0
        self.n_overrun = 0
        """Datagrams that the system dropped before they were read."""
        self.is_down = False
        self.is_over = False
        self.error = ""
        self.port = spec.port
        """Where it really listens."""
        self._row, self._waiting, self._clock = row, waiting, clock
        self._quota = Quota(spec.packets_per_s, spec.bytes_per_s)
        self._n_packets = self._n_bytes = self._n_over_quota = 0
        self._last_ns = -1
        self._heard_s = clock.elapsed_s()

    def put(self, payloads: list[bytes], due_ns: Sequence[int] = ()) -> None:
        """Hand packets on, as far as the quota goes; with `due_ns`, all of them."""
        if not payloads:
            return
        now_s = self._heard_s = self._clock.elapsed_s()
        self._n_packets += len(payloads)
        self._n_bytes += sum(map(len, payloads))
        admitted = payloads if due_ns else self._quota.admitted(payloads, now_s)
        self._n_over_quota += len(payloads) - len(admitted)
        if admitted:
            self._last_ns = self._waiting.put(self._row, admitted, due_ns)
        else:
            self._last_ns = self._clock.now_ns()

    @property
    def n_bytes(self) -> int:
        """Bytes that it has brought."""
        return self._n_bytes

    @property
    def is_crowded(self) -> bool:
        """Whether a source that can wait should."""
        return self._waiting.is_crowded(self._row)

    @property
    def silence_s(self) -> float:
        """Seconds since it brought something, or since it began."""
        return self._clock.elapsed_s() - self._heard_s

    def elapsed_s(self) -> float:
        """Monotonic seconds."""
        return self._clock.elapsed_s()

    def now_ns(self) -> int:
        """Time of arrival."""
        return self._clock.now_ns()

    def fail(self, error: object) -> None:
        """Note that it is down, and why."""
        self.is_down = True
        self.tell(error)

    def tell(self, error: object) -> None:
        """Note what went wrong."""
        text = str(error) or type(error).__name__
        self.error = text[:LONGEST_ERROR]

    def connected(self) -> None:
        """Note that it is there again."""
        self.n_connects += 1
        self.is_down = False

    def state(self) -> SourceState:
        """Return how it fares."""
        return SourceState(
            url=self.spec.url,
            state=self._word(),
            n_packets=self._n_packets,
            n_bytes=self._n_bytes,
            last_ns=self._last_ns,
            n_over_quota=self._n_over_quota,
            n_refused=self.n_refused,
            n_dropped=self._waiting.n_dropped[self._row] + self.n_overrun,
            n_connects=self.n_connects,
            error=self.error,
            n_breaks=self.n_breaks,
        )

    def _word(self) -> str:
        if self.is_over:
            return "over"
        if self.is_down:
            return "down"
        if not self._n_packets:
            return "waiting"
        return "silent" if self.silence_s > self.spec.silent_s else "up"
