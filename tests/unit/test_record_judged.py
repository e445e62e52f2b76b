"""Tracks and truth of other makers become tables."""

import gzip

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skypact.errors import ConfigError, RecordingError
from skypact.model.reports import ADSB, MODES, TRACK, empty_reports
from skypact.record.judged import (
    is_table,
    read_tracks,
    read_truth,
    tracks_from_reports,
    truth_from_reports,
)
from skypact.record.tables import reports_to_arrow

CSV = "time_s,track,lat_deg,lon_deg\n10,1,48,16\n11,1,48.1,16\n"


def written(tmp_path, text, name="tracks.csv"):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def track_reports(*rows):
    """CAT062-like reports: (time_s, sensor, number)."""
    batch = empty_reports(len(rows))
    batch.kind[:] = TRACK
    batch.time_s[:], batch.sensor[:], batch.track_number[:] = np.array(rows, float).T
    batch.lat_rad[:], batch.lon_rad[:] = 0.8, 0.3
    return batch


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("a.csv", True), ("A.PARQUET", True), ("a.csv.gz", True), ("a.ff", False), ("a.pcap", False),
     ("a.json.gz", True)],
)  # fmt: skip
def test_tables_are_told_from_recordings_by_their_names(tmp_path, name, is_one):
    assert is_table(tmp_path / name) is is_one


def test_a_number_of_each_source_is_a_track_of_its_own():
    rows = tracks_from_reports(track_reports((0, 0, 5), (1, 1, 5), (4, 0, 5)), "x").rows
    assert rows.track.tolist() == [1, 2, 1]
    assert rows.age_s.tolist() == [0, 0, 4]


def test_a_number_after_a_pause_of_over_a_minute_is_another_track():
    found = tracks_from_reports(track_reports((0, 0, 5), (60, 0, 5), (120.5, 0, 5)), "x")
    assert found.rows.track.tolist() == [1, 1, 2]
    assert any("used again" in note for note in found.notes)


def test_velocity_comes_from_speed_and_angle_where_it_is_not_given():
    batch = track_reports((0, 0, 5), (1, 0, 5))
    batch.ground_speed_mps[:], batch.track_angle_rad[:] = 100.0, np.pi / 2
    batch.vn_mps[1] = batch.ve_mps[1] = 7.0
    rows = tracks_from_reports(batch, "x").rows
    assert rows.ve_mps == pytest.approx([100.0, 7.0])
    assert rows.vn_mps == pytest.approx([0.0, 7.0], abs=1e-9)


def test_coasted_states_stay_and_are_told():
    batch = track_reports((0, 0, 5), (1, 0, 5))
    batch.coast[1] = 1
    found = tracks_from_reports(batch, "x")
    assert len(found.rows.time_s) == 2
    assert any(note.startswith("1 extrapolated") for note in found.notes)


def test_the_accuracy_that_a_recording_states_is_that_of_the_tracks():
    batch = track_reports((0, 0, 5))
    batch.sigma_m[:] = 42.0
    rows = tracks_from_reports(batch, "x").rows
    assert (rows.sigma_n_m[0], rows.sigma_e_m[0], rows.corr_ne[0]) == (42.0, 42.0, 0.0)


def test_a_recording_without_tracks_is_refused_with_its_name():
    batch = track_reports((0, 0, 5))
    batch.kind[:] = MODES
    with pytest.raises(RecordingError, match=r"radar\.ast.*CAT062"):
        tracks_from_reports(batch, "radar.ast")


def test_adsb_reports_serve_as_truth_by_address():
    batch = track_reports((0, 0, 5), (1, 0, 5), (2, 0, 5))
    batch.kind[:2], batch.icao[:] = ADSB, [0x4008AF, 0x4CA87C, 0x4CA87C]
    found = truth_from_reports(batch, "x")
    assert found.rows.target.tolist() == [0x4008AF, 0x4CA87C]
    assert found.names[0x4CA87C] == "4CA87C"


def test_truth_without_adsb_is_refused():
    with pytest.raises(RecordingError, match="ADS-B"):
        truth_from_reports(track_reports((0, 0, 5)), "x")


def test_a_table_of_reports_is_read_as_what_it_holds(tmp_path):
    batch = track_reports((0, 0, 5), (1, 0, 5))
    batch.kind[1], batch.icao[1] = ADSB, 77
    pq.write_table(reports_to_arrow(batch, ["a"]), tmp_path / "reports.parquet")
    assert read_tracks(tmp_path / "reports.parquet", {}).rows.time_s.tolist() == [0.0]
    assert read_truth(tmp_path / "reports.parquet", {}).rows.time_s.tolist() == [1.0]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_comma_semicolon_and_tab_separate(tmp_path, delimiter):
    rows = read_tracks(written(tmp_path, CSV.replace(",", delimiter)), {}).rows
    assert rows.time_s.tolist() == [10.0, 11.0]
    assert rows.lat_rad == pytest.approx(np.radians([48.0, 48.1]))
    assert rows.confirmed.tolist() == [1, 1]


def test_a_compressed_csv_is_read(tmp_path):
    path = tmp_path / "tracks.csv.gz"
    path.write_bytes(gzip.compress(CSV.encode()))
    assert len(read_tracks(path, {}).rows.time_s) == 2


def test_six_digit_addresses_are_hexadecimal_others_decimal(tmp_path):
    head = "time_s,target,lat_deg,lon_deg,icao\n"
    six = written(tmp_path, head + "1,1,48,16,400950\n2,1,48,16,4CA87C\n3,1,48,16,\n", "six.csv")
    assert read_truth(six, {}).rows.icao.tolist() == [0x400950, 0x4CA87C, -1]
    ten = written(tmp_path, head + "1,1,48,16,4196688\n", "ten.csv")
    assert read_truth(ten, {}).rows.icao.tolist() == [4196688]
    bad = written(tmp_path, head + "1,1,48,16,callsign\n", "bad.csv")
    with pytest.raises(RecordingError, match=r"column icao.*'callsign'"):
        read_truth(bad, {})


@pytest.mark.parametrize("unit", ["s", "ms", "ns"])
def test_dates_become_seconds(tmp_path, unit):
    stamps = pa.array(np.array(["2024-11-21T04:00:00.000"], f"datetime64[{unit}]"))
    columns = {"time_s": stamps, "track": [1], "lat_deg": [48.0], "lon_deg": [16.0]}
    pq.write_table(pa.table(columns), tmp_path / "tracks.parquet")
    assert read_tracks(tmp_path / "tracks.parquet", {}).rows.time_s == [1_732_161_600.0]


def test_targets_may_be_words_and_keep_their_names(tmp_path):
    text = "time_s,target,lat_deg,lon_deg\n1,north,48,16\n1,east,48,17\n2,north,48,16\n"
    found = read_truth(written(tmp_path, text), {})
    assert [found.names[int(n)] for n in found.rows.target] == ["north", "east", "north"]


def test_a_flat_table_is_known_by_its_columns(tmp_path):
    text = "time_s,track,x_m,y_m\n1,1,100,200\n"
    found = read_tracks(written(tmp_path, text), {})
    assert found.is_flat
    assert (found.rows.lon_rad[0], found.rows.lat_rad[0]) == (100.0, 200.0)


def test_a_foreign_name_wins_over_a_column_of_ours(tmp_path):
    text = "time_s,t,id,track,lat_deg,lon_deg\nx,5,9,2,48,16\n"
    rows = read_tracks(written(tmp_path, text), {"time_s": "t", "track": "id"}).rows
    assert (rows.time_s[0], rows.track[0]) == (5.0, 9)


def test_names_may_be_exchanged(tmp_path):
    text = "time_s,track,lon_deg,lat_deg\n1,1,48,16\n"
    swapped = {"lat_deg": "lon_deg", "lon_deg": "lat_deg"}
    rows = read_tracks(written(tmp_path, text), swapped).rows
    assert np.degrees(rows.lat_rad[0]) == pytest.approx(48.0)


def test_a_foreign_name_that_is_not_there_is_told_with_what_is(tmp_path):
    with pytest.raises(ConfigError, match=r"track=number.*time_s, track, lat_deg"):
        read_tracks(written(tmp_path, CSV), {"track": "number"})


@pytest.mark.parametrize("text", ["", "time_s,track\n", "a\x00b"])
def test_an_empty_or_foreign_file_is_refused_with_its_name(tmp_path, text):
    with pytest.raises(RecordingError, match=r"tracks\.csv"):
        read_tracks(written(tmp_path, text), {})
