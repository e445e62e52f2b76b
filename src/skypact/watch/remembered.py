"""What a rule remembers of each track between looks, in columns that follow the tracks."""

import numpy as np

from skypact.model.reports import Floats, Longs


class Remembered:
    """Figures of each track of the newest look; those of tracks that are gone are forgotten.

    Parameters
    ----------
    **absent : float
        Name of each column and the value that a new track begins with.
    """

    def __init__(self, **absent: float) -> None:
        self.track: Longs = np.zeros(0, np.int64)
        self._absent = absent
        self._columns: dict[str, Floats] = {name: np.zeros(0) for name in absent}

    def follow(self, track: Longs) -> Longs:
        """Take the tracks (n,) of a look, ascending; return the rows of those that are new."""
        old = places_in(self.track, track)
        known = np.flatnonzero(old >= 0)
        for name, absent in self._absent.items():
            column = np.full(track.size, absent)
            column[known] = self._columns[name][old[known]]
            self._columns[name] = column
        self.track = track.copy()
        return np.flatnonzero(old < 0)

    def __getitem__(self, name: str) -> Floats:
        return self._columns[name]

    def __setitem__(self, name: str, column: Floats) -> None:
        self._columns[name] = column


def places_in(ascending: Longs, wanted: Longs) -> Longs:
    """Return where values (n,) stand in an ascending array, -1 where they do not."""
    if not ascending.size:
        return np.full(wanted.size, -1, np.int64)
    at = np.minimum(np.searchsorted(ascending, wanted), ascending.size - 1)
    return np.where(ascending[at] == wanted, at, -1).astype(np.int64)
