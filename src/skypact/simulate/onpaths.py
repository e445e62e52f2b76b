"""Objects on paths that are known before they begin: one state for each tick."""

from collections.abc import Callable, Iterator

import numpy as np

from skypact.model.reports import Floats
from skypact.simulate.air import AirField, pressure_altitude_m
from skypact.simulate.aircraft import Aircraft
from skypact.simulate.truth import TICK_S, put_states


class OnPaths:
    """Moves objects along their paths, each in a row of its own; at a path's end it is gone.

    Each begins at the first tick not before its time.

    Parameters
    ----------
    rows : Aircraft
        View of their rows.
    begin_s : (n,) float64
    path_of : callable
        States (m, 6) in ECEF (m, m/s) of a row, every tick from its beginning.
    field : AirField
    start_s : float
        The scene's first instant.
    numbers : iterator of int
        Numbers of flights.
    equip : callable, optional
        Draws what the object in a row carries, when it begins.
    """

    def __init__(
        self,
        rows: Aircraft,
        begin_s: Floats,
        path_of: Callable[[int], Floats],
        field: AirField,
        start_s: float,
        numbers: Iterator[int],
        equip: Callable[[int], None] = lambda row: None,
    ) -> None:
        self._rows, self._path_of, self._field = rows, path_of, field
        self._start_s, self._numbers, self._equip = start_s, numbers, equip
        self._first = np.ceil(begin_s / TICK_S - 1e-9).astype(np.int64)
        self._paths: dict[int, Floats] = {}

    def begin(self, time_s: float) -> None:
        """Begin what is due, and take out what is at its path's end."""
        a, tick = self._rows, self._tick(time_s)
        for row in np.flatnonzero(self._first == tick).tolist():
            self._paths[row] = self._path_of(row)
            a.target[row] = next(self._numbers)
            self._equip(row)
            self._show([row], tick, time_s)
        for row in [r for r, path in self._paths.items() if tick - self._first[r] + 1 >= len(path)]:
            a.target[row] = -1
            del self._paths[row]

    def move(self, start_s: float) -> None:
        """Move all that are under way by one tick, in place."""
        if self._paths:
            self._show(list(self._paths), self._tick(start_s) + 1, start_s + TICK_S)

    def _tick(self, time_s: float) -> int:
        return round((time_s - self._start_s) / TICK_S)

    def _show(self, rows: list[int], tick: int, time_s: float) -> None:
        """Write the states of `rows` at a tick."""
        a, row = self._rows, np.array(rows)
        states = np.array([self._paths[r][tick - self._first[r]] for r in rows])
        put_states(a, row, states[:, :3].copy(), states[:, 3:])
        place = (a.lat_rad[row], a.lon_rad[row], a.height_m[row])
        a.baro_m[row] = pressure_altitude_m(self._field, *place, time_s)
        a.climb_mps[row] = a.vertical_mps[row]
