"""What a tracker keeps between steps, as named arrays and back."""

from typing import Final

from skypact.model.tracking import HIGH_WATER, LEARNED, Geometry, TrackTable
from skypact.track.checkpoint import Arrays, fill

_SHARED: Final = ("head", "free", "by_address", "counters", "watch_s")
"""Fields of the table whose rows are not tracks."""


def table_arrays(tracks: TrackTable) -> Arrays:
    """Arrays of the table; rows that were never used are left out."""
    high = int(tracks.counters[HIGH_WATER])
    return {
        name: field if name in _SHARED else field[:high] for name, field in tracks._asdict().items()
    }


def load_table(tracks: TrackTable, saved: Arrays) -> None:
    """Fill an empty table with kept arrays."""
    for name, field in tracks._asdict().items():
        fill(field, saved, name, whole=name in _SHARED)


def learned_arrays(geometry: Geometry) -> Arrays:
    """Arrays of what was learned of the sensors."""
    return {name: getattr(geometry, name) for name in LEARNED}


def load_learned(geometry: Geometry, saved: Arrays) -> None:
    """Fill in what was learned of the sensors."""
    for name in LEARNED:
        fill(getattr(geometry, name), saved, name, whole=True)


def keep_learned(before: Geometry, after: Geometry) -> None:
    """Copy what was learned to a geometry with at least as many sensors, in place."""
    for name in LEARNED:
        kept = getattr(before, name)
        getattr(after, name)[: len(kept)] = kept
