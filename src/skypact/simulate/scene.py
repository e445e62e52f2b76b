"""A running scene: truth moves tick by tick, sensors measure it, bytes arrive in order."""

import heapq
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np

from skypact import config
from skypact.model.packets import PacketBatch, packets_from
from skypact.model.recorded import RecordedPaths
from skypact.model.reports import ReportBatch, concat_reports
from skypact.model.truth import TruthRows, concat_truth
from skypact.simulate.adsb import AdsbReceiver, Broadcast
from skypact.simulate.air import air_field
from skypact.simulate.aircraft import AIRLINER, FAST, HELICOPTER, LIGHT, UNKNOWN
from skypact.simulate.feed import Datagram, Origins
from skypact.simulate.mlat import Multilateration
from skypact.simulate.movers import sky_of
from skypact.simulate.passive import DirectionFinder
from skypact.simulate.radar import Radar
from skypact.simulate.remoteid import RemoteIdReceiver
from skypact.simulate.scenario import Scenario
from skypact.simulate.tick import Observer, Tick
from skypact.simulate.truth import TICK_S, Span, joined, shown, truth_rows
from skypact.units import NANOSECONDS

OBSERVERS: Final[dict[str, Callable[..., Observer]]] = {
    "radar": Radar,
    "mlat": Multilateration,
    "adsb": AdsbReceiver,
    "remoteid": RemoteIdReceiver,
    "passive": DirectionFinder,
}
"""What imitates each kind of sensor."""
_LATER_STREAMS: Final = 7
"""Random streams after those of the sensors: drones, wind, balloons, ballistic, recorded,
satellites, zoom climbs."""

_PILOTED: Final = (AIRLINER, LIGHT, HELICOPTER, FAST, UNKNOWN)
"""Kinds of objects that should have a transponder."""


class Slice(NamedTuple):
    """What one `Scene.advance` brought."""

    packets: PacketBatch
    """Datagrams in order of arrival; `link` is the index of the sensor."""
    truth: TruthRows
    """True states every `truth_period_s`, of the same stretch of time with its end."""
    origins: Origins
    """Which flight caused each target record, for tests and scoring."""
    reports: ReportBatch
    """Reports of sensors that send no ASTERIX, with `target` set; `sensor` is the index of the
    sensor, in order of arrival."""


class Scene:
    """A scenario played with a seed; the same seed gives the same bytes, however it is stepped.

    Parameters
    ----------
    scenario : Scenario
        What flies and who looks.
    seed : int
        Seed of every random draw.
    start_s : float, optional
        First instant, seconds UTC since 1970, instead of the scenario's own (a live demo: now).
    recorded : sequence of RecordedPaths, optional
        What the files of the scenario's ``[[recorded]]`` entries hold, in their order
        (`skypact.record.trajectories` reads them).

    Raises
    ------
    ConfigError
        A ballistic flight is impossible as asked for, or `recorded` has not one entry per
        ``[[recorded]]``.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        start_s: float | None = None,
        recorded: Sequence[RecordedPaths] = (),
    ) -> None:
        if start_s is not None:
            scenario = msgspec.structs.replace(scenario, start_s=start_s)
        self.scenario = scenario
        self.sensors: tuple[config.Sensor, ...] = scenario.sensor
        self.members: tuple[config.Member, ...] = scenario.member
        sensors = len(scenario.sensor)
        streams = [
            np.random.Generator(np.random.PCG64(child))
            for child in np.random.SeedSequence(seed).spawn(3 + sensors + _LATER_STREAMS)
        ]
        self._sky = sky_of(
            scenario,
            air_field(scenario.air, streams[0]),
            recorded,
            (streams[1], *streams[3 + sensors :]),
        )
        n = len(self._sky.aircraft.target)
        self._broadcast = Broadcast(scenario, n, streams[2])
        self._observers: list[Observer] = []
        self._radars: list[Observer] = []
        """Those that look less often than every tick."""
        self._look_ticks = round(scenario.radar_look_s / TICK_S)
        self._look: Span | None = None
        """What they have not looked at yet."""
        for link, sensor in enumerate(scenario.sensor):
            rarely = sensor.kind == "radar" and self._look_ticks > 1
            made = OBSERVERS[sensor.kind](link, sensor, scenario, n, streams[3 + link])
            (self._radars if rarely else self._observers).append(made)
        self._truth: list[TruthRows] = []
        self._ticks = 0
        self._shown = -1
        """Tick whose truth was given last."""
        self.silent: dict[int, tuple[float, float]] = {}
        """First and last time at which the truth showed each aircraft without a transponder."""
        self._queue: list[tuple[int, int, int, Datagram]] = []
        self._sent = 0

    @property
    def union(self) -> config.Union:
        """The union file of this scene: its title, members and sensors."""
        return config.Union(title=self.scenario.title, member=self.members, sensor=self.sensors)

    @property
    def time_s(self) -> float:
        """Time up to which the truth has moved; it may be past what was asked for by a look."""
        return self.scenario.start_s + self._ticks * TICK_S

    def ghost_addresses(self) -> list[int]:
        """Addresses that the scenario's ghosts send, as far as it was played."""
        return self._broadcast.ghost_addresses()

    def advance(self, until_s: float) -> Slice:
        """Play until `until_s` (seconds UTC); return all datagrams that arrived by then."""
        every = max(1, round(self.scenario.truth_period_s / TICK_S))
        while True:
            due = self._ticks % every == 0 and self._ticks != self._shown
            if due:
                self._truth.append(truth_rows(self._sky.aircraft, self.time_s))
                self._note_silent()
                self._shown = self._ticks
            if self.time_s >= until_s and self._look is None:
                break
            self._tick()
        truth = [rows for rows in self._truth if not (rows.time_s > until_s).any()]
        self._truth = self._truth[len(truth) :]
        return self._arrived_by(until_s, concat_truth(truth))

    def _note_silent(self) -> None:
        """Note who flies without a transponder."""
        a = self._sky.aircraft
        is_silent = (a.target >= 0) & (a.mode3a < 0) & np.isin(a.kind, _PILOTED)
        for target in a.target[is_silent].tolist():
            first_s = self.silent.get(target, (self.time_s,))[0]
            self.silent[target] = first_s, self.time_s

    def _tick(self) -> None:
        sky = self._sky
        span = sky.step(self.time_s)
        squitters = self._broadcast.transmit(span, sky.aircraft)
        tick = Tick(span, sky.aircraft, sky.limits, squitters)
        for observer in self._observers:
            self._queue_up(observer.observe(tick))
        self._ticks += 1
        if not self._radars:
            sky.begin(self.time_s)
            return
        self._look = span if self._look is None else joined(self._look, span)
        tick = tick._replace(span=self._look, aircraft=shown(sky.aircraft))
        sky.begin(self.time_s)
        is_other = bool((tick.aircraft.target != sky.aircraft.target).any())
        if is_other or self._ticks % self._look_ticks == 0:
            for radar in self._radars:
                self._queue_up(radar.observe(tick))
            self._look = None

    def _queue_up(self, datagrams: list[Datagram]) -> None:
        for datagram in datagrams:
            key = (datagram.received_ns, datagram.link, self._sent)
            heapq.heappush(self._queue, (*key, datagram))
            self._sent += 1

    def _arrived_by(self, until_s: float, truth: TruthRows) -> Slice:
        """Take from the queue what has arrived; later sending cannot arrive before."""
        until_ns = round(until_s * NANOSECONDS)
        out: list[Datagram] = []
        while self._queue and self._queue[0][0] <= until_ns:
            out.append(heapq.heappop(self._queue)[3])
        direct = [datagram.reports for datagram in out if datagram.reports is not None]
        out = [datagram for datagram in out if datagram.reports is None]
        packets = packets_from(
            [datagram.payload for datagram in out],
            [datagram.received_ns for datagram in out],
            [datagram.link for datagram in out],
        )
        return Slice(packets, truth, _origins(out), concat_reports(direct))


def _origins(datagrams: list[Datagram]) -> Origins:
    if not datagrams:
        return Origins(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0), np.empty((0, 3)))
    counts = [len(datagram.target) for datagram in datagrams]
    return Origins(
        np.repeat(np.arange(len(counts), dtype=np.int32), counts),
        np.concatenate([datagram.target for datagram in datagrams]),
        np.concatenate([datagram.time_s for datagram in datagrams]),
        np.concatenate([datagram.ecef_m for datagram in datagrams]),
    )
