"""What recording costs: on the pipeline's thread, in the writer's, and reading it again.

``python -m benchmarks.recording``. Packets of 200 octets of two sources (datagrams and a stream),
in ticks of 0.1 s, as fast as they go and at 10,000 a second; processor time of the threads, so that
a busy machine does not matter much. Prints one JSON line per figure.
"""

import json
import tempfile
import time
from pathlib import Path

import numpy as np

from skypact.deploy import Recording as Settings
from skypact.encode.pcapng import packet_block, sensor_line
from skypact.model.packets import PacketBatch
from skypact.record.header import About, RecordedSource
from skypact.record.recording import Recording
from skypact.record.writer import RecordingWriter

PACKETS = 500_000
OCTETS = 200
PER_TICK = 1_000
"""10,000 packets a second."""
STEP_NS = 100_000_000
START_NS = 1_767_268_800_000_000_000
LIVE_TICKS = 50
ONE_BY_ONE = 20_000
SOURCES = (
    RecordedSource("radars", "udp://239.255.0.1:8600"),
    RecordedSource("roof", "tcp://127.0.0.1:30005", "beast"),
)
LIMITS = Settings(free_gib=0, keep_days=50_000.0)


def ticks_of(n: int) -> list[PacketBatch]:
    """Make batches of one tick each."""
    rng = np.random.default_rng(1)
    batches = []
    for tick in range(n // PER_TICK):
        end = np.arange(1, PER_TICK + 1) * OCTETS
        stamps = START_NS + tick * STEP_NS + np.arange(PER_TICK) * (STEP_NS // PER_TICK)
        data = rng.integers(0, 256, PER_TICK * OCTETS).astype(np.uint8)
        link = (np.arange(PER_TICK) % 2).astype(np.int32)
        batches.append(PacketBatch(data, end - OCTETS, end, stamps, link))
    return batches


def writer_in(folder: str, most_waiting: int) -> RecordingWriter:
    about = About(skypact="0", unit="bench", union_sha256="0" * 64, step_s=0.1, sources=SOURCES)
    return RecordingWriter(Path(folder), about, LIMITS, most_waiting=most_waiting)


def row(name: str, value: float, unit: str, peer: str = "", ratio: float | None = None) -> None:
    digits = round(value, 4 - len(str(int(value)))) if value < 1000 else round(value)
    print(json.dumps({"name": name, "value": digits, "unit": unit, "peer": peer, "ratio": ratio}))


def main() -> None:
    batches = ticks_of(PACKETS)
    with tempfile.TemporaryDirectory() as folder:
        writer_in(folder, 1 << 30).close()  # compiled, imported
        writer = writer_in(folder, 1 << 30)
        begun_s, cpu_s, own_s = time.perf_counter(), time.process_time(), time.thread_time()
        for batch in batches:
            writer.put(batch)
        put_s = time.thread_time() - own_s
        writer.close()
        wall_s = time.perf_counter() - begun_s
        whole_s = time.process_time() - cpu_s
        assert writer.figures().n_packets == PACKETS
        scale = 10_000 / PACKETS
        one_s = one_by_one()
        row("recording: written", PACKETS / wall_s, "packets/s")
        row("recording: put, pipeline's thread", put_s * scale * 1e3, "ms per 10,000 packets")
        row(
            "recording: writer's thread", (whole_s - put_s) * scale * 1e3,
            "ms per 10,000 packets", "block by block", round(one_s / (whole_s - put_s) / scale, 1),
        )  # fmt: skip
        begun_s = time.process_time()
        n = sum(batch.start.size for batch in Recording(Path(folder)).packets())
        assert n == PACKETS
        row("recording: read", PACKETS / (time.process_time() - begun_s), "packets/s")
    live(batches[:LIVE_TICKS])


def one_by_one() -> float:
    """Seconds for the blocks of 10,000 packets, made one at a time."""
    line, payload = sensor_line("x", 1, 1, 0), bytes(OCTETS)
    begun_s = time.process_time()
    for i in range(ONE_BY_ONE):
        packet_block(0, line, START_NS + i, payload)
    return (time.process_time() - begun_s) * 10_000 / ONE_BY_ONE


def live(batches: list[PacketBatch]) -> None:
    """Ticks at their pace: the longest hand-over, the processor's share, the age on the disk."""
    with tempfile.TemporaryDirectory() as folder:
        writer = writer_in(folder, 64 << 20)
        longest_s = oldest_s = 0.0
        begun_s, cpu_s = time.perf_counter(), time.process_time()
        for i, batch in enumerate(batches):
            time.sleep(max(begun_s + 0.1 * i - time.perf_counter(), 0.0))
            put_s = time.perf_counter()
            writer.put(batch)
            longest_s = max(longest_s, time.perf_counter() - put_s)
            oldest_s = max(oldest_s, writer.figures().lag_s)
        share = (time.process_time() - cpu_s) / (time.perf_counter() - begun_s)
        writer.close()
    row("recording: longest put at 10,000 packets/s", longest_s * 1e3, "ms")
    row("recording: processor at 10,000 packets/s", share * 100, "% of a core")
    row("recording: oldest packet not on the disk", oldest_s, "s")


if __name__ == "__main__":
    main()
