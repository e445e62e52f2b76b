"""Files as sources: what cannot be read is said clearly, long ones come in parts."""

import numpy as np
import pytest
from tests.naive import framed_bytes as made

from skypact.errors import SourceError
from skypact.model.packets import packets_from
from skypact.sources.file import FileSource, chunks


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: p.mkdir(), "got a folder"),
        (lambda p: p.parent, "no such file"),
        (lambda p: p.write_bytes(b""), "an empty file"),
    ],
)
def test_what_cannot_be_read_is_a_clear_error(make, words, tmp_path):
    path = tmp_path / "feed.ast"
    make(path)
    with pytest.raises(SourceError, match=words):
        FileSource(path).read()


def test_packets_are_those_of_the_file(tmp_path):
    path = tmp_path / "feed.ff"
    path.write_bytes(made.final([made.plots(), made.plots(made.plot(7.0))]))
    source = FileSource(path, date_s=0.0)
    (batch,) = source.packets()
    assert batch.start.tolist() == source.read().packets.start.tolist()
    assert batch.received_ns.tolist() == [100 * 10**9, 101 * 10**9]


def test_a_long_recording_comes_in_bounded_parts_in_order():
    whole = packets_from([bytes([i]) * 10 for i in range(25)])
    parts = list(chunks(whole, 45))
    assert [p.start.size for p in parts] == [4, 4, 4, 4, 4, 4, 1]
    assert np.concatenate([p.start for p in parts]).tolist() == whole.start.tolist()


def test_a_packet_longer_than_a_part_comes_alone():
    parts = list(chunks(packets_from([b"a" * 100, b"b"]), 10))
    assert [p.start.size for p in parts] == [1, 1]
