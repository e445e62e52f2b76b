"""``skypact evaluate``: files of many makers in, figures and a report out."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from skypact.cli import FAILED, MISSING_EXTRA, OK, USAGE, main
from skypact.evaluate import plots

START_S = 1_700_000_000.0
SECONDS = 90


def truth_table():
    """Two aircraft that fly north at 200 m/s, 40 km apart."""
    time_s = np.tile(START_S + np.arange(SECONDS + 1.0), 2)
    target = np.repeat([7, 8], SECONDS + 1)
    n = len(time_s)
    return pa.table(
        {
            "time_s": time_s,
            "target": target,
            "lat_deg": 48.0 + (time_s - START_S) * 200.0 / 111_200.0,
            "lon_deg": 16.0 + 0.5 * (target - 7),
            "altitude_m": np.full(n, 9_000.0),
            "icao": np.where(target == 7, 0x4008AF, 0x4CA87C),
        }
    )


def tracks_table(beside_deg=0.001):
    """Tracks 0.001 degrees west of the truth: 75 m."""
    truth = truth_table()
    table = truth.drop_columns(["target"]).append_column("track", pa.array(truth["target"]))
    lon = pa.array(np.asarray(truth["lon_deg"]) - beside_deg)
    return table.set_column(table.column_names.index("lon_deg"), "lon_deg", lon)


@pytest.fixture
def files(tmp_path):
    """Paths of tracks.parquet and truth.parquet."""
    paths = tmp_path / "tracks.parquet", tmp_path / "truth.parquet"
    for path, table in zip(paths, (tracks_table(), truth_table()), strict=True):
        pq.write_table(table, path)
    return paths


def judge(capsys, tracks, truth, *words, code=OK):
    """Run the command; the figures, or what was said where it fails."""
    assert main(["evaluate", "--tracks", str(tracks), "--truth", str(truth), *words]) == code
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return json.loads(said.out) if code == OK else said.err


def test_tracks_are_judged_and_the_parameters_printed(files, capsys):
    figures = judge(capsys, *files, "--gospa-c", "200", "--dimensions", "3")
    assert figures["rms_position_m"] == pytest.approx(74.5, abs=0.5)
    assert figures["completeness"] == 1.0
    assert figures["identity"]["correct"] == 1.0
    assert figures["parameters"]["gospa_c_m"] == 200
    assert figures["parameters"]["dimensions"] == 3


def test_people_get_a_table_with_the_parameters_on_stderr(files, capsys):
    main(["evaluate", "--tracks", str(files[0]), "--truth", str(files[1]), "--start", "0"])
    said = capsys.readouterr().err
    assert "GOSPA, mean" in said
    assert "gospa_c_m 1,000" in said


def test_foreign_names_words_and_dates_in_csv_make_the_same_judgement(files, tmp_path, capsys):
    ours = tracks_table()
    iso = [f"2023-11-14T{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}Z" for s in
           (np.asarray(ours["time_s"]) % 86_400).astype(int)]  # fmt: skip
    theirs = pa.table(
        {
            "when": iso,
            "flight": [f"XY{n}" for n in ours["track"].to_pylist()],
            "latitude": ours["lat_deg"],
            "longitude": ours["lon_deg"],
            "icao": [f"{icao:06x}" for icao in ours["icao"].to_pylist()],
        }
    )
    pa.csv.write_csv(theirs, tmp_path / "theirs.csv")
    names = "time_s=when,track=flight,lat_deg=latitude,lon_deg=longitude"
    found = judge(capsys, tmp_path / "theirs.csv", files[1], "--columns", names)
    assert found["rms_position_m"] == pytest.approx(
        judge(capsys, *files)["rms_position_m"], abs=0.2
    )
    assert found["identity"]["correct"] == 1.0


def test_a_semicolon_separates_too(files, tmp_path, capsys):
    path = tmp_path / "truth.csv"
    options = pa.csv.WriteOptions(delimiter=";")
    pa.csv.write_csv(truth_table(), path, options)
    assert judge(capsys, files[0], path)["completeness"] == 1.0


def test_a_failed_requirement_changes_the_exit_code_only_when_strict(files, tmp_path, capsys):
    pq.write_table(tracks_table(beside_deg=0.01), files[0])
    figures = judge(capsys, *files, "--requirements", "surveillance-5nm")
    checks = figures["requirements"]["surveillance-5nm"]["checks"]
    assert {"position_rms": "fail"}.items() <= {c["name"]: c["verdict"] for c in checks}.items()
    words = [str(files[0]), "--truth", str(files[1]), "--requirements", "surveillance-5nm"]
    assert main(["evaluate", "--tracks", *words, "--strict"]) == FAILED
    assert json.loads(capsys.readouterr().out)["requirements"]


def test_the_report_is_one_file_that_names_both_files(files, tmp_path, capsys):
    path = tmp_path / "report.html"
    judge(capsys, *files, "--html", str(path))
    text = path.read_text("utf-8")
    assert "tracks.parquet judged by truth.parquet" in text
    assert text.count("<svg") >= 6
    assert len(text) < 3_000_000


def test_without_matplotlib_the_report_is_refused_before_any_work(files, monkeypatch, capsys):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(plots, "import_module", missing)
    said = judge(capsys, *files, "--html", "report.html", code=MISSING_EXTRA)
    assert "skypact[plots]" in said


def test_a_missing_column_is_named_with_the_way_to_rename(files, tmp_path, capsys):
    pq.write_table(truth_table(), files[0])
    said = judge(capsys, *files, code=FAILED)
    assert "track" in said
    assert "--columns" in said


def test_a_foreign_name_that_is_not_there_is_wrong_usage(files, capsys):
    said = judge(capsys, *files, "--columns", "track=number", code=USAGE)
    assert "track=number" in said
    assert "lat_deg" in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--gospa-alpha", "3"], "--gospa-alpha"),
        (["--dimensions", "4"], "--dimensions"),
        (["--gospa-p", "0.5"], "--gospa-p"),
        (["--gospa-p", "400"], "--gospa-p: expected `float` <= 4.0, got 400"),
        (["--ospa-p", "1000"], "--ospa-p: expected `float` <= 4.0, got 1000"),
        (["--gospa-c", "1e200"], "--gospa-c: expected"),
        (["--gospa-c", "1e-200"], "--gospa-c: expected"),
        (["--tgospa-gamma", "1e200"], "--tgospa-gamma: expected"),
        (["--tgospa-gamma", "1e9"], "--tgospa-gamma: expected `float` <= 10000000.0, got 1e+09"),
        (["--ospa-c", "1e200"], "--ospa-c: expected"),
        (["--ospa2-window", "1e300"], "--ospa2-window: expected"),
        (["--requirements", "none"], "surveillance-5nm"),
        (["--start", "noon"], "2024-11-21T04:00:00"),
        (["--columns", "track"], "OURS=THEIRS"),
        (["--union", "union.toml"], "union.toml"),
    ],
)
def test_a_wrong_flag_exits_2_and_is_named(files, words, told, capsys):
    assert told in judge(capsys, *files, *words, code=USAGE)


def test_a_flat_scene_and_the_earth_are_not_mixed(files, tmp_path, capsys):
    truth = truth_table()
    flat = truth.rename_columns(
        [{"lat_deg": "y_m", "lon_deg": "x_m"}.get(name, name) for name in truth.column_names]
    )
    pq.write_table(flat, files[1])
    said = judge(capsys, *files, code=FAILED)
    assert "one frame" in said


def test_no_time_in_common_tells_both_spans(files, capsys):
    tracks = tracks_table()
    later = pa.array(np.asarray(tracks["time_s"]) + 86_400.0)
    pq.write_table(tracks.set_column(0, "time_s", later), files[0])
    said = judge(capsys, *files, code=FAILED)
    assert "2023-11-14" in said
    assert "2023-11-15" in said


def test_a_table_without_tracks_is_a_picture_that_misses_everything(files, capsys):
    pq.write_table(tracks_table().slice(0, 0), files[0])
    found = judge(capsys, *files)
    assert found["completeness"] == 0.0
    assert found["gospa"]["missed"] == found["gospa"]["rms"] > 0.0
    assert found["rms_position_m"] is None


def test_an_empty_and_a_broken_file_are_told(files, tmp_path, capsys):
    empty = files[0].with_suffix(".csv")
    empty.write_text("a,b\n")
    assert "empty table" in judge(capsys, empty, files[1], code=FAILED)
    files[0].write_bytes(b"PAR1 no more")
    assert "expected a table" in judge(capsys, *files, code=FAILED)


@pytest.mark.recordings
def test_a_recorded_cat062_is_perfect_when_judged_by_itself(data_dir, tmp_path, capsys):
    """An area-control tracker's half hour: 372 track numbers, of which 37 come back."""
    from skypact.cli.intake import Intake
    from skypact.record.judged import tracks_from_reports
    from skypact.record.tables import truth_to_arrow

    path = data_dir / "asterix" / "jade_cat062.ff"
    judged = tracks_from_reports(Intake(None).read([path], None), "jade")
    assert len(np.unique(judged.rows.track)) == 372 + 37
    table = judged.rows
    from skypact.model.truth import TruthRows

    truth = TruthRows(
        table.time_s, table.track.astype(np.int32), table.lat_rad, table.lon_rad, table.altitude_m,
        table.vn_mps, table.ve_mps, table.vu_mps, table.icao, table.baro_altitude_m,
        table.target_class,
    )  # fmt: skip
    pq.write_table(truth_to_arrow(truth), tmp_path / "truth.parquet")
    figures = judge(capsys, path, tmp_path / "truth.parquet")
    assert figures["rms_position_m"] == pytest.approx(0.0, abs=1.0)
    assert figures["data"]["tracks"] == 409


@pytest.mark.recordings
def test_recorded_trajectories_serve_as_truth(data_dir, tmp_path, capsys):
    path = data_dir / "traffic" / "england_20min.csv"
    from skypact.record.judged import read_truth

    truth = read_truth(path, {}).rows
    rows = pa.table(
        {
            "time_s": truth.time_s,
            "track": truth.target,
            "lat_deg": np.degrees(truth.lat_rad) + 0.001,
            "lon_deg": np.degrees(truth.lon_rad),
        }
    )
    pq.write_table(rows, tmp_path / "tracks.parquet")
    figures = judge(capsys, tmp_path / "tracks.parquet", path)
    assert figures["data"]["objects"] == 84
    assert figures["rms_position_m"] == pytest.approx(111.2, rel=0.01)


def test_simulated_reports_bring_floors_and_raw_errors(tmp_path, capsys):
    """The crossing scene through simulator, tracker and judgement."""
    scene, run = tmp_path / "scene", tmp_path / "run"
    assert main(["simulate", "crossing", "--seed", "3", "--out", str(scene)]) == OK
    given = ["--union", str(scene / "union.toml")]
    reports = str(scene / "reports.parquet")
    assert main(["replay", reports, *given, "--out", str(run)]) == OK
    capsys.readouterr()
    paths = run / "tracks.parquet", scene / "truth.parquet"
    figures = judge(capsys, *paths, "--reports", reports, *given, "--gospa-c", "500")
    floors = figures["floors"]
    assert floors["bound_position_rms_m"] < floors["clairvoyant_position_rms_m"]
    assert floors["clairvoyant_position_rms_m"] <= floors["settled"]["position_rms_m"]
    assert floors["raw_position_rms_m"] > floors["clairvoyant_position_rms_m"]


@pytest.fixture(scope="module")
def crossing(tmp_path_factory):
    """Files of the flat scene `crossing` and, for tracks, its truth."""
    folder = tmp_path_factory.mktemp("crossing")
    assert main(["simulate", "crossing", "--seed", "1", "--out", str(folder)]) == OK
    table = pq.read_table(folder / "truth.parquet")
    names = ["track" if name == "target" else name for name in table.column_names]
    pq.write_table(table.rename_columns(names), folder / "tracks.parquet")
    return folder


def flat_words(folder):
    return (folder / "tracks.parquet", folder / "truth.parquet", "--reports",
            str(folder / "reports.parquet"), "--union", str(folder / "union.toml"))  # fmt: skip


def test_a_flat_scenario_without_motion_noise_leaves_the_trackers_model(crossing, capsys):
    figures = judge(capsys, *flat_words(crossing), "--scenario", "crossing")
    assert figures["floors"]["settings"]["bound_motion"] == "tracker's steady flight"


def test_a_flat_scenarios_model_reaches_the_floors_from_the_command_line(crossing, capsys):
    figures = judge(capsys, *flat_words(crossing), "--scenario", "vo-linear")
    assert figures["floors"]["settings"]["bound_motion"] == "the scene's model"
    assert figures["floors"]["settings"]["bound_accel"] == 5.0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--scenario", "crossing"], "--scenario: expected with --reports"),
        (None, "--scenario: expected a scenario with frame = "),
    ],
)
def test_a_scenario_that_cannot_serve_is_refused(crossing, capsys, words, message):
    given = words or [*flat_words(crossing)[2:], "--scenario", "border"]
    files = flat_words(crossing)[:2]
    assert message in judge(capsys, *files, *given, code=USAGE)
