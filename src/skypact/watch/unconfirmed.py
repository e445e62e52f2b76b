"""ADS-B that radars or multilateration would see, and do not.

Each turn in which a sensor would have seen an object and did not makes it less likely that it is
there. Sensors that are silent or degraded, sectors that are lost, and heights and places that are
out of sight do not count.
"""

from typing import Final

import numpy as np

from skypact.model.reports import Ints
from skypact.model.tracks import CLASSES
from skypact.rules.unconfirmed import UnconfirmedParams
from skypact.watch.cover import Mask
from skypact.watch.sky import Finding, Sky
from skypact.watch.turns import INDEPENDENT, Turns
from skypact.watch.who import who_of

SURFACE: Final = CLASSES.index("surface")
LEFT_S: Final = 1.5
"""A track is left by its ADS-B that another of the same address has had so much later."""
NEW_S: Final = 5.0
"""Nothing is raised of a track whose ADS-B has not been heard for so long: it may be over."""


class UnconfirmedRule:
    """ADS-B tracks without confirmation.

    Parameters
    ----------
    params : UnconfirmedParams
    turns : Turns
        Counts detections.
    """

    name: Final = "unconfirmed"

    def __init__(self, params: UnconfirmedParams, turns: Turns) -> None:
        self.params = params
        self._turns = turns

    def look(self, sky: Sky) -> list[Finding]:
        """One finding for each track."""
        p, turns, rows = self.params, self._turns, sky.rows
        turns.take(sky)
        able = np.array([s.kind in INDEPENDENT for s in sky.sensors], np.bool_)
        if not able.any() or not rows.track.size:
            return []
        log_p = turns.log_miss[able].sum(axis=0)
        missed = turns.missed[able].sum(axis=0)
        told = (log_p <= np.log(p.raise_probability)) & (missed >= p.least_turns)
        told &= sky.now_s - turns.adsb_s <= p.fresh_s
        told &= sky.now_s - turns.plot_s > p.memory_s
        told &= rows.target_class != SURFACE
        told &= np.hypot(rows.vn_mps, rows.ve_mps) >= p.least_speed_mps
        told &= ~np.isin(rows.icao, self._elsewhere(sky))
        told &= ~self._left(sky)
        new = sky.now_s - turns.adsb_s <= NEW_S
        return [
            self._finding(sky, i, float(log_p[i]), bool(new[i]))
            for i in np.flatnonzero(told).tolist()
        ]

    def _elsewhere(self, sky: Sky) -> Ints:
        """Addresses that have a track which plots alone renew: rule `drift` tells of them."""
        fresh_s, turns = self.params.fresh_s, self._turns
        plots_only = (sky.now_s - turns.plot_s <= fresh_s) & (sky.now_s - turns.adsb_s > fresh_s)
        return np.asarray(sky.rows.icao[plots_only & (sky.rows.icao >= 0)])

    def _left(self, sky: Sky) -> Mask:
        """Whether the ADS-B of tracks (n,) goes on in another of the same address with plots."""
        turns, icao = self._turns, sky.rows.icao
        whole = np.flatnonzero((sky.now_s - turns.plot_s <= self.params.fresh_s) & (icao >= 0))
        order = whole[np.lexsort((turns.adsb_s[whole], icao[whole]))]
        left = np.zeros(icao.size, np.bool_)
        if order.size:
            place = np.searchsorted(icao[order], icao, side="right") - 1
            other = order[np.maximum(place, 0)]
            left = (icao[other] == icao) & (turns.adsb_s < turns.adsb_s[other] - LEFT_S)
        return left

    def _finding(self, sky: Sky, i: int, log_p: float, holds: bool) -> Finding:
        turns, track = self._turns, int(sky.rows.track[i])
        missed = {
            sensor.name: int(turns.missed[s, i])
            for s, sensor in enumerate(sky.sensors)
            if sensor.kind in INDEPENDENT and turns.missed[s, i]
        }
        return Finding(
            str(track),
            (track,),
            self.params.severity,
            holds,
            evidence={
                "probability_if_real": float(f"{max(np.exp(log_p), 1e-30):.2g}"),
                "missed_turns": missed,
                "adsb_age_s": round(sky.now_s - float(turns.adsb_s[i]), 1),
                **who_of(sky, i),
            },
        )
