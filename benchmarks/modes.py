"""How many Mode S frames a second go from bytes to columns and to reports, on one core.

``python -m benchmarks.modes DATA_DIR`` with the folder of recordings ``modes``, or one beside it.
One recorded flight (extended squitters, altitude, identity and Comm-B replies) is given many
addresses, so that many aircraft fly at once; rs1090 decodes some of the same frames in the same
run, as the ratio's other side. Prints one JSON line per figure.
"""

import gzip
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from skypact.decode.modes.frames import FrameDecoder
from skypact.decode.modes.receiver import ModesFeed
from skypact.kernels.modes import parity_table
from skypact.model.modes import COMPUTED, Frames

AIRCRAFT = 300
FRAMES = 1_000_000
BATCH = 4_096
"""Frames decoded at a time: at 300,000 a second, 14 ms of a world's traffic."""
ROUNDS = 5
PEER_FRAMES = 100_000


def recorded(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Frames (n, 14) and times [ns] of the recorded flight, short ones filled with zeros."""
    with gzip.open(folder / "full_flight_short.jsonl.gz") as file:
        lines = [json.loads(line) for line in file]
    octets = np.array([list(bytes.fromhex(x["frame"])) for x in lines], np.uint8)
    octets[octets[:, 0] < 0x80, 7:] = 0
    return octets, np.array([round(x["timestamp"] * 1e9) for x in lines], np.int64)


def readdressed(octets: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Change the addresses of frames, each by its 24 bits, so that their parities stay right."""
    out = octets.copy()
    parts = np.column_stack([change >> 16, change >> 8 & 255, change & 255]).astype(np.uint8)
    squitter = out[:, 0] >> 3 == 17
    out[squitter, 1:4] ^= parts[squitter]
    table = parity_table()
    rest = np.zeros(change.size, np.int64)
    for place in range(3):
        rest ^= table[13 - 1 - place, parts[:, place]]
    rest = np.where(squitter, rest, change)
    parity = np.column_stack([rest >> 16, rest >> 8 & 255, rest & 255]).astype(np.uint8)
    long = out[:, 0] >= 0x80
    out[long, 11:14] ^= parity[long]
    out[~long, 4:7] ^= parity[~long]
    return out


def sky(folder: Path) -> Frames:
    """Frames of many aircraft at once, in order of time."""
    octets, time_ns = recorded(folder)
    rows, times, changes = [], [], []
    for k in range(AIRCRAFT):
        # Every aircraft is at another place of the flight.
        first = (k * 7_919) % (len(octets) - FRAMES // AIRCRAFT)
        take = np.arange(first, first + FRAMES // AIRCRAFT)
        rows.append(take)
        times.append(time_ns[take] - time_ns[first] + k * 1_000_003)
        changes.append(np.full(take.size, k * 4_099))
    order = np.argsort(np.concatenate(times), kind="stable")
    row, change = np.concatenate(rows)[order], np.concatenate(changes)[order]
    made = readdressed(octets[row], change)
    n = order.size
    length = np.where(made[:, 0] >= 0x80, 14, 7).astype(np.int8)
    when = time_ns[0] + np.concatenate(times)[order]
    return Frames(made, length, when, np.full(n, -1, np.int64), np.zeros(n, np.int8))


def beast(frames: Frames) -> np.ndarray:
    """The same frames as a Beast stream with GPS counters."""
    parts = []
    second_of_day = frames.received_ns // 10**9 % 86_400
    stamps = (second_of_day << 30 | frames.received_ns % 10**9).tolist()
    for octets, n, stamp in zip(frames.octets, frames.length.tolist(), stamps, strict=True):
        body = stamp.to_bytes(6, "big") + b"\x64" + octets[:n].tobytes()
        parts.append((b"\x1a2" if n == 7 else b"\x1a3") + body.replace(b"\x1a", b"\x1a\x1a"))
    return np.frombuffer(b"".join(parts), np.uint8)


def columns(frames: Frames) -> int:
    """Decode in batches; positions found."""
    decoder, found = FrameDecoder(), 0
    for first in range(0, frames.length.size, BATCH):
        part = Frames(*(column[first : first + BATCH] for column in frames))
        found += decoder.decode(part, part.received_ns).placed.callsign.size
    return found


def reports(stream: np.ndarray, size: int) -> int:
    """Decode a stream in pieces, as a socket gives them; reports made."""
    feed, found = ModesFeed("beast", date_s=0.0, counter="gps"), 0
    for first in range(0, stream.size, size):
        found += feed.feed(stream[first : first + size]).reports.time_s.size
    return found


def best(run: Callable[[], object]) -> float:
    """Least processor time of a few rounds [s]; the first compiles and does not count."""
    run()
    taken = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        run()
        taken.append(time.process_time() - begin)
    return min(taken)


def peer_rate(frames: Frames) -> float:
    """Frames a second of rs1090, positions included, one core."""
    import rs1090

    part = Frames(*(column[:PEER_FRAMES] for column in frames))
    texts = [o[:n].tobytes().hex() for o, n in zip(part.octets, part.length, strict=True)]
    times = (part.received_ns * 1e-9).tolist()
    begin = time.process_time()
    rs1090.decode(texts, times, batch=PEER_FRAMES)
    return PEER_FRAMES / (time.process_time() - begin)


def line(name: str, rate: float, peer: float) -> None:
    """Print one figure."""
    row = {"name": name, "value": round(rate), "unit": "frames/s", "peer": f"rs1090, {peer:,.0f}/s"}
    print(json.dumps(row | {"ratio": round(rate / peer, 1)}))


def main(folder: Path) -> None:
    """Measure frames to columns, and bytes to reports."""
    folder = folder if (folder / "full_flight_short.jsonl.gz").exists() else folder.parent / "modes"
    frames = sky(folder)
    n = frames.length.size
    assert not (frames.origin == COMPUTED).any()
    peer = peer_rate(frames)
    line(f"Mode S frames to columns, {AIRCRAFT} aircraft", n / best(lambda: columns(frames)), peer)
    stream = beast(frames)
    rate = n / best(lambda: reports(stream, 1 << 16))
    line(f"Beast bytes to reports, {AIRCRAFT} aircraft", rate, peer)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
