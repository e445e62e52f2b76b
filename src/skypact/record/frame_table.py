"""Tables of raw Mode S frames (Parquet) as frames: one column of hex digits, one of times."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skypact.decode.modes.lines import FRAME_KEYS, LATEST_S, TIME_KEYS, frame_of_text, frames_of
from skypact.errors import RecordingError
from skypact.model.modes import Frames, Longs


def frame_column(names: list[str]) -> str | None:
    """Name of the column of frames, None where there is none."""
    return next((name for name in FRAME_KEYS if name in names), None)


def holds_frames(path: str) -> bool:
    """Whether a Parquet file is a table of raw frames; false where it cannot be read."""
    try:
        return frame_column(pq.read_schema(path).names) is not None
    except (pa.ArrowException, OSError):
        return False


def _times_ns(column: pa.ChunkedArray) -> Longs:
    """Nanoseconds UTC of a column of times or of seconds; -1 where absent or absurd."""
    if pa.types.is_timestamp(column.type):
        whole = column.cast(pa.timestamp("ns")).cast(pa.int64()).fill_null(-1)
        return np.asarray(whole.to_numpy(), np.int64)
    seconds = column.cast(pa.float64()).fill_null(-1.0).to_numpy()
    good = (seconds >= 0.0) & (seconds < LATEST_S)
    return np.where(good, np.round(np.where(good, seconds, 0.0) * 1e9), -1).astype(np.int64)


def frames_from_arrow(table: pa.Table) -> tuple[Frames, dict[str, int]]:
    """Frames of a table, in its order, and how many rows have none (``no_frame``).

    Raises
    ------
    RecordingError
        There is no column of frames.
    """
    name = frame_column(table.column_names)
    if name is None:
        raise RecordingError(f"expected a column of raw frames, one of {', '.join(FRAME_KEYS)}")
    times_ns = np.full(table.num_rows, -1, np.int64)
    clock = next((key for key in TIME_KEYS if key in table.column_names), None)
    if clock is not None:
        times_ns = _times_ns(table[clock])
    texts = map(frame_of_text, table[name].to_pylist())
    rows = [(f, t) for f, t in zip(texts, times_ns.tolist(), strict=True) if f is not None]
    lost = table.num_rows - len(rows)
    return frames_of(rows), {"no_frame": lost} if lost else {}
