"""A byte stream of ASTERIX, as TCP brings it, cut into packets of whole data blocks.

Source: EUROCONTROL-SPEC-0149 part 1, edition 3.1, section 5.2 (data block = category, 2 octets
length, records). A stream that does not hold together is taken up again where blocks follow each
other; what lies between is counted.
"""

from typing import Final

LONGEST_PACKET: Final = 65_000
"""Blocks that came together are one packet up to this size; it then fits into a datagram."""
LONGEST_SEARCH: Final = 1 << 16
"""So many bytes are kept in which no block was found."""
SHORTEST_BLOCK: Final = 4
CHAIN: Final = 4
"""A place is a block's begin when so many headers follow each other there."""
LONGEST_USUAL: Final = 4096
"""Blocks that are not longer are looked for while no category of the stream is known."""
USUAL: Final = frozenset(
    (
        *(1, 2, 3, 4, 7, 8, 9, 10, 11, 15, 16, 17, 18, 19, 20, 21, 22, 23, 25, 30, 31, 32, 34, 48),
        *(62, 63, 65, 128, 129, 150, 151, 152, 153, 154, 155, 156, 204, 205, 206, 210, 240, 247),
        252,
    )
)
"""Categories in use. Any other one, and a long block of a category that the stream did not hold
before, is believed where one of these or of its own follows, or nothing does yet."""


def _length(data: bytes, pos: int) -> int:
    return data[pos + 1] << 8 | data[pos + 2]


class BlockCutter:
    """One stream, piece by piece; it holds at most one block that is not whole."""

    def __init__(self) -> None:
        self.n_breaks = 0
        """Times that the stream did not hold together."""
        self.lost_bytes = 0
        """Bytes that belonged to no block."""
        self.lost_in_a_row = 0
        """Of these, since the last block."""
        self._rest = b""
        self._seen: set[int] = set()
        self._is_lost = False
        self._look_at = 0

    def cut(self, piece: bytes) -> list[bytes]:
        """Take the next piece; the whole blocks that there are now, in packets."""
        data = self._rest + piece if self._rest else piece
        self._rest = data
        if self._is_lost and len(data) < self._look_at:
            return []
        packets: list[bytes] = []
        begin = pos = 0
        while True:
            if self._is_lost:
                begin = pos = self._search(data, pos)
                if self._is_lost:
                    break
            length = self._next(data, pos)
            if pos > begin and (length <= 0 or pos + length - begin > LONGEST_PACKET):
                packets.append(data[begin:pos])
                begin = pos
                self.lost_in_a_row = 0
            if length > 0:
                self._seen.add(data[pos])
                pos += length
            elif length < 0 or self._is_block_elsewhere(data, pos):
                self._is_lost = True
                self.n_breaks += 1
            else:
                break
        self._rest = data[begin:]
        return packets

    def finish(self) -> None:
        """End the stream: what is left is no whole block, and counted."""
        self._lose(len(self._rest))
        self.n_breaks += 1 if self._rest and not self._is_lost else 0
        self._rest = b""

    def _lose(self, n: int) -> None:
        self.lost_bytes += n
        self.lost_in_a_row += n

    def _next(self, data: bytes, pos: int) -> int:
        """Length of the block that begins here, 0 while it is not whole, -1 where none does."""
        left = len(data) - pos
        if left < 3:
            return 0
        length = _length(data, pos)
        if length < SHORTEST_BLOCK or not data[pos]:
            return -1
        if length > left:
            return 0
        if data[pos] in self._seen or length == left:
            return length
        after = data[pos + length]
        is_usual = data[pos] in USUAL and length <= LONGEST_USUAL
        is_followed = after in USUAL or after in self._seen or after == data[pos]
        return length if is_usual or is_followed else -1

    def _is_block_elsewhere(self, data: bytes, pos: int) -> bool:
        """Whether blocks follow each other in what should be one of a category not seen before."""
        left = len(data) - pos
        if left < 3 or data[pos] in self._seen:
            self._look_at = 0
            return False
        if left < self._look_at:
            return False
        self._look_at = _next_look(left)
        return self._place(data, pos + 1) >= 0

    def _search(self, data: bytes, pos: int) -> int:
        """Go on to where blocks follow each other; or to where they may, and stay lost."""
        start = self._place(data, pos)
        if start >= 0:
            self._is_lost = False
            self._look_at = 0
            self._lose(start - pos)
            return start
        kept = min(len(data) - pos, LONGEST_SEARCH)
        if kept == LONGEST_SEARCH:
            kept //= 2
        self._lose(len(data) - kept - pos)
        self._look_at = _next_look(kept)
        return len(data) - kept

    def _place(self, data: bytes, pos: int) -> int:
        """Return the first place from which headers follow each other, -1 where there is none."""
        known = self._seen or USUAL
        longest = 0xFFFF if self._seen else LONGEST_USUAL
        for start in range(pos, len(data) - 2):
            if data[start] in known and _is_chain(data, start, known, longest):
                return start
        return -1


def _next_look(n_bytes: int) -> int:
    """Bytes that shall be there before they are searched again: time stays linear."""
    return n_bytes + max(64, n_bytes >> 3)


def _is_chain(data: bytes, pos: int, known: set[int] | frozenset[int], longest: int) -> bool:
    """Whether headers follow each other from here: `CHAIN` of them, or two blocks to the end."""
    for n in range(CHAIN):
        if pos == len(data):
            return n >= 2
        if pos + 3 > len(data) or data[pos] not in known:
            return False
        length = _length(data, pos)
        if not SHORTEST_BLOCK <= length <= longest:
            return False
        pos += length
        if pos > len(data):
            return n == CHAIN - 1
    return True
