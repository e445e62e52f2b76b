"""Mutated Mode S frames and streams through the compiled decoders, with and without bounds checks.

``python -m benchmarks.fuzz_modes DATA_DIR [N]``: N frames (ten million) of a recorded flight with
flipped bits, random octets, other lengths and times; half of them get a right parity again, so that
their contents are read. Both runs must give the same bytes; the plain twin reads some thousands of
the same frames and must agree. Exits 1 where they differ. Prints one JSON line.
"""

import hashlib
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

SEED = 20_241_121
BATCH = 100_000
PLAIN = 20_000
"""Frames that the plain twin reads, too."""


def parities(octets: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Remainders of frames (n, 14), each of its own length."""
    from skypact.kernels.modes import parity_table

    table, out = parity_table(), np.zeros(length.size, np.int64)
    for n in (7, 14):
        rows = length == n
        for place in range(n):
            out[rows] ^= table[n - 1 - place, octets[rows, place]]
    return out


def mutated(base: np.ndarray, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Frames (n, 14) and their lengths."""
    octets = base[rng.integers(len(base), size=n)].copy()
    for _ in range(3):
        hit = rng.random(n) < 0.5
        place = rng.integers(0, 14, n)
        octets[hit, place[hit]] ^= (1 << rng.integers(0, 8, hit.sum())).astype(np.uint8)
    wild = rng.random(n) < 0.1
    octets[wild] = rng.integers(0, 256, (wild.sum(), 14), np.uint8)
    squitter = rng.random(n) < 0.4
    octets[squitter, 0] = rng.choice([0x8D, 0x90, 0x92, 0x95, 0x96, 0x5D], squitter.sum())
    octets[squitter, 4] = rng.integers(0, 256, squitter.sum())
    # A few addresses, so that positions of one aircraft meet.
    few = rng.random(n) < 0.5
    octets[few, 1:4] = np.column_stack(
        [np.full(few.sum(), 64)] * 2 + [rng.integers(0, 20, few.sum())]
    )
    length = np.where(octets[:, 0] >= 0x80, 14, 7).astype(np.int8)
    mend = rng.random(n) < 0.5
    for size in (7, 14):
        rows = np.flatnonzero(mend & (length == size))
        octets[rows, size - 3 : size] = 0
        rest = parities(octets[rows], np.full(rows.size, size))
        parts = np.column_stack([rest >> 16, rest >> 8 & 255, rest & 255]).astype(np.uint8)
        octets[rows, size - 3 : size] = parts
    cut = rng.random(n) < 0.02
    length[cut] = rng.integers(0, 15, cut.sum())
    return octets, length


def recorded(folder: Path) -> np.ndarray:
    """Frames of the recorded flight."""
    from benchmarks.modes import recorded as read

    return read(folder)[0]


def agree(octets: bytes, length: int, labels: np.ndarray, numbers: np.ndarray) -> bool:
    """Whether the plain twin reads a frame alike."""
    from tests.naive.modes import read
    from tests.oracle.test_modes_against_plain import LABELS, NUMBERS

    said = read(octets, length)
    if any(labels[column] != said.get(name, -1) for name, column in LABELS.items()):
        return False
    for name, column in NUMBERS.items():
        mine, theirs = float(numbers[column]), said.get(name, math.nan)
        if math.isnan(mine) != math.isnan(theirs):
            return False
        if not math.isnan(mine) and not math.isclose(mine, theirs, rel_tol=1e-9, abs_tol=1e-9):
            return False
    return True


def run(folder: Path, n: int, plain: int) -> dict[str, object]:
    """Decode all, in this process's mode; digest of everything that came out."""
    from skypact.decode.modes.frames import FrameDecoder
    from skypact.decode.modes.streams import StreamParser
    from skypact.model.modes import Frames

    base, rng = recorded(folder), np.random.default_rng(SEED)
    digest, decoder, wrong, now_ns = hashlib.sha256(), FrameDecoder((46.0, 2.0), 500e3), 0, 0
    parsers = {form: StreamParser(form) for form in ("beast", "avr")}
    for first in range(0, n, BATCH):
        octets, length = mutated(base, rng, min(BATCH, n - first))
        step_ns = rng.exponential(1e7, length.size) * np.where(
            rng.random(length.size) < 0.01, -50, 1
        )
        time_ns = now_ns + np.cumsum(step_ns).astype(np.int64)
        now_ns = int(time_ns[-1])
        origin = (rng.random(length.size) < 0.05).astype(np.int8)
        frames = Frames(octets, length, time_ns, np.full(length.size, -1, np.int64), origin)
        out = decoder.decode(frames, time_ns)
        for part in (*out.table, out.place_rad, *out.placed, out.counts):
            digest.update(part.tobytes())
        for i in range(max(0, min(plain - first, length.size))):
            size = int(length[i])
            wrong += not agree(octets[i].tobytes(), size, out.table.labels[i], out.table.numbers[i])
        stream = octets.reshape(-1)[: 1 << 18]
        for form, parser in parsers.items():
            text = (
                stream if form == "beast" else np.frombuffer(stream.tobytes().hex().encode(), "u1")
            )
            seeded = text.copy()
            at = rng.integers(0, seeded.size, seeded.size // 18)
            seeded[at] = rng.choice(
                [0x1A, 0x32, 0x33] if form == "beast" else [42, 59, 64], at.size
            )
            found, errors = parser.feed(seeded)
            digest.update(found.octets.tobytes() + found.stamp.tobytes() + repr(errors).encode())
    return {"digest": digest.hexdigest(), "wrong": wrong}


def main(words: list[str]) -> int:
    """Run both modes, each in a process of its own."""
    folder, n = Path(words[0]), int(words[1]) if len(words) > 1 else 10_000_000
    folder = folder if (folder / "full_flight_short.jsonl.gz").exists() else folder.parent / "modes"
    if "FUZZ_INPUTS" in os.environ:
        print(json.dumps(run(folder, n, int(os.environ["FUZZ_INPUTS"]))))
        return 0
    results = []
    for bounds in ("0", "1"):
        command = [sys.executable, "-m", "benchmarks.fuzz_modes", str(folder), str(n)]
        env = {**os.environ, "NUMBA_BOUNDSCHECK": bounds}
        env["FUZZ_INPUTS"] = str(PLAIN if bounds == "0" else 0)
        done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=True)
        results.append(json.loads(done.stdout))
    differs = results[0]["digest"] != results[1]["digest"]
    wrong = results[0]["wrong"]
    name = "mutated Mode S frames, bounds-checked and not: outputs that differ"
    row = {"name": name, "value": int(differs) + wrong, "unit": f"of {n:,}"}
    print(json.dumps(row | {"peer": f"plain twin, {PLAIN:,} frames", "ratio": None}))
    return int(differs or wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
