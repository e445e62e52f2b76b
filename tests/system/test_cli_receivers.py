"""The command line on receivers' files, made here: what a person with a receiver does."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.naive import made_frames as made
from tests.naive.streams import avr_message, beast_message

from skypact.cli import FAILED, OK, USAGE, main

T0 = 1_732_161_600
UNION = """
[[sensor]]
name = "north"
kind = "adsb"
lat = 50.2
lon = 8.3
height_m = 150
format = "beast"
"""


def run(capsys, *words):
    """Exit code, JSON object, words for people."""
    code = main([str(word) for word in words])
    captured = capsys.readouterr()
    return code, json.loads(captured.out) if captured.out else {}, captured.err


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two receivers' recordings of three aircraft, 40 s long, and a snapshot."""
    folder = tmp_path_factory.mktemp("receivers")
    rows = made.flights(3, 40.0)
    beast = b"".join(beast_message(f, 1_000_000 + t * 12 // 1000) for f, t in rows)
    (folder / "north.beast").write_bytes(beast)
    lines = [json.dumps({"timestamp": T0 + t * 1e-9, "frame": f.hex()}) for f, t in rows]
    (folder / "south.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "west.avr").write_bytes(b"".join(avr_message(f) for f, _ in rows))
    plane = {"hex": "400000", "lat": 50.0, "lon": 8.0, "seen_pos": 0.2, "alt_baro": 30000}
    (folder / "aircraft.json").write_text(json.dumps({"now": T0, "aircraft": [plane]}))
    (folder / "union.toml").write_text(UNION)
    return folder


def test_decode_tells_what_a_beast_file_holds(folder, capsys, tmp_path):
    out = tmp_path / "reports.parquet"
    words = ("decode", folder / "north.beast", "--date", "2024-11-21", "--json", "--out", out)
    code, summary, _ = run(capsys, *words)
    assert code == OK
    assert summary["records"] == {"DF17": 504}
    assert summary["reports"] == 234
    assert summary["sensors"] == {"north": {"reports": 234, "clock_offset_s": 0.0}}
    assert summary["errors"] == {}
    assert T0 - 4 * 3600 < summary["first_time_s"] < T0
    table = pq.read_table(out)
    assert set(table["sensor"].to_pylist()) == {"north"}
    assert set(table["kind"].to_pylist()) == {"adsb"}
    assert sorted(set(table["callsign"].to_pylist())) == ["FLY0", "FLY1", "FLY2"]


def test_decode_reads_every_form_at_once_and_says_what_it_cannot_know(folder, capsys):
    names = ("north.beast", "south.jsonl", "west.avr", "aircraft.json")
    code, summary, words = run(capsys, "decode", *(folder / n for n in names), "--json")
    assert code == OK
    assert summary["records"] == {"DF17": 3 * 504, "aircraft.json": 1}
    assert set(summary["sensors"]) == {"north", "south", "west", "aircraft.json"}
    assert summary["errors"] == {"no_date": 1, "untimed": 504}
    assert "no date in the recording" in words
    assert "504 messages have no time" in words


def test_decode_of_a_table_of_reports_is_still_refused(folder, capsys, tmp_path):
    out = tmp_path / "reports.parquet"
    assert run(capsys, "decode", folder / "south.jsonl", "--out", out)[0] == OK
    code, _, words = run(capsys, "decode", out)
    assert code == USAGE
    assert "replay reads it" in words


def test_a_file_of_noise_has_no_record(capsys, tmp_path):
    path = tmp_path / "noise.jsonl"
    path.write_text('{"frame": "8d4840d6202cc371c32ce0576099"}\n' * 3)
    code, summary, words = run(capsys, "decode", path, "--json")
    assert code == FAILED
    assert summary["errors"] == {"bad_parity": 3, "untimed": 3}
    assert "no record found" in words


def test_two_receivers_of_one_sky_make_one_picture(folder, capsys, tmp_path):
    out = tmp_path / "run"
    words = ("replay", folder / "north.beast", folder / "south.jsonl", "--out", out)
    code, summary, _ = run(capsys, *words, "--union", folder / "union.toml", "--date", "2024-11-21")
    assert code == OK
    assert summary["reports"] == 2 * 234
    tracks = pq.read_table(out / "tracks.parquet").to_pydict()
    assert set(summary["sensors"]) == {"north", "south"}
    assert {x for x in tracks["icao"] if x >= 0} == {0x400000, 0x400001, 0x400002}
    # The one counts from midnight, the other from four o'clock: they never meet.
    assert summary["confirmed"] == 6


def test_a_receiver_alone_makes_a_track_of_each_aircraft(folder, capsys, tmp_path):
    code, summary, _ = run(capsys, "replay", folder / "south.jsonl", "--out", tmp_path / "run")
    assert code == OK
    assert (summary["tracks"], summary["confirmed"]) == (3, 3)
    assert summary["counts"]["tracked"] == 234
    rows = pq.read_table(tmp_path / "run" / "tracks.parquet").to_pydict()
    late = np.array(rows["time_s"]) > T0 + 20
    speed = np.hypot(np.array(rows["vn_mps"]), np.array(rows["ve_mps"]))[late]
    assert speed == pytest.approx(400 * 1852 / 3600, abs=3.0)
    assert {c for c in rows["callsign"] if c} == {"FLY0", "FLY1", "FLY2"}
