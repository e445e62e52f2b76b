"""False confirmed tracks of a primary radar in clutter: ``python -m benchmarks.false_tracks``.

The shipped scene `clutter` (terminal radar, 4 s a turn, 16 airliners and 4 light aircraft, half of
these without transponder) with other amounts of clutter, with and without aircraft. Bytes go
through the decoder like any feed. A confirmed track is false when most of its reports are clutter;
it lives from its first report until the tracker drops it. So that the figure cannot be had by
confirming nothing, the aircraft that were missed and the delay of their confirmation stand beside.

Bar: under one false confirmed track an hour that lives longer than a minute.
"""

import json
import sys
from typing import NamedTuple

import msgspec
import numpy as np

from skypact.cli.intake import Intake
from skypact.config import sensor_table
from skypact.model.tracks import TrackRows, concat_rows
from skypact.simulate import CLUTTER, Scenario, Scene, load_scenario
from skypact.simulate.parts import Fleet
from skypact.track.tracker import StepEvents, Tracker

STEP_S = 0.5
LONG_S = 60.0
PLOTS_TO_COUNT = 5
"""Plots after which a flight is expected to have a track: five turns, 20 s."""
CASES = (
    # name, false plots a turn, as the data sheet says, aircraft, scene hours
    ("20 false plots, aircraft", 20.0, 20.0, True, 10.0),
    ("20 false plots, empty sky", 20.0, 20.0, False, 10.0),
    ("30 false plots, aircraft", 30.0, 30.0, True, 10.0),
    ("100 false plots, aircraft", 100.0, 100.0, True, 4.0),
    ("100 false plots, empty sky", 100.0, 100.0, False, 4.0),
    ("20 false plots, data sheet 5, aircraft", 20.0, 5.0, True, 4.0),
)
HOURS_PER_SEED = 2.0


class Tally(NamedTuple):
    """What became of the tracks and the aircraft of one scene."""

    hours: float
    false: int
    false_long: int
    longest_s: float
    flights: int
    """With `PLOTS_TO_COUNT` plots and more."""
    missed: int
    """Of these, without a confirmed track."""
    delay_s: np.ndarray
    """From a flight's first plot to its confirmation."""
    held: float
    """Share of the plots of these flights, bar their first few, in confirmed tracks."""
    doubled: float
    """Confirmed tracks for each flight that has any."""


class Played(NamedTuple):
    """A scene as the tracker saw it."""

    origin: np.ndarray
    """Flight of every report, or `CLUTTER`."""
    time_s: np.ndarray
    track_of: np.ndarray
    rows: TrackRows
    ended_s: dict[int, float]
    until_s: float


def scenario(false_plots: float, aircraft: bool) -> Scenario:
    """The shipped scene with so many false plots a turn."""
    shipped = load_scenario("clutter")
    sensors = tuple(
        msgspec.structs.replace(s, clutter_per_scan=false_plots) for s in shipped.sensor
    )
    fleet = shipped.fleet if aircraft else (Fleet(kind="airliner", count=0),)
    return msgspec.structs.replace(shipped, sensor=sensors, fleet=fleet)


def played(played_scenario: Scenario, seed: int, hours: float, stated: float) -> Played:
    """Simulate, decode and track; `stated` is the clutter that the data sheet tells."""
    scene = Scene(played_scenario, seed)
    intake = Intake(scene.union)
    sheets = [msgspec.structs.replace(s, clutter_per_scan=stated) for s in intake.sensors]
    tracker = Tracker(sensor_table(sheets))
    start_s = scene.time_s
    origin, times, rows, ended_s = [], [], [], {}
    index, track = [], []

    def book(events: StepEvents, now_s: float) -> None:
        rows.append(events.rows)
        index.append(events.report_index)
        track.append(events.report_track)
        ended_s.update(dict.fromkeys(events.ended.tolist(), now_s))

    for k in range(round(hours * 3600.0 / STEP_S)):
        now_s = start_s + (k + 1) * STEP_S
        part = scene.advance(now_s)
        reports = intake.decode(part.packets)
        assert len(reports.time_s) == len(part.origins.target)
        origin.append(part.origins.target)
        times.append(reports.time_s)
        book(tracker.step(reports, now_s), now_s)
    book(tracker.flush(), now_s)
    track_of = np.full(sum(map(len, origin)), -1, np.int64)
    track_of[np.concatenate(index)] = np.concatenate(track)
    everything = concat_rows(rows)
    return Played(
        np.concatenate(origin), np.concatenate(times), track_of, everything, ended_s, now_s
    )


def majority(play: Played) -> dict[int, int]:
    """Origin of most reports of every track, by number; of a tie, clutter."""
    used = play.track_of >= 0
    pairs, n = np.unique(
        np.column_stack([play.track_of, play.origin])[used], axis=0, return_counts=True
    )
    best: dict[int, tuple[int, int]] = {}
    for (number, origin), count in zip(pairs.tolist(), n.tolist(), strict=True):
        if count > best.get(number, (0, 0))[0]:
            best[number] = (count, origin)
    return {number: origin for number, (_, origin) in best.items()}


def judge(play: Played) -> Tally:
    """Count false tracks, and aircraft without a true one."""
    rows, most = play.rows, majority(play)
    sure = rows.confirmed == 1
    numbers, first = np.unique(rows.track[sure], return_index=True)
    confirmed_s = dict(zip(numbers.tolist(), rows.time_s[sure][first].tolist(), strict=True))
    born_s = dict(
        zip(numbers.tolist(), (rows.time_s - rows.age_s)[sure][first].tolist(), strict=True)
    )
    false = [n for n in confirmed_s if most.get(n, CLUTTER) == CLUTTER]
    life_s = np.array([play.ended_s.get(n, play.until_s) - born_s[n] for n in false])
    true = {n for n in confirmed_s if n not in set(false)}
    delays, missed, kept, due, n_tracks, flights = [], 0, 0, 0, [], 0
    for flight in np.unique(play.origin[play.origin >= 0]).tolist():
        plots = np.flatnonzero(play.origin == flight)
        if len(plots) < PLOTS_TO_COUNT:
            continue
        flights += 1
        own = [n for n in set(play.track_of[plots].tolist()) & true if most[n] == flight]
        kept += int(np.isin(play.track_of[plots[PLOTS_TO_COUNT:]], list(true)).sum())
        due += len(plots) - PLOTS_TO_COUNT
        if own:
            n_tracks.append(len(own))
            delays.append(min(confirmed_s[n] for n in own) - play.time_s[plots].min())
        missed += not own
    return Tally(
        hours=(play.until_s - play.time_s[0]) / 3600.0,
        false=len(false),
        false_long=int((life_s > LONG_S).sum()),
        longest_s=float(life_s.max(initial=0.0)),
        flights=flights,
        missed=missed,
        delay_s=np.array(delays),
        held=kept / max(due, 1),
        doubled=float(np.mean(n_tracks)) if n_tracks else 0.0,
    )


def row(name: str, value: float, unit: str, peer: str = "", ratio: float | None = None) -> None:
    """Print one figure."""
    cells = {"name": name, "value": value, "unit": unit, "peer": peer or None, "ratio": ratio}
    print(json.dumps(cells), flush=True)


def report(name: str, tallies: list[Tally]) -> None:
    """Print the figures of one case."""
    hours = sum(t.hours for t in tallies)
    long = sum(t.false_long for t in tallies) / hours
    name = f"{name}, {hours:.0f} h"
    row(f"{name}: false tracks over a minute", round(long, 2), "1/h", "bar, 1/h", round(long, 2))
    row(f"{name}: false tracks of any life", round(sum(t.false for t in tallies) / hours, 2), "1/h")
    row(f"{name}: longest false track", round(max(t.longest_s for t in tallies)), "s")
    flights = sum(t.flights for t in tallies)
    if not flights:
        return
    delay_s = np.concatenate([t.delay_s for t in tallies])
    missed = sum(t.missed for t in tallies)
    row(f"{name}: flights never confirmed, of {flights}", missed, "flights")
    row(f"{name}: confirmation after the first plot, median", round(np.median(delay_s), 1), "s")
    row(f"{name}: the same, 95 %", round(float(np.percentile(delay_s, 95)), 1), "s")
    held = float(np.mean([t.held for t in tallies]))
    row(f"{name}: plots of flights in true tracks", round(100 * held, 2), "%")
    doubled = float(np.mean([t.doubled for t in tallies]))
    row(f"{name}: tracks per flight", round(doubled, 2), "tracks")


def main(share: float) -> None:
    """Play every case for `share` of its hours."""
    for name, false_plots, stated, aircraft, hours in CASES:
        tallies = [
            judge(played(scenario(false_plots, aircraft), 100 + seed, HOURS_PER_SEED, stated))
            for seed in range(max(1, round(share * hours / HOURS_PER_SEED)))
        ]
        report(name, tallies)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
