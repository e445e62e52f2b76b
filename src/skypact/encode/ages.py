"""When each track was last updated by each kind of sensor, and by what: I062/290 and I062/295.

Source: EUROCONTROL-SPEC-0149 Part 9, edition 1.21, items 290 and 295: an age is the time of track
information less the time of the last detection used.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.model.reports import ADSB, MLAT, MODES, PSR, PSR_SSR, SSR, ReportBatch

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]


class TrackAges(NamedTuple):
    """Seconds since the last update of each track (n,), NaN where there was none."""

    psr_s: Floats
    ssr_s: Floats
    modes_s: Floats
    adsb_s: Floats
    mlat_s: Floats
    mode3a_s: Floats
    """Of the Mode A code, from whatever sensor."""
    level_s: Floats
    """Of the measured flight level."""
    level_m: Floats
    """The flight level measured last, as pressure altitude; not an age."""


_KINDS: Final = ((PSR, PSR_SSR), (SSR, PSR_SSR), (MODES,), (ADSB,), (MLAT,))
"""Kinds of reports that update each of the first five columns."""
_CODE, _LEVEL, _VALUE = 5, 6, 7
_FIRST_ROOM: Final = 1024


def no_ages(n: int) -> TrackAges:
    """Make ages of `n` tracks of which nothing is known."""
    return TrackAges(*(np.full(n, np.nan) for _ in TrackAges._fields))


class AgeBook:
    """Books which reports updated which tracks."""

    def __init__(self) -> None:
        self._row: dict[int, int] = {}
        self._free: list[int] = []
        self._last = np.full((_FIRST_ROOM, len(TrackAges._fields)), np.nan)

    def _rows(self, tracks: Longs) -> Longs:
        """Return the row of each track, a new one where it has none."""
        numbers, inverse = np.unique(tracks, return_inverse=True)
        for number in numbers.tolist():
            if number in self._row:
                continue
            if not self._free and len(self._row) == len(self._last):
                self._last = np.concatenate([self._last, np.full_like(self._last, np.nan)])
            row = self._free.pop() if self._free else len(self._row)
            self._row[number] = row
            self._last[row] = np.nan
        found = np.array([self._row[number] for number in numbers.tolist()], np.int64)
        return found[inverse.reshape(-1)] if found.size else found

    def note(self, track: Longs, reports: ReportBatch) -> None:
        """Book reports (n,) and the track (n,) that each updated or began, -1 for none."""
        used = track >= 0
        rows, time_s = self._rows(track[used]), reports.time_s[used]
        kind, level_m = reports.kind[used], reports.baro_altitude_m[used]
        for column, kinds in enumerate(_KINDS):
            self._newest(column, rows, time_s, np.isin(kind, kinds))
        self._newest(_CODE, rows, time_s, reports.mode3a[used] >= 0)
        known = ~np.isnan(level_m)
        order = np.flatnonzero(known)[np.argsort(time_s[known], kind="stable")]
        newer = ~(self._last[rows[order], _LEVEL] > time_s[order])
        self._last[rows[order[newer]], _VALUE] = level_m[order[newer]]
        self._newest(_LEVEL, rows, time_s, known)

    def _newest(
        self, column: int, rows: Longs, time_s: Floats, mine: npt.NDArray[np.bool_]
    ) -> None:
        np.fmax.at(self._last[:, column], rows[mine], time_s[mine])

    def drop(self, ended: Longs) -> None:
        """Forget tracks that ended."""
        for number in ended.tolist():
            row = self._row.pop(number, None)
            if row is not None:
                self._free.append(row)

    def ages(self, track: Longs, time_s: Floats) -> TrackAges:
        """Return the ages of tracks (n,) at `time_s` (n,)."""
        rows = np.array([self._row.get(number, -1) for number in track.tolist()], np.int64)
        last = np.where(rows[:, None] >= 0, self._last[rows], np.nan).reshape(-1, _VALUE + 1)
        ages = np.maximum(time_s[:, None] - last[:, :_VALUE], 0.0)
        return TrackAges._make([*ages.T, last[:, _VALUE]])
