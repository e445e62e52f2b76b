"""The newest row of every track, as checkpoints keep it."""

import numpy as np
import pytest

from skypact.errors import RecordingError
from skypact.model.tracks import TrackRows, empty_rows
from skypact.runtime.lastrows import LastRows


def rows_of(time_s: float, *tracks: int) -> TrackRows:
    rows = empty_rows(len(tracks))
    return rows._replace(time_s=np.full(len(tracks), time_s), track=np.array(tracks, np.int64))


NONE = np.zeros(0, np.int64)


def test_each_track_has_its_newest_row_until_it_ends() -> None:
    last = LastRows()
    last.append(rows_of(1.0, 1, 2, 3), NONE, 1.0)
    last.append(rows_of(2.0, 2), NONE, 2.0)
    last.append(rows_of(3.0, 2, 4), np.array([3]), 3.0)
    rows = last.rows()
    assert dict(zip(rows.track.tolist(), rows.time_s.tolist(), strict=True)) == {
        1: 1.0, 2: 3.0, 4: 3.0,
    }  # fmt: skip


def test_many_steps_are_gathered_now_and_then_and_a_kept_state_goes_on() -> None:
    rng = np.random.default_rng(1)
    one, plain, gone = LastRows(), dict[int, float](), set[int]()
    for k in range(400):
        tracks = sorted(set(rng.integers(0, 900, 60).tolist()) - gone)
        over = rng.choice(tracks, 1).tolist()
        gone |= set(over)  # numbers are never given again
        one.append(rows_of(float(k), *tracks), np.array(over, np.int64), float(k))
        plain |= dict.fromkeys(tracks, float(k))
        for track in over:
            plain.pop(track, None)
        if k == 200:
            kept, one = one.arrays(), LastRows()
            one.load(kept)
    rows = one.rows()
    assert dict(zip(rows.track.tolist(), rows.time_s.tolist(), strict=True)) == plain
    assert len(one._parts[0].track) == len(plain)


def test_arrays_that_do_not_fit_are_refused() -> None:
    kept = dict(LastRows().arrays())
    del kept["lat_rad"]
    with pytest.raises(RecordingError, match="lat_rad"):
        LastRows().load(kept)
