"""Forecast of a free flight: an ensemble from the track's state to areas and times, never a point.

Flights are drawn from the tracker's own distribution (its models of free flight and of thrust, with
place, velocity and ballistic parameter as they hang together) and flown down with gravity, rotation
and drag. Nothing is assumed about the shape of the path: a lofted flight and a flat one to the same
place differ by minutes. The area of a share p holds that share of the ensemble: an ellipse in range
and bearing from where the object is now, so that it bends as the places do.
"""

from typing import Final, NamedTuple

import numpy as np

from skypact.kernels.ballistic import GRAVITATION, ROTATION_RADPS
from skypact.kernels.geodesy import geodetic_from_ecef
from skypact.kernels.impact import fall
from skypact.model.freeflight import FreeStates
from skypact.model.reports import Floats
from skypact.model.tracking import COAST, THRUST
from skypact.rules.ballistic import BallisticParams
from skypact.watch.sky import EARTH_M

STEP_S: Final = 5.0
STEP_IN_AIR_S: Final = 1.0
CORNERS: Final = 48
SEED: Final = 20_241_121
LEAST_LOG, MOST_LOG = float(np.log(50.0)), float(np.log(1e5))
"""Limits of the ballistic parameter, as in the tracker."""

STANDARD_GRAVITY_MPS2: Final = 9.80665
POLAR_RADIUS_M: Final = 6_356_752.3
FREE_OF_AIR_M: Final = 160_000.0
"""Orbits that stay higher go on for longer than any forecast: drag takes weeks there."""


class Forecast(NamedTuple):
    """Where and when a flight comes down."""

    time_s: float
    """When it was made: the time of the state."""
    lat_rad: Floats
    """Places of the ensemble that come down (m,)."""
    lon_rad: Floats
    arrival_s: Floats
    """UTC seconds (m,)."""
    apogee_m: Floats
    stays_up: float
    """Share that does not come down."""
    from_lat_rad: float
    """Below the object."""
    from_lon_rad: float


def normals(n: int, width: int) -> Floats:
    """Draw (n, width) standard normal numbers whose mean and covariance are exact."""
    drawn = np.random.Generator(np.random.PCG64(SEED)).standard_normal((n, width))
    drawn -= drawn.mean(axis=0)
    spread = np.linalg.cholesky(drawn.T @ drawn / n)
    return np.linalg.solve(spread, drawn.T).T


def drawn_states(states: FreeStates, k: int, p: BallisticParams) -> Floats:
    """Draw states (n, 7) of track k: free flight and thrust by their probabilities."""
    probability = states.probability[k, [COAST, THRUST]]
    share = probability[1] / max(probability.sum(), 1e-12)
    z = normals(p.samples, 9)
    burns = (np.arange(p.samples) + 0.5) / p.samples < share
    out = np.empty((p.samples, 7))
    for model, rows in ((COAST, ~burns), (THRUST, burns)):
        if not rows.any():
            continue
        covariance = 0.5 * (states.covariance[k, model] + states.covariance[k, model].T)
        value, vector = np.linalg.eigh(covariance)
        root = vector * np.sqrt(np.maximum(value, 0.0))
        out[rows] = states.mean[k, model] + z[rows, :7] @ root.T
    if burns.any():
        _burn(out, burns, z, p)
    out[:, 6] = np.clip(out[:, 6], LEAST_LOG, MOST_LOG)
    return out


def energy_m(state: Floats) -> Floats:
    """Specific energy over the ground as a height, h + v^2 / 2g (n,), of states (n, 6 or more)."""
    place = np.empty((len(state), 3))
    geodetic_from_ecef(np.ascontiguousarray(state[:, :3]), place)
    speed2 = (state[:, 3:6] ** 2).sum(axis=1)
    return np.asarray(place[:, 2] + speed2 / (2.0 * STANDARD_GRAVITY_MPS2))


def energetic(states: FreeStates, k: int, p: BallisticParams) -> float:
    """Probability that track k, if it is no aircraft, has more energy than any aircraft."""
    z = normals(p.samples, 7)
    over = np.zeros(2)
    for model in (COAST, THRUST):
        covariance = 0.5 * (states.covariance[k, model] + states.covariance[k, model].T)
        value, vector = np.linalg.eigh(covariance)
        drawn = states.mean[k, model] + z @ (vector * np.sqrt(np.maximum(value, 0.0))).T
        over[model] = (energy_m(drawn) > p.least_energy_m).mean()
    flies = np.maximum(states.probability[k, [COAST, THRUST]], 1e-12)
    return float(np.average(over, weights=flies))


def _burn(state: Floats, burns: np.ndarray, z: Floats, p: BallisticParams) -> None:
    """Give those under thrust what may be left of it, along their velocity, in place."""
    even = np.argsort(np.argsort(z[burns, 7:9], axis=0), axis=0)
    share = (even + 0.5) / even.shape[0]
    gained = p.burn_mps2 * share[:, 0] * p.burn_s * share[:, 1]
    velocity = state[burns, 3:6]
    speed = np.linalg.norm(velocity, axis=1, keepdims=True)
    along = velocity / np.maximum(speed, 1.0)
    state[burns, 3:6] = velocity + along * gained[:, None]
    state[burns, :3] -= 0.5 * along * (gained * p.burn_s * share[:, 1])[:, None]


def forecast(states: FreeStates, k: int, p: BallisticParams) -> Forecast:
    """Fly the ensemble of track k down."""
    drawn = drawn_states(states, k, p)
    begin = np.ascontiguousarray(drawn[:, :6])
    out = flown_down(begin, np.exp(-drawn[:, 6]), p)
    down = np.isfinite(out[:, 2])
    weights = states.probability[k]
    mean = np.average(states.mean[k, [COAST, THRUST], :3], axis=0,
                      weights=np.maximum(weights[[COAST, THRUST]], 1e-9))  # fmt: skip
    place = np.empty((1, 3))
    geodetic_from_ecef(mean[None, :], place)
    time_s = float(states.time_s[k])
    return Forecast(
        time_s, out[down, 0], out[down, 1], time_s + out[down, 2], out[:, 3],
        float(1.0 - down.mean()), float(place[0, 0]), float(place[0, 1]),
    )  # fmt: skip


def flown_down(state: Floats, drag_m2pkg: Floats, p: BallisticParams) -> Floats:
    """Latitude, longitude, time until the end and greatest height (n, 4) of states (n, 6).

    As `kernels.impact.fall`; orbits that nowhere come near the air are not integrated.
    """
    perigee_m, apogee_m = heights_of_orbit(state)
    out = np.full((len(state), 4), np.nan)
    out[:, 3] = apogee_m
    rows = np.flatnonzero(~(perigee_m > FREE_OF_AIR_M))
    flown = np.empty((rows.size, 4))
    figures = p.ground_m, STEP_S, STEP_IN_AIR_S, p.most_s
    fall(np.ascontiguousarray(state[rows]), drag_m2pkg[rows], *figures, flown)
    out[rows] = flown
    return out


def heights_of_orbit(state: Floats) -> tuple[Floats, Floats]:
    """Least and greatest height (n,) of the two-body orbits of states (n, 6) in ECEF.

    Above the polar radius, so that no place of the orbit is lower over the ground; J2 moves them by
    some kilometres. Source: D. A. Vallado, "Fundamentals of Astrodynamics and Applications", 4th
    ed., eqs. 1-22 and 2-78: p = h^2 / GM, r = p / (1 +- e).
    """
    place = state[:, :3]
    velocity = state[:, 3:] + np.cross([0.0, 0.0, ROTATION_RADPS], place)
    parameter_m = (np.cross(place, velocity) ** 2).sum(axis=1) / GRAVITATION
    energy = 0.5 * (velocity**2).sum(axis=1) - GRAVITATION / np.linalg.norm(place, axis=1)
    eccentricity = np.sqrt(np.maximum(0.0, 1.0 + 2.0 * energy * parameter_m / GRAVITATION))
    highest_m = parameter_m / np.maximum(1.0 - eccentricity, 1e-6)
    return parameter_m / (1.0 + eccentricity) - POLAR_RADIUS_M, highest_m - POLAR_RADIUS_M


def polar_of(made: Forecast, lat_rad: Floats, lon_rad: Floats) -> Floats:
    """Range and offset by bearing (n, 2) of places from below the object, metres on a sphere.

    The second is the bearing, turned by that of the ensemble's middle, times the middle's range.
    """
    range_m, bearing = _range_bearing(made.from_lat_rad, made.from_lon_rad, lat_rad, lon_rad)
    middle_m, turned = _middle(made)
    off = (bearing - turned + np.pi) % (2.0 * np.pi) - np.pi
    return np.stack((range_m, off * middle_m), axis=1)


def _middle(made: Forecast) -> tuple[float, float]:
    """Range and bearing of the middle of the ensemble."""
    range_m, bearing = _range_bearing(
        made.from_lat_rad, made.from_lon_rad, made.lat_rad, made.lon_rad
    )
    turned = float(np.arctan2(np.sin(bearing).mean(), np.cos(bearing).mean()))
    return max(1_000.0, float(np.median(range_m))), turned


def _range_bearing(
    lat0: float, lon0: float, lat_rad: Floats, lon_rad: Floats
) -> tuple[Floats, Floats]:
    dlon = lon_rad - lon0
    east = np.cos(lat_rad) * np.sin(dlon)
    north = np.cos(lat0) * np.sin(lat_rad) - np.sin(lat0) * np.cos(lat_rad) * np.cos(dlon)
    ahead = np.sin(lat0) * np.sin(lat_rad) + np.cos(lat0) * np.cos(lat_rad) * np.cos(dlon)
    return EARTH_M * np.arctan2(np.hypot(east, north), ahead), np.arctan2(east, north)


class Region(NamedTuple):
    """An ellipse in range and bearing that holds a share of the ensemble."""

    middle: Floats
    root: Floats
    """Lower triangle whose square is the covariance, m^2."""
    reach: float
    """Distance of the edge in standard deviations."""


def region_of(made: Forecast, share: float, p: BallisticParams) -> Region:
    """Return the area that holds `share` of the ensemble."""
    points = polar_of(made, made.lat_rad, made.lon_rad)
    middle = np.asarray(np.median(points, axis=0), np.float64)
    off = points - middle
    covariance = off.T @ off / max(1, len(points) - 1) + p.model_sigma_m**2 * np.eye(2)
    root = np.asarray(np.linalg.cholesky(covariance), np.float64)
    inner = np.linalg.cholesky(covariance - p.model_sigma_m**2 * np.eye(2) + 1e-6 * np.eye(2))
    distance = np.linalg.norm(np.linalg.solve(inner, off.T), axis=0)
    return Region(middle, root, float(np.quantile(distance, share)))


def holds(made: Forecast, region: Region, lat_rad: Floats, lon_rad: Floats) -> np.ndarray:
    """Whether places (n,) are in a region."""
    off = polar_of(made, lat_rad, lon_rad) - region.middle
    inside: np.ndarray = np.linalg.norm(np.linalg.solve(region.root, off.T), axis=0) <= region.reach
    return inside


def outline(made: Forecast, region: Region) -> list[tuple[float, float]]:
    """Corners (longitude, latitude) of a region in degrees, counter-clockwise, the first again."""
    turn = np.linspace(0.0, -2.0 * np.pi, CORNERS + 1)
    circle = np.stack((np.cos(turn), np.sin(turn)))
    # a polygon's corners lie outside its circle, so that its area is the circle's
    reach = region.reach * np.sqrt(2.0 * np.pi / CORNERS / np.sin(2.0 * np.pi / CORNERS))
    points = region.middle[:, None] + reach * (region.root @ circle)
    middle_m, turned = _middle(made)
    angle = np.maximum(points[0], 0.0) / EARTH_M
    bearing = turned + points[1] / middle_m
    lat0 = made.from_lat_rad
    sine = np.sin(lat0) * np.cos(angle) + np.cos(lat0) * np.sin(angle) * np.cos(bearing)
    lat = np.arcsin(np.clip(sine, -1.0, 1.0))
    lon = made.from_lon_rad + np.arctan2(
        np.sin(bearing) * np.sin(angle) * np.cos(lat0), np.cos(angle) - np.sin(lat0) * sine
    )
    lon = (lon + np.pi) % (2.0 * np.pi) - np.pi
    return [(round(float(x), 4), round(float(y), 4)) for x, y in
            zip(np.degrees(lon), np.degrees(lat), strict=True)]  # fmt: skip


def area_km2(region: Region) -> float:
    """Area of a region, km^2."""
    return float(np.pi * region.reach**2 * np.prod(np.diag(region.root)) / 1e6)
