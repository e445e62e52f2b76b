"""One simulated radar that watches targets put where a test wants them, and its bytes decoded."""

from types import SimpleNamespace
from typing import Any, NamedTuple

import msgspec
import numpy as np
from tests.naive.simulated_scenes import RADAR, scene_of, true_polar

from skypact import config
from skypact.decode.asterix.records import decode_block
from skypact.kernels.geodesy import ecef_from_geodetic, enu_axes
from skypact.simulate import Scenario
from skypact.simulate.feed import Datagram
from skypact.simulate.parts import RadarOptions
from skypact.simulate.radar import Radar
from skypact.units import DEGREE, NAUTICAL_MILE

TICK_S = 0.25
SERVICE = 34
"""Category of north marks and sectors, which are not decoded here."""
WATCHER = msgspec.structs.replace(RADAR, period_s=4.0, p_detection=0.999, height_m=500.0)
"""Sees nearly everything out to 900 km."""


class Targets(NamedTuple):
    """Targets that fly straight on, by columns of equal length."""

    azimuth_deg: np.ndarray
    range_m: np.ndarray
    """Along the ground, nearly."""
    height_m: np.ndarray
    north_mps: np.ndarray
    east_mps: np.ndarray
    icao: np.ndarray
    mode3a: np.ndarray
    gain: np.ndarray


def targets(
    azimuth_deg: Any,
    range_m: Any,
    height_m: Any = 9_000.0,
    *,
    north_mps: Any = 0.0,
    east_mps: Any = 0.0,
    icao: Any = -1,
    mode3a: Any = -1,
    gain: Any = 1.0,
) -> Targets:
    """Put targets at places as seen from the watcher; numbers serve for all of them."""
    columns = (azimuth_deg, range_m, height_m, north_mps, east_mps, icao, mode3a, gain)
    return Targets(*(np.array(column) for column in np.broadcast_arrays(*columns)))


class Watched(NamedTuple):
    """Target records in the order of the bytes, with what caused them."""

    records: list[dict[str, Any]]
    target: np.ndarray
    time_s: np.ndarray
    ecef_m: np.ndarray
    payloads: list[bytes]
    """As sent; some hold plots of after that time too."""

    def column(self, item: str, field: str) -> np.ndarray:
        """Values of a field; NaN where the item is absent."""
        return np.array([r[item][field] if item in r else np.nan for r in self.records], float)

    @property
    def range_m(self) -> np.ndarray:
        """Measured range."""
        return self.column("040", "RHO") * NAUTICAL_MILE

    @property
    def azimuth_deg(self) -> np.ndarray:
        """Measured azimuth."""
        return self.column("040", "THETA")

    @property
    def typ(self) -> np.ndarray:
        """I048/020 TYP: 1 primary, 2 secondary, 3 both, 5 Mode S, 7 Mode S and primary."""
        return self.column("020", "TYP").astype(int)

    def polar(self, sensor: config.Sensor = WATCHER) -> np.ndarray:
        """True range, azimuth (rad) and elevation (n, 3) of the targets that caused the records."""
        return true_polar(sensor, self.ecef_m)


def scene_with(options: RadarOptions, sensor: config.Sensor = WATCHER, **changes: Any) -> Scenario:
    """Scenario of the watcher alone."""
    return scene_of(sensor, options=options, fleet=(), **changes)


def watch(
    scenario: Scenario, flown: Targets, seconds: float, seed: int, absent: tuple[int, ...] = ()
) -> Watched:
    """Let the scenario's first sensor, a radar, watch the targets; all plots of that time come."""
    return _decoded(watching(scenario, flown, seconds, seed, absent), scenario.start_s + seconds)


def watching(
    scenario: Scenario, flown: Targets, seconds: float, seed: int, absent: tuple[int, ...] = ()
) -> list[Datagram]:
    """Datagrams of that time and half a turn more.

    Few sectors: their messages cost more than the plots. Rows `absent` hold nothing.
    """
    name = scenario.sensor[0].name
    options = msgspec.structs.replace(scenario.radar[name], sectors=4)
    scenario = msgspec.structs.replace(scenario, radar={name: options})
    n = len(flown.icao)
    seeds = np.random.SeedSequence(seed, spawn_key=(3,))
    radar = Radar(0, scenario.sensor[0], scenario, n, np.random.Generator(np.random.PCG64(seeds)))
    aircraft = SimpleNamespace(
        target=np.arange(n, dtype=np.int32),
        icao=flown.icao.astype(np.int32),
        mode3a=flown.mode3a.astype(np.int32),
        callsign=np.full(n, -1, np.int64),
        height_m=flown.height_m.astype(float),
    )
    aircraft.target[list(absent)] = -1
    limits = SimpleNamespace(primary_gain=flown.gain.astype(float))
    parts: list[Datagram] = []
    for k in range(round((seconds + 0.5 * scenario.sensor[0].period_s) / TICK_S)):
        span = _span(scenario, flown, k)
        parts += radar.observe(SimpleNamespace(span=span, aircraft=aircraft, limits=limits))
    return parts


def true_rates(scenario: Scenario, flown: Targets, found: Watched) -> np.ndarray:
    """Growth of the slant range (m/s) at each record, from a second before to a second after."""
    _, velocity = _state(scenario, flown, 0.0)
    sensor = scenario.sensor[0]
    later, before = (
        true_polar(sensor, found.ecef_m + sign * velocity[found.target])[:, 0] for sign in (1, -1)
    )
    return 0.5 * (later - before)


def _span(scenario: Scenario, flown: Targets, k: int) -> SimpleNamespace:
    place0, velocity = _state(scenario, flown, k * TICK_S)
    place1, _ = _state(scenario, flown, (k + 1) * TICK_S)
    baro = flown.height_m - 100.0
    return SimpleNamespace(
        start_s=scenario.start_s + k * TICK_S,
        end_s=scenario.start_s + (k + 1) * TICK_S,
        ecef0=place0,
        ecef1=place1,
        velocity0=velocity,
        velocity1=velocity,
        baro0=baro,
        baro1=baro,
    )


def _state(scenario: Scenario, flown: Targets, since_s: float) -> tuple[np.ndarray, np.ndarray]:
    """ECEF positions and velocities (n, 3), of straight lines from level places."""
    sensor = scenario.sensor[0]
    bearing, n = flown.azimuth_deg * DEGREE, len(flown.icao)
    lat = sensor.lat * DEGREE + flown.range_m * np.cos(bearing) / 6.371e6
    lon = sensor.lon * DEGREE + flown.range_m * np.sin(bearing) / 6.371e6 / np.cos(lat)
    place, axes = np.empty((n, 3)), np.empty((n, 3, 3))
    ecef_from_geodetic(lat, lon, flown.height_m.astype(float), place)
    enu_axes(lat, lon, axes)
    velocity = flown.east_mps[:, None] * axes[:, 0] + flown.north_mps[:, None] * axes[:, 1]
    return place + velocity * since_s, velocity


def _decoded(datagrams: list[Datagram], end_s: float) -> Watched:
    records: list[dict[str, Any]] = []
    for datagram in datagrams:
        offset = 0
        while offset < len(datagram.payload):
            if datagram.payload[offset] == SERVICE:
                offset += int.from_bytes(datagram.payload[offset + 1 : offset + 3], "big")
                continue
            found = decode_block(datagram.payload, offset)
            assert found.error is None
            offset = found.next_offset
            records.extend(found.records)
    target = np.concatenate([datagram.target for datagram in datagrams])
    assert len(target) == len(records)
    time_s = np.concatenate([datagram.time_s for datagram in datagrams])
    ecef_m = np.concatenate([datagram.ecef_m for datagram in datagrams])
    kept = time_s < end_s
    return Watched(
        [record for record, keep in zip(records, kept, strict=True) if keep],
        target[kept],
        time_s[kept],
        ecef_m[kept],
        [datagram.payload for datagram in datagrams],
    )
