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


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_compressed_csv_may_have_other_delimiters(tmp_path, delimiter):
    path = tmp_path / "tracks.csv.gz"
    path.write_bytes(gzip.compress(CSV.replace(",", delimiter).encode()))
    assert len(read_tracks(path, {}).rows.time_s) == 2


def test_a_file_that_only_claims_to_be_compressed_is_refused(tmp_path):
    for data in (CSV.encode(), gzip.compress(CSV.encode())[:20]):
        (tmp_path / "tracks.csv.gz").write_bytes(data)
        with pytest.raises(RecordingError, match=r"tracks\.csv\.gz"):
            read_tracks(tmp_path / "tracks.csv.gz", {})


@pytest.mark.parametrize("name", ["track", "lat_deg", "icao"])
def test_a_column_given_twice_is_refused(tmp_path, name):
    text = f"time_s,track,lat_deg,lon_deg,icao,{name}\n1,1,48,16,1,1\n"
    with pytest.raises(RecordingError, match=rf"tracks\.csv: .*each column once, got {name}"):
        read_tracks(written(tmp_path, text), {})


def rows_of(*rows, head="time_s,unit,track,lat_deg,lon_deg"):
    return "\n".join([head, *(",".join(map(str, row)) for row in rows), ""])


def test_a_number_of_each_unit_is_a_track_of_its_own(tmp_path):
    text = rows_of((1, "A", 1, 48, 16), (2, "B", 1, 40, 5), (3, "A", 1, 48, 16), (4, "B", 2, 40, 5))
    found = read_tracks(written(tmp_path, text), {})
    assert found.rows.track.tolist() == [1, 2, 1, 3]
    assert any(note.startswith("2 units (A, B)") for note in found.notes)
    pq.write_table(
        pa.table(
            {
                "time_s": [1.0, 1.0],
                "unit": ["A", "B"],
                "track": [1, 1],
                "lat_deg": [1.0, 2.0],
                "lon_deg": [1.0, 2.0],
            }
        ),
        tmp_path / "t.parquet",
    )
    assert set(read_tracks(tmp_path / "t.parquet", {}).rows.track.tolist()) == {1, 2}


def test_the_numbers_of_a_single_unit_stay(tmp_path):
    text = rows_of((1, "A", 70, 48, 16), (2, "A", 30, 40, 5))
    found = read_tracks(written(tmp_path, text), {})
    assert (found.rows.track.tolist(), found.notes) == ([70, 30], ())


def test_a_number_that_comes_back_after_a_long_silence_is_another_track(tmp_path):
    states = [(t, "A", 7, 48, 16) for t in (0, 10, 20, 30, 105, 181)]
    found = read_tracks(written(tmp_path, rows_of(*states)), {})
    assert found.rows.track.tolist() == [1, 1, 1, 1, 1, 2]
    assert any("used again" in note for note in found.notes)


def test_a_track_whose_age_covers_the_silence_goes_on(tmp_path):
    head = "time_s,track,lat_deg,lon_deg,age_s"
    states = [(0, 7, 48, 16, 0), (10, 7, 48, 16, 10), (20, 7, 48, 16, 20)]
    for age_s, tracks in ((520, {7}), (0, {1, 2})):
        text = rows_of(*states, (520, 7, 48, 16, age_s), head=head)
        assert set(read_tracks(written(tmp_path, text), {}).rows.track.tolist()) == tracks


def test_a_tracker_that_updates_once_in_minutes_keeps_its_tracks(tmp_path):
    text = rows_of(*((t, "A", 7, 48, 16) for t in (0, 120, 240, 480)))
    assert read_tracks(written(tmp_path, text), {}).rows.track.tolist() == [7] * 4


@pytest.mark.parametrize(("read", "label"), [(read_tracks, "track"), (read_truth, "target")])
def test_rows_without_an_object_are_left_out_and_told(tmp_path, read, label):
    head = f"time_s,{label},lat_deg,lon_deg\n"
    found = read(written(tmp_path, head + "1,,48,16\n2,7,48,16\n3,NaN,48,16\n"), {})
    assert (found.rows.time_s.tolist(), getattr(found.rows, label).tolist()) == ([2.0], [7])
    assert found.notes == (f"2 rows without a {label} left out",)
    with pytest.raises(RecordingError, match=rf"tracks\.csv: column {label}: .* none in 1 rows"):
        read(written(tmp_path, head + "1,,48,16\n"), {})


@pytest.mark.parametrize(
    ("given", "numbers", "called"),
    [
        (["9007199254740993", "9007199254740992", ""], [2, 1, -1],
         ["9007199254740992", "9007199254740993"]),
        (["5.0", "7", "nan"], [5, 7, -1], []),
        (["-7", "12"], [1, 2], ["-7", "12"]),
        (["B1", "7"], [2, 1], ["7", "B1"]),
    ],
)  # fmt: skip
def test_objects_keep_numbers_that_fit_and_are_numbered_else(tmp_path, given, numbers, called):
    text = "time_s,target,lat_deg,lon_deg\n" + "".join(f"1,{word},48,16\n" for word in given)
    found = read_truth(written(tmp_path, text), {})
    assert found.rows.target.tolist() == [n for n in numbers if n >= 0]
    assert list(found.names.values()) == called


def test_track_numbers_of_64_bits_are_told_apart(tmp_path):
    big = 2**63 - 2
    text = f"time_s,track,lat_deg,lon_deg\n1,{big},48,16\n1,{big + 1},48,16\n1,,48,16\n"
    assert read_tracks(written(tmp_path, text), {}).rows.track.tolist() == [big, big + 1]


def test_addresses_under_a_foreign_name_are_read_as_text(tmp_path):
    text = "time_s,target,lat_deg,lon_deg,hex\n1,1,48,16,400950\n"
    assert read_truth(written(tmp_path, text), {"icao": "hex"}).rows.icao.tolist() == [0x400950]


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        (["1970-01-01T01:00:10+01:00", "1970-01-01T00:00:11Z"], [10.0, 11.0]),
        (["1970-01-01T00:00:10", "1970-01-01 00:00:11.5"], [10.0, 11.5]),
        (["1e1", "1.1E+1"], [10.0, 11.0]),
    ],
)
def test_times_may_be_written_in_many_ways(tmp_path, times, seconds):
    text = "time_s,track,lat_deg,lon_deg\n" + "".join(f"{t},1,48,16\n" for t in times)
    assert read_tracks(written(tmp_path, text), {}).rows.time_s.tolist() == seconds
    columns = {"time_s": times, "track": [1, 1], "lat_deg": [48.0] * 2, "lon_deg": [16.0] * 2}
    pq.write_table(pa.table(columns), tmp_path / "tracks.parquet")
    assert read_tracks(tmp_path / "tracks.parquet", {}).rows.time_s.tolist() == seconds


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + CSV,
        CSV.replace("\n", "\r\n"),
        CSV.replace("48,", '"48",').replace("track", '"track"'),
        CSV.replace(",", ", "),
        CSV.replace("48,", "4.8e1,"),
    ],
)
def test_a_csv_may_have_marks_quotes_and_spaces(tmp_path, text):
    assert len(read_tracks(written(tmp_path, text), {}).rows.time_s) == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("10,1", "nan,1", "column time_s: row 0: .* got nan"),
        ("11,1", "noon,1", "column time_s: row 1: expected seconds .* got 'noon'"),
        ("11,1,48.1,16", '11,1,"48,1",16', "column lat_deg: row 1: .* '48,1'; write decimal"),
        ("11,1,48.1,16", "11,1,6000,16", "column lat_deg: row 1: .* -90 to 90, got 6000"),
        ("11,1,48.1,16", "11,1,48.1,400", "column lon_deg: row 1: .* -180 to 360, got 400"),
        ("11,1,48.1,16", "11,1,48.1", "Expected 4 columns, got 3"),
    ],
)
def test_a_wrong_value_is_refused_with_file_column_and_row(tmp_path, old, new, message):
    with pytest.raises(RecordingError, match=rf"tracks\.csv: .*{message}"):
        read_tracks(written(tmp_path, CSV.replace(old, new)), {})


def with_columns(tmp_path, **columns):
    """A Parquet file of two states of a track with some columns replaced."""
    given = {"time_s": [1.0, 2.0], "track": [1, 1], "lat_deg": [48.0] * 2, "lon_deg": [16.0] * 2}
    pq.write_table(pa.table(given | columns), tmp_path / "tracks.parquet")
    return tmp_path / "tracks.parquet"


@pytest.mark.parametrize(
    "columns",
    [
        {"track": pa.array(["a", "a"]).dictionary_encode()},
        {"icao": pa.array(["4CA87C", None]).dictionary_encode()},
        {"class": pa.array(["drone", None]).dictionary_encode()},
        {"icao": pa.nulls(2), "altitude_m": pa.nulls(2), "class": pa.nulls(2), "unit": pa.nulls(2)},
        {"track": pa.array([1, None], pa.uint64())},
        {"track": pa.array([1.0, np.nan])},
    ],
)
def test_parquet_may_have_dictionaries_and_gaps(tmp_path, columns):
    assert set(read_tracks(with_columns(tmp_path, **columns), {}).rows.track.tolist()) == {1}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"track": [1.0, 7.5]}, "column track: row 1: .* got .*7.5"),
        ({"track": [1.0, 2.0**60]}, "column track: row 1: expected whole numbers up to 2"),
        ({"track": pa.nulls(2)}, "column track: .* none in 2 rows"),
        ({"track": [[1], [2]]}, "column track: "),
        ({"lat_deg": ["48", "x"]}, "column lat_deg: row 1: expected a number, got 'x'"),
        ({"lat_deg": [[48.0], [48.0]]}, "column lat_deg: expected a number in each row, got list"),
        ({"lat_deg": pa.nulls(2)}, "expected positions, got none"),
        ({"time_s": pa.nulls(2)}, "column time_s: row 0"),
        ({"icao": ["12", "q"]}, "column icao: row 1: .* 'q'"),
    ],
)
def test_parquet_of_wrong_types_is_refused_with_column_and_row(tmp_path, columns, message):
    with pytest.raises(RecordingError, match=rf"tracks\.parquet: .*{message}"):
        read_tracks(with_columns(tmp_path, **columns), {})


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


def test_confirmed_tracks_serve_as_truth_where_there_are_no_targets(tmp_path):
    text = "time_s,track,lat_deg,lon_deg,confirmed\n10,7,48,16,1\n11,7,48.1,16,1\n11,8,40,10,0\n"
    truth = read_truth(written(tmp_path, text), {})
    assert truth.rows.target.tolist() == [7, 7]
    assert truth.notes == ("1 confirmed tracks serve as truth",)
