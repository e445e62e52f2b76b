"""What we send, read by Wireshark's dissector: no malformed packet, and the same values.

Wireshark is a peer on the wire, used here as a program where it is installed. Its version 4.0 takes
I062/510 for five octets whatever it holds, and the height in I004/170 CPW for four octets (the
standard has two): what holds these is compared with libasterix alone.
"""

import shutil
import subprocess
import xml.etree.ElementTree as ET

import pytest
from tests.naive.track_rows import START_S, notes_of, rows_of

from skypact.decode.asterix.records import decode_block
from skypact.encode.cat004 import Alert, Party, alert_record
from skypact.encode.cat062 import track_records
from skypact.encode.cat063 import SensorState, sensor_records
from skypact.encode.cat065 import end_of_batch_record, service_record, status_record
from skypact.encode.datagrams import Sender, datagrams
from skypact.encode.pcapng import Line, file_header, packet_block

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")

SENDER = Sender(25, 100)
LINE = Line("out", (10, 0, 0, 1), (239, 255, 25, 100), 8600)
SENSORS = [
    SensorState(1, 2, 0),
    SensorState(3, 4, 1, True, -55.0, 1.5e-4, 0.002, -0.001, 0.25, overload=True, no_plots=True),
    SensorState(5, 6, 2, range_m=1e9, time_invalid=True),
]
ALERTS = [
    Alert(
        "short-term conflict",
        START_S + 5.0,
        alert=12,
        parties=(Party(1, "SKY1", 7421), Party(2, "SKY22")),
        area="NORTH",
        time_to_conflict_s=30.5,
        time_to_approach_s=40.0,
        horizontal_m=9_000.0,
        least_horizontal_m=2_500.0,
        vertical_m=304.8,
        least_vertical_m=152.4,
        probability=0.8,
        duration_s=60.0,
        is_major=True,
    ),
    Alert("alive", START_S),
    Alert("airspace infringement", START_S, parties=(Party(7),), area="R-12"),
]


def dissect(folder, blocks):
    """What tshark prints of each block: (name, text) of every ASTERIX field."""
    path = folder / "sent.pcapng"
    packets = [packet_block(0, LINE, round(START_S * 1e9) + i, b) for i, b in enumerate(blocks)]
    path.write_bytes(file_header([LINE]) + b"".join(packets))
    command = ["tshark", "-r", str(path), "-d", "udp.port==8600,asterix", "-T", "pdml"]
    text = subprocess.run(command, capture_output=True, check=True, timeout=120).stdout
    return [
        [
            (field.get("name") or "", field.get("show") or "", field.get("value") or "")
            for field in packet.iter()
            if "asterix" in (field.get("name") or "") or "malformed" in (field.get("name") or "")
        ]
        for packet in ET.fromstring(text).iter("packet")
    ]


def numbers_of(value, path):
    """Numbers and texts of a decoded record under tshark's names of their fields."""
    if isinstance(value, dict):
        return [one for name in value for one in numbers_of(value[name], f"{path}_{name}")]
    if isinstance(value, list):
        return [one for item in value for one in numbers_of(item, path)]
    return [(path, value)]


def shown_numbers(fields, number):
    """Names, without the category's, and values of the fields that tshark shows."""
    out = []
    for name, show, _ in fields:
        head = f"asterix.{number:03}_"
        if name and name.startswith(head) and show:
            out.append((name[len(head) :].removesuffix("_VALUE"), show))
    return out


def same(name, ours, shown):
    if name.endswith("MODE3A"):  # shown in octal, handed out in decimal
        return int(shown) == int(str(ours), 8)
    if isinstance(ours, str):
        return shown.strip() == ours
    try:
        theirs = float(int(shown, 16)) if shown.startswith("0x") else float(shown)
    except ValueError:
        return False
    return abs(theirs - ours) <= 1e-6 * max(1.0, abs(ours))


def assert_shown(number, blocks, fields_of):
    n = 0
    for block, fields in zip(blocks, fields_of, strict=True):
        shown = shown_numbers(fields, number)
        assert not [field for field in fields if "malformed" in field[0]]
        at = 0
        for record in decode_block(block).records:
            for name, value in numbers_of(record, ""):
                found = _next(shown, at, _tshark_name(name[1:]))
                if found is None:
                    continue
                at, text = found
                assert same(name, value, text), (name, value, text)
                n += 1
    return n


def _tshark_name(name):
    """`290_TRK` for `290_TRK_TRK`: a lone field is shown under its item's name."""
    *head, last = name.split("_")
    return "_".join(head) if head and head[-1] == last else name


def _next(shown, at, name):
    for i in range(at, len(shown)):
        if shown[i][0] == name:
            return i + 1, shown[i][1]
    return None


def test_tracks(tmp_path):
    blocks = datagrams(62, track_records(rows_of(200), notes_of(200), SENDER))
    shown = dissect(tmp_path, blocks)
    values = sum(len(numbers_of(r, "")) for b in blocks for r in decode_block(b).records)
    assert assert_shown(62, blocks, shown) > 0.9 * values


def test_sensors(tmp_path):
    blocks = datagrams(63, sensor_records(SENSORS, START_S + 1.5, SENDER))
    values = sum(len(numbers_of(r, "")) for b in blocks for r in decode_block(b).records)
    assert assert_shown(63, blocks, dissect(tmp_path, blocks)) > 0.8 * values


def test_a_units_own_state(tmp_path):
    records = [
        status_record(START_S, SENDER, status=1, overload=True, renumbered=3),
        end_of_batch_record(START_S, SENDER, 300),
        service_record(START_S, SENDER, "degradation"),
    ]
    blocks = datagrams(65, records)
    values = sum(len(numbers_of(r, "")) for b in blocks for r in decode_block(b).records)
    assert assert_shown(65, blocks, dissect(tmp_path, blocks)) > 0.8 * values


def test_safety_messages(tmp_path):
    blocks = datagrams(4, [alert_record(alert, SENDER) for alert in ALERTS])
    values = sum(len(numbers_of(r, "")) for b in blocks for r in decode_block(b).records)
    assert assert_shown(4, blocks, dissect(tmp_path, blocks)) > 0.8 * values


def test_a_cut_record_is_seen_as_malformed(tmp_path):
    (block,) = datagrams(62, track_records(rows_of(1), notes_of(1), SENDER))
    cut = block[:1] + (len(block) - 2).to_bytes(2, "big") + block[3:-2]
    (fields,) = dissect(tmp_path, [cut])
    assert any("malformed" in name for name, _, _ in fields)
