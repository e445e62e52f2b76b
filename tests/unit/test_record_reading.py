"""A recording is read by time and by tick, with what its segments say of themselves."""

import hashlib
import shutil
import subprocess

import msgspec
import numpy as np
import pytest
from tests.naive import recorded

from skypact.errors import RecordingError
from skypact.record.folder import segments_of
from skypact.record.header import RecordedSource, about_unit, encoder_of, header_bytes, read_header
from skypact.record.index import read_index
from skypact.record.recording import Recording, is_recording
from skypact.record.repair import index_of, repair_folder
from skypact.record.writer import RecordingWriter
from skypact.units import NANOSECONDS

ANY = recorded.limits()


def record(folder, batches, settings=ANY, about=None):
    with RecordingWriter(folder, about or recorded.about(), settings) as writer:
        for batch in batches:
            writer.put(batch)
    return folder


def plain(batches):
    return [p for batch in batches for p in recorded.plain(batch)]


def test_ticks_are_whole_and_in_order_also_over_segments_and_ranges(tmp_path):
    batch = recorded.made(300)
    record(tmp_path, [batch], recorded.limits(segment_mib=0.005))
    ticks = list(Recording(tmp_path).ticks())
    expected = recorded.by_ticks(batch)
    assert [t for t, _ in ticks] == [b.received_ns[0] // recorded.STEP_NS for b in expected]
    assert [recorded.plain(b) for _, b in ticks] == [recorded.plain(b) for b in expected]
    begins = [b.start[0] for _, b in ticks]
    assert begins == [0] * len(ticks)


def test_seeking_by_time_reads_only_what_is_needed(tmp_path):
    batch = recorded.made(600, gap_ns=50_000_000, longest=1_000)
    record(tmp_path, recorded.by_ticks(batch), recorded.limits(segment_s=10.0))
    recording = Recording(tmp_path)
    begin = recorded.START_NS + 15 * NANOSECONDS
    found = plain(recording.packets(begin, begin + NANOSECONDS // 2))
    assert found == [p for p in recorded.plain(batch) if 0 <= p[1] - begin < NANOSECONDS // 2]
    total = sum(s.path.stat().st_size for s in segments_of(tmp_path))
    assert 0 < recording.n_bytes_read < total / 8


def test_the_index_says_what_is_in_a_segment_and_is_made_again_the_same(tmp_path):
    batch = recorded.made(100, gap_ns=100_000_000)
    with RecordingWriter(tmp_path, recorded.about(), ANY) as writer:
        for i, part in enumerate(recorded.by_ticks(batch)):
            writer.put(part, i % 3 == 2)
    (segment,) = segments_of(tmp_path)
    index, contents = read_index(segment.beside(".index"))
    data = segment.path.read_bytes()
    assert contents.sha256 == hashlib.sha256(data).hexdigest()
    assert contents.size == len(data)
    assert (contents.first_ns, contents.last_ns) == (batch.received_ns[0], batch.received_ns[-1])
    assert sum(contents.by_source.values()) + sum(contents.shed_by_source.values()) == 100
    assert contents.shed_by_source["North"] > 0
    again, same = index_of(segment.path)
    assert same == contents
    np.testing.assert_array_equal(again.entries, index.entries)
    assert index.entries.shape[0] > 5
    segment.beside(".index").unlink()
    recording = Recording(tmp_path)
    assert recording.n_packets == 100
    assert recording.trouble == []


def test_units_step_and_sources_are_read_back_from_the_packets_alone(tmp_path):
    sources = [RecordedSource(f"radar {i}", f"udp://239.1.0.{i % 250}:8600") for i in range(1500)]
    about = about_unit("north", "[[unit]]\n", sources, 0.25, "0.1.0")
    data = header_bytes(about, encoder_of(about))
    header = read_header(data + b"more")
    assert header == (about, len(data))
    assert about.step_ns == 250_000_000
    assert about.union_sha256 == hashlib.sha256(b"[[unit]]\n").hexdigest()
    record(tmp_path, [recorded.made(9)], about=about)
    (segment,) = segments_of(tmp_path)
    assert Recording(segment.path).about == about


@pytest.mark.parametrize("comment", [b"\xb5" * 40, b"[" * 60_000])
def test_a_begin_whose_words_are_damaged_is_no_recording(comment):
    about = recorded.about()
    data = header_bytes(about, encoder_of(about))
    body = data[8:24] + len(comment).to_bytes(4, "little")[:2].join((b"\1\0", comment))
    length = (len(body) + 12).to_bytes(4, "little")
    with pytest.raises(RecordingError, match="expected a comment"):
        read_header(data[:4] + length + body + length)


def test_segments_of_other_sources_go_together(tmp_path):
    early, late = recorded.cut(recorded.made(40), [20])
    record(tmp_path, [early])
    turned = tuple(reversed(recorded.SOURCES))
    record(tmp_path, [late._replace(link=2 - late.link)], about=recorded.about(sources=turned))
    recording = Recording(tmp_path)
    assert recording.sources == recorded.SOURCES
    assert plain(recording.packets()) == recorded.plain(early) + recorded.plain(late)


def test_different_steps_in_one_recording_are_told(tmp_path):
    early, late = recorded.cut(recorded.made(40), [20])
    record(tmp_path, [early])
    record(tmp_path, [late], about=recorded.about(step_s=0.2))
    with pytest.raises(RecordingError, match="one step_s"):
        list(Recording(tmp_path).ticks())
    assert len(list(Recording(tmp_path).ticks(recorded.STEP_NS))) > 2


def test_a_damaged_place_costs_only_its_second(tmp_path):
    batch = recorded.made(200, gap_ns=50_000_000)
    record(tmp_path, recorded.by_ticks(batch))
    (segment,) = segments_of(tmp_path)
    entries = read_index(segment.beside(".index"))[0].entries
    assert entries.shape[0] > 6
    with segment.path.open("r+b") as file:
        file.seek(int(entries[3, 0]))
        file.write(bytes(64))
    recording = Recording(tmp_path)
    found = plain(recording.packets())
    lost = range(int(entries[3, 1]), int(entries[4, 1]))
    assert found == [p for i, p in enumerate(recorded.plain(batch)) if i not in lost]
    assert len(recording.trouble) == 1


def test_a_changed_byte_is_found_by_the_digest(tmp_path):
    record(tmp_path, recorded.by_ticks(recorded.made(50)), recorded.limits(segment_mib=0.005))
    assert Recording(tmp_path).verify() == []
    path = segments_of(tmp_path)[1].path
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    assert [line.split(":")[0] for line in Recording(tmp_path).verify()] == [path.name]


def test_a_segment_without_a_whole_begin_is_put_aside(tmp_path):
    record(tmp_path, [recorded.made(9)])
    other = tmp_path / "20261123T103000.000Z-000001.pcapng.part"
    other.write_bytes(b"\x0a\x0d\x0d\x0anothing of use")
    (tmp_path / "20261123T103000.000Z-000002.pcapng.part").touch()
    lost = [r.lost_bytes for r in repair_folder(tmp_path)]
    assert lost == [18, 0]
    assert len(segments_of(tmp_path)) == 1
    assert other.with_suffix(".damaged").exists()


def test_what_is_a_recording_and_what_is_none(tmp_path):
    assert not is_recording(tmp_path)
    assert not is_recording(tmp_path / "nothing")
    plain_file = tmp_path / "x.pcapng"
    plain_file.write_bytes(b"\x0a\x0d\x0d\x0a" + bytes(100))
    assert not is_recording(plain_file)
    folder = record(tmp_path / "r", [recorded.made(3)])
    assert is_recording(folder)
    assert is_recording(segments_of(folder)[0].path)
    with pytest.raises(RecordingError, match="expected a recording"):
        Recording(tmp_path)


def test_half_written_companions_and_orphans_are_removed(tmp_path):
    record(tmp_path, [recorded.made(3)])
    stem = segments_of(tmp_path)[0].stem
    names = ["20251123T103000.000Z-000009.index", f"{stem}.index.part", f"{stem}.reports.part"]
    for name in [*names, "notes.txt"]:
        (tmp_path / name).touch()
    record(tmp_path, [])
    left = {p.name for p in tmp_path.iterdir()}
    assert left == {f"{stem}.pcapng", f"{stem}.index", "notes.txt", "writer.lock"}


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_wireshark_opens_a_segment_and_names_its_sources(tmp_path):
    batch = recorded.made(40, longest=60_000)
    with RecordingWriter(tmp_path, recorded.about(), ANY) as writer:
        for i, part in enumerate(recorded.by_ticks(batch)):
            writer.put(part, i == 1)
    (segment,) = segments_of(tmp_path)
    words = ["tshark", "-r", str(segment.path), "-T", "fields", "-e", "frame.interface_name"]
    words += ["-e", "frame.time_epoch", "-e", "_ws.malformed", "--disable-protocol", "asterix"]
    out = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout
    rows = [line.split("\t") for line in out.splitlines()]
    names = {row[0] for row in rows}
    assert {"North", "roof", "Süd"} <= names
    assert any(name.endswith(" shed") for name in names)
    assert {row[2] for row in rows} == {""}
    words = ["capinfos", "-M", str(segment.path)]
    told = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout
    assert '"unit":"north"' in told.replace("\\", "")
    assert msgspec.json.encode(recorded.about().sources[0].url).decode() in told
