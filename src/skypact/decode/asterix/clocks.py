"""Stamps to UTC, sensor by sensor: where each one's clock stands, and how far it is off."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from skypact.decode.asterix.sensors import SensorRegistry
from skypact.decode.asterix.timeofday import (
    TRUNCATED_PERIOD_S,
    fill_forward,
    nearest,
    nearest_truncated,
    unwrap,
)
from skypact.units import DAY

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

_TRUNCATED_TIME: Final = 1
"""Category whose time of day is truncated."""
_SECOND_OF_FSI: Final = np.array([0.0, 1.0, -1.0, np.nan, 0.0])
"""Whole seconds to add by I021/074 FSI; the last entry serves -1."""
_FINER_S: Final = 1 / 64
"""I021/074 refines I021/073, cut or rounded to 1/128 s; where it differs more, one is wrong."""
TIME_STEPS: Final = float(1 << 20)
"""Times finer than 1/128 s are cut to microseconds, so that UTC seconds add up exactly."""


def time_of_day(columns: dict[str, Array]) -> Array:
    """Seconds since midnight: of I021/071, /073 (refined by /074) and /077 the first there is."""
    time_s = columns["tod_s"]
    if "tod_position_s" not in columns:
        return time_s
    second = np.floor(time_s) + _SECOND_OF_FSI[columns["tod_second"]]
    fraction = np.floor(columns["tod_fraction_s"] * TIME_STEPS) / TIME_STEPS
    finer = np.where(np.abs(second + fraction - time_s) <= _FINER_S, second + fraction, time_s)
    position = columns["tod_position_s"]
    time_s = np.where(np.isnan(position), finer, position)
    return np.where(np.isnan(time_s), columns["tod_sent_s"], time_s)


class SensorClocks:
    """Makes UTC of times of day; the registry keeps where each sensor's time stands.

    Parameters
    ----------
    registry : SensorRegistry
        The sensors.
    date_s : float or None
        UTC midnight of the first record's day, where records have no receive times.
    corrections_s : mapping of sensor name to seconds
        Added to a sensor's stamps.
    """

    def __init__(
        self, registry: SensorRegistry, date_s: float | None, corrections_s: Mapping[str, float]
    ) -> None:
        self._registry = registry
        self._date_s = date_s
        self._is_undated = False
        self._corrections = dict(corrections_s)

    def times(
        self,
        number: Array,
        sensor: Array,
        tod_s: Array,
        received_ns: Array,
        errors: dict[str, int],
    ) -> Array:
        """UTC seconds of records in order of arrival."""
        if not number.size:
            return tod_s
        order = np.argsort(sensor, kind="stable")
        back = np.empty_like(order)
        back[order] = np.arange(order.size)
        is_short = number == _TRUNCATED_TIME
        is_known = received_ns >= 0
        received_s = received_ns * 1e-9
        group = sensor[order]
        before = self._before(sensor, tod_s, is_short)[group]
        whole = fill_forward(np.where(is_short, np.nan, tod_s)[order], group)
        whole_s = unwrap(np.where(np.isnan(whole), before, whole), group, before, DAY)
        short = fill_forward(np.where(is_short, tod_s, np.nan)[order], group)
        short = np.where(np.isnan(short), before, short)
        alone_s = unwrap(short, group, before, TRUNCATED_PERIOD_S)
        full_s = np.where(is_known[order], nearest(whole, received_s[order]), whole_s)
        reference = np.where(np.isnan(full_s), received_s[order], full_s)
        has_none = np.isnan(whole) & ~is_known[order]
        short_s = np.where(has_none, alone_s, nearest_truncated(short, reference))
        time_s = np.where(is_short, short_s[back], full_s[back])
        lost = np.isnan(tod_s)
        time_s = np.where(lost & is_known, received_s, time_s)
        if lost.any():
            errors["no_time"] = errors.get("no_time", 0) + int(lost.sum())
        if not is_known.all() and self._date_s is None and not self._is_undated:
            self._is_undated = True
            errors["no_date"] = errors.get("no_date", 0) + 1
        self._registry.note_times(*_last_of_each(sensor, time_s))
        timed = is_known & ~lost
        arrived_s = received_s[timed]
        self._registry.note_offsets(sensor[timed], arrived_s, arrived_s - time_s[timed])
        names = [entry.name for entry in self._registry.entries]
        shift = np.array([self._corrections.get(name, 0.0) for name in names])
        return np.asarray(time_s + shift[sensor])

    def _before(self, sensor: Array, tod_s: Array, is_short: Mask) -> Array:
        """Where each sensor's time stood; for one that is new, where the whole stream stands."""
        everyone = np.zeros(sensor.size, np.int8)
        whole = fill_forward(np.where(is_short, np.nan, tod_s), everyone)
        date_s = self._date_s or 0.0
        if np.isnan(whole).any():
            whole = np.zeros(sensor.size)
        last_s = self._registry.last_s()
        stood = np.nanmax(last_s) if not np.isnan(last_s).all() else date_s + whole[0]
        stream_s = unwrap(whole, everyone, np.full(sensor.size, stood), DAY)
        values, first = np.unique(sensor, return_index=True)
        appeared = np.full(last_s.size, stood)
        appeared[values] = stream_s[first]
        return np.asarray(np.where(np.isnan(last_s), appeared, last_s))


def _last_of_each(sensor: Array, time_s: Array) -> tuple[Array, Array]:
    """Each sensor and the time of its last row."""
    values, place = np.unique(sensor[::-1], return_index=True)
    return values, time_s[::-1][place]
