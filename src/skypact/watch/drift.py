"""ADS-B positions that part from radar and multilateration: forged, or of a receiver led astray.

Differences of self-reported positions and plots of the same object, in standard deviations, are
summed up by R. B. Crosier, "Multivariate generalizations of cumulative sum quality-control
schemes", Technometrics 30 (1988), section 3 (MCUSUM): S <- (S + z) (1 - k / |S + z|), zero where
|S + z| <= k, an alarm where |S| > h. A slow drift adds up, and so do some plots after a jump; a
plot counts for `clip` standard deviations at most. Where an object falls apart into two tracks,
`split` finds them.
"""

from typing import Any, Final

import numpy as np

from skypact.model.reports import Floats, Longs
from skypact.rules.drift import DriftParams
from skypact.watch.compare import FORGET_S, Comparison, Differences
from skypact.watch.keyed import Keyed, name_of
from skypact.watch.sky import Finding, Sky
from skypact.watch.split import Splits
from skypact.watch.turns import Turns
from skypact.watch.who import who_of

_SENSORS: Final = 512
"""Keys of pairs are those of objects times this, plus the sensor."""
(TIME, S_NORTH, S_EAST, NORTH, EAST, COUNT, TRACK, ADSB_TRACK) = range(8)
_MEAN: Final = 0.4
"""Weight of the newest difference in the mean."""
_AGREES: Final = 0.5
"""A plot that agrees leaves this share of the sum: plots that are reflected, or of another aircraft
with the same address, come between such ones."""
_MOST: Final = 2.0
"""The sum grows to so many thresholds, so that alerts end when positions agree again."""


class DriftRule:
    """Self-reported positions that are not where the object is.

    Parameters
    ----------
    params : DriftParams
    turns : Turns
        Counts detections.
    """

    name: Final = "drift"

    def __init__(self, params: DriftParams, turns: Turns) -> None:
        self.params = params
        self._turns = turns
        self._comparison = Comparison()
        self._sums = Keyed(8)
        self._splits = Splits(params, turns)

    def look(self, sky: Sky) -> list[Finding]:
        """One finding for each object, one for each pair of tracks."""
        self._turns.take(sky)
        if sky.reports.time_s.size:
            new = self._comparison.take(sky, self.params.most_gap_s)
            self._forget(self._comparison.stepped)
            self._add(sky.now_s, new)
        self._sums.forget(sky.now_s - FORGET_S)
        found, known = self._apart(sky)
        splits = self._splits.look(sky, self._comparison.honest())
        return found + [one for one in splits if not known & set(one.tracks)]

    def _forget(self, sensors: set[int]) -> None:
        """Forget what was summed up of sensors that have stepped."""
        if sensors:
            of = np.isin(self._sums.keys % _SENSORS, list(sensors))
            self._sums.rows[of, S_NORTH:COUNT] = 0.0

    def _add(self, now_s: float, new: Differences) -> None:
        p = self.params
        pair = new.key * _SENSORS + new.sensor
        order = np.argsort(pair, kind="stable")
        pair, new = pair[order], Differences._make(column[order] for column in new)
        place, known = self._sums.find(pair)
        old = np.zeros((pair.size, 8))
        old[known] = self._sums.rows[place[known]]
        z = np.stack((new.z_north, new.z_east), axis=1)
        agrees = (_length(z) <= 2.0 * p.allowance) & (np.hypot(new.north_m, new.east_m) < p.least_m)
        z *= np.minimum(1.0, p.clip / np.maximum(_length(z), 1e-12))[:, None]
        kept = np.where(agrees, _AGREES, 1.0)[:, None]
        total = kept * old[:, S_NORTH : S_EAST + 1] + z
        length = _length(total)
        left = np.clip(length - p.allowance, 0.0, _MOST * p.threshold)
        total *= (left / np.maximum(length, 1e-12))[:, None]
        weight = np.where(known, _MEAN, 1.0)
        rows = np.stack(
            (
                np.full(pair.size, now_s), total[:, 0], total[:, 1],
                old[:, NORTH] + weight * (new.north_m - old[:, NORTH]),
                old[:, EAST] + weight * (new.east_m - old[:, EAST]),
                old[:, COUNT] + 1.0, new.track, new.adsb_track,
            ),
            axis=1,
        )  # fmt: skip
        self._sums.put(pair, rows)

    def _apart(self, sky: Sky) -> tuple[list[Finding], set[int]]:
        """Objects whose sums are large, and their tracks."""
        p, rows = self.params, self._sums.rows
        length, offset = _length(rows[:, S_NORTH:NORTH]), _length(rows[:, NORTH:COUNT])
        large = (length >= 0.5 * p.threshold) & (offset >= 0.5 * p.least_m)
        object_of = self._sums.keys // _SENSORS
        found: list[Finding] = []
        tracks: set[int] = set()
        for key in np.unique(object_of[large]).tolist():
            mine = np.flatnonzero(large & (object_of == key))
            best = int(mine[np.argmax(length[mine])])
            holds = bool(length[best] >= p.threshold and offset[best] >= p.least_m)
            one = self._finding(sky, key, best, mine, holds)
            tracks.update(one.tracks)
            found.append(one)
        return found, tracks

    def _finding(self, sky: Sky, key: int, best: int, mine: Longs, holds: bool) -> Finding:
        row = self._sums.rows[best]
        sensors = [int(k) for k in self._sums.keys[mine] % _SENSORS]
        tracks = sorted({int(row[ADSB_TRACK]), int(row[TRACK])} - {-1})
        evidence: dict[str, Any] = {
            "phase": "apart",
            "object": name_of(key),
            "offset_m": round(float(np.hypot(row[NORTH], row[EAST]))),
            "offset_north_m": round(float(row[NORTH])),
            "offset_east_m": round(float(row[EAST])),
            "sum_sigmas": round(float(np.hypot(row[S_NORTH], row[S_EAST])), 1),
            "plots": int(row[COUNT]),
            "sensors": [sky.sensors[s].name for s in sensors],
            "adsb_track": int(row[ADSB_TRACK]),
            "radar_track": int(row[TRACK]),
        }
        at = np.flatnonzero(sky.rows.track == int(row[ADSB_TRACK]))
        who = who_of(sky, int(at[0])) if at.size else {}
        return Finding(
            name_of(key), tuple(tracks), self.params.severity, holds, evidence=evidence | who
        )


def _length(vectors: Floats) -> Floats:
    return np.asarray(np.hypot(vectors[:, 0], vectors[:, 1]))
