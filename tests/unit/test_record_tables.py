"""Tables on their way to Parquet and back."""

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skypact.errors import RecordingError
from skypact.model.reports import KINDS, REPORT_DTYPES, empty_reports, pack_callsign
from skypact.model.tracks import empty_rows, take_rows
from skypact.record.picture import PictureCount, TrackFile
from skypact.record.tables import reports_from_arrow, reports_to_arrow, tracks_to_arrow
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


def test_reports_survive_the_way_through_arrow():
    reports = some_reports()
    back, names = reports_from_arrow(reports_to_arrow(reports, ["1/2", "3/4"]))
    assert names == ["1/2", "3/4"]
    for name, column in reports._asdict().items():
        tolerance = 1e-15 if name.endswith("_rad") else 0.0
        assert np.allclose(column, getattr(back, name), rtol=tolerance, atol=0, equal_nan=True), (
            name
        )


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


def test_the_picture_hash_is_over_the_columns_in_step_order():
    rows = some_rows()
    once, again, other = PictureCount(), PictureCount(), PictureCount()
    once.append(rows, NO_TRACKS, 1.0)
    again.append(take_rows(rows, slice(0, 0)), NO_TRACKS, 0.5)
    again.append(rows, NO_TRACKS, 1.0)
    other.append(take_rows(rows, np.array([1, 0, 2, 3])), NO_TRACKS, 1.0)
    digest = hashlib.sha256(b"".join(c.tobytes() for c in rows)).hexdigest()
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
