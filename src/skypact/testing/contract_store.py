"""What every store of the picture keeps to: derive a test class and give it the fixture `store`.

Times begin at `START_S`; a fixture gives an empty store whose `prepare` was not yet called.
"""

from typing import Any

import numpy as np

from skypact.model.ports import Store
from skypact.model.reports import pack_callsign
from skypact.model.store import (
    AlertQuery,
    AlertRecord,
    Area,
    Cursor,
    HistoryQuery,
    SensorRecord,
    StoredTracks,
    cursor_of,
    polygon_area,
)
from skypact.model.tracks import TrackRows, empty_rows
from skypact.units import DAY, DEGREE

START_S = 1_795_428_000.0
"""On the hour."""
NONE = np.zeros(0, np.int64)
DIGITS = 1e-12
"""Relative error of a column: radians become degrees and radians again."""


def some_rows(n: int, time_s: float, seed: int = 1) -> TrackRows:
    """Make updates of tracks 1 to n within a second, about 50 degrees north and 10 east."""
    rng = np.random.default_rng(seed)
    rows = empty_rows(n)
    numbers: dict[str, Any] = {
        name: rng.normal(size=n)
        for name, column in rows._asdict().items()
        if column.dtype == np.float64
    }
    index = np.arange(n)
    numbers["baro_altitude_m"][::3] = np.nan
    return rows._replace(
        **numbers
        | {
            "time_s": time_s + np.sort(rng.uniform(0.0, 1.0, n)),
            "track": index + 1,
            "lat_rad": rng.uniform(45.0, 55.0, n) * DEGREE,
            "lon_rad": rng.uniform(5.0, 15.0, n) * DEGREE,
            "confirmed": (index % 2).astype(np.int8),
            "target_class": (index % 9).astype(np.int8),
            "icao": np.where(index % 4, index + 4096, -1).astype(np.int32),
            "mode3a": np.where(index % 5, 7000, -1).astype(np.int32),
            "n_sensors": (index % 7).astype(np.int32),
            "callsign": np.array([pack_callsign(f"SKY{i}") if i % 3 else -1 for i in index]),
        }
    )


def fill(store: Store, seconds: int = 20, n: int = 10, unit: str = "north") -> list[TrackRows]:
    """Write one batch a second."""
    batches = [some_rows(n, START_S + i, seed=i) for i in range(seconds)]
    for i, rows in enumerate(batches):
        store.write(rows, NONE, unit, START_S + i + 1.0, i + 1)
    return batches


def same(found: TrackRows, expected: TrackRows) -> None:
    """Check that rows are equal, angles but for the last digits."""
    for name, column in expected._asdict().items():
        got = getattr(found, name)
        if column.dtype == np.float64 and name != "time_s":
            np.testing.assert_allclose(got, column, rtol=DIGITS, atol=0.0, err_msg=name)
        else:
            np.testing.assert_array_equal(got, column, err_msg=name)
        assert got.dtype == column.dtype, name


def ordered(rows: TrackRows) -> TrackRows:
    """Rows by time and track."""
    order = np.lexsort((rows.track, rows.time_s))
    return TrackRows._make(column[order] for column in rows)


def joined(rows: list[TrackRows]) -> TrackRows:
    """Rows of several batches."""
    return TrackRows._make(np.concatenate(columns) for columns in zip(*rows, strict=True))


def all_pages(store: Store, query: HistoryQuery) -> list[StoredTracks]:
    """Read a history page by page, the cursor as text between."""
    pages = []
    while True:
        found = store.history(query)
        pages.append(found.tracks)
        if found.after is None:
            return pages
        query = query._replace(after=cursor_of(found.after.text()))


def keys(tracks: StoredTracks) -> list[tuple[float, int, str]]:
    """Time, track and unit of each row."""
    rows = tracks.rows
    units = [tracks.units[i] for i in tracks.unit]
    return list(zip(rows.time_s.tolist(), rows.track.tolist(), units, strict=True))


def alert(name: str, time_s: float, state: str = "raised", rule: str = "conflict") -> AlertRecord:
    """Make a state of an alert."""
    shape = {"type": "Point", "coordinates": [10.5, 50.25]}
    evidence = {"p": 0.5, "why": ["ü", None]}
    event_s, tracks = time_s + 30.0, (3, 4)
    return AlertRecord(name, "north", rule, state, time_s, event_s, tracks, "high", shape, evidence)


def sensor(name: str, time_s: float, state: str = "up") -> SensorRecord:
    """Make a sensor's record."""
    return SensorRecord(time_s, "north", name, state, {"reports": 12, "biases": {"range_m": 3.5}})


class StoreContract:
    """Tests of one store."""

    def test_what_was_written_is_read_in_order(self, store: Store) -> None:
        """All columns come back."""
        store.prepare()
        batches = fill(store)
        found = store.history(HistoryQuery())
        assert found.after is None
        assert found.tracks.units == ("north",)
        same(found.tracks.rows, ordered(joined(batches)))
        assert store.state().is_up
        assert store.state().n_written == 200

    def test_an_empty_store_has_nothing(self, store: Store) -> None:
        """Every question has an answer."""
        store.prepare()
        assert store.history(HistoryQuery()).tracks.rows.time_s.size == 0
        assert store.tracks_at(START_S).rows.time_s.size == 0
        assert store.alerts(AlertQuery()) == []
        assert store.sensors_at(START_S) == []

    def test_it_makes_itself_ready(self, store: Store) -> None:
        """`prepare` may be left out."""
        fill(store, 1)
        assert store.history(HistoryQuery()).tracks.rows.time_s.size == 10

    def test_a_batch_repeated_is_kept_once(self, store: Store) -> None:
        """Its number tells."""
        rows = some_rows(5, START_S)
        for number in (1, 1, 2, 1, 2):
            store.write(rows, NONE, "north", START_S + 1.0, number)
        assert store.history(HistoryQuery()).tracks.rows.time_s.size == 10

    def test_pages_hold_every_row_once(self, store: Store) -> None:
        """The limit may be anything, and rows may be alike."""
        batches = fill(store)
        store.write(batches[3], NONE, "north", START_S + 30.0, 100)
        store.write(batches[3], NONE, "south", START_S + 30.0, 101)
        whole = keys(store.history(HistoryQuery()).tracks)
        assert len(whole) == 220
        assert whole == sorted(whole)
        for limit in (1, 7, 200, 220, 1000):
            pages = all_pages(store, HistoryQuery(limit=limit))
            assert [key for page in pages for key in keys(page)] == whole
            assert max(page.rows.time_s.size for page in pages) <= limit

    def test_times_are_inclusive_at_both_ends(self, store: Store) -> None:
        """To the last bit of a time."""
        time_s = joined(fill(store)).time_s
        first, last = float(time_s[33]), float(time_s[60])
        found = store.history(HistoryQuery(from_s=first, until_s=last)).tracks.rows.time_s
        assert (found[0], found[-1], found.size) == (first, last, 28)

    def test_rows_are_selected_by_identity(self, store: Store) -> None:
        """By track, address, callsign, unit, and all together."""
        fill(store)
        rows = some_rows(10, START_S, 0)
        call, icao = int(rows.callsign[5]), int(rows.icao[5])
        for query in (
            HistoryQuery(tracks=(6,)),
            HistoryQuery(icao=icao),
            HistoryQuery(callsign=call),
            HistoryQuery(tracks=(6, 7), icao=icao, callsign=call, unit="north"),
        ):
            found = store.history(query).tracks.rows
            assert found.track.tolist() == [6] * 20
        assert store.history(HistoryQuery(unit="south")).tracks.rows.time_s.size == 0
        assert store.history(HistoryQuery(tracks=(99,))).tracks.rows.time_s.size == 0

    def test_rows_are_selected_by_box(self, store: Store) -> None:
        """Also with pages."""
        rows = ordered(joined(fill(store)))
        box = Area(8.0 * DEGREE, 48.0 * DEGREE, 12.0 * DEGREE, 52.0 * DEGREE)
        lat, lon = rows.lat_rad / DEGREE, rows.lon_rad / DEGREE
        expected = rows.time_s[(lat > 48) & (lat < 52) & (lon > 8) & (lon < 12)]
        assert 10 < expected.size < 100
        pages = all_pages(store, HistoryQuery(area=box, limit=9))
        assert np.concatenate([page.rows.time_s for page in pages]).tolist() == expected.tolist()

    def test_a_box_may_cross_the_antimeridian(self, store: Store) -> None:
        """Its west is then more than its east."""
        rows = some_rows(4, START_S)._replace(
            lon_rad=np.array([179.0, -179.0, 100.0, -100.0]) * DEGREE
        )
        store.write(rows, NONE, "north", START_S + 1.0, 1)
        box = Area(170.0 * DEGREE, 0.0, -170.0 * DEGREE, 60.0 * DEGREE)
        found = store.history(HistoryQuery(area=box)).tracks.rows
        assert sorted(found.track.tolist()) == [1, 2]

    def test_rows_are_selected_by_polygon(self, store: Store) -> None:
        """A triangle, half of its box."""
        rows = ordered(joined(fill(store)))
        corners = [(5.0, 45.0), (15.0, 45.0), (5.0, 55.0)]
        area = polygon_area([(lon * DEGREE, lat * DEGREE) for lon, lat in corners])
        inside = (rows.lon_rad / DEGREE - 5.0) + (rows.lat_rad / DEGREE - 45.0) < 10.0
        found = store.history(HistoryQuery(area=area)).tracks.rows
        assert found.time_s.tolist() == rows.time_s[inside].tolist()

    def test_the_picture_of_a_time_holds_the_last_updates(self, store: Store) -> None:
        """Of tracks that live, in the area."""
        batches = fill(store)
        store.write(empty_rows(0), np.array([2, 5]), "north", START_S + 15.5, 21)
        found = store.tracks_at(START_S + 15.0)
        same(found.rows, batches[14])
        later = store.tracks_at(START_S + 16.0).rows
        assert later.track.tolist() == [1, 3, 4, 6, 7, 8, 9, 10]
        assert store.tracks_at(START_S + 100.0).rows.time_s.size == 0
        assert store.tracks_at(START_S + 100.0, hold_s=90.0).rows.time_s.size == 8
        half = Area(5.0 * DEGREE, 45.0 * DEGREE, 10.0 * DEGREE, 55.0 * DEGREE)
        west = batches[14].lon_rad <= half.east_rad
        assert store.tracks_at(START_S + 15.0, half).rows.track.tolist() == (
            batches[14].track[west].tolist()
        )

    def test_units_have_tracks_of_their_own(self, store: Store) -> None:
        """Equal numbers are different tracks."""
        rows = some_rows(3, START_S)
        store.write(rows, NONE, "south", START_S + 1.0, 1)
        store.write(rows, np.array([1]), "north", START_S + 1.0, 2)
        found = store.tracks_at(START_S + 2.0)
        assert [(t, u) for _, t, u in keys(found)] == [
            (1, "south"), (2, "north"), (2, "south"), (3, "north"), (3, "south")
        ]  # fmt: skip

    def test_rows_of_many_hours_and_days_are_found(self, store: Store) -> None:
        """Old ones, too, written late, in one batch."""
        rows = some_rows(60, START_S)
        rows = rows._replace(time_s=np.linspace(-118_000.0, -11_800.0, 60) + (START_S - 5 * DAY))
        store.write(rows, NONE, "north", START_S, 1)
        fill_rows = some_rows(5, START_S)
        store.write(fill_rows, NONE, "north", START_S + 1.0, 2)
        pages = all_pages(store, HistoryQuery(limit=8))
        expected = [*rows.time_s.tolist(), *fill_rows.time_s.tolist()]
        assert [key[0] for page in pages for key in keys(page)] == expected

    def test_what_is_old_expires_and_what_is_new_stays(self, store: Store) -> None:
        """Whole hours or days."""
        for number, days in enumerate((5.0, 3.0, 0.0), 1):
            time_s = START_S - days * DAY
            store.write(some_rows(4, time_s), np.array([1]), "north", time_s, number)
            store.write_alerts([alert("A", time_s)])
            store.write_sensors([sensor("R", time_s)])
        store.expire(START_S - 1.5 * DAY)
        assert store.history(HistoryQuery()).tracks.rows.time_s.size == 4
        assert [a.time_s for a in store.alerts(AlertQuery())] == [START_S]
        assert [s.time_s for s in store.sensors_at(START_S, 30 * DAY)] == [START_S]
        store.expire(START_S - 0.4)
        assert store.history(HistoryQuery()).tracks.rows.time_s.size == 4

    def test_states_of_alerts_are_kept_once_and_in_order(self, store: Store) -> None:
        """With their evidence."""
        first = alert("A", START_S)
        second = alert("B", START_S + 1.0)._replace(
            event_time_s=float("nan"), tracks=(), area=None, evidence={}
        )
        third = alert("A", START_S + 2.0, "cleared", rule="emergency")
        store.write_alerts([second, first])
        store.write_alerts([first, third])
        found = store.alerts(AlertQuery())
        assert [(a.id, a.state) for a in found] == [
            ("A", "raised"), ("B", "raised"), ("A", "cleared")
        ]  # fmt: skip
        assert found[0] == first
        assert np.isnan(found[1].event_time_s)
        assert found[1]._replace(event_time_s=0.0) == second._replace(event_time_s=0.0)

    def test_alerts_are_selected_and_paged(self, store: Store) -> None:
        """By time, rule, state and identifier."""
        first, second = alert("A", START_S), alert("B", START_S + 1.0, rule="emergency")
        third = alert("A", START_S + 2.0, "cleared")
        store.write_alerts([first, second, third])
        for query, ids in (
            (AlertQuery(from_s=START_S + 1.0), "BA"),
            (AlertQuery(until_s=START_S + 1.0), "AB"),
            (AlertQuery(rule="emergency"), "B"),
            (AlertQuery(state="cleared"), "A"),
            (AlertQuery(id="A"), "AA"),
            (AlertQuery(limit=1), "A"),
            (AlertQuery(after=(START_S, "north", "A", "raised")), "BA"),
        ):
            assert "".join(a.id for a in store.alerts(query)) == ids, query

    def test_the_last_record_of_each_sensor_is_found(self, store: Store) -> None:
        """At any time."""
        store.write_sensors([sensor("R", START_S), sensor("S", START_S)])
        store.write_sensors([sensor("R", START_S + 10.0, "silent"), sensor("R", START_S)])
        assert store.sensors_at(START_S + 5.0) == [sensor("R", START_S), sensor("S", START_S)]
        assert [s.state for s in store.sensors_at(START_S + 20.0)] == ["silent", "up"]
        assert [s.sensor for s in store.sensors_at(START_S + 20.0, 15.0)] == ["R"]

    def test_a_cursor_behind_everything_ends_the_history(self, store: Store) -> None:
        """An empty page, and no cursor."""
        fill(store, 2)
        page = store.history(HistoryQuery(after=Cursor(START_S + 50.0, 1, "north", 1)))
        assert page.tracks.rows.time_s.size == 0
        assert page.after is None
