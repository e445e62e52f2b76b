"""Tables of the estimation of sensor biases: what is estimated, and what it is estimated from.

Signs as everywhere: bias = measured - true, gain = measured / true - 1, time bias = stamp - true.
A site's shift is its true place minus the configured one.
"""

from typing import Final, NamedTuple

import numpy as np

from skypact.model.reports import Bytes, Floats, Longs

(RANGE_BIAS, RANGE_GAIN, AZIMUTH_BIAS, ELEVATION_BIAS, TIME_BIAS, SITE_EAST, SITE_NORTH) = range(7)
N_BIASES: Final = 7
"""Unknowns per sensor: range [m] and its gain, azimuth, elevation [rad], time [s], site [m]."""
(LEVEL_OFFSET, LEVEL_GAIN) = range(2)
"""Unknowns of the air, kept after the last sensor: height told by a level minus the true one [m],
and its growth with height."""

(
    PLOT_TIME,
    PLOT_RANGE,
    PLOT_AZIMUTH,
    PLOT_ELEVATION,
    PLOT_X,
    PLOT_Y,
    PLOT_Z,
    PLOT_HEIGHT,
    PLOT_GEOMETRIC,
    PLOT_SIGMA,
    PLOT_SHARED,
) = range(11)
PLOT_WIDTH: Final = 11
"""Columns of `Plots.values`: stamp; slant range, azimuth, elevation (NaN where not measured); place
in ECEF (position reports); height above the ellipsoid, and 1 where it is a geometric one;
standard deviations of a position per axis: of its own, and of the error that all self-reports of
an object share."""

(POLAR_PLOT, POSITION_PLOT) = range(2)

(SIGMA_RANGE, SIGMA_BEARING, SIGMA_ELEVATION) = range(3)
"""Channels of a radar; a position report uses the first for both axes."""

(FITTED, STEADY, ROWS_USED, ROWS_DOUBTED) = range(4)
"""Places in `Sums.counts`: windows tried and used, scalars used, scalars whose weight was cut."""


class Plots(NamedTuple):
    """Reports of one window of time, grouped by object, in order of time in each group."""

    values: Floats
    """(n, 11), see `PLOT_TIME` and its neighbours."""
    sensor: Longs
    form: Bytes
    first: Longs
    """First row of each group, and the end (groups + 1,)."""


class Setup(NamedTuple):
    """Sensors, S rows, and how windows are fitted."""

    site: Floats
    """Antenna in ECEF, and its height (S, 4)."""
    axes: Floats
    """Rows east, north, up of the local frame (S, 3, 3)."""
    sigma: Floats
    """Standard deviations of range, azimuth and elevation (S, 3), as the data themselves show."""
    steady_mps2: float
    """Standard deviation per axis of what is left of an acceleration in steady flight."""
    height_sigma_m: tuple[float, float]
    """Standard deviation of a height by level and by satellite, as one error per window."""


class BiasState(NamedTuple):
    """Estimates in force, one row per sensor and one for the air (S + 1, 7)."""

    x: Floats
    variance: Floats


class Sums(NamedTuple):
    """What a window of time says of the biases, K = 7 (S + 1) of them."""

    information: Floats
    """(K, K), objects' paths eliminated."""
    score: Floats
    """Gradient at the estimates in force (K,)."""
    fit: Floats
    """Sums of squared normalised residuals and what they should be, per sensor and channel
    (S, 3, 2)."""
    counts: Longs
    """See `FITTED` and its neighbours (4,)."""


N_PATH: Final = 9
"""Unknowns of an object's path: east, north, their rates and accelerations, height, and the shared
error of its self-reports, east and north, in its own standard deviations."""
MOST_PLOTS: Final = 96
"""Reports of one object in one window that are used."""


class Scratch(NamedTuple):
    """Working memory of the fit of one object's window."""

    chosen: Longs
    """Rows in use (96,)."""
    last_s: Floats
    """Time of each sensor's last row in use (S + 1,)."""
    slot: Longs
    """Place of a sensor among those of the window, -1 none (S + 1,)."""
    members: Longs
    """Sensors of the window (S + 1,)."""
    frame: Floats
    """Origin (3), axes east, north, up (9), time, height, climb, level flag (16,)."""
    path: Floats
    """Estimated path (9,)."""
    row: Floats
    """Derivatives by the path (3, 9)."""
    bias: Floats
    """Derivatives by the sensor's biases (3, 7)."""
    air: Floats
    """Derivatives by the air's (3, 2)."""
    move: Floats
    """How the sight, in the sensor's axes, follows the path's east, north and up (3, 3)."""
    residual: Floats
    """Measured minus predicted (3,)."""
    variance: Floats
    """Of the measurement (3,)."""
    normal: Floats
    """Normal matrix of the path, then its Cholesky factor (9, 9)."""
    right: Floats
    """Right side, and a vector (2, 9)."""
    cross: Floats
    """Path against each member's biases (S + 1, 9, 7)."""
    rows: Floats
    """Path derivatives of all scalars in use (288, 9)."""
    scalars: Floats
    """Residual, weight over variance, variance, share of the bias, sensor, channel (288, 6)."""


def empty_scratch(n_sensors: int) -> Scratch:
    """Make the working memory."""
    n = n_sensors + 1
    return Scratch(
        chosen=np.zeros(MOST_PLOTS, np.int64),
        last_s=np.zeros(n),
        slot=np.full(n, -1, np.int64),
        members=np.zeros(n, np.int64),
        frame=np.zeros(16),
        path=np.zeros(N_PATH),
        row=np.zeros((3, N_PATH)),
        bias=np.zeros((3, N_BIASES)),
        air=np.zeros((3, 2)),
        move=np.zeros((3, 3)),
        residual=np.zeros(3),
        variance=np.zeros(3),
        normal=np.zeros((N_PATH, N_PATH)),
        right=np.zeros((2, N_PATH)),
        cross=np.zeros((n, N_PATH, N_BIASES)),
        rows=np.zeros((3 * MOST_PLOTS, N_PATH)),
        scalars=np.zeros((3 * MOST_PLOTS, 6)),
    )


def empty_sums(n_sensors: int) -> Sums:
    """Make sums of nothing."""
    k = N_BIASES * (n_sensors + 1)
    return Sums(np.zeros((k, k)), np.zeros(k), np.zeros((n_sensors, 3, 2)), np.zeros(4, np.int64))
