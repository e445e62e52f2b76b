"""An evaluation put on a page: which tables and plots there are, and what is said about them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from skypact.evaluate import plots
from skypact.evaluate.consistency import chi_square_quantile
from skypact.evaluate.evaluation import Evaluation
from skypact.evaluate.report_html import Figure, Page, Section, Table, Tile
from skypact.evaluate.series import Series, clock
from skypact.evaluate.table import (
    PERCENT,
    assumed,
    columns,
    lines,
    look_up,
    number,
    requirement_cells,
)

NORMAL_975: Final = 1.959963984540054
"""Standard normal quantile at 0.975: two-sided 95 %."""
INDENT: Final = "\N{EM SPACE}"
MOST_TARGETS: Final = 500
"""Objects in the table of objects, those with the largest errors."""
TARGET_COLUMNS: Final = {
    "target": ("object", "", "n"),
    "name": ("called", "", "t"),
    "class": ("class", "", "t"),
    "updates": ("updates", "", "n"),
    "rms_position_m": ("RMS [m]", "", "n"),
    "floor_m": ("floor [m]", "", "n"),
    "rms_height_m": ("height RMS [m]", "", "n"),
    "rms_velocity_mps": ("velocity RMS [m/s]", "", "n"),
    "nees": ("NEES / 2", "", "n"),
    "completeness": ("tracked [%]", PERCENT, "n"),
    "breaks": ("breaks", "", "n"),
    "delay_s": ("tracked after [s]", "", "n"),
}
"""Heading, unit and kind of each column."""
CLASS_COLUMNS: Final = {
    "n": ("updates", "", "n"),
    "horizontal_m": ("RMS [m]", "", "n"),
    "along_m": ("along [m]", "", "n"),
    "across_m": ("across [m]", "", "n"),
    "height_m": ("height [m]", "", "n"),
    "velocity_mps": ("velocity [m/s]", "", "n"),
    "track_angle_deg": ("track angle [°]", "", "n"),
    "climb_mps": ("climb [m/s]", "", "n"),
}


def page(judged: Evaluation, title: str, notes: Sequence[str], footer: str) -> Page:
    """Put an evaluation on a page.

    Parameters
    ----------
    judged : Evaluation
    title : str
        Who was judged by what.
    notes : sequence of str
        How the files were read.
    footer : str
        What made the page.
    """
    figures = judged.figures
    return Page(title, _about(figures["data"]), notes, _tiles(figures), _sections(judged), footer)


def _about(data: Mapping[str, Any]) -> str:
    return (
        f"{clock(data['truth_first_s'])} to {clock(data['truth_last_s'])}: "
        f"{data['objects']:,} objects with {data['truth_states']:,} true states, "
        f"{data['tracks']:,} tracks with {data['track_states']:,} states, "
        f"{data['matched_updates']:,} of them matched, {data['instants']:,} instants."
    )


def _tiles(figures: Mapping[str, Any]) -> list[Tile]:
    def unit(path: str, name: str, kind: str = "") -> str:
        shown = number(look_up(figures, path), kind)
        return f"{shown} {name}".strip()

    floor = look_up(figures, "floors.settled.clairvoyant_position_rms_m")
    rms = look_up(figures, "floors.settled.position_rms_m")
    beside = ""
    if isinstance(floor, float) and isinstance(rms, float) and floor > 0:
        beside = f"settled {number(rms)} m, {rms / floor:.2f} of the floor"
    low, high = look_up(figures, "nees.low"), look_up(figures, "nees.high")
    band = f"99 % interval {number(low)} to {number(high)}" if low is not None else "1 is perfect"
    tiles = [
        Tile("position, RMS", unit("rms_position_m", "m"), beside),
        Tile("GOSPA, mean", unit("gospa.mean", "m"), f"c = {unit('parameters.gospa_c_m', 'm')}"),
        Tile("NEES / 2", unit("nees.mean", ""), band),
        Tile("completeness", unit("completeness", PERCENT, PERCENT), "of the objects' time"),
        Tile("false tracks", unit("false_tracks", ""), "matched to nothing"),
        Tile("breaks", unit("breaks", ""), f"and {unit('switches', '')} switches"),
    ]
    verdicts = [check["verdict"] for check in _checks(figures)]
    if verdicts:
        met = f"{verdicts.count('pass')} of {len(verdicts)}"
        tiles.append(Tile("requirements met", met, f"{verdicts.count('fail')} not met"))
    return tiles


def _checks(figures: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [check for found in figures["requirements"].values() for check in found["checks"]]


def _sections(judged: Evaluation) -> list[Section]:
    figures = judged.figures
    sections = [
        Section(
            "Figures",
            "Floor: what a tracker that knows which report is of which object reaches on the same "
            "reports. It is there where reports and sensors were given. "
            + _sentence(assumed(figures)),
            _figures_table(figures),
        )
    ]
    if figures["requirements"]:
        sections.append(_requirements(figures))
    sections.append(
        Section("Over time and space", "", _over_time(judged.series, figures)),
    )
    sections.append(Section("By class of object", "RMS errors.", _class_table(figures)))
    if figures["nis"]:
        sections.append(Section("Reports against tracks", _NIS_TEXT, _nis_table(figures["nis"])))
    raw = figures["floors"].get("raw")
    if raw:
        sections.append(Section("Reports that the tracker had", _RAW_TEXT, _raw_table(raw)))
    sections.append(_targets(figures))
    sections.append(
        Section(
            "Parameters",
            "",
            Table(
                ("parameter", "value"),
                "tt",
                [(name, number(value)) for name, value in figures["parameters"].items()],
            ),
        )
    )
    return sections


def _indented(label: str) -> str:
    """Keep the indentation of parts of the figure above, which a browser would swallow."""
    part = label.lstrip()
    return INDENT + part if part != label else part


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _figures_table(figures: Mapping[str, Any]) -> Table:
    rows: list[Sequence[str]] = []
    for heading, found in lines(figures):
        rows.append((heading,))
        rows += [(_indented(line.label), *line[1:]) for line in found]
    return Table(("figure", "value", "floor", "unit", "defined in"), "tnnus", rows)


def _requirements(figures: Mapping[str, Any]) -> Section:
    rows: list[Sequence[str]] = []
    for name, found in figures["requirements"].items():
        rows.append((f"{found.get('title', name)}",))
        rows += [(*requirement_cells(check), _origin(check)) for check in found["checks"]]
    return Section(
        "Requirements",
        "Figures of published requirements, checked on these data; no conformity is claimed.",
        Table(("requirement", "found", "limit", "unit", "verdict", "origin"), "tnnuts", rows),
    )


def _origin(check: Mapping[str, Any]) -> str:
    """Say where a figure comes from, or that this has not been verified and what is believed."""
    return ": ".join(filter(None, (check["origin"], check["note"])))


def _class_table(figures: Mapping[str, Any]) -> Table:
    every = list(figures["by_class"].values())
    kept = {name: column for name, column in CLASS_COLUMNS.items() if _is_there(every, name)}
    heads = [head for head, _, _ in kept.values()]
    units = {name: unit for name, (_, unit, _) in kept.items()}
    rows = [
        [name, *columns([{**found, "n": int(found["n"])}], units)[0]]
        for name, found in figures["by_class"].items()
    ]
    return Table(("class", *heads), "t" + "n" * len(heads), rows)


_RAW_TEXT: Final = (
    "Errors of the reports themselves, along the beam and across it; what a tracker has to be "
    "better than. Wild ones (second-trip echoes, reflections, forged positions: further from their "
    "object than eight deviations and 300 m) count in no other column."
)


def _raw_table(raw: Sequence[Mapping[str, Any]]) -> Table:
    names = {
        "sensor": "sensor",
        "kind": "kind",
        "n": "reports",
        "wild": "wild",
        "rms_all_m": "RMS, wild ones included [m]",
        "rms_m": "RMS [m]",
        "median_m": "median [m]",
        "p95_m": "95 % below [m]",
        "along_mean_m": "along, mean [m]",
        "cross_mean_m": "across, mean [m]",
    }
    rows = columns(raw, dict.fromkeys(names, ""))
    return Table(tuple(names.values()), "ttnnnnnnnn", rows)


_NIS_TEXT: Final = (
    "NIS / 2 by kind of report: squared distance between a report and its object's track, moved to "
    "the report's time, over the covariance that both state. 1 is perfect, above 1 they claim too "
    "much; low and high hold 99 % (bootstrap over objects). Reports beyond belief (chance below "
    "1e-6) are left out of the mean. Reports are taken as they came: biases of sensors, which a "
    "tracker may have taken out, stay in and raise the figure."
)


def _nis_table(found: Mapping[str, Mapping[str, Any]]) -> Table:
    names = {
        "n": ("reports", ""),
        "mean": ("NIS / 2", ""),
        "low": ("low", ""),
        "high": ("high", ""),
        "inside_95": ("inside 95 % [%]", PERCENT),
        "beyond_gate": ("beyond belief [%]", PERCENT),
    }
    units = {name: unit for name, (_, unit) in names.items()}
    rows = [[kind, *columns([part], units)[0]] for kind, part in found.items()]
    return Table(("kind", *(head for head, _ in names.values())), "tnnnnnn", rows)


def _targets(figures: Mapping[str, Any]) -> Section:
    bounds = {
        row["target"]: row["clairvoyant_position_rms_m"]
        for row in figures["floors"].get("targets", ())
    }
    every = [{**row, "floor_m": bounds.get(row["target"])} for row in figures["per_target"]]
    order = sorted(every, key=lambda row: -(row["rms_position_m"] or -1.0))
    words = "Largest error first."
    if len(order) > MOST_TARGETS:
        words = f"The {MOST_TARGETS} of {len(order):,} objects with the largest errors."
    kept = {name: column for name, column in TARGET_COLUMNS.items() if _is_there(order, name)}
    units = {name: unit for name, (_, unit, _) in kept.items()}
    rows = columns(order[:MOST_TARGETS], units)
    for cells, row in zip(rows, order, strict=False):
        cells[0] = str(row["target"])
    head = [head for head, _, _ in kept.values()]
    kinds = "".join(kind for _, _, kind in kept.values())
    return Section("Objects", words, Table(head, kinds, rows))


def _is_there(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    return any(row.get(name) not in (None, "") for row in rows)


def nees_band(n: int) -> tuple[float, float]:
    """Limits of the mean of n values of NEES / 2 that hold it 95 % of the time."""
    dof = 2 * max(n, 1)
    low, high = (chi_square_quantile(dof, z) / dof for z in (-NORMAL_975, NORMAL_975))
    return low, high


def _over_time(series: Series, figures: Mapping[str, Any]) -> list[Figure]:
    floor = look_up(figures, "floors.clairvoyant_position_rms_m")
    floor_m = floor if isinstance(floor, float) else None
    drawn: list[tuple[str, str, Callable[[], str], bool]] = [
        (
            "Errors over time",
            "Horizontal error of matched updates: band from the median to the 95 % point.",
            lambda: plots.errors_over_time(series, floor_m),
            True,
        ),
        (
            "GOSPA over time",
            "The distance between truth and picture and what it is made of: squares of the parts "
            "add up to its square for order 2.",
            lambda: plots.gospa_over_time(series),
            True,
        ),
        (
            "Objects and tracks",
            "How many there are at each instant.",
            lambda: plots.counts_over_time(series),
            True,
        ),
        (
            "Map of errors",
            "Where tracks err: RMS of the horizontal error in each cell, in metres.",
            lambda: plots.map_of_errors(series),
            True,
        ),
        (
            "Distribution of errors",
            "Share of matched updates with an error below a distance; dotted: 95 %.",
            lambda: plots.error_distribution(series),
            False,
        ),
    ]
    if np.isfinite(series.updates.nees).any():
        drawn += [
            (
                "Distribution of NEES",
                "Against what consistent tracks would show.",
                lambda: plots.nees_histogram(series),
                False,
            ),
            (
                "Consistency over time",
                "Mean NEES / 2 with the band that would hold 95 % of the means, were the errors "
                "independent: above it tracks claim too much, below it too little.",
                lambda: plots.nees_over_time(series, nees_band),
                True,
            ),
        ]
    drawn.append(
        (
            "Errors by class",
            "From the median (bar) to the 95 % point, RMS as a dot.",
            lambda: plots.errors_by_class(series),
            True,
        )
    )
    return [Figure(title, text, draw(), wide) for title, text, draw, wide in drawn]
