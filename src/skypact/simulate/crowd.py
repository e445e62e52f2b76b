"""Targets too near to each other: echoes that merge, replies that garble.

A plot is held back until everything that can stand in its resolution cell has been seen, which may
be in the next tick.
"""

import math
from typing import Final

import numpy as np

from skypact.model.reports import Floats, Longs
from skypact.simulate.beam import TURN
from skypact.simulate.codes import garble
from skypact.simulate.parts import RadarOptions
from skypact.simulate.plots import Plots, concat_plots, take_plots
from skypact.simulate.truth import wrapped
from skypact.units import DEGREE

REPLY_S: Final = 20.3e-6
"""From the first to the last framing pulse (ICAO Annex 10, volume IV, 3.1.1.6.2)."""
LIGHT_MPS: Final = 299_792_458.0
OVERLAP_M: Final = 0.5 * LIGHT_MPS * REPLY_S
"""Two replies overlap where the slant ranges differ by less: 3,043 m."""


class Crowd:
    """Resolves what stands in one resolution cell of one radar."""

    def __init__(self, options: RadarOptions, period_s: float, rng: np.random.Generator) -> None:
        self._cell_m = options.cell_range_m
        self._garble_share = options.garble_share
        self._window_s = options.cell_azimuth_deg * DEGREE / TURN * period_s
        self._reach_m = max(self._cell_m, OVERLAP_M if self._garble_share else 0.0)
        self._rng = rng
        self._held: Plots | None = None

    def resolve(self, plots: Plots, end_s: float) -> Plots:
        """Return the plots that the radar extracts, in order of time; the tick ends at `end_s`."""
        if self._held is not None:
            plots = concat_plots([self._held, plots])
        plots = take_plots(plots, np.argsort(plots.time_s, kind="stable"))
        complete = plots.time_s <= end_s - self._window_s
        for first, second in self._pairs(plots).tolist():
            if complete[first]:
                complete[second] = True
                self._meet(plots, first, second)
        self._held = take_plots(plots, ~complete)
        return take_plots(plots, complete & (plots.by_code | plots.by_echo))

    def _pairs(self, plots: Plots) -> Longs:
        """Pairs of rows (k, 2) that may share a cell, the earlier first, in order of time."""
        found = [np.empty((0, 2), np.int64)]
        time_s, range_m = plots.time_s, plots.range_m
        for apart in range(1, len(time_s)):
            near = time_s[apart:] - time_s[:-apart] <= self._window_s
            if not near.any():
                break
            near &= np.abs(range_m[apart:] - range_m[:-apart]) < self._reach_m
            first = np.flatnonzero(near)
            found.append(np.stack((first, first + apart), axis=1))
        pairs = np.concatenate(found)
        return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]

    def _meet(self, plots: Plots, first: int, second: int) -> None:
        pair = np.array([first, second])
        apart_m = abs(plots.range_m[second] - plots.range_m[first])
        if apart_m < self._cell_m and plots.by_echo[pair].all():
            _merge(plots, *pair[np.argsort(-plots.strength[pair], kind="stable")].tolist())
        replies = plots.by_code[pair] & ~plots.modes[pair]
        if self._garble_share and replies.all() and apart_m < OVERLAP_M:
            chance, which = self._rng.random(2)
            if chance < self._garble_share:
                garble(plots, pair, (which < 0.75, which >= 0.25), self._rng)


def _merge(plots: Plots, strong: int, weak: int) -> None:
    """Leave one echo of two, in place; where no reply says otherwise it lies between them."""
    total = plots.strength[strong] + plots.strength[weak]
    share = plots.strength[weak] / total if total > 0.0 else 0.5
    plots.by_echo[weak] = False
    plots.strength[strong] = total
    if not plots.by_code[strong]:
        columns: tuple[Floats, ...] = (plots.range_m, plots.elevation_rad, plots.range_rate_mps)
        for column in columns:
            column[strong] += share * (column[weak] - column[strong])
        turn = wrapped(plots.azimuth_rad[weak : weak + 1] - plots.azimuth_rad[strong])[0]
        plots.azimuth_rad[strong] = (plots.azimuth_rad[strong] + share * turn) % (2.0 * math.pi)
