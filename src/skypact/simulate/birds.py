"""Birds: flocks that fly straight on, where they are a function of time and of the scene's seed.

Every radar of a scene makes its own table of the same birds.
"""

from typing import Any, Final

import numpy as np

from skypact.kernels.geodesy import MEAN_RADIUS_M, ecef_from_geodetic
from skypact.model.reports import Floats, Ints, Longs
from skypact.simulate.beam import Moving
from skypact.simulate.parts import Flock
from skypact.simulate.scenario import Scenario
from skypact.simulate.truth import Span
from skypact.units import DEGREE

_STREAM: Final = 0xB12D
"""Key of the random streams of flocks; no other stream of a scene has it."""
_SIGMA_COURSE_RAD: Final = 12.0 * DEGREE
_SIGMA_SPEED: Final = 0.15
_SIGMA_HEIGHT: Final = 0.2
"""Bird by bird: course, speed and height over ground about the flock's."""


class Birds:
    """All birds of a scene, n rows."""

    def __init__(self, scenario: Scenario, entropy: Any) -> None:  # noqa: ANN401
        ground_m = scenario.air.ground_m
        flocks = [
            _drawn(flock, ground_m, np.random.SeedSequence(entropy, spawn_key=(_STREAM, index)))
            for index, flock in enumerate(scenario.flock)
        ]
        columns = np.concatenate([np.empty((0, 6)), *flocks])
        self._lat, self._lon, self.height_m, self._north, self._east, self.cross_section = (
            np.ascontiguousarray(column) for column in columns.T
        )
        self._start_s = scenario.start_s
        self.number: Ints = np.arange(len(columns), dtype=np.int32)

    def place(self, row: Longs, time_s: Floats) -> Floats:
        """ECEF positions (k, 3) of rows (k,) at times (k,)."""
        since = time_s - self._start_s
        lat = self._lat[row] + self._north[row] * since
        lon = self._lon[row] + self._east[row] * since
        out = np.empty((len(lat), 3))
        ecef_from_geodetic(lat, lon, self.height_m[row], out)
        return out

    def moving(self, span: Span) -> Moving:
        """Return the birds at both ends of a tick."""
        every = np.arange(len(self.number))
        n = len(every)
        start, end = (np.full(n, time_s) for time_s in (span.start_s, span.end_s))
        return Moving(
            span.start_s, span.end_s, self.place(every, start), self.place(every, end), self.place
        )


def _drawn(flock: Flock, ground_m: float, seeds: np.random.SeedSequence) -> Floats:
    """Draw the birds of one flock: place, height, angular rates (rad/s), cross-section (n, 6)."""
    rng = np.random.Generator(np.random.PCG64(seeds))
    n = flock.count
    north, east, turned, faster, higher = rng.standard_normal((5, n))
    course = flock.course_deg * DEGREE + _SIGMA_COURSE_RAD * turned
    speed = flock.speed_mps * np.maximum(0.2, 1.0 + _SIGMA_SPEED * faster)
    over_ground = (flock.height_m - ground_m) * np.maximum(0.1, 1.0 + _SIGMA_HEIGHT * higher)
    lat = flock.lat * DEGREE + flock.spread_m * north / MEAN_RADIUS_M
    across_m = MEAN_RADIUS_M * np.cos(lat)
    lon = flock.lon * DEGREE + flock.spread_m * east / across_m
    columns = (
        lat,
        lon,
        ground_m + over_ground,
        speed * np.cos(course) / MEAN_RADIUS_M,
        speed * np.sin(course) / across_m,
        np.full(n, flock.cross_section),
    )
    return np.stack(columns, axis=1)
