"""Biases that nobody knows are considered: a track is not surer than its sensors' biases allow.

Reports of one radar share its bias, so averaging them does not make a track any surer of it. The
filter keeps its gain, and beside it runs the sensitivity of the track's mean to every sensor's
bias: G = d(position, velocity) / d(bias). It moves with the track and follows each update by
G <- (I - K H) G + K dz/db, with the joint gain K = P H' / R of the covariance after it. Then

* the residual of a report has the variance of the filter and that of (dz/db - H G) b, over all
  biases b (it weighs pairs and models);
* the track's stated covariance is P + sum of sigma_b^2 G G'.

Source: B. D. Tapley, B. E. Schutz and G. H. Born, "Statistical Orbit Determination" (2004), 6.3
(consider covariance analysis; S. F. Schmidt, "Application of state-space methods to navigation
problems", Advances in Control Systems 3 (1966)). The gain is not Schmidt's optimal one: with one
sensor both are the same, and with biases below the noise they hardly differ.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.kernels.sightline import NEAREST_AZIMUTH_M
from skypact.model.tracking import (
    BIAS_AZIMUTH,
    BIAS_ELEVATION,
    BIAS_RANGE,
    BIAS_TIME,
    BIAS_VAR_AZIMUTH,
    BIAS_VAR_RANGE,
    ELEVATION,
    HEIGHT,
    N_BIASES,
    PLANE,
    POLAR,
    SIGMA,
    SIGMA_AZIMUTH,
    SIGMA_ELEVATION,
    SIGMA_HEIGHT,
    UP,
    Geometry,
    Scratch,
    TrackTable,
)

Floats = npt.NDArray[np.float64]

N_SCALARS: Final = 4
"""Of a report: range or east, azimuth or north, elevation, height; unused ones have variance 0."""


@helper
def sight_rows(
    place: Floats, z: Floats, form: int, site: Floats, axes: Floats, rows: Floats
) -> None:
    """Write the derivatives by position of a report's scalars at a place, and their variances.

    `rows` (4, 7): the derivative in columns 0 to 2, the variance in column 3; 0 where the report
    has no such scalar.
    """
    for b in range(N_SCALARS):
        for i in range(4):
            rows[b, i] = 0.0
    if not math.isnan(z[HEIGHT]):
        for i in range(3):
            rows[3, i] = z[UP + i]
        rows[3, 3] = z[SIGMA_HEIGHT] * z[SIGMA_HEIGHT]
    if form == PLANE:
        plane_rows(z, rows)
        return
    dx = place[0] - site[0]
    dy = place[1] - site[1]
    dz = place[2] - site[2]
    east = axes[0, 0] * dx + axes[0, 1] * dy + axes[0, 2] * dz
    north = axes[1, 0] * dx + axes[1, 1] * dy + axes[1, 2] * dz
    rise = axes[2, 0] * dx + axes[2, 1] * dy + axes[2, 2] * dz
    ground = math.hypot(east, north)
    distance = math.hypot(ground, rise)
    if ground < NEAREST_AZIMUTH_M:
        return
    for i in range(3):
        d = dx if i == 0 else (dy if i == 1 else dz)
        rows[0, i] = d / distance
        rows[1, i] = (north * axes[0, i] - east * axes[1, i]) / (ground * ground)
        rows[2, i] = (axes[2, i] - rise * d / (distance * distance)) / ground
    rows[0, 3] = z[SIGMA] * z[SIGMA] if form == POLAR else 0.0
    rows[1, 3] = z[SIGMA_AZIMUTH] * z[SIGMA_AZIMUTH]
    if not math.isnan(z[ELEVATION]):
        rows[2, 3] = z[SIGMA_ELEVATION] * z[SIGMA_ELEVATION]


@helper
def plane_rows(z: Floats, rows: Floats) -> None:
    """Take east and north at a report's place as two scalars."""
    p = math.hypot(z[UP], z[UP + 1])
    rows[0, 0] = -z[UP + 1] / p if p > 1e-12 else 1.0
    rows[0, 1] = z[UP] / p if p > 1e-12 else 0.0
    rows[1, 0] = -z[UP + 2] * rows[0, 1]
    rows[1, 1] = z[UP + 2] * rows[0, 0]
    rows[1, 2] = z[UP] * rows[0, 1] - z[UP + 1] * rows[0, 0]
    rows[0, 3] = z[SIGMA] * z[SIGMA]
    rows[1, 3] = rows[0, 3]


@helper
def own_part(rows: Floats, b: int, c: int, form: int, velocity: Floats) -> float:
    """Derive a report's scalar b by its own sensor's bias c.

    A stamp that is late by dt gives an old place: what moves at v is -v dt off.
    """
    if c == BIAS_TIME:
        return -(rows[b, 0] * velocity[0] + rows[b, 1] * velocity[1] + rows[b, 2] * velocity[2])
    if form == PLANE:
        return 0.0
    matches = (
        (b == 0 and c == BIAS_RANGE)
        or (b == 1 and c == BIAS_AZIMUTH)
        or (b == 2 and c == BIAS_ELEVATION)
    )
    return 1.0 if matches else 0.0


@helper
def consider_pair(
    tracks: TrackTable, t: int, s: int, dt: float, form: int, g: Geometry, scratch: Scratch
) -> None:
    """Set what biases add to the residuals of a report of sensor s on track t, dt later.

    Writes the two variances in ``scratch.z``, the report as the track sees it.
    """
    z = scratch.z
    rows = scratch.work[6]
    place = scratch.line[4]
    for i in range(3):
        place[i] = tracks.pos[t, i] + dt * tracks.vel[t, i]
    sight_rows(place, z, form, g.site[s], g.axes[s], rows)
    first = 0.0
    second = 0.0
    for j in range(g.bias_sigma.shape[0]):
        if j != s and math.isnan(tracks.seen_s[t, j]):
            continue
        for c in range(N_BIASES):
            sigma = g.bias_sigma[j, c]
            if sigma <= 0.0:
                continue
            gain = tracks.bias_gain[t, j, c]
            a = 0.0
            b = 0.0
            for i in range(3):
                moved = gain[i] + dt * gain[3 + i]
                a += rows[0, i] * moved
                b += rows[1, i] * moved
            if j == s:
                a -= own_part(rows, 0, c, form, tracks.vel[t])
                b -= own_part(rows, 1, c, form, tracks.vel[t])
            first += a * a * sigma * sigma
            second += b * b * sigma * sigma
    z[BIAS_VAR_RANGE] = first
    z[BIAS_VAR_AZIMUTH] = second


@helper
def absorb(
    tracks: TrackTable, t: int, s: int, form: int, g: Geometry, scratch: Scratch, share: float
) -> None:
    """Let a track's sensitivities follow an update with a report of sensor s, in place.

    They are at the report's time already (`move_sensitivities`). ``scratch.z`` is the report as the
    track saw it, `share` the probability that it is its own; the scratch holds the moments after
    it, as `refresh_moments` leaves them.
    """
    mean = scratch.line[6]
    P = scratch.work[2]
    rows = scratch.work[6]
    gains = scratch.work[7]
    sight_rows(mean, scratch.z, form, g.site[s], g.axes[s], rows)
    for b in range(N_SCALARS):
        taken = 0.0
        for i in range(6):
            gains[b, i] = 0.0
            if rows[b, 3] > 0.0:
                for k in range(3):
                    gains[b, i] += P[i, k] * rows[b, k]
                gains[b, i] *= share / rows[b, 3]
        for k in range(3):
            taken += rows[b, k] * gains[b, k]
        if taken > 1.0:  # a wild report moved the track by less than its data sheet says
            for i in range(6):
                gains[b, i] /= taken
    for j in range(g.bias_sigma.shape[0]):
        if j != s and math.isnan(tracks.seen_s[t, j]):
            continue
        for c in range(N_BIASES):
            if g.bias_sigma[j, c] > 0.0:
                follow(tracks.bias_gain[t, j, c], j == s, c, form, mean[3:6], rows, gains)


@helper
def follow(
    gain: Floats, own: bool, c: int, form: int, velocity: Floats, rows: Floats, gains: Floats
) -> None:
    """Update one bias's sensitivity (6,) by the gains of a report's scalars, in place."""
    off = rows[:, 4]
    for b in range(N_SCALARS):
        off[b] = own_part(rows, b, c, form, velocity) if own else 0.0
        for k in range(3):
            off[b] -= rows[b, k] * gain[k]
    for b in range(N_SCALARS):
        if rows[b, 3] <= 0.0:
            continue
        for i in range(6):
            gain[i] += gains[b, i] * off[b]


@helper
def move_sensitivities(tracks: TrackTable, t: int, dt: float, g: Geometry) -> None:
    """Move a track's sensitivities by dt: places go with velocities, in place."""
    for j in range(g.bias_sigma.shape[0]):
        if math.isnan(tracks.seen_s[t, j]):
            continue
        for c in range(N_BIASES):
            for i in range(3):
                tracks.bias_gain[t, j, c, i] += dt * tracks.bias_gain[t, j, c, 3 + i]


@helper
def forget_sensitivities(tracks: TrackTable, t: int) -> None:
    """Begin a track that has absorbed no bias."""
    for j in range(tracks.bias_gain.shape[1]):
        for c in range(N_BIASES):
            for i in range(6):
                tracks.bias_gain[t, j, c, i] = 0.0


@helper
def add_biases(tracks: TrackTable, t: int, g: Geometry, P: Floats) -> None:
    """Add what the biases leave unknown to the covariance of track t's position and velocity."""
    for j in range(g.bias_sigma.shape[0]):
        if math.isnan(tracks.seen_s[t, j]):
            continue
        for c in range(N_BIASES):
            variance = g.bias_sigma[j, c] * g.bias_sigma[j, c]
            if variance > 0.0:
                gain = tracks.bias_gain[t, j, c]
                for a in range(6):
                    for b in range(6):
                        P[a, b] += variance * gain[a] * gain[b]
