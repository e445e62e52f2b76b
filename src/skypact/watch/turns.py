"""Which sensor detects which track, turn by turn: counts that several rules share.

A turn of a sensor is its period, four seconds at least. A track that a sensor should see is an
opportunity, a report of it that was used for the track a detection. Rates are kept by sector of
azimuth and ring of range, long ones without the last ten turns, which are judged against them.

The probability of so few detections is bounded by W. Hoeffding, "Probability inequalities for sums
of bounded random variables", J. Am. Stat. Assoc. 58 (1963), theorem 1: P(X <= x) <=
exp(-n D(x/n, p)), D the relative entropy.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.model.reports import ADSB, MLAT, MODES, PSR, PSR_SSR, SSR, Floats, Longs
from skypact.rules.coverage import CoverageParams
from skypact.units import DEGREE
from skypact.watch.cover import Heights, Mask, Site, covered, heights_of, polar_of, site_of
from skypact.watch.sky import SensorLook, Sky

SECTORS: Final = 12
RINGS: Final = 4
RECENT: Final = 10
"""Turns that are judged."""
LEAST_TURN_S: Final = 4.0
MOST_KEPT: Final = 2_000.0
"""Opportunities of a cell after which older ones are forgotten."""
SHEET_WEIGHT: Final = 10.0
"""Opportunities that the data sheet counts for."""
MOST_DETECTION: Final = 0.8
"""Misses come in rows: no sensor is taken to detect more often."""
SHEET_ELEVATION_RAD: Final = 1.0 * DEGREE
"""Below, terrain may hide objects, and only what was detected there before counts."""
COASTED_S: Final = 30.0
"""Tracks that were not updated for so long are not expected to be detected."""
PROVEN: Final = 3
"""Detections after which a sensor is expected to go on detecting a track."""
INDEPENDENT: Final = ("radar", "mlat")
"""Kinds of sensors that measure by themselves where an object is."""
PLOTS: Final = (PSR, SSR, PSR_SSR, MODES, MLAT)
"""Kinds of reports that tell it."""


class Turn(NamedTuple):
    """A turn of a sensor, all tracks together."""

    expected: float
    """Detections to be expected of tracks that it had detected before."""
    detected: int


class Turns:
    """Counts detections; rules share one, and each may give it the look.

    Parameters
    ----------
    params : CoverageParams
    """

    def __init__(self, params: CoverageParams) -> None:
        self.params = params
        self._now_s = float("nan")
        self.track: Longs = np.zeros(0, np.int64)
        """Tracks (n,) of the last look."""
        self.adsb_s: Floats = np.zeros(0)
        """When ADS-B of each was last used (n,), -inf never."""
        self.plot_s: Floats = np.zeros(0)
        """When a radar or multilateration last saw each (n,)."""
        self.heard_s: Floats = np.zeros((0, 0))
        """When each sensor last saw each (sensors, n)."""
        self.hits = np.zeros((0, 0), np.int32)
        """Turns in which it did, 100 at most (sensors, n)."""
        self.log_miss: Floats = np.zeros((0, 0))
        """Logarithm of the probability of all misses since (sensors, n)."""
        self.missed = np.zeros((0, 0), np.int32)
        """Number of these misses (sensors, n)."""
        self._hit: Mask = np.zeros((0, 0), np.bool_)
        self._inside: Mask = np.zeros((0, 0), np.bool_)
        self.turns: list[list[Turn]] = []
        """The last ten turns of each sensor, the oldest first."""
        self.before: Floats = np.zeros((0, SECTORS, RINGS, 2))
        """Opportunities and detections of each cell, but the last ten turns'."""
        self.recent: Floats = np.zeros((0, RECENT, SECTORS, RINGS, 2))
        self.lost: Mask = np.zeros((0, SECTORS), np.bool_)
        """Sectors in which the sensor no longer detects as it did."""
        self._next_s: list[float] = []
        self._was_up: list[bool] = []
        self._sites: list[tuple[tuple[float, float, float], Site | None]] = []

    def take(self, sky: Sky) -> None:
        """Count a look; the same look a second time changes nothing."""
        if sky.now_s == self._now_s:
            return
        self._now_s = sky.now_s
        self._grow(sky)
        self._carry(sky.rows.track)
        self._note(sky)
        for i, sensor in enumerate(sky.sensors):
            if sensor.state != "operational" or sky.is_overloaded:
                self._was_up[i] = False
            if sensor.state != "operational":  # judged anew when it is back
                self.recent[i], self.lost[i] = 0.0, False
        due = [i for i in range(len(sky.sensors)) if sky.now_s >= self._next_s[i]]
        if not due:
            return
        at = heights_of(sky)
        for i in due:
            self._close(sky, i, at)

    def expected_of(self, sky: Sky, i: int) -> int:
        """Count the tracks that a sensor had detected and should see now."""
        mine = self._inside[i] & (self.hits[i] >= PROVEN) & (sky.quiet_s <= COASTED_S)
        return int(np.count_nonzero(mine))

    def _grow(self, sky: Sky) -> None:
        """Make room for sensors that are new, and place those that moved."""
        n_new, n = len(sky.sensors) - len(self._next_s), self.track.size
        if n_new > 0:
            self.heard_s = np.concatenate([self.heard_s, np.full((n_new, n), -np.inf)])
            self.log_miss = np.concatenate([self.log_miss, np.zeros((n_new, n))])
            for name in ("hits", "missed"):
                more = np.zeros((n_new, n), np.int32)
                setattr(self, name, np.concatenate([getattr(self, name), more]))
            for name in ("_hit", "_inside"):
                flags = np.zeros((n_new, n), np.bool_)
                setattr(self, name, np.concatenate([getattr(self, name), flags]))
            cells = np.zeros((n_new, SECTORS, RINGS, 2))
            self.before = np.concatenate([self.before, cells])
            ring = np.zeros((n_new, RECENT, SECTORS, RINGS, 2))
            self.recent = np.concatenate([self.recent, ring])
            self.lost = np.concatenate([self.lost, np.zeros((n_new, SECTORS), np.bool_)])
            self.turns += [[] for _ in range(n_new)]
            self._was_up += [False] * n_new
            new = sky.sensors[len(self._next_s) :]
            begun = len(self._next_s)  # turns of several sensors do not end at one look
            self._next_s += [
                sky.now_s + turn_s(sensor) * (1.0 + (begun + k) % 4 / 4.0)
                for k, sensor in enumerate(new)
            ]
        for i, sensor in enumerate(sky.sensors):
            place = (sensor.lat_rad, sensor.lon_rad, sensor.height_m)
            if i == len(self._sites):
                self._sites.append((place, site_of(sensor)))
            elif self._sites[i][0] != place and np.isfinite(place).all():
                self._sites[i] = place, site_of(sensor)

    def _carry(self, track: Longs) -> None:
        """Bring all columns in the order of the tracks there are now."""
        if np.array_equal(track, self.track):
            return
        place = np.searchsorted(self.track, track)
        kept = np.zeros(track.size, np.bool_)
        if self.track.size:
            place = np.minimum(place, self.track.size - 1)
            kept = self.track[place] == track
        new, place = np.flatnonzero(~kept), np.where(kept, place, 0)
        for name in ("adsb_s", "plot_s", "heard_s", "hits", "log_miss", "missed", "_hit",
                     "_inside"):  # fmt: skip
            old = getattr(self, name)
            absent = -np.inf if name.endswith("_s") else 0
            column = np.zeros((*old.shape[:-1], track.size), old.dtype)
            if self.track.size:
                np.take(old, place, axis=-1, out=column)
            column[..., new] = absent
            setattr(self, name, column)
        self.track = track.copy()

    def _note(self, sky: Sky) -> None:
        """Note the reports that tracks were updated with."""
        reports, track = sky.reports, sky.report_track
        if not track.size or not self.track.size:
            return
        place = np.minimum(np.searchsorted(self.track, track), self.track.size - 1)
        known = (self.track[place] == track) & (reports.coast == 0)
        known &= reports.sensor < len(self._next_s)
        place, sensor, kind = place[known], reports.sensor[known], reports.kind[known]
        self.heard_s[sensor, place] = sky.now_s
        self._hit[sensor, place] = True
        self.log_miss[sensor, place] = 0.0
        self.missed[sensor, place] = 0
        self.adsb_s[place[kind == ADSB]] = sky.now_s
        self.plot_s[place[np.isin(kind, PLOTS)]] = sky.now_s

    def _close(self, sky: Sky, i: int, at: Heights) -> None:
        """Count a turn of a sensor that is over."""
        sensor, site = sky.sensors[i], self._sites[i][1]
        length_s = turn_s(sensor)
        self._next_s[i] = sky.now_s + length_s
        is_up = self._was_up[i]
        self._was_up[i] = sensor.state == "operational" and not sky.is_overloaded
        hit = self._hit[i].copy()
        self._hit[i] = False
        self.hits[i] = np.minimum(self.hits[i] + hit, 100)
        if site is None:
            return
        polar = polar_of(site, at.ecef_m)
        inside = covered(self.params, sensor, site, at, polar)
        inside &= sky.quiet_s <= COASTED_S
        both = inside & self._inside[i]
        self._inside[i] = inside
        if not (is_up and self._was_up[i]):
            return
        sector, ring = _cells(polar, sensor)
        usual = _chance(sensor, polar, (sector, ring), self.before[i])
        cells = self.before[i] + self.recent[i].sum(axis=0)
        chance = np.minimum(usual, _chance(sensor, polar, (sector, ring), cells))
        chance[self.lost[i][sector]] = 0.0
        gone = both & ~hit
        self.log_miss[i][gone] += np.log1p(-chance[gone])
        self.missed[i][gone & (chance > 0.0)] += 1
        mine = both & (self.hits[i] >= PROVEN)
        turn = Turn(float(usual[mine].sum()), int(np.count_nonzero(hit & mine)))
        self.turns[i] = [*self.turns[i][1 - RECENT :], turn]
        if sensor.kind in INDEPENDENT:
            self._count(i, both & self._is_real(sky, i, length_s), hit, sector, ring)
            self._judge(i)

    def _is_real(self, sky: Sky, i: int, length_s: float) -> Mask:
        """Whether tracks (n,) are there for certain: another sensor sees them, and a plot did."""
        kinds = [sensor.kind in INDEPENDENT for sensor in sky.sensors]
        proven = (self.hits[np.array(kinds)] >= PROVEN).any(axis=0)
        others = np.arange(len(self._next_s)) != i
        heard_s = self.heard_s[others].max(axis=0, initial=-np.inf)
        real: Mask = proven & (sky.now_s - heard_s <= max(length_s, LEAST_TURN_S) + 1.0)
        return real

    def _count(self, i: int, real: Mask, hit: Mask, sector: Longs, ring: Longs) -> None:
        """Put a turn among the recent ones; the oldest of these joins those before."""
        cell = sector * RINGS + ring
        sums = [
            np.bincount(cell[rows], minlength=SECTORS * RINGS).reshape(SECTORS, RINGS)
            for rows in (real, real & hit)
        ]
        learns = ~self.lost[i]
        self.before[i][learns] += self.recent[i, 0][learns]
        full = self.before[i, :, :, 0] > MOST_KEPT
        self.before[i][full] *= 0.5
        self.recent[i, :-1] = self.recent[i, 1:]
        self.recent[i, -1] = np.stack(sums, axis=2)

    def _judge(self, i: int) -> None:
        """Say which sectors are lost."""
        p = self.params
        before, turns = self.before[i].sum(axis=1), self.recent[i].sum(axis=2)
        n, got = turns[:, :, 0].sum(axis=0), turns[:, :, 1].sum(axis=0)
        rate = before[:, 1] / np.maximum(before[:, 0], 1.0)
        now = got / np.maximum(n, 1.0)
        enough = n >= p.least_recent
        falls = enough & (before[:, 0] >= p.least_before) & (rate >= p.least_rate)
        falls &= (turns[:, :, 0].max(axis=0) >= p.least_tracks) & (now < p.raise_share * rate)
        falls &= log_tail(n, now, rate) <= np.log(p.raise_probability)
        returns = enough & (now >= p.clear_share * rate)
        self.lost[i] = (self.lost[i] | falls) & ~returns


def turn_s(sensor: SensorLook) -> float:
    """Length of a turn."""
    return max(LEAST_TURN_S, sensor.period_s) if np.isfinite(sensor.period_s) else LEAST_TURN_S


def log_tail(n: Floats, share: Floats, rate: Floats) -> Floats:
    """Logarithm of a bound on the probability of at most `share` of `n` at a rate, all (k,)."""
    p = np.clip(rate, 1e-9, 1.0 - 1e-9)
    x = np.clip(share, 0.0, 1.0)
    first = x * np.log(np.maximum(x, 1e-300) / p)
    second = (1.0 - x) * np.log(np.maximum(1.0 - x, 1e-300) / (1.0 - p))
    return np.where(x < p, -n * (first + second), 0.0)


def _chance(
    sensor: SensorLook,
    polar: Floats,
    at: tuple[Longs, Longs],
    cells: Floats,
) -> Floats:
    """Probability (n,) that a turn detects a track: the data sheet's, and what cells say."""
    sheet = sensor.p_detection if np.isfinite(sensor.p_detection) else MOST_DETECTION
    first = np.where(polar[:, 2] >= SHEET_ELEVATION_RAD, sheet, 0.0)
    if sensor.kind == "mlat":
        first = np.zeros_like(first)
    n, got = cells[*at, 0], cells[*at, 1]
    learnt = (SHEET_WEIGHT * first + got) / (SHEET_WEIGHT + n)
    return np.asarray(np.minimum(np.minimum(learnt, sheet), MOST_DETECTION))


def _cells(polar: Floats, sensor: SensorLook) -> tuple[Longs, Longs]:
    """Sector and ring (n,) of polar places (n, 3)."""
    share = np.nan_to_num(polar[:, 0] / sensor.range_max_m, nan=0.0)
    ring = np.clip(share * RINGS, 0, RINGS - 1).astype(np.int64)
    turn = np.nan_to_num(polar[:, 1] / (2.0 * np.pi))
    sector: npt.NDArray[np.int64] = np.clip(turn * SECTORS, 0, SECTORS - 1).astype(np.int64)
    return sector, ring
