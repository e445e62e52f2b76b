"""`skypact simulate` leaves a folder that every other command reads."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from skypact.cli import FAILED, OK, USAGE, main
from skypact.config import union_from_toml

SECONDS = 12.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("border")
    words = ["simulate", "border", "--seed", "4", "--seconds", str(SECONDS), "--out", str(out)]
    assert main(words) == OK
    return out


def summary(capsys) -> dict:
    return json.loads(capsys.readouterr().out)


def test_the_folder_holds_truth_reports_union_biases_and_bytes(folder):
    names = {"truth.parquet", "reports.parquet", "union.toml", "biases.json", "feeds.pcapng"}
    names |= {"events.jsonl"}
    assert {path.name for path in folder.iterdir()} == names
    assert len(union_from_toml((folder / "union.toml").read_text("utf-8")).sensor) == 10


def test_the_same_seed_gives_the_same_bytes_in_every_file(folder, tmp_path):
    words = ["simulate", "border", "--seed", "4", "--seconds", str(SECONDS), "--out", str(tmp_path)]
    assert main(words) == OK
    for path in folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_decoding_the_bytes_gives_the_reports_but_for_their_origin(folder, tmp_path):
    out = tmp_path / "decoded.parquet"
    assert main(["decode", str(folder / "feeds.pcapng"), "--out", str(out)]) == OK
    ours, decoded = pq.read_table(folder / "reports.parquet"), pq.read_table(out)
    assert ours.num_rows == decoded.num_rows > 5_000
    for name in ("time_s", "received_ns", "range_m", "lat_deg", "icao", "mode3a"):
        a, b = (table[name].to_numpy() for table in (ours, decoded))
        assert np.array_equal(a, b, equal_nan=name in ("range_m", "lat_deg")), name


def test_every_report_of_an_address_comes_from_the_target_that_has_it(folder):
    table = pq.read_table(folder / "truth.parquet", columns=["target", "icao"])
    owner = dict(zip(table["icao"].to_pylist(), table["target"].to_pylist(), strict=True))
    reports = pq.read_table(folder / "reports.parquet", columns=["icao", "target"])
    pairs = set(zip(reports["icao"].to_pylist(), reports["target"].to_pylist(), strict=True))
    named = {(icao, target) for icao, target in pairs if icao >= 0}
    assert len(named) > 200
    assert all(owner[icao] == target for icao, target in named)


def test_clutter_has_no_target(folder):
    reports = pq.read_table(folder / "reports.parquet", columns=["target", "kind"])
    kinds = {
        kind
        for kind, target in zip(
            reports["kind"].to_pylist(), reports["target"].to_pylist(), strict=True
        )
        if target < 0
    }
    assert kinds == {"psr"}


def test_a_flat_scene_is_replayed_in_its_plane(tmp_path, capsys):
    scene, run = tmp_path / "scene", tmp_path / "run"
    assert main(["simulate", "crossing", "--seed", "2", "--out", str(scene)]) == OK
    assert summary(capsys)["targets"] == 2
    words = [str(scene / "reports.parquet"), "--union", str(scene / "union.toml")]
    assert main(["replay", *words, "--out", str(run)]) == OK
    assert summary(capsys)["confirmed"] >= 2
    assert {"x_m", "y_m", "vx_mps"} <= set(pq.read_schema(run / "tracks.parquet").names)


def test_recorded_trajectories_are_found_beside_the_scenario(tmp_path, capsys):
    (tmp_path / "mine.csv").write_text("nothing\n")
    (tmp_path / "mine.toml").write_text(
        '[[recorded]]\nfile = "mine.csv"\n[[sensor]]\nname = "A"\nlat = 48.0\nlon = 16.0\n'
        "height_m = 500.0\n"
    )
    assert main(["simulate", str(tmp_path / "mine.toml"), "--out", str(tmp_path / "o")]) != OK
    assert "mine.csv" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("colour = 1\n", ("colour = 1",)),
        ('[[sensor]]\nname = "A"\nsigma_range_m = -1.0\n', ("sensor[0].sigma_range_m", "-1.0")),
        ('[[sensor]]\nname = "A"\nlat = 1.0\nlon = 1.0\nheight_m = -50.0\n', ("sea", "-50")),
    ],
)
def test_a_wrong_scenario_file_exits_2_with_key_value_and_range(tmp_path, capsys, text, parts):
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    assert main(["simulate", str(path), "--out", str(tmp_path / "out")]) == USAGE
    told = capsys.readouterr().err
    assert "wrong.toml" in told
    assert all(part in told for part in parts)


SITE = '[[sensor]]\nname = "A"\nlat = 48.0\nlon = 16.0\nheight_m = 500.0\n'


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            SITE + "[[radar.A.reflector]]\nrange_m = 2000.0\nazimuth_deg = 90.0\n"
            "facing_deg = 90.0\nwidth_deg = 5.0\n",
            ("radar.A.reflector[0].facing_deg", "within 90 degrees of 270", "got 90"),
        ),
        (
            SITE + "[fault.A]\noutage = [[50.0, 40.0]]\n",
            ("fault.A.outage[0]", "after the start 50", "got 40"),
        ),
        (
            SITE.replace("lat", 'kind = "mlat"\nlat') + "[[mlat.A.station]]\nlat = 48.0\n"
            "lon = 16.0\nheight_m = 200.0\n",
            ("mlat.A.station", "at least 4", "got 1"),
        ),
        (
            SITE + '[[gnss]]\nkind = "loss"\nlat = 48.0\nlon = 16.0\nradius_m = 5000.0\n'
            "start_s = 9.0\nend_s = 3.0\n",
            ("gnss[0].end_s", "after start_s 9", "got 3"),
        ),
    ],
)
def test_what_only_the_scene_finds_wrong_exits_2_and_names_the_file(tmp_path, capsys, text, parts):
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    assert main(["simulate", str(path), "--out", str(tmp_path / "out")]) == USAGE
    told = capsys.readouterr().err
    assert told.count(str(path)) == 1
    assert "scenario: " not in told
    assert all(part in told for part in parts)


def test_an_unknown_name_lists_the_scenarios(tmp_path, capsys):
    assert main(["simulate", "nowhere", "--out", str(tmp_path)]) == USAGE
    assert "border" in capsys.readouterr().err


def test_a_scale_scene_has_as_many_aircraft_as_its_name_says(tmp_path, capsys):
    assert main(["simulate", "scale-50", "--seconds", "2", "--out", str(tmp_path)]) == OK
    assert summary(capsys)["targets"] == 50


def test_more_than_a_week_is_refused(tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["simulate", "border", "--seconds", "604801", "--out", str(out)]) == USAGE
    assert "--seconds: expected at most 604,800 (a week), got 604801" in capsys.readouterr().err


@pytest.mark.parametrize("scenario", ["border", "crossing"])
def test_a_run_that_fails_leaves_no_half_files(tmp_path, capsys, monkeypatch, scenario):
    def fail(*_):
        assert {path.name for path in tmp_path.iterdir()} >= {"truth.part", "reports.part"}
        raise RuntimeError("broken")

    monkeypatch.setattr("skypact.record.simulated.SimulationFiles.append", fail)
    assert main(["simulate", scenario, "--out", str(tmp_path)]) == FAILED
    assert "broken" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
