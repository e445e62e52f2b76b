"""Groups of what is linked pair by pair (single linkage)."""

import numpy as np

from skypact.model.reports import Longs


def groups_of(n: int, first: Longs, second: Longs) -> Longs:
    """Label (n,) of the connected component of each of `n` rows: its lowest row.

    Parameters
    ----------
    n : int
        Rows.
    first, second : (k,) int64
        Rows that are linked.
    """
    label = np.arange(n)
    while True:
        before = label.copy()
        lower = np.minimum(label[first], label[second])
        for end in (label[first], label[second]):  # the roots of both
            np.minimum.at(label, end, lower)
        np.minimum.at(label, first, lower)
        np.minimum.at(label, second, lower)
        label = label[label]
        if np.array_equal(label, before):
            return label
