"""Random states, covariances and prepared reports for the filter's tests."""

import numpy as np
from tests.naive import geodesy

from skypact.model.tracking import (
    ASSUMED,
    AZIMUTH,
    BIAS_VAR_AZIMUTH,
    BIAS_VAR_RANGE,
    ELEVATION,
    EXTRAS,
    HEIGHT,
    LEVEL_VAR,
    PLACE,
    RANGE,
    RANGE_RATE,
    SIGMA,
    SIGMA_AZIMUTH,
    SIGMA_ELEVATION,
    SIGMA_HEIGHT,
    SIGMA_RANGE_RATE,
    SIGMA_V,
    SIGMA_VU,
    UP,
    VE,
    VN,
    VU,
    Z_WIDTH,
)

SITE = (0.84, 0.29, 300.0)
SITE_M = geodesy.ecef_from_geodetic(*SITE)
ANTENNA = np.array([*SITE_M, SITE[2]])
AXES = geodesy.enu_axes([SITE[0]], [SITE[1]])[0]
FLAT_ANTENNA = np.array([0.0, 0.0, 0.0, 0.0])


def frame(flat):
    """Antenna (4,) and axes (3, 3) of the frame."""
    return (FLAT_ANTENNA, np.eye(3)) if flat else (ANTENNA, AXES)


def random_state(rng, flat, reach_m=100e3):
    """Mean of something that flies within reach of the site."""
    site, axes = frame(flat)
    place = [*rng.uniform(-reach_m, reach_m, 2), rng.uniform(500, 12_000)]
    velocity = [*rng.normal(0, 150, 2), rng.normal(0, 5)]
    place, velocity = np.array(place) @ axes, np.array(velocity) @ axes
    return np.array([*(site[:3] + place), *velocity, rng.normal(0, 0.03)])


def random_covariance(rng, sigmas=(200.0, 200, 200, 30, 30, 30, 0.03)):
    """A full covariance with these deviations and random correlations."""
    L = rng.normal(size=(7, 12))
    C = L @ L.T
    d = np.asarray(sigmas) / np.sqrt(np.diag(C))
    return C * np.outer(d, d)


def report_of(rng, x, flat, *, height=True, velocity=True, extras=()):
    """Prepared report (Z_WIDTH,) of something near state x, with noise.

    `extras` are those of elevation, range_rate and climb that it has.
    """
    site, axes = frame(flat)
    place = x[:3] + rng.normal(0, 150, 3)
    z = np.full(Z_WIDTH, np.nan)
    z[PLACE : PLACE + 3] = place
    z[UP : UP + 3] = [0, 0, 1] if flat else geodesy.up_at(place)
    local = axes @ (place - site[:3])
    z[RANGE] = np.linalg.norm(local) + rng.normal(0, 50)
    z[AZIMUTH] = (np.arctan2(local[0], local[1]) + rng.normal(0, 1e-3)) % (2 * np.pi)
    z[SIGMA], z[SIGMA_AZIMUTH], z[SIGMA_HEIGHT], z[SIGMA_V] = 50.0, 1.4e-3, 20.0, 3.0
    z[HEIGHT] = 5_000.0 if height else np.nan
    if not height:
        z[SIGMA_HEIGHT] = 3_500.0
    if velocity:
        z[VN], z[VE] = rng.normal(0, 150, 2)
    z[SIGMA_ELEVATION], z[SIGMA_RANGE_RATE], z[SIGMA_VU] = np.radians(0.5), 1.0, 1.5
    z[BIAS_VAR_RANGE] = z[BIAS_VAR_AZIMUTH] = 0.0
    z[LEVEL_VAR] = 40.0**2 if height else 0.0
    z[EXTRAS] = len(extras)
    z[ASSUMED] = 5_000.0
    if "elevation" in extras:
        z[ELEVATION] = np.arcsin(local[2] / np.linalg.norm(local)) + rng.normal(0, 9e-3)
    if "range_rate" in extras:
        z[RANGE_RATE] = axes @ x[3:6] @ local / np.linalg.norm(local) + rng.normal()
    if "climb" in extras:
        z[VU] = rng.normal(0, 5)
    return z
