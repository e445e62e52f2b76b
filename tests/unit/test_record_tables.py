"""Tables on their way to Parquet and back."""

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skypact.errors import RecordingError
from skypact.model.reports import KINDS, REPORT_DTYPES, empty_reports, pack_callsign
from skypact.model.tracks import TRACK_DTYPES, empty_rows, take_rows
from skypact.model.truth import TRUTH_DTYPES, TruthRows
from skypact.record.picture import PictureCount, TrackFile
from skypact.record.tables import (
    reports_from_arrow,
    reports_to_arrow,
    tracks_from_arrow,
    tracks_to_arrow,
    truth_from_arrow,
    truth_to_arrow,
)
from skypact.units import DEGREE

NO_TRACKS = np.zeros(0, np.int64)


def some_reports(n: int = 50):
    random = np.random.default_rng(7)
    reports = empty_reports(n)
    for name, dtype in REPORT_DTYPES.items():
        column = getattr(reports, name)
        if dtype is np.float64:
            column[:] = np.where(random.random(n) < 0.2, np.nan, random.uniform(0, 1, n))
        elif name in ("spi", "coast", "simulated", "test", "sensor"):
            column[:] = random.integers(0, 2, n)
        elif name == "callsign":
            column[:] = np.where(random.random(n) < 0.5, -1, pack_callsign("KLM43A"))
        else:
            column[:] = random.integers(0, 7, n)
    return reports


def some_rows(n: int = 4):
    rows = empty_rows(n)
    rows.time_s[:] = np.arange(n) + 1.7e9
    rows.track[:] = np.arange(n) % 2 + 1
    rows.confirmed[:] = [0, 0, 0, 1]
    rows.lat_rad[:] = 45 * DEGREE
    rows.target_class[:] = 1
    return rows


def drawn(dtypes, n: int = 30):
    """Columns of random numbers, some of them absent."""
    random = np.random.default_rng(8)
    for name, dtype in dtypes.items():
        if dtype is np.float64:
            absent = (random.random(n) < 0.2) & (name != "time_s")
            yield np.where(absent, np.nan, random.uniform(0, 1, n))
        else:
            yield random.integers(0, 2, n).astype(dtype)


def same(rows, back):
    for name, column in rows._asdict().items():
        tolerance = 1e-15 if name.endswith("_rad") else 0.0
        other = getattr(back, name)
        assert other.dtype == column.dtype, name
        assert np.allclose(column, other, rtol=tolerance, atol=0, equal_nan=True), name


def test_reports_survive_the_way_through_arrow():
    reports = some_reports()
    back, names = reports_from_arrow(reports_to_arrow(reports, ["1/2", "3/4"]))
    assert names == ["1/2", "3/4"]
    same(reports, back)


def test_outside_columns_carry_degrees_words_and_flags():
    reports = empty_reports(1)
    reports.azimuth_rad[:] = 90 * DEGREE
    reports.kind[:] = KINDS.index("modes")
    row = reports_to_arrow(reports, ["north"]).to_pylist()[0]
    assert row["azimuth_deg"] == pytest.approx(90)
    assert (row["kind"], row["sensor"], row["callsign"]) == ("modes", "north", None)
    assert row["coast"] is False


def test_missing_columns_are_absent_values():
    table = pa.table({"time_s": [1.5], "sensor": ["a"], "kind": ["psr"]})
    reports, names = reports_from_arrow(table)
    assert names == ["a"]
    assert np.isnan(reports.range_m[0])
    assert reports.received_ns[0] == 1_500_000_000


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"time_s": [1.0], "sensor": ["a"]}, "none named kind"),
        ({"time_s": [1.0], "sensor": ["a"], "kind": ["ufo"]}, "ufo"),
        ({"time_s": ["noon"], "sensor": ["a"], "kind": ["psr"]}, "time_s"),
    ],
)
def test_a_table_that_holds_no_reports_is_refused_with_the_reason(columns, message):
    with pytest.raises(RecordingError, match=message):
        reports_from_arrow(pa.table(columns))


def reports_with(**columns):
    """A table of three reports with some columns replaced."""
    given = {"time_s": [1.0, 2.0, 3.0], "sensor": ["a"] * 3, "kind": ["psr"] * 3}
    return pa.table(given | columns)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"time_s": [1.0, np.nan, 3.0]}, "row 1: expected time_s or received_ns"),
        ({"time_s": [1.0, 2.0, np.inf]}, "time_s: row 2: .* got inf"),
        ({"time_s": [1.7e12, 2.0, 3.0]}, "row 0: .* got 1.7e[+]12; milliseconds"),
        ({"sensor": ["a", None, "b"]}, "column sensor: row 1: expected a name"),
        ({"kind": ["psr", None, "psr"]}, "column kind: row 1: .* got nothing"),
        ({"icao": [1, 2, 1 << 40]}, "column icao: row 2: .* got 1099511627776"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_row(columns, message):
    with pytest.raises(RecordingError, match=message):
        reports_from_arrow(reports_with(**columns))


def test_a_column_given_twice_is_refused():
    table = pa.table([[1.0], [2.0], ["a"], ["psr"]], names=["time_s", "time_s", "sensor", "kind"])
    with pytest.raises(RecordingError, match="expected each column once, got time_s twice"):
        reports_from_arrow(table)


def test_a_report_without_time_needs_its_arrival():
    table = reports_with(time_s=[1.0, np.nan, 3.0], received_ns=[None, 2_000, 3_000])
    reports, _ = reports_from_arrow(table)
    assert reports.received_ns.tolist() == [1_000_000_000, 2_000, 3_000]
    assert np.isnan(reports.time_s[1])


def test_sensors_may_be_numbers():
    reports, names = reports_from_arrow(reports_with(sensor=[7, 3, 7]))
    assert names == ["3", "7"]
    assert reports.sensor.tolist() == [1, 0, 1]


def test_integers_may_come_as_floats_with_gaps():
    reports, _ = reports_from_arrow(reports_with(icao=[1.0, np.nan, None]))
    assert reports.icao.tolist() == [1, -1, -1]


def test_absent_flags_are_unset():
    reports, _ = reports_from_arrow(reports_with(coast=[True, None, False]))
    assert reports.coast.tolist() == [1, 0, 0]


@pytest.mark.parametrize("flat", [False, True])
def test_tracks_survive_the_way_through_arrow(flat):
    rows = empty_rows(0)._make(drawn(TRACK_DTYPES))
    back, is_flat = tracks_from_arrow(tracks_to_arrow(rows, "north", flat))
    assert is_flat is flat
    same(rows, back)


@pytest.mark.parametrize("flat", [False, True])
def test_truth_survives_the_way_through_arrow(flat):
    rows = TruthRows(*drawn(TRUTH_DTYPES))
    back, is_flat = truth_from_arrow(truth_to_arrow(rows, flat))
    assert is_flat is flat
    same(rows, back)


def test_flat_tables_have_plane_columns_in_metres():
    rows = TruthRows(*drawn(TRUTH_DTYPES))
    table = truth_to_arrow(rows, flat=True)
    assert table.column_names[2:4] == ["x_m", "y_m"]
    assert np.array_equal(table["x_m"], rows.lon_rad, equal_nan=True)
    assert np.array_equal(table["vy_mps"], rows.vn_mps, equal_nan=True)
    assert not {"lat_deg", "lon_deg", "vn_mps", "ve_mps"} & set(table.column_names)


def test_tracks_of_anybody_need_only_time_number_and_place():
    given = {"time_s": [1, 2], "track": [5, 5], "lat_deg": [45.0, None], "lon_deg": [9.0, 9.0]}
    rows, is_flat = tracks_from_arrow(pa.table(given))
    assert not is_flat
    assert rows.confirmed.tolist() == [1, 1]
    assert rows.lat_rad[0] == 45 * DEGREE
    assert np.isnan([rows.lat_rad[1], rows.vn_mps[0], rows.existence[0]]).all()
    assert (rows.icao[0], rows.target_class[0], rows.callsign[0]) == (-1, 0, -1)


def test_truth_of_anybody_needs_only_time_number_and_place():
    rows, is_flat = truth_from_arrow(
        pa.table({"time_s": [1.0], "target": [5], "x_m": [45], "y_m": [-3], "class": ["drone"]})
    )
    assert is_flat
    assert (rows.lon_rad[0], rows.lat_rad[0], rows.target_class[0]) == (45.0, -3.0, 5)
    assert np.isnan(rows.ve_mps[0])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"time_s": [1.0], "track": [1]}, "lat_deg and lon_deg .* got time_s, track"),
        ({"time_s": [1.0], "x_m": [1], "y_m": [1]}, "none named track"),
        ({"time_s": [np.nan], "track": [1], "x_m": [1], "y_m": [1]}, "time_s: row 0"),
        ({"time_s": [1.0], "track": ["x"], "x_m": [1], "y_m": [1]}, "column track: "),
        (
            {"time_s": [1.0], "track": [1], "x_m": [1], "y_m": [1], "class": ["ufo"]},
            "column class: row 0: expected one of unknown, .* got 'ufo'",
        ),
    ],
)
def test_a_table_that_holds_no_tracks_is_refused_with_the_reason(columns, message):
    with pytest.raises(RecordingError, match=message):
        tracks_from_arrow(pa.table(columns))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"lat_deg": [90.1], "lon_deg": [0.0]}, "lat_deg: row 0: .* got 90.1"),
        ({"lat_deg": [0.0], "lon_deg": [-180.1]}, "lon_deg: row 0: .* got -180.1"),
        ({"lat_deg": [np.inf], "lon_deg": [0.0]}, "lat_deg: row 0: .* got inf"),
        ({"x_m": [0.0], "y_m": [-np.inf]}, "y_m: row 0: .* got -inf"),
    ],
)
def test_a_place_that_cannot_be_is_refused_with_its_row(columns, message):
    with pytest.raises(RecordingError, match=message):
        truth_from_arrow(pa.table({"time_s": [1.0], "target": [1]} | columns))


def test_the_ends_of_the_earth_are_places_and_longitudes_end_at_180():
    given = {"lat_deg": [90.0, -90.0, None], "lon_deg": [180.0, -180.0, 200.0]}
    rows, _ = truth_from_arrow(pa.table({"time_s": [1.0] * 3, "target": [1] * 3} | given))
    assert rows.lon_rad / DEGREE == pytest.approx([180.0, -180.0, -160.0])


def test_track_rows_have_the_columns_of_the_contract():
    table = tracks_to_arrow(some_rows(), "north")
    names = """
        time_s unit track lat_deg lon_deg altitude_m baro_altitude_m vn_mps ve_mps vu_mps
        sigma_n_m sigma_e_m corr_ne sigma_u_m sigma_vn_mps sigma_ve_mps existence confirmed
        p_manoeuvre p_ballistic class icao mode3a callsign n_sensors age_s
    """
    assert table.column_names == names.split()
    assert table["class"].to_pylist() == ["airliner"] * 4
    assert table["unit"].to_pylist() == ["north"] * 4


def test_tracks_that_ended_are_counted_and_forgotten():
    """A thousand tracks one after the other: memory holds the two that are alive."""
    count, again = PictureCount(), PictureCount()
    for k in range(1_000):
        rows = empty_rows(2)
        rows.track[:], rows.confirmed[:] = [k, k + 1], [0, k % 2]
        count.append(rows, np.array([k]), float(k))
    assert (count.tracks, count.confirmed) == (1_001, 500)
    assert len(count.arrays()["tracks"]) == 1
    again.load(count.arrays())
    assert (again.tracks, again.confirmed) == (1_001, 500)
    assert again.picture_hash == count.picture_hash


def test_the_picture_hash_is_over_the_columns_in_step_order():
    rows = some_rows()
    once, again, other = PictureCount(), PictureCount(), PictureCount()
    once.append(rows, NO_TRACKS, 1.0)
    again.append(take_rows(rows, slice(0, 0)), NO_TRACKS, 0.5)
    again.append(rows, NO_TRACKS, 1.0)
    other.append(take_rows(rows, np.array([1, 0, 2, 3])), NO_TRACKS, 1.0)
    digest = hashlib.sha256(bytes(32) + b"".join(c.tobytes() for c in rows)).hexdigest()
    assert once.picture_hash == again.picture_hash == digest
    assert other.picture_hash != digest
    assert (once.tracks, once.confirmed) == (2, 1)


def test_the_track_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "tracks.parquet"
    file = TrackFile(path, "unit")
    file.append(some_rows(), NO_TRACKS, 1.0)
    assert not path.exists()
    file.finish()
    assert pq.read_table(path)["track"].to_pylist() == [1, 2, 1, 2]
    assert [p.name for p in tmp_path.iterdir()] == ["tracks.parquet"]


def test_a_run_without_tracks_leaves_an_empty_file_with_its_columns(tmp_path):
    file = TrackFile(tmp_path / "tracks.parquet", "unit")
    file.finish()
    assert pq.read_table(tmp_path / "tracks.parquet").num_rows == 0
