"""Packets for recordings, and what a recording should give back, packet by packet."""

import numpy as np

from skypact.deploy import Recording as Settings
from skypact.model.packets import PacketBatch, packets_from
from skypact.record.header import About, RecordedSource

START_NS = 1_795_426_200_123_456_789
STEP_NS = 100_000_000
SOURCES = (
    RecordedSource("North", "udp://239.255.40.1:8600"),
    RecordedSource("roof", "tcp://127.0.0.1:30005", "beast"),
    RecordedSource("Süd", "tcp://0.0.0.0:8700?listen"),
)


def about(step_s=0.1, sources=SOURCES):
    return About(
        skypact="0.1.0", unit="north", union_sha256="0" * 64, step_s=step_s, sources=sources
    )


def plain(batch):
    """Every packet as (bytes, stamp, source)."""
    return [
        (batch.data[a:b].tobytes(), int(t), int(link))
        for a, b, t, link in zip(batch.start, batch.end, batch.received_ns, batch.link, strict=True)
    ]


def made(n, seed=0, gap_ns=7_000_000, longest=200, start_ns=START_NS):
    """Make a batch of random packets of all sources, some of them empty."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, longest, n)
    payloads = [rng.bytes(int(size)) for size in sizes]
    stamps = start_ns + np.cumsum(rng.integers(0, 2 * gap_ns, n))
    return packets_from(payloads, stamps.tolist(), rng.integers(0, len(SOURCES), n).tolist())


def cut(batch, sizes):
    """Cut a batch in batches of these sizes, and the rest; they share one buffer."""
    batches, at = [], 0
    for size in [*sizes, batch.start.size]:
        rows = slice(at, at + size)
        batches.append(PacketBatch(batch.data, *(column[rows] for column in batch[1:])))
        at += size
    return [b for b in batches if b.start.size]


def by_ticks(batch, step_ns=STEP_NS):
    """Batches of whole ticks."""
    ticks = batch.received_ns // step_ns
    return cut(batch, np.unique(ticks, return_counts=True)[1].tolist())


def packets_of(batches):
    """Join batches packet by packet."""
    every = [packet for batch in batches for packet in plain(batch)]
    return packets_from([p[0] for p in every], [p[1] for p in every], [p[2] for p in every])


def payloads_of(batch):
    """Bytes of every packet."""
    return [packet[0] for packet in plain(batch)]


def limits(**changes):
    """Make settings under which nothing is removed for its age, nor rests for want of room."""
    return Settings(**({"free_gib": 0, "keep_days": 50_000.0} | changes))
