"""Folders that units record to are inputs like other recordings, as a whole or a segment."""

import json

import numpy as np
import pytest
from tests.naive import recorded
from tests.naive.made_frames import flights
from tests.naive.streams import beast_message

from skypact.cli import OK, main
from skypact.decode.framing.read import read_framing
from skypact.model.packets import packets_from
from skypact.record.folder import segments_of
from skypact.record.header import RecordedSource
from skypact.record.index import read_index
from skypact.record.writer import RecordingWriter

SOURCES = (
    RecordedSource("lan", "udp://239.255.0.1:8600"),
    RecordedSource("roof", "tcp://127.0.0.1:30005", "beast"),
)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A simulated scene's files, and its packets in order of arrival."""
    out = tmp_path_factory.mktemp("scene")
    assert main(["simulate", "border", "--seconds", "20", "--out", str(out)]) == OK
    packets = read_framing((out / "feeds.pcapng").read_bytes()).packets
    order = np.argsort(packets.received_ns, kind="stable")
    rows = [recorded.plain(packets)[i] for i in order.tolist()]
    return out, packets_from([row[0] for row in rows], [row[1] for row in rows])


def record(folder, batches, sheds=()):
    limits = recorded.limits(segment_s=8.0)
    with RecordingWriter(folder, recorded.about(sources=SOURCES), limits) as writer:
        for i, batch in enumerate(batches):
            writer.put(batch, i in sheds)
    return folder


def run(capsys, *words):
    code = main([str(word) for word in words])
    captured = capsys.readouterr()
    return code, json.loads(captured.out) if captured.out else {}, captured.err


def test_a_recorded_unit_replays_to_the_picture_of_its_capture(scene, tmp_path, capsys):
    out, packets = scene
    folder = record(tmp_path / "r", recorded.by_ticks(packets))
    assert len(segments_of(folder)) > 1
    options = ("--union", out / "union.toml", "--no-registration")
    code, summary, _ = run(capsys, "replay", folder, *options)
    _, other, _ = run(capsys, "replay", out / "feeds.pcapng", *options)
    assert code == OK
    assert summary["tracks"] > 0
    assert summary["picture_hash"] == other["picture_hash"]
    assert summary["records"] == other["records"]


def test_receivers_on_a_line_of_the_unit_are_decoded_too(scene, tmp_path, capsys):
    _, packets = scene
    start_ns = int(packets.received_ns[0])
    frames = flights(3, 10.0, start_ns)
    pieces = [beast_message(frame) for frame, _ in frames]
    beast = packets_from(pieces, [stamp for _, stamp in frames], [1] * len(frames))
    folder = record(tmp_path / "r", [packets, beast])
    code, summary, _ = run(capsys, "decode", folder, "--json", "--out", tmp_path / "r.parquet")
    assert code == OK
    assert summary["records"]["DF17"] == len(frames)
    assert summary["records"]["048"] > 100
    assert summary["sensors"]["roof"]["reports"] > 20
    (tmp_path / "file.beast").write_bytes(b"".join(pieces))
    _, alone, _ = run(capsys, "decode", tmp_path / "file.beast", "--json")
    assert alone["records"]["DF17"] == len(frames)


def test_what_was_shed_is_left_out_and_a_segment_is_an_input_of_its_own(scene, tmp_path, capsys):
    _, packets = scene
    folder = record(tmp_path / "r", recorded.by_ticks(packets), sheds=(3, 4))
    code, summary, _ = run(capsys, "decode", folder, "--json")
    whole = record(tmp_path / "whole", [packets])
    _, more, _ = run(capsys, "decode", whole, "--json")
    assert code == OK
    assert 0 < summary["reports"] < more["reports"]
    parts = [run(capsys, "decode", s.path, "--json")[1] for s in segments_of(folder)]
    assert sum(p["records"]["048"] for p in parts) == summary["records"]["048"]


def test_damage_in_a_segment_is_told_and_counted(scene, tmp_path, capsys):
    _, packets = scene
    folder = record(tmp_path / "r", [packets])
    segment = segments_of(folder)[0]
    path = segment.path
    with path.open("r+b") as file:
        file.seek(int(read_index(segment.beside(".index"))[0].entries[2, 0]))
        file.write(bytes(40))
    code, summary, words = run(capsys, "decode", folder, "--json")
    assert code == OK
    assert summary["errors"]["unreadable"] == 1
    assert path.name in words
