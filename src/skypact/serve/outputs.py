"""The unit's outputs: what the pipeline hands over, said and sent by a thread of their own.

On the pipeline's thread a step costs an entry in a queue. One thread with one asyncio loop says
and sends it for all outputs. When that thread is behind by more than `MOST_STEPS`, the rows of the
oldest steps are left out and counted; ended tracks are not.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol, Self

import numpy as np
import numpy.typing as npt

from skypact.deploy import Output
from skypact.errors import SkypactError
from skypact.model.flights import FlightPlan
from skypact.model.reports import ReportBatch
from skypact.model.store import AlertRecord
from skypact.model.tracks import TrackRows, empty_rows
from skypact.serve.carriers import Carrier, carrier_to
from skypact.serve.kinds import About, Kind, Released, Step, UnitState, kind_of, uid_of
from skypact.serve.peers import Limits
from skypact.serve.targets import parse_target
from skypact.serve.thinning import Thinning

Longs = npt.NDArray[np.int64]

MOST_STEPS: Final = 300
"""That wait for the outputs' thread: half a minute at ten a second."""
STATE_S: Final = 1.0
"""Between two messages of the unit's state."""
STOP_S: Final = 5.0
"""For which `close` waits at most."""


class PlanFinder(Protocol):
    """Where flight plans come from."""

    def plans_of(self, rows: TrackRows) -> Sequence[FlightPlan | None]:
        """Return the plan of each row."""
        ...


class OutputState(NamedTuple):
    """How one output fares."""

    kind: str
    url: str
    state: str
    """``up``; ``waiting``: nobody is connected; ``down``: connecting, or failing; ``over``."""
    clients: int
    connects: int
    messages: int
    """Handed over, to each receiver."""
    bytes: int
    dropped: int
    """Messages that a receiver did not get: too slow, not connected, no room."""
    unsent: int
    """Rows that this kind cannot hold or must not tell."""
    failed: int
    """Steps that could not be said: more tracks than a format has numbers, or a fault."""
    error: str
    """What went wrong last, empty where nothing did."""
    alerts_unsent: int = 0
    """Alerts that this kind was to send and cannot say."""


class _Entry(NamedTuple):
    """What the pipeline hands over."""

    rows: TrackRows
    ended: Longs
    now_s: float
    track: Longs | None
    reports: ReportBatch | None
    state: UnitState | None
    alerts: tuple[AlertRecord, ...] = ()
    released: tuple[Released, ...] = ()


def _nothing(now_s: float) -> _Entry:
    return _Entry(empty_rows(0), np.zeros(0, np.int64), now_s, None, None, None)


class _Way:
    """One output: its thinning, its kind, its carrier."""

    def __init__(self, output: Output, about: About, limits: Limits) -> None:
        target = parse_target(output.url)
        self.output = output
        self.kind: Kind = kind_of(output, about, target.kind)
        self.thinning = Thinning(output.period_s, confirmed_only=output.confirmed_only)
        negotiates = uid_of(about) if output.kind == "tak" else ""
        self.carrier: Carrier = carrier_to(target, self.kind.opening, limits, negotiates)
        self.error = ""
        self.n_failed = 0

    def send(self, entry: _Entry, plans: PlanFinder | None) -> None:
        """Say and send one step."""
        if entry.track is not None and entry.reports is not None:
            self.kind.note(entry.track, entry.reports)
        due = self.thinning.take(entry.rows, entry.ended, entry.now_s)
        if due.rows.track.size or entry.ended.size:
            found = None if plans is None else plans.plans_of(due.rows)
            step = Step(due.rows, due.ended, entry.ended, entry.now_s, found)
            self.carrier.offer(self.kind.messages(step), entry.now_s)
        if entry.alerts:
            self.carrier.offer(self.kind.alerts(entry.alerts, entry.now_s), entry.now_s)
        if entry.released:
            self.carrier.offer(self.kind.released(entry.released, entry.now_s), entry.now_s)
        if entry.state is not None:
            self.carrier.offer(self.kind.state(entry.state, entry.now_s), entry.now_s)

    def told(self, *, is_over: bool) -> OutputState:
        """Return how it fares."""
        carrier, totals = self.carrier, self.carrier.totals
        return OutputState(
            self.output.kind,
            carrier.url,
            "over" if is_over else carrier.state,
            carrier.clients,
            totals.connects,
            totals.messages,
            totals.bytes,
            totals.dropped,
            self.kind.unsent,
            self.n_failed,
            self.error or totals.error,
            self.kind.alerts_unsent,
        )


class OutputSink:
    """Sends the picture to a unit's outputs (`model.ports.Sink`), and what is watched for in it.

    Parameters
    ----------
    outputs : sequence of Output
        Of the unit.
    about : About
        Who sends.
    state : callable or None
        Tells how the unit and its sensors fare; called on the pipeline's thread once in
        `STATE_S` of its time.
    plans : PlanFinder or None
        Flight plans of tracks; asked on the outputs' thread.
    limits : Limits
        How much receivers are waited for.

    Raises
    ------
    ConfigError
        An output's URL is wrong, or cannot be opened.
    MissingExtraError
        An output needs a package that is not installed.
    """

    def __init__(
        self,
        outputs: Sequence[Output],
        about: About,
        state: Callable[[], UnitState] | None = None,
        plans: PlanFinder | None = None,
        limits: Limits | None = None,
    ) -> None:
        limits = Limits() if limits is None else limits
        self._ways = [_Way(output, about, limits) for output in outputs]
        self._state = state
        self._plans = plans
        self._noted: tuple[Longs, ReportBatch] | None = None
        self._wants_notes = any(output.kind == "asterix" for output in outputs)
        self._entries: deque[_Entry] = deque()
        self._lock = threading.Lock()
        self._second = -np.inf
        self._is_over = False
        self.n_steps_dropped = 0
        """Steps whose rows were left out because the outputs' thread was behind."""
        self._loop = asyncio.new_event_loop()
        self._wake = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="skypact-outputs", daemon=True)
        self._thread.start()

    def note(self, track: Longs, reports: ReportBatch) -> None:
        """Take the reports (n,) that a step used and the tracks (n,) that each updated, -1: none.

        The rows of the step follow with `append`.
        """
        if self._wants_notes:
            self._noted = track, reports

    def append(self, rows: TrackRows, ended: Longs, now_s: float) -> None:
        """Take one step's track updates and the numbers of the tracks it ended."""
        if self._is_over or not self._ways:
            return
        state = None
        if self._state is not None and now_s >= self._second + STATE_S:
            self._second = np.floor(now_s / STATE_S) * STATE_S
            state = self._state()
        track, reports = self._noted or (None, None)
        self._noted = None
        self._enter(_Entry(rows, ended, now_s, track, reports, state))

    def append_alerts(self, alerts: Sequence[AlertRecord]) -> None:
        """Take states of alerts, the oldest first."""
        if alerts:
            self._tell(_nothing(alerts[-1].time_s)._replace(alerts=tuple(alerts)))

    def append_released(self, released: Released) -> None:
        """Take a warning that is out to the public; from any thread."""
        self._tell(_nothing(released.message.sent_s)._replace(released=(released,)))

    def _tell(self, entry: _Entry) -> None:
        if not self._is_over and self._ways:
            self._enter(entry)

    def _enter(self, entry: _Entry) -> None:
        with self._lock:
            self._entries.append(entry)
            if len(self._entries) > MOST_STEPS:
                self._shorten()
        self._loop.call_soon_threadsafe(self._wake.set)

    def _shorten(self) -> None:
        """Leave out the rows of the oldest step, keep what it ended and told for the next one."""
        oldest = self._entries.popleft()
        follower = self._entries[0]
        self._entries[0] = follower._replace(
            ended=np.concatenate([oldest.ended, follower.ended]),
            alerts=oldest.alerts + follower.alerts,
            released=oldest.released + follower.released,
        )
        self.n_steps_dropped += 1

    def finish(self) -> None:
        """Send what waits and end; see `close`."""
        self.close()

    def close(self) -> None:
        """Send what waits, for `STOP_S` at most, and end the thread."""
        if self._is_over:
            return
        self._is_over = True
        self._loop.call_soon_threadsafe(self._wake.set)
        self._thread.join(STOP_S)

    def states(self) -> list[OutputState]:
        """Return how each output fares, in their order; from any thread."""
        is_over = not self._thread.is_alive()
        return [way.told(is_over=is_over) for way in self._ways]

    @property
    def n_waiting(self) -> int:
        """Steps that wait for the outputs' thread."""
        return len(self._entries)

    def __enter__(self) -> Self:
        """Return the sink, which runs already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        self._loop.set_exception_handler(self._note_exception)
        for way in self._ways:
            await way.carrier.start()
        while not (self._is_over and not self._entries):
            await self._wake.wait()
            self._wake.clear()
            await self._drain()
        await asyncio.gather(*(way.carrier.close() for way in self._ways))

    async def _drain(self) -> None:
        while self._entries:
            with self._lock:
                entry = self._entries.popleft()
            for way in self._ways:
                try:
                    way.send(entry, self._plans)
                except SkypactError as error:  # more tracks than a format has numbers
                    way.error = str(error)
                    way.n_failed += 1
                except Exception as error:  # a fault of one output must not silence the others
                    way.error = f"{type(error).__name__}: {error}; please report it"
                    way.n_failed += 1
                await asyncio.sleep(0)

    def _note_exception(self, loop: asyncio.AbstractEventLoop, about: dict[str, object]) -> None:
        """Keep what went wrong beside the messages, such as a handshake."""
        for way in self._ways:
            if not way.carrier.totals.error:
                way.carrier.totals.error = str(about.get("exception") or about.get("message"))
