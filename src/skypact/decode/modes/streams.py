"""Receivers' byte streams to frames, piece by piece: Beast and AVR."""

from typing import Final, Literal

import numpy as np

from skypact.kernels import streams as kernel
from skypact.model.modes import COMPUTED, LONG_FRAME, RECEIVED, Frames, Longs, Octets, empty_frames

StreamFormat = Literal["beast", "avr"]

MLAT_STAMPS: Final = (0xFF004D4C4154, 0xFF004D4C4155)
"""Counters by which multilateration servers mark the positions they computed ("MLAT")."""
_SMALLEST: Final = {"beast": 16, "avr": 16}
"""Octets of the shortest frame of each form."""


class StreamParser:
    """Frames of one stream; what is not whole yet waits for the next piece.

    Parameters
    ----------
    form : str
        ``beast`` or ``avr``.
    """

    def __init__(self, form: StreamFormat) -> None:
        self._form = form
        self._rest = np.empty(0, np.uint8)

    def feed(self, data: Octets, received_ns: int = -1) -> tuple[Frames, dict[str, int]]:
        """Find the frames that are whole by now, and what was wrong.

        Parameters
        ----------
        data : (m,) u1
            The next piece of the stream.
        received_ns : int
            When it came, -1 where nobody knows.
        """
        whole = np.concatenate([self._rest, data]) if self._rest.size else data
        rows = whole.size // _SMALLEST[self._form] + 1
        octets = np.empty((rows, LONG_FRAME), np.uint8)
        length, stamp = np.empty(rows, np.int8), np.empty(rows, np.int64)
        counts = np.zeros(kernel.N_STREAM_COUNTS, np.int64)
        out = (octets, length, stamp, counts)
        if self._form == "beast":
            n, used = kernel.scan_beast(whole, *out, np.empty(kernel.HEAD + LONG_FRAME, np.uint8))
        else:
            n, used = kernel.scan_avr(whole, *out)
        self._rest = whole[used:].copy()
        origin = np.where(np.isin(stamp[:n], MLAT_STAMPS), COMPUTED, RECEIVED).astype(np.int8)
        stamp = np.where((origin == COMPUTED) | (stamp[:n] == 0), -1, stamp[:n])
        received = np.full(n, received_ns, np.int64)
        return Frames(octets[:n], length[:n], received, stamp, origin), _named(counts)

    def finish(self) -> tuple[Frames, dict[str, int]]:
        """End the stream: a message that is not whole never will be."""
        errors = {"truncated": 1, "lost_bytes": self._rest.size} if self._rest.size else {}
        self._rest = self._rest[:0]
        return empty_frames(0), errors


def _named(counts: Longs) -> dict[str, int]:
    names = {"truncated": kernel.CUT, "lost_bytes": kernel.LOST}
    return {name: int(counts[place]) for name, place in names.items() if counts[place]}
