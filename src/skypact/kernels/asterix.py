"""ASTERIX blocks and records to columns, driven by a flat copy of a category's item table.

Source: EUROCONTROL-SPEC-0149 part 1, edition 3.1, chapters 4 (item structures) and 5 (data block,
record, field specification). `index_blocks` finds the blocks; `index_records` walks their records
and notes where every wanted item begins; the `extract_` kernels then read one field after another
over many records. `decode/asterix/plan.py` builds the flat table. Twins: tests/naive/asterix.py and
the plain decoder, which must agree on every record.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.errors import BAD_FSPEC, BAD_LENGTH, TRUNCATED, UNKNOWN_ITEM
from skypact.kernels._jit import helper, kernel
from skypact.kernels.capture import octet_one, u16_one

Octets = npt.NDArray[np.uint8]
Shorts = npt.NDArray[np.uint16]
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

FIXED: Final = 0
EXTENDED: Final = 1
REPETITIVE: Final = 2
EXPLICIT: Final = 3
COMPOUND: Final = 4
RANDOM: Final = 5

TRAILING: Final = 8
"""Place in the counts of `index_blocks` for packets with bytes behind their last block."""
N_COUNTS: Final = 9


class Plan(NamedTuple):
    """A category's item table as integers.

    `profiles` (p, f): node of each field reference number, -1 where none. `nodes` (k, 6): kind,
    size in octets (of one group where repeated), slot, first row and number of rows in `rows`,
    counter octets. `rows` (m, 3): an extended item's parts (size, has FX, slot); a repeated item's
    groups to look for (last octet, unused, slot); a compound item's subitems (node or -1).
    `limits` (5,): longest field specification in octets, number of slots, selecting node (-1:
    none), shift and mask of the selecting field in the node's first octet. Slot 0 is a waste bin.
    """

    profiles: Ints
    nodes: Ints
    rows: Ints
    limits: Longs


class RecordIndex(NamedTuple):
    """Where records are and where their items begin.

    `bounds` (n, 3): first byte, one past the last, row of the block. `slots` (n, s): offset of each
    wanted item from the record's first byte, 0 where absent.
    """

    bounds: Longs
    slots: Shorts


@kernel
def index_blocks(data: Octets, start: Longs, end: Longs, out: Longs, counts_out: Longs) -> int:
    """Find the data blocks of packets.

    `out` (n, 4): category, first byte, one past the last, row of the packet. `counts_out` counts
    by status code packets whose first block is damaged, and at `TRAILING` those with other bytes
    behind whole blocks; it is counted only when `out` has rows. Returns the number of blocks.
    """
    n = 0
    for i in range(start.shape[0]):
        pos = start[i]
        while pos < end[i]:
            length = u16_one(data, pos + 1) if end[i] - pos >= 3 else 0
            if length < 3 or length > end[i] - pos:
                if pos > start[i]:
                    counts_out[TRAILING] += 1
                elif end[i] - pos < 3 or length >= 3:
                    counts_out[TRUNCATED] += 1
                else:
                    counts_out[BAD_LENGTH] += 1
                break
            if n < out.shape[0]:
                out[n, 0], out[n, 1], out[n, 2], out[n, 3] = data[pos], pos, pos + length, i
            n += 1
            pos += length
    return n


@helper
def skip_extended_one(
    data: Octets, pos: int, end: int, node: int, plan: Plan, index: RecordIndex, n: int
) -> int:
    """Pass an extended item; note its wanted parts. Negative: minus a status code."""
    first = plan.nodes[node, 3]
    for row in range(first, first + plan.nodes[node, 4]):
        size = plan.rows[row, 0]
        if size > end - pos:
            return -TRUNCATED
        index.slots[n, plan.rows[row, 2]] = pos - index.bounds[n, 0]
        pos += size
        if plan.rows[row, 1] == 0 or data[pos - 1] & 1 == 0:
            return pos
    return -UNKNOWN_ITEM


@helper
def skip_repetitive_one(
    data: Octets, pos: int, end: int, node: int, plan: Plan, index: RecordIndex, n: int
) -> int:
    """Pass a repeated item; note the first group that ends in each wanted octet."""
    size = plan.nodes[node, 1]
    counter = plan.nodes[node, 5]
    if counter == 0:
        while True:
            if size > end - pos:
                return -TRUNCATED
            pos += size
            if data[pos - 1] & 1 == 0:
                return pos
    if counter > end - pos:
        return -TRUNCATED
    left = octet_one(data, pos) if counter == 1 else u16_one(data, pos)
    pos += counter
    if size * left > end - pos:
        return -TRUNCATED
    first = plan.nodes[node, 3]
    n_wanted = plan.nodes[node, 4]
    for _ in range(left):
        for row in range(first, first + n_wanted):
            slot = plan.rows[row, 2]
            if data[pos + size - 1] == plan.rows[row, 0] and index.slots[n, slot] == 0:
                index.slots[n, slot] = pos - index.bounds[n, 0]
        pos += size
    return pos


@helper
def skip_simple_one(
    data: Octets, pos: int, end: int, node: int, plan: Plan, index: RecordIndex, n: int
) -> int:
    """Pass one item that holds no other items; note it if wanted."""
    kind = plan.nodes[node, 0]
    index.slots[n, plan.nodes[node, 2]] = pos - index.bounds[n, 0]
    if kind == FIXED:
        size = plan.nodes[node, 1]
        return pos + size if size <= end - pos else -TRUNCATED
    if kind == EXTENDED:
        return skip_extended_one(data, pos, end, node, plan, index, n)
    if kind == REPETITIVE:
        return skip_repetitive_one(data, pos, end, node, plan, index, n)
    if pos >= end:
        return -TRUNCATED
    length = octet_one(data, pos)
    if length == 0:
        return -BAD_LENGTH
    return pos + length if length <= end - pos else -TRUNCATED


@helper
def presence_end_one(data: Octets, pos: int, end: int, max_octets: int) -> int:
    """Where presence bits end, or minus a status code."""
    for i in range(max_octets):
        if pos + i >= end:
            return -TRUNCATED
        if data[pos + i] & 1 == 0:
            return pos + i + 1
    return -BAD_FSPEC


@helper
def skip_compound_one(
    data: Octets, pos: int, end: int, node: int, plan: Plan, index: RecordIndex, n: int
) -> int:
    """Pass a compound item and note its wanted subitems."""
    first = plan.nodes[node, 3]
    n_rows = plan.nodes[node, 4]
    bits = pos
    pos = presence_end_one(data, pos, end, (n_rows + 6) // 7)
    if pos < 0:
        return pos
    n_octets = pos - bits
    for octet in range(n_octets):
        present = octet_one(data, bits + octet)
        for bit in range(7):
            if present & (128 >> bit) == 0:
                continue
            place = octet * 7 + bit
            child = plan.rows[first + place, 0] if place < n_rows else -1
            if child < 0:
                return -UNKNOWN_ITEM
            pos = skip_simple_one(data, pos, end, child, plan, index, n)
            if pos < 0:
                return pos
    return pos


@helper
def skip_item_one(
    data: Octets, pos: int, end: int, node: int, plan: Plan, index: RecordIndex, n: int
) -> int:
    """Pass any item but random fields."""
    if plan.nodes[node, 0] == COMPOUND:
        index.slots[n, plan.nodes[node, 2]] = pos - index.bounds[n, 0]
        return skip_compound_one(data, pos, end, node, plan, index, n)
    return skip_simple_one(data, pos, end, node, plan, index, n)


@helper
def skip_random_one(
    data: Octets, pos: int, end: int, profile: int, plan: Plan, index: RecordIndex, n: int
) -> int:
    """Pass random fields: a count, then field reference numbers, each with its item."""
    if pos >= end:
        return -TRUNCATED
    left = octet_one(data, pos)
    pos += 1
    for _ in range(left):
        if pos >= end:
            return -TRUNCATED
        place = octet_one(data, pos) - 1
        inside = place >= 0 and place < plan.profiles.shape[1]
        node = plan.profiles[profile, place] if inside else -1
        if node < 0 or plan.nodes[node, 0] == RANDOM:
            return -UNKNOWN_ITEM
        pos = skip_item_one(data, pos + 1, end, node, plan, index, n)
        if pos < 0:
            return pos
    return pos


@helper
def read_record_one(
    data: Octets, start: int, end: int, plan: Plan, index: RecordIndex, n: int
) -> int:
    """Walk one record and fill row `n` of the index; where it ends, or minus a status code."""
    index.bounds[n, 0] = start
    for slot in range(plan.limits[1]):
        index.slots[n, slot] = 0
    pos = presence_end_one(data, start, end, plan.limits[0])
    if pos < 0:
        return pos
    profile = 0
    n_octets = pos - start
    none = True
    for octet in range(n_octets):
        present = octet_one(data, start + octet)
        for bit in range(7):
            if present & (128 >> bit) == 0:
                continue
            none = False
            place = octet * 7 + bit
            node = plan.profiles[profile, place] if place < plan.profiles.shape[1] else -1
            if node < 0:
                return -UNKNOWN_ITEM
            began = pos
            if plan.nodes[node, 0] == RANDOM:
                pos = skip_random_one(data, pos, end, profile, plan, index, n)
            else:
                pos = skip_item_one(data, pos, end, node, plan, index, n)
            if pos < 0:
                return pos
            if node == plan.limits[2]:
                profile = (octet_one(data, began) >> plan.limits[3]) & plan.limits[4]
    return -BAD_FSPEC if none else pos


@kernel
def index_records(
    data: Octets, blocks: Longs, plan: Plan, state: Longs, index_out: RecordIndex, counts_out: Longs
) -> int:
    """Index the records of blocks, as many as `index_out` has rows.

    Parameters
    ----------
    data, blocks : the bytes, and rows (category, first byte, one past the last, packet).
    plan : the category's table.
    state : (2,) row of the block to go on with and byte in it (-1: its beginning); written.
    index_out : rows are written from 0.
    counts_out : (`N_COUNTS`,) damaged records by status code are added. The rest of a block behind
        a damaged record is skipped: its records cannot be found.

    Returns
    -------
    int
        Rows written. The last block is done when ``state[0] == len(blocks)``.
    """
    n = 0
    capacity = index_out.bounds.shape[0]
    row, pos = state[0], state[1]
    while row < blocks.shape[0] and n < capacity:
        end = blocks[row, 2]
        if pos < 0:
            pos = blocks[row, 1] + 3
        while pos < end and n < capacity:
            following = read_record_one(data, pos, end, plan, index_out, n)
            if following < 0:
                counts_out[-following] += 1
                pos = end
                break
            index_out.bounds[n, 1] = following
            index_out.bounds[n, 2] = row
            n += 1
            pos = following
        if pos >= end:
            row += 1
            pos = -1
    state[0], state[1] = row, pos
    return n


@helper
def field_one(data: Octets, pos: int, column: Ints) -> int:
    """Read a field: `column` = slot, octet offset, octets, shift, bits, signed."""
    value = octet_one(data, pos)
    for i in range(1, column[2]):
        value = (value << 8) | octet_one(data, pos + i)
    value = value >> column[3]
    if column[4] < 64:
        value &= (np.int64(1) << column[4]) - 1
        if column[5] and value >> (column[4] - 1):
            value -= np.int64(1) << column[4]
    return value


@kernel
def extract_floats(
    data: Octets, index: RecordIndex, n: int, columns: Ints, lsb: Floats, at: int, out: Floats
) -> None:
    """Read fields of `n` indexed records as numbers in their unit; NaN where absent.

    `columns` (c, 6) as in `field_one`; `lsb` (c,) their scale; `out` (c, m) is written from column
    `at` on.
    """
    for c in range(columns.shape[0]):
        slot = columns[c, 0]
        for i in range(n):
            offset = np.int64(index.slots[i, slot])
            if offset == 0:
                out[c, at + i] = np.nan
            else:
                pos = index.bounds[i, 0] + offset + columns[c, 1]
                out[c, at + i] = field_one(data, pos, columns[c]) * lsb[c]


@kernel
def extract_integers(
    data: Octets, index: RecordIndex, n: int, columns: Ints, at: int, out: Ints
) -> None:
    """Read fields of `n` indexed records as integers (`out` int32 or int64); -1 where absent."""
    for c in range(columns.shape[0]):
        slot = columns[c, 0]
        for i in range(n):
            offset = np.int64(index.slots[i, slot])
            if offset == 0:
                out[c, at + i] = -1
            else:
                pos = index.bounds[i, 0] + offset + columns[c, 1]
                out[c, at + i] = field_one(data, pos, columns[c])


@helper
def digest_one(data: Octets, start: int, end: int, seed: int) -> int:
    """Digest of a run of bytes, eight at a time (multiply and fold, 64 bits)."""
    digest = np.int64(seed) + np.int64(-7046029254386353131) * np.int64(end - start)
    pos = start
    while pos + 8 <= end:
        word = np.int64(0)
        for i in range(8):
            word = (word << 8) | octet_one(data, pos + i)
        digest = (digest ^ word) * np.int64(-7723592293110705685)
        digest ^= (digest >> 29) & 0x7FFFFFFFF
        pos += 8
    while pos < end:
        digest = (digest ^ octet_one(data, pos)) * np.int64(1099511628211)
        pos += 1
    digest ^= (digest >> 32) & 0xFFFFFFFF
    return digest


@kernel
def mark_repeats(
    data: Octets,
    rows: Longs,
    time_ns: Longs,
    window_ns: int,
    seen_out: Longs,
    repeat_out: npt.NDArray[np.bool_],
) -> None:
    """Mark records whose bytes came before within a window of time.

    Parameters
    ----------
    rows : (n, 3) category, first byte, one past the last, in order of arrival.
    time_ns : (n,) arrival of each.
    window_ns : how far apart two copies may be.
    seen_out : (2**k, 2) digest and arrival of what came before, kept between calls; a row is taken
        by the newest of those that fall on it and its seven neighbours.
    repeat_out : (n,) written.
    """
    size = seen_out.shape[0]
    for i in range(rows.shape[0]):
        digest = digest_one(data, rows[i, 1], rows[i, 2], rows[i, 0])
        oldest = digest & (size - 1)
        repeat_out[i] = False
        for probe in range(8):
            row = (digest + probe) & (size - 1)
            if seen_out[row, 0] == digest and abs(time_ns[i] - seen_out[row, 1]) <= window_ns:
                repeat_out[i] = True
                break
            if seen_out[row, 1] < seen_out[oldest, 1]:
                oldest = row
        if not repeat_out[i]:
            seen_out[oldest, 0] = digest
            seen_out[oldest, 1] = time_ns[i]
