"""A recorder that is killed loses nothing that was on the disk, and the next one goes on."""

import random
import subprocess
import sys
import time

import pytest
from tests.naive import recorded

from skypact.record.folder import segments_of
from skypact.record.recording import Recording
from skypact.record.writer import RecordingWriter

pytestmark = pytest.mark.live

SYNC_S = 0.1
CHILD = """
import sys
from pathlib import Path
from skypact.record.writer import RecordingWriter
from tests.naive import recorded

begin = int(sys.argv[2])
limits = recorded.limits(sync_s=float(sys.argv[3]), segment_mib=0.5)
writer = RecordingWriter(Path(sys.argv[1]), recorded.about(), limits, most_waiting=1 << 20)
print("ready", flush=True)
told = n = 0
while True:
    start_ns = recorded.START_NS + (begin + n) * 1_000_000
    writer.put(recorded.made(50, seed=begin + n, gap_ns=10_000, start_ns=start_ns))
    n += 1
    if not writer.flush(0.0) and n % 8 == 0:
        writer.flush(5.0)
    figures = writer.figures()
    assert figures.n_unrecorded == 0
    if figures.n_synced != told:
        told = figures.n_synced
        print(told, flush=True)
"""


def killed_run(folder, begin, rng):
    """Run a recorder, kill it at a random moment; packets that it said are on the disk."""
    words = [sys.executable, "-c", CHILD, str(folder), str(begin), str(SYNC_S)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "ready\n"
        time.sleep(rng.uniform(0.2, 1.0))
        child.kill()
        said = child.stdout.read().split("\n")
    return int(([0, *[word for word in said[:-1] if word]])[-1])


@pytest.mark.timeout(280)
def test_a_killed_recorder_keeps_what_it_said_is_on_the_disk(tmp_path):
    rng = random.Random(5)
    sealed: dict[str, bytes] = {}
    n_before = 0
    for turn in range(3):
        begin = 10_000 * turn
        synced = killed_run(tmp_path, begin, rng)
        assert synced > 0
        for name, data in sealed.items():
            assert (tmp_path / name).read_bytes() == data
        with RecordingWriter(tmp_path, recorded.about(), recorded.limits()) as writer:
            assert len(writer.figures().repaired) == 1
        segments = segments_of(tmp_path)
        assert not any(s.is_open for s in segments)
        sealed = {s.path.name: s.path.read_bytes() for s in segments}
        found = [p for batch in Recording(tmp_path).packets() for p in recorded.plain(batch)]
        fresh = found[n_before:]
        assert len(fresh) >= synced
        expected = []
        for n in range(-(-len(fresh) // 50)):
            start_ns = recorded.START_NS + (begin + n) * 1_000_000
            batch = recorded.made(50, seed=begin + n, gap_ns=10_000, start_ns=start_ns)
            expected += recorded.plain(batch)
        assert fresh == expected[: len(fresh)]
        n_before = len(found)
    assert Recording(tmp_path).trouble == []
