"""ASTERIX blocks and records to columns, driven by a flat copy of a category's item table.

Source: EUROCONTROL-SPEC-0149 part 1, edition 3.1, chapters 4 (item structures) and 5 (data block,
record, field specification). `index_blocks` finds the blocks; `index_records` walks their records
and notes where every wanted item begins; `load_words` and the `extract_` kernels then read one
field after another over many records. `decode/asterix/plan.py` builds the flat table. Twins:
tests/naive/asterix_columns.py and the plain decoder, which must agree on every record.
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

NONE: Final = -1
FIXED: Final = 0
EXTENDED: Final = 1
REPETITIVE: Final = 2
EXPLICIT: Final = 3
COMPOUND: Final = 4
RANDOM: Final = 5

TRAILING: Final = 8
"""Place in the counts of `index_blocks` for packets with bytes behind their last block."""
N_COUNTS: Final = 9


LEAD: Final = 8
"""Where in a plan the table of the highest set bit of an octet begins."""
ROW: Final = 6
"""Integers in a row of a plan."""

# A plan is one array of int32, so that no helper holds a reference on more than three arrays:
# counting references cost twenty times the work. Its head: longest field specification in octets,
# number of slots, offset of the first profile, integers in a profile, shift and mask of the
# field that selects the profile. Then, from LEAD, the bit (0 to 6) of the highest set bit of each
# octet, then rows: kind, octets (of one group where repeated), slot, offset and number of its own
# entries, counter octets (repeated) or 1 (selects the profile). A row with kind NONE stands for no
# item. Own entries: an extended item's parts (octets, has FX, slot), a repeated item's wanted
# groups (last octet, slot), a compound item's rows (seven for each octet of presence bits), the
# rows of the profile in which random fields stand. Slot 0 is a waste bin.


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
def presence_end_one(pos: int, first: int, end: int, max_octets: int) -> int:
    """Check `pos`, found one past the presence bits from `first`; it, or minus a status code."""
    if pos - first > max_octets:
        return -BAD_FSPEC
    return pos if pos <= end else -TRUNCATED


@helper
def skip_groups_one(
    data: Octets, pos: int, end: int, plan: Ints, row: int, slots: Shorts, n: int, start: int
) -> int:
    """Pass a repeated item; note the first group that ends in each wanted octet."""
    size = plan[row + 1]
    counter = plan[row + 5]
    if counter == 0:
        while size <= end - pos:
            pos += size
            if data[pos - 1] & 1 == 0:
                return pos
        return -TRUNCATED
    if counter > end - pos:
        return -TRUNCATED
    left = octet_one(data, pos) if counter == 1 else u16_one(data, pos)
    pos += counter
    last: int = pos + size * left
    if last > end:
        return -TRUNCATED
    first = plan[row + 3]
    while pos < last:
        code = data[pos + size - 1]
        for entry in range(first, first + 2 * plan[row + 4], 2):
            if code == plan[entry] and slots[n, plan[entry + 1]] == 0:
                slots[n, plan[entry + 1]] = pos - start
        pos += size
    return last


@helper
def skip_item_one(
    data: Octets, pos: int, end: int, plan: Ints, row: int, slots: Shorts, n: int, start: int
) -> int:
    """Pass an item that holds no other items; where it ends, or minus a status code."""
    kind = plan[row]
    if kind == FIXED:
        pos += plan[row + 1]
        return pos if pos <= end else -TRUNCATED
    if kind == EXTENDED:
        for part in range(plan[row + 3], plan[row + 3] + 3 * plan[row + 4], 3):
            if slots[n, plan[part + 2]] == 0:
                slots[n, plan[part + 2]] = pos - start
            pos += plan[part]
            if pos > end:
                return -TRUNCATED
            if plan[part + 1] & data[pos - 1] == 0:
                return pos
        return -UNKNOWN_ITEM
    if kind == REPETITIVE:
        return skip_groups_one(data, pos, end, plan, row, slots, n, start)
    if kind == NONE:
        return -UNKNOWN_ITEM
    length = octet_one(data, pos) if pos < end else 1
    if length == 0:
        return -BAD_LENGTH
    return pos + length if pos + length <= end else -TRUNCATED


@helper
def skip_rare_one(
    data: Octets, pos: int, end: int, plan: Ints, row: int, slots: Shorts, n: int, start: int
) -> int:
    """Pass an item or random fields: a count, then field numbers, each with its item.

    The own entries of random fields are their profile's rows. Items that hold items cannot stand
    here (categories 001 and 002 have none). What the record holds by itself goes first.
    """
    if plan[row] != RANDOM:
        return skip_item_one(data, pos, end, plan, row, slots, n, start)
    if pos >= end:
        return -TRUNCATED
    first = plan[row + 3]
    left = octet_one(data, pos)
    pos += 1
    for _ in range(left):
        if pos >= end:
            return -TRUNCATED
        row = first + ROW * (octet_one(data, pos) - 1)
        inside = row >= first and row < first + plan[3]
        if not inside or plan[row] == RANDOM or plan[row] == COMPOUND:
            return -UNKNOWN_ITEM
        pos += 1
        if slots[n, plan[row + 2]] == 0:
            slots[n, plan[row + 2]] = pos - start
        pos = skip_item_one(data, pos, end, plan, row, slots, n, start)
        if pos < 0:
            return pos
    return pos


@kernel
def index_records(
    data: Octets, blocks: Longs, plan: Ints, state: Longs, index_out: RecordIndex, counts_out: Longs
) -> int:
    """Index the records of `blocks`, as many as `index_out` has rows; the number written.

    `state` (2,), written, is the block to go on with and the byte in it (-1: its beginning). Behind
    a damaged record its block is lost. Written out, since a helper that takes arrays costs 25 ns.
    `octet` goes over presence bits; `outer` is where it was, while inside a compound item.
    """
    bounds, slots = index_out.bounds, index_out.slots
    outer_end = outer_base = outer_present = n = 0
    block, pos = state[0], state[1]
    while block < blocks.shape[0] and n < bounds.shape[0]:
        end = blocks[block, 2]
        start = blocks[block, 1] + 3 if pos < 0 else pos
        if start >= end:
            block, pos = block + 1, -1
            continue
        for slot in range(plan[1]):
            slots[n, slot] = 0
        octet, outer, base, pos = start, -1, plan[2], start + 1
        while pos <= end and data[pos - 1] & 1:
            pos += 1
        pos = octets_end = presence_end_one(pos, start, end, plan[0])
        present = octet_one(data, octet) & 0xFE
        while pos > 0:
            while present == 0 and octet + 1 < octets_end:
                octet, base = octet + 1, base + 7 * ROW
                present = octet_one(data, octet) & 0xFE
            if present == 0:
                if outer < 0:
                    pos = pos if pos > octets_end else -BAD_FSPEC
                    break
                octet, octets_end, base, outer = outer, outer_end, outer_base, -1
                present = outer_present
                continue
            bit = plan[LEAD + present]
            present &= ~(128 >> bit)
            row = base + ROW * bit
            slots[n, plan[row + 2]] = pos - start
            kind = plan[row]
            if kind == FIXED:
                pos = pos + plan[row + 1] if plan[row + 1] <= end - pos else -TRUNCATED
            elif kind == EXTENDED:
                first, part, more = pos, plan[row + 3], 1
                while more and part < plan[row + 3] + 3 * plan[row + 4]:
                    slots[n, plan[part + 2]] = pos - start
                    pos += plan[part]
                    more = plan[part + 1] & data[pos - 1] if pos <= end else 0
                    part += 3
                pos = -TRUNCATED if pos > end else (-UNKNOWN_ITEM if more else pos)
                if plan[row + 5] and pos > 0:
                    base += plan[3] * ((octet_one(data, first) >> plan[4]) & plan[5])
            elif kind == COMPOUND:
                outer, outer_end, outer_base, outer_present = octet, octets_end, base, present
                octet, base, pos = pos, plan[row + 3], pos + 1
                while pos <= end and data[pos - 1] & 1:
                    pos += 1
                pos = octets_end = presence_end_one(pos, octet, end, plan[row + 4] // 7)
                present = octet_one(data, octet) & 0xFE if pos > 0 else 0
            elif kind == REPETITIVE and plan[row + 5] == 1:
                size, group = plan[row + 1], pos + 1
                pos = group + size * octet_one(data, pos) if pos < end else end + 1
                pos = pos if pos <= end else -TRUNCATED
                while plan[row + 4] and group < pos:
                    for part in range(plan[row + 3], plan[row + 3] + 2 * plan[row + 4], 2):
                        if data[group + size - 1] == plan[part] and slots[n, plan[part + 1]] == 0:
                            slots[n, plan[part + 1]] = group - start
                    group += size
            else:
                pos = skip_rare_one(data, pos, end, plan, row, slots, n, start)
        if pos > 0:
            bounds[n, 0], bounds[n, 1], bounds[n, 2] = start, pos, block
            n += 1
        else:
            counts_out[-pos] += 1
            block, pos = block + 1, -1
    state[0], state[1] = block, pos
    return n


@kernel
def load_words(data: Octets, index: RecordIndex, n: int, loads: Longs, out: Longs) -> None:
    """Read runs of octets of `n` indexed records, so that the fields in them are read at once.

    `loads` (g, 3): slot, octet offset in the item, octets (1 to 7). `out` (g, >= n): the octets as
    an integer, most significant first; -1 where the item is absent.
    """
    bounds, slots = index.bounds, index.slots
    for g in range(loads.shape[0]):
        slot, offset, n_octets = loads[g, 0], loads[g, 1], loads[g, 2]
        for i in range(n):
            item = np.int64(slots[i, slot])
            word = np.int64(-1)
            if item != 0:
                pos = bounds[i, 0] + item + offset
                word = np.int64(data[pos])
                for k in range(pos + 1, pos + n_octets):
                    word = (word << 8) | octet_one(data, k)
            out[g, i] = word


@kernel
def extract_floats(words: Longs, n: int, columns: Longs, lsb: Floats, at: int, out: Floats) -> None:
    """Read fields of `n` records as numbers in their unit; NaN where absent.

    `words` from `load_words`; `columns` (c, 4): row of the words, shift, mask, sign bit (0:
    unsigned); `lsb` (c,) their scale; `out` (c, m) is written from column `at` on.
    """
    for c in range(columns.shape[0]):
        row, shift, mask, sign = columns[c, 0], columns[c, 1], columns[c, 2], columns[c, 3]
        scale = lsb[c]
        for i in range(n):
            word = words[row, i]
            value = ((((word >> shift) & mask) ^ sign) - sign) * scale
            out[c, at + i] = value if word >= 0 else np.nan


@kernel
def extract_integers(words: Longs, n: int, columns: Longs, at: int, out: Longs) -> None:
    """Read fields of `n` records as integers (`out` int32 or int64); -1 where absent."""
    for c in range(columns.shape[0]):
        row, shift, mask, sign = columns[c, 0], columns[c, 1], columns[c, 2], columns[c, 3]
        for i in range(n):
            word = words[row, i]
            value = (((word >> shift) & mask) ^ sign) - sign
            out[c, at + i] = value if word >= 0 else -1


@helper
def digest_one(data: Octets, start: int, end: int, seed: int) -> int:
    """Digest of a run of bytes, four at a time: two lanes of 32 bits, 63 bits together.

    Each lane multiplies by an odd number and folds; no product exceeds 63 bits, so that nothing
    overflows when it is not compiled.
    """
    first, second = seed, end - start
    pos = start
    while pos < end:
        word = octet_one(data, pos)
        for k in range(pos + 1, min(pos + 4, end)):
            word = (word << 8) | octet_one(data, k)
        first = ((first ^ word) * 1_540_483_477) & 0xFFFFFFFF
        first ^= first >> 15
        second = ((second ^ word) * 374_761_393 + 1) & 0xFFFFFFFF
        second ^= second >> 13
        pos += 4
    return (first << 31) ^ second


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
