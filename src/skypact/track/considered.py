"""Biases that come to be considered while tracks live: how far each track has absorbed them.

Sensitivities to a bias (`kernels.consider`) are kept only while it is considered. A track that
lived before has absorbed it none the less, and would state that it is surer than it is. Its
sensitivity is set to that of a settled track: the place is the weighted mean of what its sensors
say, each by its reports a second and their variance, so that a bias b of one of them moves it by
A^-1 H' R^-1 dz/db, with A the sum of H' R^-1 H over the sensors. The velocity of a settled track
does not depend on constant biases.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.model.sensors import (
    ADSB_RECEIVER,
    PASSIVE_SENSOR,
    RADAR,
    REMOTEID_RECEIVER,
    SMR,
)
from skypact.model.tracking import (
    AREA,
    BIAS_AZIMUTH,
    BIAS_ELEVATION,
    BIAS_RANGE,
    BIAS_TIME,
    BORN,
    CRUISE,
    FREE,
    HIGH_WATER,
    PSD_ACROSS,
    PSD_H,
    STATE,
    STATE_TIME,
    Geometry,
    TrackParams,
    TrackTable,
)

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LATELY_TURNS: Final = 3.0
"""A sensor that has not reported a track for so many of its turns has no part in its place."""
LEVEL_M: Final = 50.0
"""Standard deviation of a height, as far as sensors' biases go."""
NO_NEWS_M: Final = 1e5
NEAREST_M: Final = 100.0
"""Over the antenna an azimuth says nothing."""

_ADDED: Final = np.array([BIAS_RANGE, BIAS_AZIMUTH, BIAS_ELEVATION])
"""The bias that is added to each scalar of a report: range, azimuth, elevation."""


def absorb_at_once(
    tracks: TrackTable, g: Geometry, kind: npt.NDArray[np.int8], p: TrackParams, new: Mask
) -> None:
    """Set live tracks' sensitivities to the biases `new` (S, 4) as if they had settled, in place.

    Parameters
    ----------
    tracks : TrackTable
    g : Geometry
        S sensors.
    kind : int8 (S,)
        Their kinds, see `model.sensors`.
    p : TrackParams
    new : bool (S, 4)
        Biases that were not considered before.
    """
    live = np.flatnonzero(tracks.tag[: tracks.counters[HIGH_WATER], STATE] != FREE)
    tracks.bias_gain[live] *= ~new[:, :, None]
    place, velocity = tracks.pos[live], tracks.vel[live]
    up = np.tile([0.0, 0.0, 1.0], (live.size, 1))
    if p.flat == 0:
        up = place / np.linalg.norm(place, axis=1)[:, None]
    total = np.tile(np.eye(3) / NO_NEWS_M**2, (live.size, 1, 1))
    parts: dict[int, tuple[Floats, Floats]] = {}
    for s in range(len(kind)):
        age_s = tracks.num[live, STATE_TIME] - tracks.seen_s[live, s]
        apart_s = g.period_s[s]
        if kind[s] in (ADSB_RECEIVER, REMOTEID_RECEIVER):  # the first counts, others share it
            led = density_of_velocities(np.array(p.sigma_velocity_mps), g.period_s[s], p)
            motion = p.motion[tracks.tag[live, AREA]]
            fix = np.array(g.sigma_position_m[s] ** 2)
            memory_s = error_memory_s(fix, led, motion, p.self_report_memory_s)
            known_s = np.maximum(tracks.num[live, STATE_TIME] - tracks.num[live, BORN], 1.0)
            apart_s = np.maximum(apart_s, 1.0 / (1.0 / memory_s + 1.0 / known_s))
        rate = np.where(age_s < LATELY_TURNS * g.period_s[s], 1.0 / apart_s, 0.0)
        if not rate.any():
            continue
        rows, precision = _scalars(place, up, g, s, int(kind[s]))
        parts[s] = rows, rate[:, None, None] * precision[:, :, None] * rows
        total += np.einsum("nbi,nbj->nij", parts[s][1], rows)
        total += (rate / LEVEL_M**2)[:, None, None] * up[:, :, None] * up[:, None, :]
    for s, (rows, weighed) in parts.items():
        gain = np.linalg.solve(total, weighed.transpose(0, 2, 1))
        for c in np.flatnonzero(new[s]).tolist():
            off = np.einsum("nbi,ni->nb", rows, -velocity) if c == BIAS_TIME else [c == _ADDED]
            tracks.bias_gain[live, s, c, :3] = (gain * np.array(off)[:, None, :]).sum(axis=2)


def density_of_velocities(sigma_mps: Floats, gap_s: Floats, p: TrackParams) -> Floats:
    """Density of the noise of velocities sent so far apart in steady flight, m^2/s.

    See `kernels.told`.
    """
    return np.asarray(sigma_mps**2 * np.maximum(np.abs(gap_s), p.velocity_memory_s))


def error_memory_s(variance: Floats, led: Floats, motion: Floats, longest_s: float) -> Floats:
    """Time over which errors of self-reported positions last, as `kernels.told.error_memory`.

    Parameters
    ----------
    variance : float64 (n,) or ()
        Of the positions, per axis, m^2.
    led : float64 (n,) or ()
        Density of the velocities reported with them, m^2/s; infinite where there are none.
    motion : float64 (n, MOTION_WIDTH) or (MOTION_WIDTH,)
    longest_s : float
    """
    density = motion[..., PSD_H + CRUISE] * np.sqrt(motion[..., PSD_ACROSS])
    memory_s = np.hypot(np.cbrt(variance / (4.0 * density)), variance / led)
    return np.asarray(np.minimum(memory_s, longest_s))


def _scalars(place: Floats, up: Floats, g: Geometry, s: int, kind: int) -> tuple[Floats, Floats]:
    """Give derivatives (n, 3, 3) by place of what sensor s reports, and their precisions (n, 3).

    Range, azimuth and elevation, or two horizontal axes of a position.
    """
    n = len(place)
    if kind not in (RADAR, SMR, PASSIVE_SENSOR) or np.isnan(g.site[s, 0]):
        first = np.cross(
            up, np.where(np.abs(up[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
        )
        first /= np.linalg.norm(first, axis=1)[:, None]
        rows = np.stack([first, np.cross(up, first), np.zeros((n, 3))], axis=1)
        return rows, np.tile([1.0, 1.0, 0.0], (n, 1)) / g.sigma_position_m[s] ** 2
    line = place - g.site[s, :3]
    east, north, rise = (line @ g.axes[s].T).T
    ground = np.maximum(np.hypot(east, north), NEAREST_M)
    distance = np.hypot(ground, rise)
    across = (north[:, None] * g.axes[s, 0] - east[:, None] * g.axes[s, 1]) / ground[:, None] ** 2
    higher = (g.axes[s, 2] - (rise / distance**2)[:, None] * line) / ground[:, None]
    rows = np.stack([line / distance[:, None], across, higher], axis=1)
    sigma = np.array([g.sigma_range_m[s], g.sigma_azimuth_rad[s], g.sigma_elevation_rad[s]])
    precision = np.nan_to_num(sigma**-2.0) * [kind != PASSIVE_SENSOR, True, True]
    return rows, np.tile(precision, (n, 1))
