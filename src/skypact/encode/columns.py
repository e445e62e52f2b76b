"""Track rows as the columns of `tracks.parquet`, in Python's own values: None where absent."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from skypact.model.flights import FlightPlan
from skypact.model.reports import unpack_callsign
from skypact.model.tracks import CLASSES, TRACK_DTYPES, TrackRows
from skypact.units import DEGREE

_OUTSIDE: Final = {"lat_rad": "lat_deg", "lon_rad": "lon_deg", "target_class": "class"}
TRACK_COLUMNS: Final = (
    "time_s",
    "unit",
    *(_OUTSIDE.get(name, name) for name in TRACK_DTYPES if name != "time_s"),
)
"""Names and order of the columns of `tracks.parquet`."""
PLAN_COLUMNS: Final = ("plan_callsign", "departure", "destination")
"""What is said of a track's flight plan beside them."""
_ABSENT_BELOW_ZERO: Final = frozenset({"icao", "mode3a"})
_KNOWN: Final = dict(enumerate(CLASSES))


def _values(name: str, column: npt.NDArray[Any]) -> list[Any]:
    values: list[Any]
    if name == "callsign":
        texts = {packed: unpack_callsign(packed) or None for packed in np.unique(column).tolist()}
        return [texts[packed] for packed in column.tolist()]
    if name == "target_class":
        return [_KNOWN.get(index, CLASSES[0]) for index in column.tolist()]
    if name == "confirmed":
        values = (column > 0).tolist()
        return values
    if name in _ABSENT_BELOW_ZERO:
        absent = column < 0
    elif column.dtype == np.float64:
        absent = ~np.isfinite(column)
        if name == "lon_rad":
            column = (column / DEGREE + 180.0) % 360.0 - 180.0
        elif name == "lat_rad":
            column = column / DEGREE
    else:
        values = column.tolist()
        return values
    values = column.tolist()
    for i in np.flatnonzero(absent).tolist():
        values[i] = None
    return values


def columns_of(rows: TrackRows, unit: str) -> list[list[Any]]:
    """Return the values of `TRACK_COLUMNS`, a list for each column.

    Longitudes are -180 to 180 degrees.
    """
    found = [_values(name, column) for name, column in rows._asdict().items()]
    return [found[0], [unit] * rows.time_s.size, *found[1:]]


def plan_values(plan: FlightPlan | None) -> tuple[str | None, str | None, str | None]:
    """Return the values of `PLAN_COLUMNS` of one track."""
    if plan is None:
        return None, None, None
    return plan.callsign or None, plan.departure or None, plan.destination or None


def plans_or_none(
    plans: Sequence[FlightPlan | None] | None, n: int
) -> list[tuple[str | None, str | None, str | None]]:
    """Return the values of `PLAN_COLUMNS` of n tracks."""
    return [(None, None, None)] * n if plans is None else [plan_values(plan) for plan in plans]
