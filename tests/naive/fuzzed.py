"""Mutated ASTERIX blocks through the compiled decoder and the plain one: equal to the last bit.

``NUMBA_BOUNDSCHECK=1 python -m tests.naive.fuzzed SECONDS [SEED]`` goes on so long and prints how
many inputs agreed; a short run is in tests/oracle. An input that does not agree is printed in
hexadecimal and ends the run with status 1.
"""

import math
import random
import sys
import time

import numpy as np
from tests.naive import asterix_columns as plain
from tests.naive.asterix_records import any_record

from skypact.decode.asterix.columns import decode_columns
from skypact.decode.asterix.registry import EDITIONS
from skypact.decode.asterix.services import SERVICES
from skypact.decode.asterix.spec import Category
from skypact.decode.asterix.targets import target_of
from skypact.encode.asterix import encode_block, encode_record
from skypact.model.packets import packets_from

TABLES = [table for tables in EDITIONS.values() for table in tables]
SEEDS_PER_TABLE = 60
BATCH = 400
"""Inputs decoded in one call."""


def columns_of(table: Category):
    """What the decoder reads of a table."""
    target = target_of(table)
    return target.columns + target.extras if target else SERVICES[table.number]


def seeds_of(table: Category, rng: random.Random) -> list[bytes]:
    """Possible blocks of one to three records."""
    blocks = []
    for _ in range(SEEDS_PER_TABLE):
        made = [any_record(table, rng) for _ in range(rng.randint(1, 3))]
        records = [encode_record(table, record, raw=True) for record in made]
        blocks.append(encode_block(table.number, records, table=table))
    return blocks


def mutated_octets(bodies: list[bytes], rng: random.Random) -> bytes:
    """One of some octet strings, bits flipped, octets replaced, doubled or cut out, or crossed."""
    body = bytearray(rng.choice(bodies))
    for _ in range(rng.choice((0, 1, 1, 2, 4, 8))):
        place = rng.randrange(len(body)) if body else 0
        kind = rng.randrange(6)
        if kind == 0 and body:
            body[place] ^= 1 << rng.randrange(8)
        elif kind == 1 and body:
            body[place] = rng.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF, rng.randrange(256)))
        elif kind == 2:
            del body[place : place + rng.randint(1, 4)]
        elif kind == 3:
            body[place:place] = body[place : place + rng.randint(1, 6)]
        elif kind == 4:
            other = rng.choice(bodies)
            body = body[:place] + other[rng.randrange(len(other)) if other else 0 :]
        else:
            body = body[:place]
    return bytes(body)


def mutated(table: Category, bodies: list[bytes], rng: random.Random) -> bytes:
    """A block of a table whose records were mutated."""
    body = mutated_octets(bodies, rng)
    return bytes([table.number]) + (len(body) + 3).to_bytes(2, "big") + body


def disagreement(table: Category, blocks: list[bytes]) -> str:
    """What the two decoders do not agree on, empty where they do."""
    columns = columns_of(table)
    got = decode_columns(packets_from(blocks), table, columns)
    expected = [plain.decode(table, block, columns) for block in blocks]
    rows = [row for block_rows, _ in expected for row in block_rows]
    kinds = [kind for _, kind in expected if kind is not None]
    if got.errors != {kind: kinds.count(kind) for kind in set(kinds)}:
        return "errors"
    if got.start.size != len(rows) or got.damaged.tolist() != [k is not None for _, k in expected]:
        return "records"
    for i, column in enumerate(columns):
        values = np.array([row[i] for row in rows], got.columns[column.name].dtype)
        if not np.array_equal(got.columns[column.name], values, equal_nan=values.dtype.kind == "f"):
            return column.name
    return ""


def fuzz(table: Category, n: int, rng: random.Random) -> bytes | None:
    """Try `n` inputs; the first that the decoders do not agree on, or None."""
    bodies = [block[3:] for block in seeds_of(table, rng)]
    for first in range(0, n, BATCH):
        blocks = [mutated(table, bodies, rng) for _ in range(min(BATCH, n - first))]
        if disagreement(table, blocks):
            return next(block for block in blocks if disagreement(table, [block]))
    return None


def main(seconds: float, seed: int) -> int:
    """Go round all tables until the time is over."""
    rng, begin, n, turn = random.Random(seed), time.monotonic(), 0, 0
    while time.monotonic() - begin < seconds:
        table = TABLES[turn % len(TABLES)]
        found = fuzz(table, 10 * BATCH, rng)
        if found is not None:
            print(f"{table.number:03} {table.edition} {found.hex()}")
            return 1
        n, turn = n + 10 * BATCH, turn + 1
    rate = n / max(time.monotonic() - begin, math.ulp(1.0))
    print(f"{n:,} inputs agreed, {rate:,.0f}/s, seed {seed}")
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
