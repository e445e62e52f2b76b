"""Tracks to be judged and the truth to judge them by, as files of many makers.

Parquet and CSV with the columns of ``docs/reference/tables.md``, under other names if those are
told; reports of other trackers (CAT062) and of aircraft about themselves (ADS-B), decoded before.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from skypact.errors import ConfigError, RecordingError
from skypact.model.reports import ADSB, TRACK, Floats, Longs, ReportBatch, take_reports
from skypact.model.tracks import TrackRows, empty_rows
from skypact.model.truth import TRUTH_DTYPES, TruthRows
from skypact.record.tables import reports_from_arrow, tracks_from_arrow, truth_from_arrow
from skypact.record.trajectories import read_trajectories
from skypact.units import NANOSECONDS

REUSE_S: Final = 60.0
"""A track number that comes back after a longer silence is another track; 37 times among the 22,396
states of half an hour of an area-control tracker."""
TABLES: Final = (".parquet", ".csv", ".csv.gz", ".tsv", ".txt")
"""Ends of the names of files that are tables; others are recordings."""


UNUSED: Final = frozenset(
    {"unit", "existence", "mode3a", "callsign", "p_manoeuvre", "p_ballistic", "n_sensors", "age_s"}
)
"""Columns of tracks that no judgement needs: of two million rows they take 150 MB."""
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
    table = _renamed(read_table(path, frozenset(renamed.values())), renamed, path)
    if _holds_reports(table):
        return tracks_from_reports(_reports(table, path), str(path))
    table, names = _numbered(_converted(table, path), "track")
    try:
        rows, is_flat = tracks_from_arrow(table)
    except RecordingError as error:
        raise _explained(path, error) from error
    _not_empty(rows.time_s, path)
    rows = _lean(rows)
    notes = (f"{len(names):,} tracks are called by words; numbered in their order",)
    return JudgedTracks(rows, is_flat, notes if names else ())


def read_truth(path: Path, renamed: Mapping[str, str]) -> JudgedTruth:
    """Read a table of truth, or one of ADS-B reports to serve as such.

    Raises
    ------
    RecordingError, ConfigError
        As `read_tracks`.
    """
    if path.name.lower().endswith(TRAJECTORIES):
        return _recorded(path)
    table = _renamed(read_table(path, frozenset(renamed.values())), renamed, path)
    if path.suffix == ".csv" and {"lastposupdate", "timestamp", "icao24"} & set(table.column_names):
        return _recorded(path)
    if _holds_reports(table):
        return truth_from_reports(_reports(table, path), str(path))
    table, names = _numbered(_converted(table, path), "target")
    try:
        rows, is_flat = truth_from_arrow(table)
    except RecordingError as error:
        raise _explained(path, error) from error
    _not_empty(rows.time_s, path)
    return JudgedTruth(rows, is_flat, (), names)


def read_table(path: Path, wanted: frozenset[str] = frozenset()) -> pa.Table:
    """Read Parquet or CSV (comma, semicolon or tab; a header in the first line).

    Columns of tracks that no judgement needs (`UNUSED`) stay on the disk, but those `wanted`.

    Raises
    ------
    RecordingError
        It is neither, or empty.
    """
    try:
        if path.suffix.lower() == ".parquet":
            table = pq.read_table(path, columns=_without(path, UNUSED - wanted))
        else:
            options = pa.csv.ConvertOptions(column_types={"icao": pa.string()})
            parsing = pa.csv.ParseOptions(delimiter=_delimiter(path))
            table = pa.csv.read_csv(path, parse_options=parsing, convert_options=options)
    except (pa.ArrowException, OSError) as error:
        raise RecordingError(f"{path}: expected a table with a header: {error}") from error
    if not table.num_rows:
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
    track, age_s, n_reused = _runs(r.sensor.astype(np.int64) << 32 | r.track_number, r.time_s)
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
    return JudgedTracks(rows, False, tuple(f"{n:,} {what}" for what, n in counts.items() if n))


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


def _runs(key: Longs, time_s: Floats) -> tuple[Longs, Floats, int]:
    """Count, from 1 in order of begin, the runs of one key without a pause over `REUSE_S`.

    Returns
    -------
    run (n,), age in its run [s] (n,), and how many runs are not the first of their key.
    """
    order = np.lexsort((time_s, key))
    key, ordered_s = key[order], time_s[order]
    other = np.append(True, np.diff(key) != 0)
    begins = other | np.append(True, np.diff(ordered_s) > REUSE_S)
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
    """Most frequent of comma, semicolon and tab in the header; a gzip file has commas."""
    if path.suffix == ".gz":
        return ","
    with path.open("rb") as file:
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


def _converted(table: pa.Table, path: Path) -> pa.Table:
    """Dates become seconds, written addresses numbers."""
    for place, name in enumerate(table.column_names):
        column = table[name]
        if name == "time_s" and pa.types.is_timestamp(column.type):
            ticks = column.cast(pa.timestamp("ns", column.type.tz)).cast(pa.int64())
            seconds = pc.divide(ticks.cast(pa.float64(), safe=False), float(NANOSECONDS))
            table = table.set_column(place, name, seconds)
        if name == "icao" and pa.types.is_string(column.type):
            table = table.set_column(place, name, _addresses(column, path))
    return table


def _addresses(column: pa.ChunkedArray, path: Path) -> pa.Array:
    """Numbers of 24-bit addresses: hexadecimal where all have six digits, else decimal."""
    words = [word.strip() if word else "" for word in column.to_pylist()]
    given = {word for word in words if word}
    base = 16 if all(re.fullmatch(r"[0-9A-Fa-f]{6}", word) for word in given) else 10
    try:
        number = {word: int(word, base) for word in given}
    except ValueError as error:
        raise RecordingError(
            f"{path}: column icao: expected addresses of six hexadecimal digits or decimal "
            f"numbers, got {error.args[0].rsplit(' ', 1)[-1]}"
        ) from error
    return pa.array([number.get(word) for word in words], pa.int64())


def _numbered(table: pa.Table, label: str) -> tuple[pa.Table, dict[int, str]]:
    """Give objects that are called by words numbers from 1, in the order of the words."""
    if label not in table.column_names:
        return table, {}
    column = table[label]
    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return table, {}
    words = sorted(word for word in pc.unique(column).to_pylist() if word is not None)
    numbers = pc.add(pc.index_in(column, pa.array(words, column.type)), 1)
    table = table.set_column(table.column_names.index(label), label, numbers.cast(pa.int64()))
    return table, dict(enumerate(words, 1))


def _explained(path: Path, error: RecordingError) -> RecordingError:
    return RecordingError(f"{path}: {error}; foreign names go into --columns OURS=THEIRS,...")


def _not_empty(time_s: Floats, path: Path) -> None:
    if not np.isfinite(time_s).any():
        raise RecordingError(f"{path}: expected rows with a time, got none")
