"""What the plots of an evaluation are drawn from: arrays over time and over matched updates."""

from typing import Final, NamedTuple

import numpy as np

from skypact.model.reports import Bytes, Floats, Longs

TIME_UNITS: Final = ((600.0, 1.0, "s"), (36_000.0, 60.0, "min"), (np.inf, 3600.0, "h"))
"""Spans up to which times are shown in a unit, seconds in it, and its name."""


class Instants(NamedTuple):
    """Sets of objects compared at T instants; parts of GOSPA as distances (p-th root)."""

    time_s: Floats
    """(T,)"""
    gospa_m: Floats
    localisation_m: Floats
    missed_m: Floats
    false_m: Floats
    n_truth: Longs
    n_tracks: Longs


class Updates(NamedTuple):
    """Errors of n matched track updates; NaN where a value is not stated."""

    time_s: Floats
    """(n,)"""
    horizontal_m: Floats
    """Distance across the local vertical."""
    nees: Floats
    """Of the horizontal position, divided by its two dimensions: expected 1."""
    x: Floats
    """Longitude in degrees, or x in metres in a flat scene."""
    y: Floats
    """Latitude in degrees, or y in metres."""
    target_class: Bytes
    """Index in `model.tracks.CLASSES`."""


class Series(NamedTuple):
    """Everything the plots need."""

    is_flat: bool
    instants: Instants
    updates: Updates


class Binned(NamedTuple):
    """Values gathered in equal stretches of time; empty stretches are left out."""

    time_s: Floats
    """Middle of each stretch (b,)."""
    n: Longs
    """Values in it."""
    mean: Floats
    rms: Floats
    median: Floats
    p95: Floats


def binned(time_s: Floats, values: Floats, most: int = 180) -> Binned:
    """Gather finite values in at most `most` equal stretches of time."""
    use = np.isfinite(values)
    time_s, values = time_s[use], values[use]
    if not time_s.size:
        return Binned(np.empty(0), np.empty(0, np.int64), *(np.empty(0) for _ in range(4)))
    first_s, span_s = float(time_s.min()), float(np.ptp(time_s))
    n_bins = int(min(most, max(1, time_s.size)))
    width_s = span_s / n_bins or 1.0
    place = np.minimum(((time_s - first_s) / width_s).astype(np.int64), n_bins - 1)
    order = np.lexsort((values, place))
    place, values = place[order], values[order]
    held, first, n = np.unique(place, return_index=True, return_counts=True)
    total, square = np.add.reduceat(values, first), np.add.reduceat(values**2, first)
    return Binned(
        first_s + (held + 0.5) * width_s,
        n.astype(np.int64),
        total / n,
        np.sqrt(square / n),
        values[first + (n - 1) // 2],
        values[first + np.ceil(0.95 * n).astype(np.int64) - 1],
    )


def thinned(length: int, most: int) -> Longs:
    """Row numbers, evenly spread, at most `most` of `length`, first and last among them."""
    if length <= most:
        return np.arange(length, dtype=np.int64)
    return np.unique(np.linspace(0, length - 1, most).round().astype(np.int64))


def time_axis(span_s: float) -> tuple[float, str]:
    """Seconds in the unit in which a span is shown, and the unit's name."""
    return next((size, name) for upto, size, name in TIME_UNITS if span_s <= upto)


def clock(time_s: float) -> str:
    """``2024-11-21 04:00:00 UTC``; the words ``unknown time`` where it is not finite."""
    if not np.isfinite(time_s):
        return "unknown time"
    text = str(np.datetime_as_string(np.datetime64(round(time_s), "s")))
    return text.replace("T", " ") + " UTC"
