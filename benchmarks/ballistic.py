"""Ballistic warnings judged by simulated flights: coverage of areas and times, delays, the bound.

``python -m benchmarks.ballistic [--flights N] [--seed S] [--out FILE] [--only-table]``. Draws skies
with a radar that measures height and twelve flights past it (`_free_flights`), and plays them
through simulator, decoder, tracker and watch. The rule looks once a second until it warns of a
flight, and then each minute; nothing else is left out. One JSON line per flight is appended to FILE
(``ballistic-flights.jsonl`` in the temporary folder); skies that it already has are not played
again. Prints one JSON line per figure.

The truth is flown with the same gravity and air as the forecast; ballistic parameter, path, thrust
and the errors of the reports are drawn and not told. Times are seconds, areas square kilometres.
"""

import argparse
import json
import math
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from benchmarks._free_flights import FLIGHTS_PER_SKY, GROUND_M, Drawn, drawn_sky, site_of
from scipy import stats

from skypact.config import Sensor
from skypact.decode.asterix.reports import Decoder
from skypact.evaluate.impactbound import (
    Derivatives,
    Known,
    Looks,
    area_95_km2,
    derivatives,
    impact_bound,
)
from skypact.model.freeflight import FreeStates
from skypact.model.ports import Sink
from skypact.model.reports import ReportBatch, empty_reports, in_arrival_order
from skypact.model.store import AlertRecord
from skypact.model.tracks import TrackRows
from skypact.record.simulated import without_biases
from skypact.rules.ballistic import BallisticParams
from skypact.runtime.pipeline import Pipeline
from skypact.runtime.watching import WatchSink
from skypact.simulate import Scene
from skypact.simulate.ballistic import burnout
from skypact.units import DEGREE
from skypact.watch.ballistic import BallisticRule
from skypact.watch.districts import Districts
from skypact.watch.life import Watch

MINUTE_S: Final = 60.0
MINUTES: Final = 5
AFTER_S: Final = 900.0
"""How long the last all-clear is waited for."""
BOX_DEG: Final = 2
KNOWN: Final = Known(velocity_mps=2_500.0, log_drag=1.0)


def boxes() -> Districts:
    """Districts of two degrees each, all over the globe."""
    corners = [(x, y) for x in range(-180, 180, BOX_DEG) for y in range(-90, 90, BOX_DEG)]
    names = [f"{x} {y}" for x, y in corners]
    return Districts(names, [shapely.box(x, y, x + BOX_DEG, y + BOX_DEG) for x, y in corners])


class Study(Pipeline):
    """A pipeline whose states of warned flights are new to the rule once a minute only."""

    def __init__(self, sensors: Sequence[Sensor], sinks: Sequence[Sink]) -> None:
        super().__init__(sensors, sinks)
        self.due: dict[int, float] = {}
        """By track that is warned of: the time from which the rule is to look again."""
        self._shown: dict[int, float] = {}

    def free_states(self) -> FreeStates:
        """Return the states; one that is not due has the time of the last that was."""
        states = super().free_states()
        time_s = states.time_s.copy()
        for i, track in enumerate(states.track.tolist()):
            due_s = self.due.get(track, -math.inf)
            if time_s[i] < due_s and track in self._shown:
                time_s[i] = self._shown[track]
            elif track in self.due:
                self.due[track] = due_s + MINUTE_S
            self._shown[track] = float(time_s[i])
        return states._replace(time_s=time_s)


class Ears:
    """Hears all of a sky: which report went to which track, and what alerts say."""

    def __init__(self) -> None:
        self.due: dict[int, float] = {}
        """As in `Study`."""
        self.alerts: list[AlertRecord] = []
        self.heard: dict[int, list[tuple[float, int]]] = defaultdict(list)
        """By flight: time and track of its reports."""

    def append_alerts(self, alerts: list[AlertRecord]) -> None:
        """Take alerts."""
        self.alerts += alerts
        for alert in alerts:
            track = alert.tracks[0]
            if alert.evidence["stage"] == "warning":
                state_s = float(alert.evidence["state_s"])
                self.due.setdefault(track, state_s + MINUTE_S)

    def note(self, track: np.ndarray, reports: ReportBatch) -> None:
        """Take the reports that were used."""
        for t, target, time_s in zip(
            track.tolist(), reports.target.tolist(), reports.time_s.tolist(), strict=True
        ):
            if target >= 0:
                self.heard[target].append((time_s, t))

    def append(self, rows: TrackRows, ended: np.ndarray, now_s: float) -> None:
        """Take a step of the picture."""

    def finish(self) -> None:
        """Nothing waits."""


def played(seed: int, districts: Districts) -> list[dict[str, Any]]:
    """Play the sky of a seed and judge its flights."""
    scenario, flights = drawn_sky(seed)
    scene = Scene(scenario, seed)
    sensors = without_biases(scene.union).sensor
    params = BallisticParams()
    ears = Ears()
    watch = WatchSink(Watch([BallisticRule(params, districts)], "study"), 1.0, [ears])
    study = Study(sensors, [watch, ears])
    study.due = ears.due
    watch.watch_over(study)
    decoder = Decoder(sensors)
    begin_s = time_s = scene.time_s
    last_s = begin_s + max(f.arrival_s for f in flights)
    while time_s < last_s:
        time_s += 1.0
        piece = scene.advance(time_s)
        parts = [piece.reports]
        if piece.packets.start.size:
            parts.append(decoder.decode(piece.packets).reports)
        study.step(in_arrival_order(parts), time_s)
    while time_s < last_s + AFTER_S and watch.watch.alive:  # nothing is in the air any more
        time_s += 1.0
        study.step(empty_reports(0), time_s)
    numbers = targets(flights)
    return [judged(seed, i, flight, ears, begin_s, numbers[i]) for i, flight in enumerate(flights)]


def targets(flights: list[Drawn]) -> list[int]:
    """Return the flights' numbers: in order of launch, from what the simulator counts."""
    order = sorted(range(len(flights)), key=lambda i: (flights[i].launch_s, i))
    numbers = [0] * len(flights)
    for number, i in enumerate(order):
        numbers[i] = number
    return numbers


def judged(
    seed: int, lane: int, flight: Drawn, ears: Ears, begin_s: float, target: int
) -> dict[str, Any]:
    """Judge the warnings of one flight."""
    heard = sorted(ears.heard[target])
    row: dict[str, Any] = {
        "seed": seed, "lane": lane, "range_km": round(flight.range_km), "loft": flight.loft,
        "boost_s": flight.entry.boost_s, "ballistic_kgpm2": flight.entry.ballistic_kgpm2,
        "radar": [flight.sensor.sigma_range_m, flight.sensor.sigma_azimuth_deg,
                  flight.sensor.sigma_elevation_deg],
        "period_s": flight.sensor.period_s, "reports": len(heard),
    }  # fmt: skip
    if len(heard) < 3:
        return row
    burnt_s = begin_s + flight.launch_s + flight.entry.boost_s
    arrival_s = begin_s + flight.arrival_s
    tracks = Counter(track for _, track in heard)
    mine = [a for a in ears.alerts if a.tracks[0] in tracks]
    mine = [a for a in mine if tracks[a.tracks[0]] >= 2]
    warnings = [a for a in mine if a.evidence["stage"] == "warning" and a.state != "cleared"]
    row |= {
        "first_s": heard[0][0] - burnt_s, "third_s": heard[2][0] - burnt_s,
        "left_s": arrival_s - heard[2][0], "tracks": len(tracks),
        "alerts": len({a.id for a in mine if a.evidence["stage"] == "warning"}),
        "possible_s": mine[0].time_s - heard[2][0] if mine else None,
    }  # fmt: skip
    if not warnings:
        return row
    first = warnings[0]
    row["delay_s"] = first.time_s - heard[2][0]
    over = [a.time_s for a in ears.alerts if a.id == first.id and a.state == "cleared"]
    row["clear_s"] = over[0] - arrival_s if over else None
    slopes, times_s = flight_slopes(flight, [t for t, _ in heard], burnt_s)
    row["minutes"] = []
    for minute in range(MINUTES + 1):
        at_s = float(first.evidence["state_s"]) + minute * MINUTE_S
        due = [a for a in warnings if float(a.evidence["state_s"]) >= at_s]
        if not due or (minute and float(due[0].evidence["state_s"]) >= at_s + MINUTE_S):
            break
        row["minutes"].append(weighed(due[0], flight, arrival_s, slopes, times_s - 1e-3 + burnt_s))
    return row


def flight_slopes(
    flight: Drawn, heard: list[float], burnt_s: float
) -> tuple[Derivatives, np.ndarray]:
    """Derivatives of the reports in free flight by the flight's own radar, and their times."""
    since_s = np.array([t - burnt_s for t in heard])
    since_s = since_s[since_s >= 0.0]
    place, axes = site_of(flight.sensor)
    sheet = flight.sensor
    sigma = np.array([
        sheet.sigma_range_m or math.nan,
        (sheet.sigma_azimuth_deg or math.nan) * DEGREE,
        (sheet.sigma_elevation_deg or math.nan) * DEGREE,
    ])  # fmt: skip
    state = np.concatenate((burnout(flight.flight.ends, flight.flight.velocity),
                            flight.flight.velocity))  # fmt: skip
    looks = Looks(since_s, place, axes, sigma)
    return derivatives(state, flight.flight.ends.drag_m2pkg, GROUND_M, looks), since_s


def weighed(
    alert: AlertRecord, flight: Drawn, arrival_s: float, slopes: Derivatives, times_s: np.ndarray
) -> dict[str, Any]:
    """Hold one state of a warning against the truth."""
    told = alert.evidence
    assert alert.area is not None
    areas = [shapely.make_valid(shapely.Polygon(rings[0])) for rings in alert.area["coordinates"]]
    truth = shapely.Point(flight.entry.to_lon, flight.entry.to_lat)
    state_s = float(told["state_s"])
    box = [math.floor(x / BOX_DEG) * BOX_DEG for x in (flight.entry.to_lon, flight.entry.to_lat)]
    name = f"{box[0]} {box[1]}"
    own = [d for d in told["districts"] if d["name"] == name]
    bound = impact_bound(slopes, int(np.count_nonzero(times_s <= state_s)), KNOWN)
    return {
        "left_s": arrival_s - state_s,
        "thrust": told["thrust"],
        "probability": told["probability"],
        "in_50": areas[0].covers(truth),
        "in_95": areas[1].covers(truth),
        "reach": reach(areas[1], truth),
        "area_50_km2": told["area_50_km2"],
        "area_95_km2": told["area_95_km2"],
        "bound_95_km2": area_95_km2(bound) if np.isfinite(bound).all() else None,
        "in_time": told["first_s"] <= arrival_s <= told["last_s"],
        "time_s": told["last_s"] - told["first_s"],
        "late_s": arrival_s - 0.5 * (told["first_s"] + told["last_s"]),
        "named": bool(own),
        "in_own_time": own[0]["first_s"] <= arrival_s <= own[0]["last_s"] if own else None,
    }


def reach(area: shapely.Geometry, place: shapely.Point) -> float:
    """Distance of a place from the middle of an area over that of the edge that way."""
    middle = area.centroid
    east, north = place.x - middle.x, place.y - middle.y
    far = 720.0 / max(math.hypot(east, north), 1e-9)
    ray = shapely.LineString([middle, (middle.x + far * east, middle.y + far * north)])
    edge = shapely.intersection(ray, area)
    return math.hypot(east, north) / max(edge.length, 1e-9)


def share(name: str, hits: list[bool]) -> dict[str, Any]:
    """Return the share of hits with its 95 % interval (Clopper and Pearson, 1934)."""
    n, k = len(hits), sum(hits)
    low = float(stats.beta.ppf(0.025, k, n - k + 1)) if k else 0.0
    high = float(stats.beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
    return {
        "name": name, "n": n, "value": round(100.0 * k / max(n, 1), 1), "unit": "%",
        "low": round(100.0 * low, 1), "high": round(100.0 * high, 1),
    }  # fmt: skip


def middle(name: str, values: list[float], unit: str, q: float = 0.5) -> dict[str, Any]:
    """Return a quantile."""
    value = float(np.quantile(values, q)) if values else math.nan
    return {"name": name, "n": len(values), "value": round(value, 2), "unit": unit}


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Return the figures, one JSON line each."""
    seen = [r for r in rows if "third_s" in r]
    warned = [r for r in seen if "delay_s" in r]
    out: list[dict[str, Any]] = [
        share("flights seen three times", ["third_s" in r for r in rows]),
        share("seen flights warned of", ["delay_s" in r for r in seen]),
        share("seen flights warned of within 10 s of the third sweep",
              [0.0 <= r.get("delay_s", math.inf) <= 10.0 for r in seen]),
        share("warned before the third sweep", [r["delay_s"] < 0.0 for r in warned]),
        share("all-clear after the impact", [(r["clear_s"] or -1.0) > 0.0 for r in warned]),
    ]  # fmt: skip
    for q in (0.5, 0.9, 0.95, 1.0):
        delays = [r["delay_s"] for r in warned]
        out.append(middle(f"delay after the third sweep, {q:.0%}", delays, "s", q))
    clear = [r["clear_s"] for r in warned if r["clear_s"] is not None]
    out += [middle(f"all-clear after the impact, {q:.0%}", clear, "s", q) for q in (0.5, 0.95)]
    for minute in range(MINUTES + 1):
        at = [r["minutes"][minute] for r in warned if len(r["minutes"]) > minute]
        if not at:
            break
        when = f"{minute} min"
        out.append(share(f"{when}: in the 50 % area", [m["in_50"] for m in at]))
        out.append(share(f"{when}: in the 95 % area", [m["in_95"] for m in at]))
        out.append(share(f"{when}: in the time of arrival", [m["in_time"] for m in at]))
        own = [m["in_own_time"] for m in at if m["in_own_time"] is not None]
        out.append(share(f"{when}: in the time of its district", own))
        out.append(share(f"{when}: its district named", [m["named"] for m in at]))
        out.append(middle(f"{when}: 50 % area", [m["area_50_km2"] for m in at], "km2"))
        out.append(middle(f"{when}: 95 % area", [m["area_95_km2"] for m in at], "km2"))
        both = [m for m in at if m["bound_95_km2"] is not None]
        out.append(middle(f"{when}: its bound", [m["bound_95_km2"] for m in both], "km2"))
        ratios = [m["area_95_km2"] / max(m["bound_95_km2"], 1e-6) for m in both]
        out.append(middle(f"{when}: area over bound", ratios, ""))
        out.append(middle(f"{when}: time left", [m["left_s"] for m in at], "s"))
        out.append(middle(f"{when}: length of the time of arrival", [m["time_s"] for m in at], "s"))
    return [json.dumps(row) for row in out]


def main() -> None:
    """Play what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flights", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first sky")
    parser.add_argument(
        "--out", type=Path, default=Path(tempfile.gettempdir()) / "ballistic-flights.jsonl"
    )
    parser.add_argument("--only-table", action="store_true", help="play nothing")
    args = parser.parse_args()
    seeds = range(args.seed, args.seed + math.ceil(args.flights / FLIGHTS_PER_SKY))
    rows = [json.loads(line) for line in args.out.read_text().splitlines()] \
        if args.out.exists() else []  # fmt: skip
    done = {row["seed"] for row in rows}
    districts = boxes()
    for seed in () if args.only_table else seeds:
        if seed in done:
            continue
        new = played(seed, districts)
        with args.out.open("a") as file:
            file.writelines(json.dumps(row) + "\n" for row in new)
        rows += new
    for line in table([row for row in rows if row["seed"] in seeds]):
        print(line)


if __name__ == "__main__":
    main()
