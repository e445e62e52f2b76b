"""What is believed of biases before any report: standard deviations and random walks."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from skypact.config import RegistrationParams, Sensor
from skypact.model.registration import (
    AZIMUTH_BIAS,
    ELEVATION_BIAS,
    LEVEL_GAIN,
    LEVEL_OFFSET,
    N_BIASES,
    RANGE_BIAS,
    RANGE_GAIN,
    SITE_EAST,
    SITE_NORTH,
    TIME_BIAS,
)
from skypact.model.reports import Floats, Longs
from skypact.register.plots import Sheets
from skypact.units import DEGREE

_SITE_M: Final = 1_000.0
"""Of a site that is in the wrong place."""
_LEVEL_OFFSET_M: Final = 120.0
"""Of the heights that levels tell: a sea-level pressure 15 hPa off the standard one."""
_LEVEL_GAIN: Final = 0.012
"""Of their growth with height: an air column 3 degrees warmer or colder."""
_HOUR_S: Final = 3_600.0


def priors_of(sensors: Sequence[Sensor], sheets: Sheets, params: RegistrationParams) -> Floats:
    """List standard deviations (7 (S + 1),) beforehand; 0 where a bias is none of the unknowns."""
    prior = np.zeros((len(sensors) + 1, N_BIASES))
    radar = np.flatnonzero(sheets.radar)
    prior[: len(sensors), TIME_BIAS] = params.sigma_feed_time_s
    prior[radar, RANGE_BIAS] = params.sigma_range_m
    prior[radar, RANGE_GAIN] = params.sigma_range_gain
    prior[radar, AZIMUTH_BIAS] = params.sigma_azimuth_deg * DEGREE
    prior[radar, TIME_BIAS] = params.sigma_time_s
    prior[radar, SITE_EAST] = prior[radar, SITE_NORTH] = _SITE_M
    tilted = np.flatnonzero(sheets.radar * sheets.sigma[:, 2] > 0)
    prior[tilted, ELEVATION_BIAS] = params.sigma_elevation_deg * DEGREE
    # What a data sheet says of its own biases goes before.
    for column, at in enumerate((RANGE_BIAS, AZIMUTH_BIAS, TIME_BIAS, ELEVATION_BIAS)):
        stated = sheets.bias_sigma[:, column]
        own = (stated > 0) & (prior[:-1, at] > 0)
        prior[:-1, at] = np.where(own, stated, prior[:-1, at])
    prior[-1, LEVEL_OFFSET], prior[-1, LEVEL_GAIN] = _LEVEL_OFFSET_M, _LEVEL_GAIN
    return prior.ravel()


def walks_of(n_sensors: int, params: RegistrationParams) -> Floats:
    """List standard deviations (7 (S + 1),) of what one window adds to each bias."""
    walk = np.zeros((n_sensors + 1, N_BIASES))
    walk[:, RANGE_BIAS] = params.walk_range_m
    walk[:, RANGE_GAIN] = params.walk_range_gain
    walk[:, AZIMUTH_BIAS] = walk[:, ELEVATION_BIAS] = params.walk_azimuth_deg * DEGREE
    walk[:, TIME_BIAS] = params.walk_time_s
    walk[-1] = 0.0
    walk[-1, LEVEL_OFFSET], walk[-1, LEVEL_GAIN] = 20.0, 2e-3
    return np.asarray(walk.ravel() * np.sqrt(params.window_s / _HOUR_S))


def sleepers_of(n_sensors: int) -> Longs:
    """Give the two shifts of a site the number of their sensor, and other unknowns -1 (K,)."""
    sleeper = np.full((n_sensors + 1, N_BIASES), -1, np.int64)
    sleeper[:-1, SITE_EAST] = sleeper[:-1, SITE_NORTH] = np.arange(n_sensors)
    return np.asarray(sleeper.ravel())
