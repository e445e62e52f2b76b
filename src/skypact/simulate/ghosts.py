"""Aircraft seen where they are not: by way of a reflector, and plots that come out twice.

Source of the kinds of false plots: EUROCONTROL, "Standard Document for Radar Surveillance in
En-route Airspace and Major Terminal Areas" (SUR.ET1.ST01.1000-STD-01-01), section on false target
reports; M. C. Stevens, "Secondary Surveillance Radar" (Artech House, 1988), chapter on reflections.
"""

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from skypact.errors import ConfigError
from skypact.model.reports import Floats, Longs
from skypact.simulate.aircraft import Aircraft
from skypact.simulate.beam import TURN, Beam, Moving, Passages
from skypact.simulate.parts import RadarOptions, Reflector
from skypact.simulate.plots import Plots, take_plots
from skypact.simulate.sight import Mask, Site, ecef, enu, over_horizon, polar
from skypact.simulate.truth import Span, ecef_at, wrapped
from skypact.units import DEGREE

Replies = Callable[[Span, Aircraft, Longs, Floats], Plots]
"""Makes the plots of rows (k,) that reply at times (k,), at their true places."""
NEAREST_M: Final = 500.0
"""Nothing is seen nearer than this."""


class Reflections:
    """Replies that come to one radar by one plane reflector, as if from the target's mirror image.

    The ray obeys the law of reflection, so the image in the surface's plane has the direction in
    which the reply arrives, and the length of its way. The surface is met where the image is
    within `width_deg` about the surface's azimuth.
    """

    def __init__(
        self, beam: Beam, reflector: Reflector, n: int, ground_m: float, where: str
    ) -> None:
        self._beam = beam
        self._reflector = reflector
        self._ground_m = ground_m
        azimuth, facing = reflector.azimuth_deg * DEGREE, reflector.facing_deg * DEGREE
        self._normal = np.array([math.sin(facing), math.cos(facing), 0.0])
        foot = reflector.range_m * np.array([math.sin(azimuth), math.cos(azimuth), 0.0])
        self._offset_m = float(self._normal @ foot)
        if self._offset_m >= 0.0:
            back = (reflector.azimuth_deg + 180.0) % 360.0
            raise ConfigError(
                f"{where}.facing_deg: expected a surface that faces the radar, within 90 degrees of"
                f" {back:g}, got {reflector.facing_deg:g}"
            )
        self._passages = Passages(beam, n, beam.site.range_max_m)

    def plots(
        self, span: Span, aircraft: Aircraft, replies: Replies, rng: np.random.Generator
    ) -> Plots:
        """Return the plots of the targets whose images the beam passes."""
        site, reflector = self._beam.site, self._reflector
        moving = Moving(
            span.start_s,
            span.end_s,
            self._image(span.ecef0),
            self._image(span.ecef1),
            lambda row, time_s: self._image(ecef_at(span, row, time_s)),
        )
        shown = (aircraft.mode3a >= 0) & self._is_before(span.ecef1)
        row, time_s = self._passages.find(moving, aircraft.target, shown)
        image = polar(site, moving.place(row, time_s))
        plots = replies(span, aircraft, row, time_s)
        off = np.abs(wrapped(image[:, 1] - reflector.azimuth_deg * DEGREE))
        kept = off < 0.5 * reflector.width_deg * DEGREE
        kept &= over_horizon(site, plots.range_m, aircraft.height_m[row], self._ground_m)
        kept &= rng.random(len(row)) < reflector.share
        moved = plots._replace(
            range_m=image[:, 0], azimuth_rad=image[:, 1], elevation_rad=image[:, 2]
        )
        return take_plots(moved, kept)

    def _image(self, ecef_m: Floats) -> Floats:
        """Mirror images (n, 3) of positions (n, 3)."""
        local = enu(self._beam.site, ecef_m)
        away_m = local @ self._normal - self._offset_m
        return ecef(self._beam.site, local - 2.0 * away_m[:, None] * self._normal)

    def _is_before(self, ecef_m: Floats) -> Mask:
        """Rows on the side of the surface where the radar stands."""
        return np.asarray(enu(self._beam.site, ecef_m) @ self._normal > self._offset_m)


def splits(plots: Plots, options: RadarOptions, period_s: float, rng: np.random.Generator) -> Plots:
    """Draw second plots of a share of the plots, one cell of range or azimuth away."""
    n = len(plots.time_s)
    draws = rng.random((3, n))
    index = np.flatnonzero(draws[0] < options.split_share)
    twice = take_plots(plots, index)
    in_range = draws[1][index] < (0.5 if options.cell_range_m > 0.0 else 0.0)
    sign = np.where(draws[2][index] < 0.5, -1.0, 1.0)
    turn = np.where(in_range, 0.0, sign * options.cell_azimuth_deg * DEGREE)
    return twice._replace(
        range_m=np.maximum(
            twice.range_m + np.where(in_range, sign * options.cell_range_m, 0.0), 0.0
        ),
        azimuth_rad=(twice.azimuth_rad + turn) % TURN,
        time_s=twice.time_s + turn / TURN * period_s,
    )


def second_trip(plots: Plots, site: Site, unambiguous_m: float) -> tuple[Plots, Plots]:
    """Part plots into what the radar sees in place and the echoes of the pulse before.

    Echoes from beyond `unambiguous_m` arrive in the next pulse's time and appear so much too near;
    replies of transponders stay where they are.
    """
    beyond = plots.range_m >= unambiguous_m
    late = plots.by_echo & beyond & (plots.range_m < 2.0 * unambiguous_m)
    folded = take_plots(plots, late)
    folded = folded._replace(
        range_m=folded.range_m - unambiguous_m, by_code=np.zeros(len(folded.time_s), np.bool_)
    )
    seen = (folded.range_m > NEAREST_M) & (folded.range_m < site.range_max_m)
    at_place = plots._replace(by_echo=plots.by_echo & ~beyond)
    return take_plots(at_place, at_place.by_code | at_place.by_echo), take_plots(folded, seen)
