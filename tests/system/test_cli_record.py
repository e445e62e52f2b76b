"""``skypact record``: real sockets in, the same bytes in the folder, a summary on stdout."""

import json
import signal
import socket
import subprocess
import sys
import time

import pytest
from tests.naive.made_frames import flights
from tests.naive.streams import beast_message

from skypact.cli import USAGE, main
from skypact.errors import RecordingError
from skypact.record.folder import segments_of
from skypact.record.recording import Recording

pytestmark = pytest.mark.live

PLOT = bytes.fromhex("30000c f00401 0203 00000000".replace(" ", ""))
UNION = """
[[sensor]]
name = "roof"
kind = "adsb"
format = "beast"
source = "tcp://127.0.0.1:{tcp}"

[[unit]]
name = "north"
source = ["udp://127.0.0.1:{udp}"]

[unit.record]
free_gib = 0.0
segment_s = 2.0
"""


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def held(folder):
    """Bytes of each source in the folder so far, datagrams apart."""
    try:
        recording = Recording(folder)
    except RecordingError:
        return b"", []
    stream, datagrams = b"", []
    for batch in recording.packets():
        for a, b, link in zip(batch.start, batch.end, batch.link, strict=True):
            octets = batch.data[a:b].tobytes()
            if recording.sources[link].name == "roof":
                stream += octets
            else:
                datagrams.append(octets)
    return stream, datagrams


def until(condition, seconds=60.0):
    end_s = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end_s, "it did not happen"
        time.sleep(0.05)


def test_what_two_sockets_bring_is_recorded_until_someone_stops_it(tmp_path):
    beast = b"".join(beast_message(frame) for frame, _ in flights(3, 10.0))
    plots = [PLOT + bytes([i]) for i in range(50)]
    udp = free_port()
    with socket.create_server(("127.0.0.1", 0)) as server:
        union = tmp_path / "union.toml"
        union.write_text(UNION.format(tcp=server.getsockname()[1], udp=udp))
        folder = tmp_path / "out"
        code = "import sys; from skypact.cli import main; sys.exit(main(sys.argv[1:]))"
        words = ["record", str(union), "--unit", "north", "--out", str(folder)]
        with subprocess.Popen(
            [sys.executable, "-c", code, *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as child:  # fmt: skip
            try:
                server.settimeout(60)
                line, _ = server.accept()
                with line, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                    line.sendall(beast)
                    for plot in plots:
                        sender.sendto(plot, ("127.0.0.1", udp))
                    until(lambda: held(folder) == (beast, plots))
                    child.send_signal(signal.SIGTERM)
                    out, err = child.communicate(timeout=60)
            finally:
                child.kill()
    assert child.returncode == 0, err
    summary = json.loads(out)
    assert (summary["unit"], summary["unrecorded"]) == ("north", 0)
    assert summary["sources"]["roof"]["bytes"] == len(beast)
    assert summary["sources"][f"udp://127.0.0.1:{udp}"]["packets"] == 50
    assert held(folder) == (beast, plots)
    assert not any(s.is_open for s in segments_of(folder))
    assert Recording(folder).about.unit == "north"
    assert Recording(folder).verify() == []


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        (UNION.format(tcp=1, udp=1), "south", "north"),
        ('[[unit]]\nname = "north"\n', "north", "expected a source"),
    ],
)
def test_a_unit_that_is_not_there_or_has_no_source_is_wrong_usage(
    text, unit, expected, tmp_path, capsys
):
    union = tmp_path / "union.toml"
    union.write_text(text)
    words = ["record", str(union), "--unit", unit, "--out", str(tmp_path / "out")]
    assert main(words) == USAGE
    assert expected in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
