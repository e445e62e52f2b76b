"""Which updates go out: those of confirmed tracks, each track's so often at most, ends always."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.model.tracks import TrackRows, concat_rows, empty_rows, latest, take_rows

Longs = npt.NDArray[np.int64]


class Due(NamedTuple):
    """What goes out at a step."""

    rows: TrackRows
    ended: Longs
    """Tracks that ended and of which something was sent."""


class Thinning:
    """Lets updates through.

    Parameters
    ----------
    period_s : float
        A track goes out at most so often, as it is then; 0: at each update.
    confirmed_only : bool
        Rows of tracks that are not confirmed are left out.
    """

    def __init__(self, period_s: float, *, confirmed_only: bool) -> None:
        self._period_s = period_s
        self._confirmed_only = confirmed_only
        self._sent_s: dict[int, float] = {}
        self._waiting = empty_rows(0)

    def take(self, rows: TrackRows, ended: Longs, now_s: float) -> Due:
        """Take a step's updates and ended tracks; return what goes out at `now_s`.

        A track that ends is sent as it was last before it ends.
        """
        if self._confirmed_only and rows.track.size:
            rows = take_rows(rows, rows.confirmed > 0)
        if self._period_s > 0.0:
            rows = self._thinned(rows, ended, now_s)
        self._sent_s.update(dict.fromkeys(rows.track.tolist(), now_s))
        told = [track for track in ended.tolist() if self._sent_s.pop(track, None) is not None]
        return Due(rows, np.array(told, np.int64))

    def _thinned(self, rows: TrackRows, ended: Longs, now_s: float) -> TrackRows:
        rows = concat_rows([self._waiting, rows]) if self._waiting.track.size else rows
        rows = take_rows(rows, latest(rows))
        last_s = [self._sent_s.get(track, -np.inf) for track in rows.track.tolist()]
        due = now_s - np.array(last_s, np.float64) >= self._period_s
        due |= np.isin(rows.track, ended)
        self._waiting = take_rows(rows, ~due)
        return take_rows(rows, due)
