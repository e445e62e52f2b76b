"""Forecast of a free flight: an ensemble from the track's state to areas and times, never a point.

Flights are drawn from the tracker's own distribution (its models of free flight and of thrust, with
place, velocity and ballistic parameter as they hang together) and flown down with gravity, rotation
and drag. Nothing is assumed about the shape of the path: a lofted flight and a flat one to the same
place differ by minutes. The area of a share p holds that share of the ensemble: an ellipse in range
and bearing from where the object is now, so that it bends as the places do.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.kernels.ballistic import GRAVITATION, ROTATION_RADPS
from skypact.kernels.geodesy import geodetic_from_ecef
from skypact.kernels.impact import fall
from skypact.model.freeflight import FreeStates
from skypact.model.reports import Floats
from skypact.model.tracking import AS_AIRCRAFT, COAST, THRUST
from skypact.rules.ballistic import BallisticParams
from skypact.watch.sky import EARTH_M

STEP_S: Final = 5.0
STEP_IN_AIR_S: Final = 1.0
CORNERS: Final = 48
MOST_SPREAD: Final = 0.3
MOST_TURN_RAD: Final = 0.4
"""Deviations of range, as a share of it, and bearing up to which an ensemble lies ahead."""
MOST_ROUND_RAD: Final = 3.0
"""Areas end this side of the antipodes."""
SEED: Final = 20_241_121
LEAST_LOG, MOST_LOG = float(np.log(50.0)), float(np.log(1e5))
"""Limits of the ballistic parameter, as in the tracker."""
STANDARD_GRAVITY_MPS2: Final = 9.80665
START_ODDS: Final = 0.5
"""Of thrust against free flight where the tracker begins high up (`kernels.waking`)."""
RELIGHT: Final = 0.02
"""Probability of thrust when it should be over, and of none when it should not."""
N_BURN: Final = 4
"""Numbers that say how thrust goes on."""
CLIMB_SHAPE: Final = (1.8, 2.4)
"""Time since launch over height by climb: 2 at constant acceleration, more where it grows."""
GROWTH: Final = (1.0, 2.0)
TURN_OVER: Final = (1.0, 2.5)
"""See `burnt_out`."""
MOST_ANGLE_RAD: Final = float(np.radians(85.0))
MOST_MPS2: Final = 150.0
LEAST_CLIMB_MPS: Final = 50.0
LEAST_SINCE_S: Final = 5.0
MORE_S: Final = 20.0
"""What is past the longest time of thrust may have this much left."""

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


class Drawn(NamedTuple):
    """An ensemble of what a track may be doing now."""

    state: Floats
    """Place, velocity and logarithm of the ballistic parameter (n, 7)."""
    burns: npt.NDArray[np.bool_]
    """Which are under thrust (n,)."""
    even: Floats
    """Numbers between 0 and 1 (n, 4), for what is left of it."""
    seen_every_s: float
    """Time between two reports of it."""


def thrust_share(states: FreeStates, k: int, p: BallisticParams) -> float:
    """Probability that what is no aircraft is under thrust.

    The tracker knows nothing of how long engines burn. By height and climb it is so long since the
    launch; the share of engines that burn for longer is the prior probability of thrust, in the
    place of the tracker's (`START_ODDS`).
    """
    coast, thrust = np.maximum(states.probability[k, [COAST, THRUST]], 1e-12).tolist()
    place, velocity = states.mean[k, THRUST, :3], states.mean[k, THRUST, 3:6]
    lat_lon_height = np.empty((1, 3))
    geodetic_from_ecef(place[None, :].copy(), lat_lon_height)
    climb = float(velocity @ place) / float(np.linalg.norm(place))
    since_s = np.mean(CLIMB_SHAPE) * max(0.0, lat_lon_height[0, 2] - p.ground_m) / max(climb, 1.0)
    longer = (p.most_burn_s - since_s) / max(p.most_burn_s - p.least_burn_s, 1.0)
    prior = min(max(float(longer), RELIGHT), 1.0 - RELIGHT)
    odds = thrust / coast * prior / (1.0 - prior) / START_ODDS
    return float(odds / (1.0 + odds))


def drawn_states(states: FreeStates, k: int, p: BallisticParams) -> Drawn:
    """Draw states of track k: free flight and thrust by their probabilities."""
    share = thrust_share(states, k, p)
    z = normals(p.samples, 7 + N_BURN)
    burns = (np.arange(p.samples) + 0.5) / p.samples < share
    out = np.empty((p.samples, 7))
    even = np.full((p.samples, N_BURN), 0.5)
    for model, rows in ((COAST, ~burns), (THRUST, burns)):
        if not rows.any():
            continue
        covariance = 0.5 * (states.covariance[k, model] + states.covariance[k, model].T)
        value, vector = np.linalg.eigh(covariance)
        root = vector * np.sqrt(np.maximum(value, 0.0))
        out[rows] = states.mean[k, model] + z[rows, :7] @ root.T
        order = np.argsort(np.argsort(z[rows, 7:], axis=0), axis=0)
        even[rows] = (order + 0.5) / len(order)
    out[:, 6] = np.clip(out[:, 6], LEAST_LOG, MOST_LOG)
    seen_every_s = float(states.age_s[k]) / max(1, int(states.n_reports[k]) - 1)
    return Drawn(out, burns, even, seen_every_s)


def energy_m(state: Floats) -> Floats:
    """Specific energy over the ground as a height, h + v^2 / 2g (n,), of states (n, 6 or more)."""
    place = np.empty((len(state), 3))
    geodetic_from_ecef(np.ascontiguousarray(state[:, :3]), place)
    speed2 = (state[:, 3:6] ** 2).sum(axis=1)
    return np.asarray(place[:, 2] + speed2 / (2.0 * STANDARD_GRAVITY_MPS2))


def energetic(states: FreeStates, k: int, p: BallisticParams) -> tuple[float, float]:
    """Probability that track k has more energy than what flies: as an aircraft, and otherwise."""
    z = normals(p.samples, 7)
    over = np.zeros(3)
    for model in (COAST, THRUST, AS_AIRCRAFT):
        covariance = 0.5 * (states.covariance[k, model] + states.covariance[k, model].T)
        value, vector = np.linalg.eigh(covariance)
        drawn = states.mean[k, model] + z @ (vector * np.sqrt(np.maximum(value, 0.0))).T
        over[model] = (energy_m(drawn) > p.least_energy_m).mean()
    flies = np.maximum(states.probability[k, [COAST, THRUST]], 1e-12)
    return float(over[AS_AIRCRAFT]), float(np.average(over[[COAST, THRUST]], weights=flies))


def burnt_out(drawn: Drawn, p: BallisticParams) -> tuple[Floats, Floats]:
    """States (n, 6) at the end of thrust and the time until then (n,).

    From rest upright to the present height and climb took `CLIMB_SHAPE` times their ratio; thrust
    lasts as long in all as `least_burn_s` to `most_burn_s`, and may have ended unseen since the
    report before the last. What is left of it accelerates by
    `GROWTH` times as much as it did on average, the tank emptying, and further away from the
    vertical, by `TURN_OVER` times the present angle, the path turning over.
    """
    state, left_s = drawn.state[:, :6].copy(), np.zeros(len(drawn.state))
    if not drawn.burns.any():
        return state, left_s
    rows = np.flatnonzero(drawn.burns)
    place, velocity, even = state[rows, :3], state[rows, 3:], drawn.even[rows]
    up = place / np.linalg.norm(place, axis=1, keepdims=True)
    lat_lon_height = np.empty_like(place)
    geodetic_from_ecef(np.ascontiguousarray(place), lat_lon_height)
    climb = (velocity * up).sum(axis=1)
    level = velocity - climb[:, None] * up
    level_mps = np.maximum(np.linalg.norm(level, axis=1), 1e-3)
    speed = np.hypot(climb, level_mps)
    height_m = np.maximum(lat_lon_height[:, 2] - p.ground_m, 100.0)
    since_s = between(CLIMB_SHAPE, even[:, 0]) * height_m / np.maximum(climb, LEAST_CLIMB_MPS)
    since_s = np.clip(since_s, LEAST_SINCE_S, None)
    least_s = np.maximum(since_s - drawn.seen_every_s, p.least_burn_s)
    most_s = np.maximum(p.most_burn_s, since_s + MORE_S)
    left = np.maximum(least_s + (most_s - least_s) * even[:, 1] - since_s, 0.0)
    left_s[rows] = left
    gained = np.minimum(between(GROWTH, even[:, 2]) * speed / since_s, MOST_MPS2) * left
    angle = np.arctan2(level_mps, climb) * between(TURN_OVER, even[:, 3])
    angle = np.minimum(angle, MOST_ANGLE_RAD)[:, None]
    gain = gained[:, None] * (np.cos(angle) * up + np.sin(angle) * level / level_mps[:, None])
    state[rows, :3] = place + left[:, None] * (velocity + 0.5 * gain)
    state[rows, 3:] = velocity + gain
    return state, left_s


def between(ends: tuple[float, float], share: Floats) -> Floats:
    """Values at shares of the way."""
    return ends[0] + (ends[1] - ends[0]) * share


def forecast(states: FreeStates, k: int, p: BallisticParams) -> Forecast:
    """Fly the ensemble of track k down."""
    drawn = drawn_states(states, k, p)
    begin, left_s = burnt_out(drawn, p)
    out = flown_down(begin, np.exp(-drawn.state[:, 6]), p)
    down = np.isfinite(out[:, 2])
    weights = states.probability[k]
    mean = np.average(states.mean[k, [COAST, THRUST], :3], axis=0,
                      weights=np.maximum(weights[[COAST, THRUST]], 1e-9))  # fmt: skip
    place = np.empty((1, 3))
    geodetic_from_ecef(mean[None, :], place)
    time_s = float(states.time_s[k])
    return Forecast(
        time_s, out[down, 0], out[down, 1], time_s + left_s[down] + out[down, 2], out[down, 3],
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


class _Frame(NamedTuple):
    """Plane coordinates of places around an ensemble."""

    lat_rad: float
    lon_rad: float
    middle_m: float
    turned: float
    """Range and bearing of the ensemble's middle from there; unused where it is wide."""
    is_wide: bool


def _frame_of(made: Forecast) -> _Frame:
    """Range and bearing from below the object, so that areas bend as the places do.

    Where the ensemble lies around the object rather than ahead of it, north and east from its own
    middle (azimuthal equidistant).
    """
    lat0, lon0 = made.from_lat_rad, made.from_lon_rad
    range_m, bearing = _range_bearing(lat0, lon0, made.lat_rad, made.lon_rad)
    turned = float(np.arctan2(np.sin(bearing).mean(), np.cos(bearing).mean()))
    middle_m = max(1_000.0, float(np.median(range_m)))
    off = (bearing - turned + np.pi) % (2.0 * np.pi) - np.pi
    if range_m.std() < MOST_SPREAD * middle_m and off.std() < MOST_TURN_RAD:
        return _Frame(lat0, lon0, middle_m, turned, False)
    x, y = np.cos(made.lat_rad) * np.cos(made.lon_rad), np.cos(made.lat_rad) * np.sin(made.lon_rad)
    mean = np.array([x.mean(), y.mean(), np.sin(made.lat_rad).mean()])
    lat, lon = np.arctan2(mean[2], np.hypot(mean[0], mean[1])), np.arctan2(mean[1], mean[0])
    return _Frame(float(lat), float(lon), middle_m, turned, True)


def plane_of(made: Forecast, lat_rad: Floats, lon_rad: Floats) -> Floats:
    """Coordinates (n, 2) of places around an ensemble, metres on a sphere.

    Range from below the object and bearing, turned by that of the ensemble's middle, times the
    middle's range; of a wide ensemble north and east from its middle.
    """
    frame = _frame_of(made)
    range_m, bearing = _range_bearing(frame.lat_rad, frame.lon_rad, lat_rad, lon_rad)
    if frame.is_wide:
        return np.stack((range_m * np.cos(bearing), range_m * np.sin(bearing)), axis=1)
    off = (bearing - frame.turned + np.pi) % (2.0 * np.pi) - np.pi
    return np.stack((range_m, off * frame.middle_m), axis=1)


def _range_bearing(
    lat0: float, lon0: float, lat_rad: Floats, lon_rad: Floats
) -> tuple[Floats, Floats]:
    dlon = lon_rad - lon0
    east = np.cos(lat_rad) * np.sin(dlon)
    north = np.cos(lat0) * np.sin(lat_rad) - np.sin(lat0) * np.cos(lat_rad) * np.cos(dlon)
    ahead = np.sin(lat0) * np.sin(lat_rad) + np.cos(lat0) * np.cos(lat_rad) * np.cos(dlon)
    return EARTH_M * np.arctan2(np.hypot(east, north), ahead), np.arctan2(east, north)


class Region(NamedTuple):
    """An ellipse in the coordinates of `plane_of` that holds a share of the ensemble."""

    middle: Floats
    root: Floats
    """Lower triangle whose square is the covariance, m^2."""
    reach: float
    """Distance of the edge in standard deviations."""


def region_of(made: Forecast, share: float, p: BallisticParams) -> Region:
    """Return the area that holds `share` of the ensemble."""
    points = plane_of(made, made.lat_rad, made.lon_rad)
    middle = np.asarray(np.median(points, axis=0), np.float64)
    off = points - middle
    covariance = off.T @ off / max(1, len(points) - 1) + p.model_sigma_m**2 * np.eye(2)
    root = np.asarray(np.linalg.cholesky(covariance), np.float64)
    inner = np.linalg.cholesky(covariance - p.model_sigma_m**2 * np.eye(2) + 1e-6 * np.eye(2))
    distance = np.linalg.norm(np.linalg.solve(inner, off.T), axis=0)
    return Region(middle, root, float(np.quantile(distance, share)))


def holds(made: Forecast, region: Region, lat_rad: Floats, lon_rad: Floats) -> np.ndarray:
    """Whether places (n,) are in a region."""
    off = plane_of(made, lat_rad, lon_rad) - region.middle
    inside: np.ndarray = np.linalg.norm(np.linalg.solve(region.root, off.T), axis=0) <= region.reach
    return inside


def outline(made: Forecast, region: Region) -> list[tuple[float, float]]:
    """Corners (longitude, latitude) of a region in degrees, counter-clockwise, the first again."""
    turn = np.linspace(0.0, -2.0 * np.pi, CORNERS + 1)
    circle = np.stack((np.cos(turn), np.sin(turn)))
    # a polygon's corners lie outside its circle, so that its area is the circle's
    reach = region.reach * np.sqrt(2.0 * np.pi / CORNERS / np.sin(2.0 * np.pi / CORNERS))
    points = region.middle[:, None] + reach * (region.root @ circle)
    frame = _frame_of(made)
    if frame.is_wide:
        angle = np.minimum(np.hypot(points[0], points[1]) / EARTH_M, MOST_ROUND_RAD)
        bearing = np.arctan2(points[1], points[0])
    else:
        angle = np.maximum(points[0], 0.0) / EARTH_M
        bearing = frame.turned + points[1] / frame.middle_m
    lat0 = frame.lat_rad
    sine = np.sin(lat0) * np.cos(angle) + np.cos(lat0) * np.sin(angle) * np.cos(bearing)
    lat = np.arcsin(np.clip(sine, -1.0, 1.0))
    lon = frame.lon_rad + np.arctan2(
        np.sin(bearing) * np.sin(angle) * np.cos(lat0), np.cos(angle) - np.sin(lat0) * sine
    )
    lon = (lon + np.pi) % (2.0 * np.pi) - np.pi
    return [(round(float(x), 4), round(float(y), 4)) for x, y in
            zip(np.degrees(lon), np.degrees(lat), strict=True)]  # fmt: skip


def area_km2(region: Region) -> float:
    """Area of a region, km^2."""
    return float(np.pi * region.reach**2 * np.prod(np.diag(region.root)) / 1e6)
