"""What is kept out of the tracks: wrong clocks, frozen clocks, repeated scans, floods.

A guard looks at whole sensors, never at one report against the tracks (the gate does that). What it
keeps out is counted by name and stays in the recording; the sensor's other reports go on.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.model.reports import Floats, Longs, ReportBatch
from skypact.model.sensors import SMR
from skypact.track.checkpoint import Arrays, fill

Mask = npt.NDArray[np.bool_]

FROZEN_S: Final = 2.0
"""A sensor that sends one stamp for longer than this has a clock that stands."""
ASTRAY_S: Final = 2.0
"""A stamp further off the present than this is astray: a slow line, or a wrong clock."""
ASTRAY_SHARE: Final = 0.25
ASTRAY_MEMORY: Final = 10.0
"""A sensor of whose stamps more are astray, over so many reports, begins and confirms no track with
such: nothing shows that its clock is right."""
REPEAT_LEAST_S: Final = 1.0
REPEAT_MOST_S: Final = 3_600.0
"""A plot with exactly the range, azimuth, code and level of one so much older is a repetition."""
REPEAT_SHARE: Final = 0.5
REPEAT_MEMORY: Final = 10.0
"""Fixed echoes repeat, too; a sensor repeats when most of its plots do, over so many."""
_PLACES: Final = 1 << 17
"""Plots remembered, by a hash of their content; a newer one takes the place of an older."""
FLOOD_FACTOR: Final = 10.0
FLOOD_ROOM: Final = 20.0
"""Reports a second that are let through: so many times the usual rate, and so many more. None of
them begins a track."""
RATE_MEMORY_S: Final = 60.0
"""Seconds with reports that the usual rate is the mean of."""
UNKNOWN_RATE: Final = 20_000.0
"""The same in a sensor's first `RATE_LEARNT_S`."""
RATE_LEARNT_S: Final = 5.0


class Verdict(NamedTuple):
    """What is kept out of n reports."""

    keep: Mask
    """Reports that go on (n,)."""
    starts: Mask
    """Reports that may begin a track, or confirm one (n,)."""
    counts: dict[str, int]
    """``frozen``, ``repeated``, ``flooded``: kept out; ``astray``: may begin no track."""


class Guards:
    """Memory of the sensors' conduct.

    Parameters
    ----------
    kind : int8 (S,)
        Kinds of the sensors, see `model.sensors`.
    """

    def __init__(self, kind: npt.NDArray[np.int8]) -> None:
        self._kind = kind
        n = len(kind)
        self._stamp_s = np.full(n, np.nan)
        self._since_s = np.full(n, np.nan)
        self._behind = np.zeros(n)
        self._ahead = np.zeros(n)
        self._repeats = np.zeros(n)
        self._rate = np.zeros(n)
        self._second = np.full(n, np.nan)
        self._in_second = np.zeros(n)
        self._age_s = np.zeros(n)
        self._seen_key = np.zeros(_PLACES, np.int64)
        self._seen_s = np.full(_PLACES, -np.inf)

    def add_sensors(self, kind: npt.NDArray[np.int8]) -> None:
        """Put a longer list of sensors in force."""
        fresh = Guards(kind)
        for name, array in self._sensors().items():
            getattr(fresh, name)[: len(array)] = array
        self._kind = kind
        for name in self._sensors():
            setattr(self, name, getattr(fresh, name))

    def judge(self, batch: ReportBatch, rows: Longs, now_s: float) -> Verdict:
        """Judge reports `rows` of a batch at the present `now_s`.

        They come by second, then sensor, then time, as they are processed.
        """
        sensor, time_s = batch.sensor[rows].astype(np.int64), batch.time_s[rows]
        frozen = self._is_frozen(sensor, time_s, now_s)
        repeated = self._is_repeated(batch, rows, sensor, time_s) & ~frozen
        flooded = self._is_flooded(sensor, time_s, ~(frozen | repeated))
        astray = self._is_astray(sensor, time_s, now_s)
        keep = ~(frozen | repeated | flooded)
        counts = {
            "frozen": int(np.count_nonzero(frozen)),
            "repeated": int(np.count_nonzero(repeated)),
            "flooded": int(np.count_nonzero(flooded)),
            "astray": int(np.count_nonzero(astray & keep)),
        }
        if not counts["flooded"]:
            return Verdict(keep, ~astray, counts)
        floods = np.bincount(sensor[flooded], minlength=len(self._kind)) > 0
        return Verdict(keep, ~(astray | floods[sensor]), counts)

    def _is_frozen(self, sensor: Longs, time_s: Floats, now_s: float) -> Mask:
        """Whether a stamp is the one its sensor has been sending for too long."""
        long = now_s - self._since_s > FROZEN_S
        frozen: Mask = (time_s == self._stamp_s[sensor]) & long[sensor]
        latest = np.full(len(self._stamp_s), -np.inf)
        np.maximum.at(latest, sensor, time_s)
        moved = (latest > -np.inf) & (latest != self._stamp_s)
        self._stamp_s[moved], self._since_s[moved] = latest[moved], now_s
        return frozen

    def _is_astray(self, sensor: Longs, time_s: Floats, now_s: float) -> Mask:
        """Whether a stamp is old, and most of its sensor's are, or most were ahead on arrival."""
        old = now_s - time_s > ASTRAY_S
        self._behind = _share(self._behind, sensor, old, ASTRAY_MEMORY)
        behind: Mask = old & (self._behind[sensor] > ASTRAY_SHARE)
        ahead: Mask = self._ahead[sensor] > ASTRAY_SHARE
        either: Mask = behind | ahead
        return either

    def note_arrivals(self, batch: ReportBatch, now_s: float) -> None:
        """See which stamps lie ahead of the present on arrival."""
        sensor = batch.sensor.astype(np.int64)
        self._ahead = _share(self._ahead, sensor, batch.time_s - now_s > ASTRAY_S, ASTRAY_MEMORY)

    def _is_repeated(self, batch: ReportBatch, rows: Longs, sensor: Longs, time_s: Floats) -> Mask:
        """Whether a plot is a copy of an old one, and most of its sensor's are.

        What stands on an airport's ground is seen at one place for long, so surface radars pass.
        """
        repeated = np.zeros(len(rows), np.bool_)
        plots = np.flatnonzero(np.isfinite(batch.range_m[rows]) & (self._kind[sensor] != SMR))
        if not plots.size:
            return repeated
        of = rows[plots]
        key = _hash(
            batch.range_m[of].view(np.int64),
            batch.azimuth_rad[of].view(np.int64),
            batch.baro_altitude_m[of].view(np.int64),
            batch.mode3a[of].astype(np.int64),
            sensor[plots],
        )
        place = key & (_PLACES - 1)
        age_s = time_s[plots] - self._seen_s[place]
        same = (self._seen_key[place] == key) & (age_s > REPEAT_LEAST_S) & (age_s < REPEAT_MOST_S)
        self._repeats = _share(self._repeats, sensor[plots], same, REPEAT_MEMORY)
        repeated[plots] = same & (self._repeats[sensor[plots]] > REPEAT_SHARE)
        new = ~same
        self._seen_key[place[new]], self._seen_s[place[new]] = key[new], time_s[plots][new]
        return repeated

    def _is_flooded(self, sensor: Longs, time_s: Floats, counted: Mask) -> Mask:
        """Whether a report is beyond what its sensor may send in its second; even shares stay."""
        flooded = np.zeros(len(sensor), np.bool_)
        order = np.flatnonzero(counted)
        if not order.size:
            return flooded
        second = np.floor(time_s[order])
        whose = sensor[order]
        edge = np.flatnonzero((whose[1:] != whose[:-1]) | (second[1:] != second[:-1])) + 1
        firsts = [0, *edge.tolist()]
        for first, last in zip(firsts, [*firsts[1:], len(order)], strict=True):
            s, at_s, n = int(sensor[order[first]]), float(second[first]), last - first
            before = self._begin_second(s, at_s)
            room = max(0, int(self._limit(s) - before))
            self._in_second[s] += n
            if n > room:
                kept = np.arange(n) * room // n
                out = np.ones(n, np.bool_)
                out[1:] = np.diff(kept) == 0
                out[0] = room == 0
                flooded[order[first:last]] = out
        return flooded

    def _limit(self, s: int) -> float:
        if self._age_s[s] < RATE_LEARNT_S:
            return UNKNOWN_RATE
        return FLOOD_FACTOR * float(self._rate[s]) + FLOOD_ROOM

    def _begin_second(self, s: int, second: float) -> float:
        """Move a sensor's count to a second; returns what it holds already.

        A flood must not teach that floods are usual, so that one second counts for little.
        """
        if second > self._second[s] or np.isnan(self._second[s]):
            if not np.isnan(self._second[s]):
                n, rate = float(self._in_second[s]), float(self._rate[s])
                if self._age_s[s] >= RATE_LEARNT_S:
                    n = min(n, 3.0 * rate + 3.0)
                share = max(1.0 / (1.0 + self._age_s[s]), 1.0 / RATE_MEMORY_S)
                self._rate[s] = rate + share * (n - rate)
                self._age_s[s] += 1.0
            self._second[s], self._in_second[s] = second, 0.0
        return float(self._in_second[s])

    def _sensors(self) -> dict[str, Floats]:
        names = (
            "_stamp_s", "_since_s", "_behind", "_ahead", "_repeats", "_rate", "_second",
            "_in_second", "_age_s",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    def arrays(self) -> Arrays:
        """State, to be kept."""
        seen = {"seen_key": self._seen_key, "seen_s": self._seen_s}
        return {name[1:]: array for name, array in self._sensors().items()} | seen

    def load(self, saved: Arrays) -> None:
        """Take up a kept state."""
        for name, array in self._sensors().items():
            fill(array, saved, name[1:], whole=True)
        fill(self._seen_key, saved, "seen_key", whole=True)
        fill(self._seen_s, saved, "seen_s", whole=True)


def _share(before: Floats, sensor: Longs, flag: Mask, memory: float) -> Floats:
    """Share of reports with a flag per sensor, old ones fading with `memory` reports."""
    if not (flag.any() or before.any()):
        return before
    n = np.bincount(sensor, minlength=len(before))
    share = np.bincount(sensor, flag, minlength=len(before)) / np.maximum(1, n)
    kept: Floats = np.exp(-n / memory)
    return kept * before + (1.0 - kept) * share


def _hash(*columns: Longs) -> Longs:
    """Mix integers to one of 64 bits. Source: Fowler, Noll and Vo's FNV-1, a word at a time."""
    mixed = np.full(len(columns[0]), 0x2BF29CE484222325, np.int64)
    for column in columns:
        mixed = mixed * np.int64(0x100000001B3)
        mixed ^= column
        mixed ^= mixed >> 29
    return mixed
