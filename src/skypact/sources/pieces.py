"""Bytes of a stream to packets: ASTERIX in whole blocks, receivers' in the pieces that came."""

from typing import Final, Protocol

from skypact.decode.framing.blocks import BlockCutter

MOST_LOST: Final = 1 << 20
"""A stream that has held no block for so many bytes is given up."""


class Cutter(Protocol):
    """What makes packets of one stream."""

    n_breaks: int

    def cut(self, piece: bytes) -> list[bytes]:
        """Take the next piece; the packets that it completes."""
        ...

    def finish(self) -> None:
        """End the stream."""
        ...


class Pieces:
    """Pieces as they come: the decoders of receivers find the messages in them."""

    n_breaks = 0

    def cut(self, piece: bytes) -> list[bytes]:
        """Return the piece."""
        return [piece] if piece else []

    def finish(self) -> None:
        """Keep nothing back."""


def cutter_of(form: str) -> Cutter:
    """Make the cutter for a stream of a format."""
    return BlockCutter() if form == "asterix" else Pieces()


def is_hopeless(cutter: Cutter) -> bool:
    """Whether a stream holds something else than it should."""
    return isinstance(cutter, BlockCutter) and cutter.lost_in_a_row > MOST_LOST
