"""The newest row of every track: what a unit that comes back shows before the next report."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from skypact.model.tracks import (
    TRACK_DTYPES,
    TrackRows,
    concat_rows,
    empty_rows,
    latest,
    take_rows,
)
from skypact.track.checkpoint import fill


class LastRows:
    """A sink that keeps the newest row of each track, and goes into checkpoints."""

    def __init__(self) -> None:
        self._parts: list[TrackRows] = []
        self._ended: list[npt.NDArray[np.int64]] = []
        self._n_parts = 0
        self._n_rows = 0

    def append(self, rows: TrackRows, ended: npt.NDArray[np.int64], now_s: float) -> None:
        """Take one step's updates and the tracks it ended."""
        self._parts.append(rows)
        self._ended.append(ended)
        self._n_parts += rows.time_s.size
        if self._n_parts > 4 * self._n_rows + 10_000:
            self.rows()

    def finish(self) -> None:
        """Nothing is left to do."""

    def rows(self) -> TrackRows:
        """Return the newest row of each track that is not over, in order of their updates."""
        rows = concat_rows(self._parts)
        rows = take_rows(rows, latest(rows))
        if self._ended:
            rows = take_rows(rows, ~np.isin(rows.track, np.concatenate(self._ended)))
        self._parts, self._ended = [rows], []
        self._n_parts = self._n_rows = rows.time_s.size
        return rows

    def arrays(self) -> Mapping[str, npt.NDArray[np.generic]]:
        """All that is kept between steps, by name."""
        return self.rows()._asdict()

    def load(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take up what `arrays` gave.

        Raises
        ------
        RecordingError
            The arrays do not fit.
        """
        rows = empty_rows(len(arrays.get("track", ())))
        for name in TRACK_DTYPES:
            fill(getattr(rows, name), arrays, name, whole=True)
        self._parts, self._ended = [rows], []
        self._n_parts = self._n_rows = rows.time_s.size
