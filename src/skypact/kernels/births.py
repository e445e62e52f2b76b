"""How dense false reports and first reports of new objects are at each report.

Objects that no sensor has reported yet are a Poisson process: they appear at a rate, everywhere and
at known places, and every look that may have reported them leaves fewer of them. Where looks of
detection probability d come every T seconds and objects vanish at a rate u, just before a look
there are ``b T / (1 - q)`` of them, with q = (1 - d) exp(-u T) the share left from look to look;
what was there before the first look dies away as q to the number of looks. Source: Williams,
"Marginal multi-Bernoulli filters", IEEE TAES 51 (2015), 1664-1687, theorem 1 (undetected targets).
"""

import math

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper, kernel
from skypact.kernels.prepare import density_volume
from skypact.model.tracking import (
    BEARING,
    BIRTH_FIRST,
    BIRTH_HZ,
    BIRTH_M,
    DEATH_HZ,
    PLACE,
    POLAR,
    RANGE,
    SIGMA,
    SIGMA_AZIMUTH,
    UP,
    Geometry,
    Measurements,
    TrackParams,
)

Floats = npt.NDArray[np.float64]


@helper
def looks_at(place: Floats, reach_m: float, g: Geometry) -> tuple[float, float]:
    """Count the looks per second that a place gets; also their mean detection probability."""
    rate_hz = 0.0
    detected_hz = 0.0
    for s in range(g.period_s.shape[0]):
        dx = place[0] - g.site[s, 0]
        dy = place[1] - g.site[s, 1]
        dz = place[2] - g.site[s, 2]
        limit = g.range_max_m[s] + reach_m
        if dx * dx + dy * dy + dz * dz > limit * limit:
            continue
        rate_hz += 1.0 / g.period_s[s]
        detected_hz += g.p_detection[s] / g.period_s[s]
    return rate_hz, detected_hz / rate_hz if rate_hz > 0.0 else 0.0


@helper
def unreported(
    birth: Floats, place: Floats, watched_s: float, reach_m: float, g: Geometry, p: TrackParams
) -> float:
    """Objects (or their density) of one row of `births` that no look has reported yet."""
    rate_hz, p_detection = looks_at(place, reach_m, g)
    if rate_hz <= 0.0:
        return float(birth[BIRTH_FIRST])
    left = (1.0 - p_detection) * math.exp(-p.existence[DEATH_HZ] / rate_hz)
    settled = birth[BIRTH_HZ] / (rate_hz * (1.0 - left))
    return float(settled + (birth[BIRTH_FIRST] - settled) * left ** (watched_s * rate_hz))


@helper
def spot_density(z: Floats, form: int, spot: Floats) -> float:
    """Density per square metre of a report's place, of an object that appears at a spot."""
    wide2 = spot[BIRTH_M] * spot[BIRTH_M]
    dx = z[PLACE] - spot[0]
    dy = z[PLACE + 1] - spot[1]
    dz = z[PLACE + 2] - spot[2]
    rise = dx * z[UP] + dy * z[UP + 1] + dz * z[UP + 2]
    level2 = dx * dx + dy * dy + dz * dz - rise * rise
    noise2 = z[SIGMA] * z[SIGMA]
    if form == POLAR:
        noise2 = z[SIGMA] * z[RANGE] * z[SIGMA_AZIMUTH]
    total = wide2 + noise2
    return math.exp(-0.5 * level2 / total) / (2.0 * math.pi * total)


@helper
def appear(
    m: Measurements, j: int, watched_s: float, whole: float, g: Geometry, p: TrackParams
) -> None:
    """Set density and likeliest origin of a first report at j; `whole` is its share per m^2."""
    s = m.sensor[j]
    z = m.z[j]
    if math.isnan(p.births[0, BIRTH_HZ]):
        best = m.birth[j] / g.p_detection[s]
    else:
        best = unreported(p.births[0], z, watched_s, 0.0, g, p) * whole
    total = best
    for b in range(1, p.births.shape[0]):
        spot = p.births[b]
        weight = unreported(spot, spot, watched_s, spot[BIRTH_M], g, p)
        weight *= spot_density(z, m.form[j], spot) * whole
        total += weight
        if weight > best:
            best = weight
            m.spot[j] = b
    m.birth[j] = total * g.p_detection[s]


@kernel
def appearances(m: Measurements, n: int, watch_s: Floats, g: Geometry, p: TrackParams) -> None:
    """Set the densities of false and first reports of n prepared reports.

    Parameters
    ----------
    m : Measurements
        Prepared; `clutter`, `birth` and `spot` are written where data sheets give more than a disc
        and a number per scan.
    watch_s : float64 (1,)
        Time of the first report ever; set where it is NaN.

    Notes
    -----
    Densities of polar reports are per metre and radian: those per square metre times the range.
    """
    if n > 0 and math.isnan(watch_s[0]):
        watch_s[0] = m.time_s[0]
        for j in range(1, n):
            watch_s[0] = min(watch_s[0], m.time_s[j])
    for j in range(n):
        s = m.sensor[j]
        polar = m.form[j] == POLAR
        disc = 2.0 * math.pi * g.range_max_m[s]
        if not polar:
            disc *= 0.5 * g.range_max_m[s]
        learned = p.learn == 1 and polar
        if not (learned or math.isnan(g.false_area[s])):
            m.clutter[j] *= disc / g.false_area[s]
        plain = math.isnan(p.births[0, BIRTH_HZ]) and p.births.shape[0] == 1
        if plain or m.form[j] == BEARING:
            continue
        whole = disc / density_volume(m.z[j], m.form[j], g.range_max_m[s])
        if polar:
            whole *= m.z[j, RANGE]
        watched_s = max(0.0, m.time_s[j] - watch_s[0])
        appear(m, j, watched_s, whole, g, p)
