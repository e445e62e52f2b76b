"""``--checkpoint`` and ``--resume`` on the command line: what differs or is wrong is told."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.naive import scenes
from tests.naive.scenes import Flight, plots, radar

from skypact.cli import FAILED, OK, USAGE, main
from skypact.config import Union
from skypact.model.reports import take_reports
from skypact.record.tables import reports_to_arrow
from skypact.record.union_file import union_to_toml
from skypact.units import NANOSECONDS

RADARS = (radar("1/1", sac=1, sic=1), radar("1/2", lat=48.6, lon=17.4, sac=1, sic=2))
FLIGHTS = (Flight(48.3, 16.2), Flight(47.8, 16.9, height_m=6_000.0, heading=300.0))
SITES = ("--site", "1/1=48,16,300", "--site", "1/2=48.6,17.4,300")
HALF_S = 20.0
AREA = """
[[tracking.area]]
name = "terminal"
outline = [[47.0, 15.0], [47.0, 18.0], [49.0, 18.0], [49.0, 15.0]]
[tracking.area.parameters]
manoeuvre_accel_psd = 90.0
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two halves of a recording and its union file."""
    place = tmp_path_factory.mktemp("resume")
    table, rng = scenes.sensors(*RADARS), np.random.default_rng(1)
    batch = scenes.merged(*(plots(table, s, FLIGHTS, 2 * HALF_S, rng) for s in (0, 1)))
    received = np.round((1.7e9 + batch.time_s + 0.1) * NANOSECONDS).astype(np.int64)
    batch = batch._replace(received_ns=received, time_s=batch.time_s + 1.7e9)
    first = batch.time_s < 1.7e9 + HALF_S
    for name, rows in (("one", first), ("two", ~first), ("all", first | ~first)):
        part = reports_to_arrow(take_reports(batch, rows), [r.name for r in RADARS])
        pq.write_table(part, place / f"{name}.parquet")
    (place / "union.toml").write_text(union_to_toml(Union(sensor=RADARS)))
    return place


def replayed(capsys, folder, *words):
    """Exit code, summary and words."""
    names = [str(folder / w) if w.endswith((".parquet", ".toml", ".state")) else w for w in words]
    code = main(["replay", *names])
    out, err = capsys.readouterr()
    return code, json.loads(out) if out else {}, err


def test_the_sites_of_the_run_before_hold(folder, capsys):
    """The second run is told no site: nothing is lost, and the picture is the whole one's."""
    _, whole, _ = replayed(capsys, folder, "all.parquet", *SITES)
    code, _, _ = replayed(capsys, folder, "one.parquet", *SITES, "--checkpoint", "sites.state")
    assert code == OK
    code, summary, err = replayed(capsys, folder, "two.parquet", "--resume", "sites.state")
    assert code == OK
    assert "site" not in err
    assert summary["errors"] == whole["errors"]
    assert summary["picture_hash"] == whole["picture_hash"]
    assert "changed" not in summary


def test_a_radar_without_a_site_after_resuming_is_told_and_counted(folder, capsys):
    one = ("one.parquet", *SITES[:2], "--checkpoint", "half.state")
    assert replayed(capsys, folder, *one)[0] == OK
    code, summary, err = replayed(capsys, folder, "two.parquet", "--resume", "half.state")
    assert code == OK
    assert "give --site 1/2=" in err
    assert summary["errors"]["no_site"] > 0


def test_what_is_set_up_otherwise_is_told_and_holds(folder, capsys):
    one = ("one.parquet", "--union", "union.toml", "--checkpoint", "sheet.state")
    assert replayed(capsys, folder, *one)[0] == OK
    text = (
        (folder / "union.toml").read_text().replace("sigma_range_m = 50.0", "sigma_range_m = 70.0")
    )
    other = folder / "other.toml"
    other.write_text(text + "[tracking.parameters]\ncoast_max_s = 60.0\n" + AREA)
    words = ("two.parquet", "--union", "other.toml", "--resume", "sheet.state")
    code, summary, err = replayed(capsys, folder, *words, "--no-registration")
    assert code == OK
    assert summary["changed"] == [
        "sensor 1/1: sigma_range_m was 50.0, is 70.0",
        "sensor 1/2: sigma_range_m was 50.0, is 70.0",
        "tracking: coast_max_s was 75.0, is 60.0",
        "registration: enabled was True, is False",
        "tracking.area terminal: there was none, is one now",
    ]
    assert "sigma_range_m was 50.0, is 70.0; the new value holds from here on" in err


def test_what_cannot_change_is_refused(folder, capsys):
    one = ("one.parquet", "--union", "union.toml", "--checkpoint", "room.state")
    assert replayed(capsys, folder, *one)[0] == OK
    other = folder / "room.toml"
    other.write_text((folder / "union.toml").read_text() + "[tracking.parameters]\ncapacity = 64\n")
    words = ("two.parquet", "--union", "room.toml", "--resume", "room.state")
    code, _, err = replayed(capsys, folder, *words)
    assert code == FAILED
    assert "room.state: expected capacity 4096 as in the checkpoint, got 64; set it" in err


def test_a_checkpoint_that_is_not_there_or_cannot_be_is_wrong_usage(folder, capsys):
    code, _, err = replayed(capsys, folder, "two.parquet", *SITES, "--resume", "none.state")
    assert code == USAGE
    assert "--resume: expected a file, found none at" in err
    assert "leave --resume out to begin anew" in err
    words = ("two.parquet", *SITES, "--checkpoint", "nowhere/at/all.state")
    code, _, err = replayed(capsys, folder, *words)
    assert code == USAGE
    assert "--checkpoint: expected a file in a folder that exists" in err


@pytest.mark.parametrize("content", [b"", b"SKYPACT\n" + bytes(80), b"other bytes" * 20])
def test_a_damaged_checkpoint_says_what_to_do(folder, capsys, content):
    (folder / "damaged.state").write_bytes(content)
    code, _, err = replayed(capsys, folder, "two.parquet", *SITES, "--resume", "damaged.state")
    assert code == FAILED
    assert "take another checkpoint, or leave it out and begin anew" in err
    assert "Errno" not in err


def test_inputs_that_were_taken_before_the_checkpoint_are_told(folder, capsys):
    all_of_it = ("all.parquet", *SITES, "--checkpoint", "end.state")
    assert replayed(capsys, folder, *all_of_it)[0] == OK
    code, _, err = replayed(capsys, folder, "one.parquet", *SITES, "--resume", "end.state")
    assert code == OK
    assert "reports of the inputs were taken before it" in err


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[tracking.parameters]\nno_such = 1\n", "no_such"),
        ("[tracking.parameters]\ngate = -1.0\n", "gate"),
        (AREA.replace("manoeuvre_accel_psd", "no_such"), "tracking.area terminal"),
    ],
)
@pytest.mark.parametrize("command", ["replay", "doctor"])
def test_a_wrong_parameter_of_the_tracker_names_the_file(folder, capsys, command, text, word):
    (folder / "wrong.toml").write_text((folder / "union.toml").read_text() + text)
    if command == "replay":
        code, _, err = replayed(capsys, folder, "one.parquet", "--union", "wrong.toml")
        assert code == USAGE
    else:
        assert main(["doctor", str(folder / "wrong.toml")]) == FAILED
        err = capsys.readouterr().err
    assert "wrong.toml: tracking" in err
    assert word in err
