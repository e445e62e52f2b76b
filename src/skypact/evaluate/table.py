"""The figures of an evaluation as rows for people: label, value, floor, unit, where defined."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

CLEAR_MOT: Final = "Bernardin and Stiefelhagen 2008"
GOSPA: Final = "Rahmathullah et al. 2017"
OSPA: Final = "Schuhmacher et al. 2008"
NEES: Final = "Bar-Shalom et al. 2001, 5.4.2"
NIS: Final = "Bar-Shalom et al. 2001, 5.4.2-8"
SIAP: Final = "SIAP Attributes 2.0, 2003"


class Row(NamedTuple):
    """One figure: where it is found and how it is shown."""

    label: str
    path: str
    """Keys in the figures, joined by dots."""
    unit: str = "m"
    source: str = ""
    floor: str = ""
    """Path of the bound that stands beside it."""
    exact: str = ""
    """Path of what is false where the value may be too high."""


class Line(NamedTuple):
    """One figure as text."""

    label: str
    value: str
    floor: str
    unit: str
    source: str


PERCENT: Final = "%"
"""Shares are shown in per cent; the figures hold them from 0 to 1."""

GROUPS: Final[tuple[tuple[str, tuple[Row, ...]], ...]] = (
    (
        "Errors of matched updates, at their own times",
        (
            Row("position, RMS", "rms_position_m"),
            Row("horizontal, median", "errors.all.horizontal_m.median"),
            Row("horizontal, 95 % below", "errors.all.horizontal_m.p95"),
            Row("horizontal, RMS in straight flight", "errors.straight.horizontal_m.rms"),
            Row("horizontal, RMS in turns", "errors.turn.horizontal_m.rms"),
            Row("along track, RMS", "errors.all.along_m.rms"),
            Row("along track, mean", "errors.all.along_m.mean"),
            Row("across track, RMS", "errors.all.across_m.rms"),
            Row("height, RMS", "errors.all.height_m.rms"),
            Row("height, median", "errors.all.height_m.median"),
            Row("velocity, RMS", "errors.all.velocity_mps.rms", "m/s"),
            Row("ground speed, RMS", "errors.all.speed_mps.rms", "m/s"),
            Row("track angle, RMS in straight flight", "errors.straight.track_angle_deg.rms", "°"),
            Row("track angle, RMS in turns", "errors.turn.track_angle_deg.rms", "°"),
            Row("rate of climb, RMS", "errors.all.climb_mps.rms", "m/s"),
            Row("lag behind the truth", "latency_s", "s"),
        ),
    ),
    (
        "The picture as a set, at common instants",
        (
            Row("GOSPA, mean", "gospa.mean", source=GOSPA),
            Row("GOSPA, RMS", "gospa.rms", source=GOSPA),
            Row("  part of localisation, RMS", "gospa.localisation", source=GOSPA),
            Row("  part of missed objects, RMS", "gospa.missed", source=GOSPA),
            Row("  part of false tracks, RMS", "gospa.false", source=GOSPA),
            Row(
                "trajectory GOSPA",
                "tgospa.total",
                source="García-Fernández et al. 2020",
                exact="tgospa.exact",
            ),
            Row("  part of track switches", "tgospa.switch", source="García-Fernández et al. 2020"),
            Row("OSPA, mean", "ospa.mean", source=OSPA),
            Row("OSPA(2), mean", "ospa2.mean", source="Beard, Vo and Vo 2020"),
        ),
    ),
    (
        "Do the tracks know how wrong they are (1 is perfect)",
        (
            Row("NEES / 2, horizontal position", "nees.mean", "", NEES),
            Row("  99 % interval, lower end", "nees.low", "", "bootstrap over objects"),
            Row("  99 % interval, upper end", "nees.high", "", "bootstrap over objects"),
            Row("  in straight flight", "consistency.position.straight.mean", "", NEES),
            Row("  in turns", "consistency.position.turn.mean", "", NEES),
            Row("errors inside the stated 95 % ellipse", "nees.inside_95", PERCENT),
            Row("NEES / 2, horizontal velocity", "consistency.velocity.all.mean", "", NEES),
            Row("NIS / 2, reports against tracks", "nis.all.mean", "", NIS),
            Row("  99 % interval, lower end", "nis.all.low", "", "bootstrap over objects"),
            Row("  99 % interval, upper end", "nis.all.high", "", "bootstrap over objects"),
            Row("  reports beyond belief, left out", "nis.all.beyond_gate", PERCENT),
        ),
    ),
    (
        "Continuity",
        (
            Row("completeness", "completeness", PERCENT, CLEAR_MOT),
            Row("objects never tracked", "continuity.never_tracked", ""),
            Row("breaks (changes of an object's track)", "breaks", "", CLEAR_MOT),
            Row("switches (changes of a track's object)", "switches", ""),
            Row("pauses without a track", "continuity.pauses", ""),
            Row("longest pause", "continuity.longest_pause_s", "s"),
            Row("false tracks", "false_tracks", ""),
            Row("false tracks an hour", "continuity.false_tracks_per_hour", "1/h"),
            Row("redundant tracks", "continuity.redundant_tracks", ""),
            Row("duplicates among tracks near an object", "continuity.duplicate_share", PERCENT),
            Row("rows far from their object, left out", "continuity.rows_off_share", PERCENT),
            Row("first confirmed, median delay", "delay.median_s", "s"),
            Row("first confirmed, 95 % within", "delay.p95_s", "s"),
        ),
    ),
    (
        "Identity (24-bit address) on matched updates",
        (
            Row("right", "identity.correct", PERCENT),
            Row("absent", "identity.absent", PERCENT),
            Row("wrong", "identity.wrong", PERCENT),
            Row("invented where the object has none", "identity.invented", PERCENT),
        ),
    ),
    (
        "Single Integrated Air Picture",
        (
            Row("completeness (best 1)", "siap.completeness", "", SIAP),
            Row("ambiguity (best 1)", "siap.ambiguity", "", SIAP),
            Row("spuriousness (best 0)", "siap.spuriousness", "", SIAP),
            Row("positional accuracy", "siap.position_accuracy_m", "m", SIAP),
            Row("  horizontal for want of heights", "siap.position_horizontal", PERCENT),
            Row("velocity accuracy", "siap.velocity_accuracy_mps", "m/s", SIAP),
            Row("track number changes", "siap.track_number_changes_per_s", "1/s", SIAP),
            Row("longest track segment (best 1)", "siap.longest_segment", "", SIAP),
            Row("identity completeness (best 1)", "siap.id_completeness", "", SIAP),
            Row("identity correctness (best 1)", "siap.id_correctness", "", SIAP),
            Row("identity ambiguity (best 0)", "siap.id_ambiguity", "", SIAP),
        ),
    ),
    (
        "Against the floors, settled tracks",
        (
            Row("left out at each object's beginning", "floors.settings.settle_s", "s"),
            Row(
                "horizontal position, RMS",
                "floors.settled.position_rms_m",
                floor="floors.settled.clairvoyant_position_rms_m",
            ),
            Row(
                "horizontal velocity, RMS",
                "floors.settled.velocity_rms_mps",
                "m/s",
                floor="floors.settled.clairvoyant_velocity_rms_mps",
            ),
            Row("objects in common", "floors.settled.objects", ""),
            Row("rows of tracks in common", "floors.settled.rows", ""),
            Row("rows of the floor in common", "floors.settled.floor_share", PERCENT),
            Row("clairvoyant tracker on all objects, RMS", "floors.clairvoyant_position_rms_m"),
            Row("raw reports, RMS", "floors.raw_position_rms_m"),
            Row("  median", "floors.raw_position_median_m"),
            Row("  95 % below", "floors.raw_position_p95_m"),
            Row("  RMS, wild reports included", "floors.raw_all_position_rms_m"),
            Row("  wild reports, left out elsewhere", "floors.wild", ""),
            Row(
                "posterior Cramér-Rao bound, RMS",
                "floors.bound_position_rms_m",
                source="Tichavský et al. 1998; Zhang et al. 2005",
            ),
            Row(
                "  by enumeration of detections",
                "floors.bound_enumeration_position_rms_m",
                source="Hernandez et al. 2006",
            ),
            Row("bound of the velocity, RMS", "floors.bound_velocity_rms_mps", "m/s"),
        ),
    ),
)
"""Headings and the figures below them, in the order in which they are shown."""


def number(value: object, unit: str = "") -> str:
    """Four significant digits, whole numbers whole, shares in per cent; a dash for nothing."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no"}.get(value, "–") if value is not None else "–"  # noqa: RUF001
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{100 * value:,}" if unit == PERCENT else f"{value:,}"
    if not isinstance(value, float):
        return str(value)
    shown = 100 * value if unit == PERCENT else value
    if shown != shown:
        return "–"  # noqa: RUF001
    if abs(shown) >= 1000:
        return f"{shown:,.0f}"
    return f"{shown:.4g}" if abs(shown) >= 1e-4 or not shown else f"{shown:.2g}"


def look_up(figures: Mapping[str, Any], path: str) -> object:
    """Value under keys joined by dots; None where there is none."""
    found: Any = figures
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def lines(figures: Mapping[str, Any]) -> list[tuple[str, list[Line]]]:
    """All figures that there are, under their headings; headings without any are left out."""
    out = []
    for heading, rows in GROUPS:
        found = [
            _line(figures, row)
            for row in rows
            if look_up(figures, row.path) is not None or _is_left_out(figures, row.path)
        ]
        if found:
            out.append((heading, found))
    return out


def _is_left_out(figures: Mapping[str, Any], path: str) -> bool:
    """Whether a figure is there, empty, and a reason stands beside it."""
    part, _, key = path.rpartition(".")
    found = look_up(figures, part)
    return isinstance(found, Mapping) and key in found and "reason" in found


def reasons(figures: Mapping[str, Any]) -> list[str]:
    """Why figures are left out."""
    parts = (part.get("reason") for part in figures.values() if isinstance(part, Mapping))
    return [str(reason) for reason in parts if reason]


def _line(figures: Mapping[str, Any], row: Row) -> Line:
    bound = look_up(figures, row.floor) if row.floor else None
    is_above = bool(row.exact) and look_up(figures, row.exact) is False
    return Line(
        row.label,
        ("at most " if is_above else "") + number(look_up(figures, row.path), row.unit),
        "" if bound is None else number(bound, row.unit),
        row.unit,
        row.source,
    )


def assumed(figures: Mapping[str, Any]) -> str:
    """Say what the floors assume; empty where there are none."""
    settings = figures["floors"].get("settings")
    if not settings:
        return ""
    said = f"floors: motion by {settings['bound_motion']} ({settings['motion']})"
    seen, false = settings["p_detection"], settings["clutter_density"]
    said += f", detection {'as measured' if seen is None else number(seen)}"
    said += f", clutter {'by data sheet' if false is None else number(false)}"
    said += f"; clairvoyant: {settings['clairvoyant_filter']}"
    wrong = settings["observed_period_s"]
    if wrong:
        told = ", ".join(f"{name} {number(period_s)} s" for name, period_s in wrong.items())
        said += f"; periods as observed, not as on the data sheet: {told}"
    if figures["floors"]["clairvoyant_position_rms_m"] is None:
        said += f"; no object was tracked for longer than the {settings['settle_s']:g} s left out"
    return said


def columns(rows: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[list[str]]:
    """Cells of a table: for every row the values under `names`, each with its unit."""
    return [[number(row.get(name), unit) for name, unit in names.items()] for row in rows]


def requirement_cells(check: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    """Name the requirement, what was found, the limit, their unit, and the verdict with reason."""
    given = ", ".join(f"{name} {number(value)}" for name, value in check["parameters"].items())
    text = str(check["name"]).replace("_", " ") + (f" ({given})" if given else "")
    unit = {"": PERCENT, "deg": "°"}.get(check["unit"], check["unit"])
    limit = f"{check['sense']} {number(check['limit'], unit)}"
    verdict = ": ".join(filter(None, (check["verdict"], check.get("reason", ""))))
    return text, number(check["value"], unit), limit, unit, verdict
