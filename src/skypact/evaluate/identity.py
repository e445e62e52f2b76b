"""Whether tracks carry the right 24-bit address."""

from typing import NamedTuple

import numpy as np

from skypact.evaluate.errors import Errors
from skypact.model.reports import Longs
from skypact.model.tracks import TrackRows
from skypact.model.truth import TruthRows


class Identity(NamedTuple):
    """Shares of the matched rows whose object has an address; None where there are none."""

    correct: float | None
    absent: float | None
    wrong: float | None
    invented: float | None
    """Share with an address among matched rows whose object has none."""
    n: int
    """Matched rows whose object has an address."""


def object_addresses(truth: TruthRows, number: Longs) -> Longs:
    """Address of each object (N,): that of its last row that has one, -1 without."""
    known = np.flatnonzero(truth.icao >= 0)
    out = np.full(len(number), -1, np.int64)
    place = np.searchsorted(number, truth.target[known])
    inside = place < len(number)
    known, place = known[inside], place[inside]
    same = number[place] == truth.target[known]
    out[place[same]] = truth.icao[known[same]]
    return out


def identity(errors: Errors, table: TrackRows, addresses: Longs) -> Identity:
    """Compare the address of every matched row with its object's; see `object_addresses`."""
    true, said = addresses[errors.truth], table.icao[errors.row]
    has = true >= 0
    n, without = int(has.sum()), int((~has).sum())
    invented = float((said[~has] >= 0).mean()) if without else None
    if not n:
        return Identity(None, None, None, invented, 0)
    true, said = true[has], said[has]
    correct, absent = float((said == true).mean()), float((said < 0).mean())
    return Identity(correct, absent, float(((said >= 0) & (said != true)).mean()), invented, n)
