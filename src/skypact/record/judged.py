"""Tracks to be judged and the truth to judge them by, as files of many makers.

Parquet and CSV with the columns of ``docs/reference/tables.md``, under other names if those are
told; reports of other trackers (CAT062) and of aircraft about themselves (ADS-B), decoded before.
"""

import gzip
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet as pq

from skypact.errors import ConfigError, RecordingError
from skypact.model.reports import ADSB, TRACK, Floats, Longs, ReportBatch, take_reports
from skypact.model.tracks import TrackRows, empty_rows, take_rows
from skypact.model.truth import TRUTH_DTYPES, TruthRows
from skypact.record.columns import Column, addresses, objects, seconds, texts
from skypact.record.tables import once, reports_from_arrow, tracks_from_arrow, truth_from_arrow
from skypact.record.trajectories import read_trajectories

REUSE_S: Final = 60.0
"""A track number that comes back after a longer silence is another track; 37 times among the 22,396
states of half an hour of an area-control tracker."""
SILENCE_S: Final = 75.0
"""The same for tables, where the silence of a track may be a coast: as long as ours last by default
(`track.params`). A row whose `age_s` covers the silence goes on with the track, so that no setting
of ours and no tracker that states ages is hurt."""
SILENT_INTERVALS: Final = 5.0
"""The same in usual intervals (median), for trackers that update once in minutes."""
SHOWN: Final = 5
"""Names of units that a note shows."""
TABLES: Final = (".parquet", ".csv", ".csv.gz", ".tsv", ".txt")
"""Ends of the names of files that are tables; others are recordings."""


UNUSED: Final = frozenset(
    {"existence", "mode3a", "callsign", "p_manoeuvre", "p_ballistic", "n_sensors"}
)
"""Columns of tracks that no judgement needs: of two million rows they take 150 MB."""
TEXTS: Final = ("unit", "track", "target", "icao", "callsign")
"""Columns of a CSV file whose digits must not be taken for numbers before all are seen."""
TRAJECTORIES: Final = (".json", ".json.gz")
"""Ends of the names of recorded trajectories (`record.trajectories`); some are CSV, too."""


class JudgedTracks(NamedTuple):
    """Tracks from any maker."""

    rows: TrackRows
    is_flat: bool
    notes: tuple[str, ...] = ()
    """What people should know about how the file was read."""


class JudgedTruth(NamedTuple):
    """Truth from any maker."""

    rows: TruthRows
    is_flat: bool
    notes: tuple[str, ...] = ()
    names: Mapping[int, str] = {}
    """Targets that the file calls by a word, by number."""


def is_table(path: Path) -> bool:
    """Tell a table from a recording by its name."""
    return path.name.lower().endswith(TABLES + TRAJECTORIES)


def read_tracks(path: Path, renamed: Mapping[str, str]) -> JudgedTracks:
    """Read a table of tracks; `renamed` gives, by our name of a column, its name in the file.

    Raises
    ------
    RecordingError
        The file cannot be read, is empty, or lacks a column; the message names it.
    ConfigError
        `renamed` names a column that is not there.
    """
    table = _renamed(read_table(path, renamed), renamed, path)
    if _holds_reports(table):
        return tracks_from_reports(_reports(table, path), str(path))
    table, names = _converted(table, path, "track")
    try:
        rows, is_flat = tracks_from_arrow(table)
        unit, units = texts(table["unit"]) if "unit" in table.column_names else (rows.track, [])
    except (pa.ArrowException, RecordingError) as error:
        raise _explained(path, error) from error
    _not_empty(rows, rows.track, "track", path)
    given = rows.track >= 0
    rows, apart = _apart(take_rows(rows, given), unit[given], len(units) > 1)
    counts = {
        "rows without a track left out": int((~given).sum()),
        "tracks are called by words; numbered in their order": len(names),
        f"units ({_some(units)}); a number of each unit is a track of its own": len(units)
        if len(units) > 1
        else 0,
        "track numbers used again after a silence, counted as new tracks": apart,
    }
    return JudgedTracks(_lean(rows), is_flat, _notes(counts))


def read_truth(path: Path, renamed: Mapping[str, str]) -> JudgedTruth:
    """Read a table of truth, or one of ADS-B reports to serve as such.

    Raises
    ------
    RecordingError, ConfigError
        As `read_tracks`.
    """
    if path.name.lower().endswith(TRAJECTORIES):
        return _recorded(path)
    table = _renamed(read_table(path, renamed), renamed, path)
    if path.suffix == ".csv" and {"lastposupdate", "timestamp", "icao24"} & set(table.column_names):
        return _recorded(path)
    if _holds_reports(table):
        return truth_from_reports(_reports(table, path), str(path))
    table, told = _tracks_as_truth(table)
    table, names = _converted(table, path, "target")
    try:
        rows, is_flat = truth_from_arrow(table)
    except RecordingError as error:
        raise _explained(path, error) from error
    _not_empty(rows, rows.target, "target", path)
    given = rows.target >= 0
    notes = told + _notes({"rows without a target left out": int((~given).sum())})
    return JudgedTruth(TruthRows._make(c[given] for c in rows), is_flat, notes, names)


def _tracks_as_truth(table: pa.Table) -> tuple[pa.Table, tuple[str, ...]]:
    """Take confirmed tracks, smoothed ones for example, as truth where there are no targets."""
    found = set(table.column_names)
    if "target" in found or "track" not in found:
        return table, ()
    if "confirmed" in found:
        table = table.filter(pa.compute.not_equal(table["confirmed"].cast(pa.int8()), 0))
    table = table.rename_columns([{"track": "target"}.get(n, n) for n in table.column_names])
    n = pa.compute.count_distinct(table["target"]).as_py()
    return table, (f"{n:,} confirmed tracks serve as truth",)


def read_table(path: Path, renamed: Mapping[str, str]) -> pa.Table:
    """Read Parquet or CSV (comma, semicolon or tab; a header in the first line).

    Columns of tracks that no judgement needs (`UNUSED`) stay on the disk, but those that `renamed`
    names.

    Raises
    ------
    RecordingError
        It is neither, is empty, or has a column twice.
    """
    try:
        if path.suffix.lower() == ".parquet":
            unused = UNUSED - set(renamed.values())
            table = pq.read_table(path, columns=_without(path, unused))
        else:
            kinds = {renamed.get(name, name): pa.string() for name in TEXTS}
            options = pa.csv.ConvertOptions(column_types=kinds, strings_can_be_null=True)
            parsing = pa.csv.ParseOptions(delimiter=_delimiter(path))
            table = pa.csv.read_csv(path, parse_options=parsing, convert_options=options)
        table = table.rename_columns([name.strip() for name in table.column_names])
        once(table)
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from error
    except (pa.ArrowException, OSError, EOFError, UnicodeError, zlib.error) as error:
        raise RecordingError(f"{path}: expected a table with a header: {error}") from error
    # A tracker that saw nothing leaves a table of tracks without rows: a picture to be judged.
    if not table.num_rows and not {"track", "time_s"} <= set(table.column_names):
        raise RecordingError(f"{path}: expected rows of tracks or truth, got an empty table")
    return table


def tracks_from_reports(reports: ReportBatch, where: str) -> JudgedTracks:
    """Make tracks of another tracker's reports (CAT062), each number of each sensor one track.

    A number that comes back after `REUSE_S` is another track. Extrapolated states are part of what
    a tracker says, so they stay. Heights are geometric where given (I062/130), else pressure
    altitudes; sigmas are those of I062/500 where given.

    Raises
    ------
    RecordingError
        There is none with a number, a time and a position on the earth.
    """
    mine = take_reports(reports, reports.kind == TRACK)
    placed = np.isfinite(mine.lat_rad) & np.isfinite(mine.time_s) & (mine.track_number >= 0)
    if not placed.any():
        raise RecordingError(
            f"{where}: expected tracks with number, time, latitude and longitude (CAT062 with "
            f"I062/105), got {len(placed):,} track reports, none of them with these"
        )
    r = take_reports(mine, placed)
    key = r.sensor.astype(np.int64) << 32 | r.track_number
    track, age_s, n_reused = _runs(key, r.time_s, REUSE_S, np.full(len(key), np.nan))
    rows = empty_rows(len(track))
    east, north = np.sin(r.track_angle_rad), np.cos(r.track_angle_rad)
    rows = rows._replace(
        time_s=r.time_s,
        track=track,
        lat_rad=r.lat_rad,
        lon_rad=r.lon_rad,
        altitude_m=r.geo_altitude_m,
        baro_altitude_m=r.baro_altitude_m,
        vn_mps=np.where(np.isnan(r.vn_mps), r.ground_speed_mps * north, r.vn_mps),
        ve_mps=np.where(np.isnan(r.ve_mps), r.ground_speed_mps * east, r.ve_mps),
        vu_mps=r.vu_mps,
        sigma_n_m=r.sigma_m,
        sigma_e_m=r.sigma_m.copy(),
        corr_ne=np.where(np.isnan(r.sigma_m), np.nan, 0.0),
        confirmed=np.ones(len(track), np.int8),
        target_class=np.zeros(len(track), np.int8),
        icao=r.icao,
        mode3a=r.mode3a,
        callsign=r.callsign,
        age_s=age_s,
    )
    counts = {
        "track reports without number, time or position left out": int((~placed).sum()),
        "extrapolated (coasted) states kept": int((r.coast > 0).sum()),
        f"track numbers used again after {REUSE_S:g} s, counted as new tracks": n_reused,
        "states without a geometric height; pressure altitude taken": int(
            np.isnan(r.geo_altitude_m).sum()
        ),
    }
    return JudgedTracks(rows, False, _notes(counts))


def truth_from_reports(reports: ReportBatch, where: str) -> JudgedTruth:
    """Take ADS-B reports as truth; the 24-bit address is the target.

    Raises
    ------
    RecordingError
        There is none with an address and a position.
    """
    use = (reports.kind == ADSB) & (reports.icao >= 0) & (reports.coast <= 0)
    use &= np.isfinite(reports.lat_rad) & np.isfinite(reports.time_s)
    if not use.any():
        raise RecordingError(
            f"{where}: expected ADS-B reports with address and position to serve as truth, "
            f"got none among {len(use):,} reports"
        )
    r = take_reports(reports, use)
    absent = {
        name: np.full(len(r.time_s), np.nan if dtype is np.float64 else -1, dtype)
        for name, dtype in TRUTH_DTYPES.items()
    }
    shared = {name: getattr(r, name) for name in TRUTH_DTYPES if hasattr(r, name)}
    rows = TruthRows(**absent | shared)._replace(
        target=r.icao.copy(),
        altitude_m=r.geo_altitude_m,
        target_class=np.zeros(len(r.time_s), np.int8),
    )
    names = {int(icao): f"{icao:06X}" for icao in np.unique(r.icao)}
    note = f"{len(r.time_s):,} ADS-B reports of {len(names):,} addresses serve as truth"
    return JudgedTruth(rows, False, (note,), names)


def _recorded(path: Path) -> JudgedTruth:
    """Take recorded trajectories as truth."""
    paths = read_trajectories(path)
    n = len(paths.time_s)
    absent = np.full(n, np.nan)
    rows = TruthRows(
        time_s=paths.time_s,
        target=paths.number,
        lat_rad=paths.lat_rad,
        lon_rad=paths.lon_rad,
        altitude_m=paths.altitude_m,
        vn_mps=absent,
        ve_mps=absent,
        vu_mps=absent,
        icao=paths.icao,
        baro_altitude_m=paths.baro_altitude_m,
        target_class=paths.target_class,
    )
    return JudgedTruth(rows, False, (f"{n:,} recorded positions serve as truth",))


def _runs(
    key: Longs, time_s: Floats, silence_s: float, told_s: Floats
) -> tuple[Longs, Floats, int]:
    """Count, from 1 in order of begin, the runs of one key (n,) without a pause over `silence_s`.

    A pause counts not where the track itself says that it is older: `told_s` (n,), NaN if unsaid.

    Returns
    -------
    run (n,), age in its run [s] (n,), and how many runs are not the first of their key.
    """
    order = np.lexsort((time_s, key))
    key, ordered_s = key[order], time_s[order]
    other = np.append(True, np.diff(key) != 0)
    pause_s = np.diff(ordered_s, prepend=ordered_s[:1])
    begins = other | ((pause_s > silence_s) & ~(told_s[order] >= pause_s))
    first = np.flatnonzero(begins)
    of = np.cumsum(begins) - 1
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(ordered_s[first], kind="stable")] = np.arange(1, len(first) + 1)
    run, age_s = np.empty(len(key), np.int64), np.empty(len(key))
    run[order], age_s[order] = rank[of], ordered_s - ordered_s[first][of]
    return run, age_s, int(begins.sum() - other.sum())


def _without(path: Path, unused: frozenset[str]) -> list[str] | None:
    """Columns to read of a table of tracks; None: all, as of a table of reports."""
    found = pq.read_schema(path).names
    if {"sensor", "kind"} <= set(found):
        return None
    return [name for name in found if name not in unused]


def _lean(rows: TrackRows) -> TrackRows:
    """Let the columns that no judgement needs share one value."""
    columns = rows._asdict()
    shared = {
        name: np.broadcast_to(columns[name][:1].copy(), columns[name].shape)
        for name in UNUSED & set(columns)
    }
    return rows._replace(**shared)


def _delimiter(path: Path) -> str:
    """Most frequent of comma, semicolon and tab in the header."""
    with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
        header = file.readline(1 << 16).decode("utf-8", "replace")
    return max(",;\t", key=header.count)


def _renamed(table: pa.Table, renamed: Mapping[str, str], path: Path) -> pa.Table:
    found = table.column_names
    for ours, theirs in renamed.items():
        if theirs not in found:
            raise ConfigError(
                f"--columns {ours}={theirs}: expected a column of {path}, which has "
                f"{', '.join(found)}"
            )
    taken = {ours for ours, theirs in renamed.items() if ours != theirs}
    back = {theirs: ours for ours, theirs in renamed.items()}
    table = table.drop_columns([name for name in found if name in taken and name not in back])
    return table.rename_columns([back.get(name, name) for name in table.column_names])


def _holds_reports(table: pa.Table) -> bool:
    return {"sensor", "kind"} <= set(table.column_names)


def _reports(table: pa.Table, path: Path) -> ReportBatch:
    try:
        return reports_from_arrow(table)[0]
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from error


def _converted(table: pa.Table, path: Path, label: str) -> tuple[pa.Table, dict[int, str]]:
    """Dates become seconds, written addresses numbers, and so do objects called by words.

    `label` is the column that says which object; what the file calls them is returned by number.
    """
    called: dict[int, str] = {}
    for place, name in enumerate(table.column_names):
        column = table[name]
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        try:
            if name == "time_s":
                column = seconds(column)
            elif name == "icao" and pa.types.is_string(column.type):
                column = addresses(column)
            elif name == label:
                largest = np.iinfo(np.int32 if label == "target" else np.int64).max
                numbers, called = objects(column, int(largest))
                column = pa.array(numbers)
        except (pa.ArrowException, RecordingError) as error:
            raise RecordingError(f"{path}: column {name}: {error}") from error
        table = table.set_column(place, name, column)
    return table, called


def _explained(path: Path, error: RecordingError) -> RecordingError:
    return RecordingError(f"{path}: {error}; foreign names go into --columns OURS=THEIRS,...")


def _not_empty(rows: TrackRows | TruthRows, number: Column, label: str, path: Path) -> None:
    """Check that some row, if there is any, says which object (n,) is where.

    Raises
    ------
    RecordingError
        None does.
    """
    if not number.size:
        return
    if not (number >= 0).any():
        raise RecordingError(
            f"{path}: column {label}: expected numbers or words, got none in {len(number):,} rows"
        )
    if not (np.isfinite(rows.lat_rad) & np.isfinite(rows.lon_rad)).any():
        raise RecordingError(f"{path}: expected positions, got none in {len(number):,} rows")


def _apart(rows: TrackRows, unit: Column, several: bool) -> tuple[TrackRows, int]:
    """Tell tracks with one number apart: those of several units, and those after a silence.

    Parameters
    ----------
    unit : (n,) int
        Index of the unit that made each row.
    several : bool
        Whether there is more than one.

    Returns
    -------
    Rows, numbered anew from 1 in order of begin where any were one, and how many came back.
    """
    key = rows.track
    if several:
        names, key = np.unique(rows.track, return_inverse=True)
        key = unit * len(names) + key.reshape(-1)
    order = np.lexsort((rows.time_s, key))
    interval_s = np.diff(rows.time_s[order])[np.diff(key[order]) == 0]
    usual_s = float(np.median(interval_s)) if len(interval_s) else 0.0
    silence_s = max(SILENCE_S, SILENT_INTERVALS * usual_s)
    if not several and not (interval_s > silence_s).any():
        return rows, 0
    run, _, n_reused = _runs(key, rows.time_s, silence_s, rows.age_s)
    return (rows._replace(track=run) if several or n_reused else rows), n_reused


def _notes(counts: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(f"{n:,} {what}" for what, n in counts.items() if n)


def _some(names: Sequence[str | None]) -> str:
    shown = [name or "none" for name in names[:SHOWN]]
    return ", ".join([*shown, "..."] if len(names) > SHOWN else shown)
