"""Scenes of `benchmarks.watch`: a small sky for each rule, with what happens in it.

Every scene has traffic to which nothing happens, so that it tries all other rules, too.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skypact.model.reports import Floats
from skypact.model.tracks import CLASSES
from skypact.model.truth import TRUTH_DTYPES, TruthRows, concat_truth
from skypact.record.tables import truth_to_arrow
from skypact.units import DEGREE

START_S = 1_767_268_800.0
EARTH_M = 6_371_008.8
SHIPPED = Path(__file__).resolve().parent.parent / "src" / "skypact" / "simulate" / "scenarios"

Event = dict[str, Any]


class Scene(NamedTuple):
    """One small sky."""

    rules: tuple[str, ...]
    """Rules that it has events of."""
    name: str
    text: str
    """Scenario."""
    watch: str = ""
    """Rule file."""
    seconds: float = 420.0
    prepare: Callable[[Path, int], None] = lambda folder, seed: None
    """Writes files that the scenario names."""
    edit: Callable[[Path, int], list[Event]] = lambda folder, seed: []
    """Changes reports afterwards; says what happened."""
    also: Mapping[str, tuple[str, ...]] = {}
    """Events of one rule that are events of others, too."""
    may: Mapping[str, tuple[str, ...]] = {}
    """Events of one rule that others may tell of, and need not."""


def shipped(name: str) -> str:
    """Return a shipped scenario's text."""
    return (SHIPPED / f"{name}.toml").read_text("utf-8")


def sky(count: int = 24, more: str = "") -> str:
    """Return the small sky of `incursion` with so many airliners, all with ADS-B."""
    text = shipped("incursion")
    return text.replace("count = 24\nadsb = 0.3", f"count = {count}\nadsb = 1.0") + more


Along = float | Floats
"""The same all the way, or for each second."""


def path(
    target: int, lat: Along, lon: Along, height_m: Along, n: int, kind: str = "unknown"
) -> TruthRows:
    """Return a flight through places (n,) a second apart; degrees, metres."""
    full = {k: np.broadcast_to(np.asarray(v, float), n).copy()
            for k, v in (("lat", lat), ("lon", lon), ("height", height_m))}  # fmt: skip
    scale = EARTH_M * np.cos(full["lat"] * DEGREE)
    columns = {
        "time_s": START_S + np.arange(n),
        "target": target, "lat_rad": full["lat"] * DEGREE, "lon_rad": full["lon"] * DEGREE,
        "altitude_m": full["height"], "vn_mps": EARTH_M * np.gradient(full["lat"] * DEGREE),
        "ve_mps": scale * np.gradient(full["lon"] * DEGREE), "vu_mps": np.gradient(full["height"]),
        "icao": -1, "baro_altitude_m": full["height"] - 80.0,
        "target_class": CLASSES.index(kind),
    }  # fmt: skip
    return TruthRows(**{k: np.broadcast_to(np.asarray(columns[k], t), n).copy()
                        for k, t in TRUTH_DTYPES.items()})  # fmt: skip


def fly(folder: Path, flights: list[TruthRows]) -> None:
    """Write trajectories for a ``[[recorded]]`` entry."""
    pq.write_table(truth_to_arrow(concat_truth(flights), flat=False), folder / "flown.parquet")


FLOWN = '\n[[recorded]]\nfile = "flown.parquet"\ntransponder = {share}\nadsb = 0.0\n'


def swarms(folder: Path, seed: int) -> None:
    """Two swarms of five without transponders, and two pairs that are none."""
    rng = np.random.default_rng(seed)
    flights, after = [], np.arange(420.0)
    for group, members in enumerate((5, 5, 2, 2)):
        lat, lon = rng.uniform(48.0, 48.5), rng.uniform(17.8, 18.6)
        course = rng.uniform(0.0, 2.0 * np.pi)
        height_m, way_m = rng.uniform(1_500.0, 4_000.0), 60.0 * after
        for member in range(members):
            north, east = rng.uniform(-1.0, 1.0, 2) * 800.0 + (900.0 * member, 0.0)
            north, east = north + way_m * np.cos(course), east + way_m * np.sin(course)
            flights.append(
                path(10 * group + member, lat + north / 111_195.0,
                     lon + east / (111_195.0 * np.cos(lat * DEGREE)), height_m, 420)
            )  # fmt: skip
    fly(folder, flights)


def low(folder: Path, seed: int) -> None:
    """Three aircraft that sink below 900 m, and three that stop above."""
    rng = np.random.default_rng(seed)
    flights, after = [], np.arange(400.0)
    for k in range(6):
        lat, lon = 48.1 + 0.1 * k, 17.6 + 0.02 * k
        begin_m, rate = rng.uniform(2_000.0, 2_400.0), rng.uniform(5.0, 8.0)
        floor_m = 600.0 if k < 3 else 1_450.0
        height_m = np.maximum(begin_m - rate * np.maximum(after - 60.0, 0.0), floor_m)
        east = 110.0 * after / (111_195.0 * np.cos(lat * DEGREE))
        flights.append(path(k, lat, lon + east, height_m, 400, kind="airliner"))
    fly(folder, flights)


def squawks(folder: Path, seed: int) -> list[Event]:
    """Three aircraft set a code and keep it; three go by one for less than two seconds."""
    rng = np.random.default_rng(seed)
    table = pq.read_table(folder / "reports.parquet")
    columns = {n: table[n].to_numpy() for n in ("target", "time_s", "mode3a")}
    code = columns["mode3a"].copy()
    told = columns["target"][(columns["target"] >= 0) & (code >= 0)]
    numbers, n = np.unique(told, return_counts=True)
    chosen = rng.choice(numbers[n > 400], 6, replace=False)
    events = []
    for k, target in enumerate(chosen.tolist()):
        own = (columns["target"] == target) & (code >= 0)
        begin_s = START_S + rng.uniform(120.0, 200.0)
        end_s = begin_s + (150.0 if k < 3 else 1.5)
        during = own & (columns["time_s"] >= begin_s) & (columns["time_s"] < end_s)
        code[during] = (7500, 7600, 7700)[k % 3]
        if k < 3:
            events.append({"rule": "emergency", "begin_s": begin_s, "end_s": end_s,
                           "targets": [target]})  # fmt: skip
    at = table.schema.get_field_index("mode3a")
    column = pa.array(code, table.schema.field(at).type)
    pq.write_table(table.set_column(at, "mode3a", column), folder / "reports.parquet")
    return events


def blinded(folder: Path, seed: int) -> list[Event]:
    """A radar no longer detects in a third of its turn from some minute on."""
    rng = np.random.default_rng(seed)
    table = pq.read_table(folder / "reports.parquet")
    begin_s, first = START_S + 500.0 + rng.uniform(0.0, 60.0), rng.choice([90.0, 150.0, 210.0])
    azimuth = table["azimuth_deg"].to_numpy()
    lost = (table["sensor"].to_numpy(zero_copy_only=False) == "Zobor") & (azimuth >= first)
    lost &= (azimuth < first + 120.0) & (table["time_s"].to_numpy() >= begin_s)
    pq.write_table(table.filter(pa.array(~lost)), folder / "reports.parquet")
    end_s = float(table["time_s"].to_numpy().max())
    return [{"rule": "coverage", "begin_s": begin_s, "end_s": end_s, "names": ["Zobor"]}]


FAST_GHOSTS = "".join(
    f"""
[[ghost]]
name = "absurd{k}"
lat = 48.3
lon = 18.2
from_lat = {48.0 + 0.15 * k}
from_lon = 17.0
course_deg = 80.0
speed_mps = {speed}
level_m = {4_000 + 1_000 * k}
start_s = {100 + 20 * k}
end_s = {200 + 20 * k}
icao = {0xABC000 + k}
"""
    for k, speed in enumerate((1_500.0, 2_500.0, 4_000.0))
)
SILENT = """
[[fleet]]
kind = "airliner"
count = 4
transponder = 0.0

[[fleet]]
kind = "light"
count = 3
adsb = 0.3

[[airfield]]
name = "Nitra"
lat = 48.28
lon = 18.13
height_m = 190.0

[[airfield]]
name = "Levice"
lat = 48.2
lon = 18.58
height_m = 180.0

[[flock]]
name = "Geese"
lat = 48.2
lon = 18.3
count = 30
"""
AREA = """
[[area.area]]
name = "field"
centre = [48.05, 18.3]
radius_m = 22000.0
lower_fl = 200.0
upper_fl = 450.0
"""
SAFE = """
[[terrain.area]]
name = "hills"
centre = [48.3, 18.1]
radius_m = 120000.0
altitude_m = 900.0
"""
POINTS = """
[[slow.point]]
name = "EYVI"
centre = [54.634, 25.2858]
"""
LIED = ("identity", "kinematics", "unconfirmed")
"""Rules that see a forged position their own way."""
SCENES = (
    Scene(("border", "conflict"), "small border", sky(60), "[border]\nahead_s = 180.0\n"),
    Scene(("area",), "area", sky(40), AREA),
    Scene(("emergency",), "emergency codes", sky(24), edit=squawks),
    Scene(("terrain",), "low flights", sky(8, FLOWN.format(share=1.0)), SAFE, prepare=low),
    Scene(("swarm",), "swarms", sky(8, FLOWN.format(share=0.0)), prepare=swarms),
    Scene(("kinematics",), "absurd positions", sky(16, FAST_GHOSTS),
          also={"unconfirmed": ("kinematics",)}),
    Scene(("noncooperative",), "no transponder", sky(16, SILENT)),
    Scene(("feed",), "outage", sky(24, "\n[fault.Zobor]\noutage = [[150.0, 300.0]]\n"
                                       "\n[fault.Ucho]\noutage = [[200.0, 300.0]]\n")),
    Scene(("bias",), "turned antenna", sky(24, "\n[radar.Sitno.drift]\nstep_at_s = 450.0\n"
                                               "step_azimuth_deg = 0.8\n"), seconds=800.0),
    Scene(("coverage",), "lost sector", sky(90), seconds=800.0, edit=blinded),
    Scene(("gnss", "drift", "unconfirmed", "identity"), "forged positions", shipped("spoofing"),
          seconds=800.0, may={"drift": LIED, "unconfirmed": ("identity", "kinematics")}),
    Scene(("slow",), "balloons", shipped("balloons"), POINTS, seconds=1_800.0),
    Scene(("ballistic",), "ballistic flights", shipped("ballistic"), seconds=1_000.0),
)  # fmt: skip
