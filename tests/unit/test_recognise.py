"""Files of receivers are known by their content; ASTERIX stays ASTERIX."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.naive import framed_bytes
from tests.naive import made_frames as made
from tests.naive.streams import avr_message, beast_message

from skypact.cli.receivers import Receivers, format_of
from skypact.config import Sensor, Union
from skypact.decode.feeds import octets_of
from skypact.decode.recognise import FORMATS, open_feed, recognise
from skypact.record.frame_table import frames_from_arrow

FRAMES = [made.position(0x4B1A2B, 50.0, 8.0 + 0.0015 * i, i % 2) for i in range(8)]
BEAST = b"".join(beast_message(f, 12_000_000 + 6_000_000 * i) for i, f in enumerate(FRAMES))
AVR = b"".join(map(avr_message, FRAMES))
JSON_LINES = b"\n".join(
    json.dumps({"timestamp": 1.7e9 + 0.5 * i, "frame": f.hex()}).encode()
    for i, f in enumerate(FRAMES)
)
SBS = b"MSG,3,1,1,4B1A2B,1,2024/11/21,04:00:00,2024/11/21,04:00:00,,3500,,,50,8,,,,,,0\r\n"
SNAPSHOT = b'{ "now" : 1732161600.0,\n  "messages" : 1,\n  "aircraft" : [ ] }'
DRONE = b'{"mac":"aa","uav latitude":51.5,"uav longitude":-0.12,"seconds":5}\n'
CSV = b"1457996400,8D406B909945DE10000405999BE4,406B90\n"


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (BEAST, "beast"), (b"tail" + BEAST, "beast"), (AVR, "avr"), (AVR[9:], None),
        (JSON_LINES, "frames"), (CSV, "frames"), (b"time,frame\n" + CSV, "frames"), (SBS, "sbs"),
        (SNAPSHOT, "aircraft.json"), (DRONE, "remoteid"), (b"", None), (b"hello", None),
        (b"{}", None), (b'{"a": 1}\n', None), (framed_bytes.plots(), None), (b"*4;\n", None),
        (framed_bytes.final([framed_bytes.plots()]), None), (framed_bytes.pcapng([]), None),
        (b"\x1a3" + bytes(400), None), (bytes(1000), None),
    ],
)  # fmt: skip
def test_the_content_tells_the_form(data, form):
    assert recognise(octets_of(data)) == form


@pytest.mark.recordings
def test_no_asterix_recording_is_taken_for_a_receivers(data_dir):
    assert {format_of(path) for path in (data_dir / "asterix").iterdir()} == {None}


def test_the_suffix_tells_where_the_content_does_not():
    assert recognise(octets_of(b"\x1a3" + bytes(5)), ".beast") == "beast"
    assert recognise(octets_of(b"\x1a3" + bytes(5)), ".bin") is None


def test_every_form_has_its_feed():
    for form in FORMATS:
        heard = open_feed(form).feed(octets_of(b""))
        assert heard.reports.time_s.size == 0
        assert heard.records == {}


def test_a_compressed_file_is_opened_and_a_broken_one_told(tmp_path):
    path = tmp_path / "north.jsonl.gz"
    path.write_bytes(gzip.compress(JSON_LINES))
    receivers = Receivers(None, None)
    assert format_of(path) == "frames"
    ((name, _), (_, last)) = receivers.read([(path, "frames")])
    assert name == "north"
    assert last.records == {"DF17": 1}  # the last line has no end
    path.write_bytes(gzip.compress(JSON_LINES)[:-20])
    receivers = Receivers(None, None)
    ((_, heard),) = receivers.read([(path, "frames")])
    assert heard.records == {}
    assert "whole gzip file" in str(receivers.unreadable[0])


def test_a_table_of_frames_is_a_recording(tmp_path):
    times = pa.array([1_700_000_000_000_000_000, None], pa.timestamp("ns", "UTC"))
    table = pa.table({"rawmsg": [FRAMES[0].hex(), "x"], "mintime": times})
    pq.write_table(table, tmp_path / "north.parquet")
    assert format_of(tmp_path / "north.parquet") == "frames"
    frames, errors = frames_from_arrow(table)
    assert frames.received_ns.tolist() == [1_700_000_000_000_000_000]
    assert errors == {"no_frame": 1}
    seconds = pa.table({"frame": [FRAMES[0].hex()] * 3, "time": [1.5, None, 1e300]})
    assert frames_from_arrow(seconds)[0].received_ns.tolist() == [1_500_000_000, -1, -1]
    pq.write_table(pa.table({"time_s": [1.0]}), tmp_path / "reports.parquet")
    assert format_of(tmp_path / "reports.parquet") is None
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    assert format_of(tmp_path / "bad.parquet") is None


def test_a_union_file_says_whose_recording_it_is(tmp_path):
    union = Union(
        sensor=(
            Sensor(name="north", kind="adsb", lat=50.0, lon=8.0),
            Sensor(name="roof", kind="adsb", format="beast"),
        )
    )
    receivers = Receivers(union, None)
    assert receivers.name_of(tmp_path / "north.avr", "avr") == "north"
    assert receivers.name_of(tmp_path / "dump.bin", "beast") == "roof"
    assert receivers.name_of(tmp_path / "south.avr", "avr") == "south"
    assert receivers.name_of(tmp_path / "history_1.json", "aircraft.json") == "aircraft.json"


def test_snapshots_of_many_files_are_of_one_receiver_in_order(tmp_path):
    plane = {"hex": "4b1a2b", "lat": 50.0, "lon": 8.0, "seen_pos": 0.1}
    paths = []
    for i, now in enumerate((1.7e9 + 60, 1.7e9, 1.7e9 + 30)):
        path = tmp_path / f"history_{i}.json"
        path.write_text(json.dumps({"now": now, "aircraft": [plane | {"lat": 50 + i}]}))
        paths.append((path, "aircraft.json"))
    receivers = Receivers(None, None)
    times = [r for _, heard in receivers.read(paths) for r in heard.reports.time_s.tolist()]
    assert times == pytest.approx([1.7e9 - 0.1, 1.7e9 + 29.9, 1.7e9 + 59.9])
    assert [s.name for s in receivers.seen] == ["aircraft.json"]
    assert receivers.seen[0].period_s == pytest.approx(30.0)
