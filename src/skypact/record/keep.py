"""How much of a recording is kept: the oldest sealed segments go first."""

from pathlib import Path
from typing import Final

from skypact.deploy import Recording as Settings
from skypact.record.folder import Segment, remove_segment, segments_of, size_of
from skypact.units import DAY, NANOSECONDS

MOST_AGED: Final = 4
"""Segments removed for their age in one look: a clock that jumps far ahead must not empty the
recording before somebody can put it right."""
_GIB: Final = 1 << 30


class Keeper:
    """Removes old segments of a folder."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._folder = folder
        self._settings = settings
        self.n_removed = 0
        self.error = ""
        """Why a segment could not be removed last."""

    def remove_old(self, now_ns: int) -> None:
        """Remove sealed segments that are too old, and the oldest while all are too large."""
        try:
            self._remove_old(now_ns)
            self.error = ""
        except OSError as error:
            self.error = f"cannot remove old segments: {error}"

    def _remove_old(self, now_ns: int) -> None:
        segments = segments_of(self._folder)
        sealed = [s for s in segments if not s.is_open]
        before_ns = now_ns - self._span_ns()
        aged = [s for s in sealed if s.begin_ns < before_ns][:MOST_AGED]
        for segment in aged:
            self._remove(segment)
        sealed = [s for s in sealed if s not in aged]
        sizes = [size_of(s) for s in sealed]
        total = sum(sizes) + sum(size_of(s) for s in segments if s.is_open)
        for segment, size in zip(sealed, sizes, strict=True):
            if total <= self._settings.keep_gib * _GIB:
                break
            self._remove(segment)
            total -= size

    def _span_ns(self) -> int:
        """Age of a segment's begin at which its end is too old."""
        return round((self._settings.keep_days * DAY + self._settings.segment_s) * NANOSECONDS)

    def _remove(self, segment: Segment) -> None:
        remove_segment(segment)
        self.n_removed += 1
