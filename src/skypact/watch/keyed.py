"""A table of rows by number, kept between looks; what was not renewed is forgotten."""

import numpy as np

from skypact.model.reports import Floats, Longs
from skypact.watch.cover import Mask

LEAST_ADDRESS = 1 << 40
"""Keys of objects with a 24-bit address begin here; below, keys are track numbers."""


def keys_of(icao: Longs, track: Longs) -> Longs:
    """Keys of objects (n,): by address, else by track; -1 where neither is known."""
    return np.where(icao >= 0, LEAST_ADDRESS + icao, track)


def name_of(key: int) -> str:
    """Word for an object: six hexadecimal digits, or the track's number."""
    return f"{key - LEAST_ADDRESS:06X}" if key >= LEAST_ADDRESS else str(key)


def last_of(keys: Longs) -> Longs:
    """Place of the last of each key, in order of the keys."""
    place = np.unique(keys[::-1], return_index=True)[1]
    return np.asarray(keys.size - 1 - place)


class Keyed:
    """Rows of figures by key.

    Parameters
    ----------
    n : int
        Figures of a row; the first is the time at which it was renewed.
    """

    def __init__(self, n: int) -> None:
        self.keys: Longs = np.zeros(0, np.int64)
        self.rows: Floats = np.zeros((0, n))

    def find(self, keys: Longs) -> tuple[Longs, Mask]:
        """Place of keys (n,) and whether they are there; places of others mean nothing."""
        if not self.keys.size:
            return np.zeros(keys.size, np.int64), np.zeros(keys.size, np.bool_)
        place = np.minimum(np.searchsorted(self.keys, keys), self.keys.size - 1)
        return place, self.keys[place] == keys

    def put(self, keys: Longs, rows: Floats) -> None:
        """Set rows; keys (n,) rise."""
        place, known = self.find(keys)
        self.rows[place[known]] = rows[known]
        if known.all():
            return
        joined = np.concatenate([self.keys, keys[~known]])
        order = np.argsort(joined, kind="stable")
        self.keys = joined[order]
        self.rows = np.concatenate([self.rows, rows[~known]])[order]

    def forget(self, before_s: float) -> None:
        """Leave out what was not renewed since."""
        kept = self.rows[:, 0] >= before_s
        if not kept.all():
            self.keys, self.rows = self.keys[kept], self.rows[kept]
