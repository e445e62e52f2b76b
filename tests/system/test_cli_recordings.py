"""The command line on real recordings: counts, files, sites, interruption, equal pictures."""

import json
import os
import signal
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from skypact.cli import FAILED, OK, main

pytestmark = pytest.mark.recordings

HOUR = "230502-est-080001_BCN_60MN_08_09.ast"
HOUR_OPTIONS = ["--date", "2023-05-02", "--site", "20/129=41.300702,2.102058,76.7"]
"""Site of the recordings' README; 27.25 m taken as above the sea, the geoid at 49.5 m."""

RECORDS = {
    "201002-lebl-080001_smr.ast": {"010": 52_659},
    "201002-lebl-080001_mlat.ast": {"010": 116_308},
    HOUR: {"048": 44_085},
    "jade_cat062.ff": {"062": 22_396, "065": 6_057, "063": 5_772},
    "jahorina_cat034_048.raw": {"048": 2_099, "034": 20},
    "artas_cat062.ff": {"062": 346, "065": 203, "063": 24},
    "seven_radars_two_lans.pcap": {"048": 128, "034": 34},
    "oradis_cat001_002.pcap": {"001": 7, "002": 1},
    "mixed_unknown_categories.pcap": {
        "062": 150, "048": 18, "034": 11, "063": 6, "065": 3, "003": 150, "004": 1, "000": 1,
    },
    "cat_062_065.pcap": {"062": 2, "065": 1},
    "small_simulated.pcapng": {"048": 62, "034": 30},
}  # fmt: skip
"""As counted by two independent decoders (README of the recordings)."""


def run(capsys, *words: str) -> tuple[int, dict, str]:
    """Run in this process; exit code, JSON object, words."""
    code = main(list(words))
    captured = capsys.readouterr()
    return code, json.loads(captured.out) if captured.out else {}, captured.err


def start(*words: str) -> subprocess.Popen[str]:
    code = "import sys; from skypact.cli import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("name", RECORDS)
def test_decode_counts_every_record(name, data_dir, capsys):
    code, summary, _ = run(capsys, "decode", str(data_dir / "asterix" / name), "--json")
    assert code == OK
    assert summary["records"] == RECORDS[name]
    assert summary["reports"] == sum(s["reports"] for s in summary["sensors"].values())


def test_an_edition_that_is_not_known_is_refused_and_said_so(data_dir, capsys):
    path = str(data_dir / "asterix" / "old_cat062_edition.pcap")
    code, summary, words = run(capsys, "decode", path, "--json")
    assert code == FAILED
    assert summary["reports"] == 0
    assert "edition" in words


def test_decode_writes_the_reports(data_dir, tmp_path, capsys):
    path, out = data_dir / "asterix" / "small_simulated.pcapng", tmp_path / "reports.parquet"
    code, summary, _ = run(capsys, "decode", str(path), "--json", "--out", str(out))
    table = pq.read_table(out)
    assert code == OK
    assert table.num_rows == summary["reports"] == 62
    assert table["time_s"].to_pylist()[0] == pytest.approx(summary["first_time_s"], abs=1.0)
    assert set(table["sensor"].to_pylist()) == {"0/1"}


def test_several_inputs_are_one_recording(data_dir, capsys):
    folder = data_dir / "asterix"
    names = ["oradis_cat001_002.pcap", "cat_062_065.pcap", "jahorina_cat034_048.raw"]
    code, summary, _ = run(capsys, "decode", *(str(folder / n) for n in names), "--json")
    assert code == OK
    assert summary["records"] == {"001": 7, "002": 1, "062": 2, "065": 1, "048": 2099, "034": 20}


def test_one_unreadable_input_among_good_ones_is_counted(data_dir, tmp_path, capsys):
    (tmp_path / "empty.ast").write_bytes(b"")
    good = data_dir / "asterix" / "cat_062_065.pcap"
    code, summary, words = run(capsys, "decode", str(tmp_path / "empty.ast"), str(good), "--json")
    assert code == OK
    assert summary["errors"]["unreadable"] == 1
    assert "empty" in words


def test_a_recording_cut_anywhere_is_counted_and_never_fails(data_dir, tmp_path, capsys):
    for name in ("seven_radars_two_lans.pcap", "artas_cat062.ff", "oradis_cat001_002.pcap"):
        content = (data_dir / "asterix" / name).read_bytes()
        for share in (0.31, 0.62, 0.93):
            path = tmp_path / name
            path.write_bytes(content[: int(len(content) * share)])
            code, summary, words = run(capsys, "decode", str(path), "--json")
            assert code == (OK if summary["sensors"] else FAILED)
            assert "internal error" not in words


def test_replay_of_a_radar_hour_leaves_its_files(data_dir, tmp_path, capsys):
    words = ["replay", str(data_dir / "asterix" / HOUR), *HOUR_OPTIONS, "--out", str(tmp_path)]
    process = start(*words)
    out, err = process.communicate(timeout=250)
    summary = json.loads(out)
    assert process.returncode == OK, err
    assert json.loads((tmp_path / "summary.json").read_text()) == summary
    tracks = pq.read_table(tmp_path / "tracks.parquet")
    assert len(set(tracks["track"].to_pylist())) == summary["tracks"]
    assert summary["records"] == {"048": 44_085}
    assert summary["counts"]["unusable"] == 172, "coasts are never measurements"


def test_the_picture_does_not_depend_on_the_speed(data_dir, capsys):
    path = str(data_dir / "asterix" / "small_simulated.pcapng")
    site = ["--site", "0/1=45.0,9.0,100"]
    _, at_once, _ = run(capsys, "replay", path, *site)
    _, again, _ = run(capsys, "replay", path, *site)
    _, paced, _ = run(capsys, "replay", path, *site, "--speed", "25")
    assert at_once["tracks"] > 0
    assert at_once["picture_hash"] == again["picture_hash"] == paced["picture_hash"]


def test_reports_from_a_table_give_the_tracks_of_the_bytes(data_dir, tmp_path, capsys):
    path, table = str(data_dir / "asterix" / "small_simulated.pcapng"), tmp_path / "r.parquet"
    site = ["--site", "0/1=45.0,9.0,100"]
    _, by_bytes, _ = run(capsys, "replay", path, *site)
    run(capsys, "decode", path, "--out", str(table))
    code, by_table, _ = run(capsys, "replay", str(table), *site)
    assert code == OK
    assert by_table["tracks"] == by_bytes["tracks"]
    assert by_table["reports"] == by_bytes["reports"]


def test_a_radar_without_a_site_is_named_with_the_remedy(data_dir, capsys):
    code, summary, words = run(capsys, "replay", str(data_dir / "asterix" / HOUR))
    assert code == OK
    assert "--site 20/129=LAT,LON,HEIGHT_M" in words
    assert summary["errors"]["no_site"] == 44_085 - 172
    assert summary["tracks"] == 0


def test_another_trackers_tracks_are_tracks(data_dir, tmp_path, capsys):
    """It tells of 78 objects (I062/040), of 77 at least three times, 76 of them with an address."""
    path = str(data_dir / "asterix" / "artas_cat062.ff")
    words = ["--date", "2020-01-01", "--out", str(tmp_path)]
    code, summary, said = run(capsys, "replay", path, *words)
    assert code == OK
    counts = summary["counts"]
    assert (counts["tracked"], counts["unusable"], summary["confirmed"]) == (345, 1, 77)
    assert "346 reports are other trackers' tracks" in said
    tracks = pq.read_table(tmp_path / "tracks.parquet")
    sure = tracks.filter(tracks["confirmed"]).select(["track", "icao"]).to_pylist()
    named = {(row["track"], row["icao"]) for row in sure if row["icao"] >= 0}
    assert len(named) == len({icao for _, icao in named}) == len({n for n, _ in named}) == 76


def test_withheld_addresses_are_not_in_the_tracks(data_dir, tmp_path, capsys):
    path = str(data_dir / "asterix" / "jahorina_cat034_048.raw")
    words = ["--withhold", "icao,callsign", "--site", "23/2=43.73,18.55,1900"]
    code, _, _ = run(capsys, "replay", path, *words, "--out", str(tmp_path))
    tracks = pq.read_table(tmp_path / "tracks.parquet")
    assert code == OK
    assert tracks.num_rows > 0
    assert set(tracks["icao"].to_pylist()) == {-1}
    assert set(tracks["callsign"].to_pylist()) == {None}


@pytest.mark.skipif(os.name != "posix", reason="signals as on Unix")
def test_a_served_replay_ends_on_interrupt_with_exit_code_0(data_dir):
    path = str(data_dir / "asterix" / "small_simulated.pcapng")
    process = start("replay", path, "--site", "0/1=45.0,9.0,100", "--serve", "--port", "0")
    line = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert json.loads(line)["records"] == {"048": 62, "034": 30}
    assert process.returncode == OK, err
    assert "map at http://127.0.0.1:" in err
    assert "Traceback" not in err
