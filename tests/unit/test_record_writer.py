"""The recorder rotates, keeps its limits, rests when the disk is full, and says so."""

import errno
import time

import numpy as np
import pytest
from tests.naive import recorded

from skypact.errors import RecordingError
from skypact.record.folder import segments_of
from skypact.record.keep import MOST_AGED, Keeper
from skypact.record.recording import Recording
from skypact.record.segment import DiskFile
from skypact.record.writer import PACKET_BYTES, RecordingWriter
from skypact.units import DAY, NANOSECONDS

QUICK = recorded.limits(sync_s=0.05)


class Disk:
    """Files that refuse to be written while the disk is full."""

    def __init__(self):
        self.is_full = False
        self.n_refused = 0
        self.free = 1 << 40

    def open(self, path):
        return _Refusing(self, DiskFile(path))


class _Refusing:
    def __init__(self, disk, file):
        self._disk, self._file = disk, file

    def write(self, data):
        if self._disk.is_full:
            self._disk.n_refused += 1
            self._file.write(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        self._file.write(data)

    def sync(self):
        self._file.sync()

    def truncate(self, size):
        self._file.truncate(size)

    def close(self):
        self._file.close()


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def record(folder, batches, settings=QUICK, **options):
    with RecordingWriter(folder, recorded.about(), settings, **options) as writer:
        for batch in batches:
            writer.put(batch)
            writer.flush()
        return writer


def found(folder):
    return [p for batch in Recording(folder).packets() for p in recorded.plain(batch)]


def test_segments_end_by_their_age_at_a_boundary_of_ticks(tmp_path):
    batch = recorded.made(200, gap_ns=20_000_000)
    record(tmp_path, [batch], recorded.limits(segment_s=0.55))
    segments = segments_of(tmp_path)
    assert len(segments) > 5
    assert [s.number for s in segments] == list(range(len(segments)))
    ticks = [{t for t, _ in Recording(s.path).ticks()} for s in segments]
    assert sum(map(len, ticks)) == len(set().union(*ticks))
    assert all(max(t) - min(t) < 6 for t in ticks)
    assert found(tmp_path) == recorded.plain(batch)


def test_segments_end_by_their_size_at_a_boundary_of_ticks(tmp_path):
    batch = recorded.made(300)
    record(tmp_path, recorded.cut(batch, [1, 100, 7, 50]), recorded.limits(segment_mib=0.005))
    segments = segments_of(tmp_path)
    ticks = [[t for t, _ in Recording(s.path).ticks()] for s in segments]
    assert len(segments) > 3
    assert len({t for some in ticks for t in some}) == sum(map(len, ticks))
    assert all(s.path.stat().st_size >= 5_000 for s in segments[:-1])


def test_a_segment_bears_the_time_of_its_first_packet(tmp_path):
    record(tmp_path, [recorded.made(3, gap_ns=1)])
    assert segments_of(tmp_path)[0].path.name == "20261123T093000.123Z-000000.pcapng"


def test_an_old_segment_is_sealed_though_no_packets_come(tmp_path):
    with RecordingWriter(tmp_path, recorded.about(), recorded.limits(segment_s=0.1)) as writer:
        writer.put(recorded.made(3))
        until(lambda: writer.figures().n_sealed == 1)
        assert [s.is_open for s in segments_of(tmp_path)] == [False]


def test_packets_are_on_the_disk_after_sync_s_and_said_to_be(tmp_path):
    batch = recorded.made(10)
    with RecordingWriter(tmp_path, recorded.about(), QUICK) as writer:
        writer.put(batch)
        until(lambda: writer.figures().n_synced == 10)
        assert writer.figures().lag_s == 0.0
        assert [s.is_open for s in segments_of(tmp_path)] == [True]
        assert found(tmp_path) == recorded.plain(batch)


def test_a_second_writer_in_the_folder_is_refused(tmp_path):
    with (
        RecordingWriter(tmp_path, recorded.about(), QUICK),
        pytest.raises(RecordingError, match="nobody else records"),
    ):
        RecordingWriter(tmp_path, recorded.about(), QUICK)
    RecordingWriter(tmp_path, recorded.about(), QUICK).close()


def test_numbers_go_on_after_a_restart(tmp_path):
    batches = recorded.cut(recorded.made(20), [10])
    for batch in batches:
        record(tmp_path, [batch])
    assert [s.number for s in segments_of(tmp_path)] == [0, 1]
    assert found(tmp_path) == [p for b in batches for p in recorded.plain(b)]


def test_the_oldest_segments_go_when_all_are_too_large(tmp_path):
    batch = recorded.made(400)
    kib = 40
    limits = recorded.limits(segment_mib=0.005, keep_gib=kib / (1 << 20))
    writer = record(tmp_path, recorded.by_ticks(batch), limits)
    segments = segments_of(tmp_path)
    assert writer.figures().n_removed >= 3
    assert segments[0].number == writer.figures().n_removed
    kept = found(tmp_path)
    assert kept == recorded.plain(batch)[-len(kept) :]
    beside = {p.name.removesuffix(".index") for p in tmp_path.glob("*.index")}
    assert beside == {s.stem for s in segments}


def test_segments_that_are_too_old_go_a_few_at_a_time(tmp_path):
    record(tmp_path, recorded.by_ticks(recorded.made(400)), recorded.limits(segment_mib=0.004))
    n = len(segments_of(tmp_path))
    assert n > MOST_AGED
    keeper = Keeper(tmp_path, recorded.limits(keep_days=1.0))
    keeper.remove_old(recorded.START_NS + round(0.9 * DAY) * NANOSECONDS)
    assert keeper.n_removed == 0
    keeper.remove_old(recorded.START_NS + round(1.1 * DAY) * NANOSECONDS)
    assert keeper.n_removed == MOST_AGED
    assert len(segments_of(tmp_path)) == n - MOST_AGED


def test_recording_rests_on_a_full_disk_and_goes_on_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr("skypact.record.writer.RETRY_S", 0.05)
    disk = Disk()
    first, second, third, fourth = recorded.cut(recorded.made(100), [20, 30, 25])
    with RecordingWriter(tmp_path, recorded.about(), QUICK, opener=disk.open) as writer:
        writer.put(first)
        assert writer.flush()
        disk.is_full = True
        writer.put(second)
        until(lambda: writer.figures().state == "resting")
        assert "No space left" in writer.figures().reason
        writer.put(third)
        until(lambda: disk.n_refused > 2)
        assert writer.figures().n_unrecorded == 55
        disk.is_full = False
        until(lambda: writer.figures().state == "recording")
        writer.put(fourth)
        assert writer.flush()
        figures = writer.figures()
    assert (figures.n_packets, figures.n_unrecorded) == (45, 55)
    assert found(tmp_path) == recorded.plain(first) + recorded.plain(fourth)
    assert [s.is_open for s in segments_of(tmp_path)] == [False, False]


def test_recording_rests_while_the_disk_is_nearly_full(tmp_path, monkeypatch):
    monkeypatch.setattr("skypact.record.writer.RETRY_S", 0.02)
    disk = Disk()
    settings = recorded.limits(sync_s=0.05, free_gib=1.0)
    options = {"opener": disk.open, "free_bytes": lambda: disk.free}
    with RecordingWriter(tmp_path, recorded.about(), settings, **options) as writer:
        writer.put(recorded.made(5))
        assert writer.flush()
        disk.free = 1 << 29
        until(lambda: writer.figures().state == "resting")
        assert "1 GiB free" in writer.figures().reason
        writer.put(recorded.made(7))
        disk.free = (1 << 30) + 1
        time.sleep(0.1)
        assert writer.figures().state == "resting"
        disk.free = 2 << 30
        until(lambda: writer.figures().state == "recording")
        assert writer.figures().n_unrecorded == 7


def test_a_folder_that_fails_to_sync_ends_in_rest_and_is_repaired(tmp_path, monkeypatch):
    monkeypatch.setattr("skypact.record.writer.RETRY_S", 0.05)
    broken = []

    class Failing(DiskFile):
        def sync(self):
            if broken:
                raise OSError(errno.EIO, "Input/output error")
            super().sync()

    batch = recorded.made(10)
    with RecordingWriter(tmp_path, recorded.about(), QUICK, opener=Failing) as writer:
        writer.put(batch)
        assert writer.flush()
        broken.append(True)
        writer.put(recorded.made(3, start_ns=recorded.START_NS + NANOSECONDS))
        until(lambda: writer.figures().state == "resting")
        assert [s.is_open for s in segments_of(tmp_path)] == [True]
        broken.clear()
        until(lambda: writer.figures().state == "recording")
        assert [s.is_open for s in segments_of(tmp_path)] == [False]
    assert found(tmp_path)[:10] == recorded.plain(batch)


def test_what_does_not_fit_the_queue_is_counted_and_never_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr("skypact.record.writer.POLL_S", 3600.0)
    batches = recorded.cut(recorded.made(30, longest=2), [10, 10])
    settings = recorded.limits(sync_s=60.0)
    most = 25 * PACKET_BYTES
    writer = RecordingWriter(tmp_path, recorded.about(), settings, most_waiting=most)
    monkeypatch.setattr(writer._wake, "set", lambda: None)
    for batch in batches:
        writer.put(batch)
    assert writer.figures().n_unrecorded == 10
    monkeypatch.undo()
    writer.close()
    assert found(tmp_path) == [p for b in batches[:2] for p in recorded.plain(b)]


def test_a_fault_of_the_program_is_told_and_counted(tmp_path, monkeypatch):
    writer = RecordingWriter(tmp_path, recorded.about(), QUICK)

    def wrong(*_):
        raise TypeError("wrong")

    monkeypatch.setattr("skypact.record.writer.OpenSegment", wrong)
    writer.put(recorded.made(4))
    until(lambda: writer.figures().state == "failed")
    writer.put(recorded.made(3))
    assert writer.figures().n_unrecorded == 7
    with pytest.raises(RecordingError, match="failed"):
        writer.close()


def test_packets_of_an_unknown_source_are_refused(tmp_path):
    batch = recorded.made(3)
    with RecordingWriter(tmp_path, recorded.about(), QUICK) as writer:
        for link in (3, -1):
            with pytest.raises(RecordingError, match="packets of 3 sources"):
                writer.put(batch._replace(link=np.full(3, link, np.int32)))
    with pytest.raises(RecordingError, match="over"):
        writer.put(batch)
