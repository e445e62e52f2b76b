"""``skypact replay --rules``: what rules raise, judged by the truth, and rule sets compared."""

import argparse
from typing import Any, Final

import msgspec
import numpy as np
import shapely

from skypact.cli.console import existing_files, say
from skypact.cli.watching import RuleSet, check_one, replay_watch, rule_sets
from skypact.config import Union
from skypact.errors import ConfigError, RecordingError
from skypact.evaluate.alert_sets import compared
from skypact.evaluate.flown import Flown, Holds, Mask, flown_of
from skypact.evaluate.happened import Grounds, TrueArea
from skypact.evaluate.table import number
from skypact.evaluate.warned import enabled_rules, lived, true_events, tuning_report
from skypact.geo.geoid import undulation_m
from skypact.model.events import TrueEvent
from skypact.model.reports import Floats
from skypact.record.event_file import read_events
from skypact.record.geojson_file import geojson_reader
from skypact.record.judged import read_truth
from skypact.record.summary import out_folder
from skypact.record.terrain_file import terrain_reader
from skypact.rules.area import WatchedArea
from skypact.runtime.pipeline import Pipeline
from skypact.runtime.watching import Sensors, WatchSink
from skypact.runtime.witness import Witness
from skypact.units import DAY, FLIGHT_LEVEL
from skypact.watch.area import is_watched
from skypact.watch.ground import Ground, ring_about
from skypact.watch.rules import NAMES, ground_of, territory_ground

HOUR: Final = DAY / 24.0
_DASH: Final = "\u2013"
_SET: Final = (
    "rule", "alerts", "per hour", "right", "nuisance", "95 %", "events", "found", "95 %",
    "alert after event, s (5, 50, 95 %)",
)  # fmt: skip
_PAIR: Final = (
    "rule", "both", "only first", "only second", "second later by, s (5, 50, 95 %)"
)  # fmt: skip
WIDTH: Final = 120
"""Columns of the tables where stderr is no terminal."""


def check(args: argparse.Namespace) -> None:
    """See, before any work, whether options go together and files are there.

    Raises
    ------
    ConfigError
        They do not, or are not.
    """
    if args.events is not None and args.truth is None:
        raise ConfigError("--events: expected with --truth, the paths that they belong to")
    if args.unit is not None or args.checkpoint is not None or args.resume is not None:
        check_one(args)
    existing_files([*args.rules, *filter(None, (args.truth, args.events))])


class Tuning:
    """The rule sets of a replay with what they tell, and the truth to judge it by.

    Parameters
    ----------
    args : Namespace
        Of ``skypact replay``.
    union : Union

    Raises
    ------
    ConfigError
        A rule file cannot be used.
    RecordingError
        The truth or the events cannot be read.
    """

    def __init__(self, args: argparse.Namespace, union: Union) -> None:
        self._sets = rule_sets(args, union)
        self._args, self._union = args, union
        self._is_asked = bool(args.rules) or args.truth is not None
        self._flown: Flown | None = None
        self._given: list[TrueEvent] = []
        self._covered: frozenset[str] = frozenset()
        if args.truth is not None:
            truth = read_truth(args.truth, {})
            if truth.is_flat:
                raise RecordingError(
                    f"{args.truth}: expected a truth with latitude and longitude, got a flat scene"
                )
            self._flown = flown_of(truth.rows)
        if args.events is not None:
            self._given, self._covered = read_events(args.events, NAMES)
        self.watches = [
            replay_watch(args, union, "replay", rules, number=k)
            for k, rules in enumerate(self._sets, 1)
        ]
        """A watch for each set."""
        self._witnesses = [Witness(watch) for watch in self.watches] if self._is_asked else []

    @property
    def watch(self) -> WatchSink:
        """The watch of the first set: whose alerts the page shows and the summary counts."""
        return self.watches[0]

    def watch_over(self, pipeline: Pipeline, sensors: Sensors) -> None:
        """Let all watches look at a pipeline."""
        self.watch.watch_over(pipeline)
        for watch in self.watches:
            watch.sensors = sensors
            watch.look_at(pipeline)

    def report(self, seconds: float) -> dict[str, Any]:
        """Sum up: what a summary has beside its figures; nothing where nobody asked.

        Parameters
        ----------
        seconds : float
            Length of the recording.
        """
        if not self._witnesses:
            return {}
        sets = [
            {"rules_file": rules.name, "rules": self._figures(rules, witness, seconds / HOUR)}
            for rules, witness in zip(self._sets, self._witnesses, strict=True)
        ]
        lives = [lived(witness.states) for witness in self._witnesses]
        report: dict[str, Any] = {
            "hours": seconds / HOUR,
            "truth": None if self._args.truth is None else str(self._args.truth),
            "sets": sets,
            "compared": [
                {"first": self._sets[0].name, "second": rules.name,
                 "rules": compared(lives[0], other)}
                for rules, other in zip(self._sets[1:], lives[1:], strict=True)
            ],
        }  # fmt: skip
        if self._args.out is not None:
            path = out_folder(self._args.out) / "tuning.json"
            path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
        return {"tuning": report}

    def _figures(self, rules: RuleSet, witness: Witness, hours: float) -> list[dict[str, Any]]:
        names, events = enabled_rules(rules.watching), None
        if self._flown is not None:
            grounds = grounds_of(rules, self._union)
            given = self._given, self._covered
            events = true_events(self._flown, rules.watching, grounds, *given)
        return tuning_report(witness.states, hours, names, self._flown, events)[0]


def grounds_of(rules: RuleSet, union: Union) -> Grounds:
    """Return the ground that rules watch over, as the truth is compared with it.

    Raises
    ------
    ConfigError
        An area without a ground, a file that cannot be read.
    """
    watching, read = rules.watching, geojson_reader(rules.folder)
    territory = territory_ground(watching, union, read)
    areas = [(one, ground_of("area", one, read)) for one in watching.area.area]
    points = [Ground(ring_about(*p.centre, p.radius_m)) for p in watching.slow.point]
    near = [ground for _, ground in areas] + points
    land = [] if territory is None else [territory]
    return Grounds(
        territory=None if territory is None else territory.holds,
        areas=tuple(_true_area(area, ground) for area, ground in areas),
        floor_m=_floor_of(rules),
        zones=tuple((z, ground_of("conflict.zone", z, read).holds) for z in watching.conflict.zone),
        balloons=_any_of(near + land),
        silent=_any_of(
            (land if watching.noncooperative.within != "areas" else [])
            + ([g for _, g in areas] if watching.noncooperative.within != "territory" else [])
        ),
        drones=_any_of(near + (land if watching.slow.drones_in_territory else [])),
    )


def _any_of(grounds: list[Ground]) -> Holds | None:
    if not grounds:
        return None
    return Ground(shapely.union_all([ground.shape for ground in grounds])).holds


def _true_area(area: WatchedArea, ground: Ground) -> TrueArea:
    in_levels = area.lower_fl is not None or area.upper_fl is not None
    lower = -10.0 if area.lower_fl is None else area.lower_fl
    upper = 2_000.0 if area.upper_fl is None else area.upper_fl
    band = (
        (lower * FLIGHT_LEVEL, upper * FLIGHT_LEVEL) if in_levels else (area.lower_m, area.upper_m)
    )
    allowed = [int(word, 16) for word in area.allowed if _is_address(word)]

    def holds(flown: Flown) -> Mask:
        height_m = flown.baro_altitude_m if in_levels else flown.altitude_m
        inside = ground.holds(flown.lat_rad, flown.lon_rad)
        inside &= ~((height_m < band[0]) | (height_m > band[1])) & ~np.isin(flown.icao, allowed)
        if area.hours:
            at = np.flatnonzero(inside)
            inside[at] = [is_watched(area.hours, t) for t in flown.time_s[at].tolist()]
        return inside

    return TrueArea(area.name, holds)


def _is_address(word: str) -> bool:
    return len(word) == 6 and all(c in "0123456789abcdefABCDEF" for c in word)


def _floor_of(rules: RuleSet) -> Any:  # noqa: ANN401
    """Least heights of the rule `terrain`; None where it has none."""
    params, read = rules.watching.terrain, geojson_reader(rules.folder)
    if not (params.file or params.area):
        return None
    terrain = terrain_reader(rules.folder)(params.file) if params.file else None
    areas = [(a.altitude_m, ground_of("terrain.area", a, read)) for a in params.area]
    free = [ground_of("terrain.aerodrome", one, read) for one in params.aerodrome]

    def floor_m(lat_rad: Floats, lon_rad: Floats) -> Floats:
        floor = np.full(lat_rad.size, -np.inf)
        if terrain is not None:
            height = terrain.height_m(lat_rad, lon_rad) + params.clearance_m
            floor = np.fmax(floor, height)
        geoid_m = undulation_m(lat_rad, lon_rad) if areas else 0.0
        for altitude_m, ground in areas:
            floor = np.fmax(
                floor, np.where(ground.holds(lat_rad, lon_rad), altitude_m + geoid_m, -np.inf)
            )
        for ground in free:
            floor = np.where(ground.holds(lat_rad, lon_rad), -np.inf, floor)
        return floor

    return floor_m


def say_report(report: dict[str, Any]) -> None:
    """Write a report's tables for people to stderr."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        console = Console(stderr=True, highlight=False, width=WIDTH)
    for one in report["sets"]:
        rows = [_row(figures) for figures in one["rules"] if _is_told(figures)]
        say(f"\n{one['rules_file']}, {report['hours']:.2f} h")
        console.print(_table(_SET, rows))
    for one in report["compared"]:
        rows = [_pair_row(figures) for figures in one["rules"]]
        say(f"\n{one['first']} (first) and {one['second']} (second)")
        console.print(_table(_PAIR, rows))


def _pair_row(f: dict[str, Any]) -> list[str]:
    counts = (number(f[name]) for name in ("both", "only_first", "only_second"))
    return [f["rule"], *counts, _spread(f["later_s"])]


def _is_told(figures: dict[str, Any]) -> bool:
    return bool(figures["alerts"] or figures.get("events"))


def _row(f: dict[str, Any]) -> list[str]:
    told = [f["rule"], number(f["alerts"]), number(f["alerts_per_hour"])]
    if not f["judged"]:
        return [*told, "not judged", *[_DASH] * 6]
    nuisance = f"{f['nuisance']} {_share(f['nuisance_share'])}"
    found = f"{f['found']} {_share(f['found_share'])}"
    return [
        *told, number(f["right"]), nuisance, _interval(f["nuisance_95"]),
        number(f["events"]), found, _interval(f["found_95"]), _spread(f["delay_s"]),
    ]  # fmt: skip


def _share(value: float | None) -> str:
    return "" if value is None else f"({100.0 * value:.0f} %)"


def _interval(ends: list[float]) -> str:
    return f"{100.0 * ends[0]:.0f}{_DASH}{100.0 * ends[1]:.0f} %"


def _spread(values: dict[str, float] | None) -> str:
    return _DASH if values is None else ", ".join(f"{values[p]:.1f}" for p in ("p5", "p50", "p95"))


def _table(heads: tuple[str, ...], rows: list[list[str]]) -> Any:  # noqa: ANN401
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for k, name in enumerate(heads):
        table.add_column(name, justify="left" if k == 0 else "right")
    for row in rows:
        table.add_row(*row)
    return table
