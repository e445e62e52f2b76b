"""Who sends: sensors by SAC/SIC in order of appearance, what they send, how fast they turn.

Configured sensors come first, in their order, so that their rows are those of the sensor table.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.config import LONGEST_PERIOD_S, SHORTEST_PERIOD_S, Sensor, SensorKind
from skypact.decode.asterix.incs import MONO_STATIC

Array = npt.NDArray[Any]

MAX_OFFSETS: Final = 10_000
"""Clock offsets kept per sensor for their median, the newest."""
MAX_RECENT: Final = 32
"""Offsets kept with the time of arrival."""
MAX_REVISITS: Final = 4_000
_REVISIT_S: Final = (0.3, 60.0)
"""Gaps between two reports of one target that may be one turn."""
CLOCK_LIMIT_S: Final = 1.0
"""A sensor whose clock is off by more is flagged (DESIGN 3)."""
_SURFACE_RADAR: Final = 3
"""I010/020 TYP of a primary radar."""


def is_period(period_s: Array) -> npt.NDArray[np.bool_]:
    """Whether rotation periods are such as a sensor may have by its data sheet."""
    return (period_s >= SHORTEST_PERIOD_S) & (period_s <= LONGEST_PERIOD_S)


class SensorSeen(NamedTuple):
    """One sensor and what is known of it; NaN where unknown."""

    sac: int
    sic: int
    name: str
    categories: tuple[int, ...]
    kind: SensorKind
    """As configured, else a guess from the categories."""
    lat_rad: float
    """Of I034/120."""
    lon_rad: float
    height_m: float
    """Of I034/120, above the ellipsoid."""
    period_s: float
    """Of I034/041 or I002/041, else between north marks, else the median revisit."""
    records: int
    reports: int
    clock_offset_s: float
    """Median of receive time minus stamp."""
    status: int = -1
    """What it last said of itself, a place in `services.STATUSES`; -1 where nothing."""

    @property
    def is_clock_wrong(self) -> bool:
        """Whether the clock is off by more than `CLOCK_LIMIT_S`."""
        return abs(self.clock_offset_s) > CLOCK_LIMIT_S


class _Entry:
    """What is gathered on one sensor."""

    def __init__(self, sac: int, sic: int, name: str, kind: SensorKind | None) -> None:
        self.sac, self.sic, self.name, self.kind = sac, sic, name, kind
        self.categories: set[int] = set()
        self.site = (np.nan, np.nan, np.nan)
        self.rotation_s = np.nan
        self.marks: list[float] = []
        self.revisits: list[float] = []
        self.offsets: deque[float] = deque(maxlen=MAX_OFFSETS)
        self.recent: deque[tuple[float, float]] = deque(maxlen=MAX_RECENT)
        """Times of arrival and offsets of the last reports."""
        self.records = 0
        self.reports = 0
        self.is_surface = False
        self.is_pair = False
        self.status = -1
        self.last_s = np.nan

    def guess(self) -> SensorKind:
        """Kind of the sensor: as configured, else by the categories it sends."""
        if self.kind is not None:
            return self.kind
        seen = self.categories
        if seen & {1, 2, 34, 48}:
            return "radar"
        if seen & {4, 62, 63, 65}:
            return "tracker"
        if seen & {15, 16}:
            return "passive" if self.is_pair else "radar"
        if 129 in seen:
            return "remoteid"
        if seen & {21, 23, 25}:
            return "adsb"
        return "smr" if 10 in seen and self.is_surface else "mlat"

    def period_s(self) -> float:
        """Seconds between two looks at the same place; NaN while unknown."""
        if not np.isnan(self.rotation_s):
            return self.rotation_s
        marks = np.diff(self.marks)
        gaps = marks[marks > 0] if (marks > 0).any() else np.array(self.revisits)
        return float(np.median(gaps)) if gaps.size else float("nan")

    def seen(self) -> SensorSeen:
        """Sum up."""
        offset = float(np.median(self.offsets)) if self.offsets else float("nan")
        return SensorSeen(
            self.sac,
            self.sic,
            self.name,
            tuple(sorted(self.categories)),
            self.guess(),
            *self.site,
            self.period_s(),
            self.records,
            self.reports,
            offset,
            self.status,
        )


class SensorRegistry:
    """Rows of sensors by SAC/SIC; unknown ones are appended as ``SAC/SIC``."""

    def __init__(self, sensors: Sequence[Sensor] = ()) -> None:
        self.entries = [_Entry(s.sac, s.sic, s.name, s.kind) for s in sensors]
        self._rows = {s.sac << 8 | s.sic: i for i, s in enumerate(sensors)}

    def rows(self, key: Array) -> npt.NDArray[np.int32]:
        """Rows of the sensors with these keys (SAC * 256 + SIC), in order of first appearance."""
        values, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        for value in values[np.argsort(first)].tolist():
            if value not in self._rows:
                sac, sic = value >> 8, value & 255
                self._rows[value] = len(self.entries)
                self.entries.append(_Entry(sac, sic, f"{sac}/{sic}", None))
        table = np.array([self._rows[value] for value in values.tolist()], np.int32)
        return table[inverse.reshape(-1)] if table.size else np.empty(0, np.int32)

    def last_s(self) -> npt.NDArray[np.float64]:
        """Where each sensor's time stands; NaN for one that is new."""
        return np.array([entry.last_s for entry in self.entries], np.float64)

    def note_records(self, category: int, sensor: Array) -> None:
        """Count records of a category."""
        for row, count in enumerate(np.bincount(sensor).tolist()):
            if count:
                self.entries[row].records += count
                self.entries[row].categories.add(category)

    def note_reports(self, sensor: Array) -> None:
        """Count target reports."""
        for row, count in enumerate(np.bincount(sensor).tolist()):
            self.entries[row].reports += count

    def note_surface(self, sensor: Array, typ: Array) -> None:
        """Note which senders of category 010 are primary radars."""
        for row in np.unique(sensor[typ == _SURFACE_RADAR]).tolist():
            self.entries[row].is_surface = True

    def note_pairs(self, sensor: Array, momu: Array) -> None:
        """Note which senders of category 015 are pairs of transmitter and receiver."""
        for row in np.unique(sensor[momu > MONO_STATIC]).tolist():
            self.entries[row].is_pair = True

    def note_times(self, sensor: Array, time_s: Array) -> None:
        """Keep where each sensor's time stands; rows in order of arrival."""
        for row, time in zip(sensor.tolist(), time_s.tolist(), strict=True):
            self.entries[row].last_s = time

    def note_offsets(self, sensor: Array, received_s: Array, offset_s: Array) -> None:
        """Keep receive time minus stamp."""
        for row in np.unique(sensor).tolist():
            mine = sensor == row
            self.entries[row].offsets.extend(offset_s[mine].tolist())
            last = received_s[mine][-MAX_RECENT:], offset_s[mine][-MAX_RECENT:]
            self.entries[row].recent.extend(zip(*(part.tolist() for part in last), strict=True))

    def note_revisits(self, sensor: Array, target: Array, time_s: Array) -> None:
        """Keep the gaps between reports of one target by one sensor."""
        if all(len(e.revisits) >= MAX_REVISITS for e in (self.entries[r] for r in set(sensor))):
            return
        order = np.lexsort((time_s, target, sensor))
        gap = np.diff(time_s[order])
        same = (np.diff(sensor[order]) == 0) & (np.diff(target[order]) == 0)
        good = same & (gap > _REVISIT_S[0]) & (gap < _REVISIT_S[1])
        owner = sensor[order][1:]
        for row in np.unique(owner[good]).tolist():
            entry = self.entries[row]
            entry.revisits.extend(gap[good & (owner == row)].tolist()[:MAX_REVISITS])

    def note_service(self, sensor: Array, north: Array, time_s: Array, values: Any) -> None:  # noqa: ANN401
        """Keep north marks, rotation periods, sites and states of service messages."""
        for i in np.flatnonzero(north).tolist():
            marks = self.entries[sensor[i]].marks
            marks.append(float(time_s[i]))
            del marks[:-MAX_REVISITS]
        for i in np.flatnonzero(is_period(values["rotation_s"])).tolist():
            self.entries[sensor[i]].rotation_s = float(values["rotation_s"][i])
        for i in np.flatnonzero(~np.isnan(values["lat_rad"])).tolist():
            names = ("lat_rad", "lon_rad", "height_m")
            lat, lon, height = (float(values[name][i]) for name in names)
            self.entries[sensor[i]].site = (lat, lon, height)
        for i in np.flatnonzero((values["status"] >= 0) & (values["about"] < 0)).tolist():
            self.entries[sensor[i]].status = int(values["status"][i])
