"""Time that the watch takes for a look: ``python -m benchmarks.watching [--tracks N] [--looks N]``.

A made-up sky of Europe: tracks spread evenly over 36 to 62 N and 10 W to 32 E (4.9 million km^2 of
traffic as dense everywhere as at the busiest hours over its middle would be 10,000), most of them
level at cruising levels, the rest climbing, descending or low; one in forty without identity, some
slow, ten in free flight. They fly straight on; nobody separates them, so that there are many more
conflicts than in the world. Between two looks of a second every track has a report of ADS-B and one
in four a plot of one of forty radars. All 17 rules with their own parameters; the territory of the
27 members, fifty areas, terrain of 2 km, and countries as districts. Bar: a second of one core's
processor time for all.
"""

import argparse
import time
from typing import Any, NamedTuple

import numpy as np
from benchmarks._tracked import line

from skypact.config import Member, Union
from skypact.geo.terrain import Grid, Terrain
from skypact.kernels.geodesy import enu_axes, polar_from_ecef
from skypact.model.freeflight import FreeStates
from skypact.model.reports import ADSB, MODES, ReportBatch, concat_reports, empty_reports
from skypact.model.tracks import TrackRows, empty_rows
from skypact.rules import Watching
from skypact.rules.area import AreaParams, WatchedArea
from skypact.rules.terrain import TerrainParams
from skypact.simulate.places import ecef_of
from skypact.units import DEGREE, FLIGHT_LEVEL, KNOT
from skypact.watch.life import RuleRecord, Watch
from skypact.watch.rules import NAMES, rules_of
from skypact.watch.sky import SensorLook, Sky, moved, sky_of

SOUTH, NORTH, WEST, EAST = 36.0, 62.0, -10.0, 32.0
START_S = 1_767_268_800.0
RADARS, RECEIVERS, AREAS, FREE = 40, 20, 50, 10
RADAR_REACH_M, PERIOD_S, HEIGHT_M = 400_000.0, 10.0, 300.0
TERRAIN_STEP_DEG = 1.0 / 50.0
MEMBERS_OF_THE_UNION = (
    "040", "056", "100", "191", "196", "203", "208", "233", "246", "250", "276", "300", "348",
    "372", "380", "428", "440", "442", "470", "528", "616", "620", "642", "703", "705", "724",
    "752",
)  # fmt: skip
"""ISO 3166 numeric codes of the European Union's members."""
WARM_LOOKS = 45
"""Before the first figure: memories fill, and tracks are old enough for every rule."""


class Flying(NamedTuple):
    """The tracks, and which sensor sees which."""

    rows: TrackRows
    radar: np.ndarray
    """The nearest radar of each, (n,)."""
    receiver: np.ndarray
    sensors: tuple[SensorLook, ...]


def grid(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return n places spread evenly (a Fibonacci lattice), radians."""
    k = np.arange(n)
    low, high = np.sin(np.array([SOUTH, NORTH]) * DEGREE)
    lat = np.arcsin(low + (high - low) * (k + 0.5) / n)
    lon = WEST + (EAST - WEST) * ((k * 0.618_033_988_749_895) % 1.0)
    return lat, lon * DEGREE


def sensor_looks() -> tuple[SensorLook, ...]:
    """Return radars and receivers, spread evenly."""
    looks = []
    for kind, n, period_s in (("radar", RADARS, PERIOD_S), ("adsb", RECEIVERS, 1.0)):
        sheet = (0.2, 0.95, 50.0, 0.08 * DEGREE, 15.0)
        for k, (lat, lon) in enumerate(zip(*grid(n), strict=True)):
            place = (float(lat), float(lon), HEIGHT_M, RADAR_REACH_M, period_s)
            looks.append(SensorLook(f"{kind}-{k}", kind, "operational", *place, *sheet))
    return tuple(looks)


def flying(n: int, seed: int = 1) -> Flying:
    """Make the tracks."""
    rng = np.random.Generator(np.random.PCG64(seed))
    rows = empty_rows(n)
    low, high = np.sin(np.array([SOUTH, NORTH]) * DEGREE)
    rows.lat_rad[:] = np.arcsin(rng.uniform(low, high, n))
    rows.lon_rad[:] = rng.uniform(WEST, EAST, n) * DEGREE
    draw = rng.random(n)
    level_m = rng.integers(29, 41, n) * 10 * FLIGHT_LEVEL
    level_m = np.where(draw < 0.25, rng.uniform(1_500.0, 9_000.0, n), level_m)
    level_m = np.where(draw < 0.08, rng.uniform(300.0, 1_500.0, n), level_m)
    speed = np.where(draw < 0.08, 120.0, np.where(draw < 0.25, 300.0, 450.0)) * KNOT
    speed *= rng.uniform(0.9, 1.1, n)
    climbing = (draw >= 0.08) & (draw < 0.25)
    course = rng.uniform(0.0, 2.0 * np.pi, n)
    slow = draw < 0.005
    speed = np.where(slow, rng.uniform(3.0, 15.0, n), speed)
    rows.track[:], rows.time_s[:] = np.arange(1, n + 1), START_S
    rows.altitude_m[:], rows.baro_altitude_m[:] = level_m + 90.0, level_m
    rows.vn_mps[:], rows.ve_mps[:] = speed * np.cos(course), speed * np.sin(course)
    rows.vu_mps[:] = np.where(climbing, rng.choice([-9.0, 9.0], n), 0.0)
    for name, value in (
        ("sigma_n_m", 40.0), ("sigma_e_m", 40.0), ("corr_ne", 0.0), ("sigma_u_m", 30.0),
        ("sigma_vn_mps", 1.0), ("sigma_ve_mps", 1.0), ("existence", 1.0), ("confirmed", 1),
        ("p_manoeuvre", 0.05), ("p_ballistic", 0.0), ("n_sensors", 3), ("age_s", 600.0),
    ):  # fmt: skip
        getattr(rows, name)[:] = value
    rows.target_class[:] = np.where(slow, 0, np.where(draw < 0.08, 2, 1))
    known = (rng.random(n) >= 0.025) & ~slow
    rows.icao[:] = np.where(known, 0x400000 + np.arange(n), -1)
    rows.mode3a[:] = np.where(known, 1000 + np.arange(n) % 6000, -1)
    rows.callsign[:] = np.where(known, (1 << 40) + np.arange(n), -1)
    sensors = sensor_looks()
    radar = nearest(rows, sensors[:RADARS])
    return Flying(rows, radar, nearest(rows, sensors[RADARS:]) + RADARS, sensors)


def nearest(rows: TrackRows, sensors: tuple[SensorLook, ...]) -> np.ndarray:
    """Return the nearest sensor of each track."""
    lat = np.array([s.lat_rad for s in sensors])
    lon = np.array([s.lon_rad for s in sensors])
    north = rows.lat_rad[:, None] - lat
    east = (rows.lon_rad[:, None] - lon) * np.cos(rows.lat_rad)[:, None]
    return np.asarray(np.hypot(north, east).argmin(axis=1))


def measured(made: Flying, at: np.ndarray) -> np.ndarray:
    """Return range, azimuth and elevation (k, 3) of tracks in rows `at` from their radars."""
    rows, out = made.rows, np.empty((at.size, 3))
    place = ecef_of(rows.lat_rad[at], rows.lon_rad[at], rows.altitude_m[at])
    for number in np.unique(made.radar[at]).tolist():
        mine = np.flatnonzero(made.radar[at] == number)
        site = made.sensors[number]
        lat, lon = np.array([site.lat_rad]), np.array([site.lon_rad])
        axes, polar = np.empty((1, 3, 3)), np.empty((mine.size, 3))
        enu_axes(lat, lon, axes)
        origin = ecef_of(lat, lon, np.array([site.height_m]))[0]
        polar_from_ecef(place[mine], origin, axes[0], polar)
        out[mine] = polar
    return out


def reports_of(made: Flying, second: int) -> tuple[ReportBatch, np.ndarray]:
    """Return what is heard in a second, with the track of each report."""
    rows = made.rows
    n = rows.track.size
    said = np.flatnonzero(rows.icao >= 0)
    seen = np.flatnonzero((np.arange(n) + second) % 4 == 0)
    parts = []
    for at, kind, sensor in ((said, ADSB, made.receiver), (seen, MODES, made.radar)):
        part = empty_reports(at.size)
        part.time_s[:], part.kind[:], part.sensor[:] = rows.time_s[at], kind, sensor[at]
        for name in ("icao", "mode3a", "callsign", "baro_altitude_m"):
            getattr(part, name)[:] = getattr(rows, name)[at]
        if kind == ADSB:
            for name in ("lat_rad", "lon_rad", "vn_mps", "ve_mps"):
                getattr(part, name)[:] = getattr(rows, name)[at]
            part.geo_altitude_m[:] = rows.altitude_m[at]
            part.nacp[:], part.nic[:], part.sil[:] = 9, 8, 3
        else:
            part.range_m[:], part.azimuth_rad[:], _ = measured(made, at).T
        parts.append(part)
    reports = concat_reports(parts)
    reports.received_ns[:] = np.round(reports.time_s * 1e9).astype(np.int64) + 200_000_000
    return reports, np.concatenate((rows.track[said], rows.track[seen]))


def free_of(made: Flying, now_s: float) -> FreeStates:
    """Return ten tracks in free flight, on their way down from 100 to 200 km."""
    at = np.arange(FREE) * (made.rows.track.size // FREE)
    lat, lon = made.rows.lat_rad[at], made.rows.lon_rad[at]
    place = ecef_of(lat, lon, np.linspace(100e3, 200e3, FREE))
    up = place / np.linalg.norm(place, axis=1, keepdims=True)
    east = np.stack((-np.sin(lon), np.cos(lon), np.zeros(FREE)), axis=1)
    mean = np.zeros((FREE, 3, 7))
    mean[:, :, :3], mean[:, :, 6] = place[:, None], np.log(8_000.0)
    mean[:, :, 3:6] = (1_800.0 * east - 300.0 * up)[:, None]
    spread = np.diag(np.array([200.0, 200, 200, 20, 20, 20, 0.5]) ** 2)
    covariance = np.broadcast_to(spread, (FREE, 3, 7, 7)).copy()
    chance = np.tile([0.98, 0.015, 0.005], (FREE, 1))
    reports, age_s = np.full(FREE, 12), np.full(FREE, 60.0)
    track = made.rows.track[at]
    return FreeStates(track, np.full(FREE, now_s), mean, covariance, chance, reports, age_s)


def look_of(made: Flying, second: int) -> Sky:
    """Carry all on to a second and return the look."""
    rows, now_s = made.rows, START_S + second
    lat, lon = moved(rows.lat_rad, rows.lon_rad, rows.vn_mps, rows.ve_mps)
    rows.lat_rad[:], rows.lon_rad[:], rows.time_s[:] = lat, lon, now_s
    rows.altitude_m[:] += rows.vu_mps
    rows.baro_altitude_m[:] += rows.vu_mps
    turned = (rows.altitude_m < 1_000.0) | (rows.altitude_m > 12_500.0)
    rows.vu_mps[turned] *= -1.0
    rows.age_s[:] += 1.0
    reports, track = reports_of(made, second)
    sky = sky_of(rows, now_s, made.sensors, reports, track)
    return sky._replace(free=free_of(made, now_s))


def terrain(_: str = "") -> Terrain:
    """Return hills up to 2,500 m every 2 km."""
    lat = np.arange(NORTH + 1.0, SOUTH - 1.0, -TERRAIN_STEP_DEG)
    lon = np.arange(WEST - 1.0, EAST + 1.0, TERRAIN_STEP_DEG)
    hills = np.sin(lat * 2.1)[:, None] * np.sin(lon * 1.7) * np.sin(lat * 31.0)[:, None]
    height = (2_500.0 * np.abs(hills)).astype(np.float32)
    return Terrain(
        [Grid(float(lat[-1]), float(lon[0]), TERRAIN_STEP_DEG, TERRAIN_STEP_DEG, height)]
    )


def watch_of() -> Watch:
    """Return a watch with every rule on."""
    places = zip(*grid(AREAS), strict=True)
    areas = tuple(
        WatchedArea(name=f"area {k}", centre=(float(a) / DEGREE, float(b) / DEGREE), radius_m=3e4)
        for k, (a, b) in enumerate(places)
    )
    watching = Watching(area=AreaParams(area=areas), terrain=TerrainParams(file="terrain"))
    union = Union(member=(Member(name="union", countries=MEMBERS_OF_THE_UNION),))
    rules = rules_of(watching, union, lambda _: {}, terrain)
    if {rule.name for rule in rules} != set(NAMES):
        raise SystemExit(f"expected all rules, got {[rule.name for rule in rules]}")
    return Watch(rules, "bench")


class Timed:
    """A rule whose looks are timed."""

    def __init__(self, rule: Any) -> None:  # noqa: ANN401
        self._rule, self.name, self.params = rule, rule.name, rule.params
        self.seconds: list[float] = []
        self.findings = 0

    def look(self, sky: Sky) -> list[Any]:
        """Look with the rule."""
        begun = time.process_time()
        found = list(self._rule.look(sky))
        self.seconds.append(time.process_time() - begun)
        self.findings = len(found)
        return found


def main() -> None:
    """Look, and print the times."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tracks", type=int, default=10_000)
    parser.add_argument("--looks", type=int, default=60)
    args = parser.parse_args()
    made, watch = flying(args.tracks), watch_of()
    timed = [Timed(rule) for rule in watch._rules]
    watch._rules[:] = timed
    whole, n = [], 0
    for second in range(1, WARM_LOOKS + args.looks + 1):
        sky = look_of(made, second)
        begun = time.process_time()
        n += len(watch.look(sky))
        whole.append(time.process_time() - begun)
    faults: dict[str, RuleRecord] = {k: r for k, r in watch.rules.items() if r.n_faults}
    if faults:
        raise SystemExit(f"expected no rule to fail, got {faults}")
    for one in sorted(timed, key=lambda t: -sum(t.seconds)):
        row(f"{args.tracks:,} tracks, {one.name}, {one.findings} findings", one.seconds, "")
    row(
        f"{args.tracks:,} tracks, all {len(timed)} rules and the alerts' life", whole, "bar 1000 ms"
    )
    line(f"{args.tracks:,} tracks, alerts alive in the end", len(watch.alive), "")


def row(name: str, seconds: list[float], peer: str) -> None:
    """Print what looks took, but the first ones."""
    taken = 1e3 * np.array(seconds[WARM_LOOKS:])
    for word, value in (("p50", np.median(taken)), ("p95", np.quantile(taken, 0.95)),
                        ("max", taken.max())):  # fmt: skip
        line(f"{name}, {word}", float(value), "ms", peer or None)


if __name__ == "__main__":
    main()
