"""A recording gives back what was put, and a cut one all that is before the cut."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.naive import recorded

from skypact.record.folder import segments_of
from skypact.record.recording import Recording
from skypact.record.repair import repair_folder
from skypact.record.segment import OpenSegment
from skypact.record.writer import RecordingWriter

RELAXED = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def all_of(batches):
    return [packet for batch in batches for packet in recorded.plain(batch)]


@RELAXED
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 60),
    sizes=st.lists(st.integers(1, 20), max_size=6),
    longest=st.sampled_from([2, 300, 70_000]),
    segment_mib=st.sampled_from([0.001, 0.01, 1.0]),
    sheds=st.lists(st.booleans(), min_size=7, max_size=7),
)
def test_what_was_put_comes_back_byte_for_byte(seed, n, sizes, longest, segment_mib, sheds):
    batches = recorded.cut(recorded.made(n, seed, longest=longest), sizes)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        limits = recorded.limits(segment_mib=segment_mib)
        with RecordingWriter(folder, recorded.about(), limits) as writer:
            for batch, shed in zip(batches, sheds, strict=False):
                writer.put(batch, shed)
        kept = [b for b, shed in zip(batches, sheds, strict=False) if not shed]
        shed = [b for b, shed in zip(batches, sheds, strict=False) if shed]
        recording = Recording(folder)
        assert recording.sources == recorded.SOURCES
        assert all_of(recording.packets()) == all_of(kept)
        assert all_of(recording.packets(which="shed")) == all_of(shed)
        assert all_of(recording.packets(which="all")) == all_of(batches)
        assert recording.n_packets == n
        assert recording.trouble == []
        if kept:
            whole = recorded.packets_of(kept)
            found = recorded.packets_of(list(recording.packets()))
            for column, other in zip(whole, found, strict=True):
                np.testing.assert_array_equal(column, other)


@RELAXED
@given(seed=st.integers(0, 10_000), share=st.floats(0, 1), longest=st.sampled_from([60, 70_000]))
def test_a_cut_segment_loses_only_what_is_behind_the_cut(seed, share, longest):
    packets = recorded.made(12, seed, longest=longest)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        segment = OpenSegment(folder, 7, recorded.START_NS, recorded.about())
        header = segment.size
        interface = 2 * packets.link.astype(np.int64)
        ends = header + np.cumsum(segment.sizes(packets, interface))
        segment.write(packets, interface)
        (part,) = segments_of(folder)
        size = part.path.stat().st_size
        assert size == ends[-1]
        keep = round(share * size)
        with part.path.open("r+b") as file:
            file.truncate(keep)
        (repaired,) = repair_folder(folder)
        n = int((ends <= keep).sum())
        assert repaired.n_packets == n
        assert repaired.lost_bytes == keep - (ends[n - 1] if n else header if keep >= header else 0)
        if n:
            assert repaired.path == part.path.with_suffix("")
            found = all_of(Recording(folder).packets())
            assert found == recorded.plain(packets)[:n]


@RELAXED
@given(seed=st.integers(0, 10_000), junk=st.binary(min_size=1, max_size=200))
def test_junk_behind_the_last_packet_is_dropped(seed, junk):
    packets = recorded.made(5, seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        segment = OpenSegment(folder, 0, recorded.START_NS, recorded.about())
        segment.write(packets, 2 * packets.link.astype(np.int64))
        (part,) = segments_of(folder)
        with part.path.open("ab") as file:
            file.write(junk)
        (repaired,) = repair_folder(folder)
        assert (repaired.n_packets, repaired.lost_bytes) == (5, len(junk))
        assert all_of(Recording(folder).packets()) == recorded.plain(packets)


@RELAXED
@given(seed=st.integers(0, 10_000), span=st.tuples(st.integers(0, 500), st.integers(0, 500)))
def test_a_span_of_time_is_all_that_came_in_it(seed, span):
    batch = recorded.made(60, seed)
    begin, end = (recorded.START_NS + 1_000_000 * at for at in span)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with RecordingWriter(
            folder, recorded.about(), recorded.limits(segment_mib=0.003)
        ) as writer:
            for part in recorded.by_ticks(batch):
                writer.put(part)
        found = all_of(Recording(folder).packets(begin, end))
        assert found == [p for p in recorded.plain(batch) if begin <= p[1] < end]
