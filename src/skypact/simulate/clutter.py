"""False primary plots: everywhere, in hot spots, and of birds."""

import math
from typing import Any, Final

import numpy as np

from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.simulate.beam import TURN, Beam, Passages
from skypact.simulate.birds import Birds
from skypact.simulate.ghosts import NEAREST_M
from skypact.simulate.parts import Hotspot, RadarOptions
from skypact.simulate.plots import Plots, echoes
from skypact.simulate.scenario import Scenario
from skypact.simulate.sight import Site, over_horizon, polar, primary_probability
from skypact.simulate.truth import Span
from skypact.units import DEGREE

_NOISE_SPEED_MPS: Final = 300.0
"""False alarms of noise have any speed up to this."""
_GROUND_SPEED_MPS: Final = 3.0
_GROUND_ELEVATION_RAD: Final = 0.3 * DEGREE
"""Standard deviations of what returns from things on the ground in hot spots."""
_SPREAD: Final = 4.0
"""Standard deviations of a hot spot that are drawn."""


class Clutter:
    """False primary plots of one radar.

    `rng` draws what is beyond the uniform clutter, which has the radar's own random source.
    """

    def __init__(
        self,
        beam: Beam,
        options: RadarOptions,
        scenario: Scenario,
        entropy: Any,  # noqa: ANN401
        rng: np.random.Generator,
    ) -> None:
        self._beam = beam
        self._options = options
        self._ground_m = scenario.air.ground_m
        self._rng = rng
        self._farthest_m = min(options.primary_range_m, beam.site.range_max_m)
        self._birds = Birds(scenario, entropy) if scenario.flock else None
        n = sum(flock.count for flock in scenario.flock)
        self._passages = Passages(beam, n, beam.site.range_max_m)
        self._next_s = [
            beam.next_pass(_first_azimuth(spot), scenario.start_s) for spot in options.hotspot
        ]

    def uniform(self, span: Span, rng: np.random.Generator) -> Plots:
        """Draw plots uniform in range and azimuth, Poisson in number."""
        site = self._beam.site
        length = span.end_s - span.start_s
        n = int(rng.poisson(site.clutter_per_scan * length / site.period_s))
        time_s = np.sort(rng.uniform(span.start_s, span.end_s, n))
        range_m = rng.uniform(NEAREST_M, self._farthest_m, n)
        elevation, rate = np.zeros(n), np.full(n, np.nan)
        if _is_measured(site):
            elevation = self._rng.uniform(0.0, self._options.cone_deg * DEGREE, n)
            rate = self._rng.uniform(-_NOISE_SPEED_MPS, _NOISE_SPEED_MPS, n)
        return echoes(time_s, range_m, TURN * self._beam.turns(time_s), elevation, rate)

    def more(self, span: Span) -> list[Plots]:
        """Return plots of hot spots and birds; some may be due after the tick."""
        found = []
        for index, spot in enumerate(self._options.hotspot):
            while self._next_s[index] <= span.end_s:
                found.append(self._of_spot(spot, self._next_s[index]))
                self._next_s[index] += self._beam.site.period_s
        if self._birds is not None:
            found.append(self._of_birds(self._birds, span))
        return found

    def _of_spot(self, spot: Hotspot, first_s: float) -> Plots:
        """Draw the plots of one passage over a hot spot, which the beam enters at `first_s`."""
        rng, site = self._rng, self._beam.site
        n = int(rng.poisson(spot.per_scan))
        away_m = spot.radius_m * rng.standard_normal((2, n))
        azimuth = spot.azimuth_deg * DEGREE
        east = spot.range_m * math.sin(azimuth) + away_m[0]
        north = spot.range_m * math.cos(azimuth) + away_m[1]
        range_m = np.hypot(east, north)
        bearing = np.arctan2(east, north) % TURN
        ground = -site.over_ground_m / range_m - 0.5 * range_m / MEAN_RADIUS_M
        elevation = ground + _GROUND_ELEVATION_RAD * np.abs(rng.standard_normal(n))
        rate = _GROUND_SPEED_MPS * rng.standard_normal(n)
        later = (bearing - _first_azimuth(spot)) % TURN / TURN * site.period_s
        kept = (range_m > NEAREST_M) & (range_m < site.range_max_m)
        kept &= later < _width(spot) / TURN * site.period_s
        order = np.flatnonzero(kept)[np.argsort(later[kept], kind="stable")]
        return echoes(
            first_s + later[order], range_m[order], bearing[order], elevation[order], rate[order]
        )

    def _of_birds(self, birds: Birds, span: Span) -> Plots:
        """Draw the plots of the birds under the beam."""
        site, options = self._beam.site, self._options
        row, time_s = self._passages.find(birds.moving(span), birds.number)
        place = birds.place(row, time_s)
        true = polar(site, place)
        range_m = true[:, 0]
        chance = primary_probability(
            site, options.primary_range_m, range_m, birds.cross_section[row]
        )
        seen = self._rng.random(len(row)) < chance
        seen &= (range_m > NEAREST_M) & (range_m < site.range_max_m)
        seen &= true[:, 2] < options.cone_deg * DEGREE
        seen &= over_horizon(site, range_m, birds.height_m[row], self._ground_m)
        later = polar(site, birds.place(row, time_s + 1.0))[:, 0]
        rate = later - range_m
        return echoes(time_s[seen], range_m[seen], true[seen, 1], true[seen, 2], rate[seen])


def _is_measured(site: Site) -> bool:
    """Whether elevation or range rate is."""
    return not math.isnan(site.sigma_elevation_rad) or not math.isnan(site.sigma_range_rate_mps)


def _width(spot: Hotspot) -> float:
    """Azimuths over which a hot spot is drawn, rad; around the radar itself, all."""
    return min(TURN, 2.0 * _SPREAD * spot.radius_m / spot.range_m)


def _first_azimuth(spot: Hotspot) -> float:
    """Azimuth at which the beam enters a hot spot, rad."""
    return (spot.azimuth_deg * DEGREE - 0.5 * _width(spot)) % TURN
