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
# octet, then rows: kind, octets (of one group where repeated), slot, offset and number of
# its own entries, counter octets (repeated) or 1 (selects the profile). A row with kind NONE stands
# for no item. Own entries: an extended item's parts (octets, has FX, slot), a repeated item's
# wanted groups (last octet, slot), a compound item's rows, seven for each octet of presence bits.
# Slot 0 is a waste bin.


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
def presence_end_one(data: Octets, pos: int, end: int, max_octets: int) -> int:
    """Where presence bits end, or minus a status code."""
    for i in range(max_octets):
        if pos + i >= end:
            return -TRUNCATED
        if data[pos + i] & 1 == 0:
            return pos + i + 1
    return -BAD_FSPEC


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
    """Pass an item that is not of fixed length and holds no other items."""
    kind = plan[row]
    if kind == EXTENDED:
        part = plan[row + 3]
        last = part + 3 * plan[row + 4]
        while part < last:
            size = plan[part]
            if size > end - pos:
                return -TRUNCATED
            slots[n, plan[part + 2]] = pos - start
            pos += size
            if plan[part + 1] & data[pos - 1] == 0:
                return pos
            part += 3
        return -UNKNOWN_ITEM
    if kind == REPETITIVE:
        return skip_groups_one(data, pos, end, plan, row, slots, n, start)
    if kind == NONE:
        return -UNKNOWN_ITEM
    if pos >= end:
        return -TRUNCATED
    length = octet_one(data, pos)
    if length == 0:
        return -BAD_LENGTH
    return pos + length if length <= end - pos else -TRUNCATED


@helper
def walk_record_one(data: Octets, start: int, end: int, plan: Ints, slots: Shorts, n: int) -> int:
    """Walk one record and fill row `n` of the slots; where it ends, or minus a status code.

    `octet` goes over the presence bits, of the record or of a compound item in it (then `outer_`
    keep the record's); `random` counts the random fields that are still to come.
    """
    for slot in range(plan[1]):
        slots[n, slot] = 0
    octet = start
    pos = octets_end = presence_end_one(data, start, end, plan[0])
    if pos < 0:
        return pos
    profile = base = plan[2]
    outer_octet = outer_end = outer_base = outer_present = -1
    random = 0
    present = octet_one(data, octet) & 0xFE
    if octets_end == start + 1 and present == 0:
        return -BAD_FSPEC
    while True:
        if random > 0 and outer_octet < 0:
            random -= 1
            if pos >= end:
                return -TRUNCATED
            row = profile + ROW * (octet_one(data, pos) - 1)
            pos += 1
            if row < profile or row >= profile + plan[3] or plan[row] == RANDOM:
                return -UNKNOWN_ITEM
        else:
            while present == 0:
                octet += 1
                base += 7 * ROW
                if octet < octets_end:
                    present = octet_one(data, octet) & 0xFE
                elif outer_octet < 0:
                    return pos
                else:
                    octet, octets_end, base = outer_octet, outer_end, outer_base
                    present, outer_octet = outer_present, -1
                    if random > 0:
                        break
            if present == 0:
                continue
            bit = plan[LEAD + present]
            present &= ~(128 >> bit)
            row = base + ROW * bit
        slots[n, plan[row + 2]] = pos - start
        if plan[row] == FIXED:
            pos += plan[row + 1]
            if pos > end:
                return -TRUNCATED
        elif plan[row] == COMPOUND:
            outer_octet, outer_end, outer_base, outer_present = octet, octets_end, base, present
            octet, base = pos, plan[row + 3]
            pos = octets_end = presence_end_one(data, pos, end, plan[row + 4] // 7)
            if pos < 0:
                return pos
            present = octet_one(data, octet) & 0xFE
        elif plan[row] == RANDOM:
            if pos >= end:
                return -TRUNCATED
            random = octet_one(data, pos)
            pos += 1
        else:
            began = pos
            pos = skip_item_one(data, pos, end, plan, row, slots, n, start)
            if pos < 0:
                return pos
            if plan[row] == EXTENDED and plan[row + 5]:
                step = plan[3] * ((octet_one(data, began) >> plan[4]) & plan[5])
                base, profile = base + step, profile + step


@kernel
def index_records(
    data: Octets, blocks: Longs, plan: Ints, state: Longs, index_out: RecordIndex, counts_out: Longs
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
    bounds = index_out.bounds
    slots = index_out.slots
    block, pos = state[0], state[1]
    while block < blocks.shape[0] and n < bounds.shape[0]:
        end = blocks[block, 2]
        if pos < 0:
            pos = blocks[block, 1] + 3
        while pos < end and n < bounds.shape[0]:
            following = walk_record_one(data, pos, end, plan, slots, n)
            if following < 0:
                counts_out[-following] += 1
                pos = end
                break
            bounds[n, 0], bounds[n, 1], bounds[n, 2] = pos, following, block
            n += 1
            pos = following
        if pos >= end:
            block += 1
            pos = -1
    state[0], state[1] = block, pos
    return n


@helper
def bits_one(data: Octets, pos: int, n_octets: int) -> int:
    """Up to eight octets as an integer, most significant first."""
    value = octet_one(data, pos)
    for i in range(pos + 1, pos + n_octets):
        value = (value << 8) | octet_one(data, i)
    return value


@kernel
def extract_floats(
    data: Octets, index: RecordIndex, n: int, columns: Longs, lsb: Floats, at: int, out: Floats
) -> None:
    """Read fields of `n` indexed records as numbers in their unit; NaN where absent.

    `columns` (c, 6): slot, octet offset, octets, shift, mask, sign bit (0: unsigned). `lsb` (c,) is
    their scale; `out` (c, m) is written from column `at` on.
    """
    bounds = index.bounds
    slots = index.slots
    for c in range(columns.shape[0]):
        slot, offset, n_octets = columns[c, 0], columns[c, 1], columns[c, 2]
        shift, mask, sign, scale = columns[c, 3], columns[c, 4], columns[c, 5], lsb[c]
        for i in range(n):
            item = np.int64(slots[i, slot])
            value = np.nan
            if item != 0:
                word = (bits_one(data, bounds[i, 0] + item + offset, n_octets) >> shift) & mask
                value = ((word ^ sign) - sign) * scale
            out[c, at + i] = value


@kernel
def extract_integers(
    data: Octets, index: RecordIndex, n: int, columns: Longs, at: int, out: Longs
) -> None:
    """Read fields of `n` indexed records as integers (`out` int32 or int64); -1 where absent."""
    bounds = index.bounds
    slots = index.slots
    for c in range(columns.shape[0]):
        slot, offset, n_octets = columns[c, 0], columns[c, 1], columns[c, 2]
        shift, mask, sign = columns[c, 3], columns[c, 4], columns[c, 5]
        for i in range(n):
            item = np.int64(slots[i, slot])
            value = np.int64(-1)
            if item != 0:
                word = (bits_one(data, bounds[i, 0] + item + offset, n_octets) >> shift) & mask
                value = (word ^ sign) - sign
            out[c, at + i] = value


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
    return digest  # type: ignore[return-value]


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
