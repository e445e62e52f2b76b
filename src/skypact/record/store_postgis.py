"""The picture in PostgreSQL with PostGIS, for many units and many users.

Positions are `geometry` in longitude and latitude, not `geography`: edges of areas are then
straight on the map as in GeoJSON and in the other stores, and the index is cheaper to keep.
"""

import io
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from skypact.errors import StoreError
from skypact.geo.area import within
from skypact.model.reports import pack_callsign
from skypact.model.store import (
    AlertQuery,
    AlertRecord,
    Area,
    HistoryPage,
    HistoryQuery,
    SensorRecord,
    StoredTracks,
    StoreState,
    take_stored,
)
from skypact.model.tracks import CLASSES, TrackRows, empty_rows
from skypact.record.loop_thread import LoopThread
from skypact.record.paging import HOUR_S, gather, last_updates
from skypact.record.postgres_copy import COLUMNS, FLOATS, INTEGERS, copy_bytes
from skypact.record.postgres_link import Link
from skypact.record.postgres_query import Question, alerts_question, history_question
from skypact.record.store_tables import json_text, json_value
from skypact.units import DAY, DEGREE

_PLACES: Final = (
    "ST_Y(position) AS lat_rad, ST_X(position) AS lon_rad, ST_Z(position) AS altitude_m"
)
SELECTED: Final = (
    f"time_s, unit, track, {_PLACES}, confirmed, class AS target_class, callsign, "
    + ", ".join((*INTEGERS, *FLOATS))
)
_BOOKED: Final = """
INSERT INTO skypact.writer (session, unit, last_batch) VALUES ($1, $2, $3)
ON CONFLICT (session) DO UPDATE SET last_batch = excluded.last_batch, time = now()
WHERE writer.last_batch < excluded.last_batch RETURNING 1
"""
_ENDED: Final = """
INSERT INTO skypact.track_end (time_s, unit, track) SELECT $1, $2, unnest($3::bigint[])
"""
_COUNTED: Final = """
INSERT INTO skypact.track_hour AS known (hour_s, unit, n_rows)
SELECT hour_s, $2, n_rows FROM unnest($1::double precision[], $3::bigint[]) AS new (hour_s, n_rows)
ON CONFLICT (hour_s, unit) DO UPDATE SET n_rows = known.n_rows + excluded.n_rows
"""
_SENSORS: Final = """
INSERT INTO skypact.sensor_state (time_s, unit, sensor, state, figures)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
"""
_ALERTS: Final = """
INSERT INTO skypact.alert_state
    (time_s, unit, id, state, rule, event_time_s, tracks, severity, area, evidence)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING
"""
_SENSORS_AT: Final = """
SELECT DISTINCT ON (unit, sensor) time_s, unit, sensor, state, figures FROM skypact.sensor_state
WHERE time_s > $1 AND time_s <= $2 ORDER BY unit, sensor, time_s DESC
"""
_PARTITIONS: Final = """
SELECT child.relname FROM pg_inherits
JOIN pg_class AS child ON child.oid = inhrelid
WHERE inhparent = 'skypact.track_update'::regclass
"""


def partition(day: int) -> str:
    """Name of the table of a day, counted from 1970."""
    return f"track_update_{_date(day):%Y%m%d}"


def _date(day: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)


class PostgisStore:
    """Batches by COPY, each in a transaction that books its number.

    Parameters
    ----------
    url : str
        Of the database.

    Raises
    ------
    MissingExtraError
        The driver is not installed.
    """

    def __init__(self, url: str) -> None:
        self._link = Link(url)
        self._thread = LoopThread("skypact-store-postgres")
        self._session = uuid.uuid4()
        self._days: set[int] = set()
        """Days whose partitions are there."""
        self._last = -1
        self._n_written = 0
        self._error = ""
        self._is_closed = False

    def _run(self, work: Any) -> Any:  # noqa: ANN401 - whatever the coroutine returns
        try:
            with self._link.told():
                found = self._thread.run(work)
        except (StoreError, ValueError) as error:
            self._error = str(error)
            raise
        self._error = ""
        return found

    def prepare(self) -> None:
        """Connect, bring the schema up to date."""
        self._run(self._prepare())

    async def _prepare(self) -> None:
        async with self._link.writer() as connection:
            await connection.execute("SELECT 1")

    def write(
        self, rows: TrackRows, ended: npt.NDArray[np.int64], unit: str, now_s: float, number: int
    ) -> None:
        """Keep a batch."""
        if number > self._last:
            self._run(self._write(rows, ended, unit, now_s, number))
            self._last = number
            self._n_written += rows.time_s.size

    async def _write(
        self, rows: TrackRows, ended: npt.NDArray[np.int64], unit: str, now_s: float, number: int
    ) -> None:
        days = set(np.unique(np.floor(rows.time_s / DAY)).astype(int).tolist())
        hours, counts = np.unique(np.floor(rows.time_s / HOUR_S) * HOUR_S, return_counts=True)
        data = copy_bytes(rows, unit)
        async with self._link.writer() as connection:
            if days - self._days:
                await self._make_days(connection, days | {max(days) + 1})
            async with connection.transaction():
                if not await connection.fetchval(_BOOKED, self._session, unit, number):
                    return
                if rows.time_s.size:
                    await self._copy(connection, data)
                    await connection.execute(_COUNTED, hours.tolist(), unit, counts.tolist())
                if ended.size:
                    await connection.execute(_ENDED, now_s, unit, ended.tolist())

    async def _copy(self, connection: Any, data: bytes) -> None:  # noqa: ANN401
        try:
            await connection.copy_to_table(
                "track_update",
                schema_name="skypact",
                source=io.BytesIO(data),
                columns=COLUMNS,
                format="binary",
            )
        except BaseException:
            self._days = set()
            raise

    async def _make_days(self, connection: Any, days: set[int]) -> None:  # noqa: ANN401
        """Attach tables for days; whoever reads or writes others meanwhile is not held up."""
        async with self._link.locked(connection):
            there = {row["relname"] for row in await connection.fetch(_PARTITIONS)}
            for day in sorted(days):
                name = partition(day)
                if name not in there:
                    begin, end = _date(day).isoformat(), _date(day + 1).isoformat()
                    await connection.execute(
                        f"CREATE TABLE skypact.{name} "
                        "(LIKE skypact.track_update INCLUDING ALL); "
                        f"ALTER TABLE skypact.track_update ATTACH PARTITION skypact.{name} "
                        f"FOR VALUES FROM ('{begin}') TO ('{end}')"
                    )
        self._days |= days

    def write_sensors(self, sensors: Sequence[SensorRecord]) -> None:
        """Keep how sensors fare."""
        self._run(
            self._write_many(
                _SENSORS, [(*record[:4], json_text(record.figures)) for record in sensors]
            )
        )

    def write_alerts(self, alerts: Sequence[AlertRecord]) -> None:
        """Keep states of alerts."""
        rows = [
            (
                alert.time_s,
                alert.unit,
                alert.id,
                alert.state,
                alert.rule,
                None if np.isnan(alert.event_time_s) else alert.event_time_s,
                list(alert.tracks),
                alert.severity,
                None if alert.area is None else json_text(alert.area),
                json_text(alert.evidence),
            )
            for alert in alerts
        ]
        self._run(self._write_many(_ALERTS, rows))

    async def _write_many(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        async with self._link.writer() as connection, connection.transaction():
            await connection.executemany(statement, rows)

    def tracks_at(
        self, time_s: float, area: Area | None = None, hold_s: float = 60.0
    ) -> StoredTracks:
        """Last update of every track that lives."""
        question = Question().between(*np.nextafter([time_s - hold_s, time_s], np.inf).tolist())
        found = self._fetch(
            f"SELECT DISTINCT ON (track, unit) {SELECTED} FROM skypact.track_update "
            f"WHERE {question.where} ORDER BY track, unit, time_s DESC, ctid DESC",
            question.values,
        )
        over = self._fetch(
            "SELECT track, unit FROM skypact.track_end WHERE time_s > $1 AND time_s <= $2",
            [time_s - hold_s, time_s],
        )
        numbers = np.array([row["track"] for row in over], np.int64)
        tracks = last_updates(_stored(found), (numbers, [row["unit"] for row in over]))
        if area is None:
            return tracks
        return take_stored(tracks, within(area, tracks.rows.lat_rad, tracks.rows.lon_rad))

    def _fetch(self, query: str, values: list[Any]) -> list[Any]:
        found: list[Any] = self._run(self._link.fetch(query, values))
        return found

    def history(self, query: HistoryQuery) -> HistoryPage:
        """Track updates, a page at a time."""
        counted = self._fetch(
            "SELECT hour_s, sum(n_rows)::bigint AS n FROM skypact.track_hour GROUP BY 1 ORDER BY 1",
            [],
        )
        n_rows = {row["hour_s"]: row["n"] for row in counted}

        def look(from_s: float, until_s: float, limit: int) -> StoredTracks:
            question = history_question(query, from_s, until_s)
            found = self._fetch(
                f"SELECT {SELECTED} FROM skypact.track_update WHERE {question.where} "
                f"ORDER BY time_s, track, unit, ctid LIMIT {limit}",
                question.values,
            )
            return _stored(found)

        return gather(list(n_rows), n_rows.__getitem__, query, look)

    def sensors_at(self, time_s: float, hold_s: float = 3600.0) -> list[SensorRecord]:
        """Last record of every sensor."""
        return [
            SensorRecord(**dict(row) | {"figures": json_value(row["figures"])})
            for row in self._fetch(_SENSORS_AT, [time_s - hold_s, time_s])
        ]

    def alerts(self, query: AlertQuery) -> list[AlertRecord]:
        """States of alerts in order."""
        question = alerts_question(query)
        found = self._fetch(
            f"SELECT * FROM skypact.alert_state WHERE {question.where} "
            f"ORDER BY time_s, unit, id, state LIMIT {query.limit}",
            question.values,
        )
        return [
            AlertRecord(
                **dict(row)
                | {
                    "event_time_s": np.nan if row["event_time_s"] is None else row["event_time_s"],
                    "tracks": tuple(row["tracks"]),
                    "area": json_value(row["area"]),
                    "evidence": json_value(row["evidence"]),
                }
            )
            for row in found
        ]

    def expire(self, before_s: float) -> None:
        """Drop the days that end before."""
        self._run(self._expire(before_s))

    async def _expire(self, before_s: float) -> None:
        day = int(np.floor(before_s / DAY))
        async with self._link.writer() as connection, self._link.locked(connection):
            await connection.execute("SET LOCAL lock_timeout = '5s'")
            for row in await connection.fetch(_PARTITIONS):
                if row["relname"] < partition(day):
                    await connection.execute(f"DROP TABLE skypact.{row['relname']}")
            await connection.execute("DELETE FROM skypact.track_hour WHERE hour_s < $1", day * DAY)
            for table in ("track_end", "sensor_state", "alert_state"):
                await connection.execute(f"DELETE FROM skypact.{table} WHERE time_s < $1", before_s)
            await connection.execute(
                "DELETE FROM skypact.writer WHERE time < now() - interval '30 days'"
            )
        self._days = {known for known in self._days if known >= day}

    def state(self) -> StoreState:
        """How it fares."""
        return StoreState(not self._error, self._n_written, 0, 0, self._error)

    def close(self) -> None:
        """End connections and the thread."""
        if not self._is_closed:
            self._is_closed = True
            self._thread.run(self._link.close())
            self._thread.close()


def _stored(found: list[Any]) -> StoredTracks:
    """Rows of an answer as tables have them."""
    units = tuple(sorted({row["unit"] for row in found}))
    place = {unit: i for i, unit in enumerate(units)}
    unit = np.array([place[row["unit"]] for row in found], np.int32)
    rows = empty_rows(len(found))
    codes = {word: i for i, word in enumerate(CLASSES)}
    read: dict[str, Callable[[Any], int]] = {
        "target_class": lambda word: codes.get(word, 0),
        "callsign": lambda text: -1 if text is None else pack_callsign(text),
        "confirmed": int,
    }
    for name, column in rows._asdict().items():
        values = [row[name] for row in found]
        if name in read:
            column[:] = [read[name](value) for value in values]
        else:
            absent = np.nan if column.dtype == np.float64 else -1
            column[:] = [absent if value is None else value for value in values]
        if name in ("lat_rad", "lon_rad"):
            column *= DEGREE
    return StoredTracks(rows, unit, units)
