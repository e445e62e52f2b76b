"""``skypact replay`` of a flat scene: its own frame from the union file to the track table."""

import json

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest

from skypact.cli import OK, USAGE, main
from skypact.record.tables import reports_to_arrow, tracks_from_arrow
from skypact.record.union_file import union_to_toml
from skypact.simulate import FlatScene, load_flat_scenario


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The first 150 s of the crossing, seed 1, as `skypact simulate` leaves them, and the scene."""
    folder = tmp_path_factory.mktemp("crossing")
    shipped = load_flat_scenario("crossing")
    scene = FlatScene(msgspec.structs.replace(shipped, steps=30, empty_steps=0), 1)
    table = reports_to_arrow(scene.reports, [s.name for s in scene.sensors])
    pq.write_table(table, folder / "reports.parquet")
    (folder / "union.toml").write_text(union_to_toml(scene.union))
    return folder, scene


def replayed(folder, out, *more):
    names = [str(folder / name) for name in ("reports.parquet", "union.toml")]
    return main(["replay", names[0], "--union", names[1], "--out", str(out), *more])


def test_tracks_of_a_flat_scene_are_in_its_plane(kept, tmp_path, capsys):
    folder, scene = kept
    assert replayed(folder, tmp_path / "out") == OK
    summary = json.loads(capsys.readouterr().out)
    assert summary["reports"] == scene.reports.time_s.size
    table = pq.read_table(tmp_path / "out" / "tracks.parquet")
    assert {"x_m", "y_m", "vx_mps", "vy_mps"} <= set(table.column_names)
    rows, is_flat = tracks_from_arrow(table)
    assert is_flat
    for target in (1, 2):
        own = np.flatnonzero(scene.truth.target == target)[-5:]
        for row in own:
            now = (rows.time_s == scene.truth.time_s[row]) & (rows.confirmed == 1)
            dx = rows.lon_rad[now] - scene.truth.lon_rad[row]
            dy = rows.lat_rad[now] - scene.truth.lat_rad[row]
            dv = rows.ve_mps[now] - scene.truth.ve_mps[row]
            if dx.size and np.hypot(dx, dy).min() < 200.0:
                assert abs(dv[np.hypot(dx, dy).argmin()]) < 60.0
                break
        else:
            pytest.fail(f"no confirmed track within 200 m of target {target} in its last 5 scans")


def test_a_flat_scene_without_its_union_file_is_told_to_have_one(kept, capsys):
    """What cannot be given with --site is not asked for so."""
    assert main(["replay", str(kept[0] / "reports.parquet")]) == OK
    out, err = capsys.readouterr()
    assert json.loads(out)["errors"]["no_site"] > 100
    assert "give a union file with an entry of that name (--union FILE)" in err
    assert main(["doctor", str(kept[0] / "union.toml")]) == OK
    assert "site of" not in capsys.readouterr().err


def test_wrong_ways_to_smooth_are_told_before_anything_is_read(kept, tmp_path, capsys):
    path = str(kept[0] / "reports.parquet")
    assert main(["replay", path, "--smooth"]) == USAGE
    words = ["--smooth", "--out", str(tmp_path), "--checkpoint", str(tmp_path / "state")]
    assert main(["replay", path, *words]) == USAGE
    assert "cannot be placed" not in capsys.readouterr().err


def test_a_flat_scene_is_not_served_on_a_map(kept, tmp_path, capsys):
    assert replayed(kept[0], tmp_path / "out", "--serve") == USAGE
    assert 'expected a union file with frame = "earth", got "flat"' in capsys.readouterr().err


def test_a_sensor_without_a_place_in_the_plane_is_named(kept, tmp_path, capsys):
    folder, scene = kept
    other = msgspec.structs.replace(scene.sensors[0], name="another", sic=9)
    text = union_to_toml(msgspec.structs.replace(scene.union, sensor=(other,)))
    (tmp_path / "union.toml").write_text(text)
    words = ["replay", str(folder / "reports.parquet"), "--union", str(tmp_path / "union.toml")]
    assert main(words) == USAGE
    assert "sensor radar of the reports: expected an entry in the union" in capsys.readouterr().err


def test_a_replay_kept_and_resumed_is_the_whole_replay(kept, tmp_path, capsys):
    """Two files with the seam inside a batch; then the first part again with the whole table."""
    folder, _ = kept
    table = pq.read_table(folder / "reports.parquet")
    order = np.argsort(table["received_ns"].to_numpy(), kind="stable")
    union = ["--union", str(folder / "union.toml")]
    at = table.num_rows // 2 + 1
    for name, rows in (("first", order[:at]), ("rest", order[at:]), ("whole", order)):
        pq.write_table(table.take(rows), tmp_path / f"{name}.parquet")

    def run(name, *more):
        out = ["--out", str(tmp_path / name), *more]
        assert main(["replay", str(tmp_path / f"{name}.parquet"), *union, *out]) == OK
        summary = json.loads(capsys.readouterr().out)
        return summary, pq.read_table(tmp_path / name / "tracks.parquet")

    whole, tracks = run("whole")
    state = str(tmp_path / "state")
    first, before = run("first", "--checkpoint", state)
    rest, after = run("rest", "--resume", state)
    assert rest["picture_hash"] == whole["picture_hash"] != first["picture_hash"]
    assert before.num_rows + after.num_rows == tracks.num_rows
    assert rest["counts"] == whole["counts"]
    again, _ = run("whole", "--resume", state)
    assert again["picture_hash"] == whole["picture_hash"]


@pytest.mark.parametrize("content", [b"", b"PAR1PAR1", b"SKYPACT\n" + bytes(90)])
def test_what_is_no_checkpoint_is_told_of(kept, tmp_path, capsys, content):
    path = tmp_path / "state"
    path.write_bytes(content)
    assert replayed(kept[0], tmp_path / "out", "--resume", str(path)) != OK
    assert "checkpoint" in capsys.readouterr().err
