"""States of tracks that may be in free flight, as the tracker has them and a warning needs them."""

from typing import NamedTuple

import numpy as np

from skypact.model.reports import Floats, Longs


class FreeStates(NamedTuple):
    """Tracks in the tracker's ballistic mode, k of them, in order of their numbers."""

    track: Longs
    time_s: Floats
    """Time of each state, UTC seconds."""
    mean: Floats
    """ECEF position [m], velocity [m/s], logarithm of the ballistic parameter [kg/m^2], by model
    (k, 3, 7): free flight, thrust, flight as an aircraft."""
    covariance: Floats
    """(k, 3, 7, 7)."""
    probability: Floats
    """Of the models (k, 3)."""
    n_reports: Longs
    """Reports that each track has had."""
    age_s: Floats
    """Time from the first of them to the state."""


def no_free_states() -> FreeStates:
    """Nothing is in free flight."""
    none, few = np.zeros(0), np.zeros(0, np.int64)
    return FreeStates(
        few, none, np.zeros((0, 3, 7)), np.zeros((0, 3, 7, 7)), np.zeros((0, 3)), few, none
    )
