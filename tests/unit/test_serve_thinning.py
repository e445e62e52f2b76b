"""Which updates go out."""

import numpy as np
from tests.naive.track_rows import rows_of

from skypact.model.tracks import concat_rows, take_rows
from skypact.serve.thinning import Thinning

NONE = np.empty(0, np.int64)


def rows(*tracks, time_s=0.0, confirmed=1):
    n = len(tracks)
    return take_rows(rows_of(9), np.zeros(n, np.int64))._replace(
        track=np.array(tracks, np.int64),
        time_s=np.full(n, time_s),
        confirmed=np.full(n, confirmed, np.int8),
    )


def out(due):
    return list(zip(due.rows.track.tolist(), due.rows.time_s.tolist(), strict=True))


def test_every_update_goes_out_without_a_period():
    thinning = Thinning(0.0, confirmed_only=False)
    both = concat_rows([rows(1, 2), rows(1, time_s=0.05)])
    assert out(thinning.take(both, NONE, 0.1)) == [(1, 0.0), (2, 0.0), (1, 0.05)]


def test_a_track_goes_out_once_a_period_as_it_is_then():
    thinning = Thinning(1.0, confirmed_only=False)
    sent = []
    for step in range(25):
        now_s = step / 10
        due = thinning.take(rows(1, time_s=now_s) if step != 20 else rows(), NONE, now_s)
        sent += out(due)
    assert sent == [(1, 0.0), (1, 1.0), (1, 1.9)]


def test_an_update_that_waited_goes_out_when_the_period_is_over():
    thinning = Thinning(1.0, confirmed_only=False)
    assert out(thinning.take(rows(1), NONE, 0.0)) == [(1, 0.0)]
    assert out(thinning.take(rows(1, time_s=0.3), NONE, 0.3)) == []
    assert out(thinning.take(rows(2, time_s=0.5), NONE, 0.5)) == [(2, 0.5)]
    assert out(thinning.take(rows(), NONE, 1.0)) == [(1, 0.3)]


def test_an_end_goes_out_at_once_after_the_last_update():
    thinning = Thinning(5.0, confirmed_only=False)
    thinning.take(rows(1), NONE, 0.0)
    thinning.take(rows(1, time_s=0.5), NONE, 0.5)
    due = thinning.take(rows(), np.array([1, 77]), 0.6)
    assert out(due) == [(1, 0.5)]
    assert due.ended.tolist() == [1]


def test_tracks_that_are_not_confirmed_stay_out_and_so_do_their_ends():
    thinning = Thinning(0.0, confirmed_only=True)
    both = concat_rows([rows(1), rows(2, confirmed=0)])
    assert out(thinning.take(both, NONE, 0.0)) == [(1, 0.0)]
    assert thinning.take(rows(), np.array([1, 2]), 1.0).ended.tolist() == [1]
