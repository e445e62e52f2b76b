"""The picture as it is kept: its hash, its counts, its Parquet file. Each is a `Sink`."""

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from skypact.model.tracks import TrackRows, concat_rows
from skypact.record.table_file import ROWS_PER_GROUP, TableFile
from skypact.record.tables import tracks_to_arrow
from skypact.track.checkpoint import Arrays, fill


class PictureCount:
    """How many tracks there were, how many were ever confirmed, and the picture's hash.

    The hash is a chain of SHA-256 over the bytes of every track column, step by step: it is equal
    exactly when two runs on one machine made the same picture, bit for bit. Each link is the hash
    of the one before and the step's bytes, so that a run can go on from a checkpoint. Numbers are
    given once, so that those which ended are counted and forgotten: memory holds live ones alone.
    """

    def __init__(self) -> None:
        self._digest = bytes(hashlib.sha256().digest_size)
        self._tracks: set[int] = set()
        self._confirmed: set[int] = set()
        self._gone = [0, 0]
        """Tracks that ended, and those of them that were ever confirmed."""
        self.n_rows = 0

    def append(self, rows: TrackRows, ended: npt.NDArray[np.int64], now_s: float) -> None:
        """Take one step."""
        if rows.time_s.size:
            self._take(rows)
        for i, numbers in enumerate((self._tracks, self._confirmed)):
            over = numbers.intersection(ended.tolist())
            self._gone[i] += len(over)
            numbers -= over

    def _take(self, rows: TrackRows) -> None:
        link = hashlib.sha256(self._digest)
        for column in rows:
            link.update(np.ascontiguousarray(column).tobytes())
        self._digest = link.digest()
        self.n_rows += rows.time_s.size
        self._tracks.update(rows.track.tolist())
        self._confirmed.update(rows.track[rows.confirmed > 0].tolist())

    def finish(self) -> None:
        """Nothing is left to do."""

    @property
    def tracks(self) -> int:
        """Tracks that had at least one row."""
        return self._gone[0] + len(self._tracks)

    @property
    def confirmed(self) -> int:
        """Tracks with at least one confirmed row."""
        return self._gone[1] + len(self._confirmed)

    @property
    def picture_hash(self) -> str:
        """Hash of the picture so far, hexadecimal."""
        return self._digest.hex()

    def arrays(self) -> Arrays:
        """Return counts and hash, to be kept."""
        return {
            "digest": np.frombuffer(self._digest, np.uint8),
            "tracks": np.array(sorted(self._tracks), np.int64),
            "confirmed": np.array(sorted(self._confirmed), np.int64),
            "rows": np.array([self.n_rows, *self._gone], np.int64),
        }

    def load(self, arrays: Arrays) -> None:
        """Take up kept counts and hash."""
        digest, rows = np.zeros(len(self._digest), np.uint8), np.zeros(3, np.int64)
        fill(digest, arrays, "digest", whole=True)
        fill(rows, arrays, "rows", whole=True)
        self._digest, self.n_rows = digest.tobytes(), int(rows[0])
        self._gone = rows[1:].tolist()
        self._tracks = set(arrays["tracks"].tolist())
        self._confirmed = set(arrays["confirmed"].tolist())


class TrackFile:
    """`tracks.parquet`, written in row groups; it appears under its name when it is complete.

    Parameters
    ----------
    path : Path
        Name of the complete file.
    unit : str
        Who tracked.
    flat : bool
        Tracks of a flat scene: plane positions in metres.
    """

    def __init__(self, path: Path, unit: str, *, flat: bool = False) -> None:
        self._unit = unit
        self._flat = flat
        self._waiting: list[TrackRows] = []
        self._n_waiting = 0
        self._file = TableFile(path, tracks_to_arrow(concat_rows([]), unit, flat).schema)

    def append(self, rows: TrackRows, ended: npt.NDArray[np.int64], now_s: float) -> None:
        """Take one step; rows reach the disk a group at a time."""
        if rows.time_s.size:
            self._waiting.append(rows)
            self._n_waiting += rows.time_s.size
        if self._n_waiting >= ROWS_PER_GROUP:
            self._flush()

    def _flush(self) -> None:
        rows = concat_rows(self._waiting)
        self._file.append(tracks_to_arrow(rows, self._unit, self._flat))
        self._waiting, self._n_waiting = [], 0

    def finish(self) -> None:
        """Write what is left and give the file its name."""
        if self._waiting:
            self._flush()
        self._file.finish()
