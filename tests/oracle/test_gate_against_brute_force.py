"""The grid finds what trying every track finds: near the pole, at the date line, in the flat."""

import numpy as np
import pytest
from tests.naive import compiled, geodesy
from tests.naive import gate as naive
from tests.naive import grid as naive_grid

from skypact.model.filing import AFTER, BUCKET, SWEPT_S
from skypact.model.tracking import (
    ADDRESS,
    CODE,
    LEVEL_M,
    LEVEL_MPS,
    N_CROWDED,
    PLACE,
    POLAR,
    SAME_PLACE_M,
    SERIALS,
    SOURCE,
    SOURCE_SHIFT,
    SPREAD_M,
    SPREAD_MPS,
    STATE_TIME,
    Z_WIDTH,
    empty_tracks,
)
from skypact.track.params import TrackerParams, track_params
from skypact.track.tracker import empty_measurements

CENTRES = [(0.0, 0.0), (48.0, 16.0), (-33.0, 180.0), (60.0, -179.95), (80.0, 180.0), (84.0, 90.0)]
HALF_M = 50e3


def places(rng, n, centre):
    """Positions (n, 3) and level velocities (n, 3) around a centre; None is the flat frame."""
    local = np.column_stack([rng.uniform(-HALF_M, HALF_M, (n, 2)), rng.uniform(0, 12e3, n)])
    speed = np.column_stack([rng.normal(0, 150, (n, 2)), np.zeros(n)])
    if centre is None:
        return local, speed
    lat, lon = np.radians(centre)
    origin, axes = geodesy.ecef_from_geodetic(lat, lon, 0.0), geodesy.enu_axes([lat], [lon])[0]
    return origin + local @ axes, speed @ axes


def table(rng, n, centre, buckets=1 << 10, swept_s=np.nan):
    """Tracks with states up to 8 s old, filed where each was then."""
    tracks = empty_tracks(n, 1, buckets)
    tracks.pos[:], tracks.vel[:] = places(rng, n, centre)
    tracks.num[:, STATE_TIME] = rng.uniform(-8.0, 0.0, n)
    tracks.num[:, SPREAD_M] = rng.uniform(20.0, 800.0, n)
    tracks.num[:, SPREAD_MPS] = rng.uniform(1.0, 50.0, n)
    tracks.watch_s[SWEPT_S] = swept_s
    for t in range(n):
        compiled.link(tracks, t, int(centre is None), tracks.num[t, STATE_TIME])
    return tracks


def brute_force(tracks, place, reach_m):
    return {
        t
        for t in range(len(tracks.pos))
        if naive.can_be_at(
            tracks.pos[t], tracks.vel[t], -tracks.num[t, STATE_TIME], tracks.num[t, SPREAD_M],
            tracks.num[t, SPREAD_MPS], place, reach_m,
        )
    }  # fmt: skip


def searched(tracks, place, reach_m, flat):
    z, found = np.full(16, np.nan), np.full(256, -1, np.int64)
    z[PLACE : PLACE + 3] = place
    n = compiled.search(tracks, z, 0.0, reach_m, flat, found)
    assert len(set(found[:n])) == n
    return set(found[:n])


@pytest.mark.parametrize("centre", [*CENTRES, None])
@pytest.mark.parametrize(("buckets", "swept_s"), [(1 << 10, np.nan), (1 << 4, -1.0)])
def test_the_search_finds_what_brute_force_finds(centre, buckets, swept_s):
    """With 16 buckets most cells share one: nothing may be found twice or lost.

    After a sweep steady tracks are in fine cells, and the search looks no wider than it must.
    """
    rng = np.random.default_rng(50)
    tracks, total = table(rng, 150, centre, buckets, swept_s), 0
    for place in places(rng, 60, centre)[0]:
        want = brute_force(tracks, place, 6_000.0)
        assert searched(tracks, place, 6_000.0, int(centre is None)) == want
        total += len(want)
    assert total > 60


@pytest.mark.parametrize("centre", [*CENTRES, None])
def test_moving_and_ending_tracks_keeps_the_lists_whole(centre):
    rng = np.random.default_rng(51)
    flat, tracks = int(centre is None), table(rng, 60, centre, 1 << 4)
    alive = set(range(60))
    for _ in range(300):
        t = int(rng.integers(60))
        if rng.random() < 0.3:
            compiled.unlink(tracks, t)
            alive.discard(t)
        else:
            tracks.pos[t] = places(rng, 1, centre)[0][0]
            compiled.link(tracks, t, flat, tracks.num[t, STATE_TIME])
            alive.add(t)
    listed = []
    for bucket, t in enumerate(tracks.head):
        while t >= 0:
            assert tracks.links[t, BUCKET] == bucket
            listed.append(int(t))
            t = tracks.links[t, AFTER]
    assert sorted(listed) == sorted(alive)


@pytest.mark.parametrize("centre", [*CENTRES, None])
def test_cells_are_those_of_the_plain_twin_and_about_as_wide_as_they_should_be(centre):
    rng = np.random.default_rng(52)
    for place in places(rng, 200, centre)[0]:
        for size in range(2):
            want = naive_grid.cell(place, centre is None, size)
            assert compiled.cell(int(centre is None), size, *place) == want


def test_a_full_list_of_candidates_stops_without_harm_and_counts_the_rest():
    rng = np.random.default_rng(53)
    tracks = table(rng, 150, None)
    tracks.pos[:] = 0.0
    for t in range(150):
        compiled.link(tracks, t, 1, 0.0)
    z, found = np.full(16, np.nan), np.full(10, -1, np.int64)
    z[PLACE : PLACE + 3] = 0.0
    assert compiled.search(tracks, z, 0.0, 1e4, 1, found) == 10
    assert len(set(found)) == 10
    assert tracks.counters[N_CROWDED] == 140


def test_the_reach_of_a_report_is_that_of_the_twin():
    rng = np.random.default_rng(54)
    for _ in range(50):
        z = rng.uniform(1, 1e3, Z_WIDTH)
        z[6], z[10] = rng.uniform(1e3, 3e5), 0.0014
        z[8] = np.nan if rng.random() < 0.5 else 9e3
        for form in (POLAR, 1):
            assert compiled.coarse_reach(z, form) == pytest.approx(
                naive.reach_m(z, form), rel=1e-14
            )


SOURCES = (
    (None, None), (None, (1, 9)), ((1, 9), (1, 9)), ((1, 9), (1, 8)), ((1, 9), (2, 9)),
    ((1, 9), None), ((SERIALS, 9), (SERIALS, 9)), ((SERIALS, 9), (SERIALS, 8)),
    ((1, 9), (SERIALS, 9)),
)  # fmt: skip
"""Another tracker's numbers, of a track and of a report."""


def packed(source):
    """Another tracker and its number in one integer, -1 for none."""
    return -1 if source is None else (source[0] << SOURCE_SHIFT) + source[1]


def test_identity_ratios_are_those_of_the_twin():
    params = TrackerParams()
    p, tracks, m = track_params(params), empty_tracks(1, 1), empty_measurements(1)
    for address in (-1, 5, 6):
        for code in (-1, 1234, 1000, 2300, 7001, 4321):
            for own in ((-1, -1), (5, -1), (5, 1234), (-1, 1234), (-1, 7001), (-1, 2300), (-1, 0)):
                tracks.tag[0, ADDRESS], tracks.tag[0, CODE] = own
                m.icao[0], m.mode3a[0] = address, code
                for source, seen in SOURCES:
                    tracks.tag[0, SOURCE], m.source[0] = packed(source), packed(seen)
                    for age_s in (7.0, 8.0):
                        tracks.seen_s[0, 0] = -age_s
                        got = compiled.identity_ratio(tracks, 0, m, 0, np.array([5.0]), p)
                        names = (*own, source), (address, code, seen)
                        want = naive.identity_ratio(*names, params, age_s < 7.5)
                        assert got == pytest.approx(want)


def test_identity_helps_what_agrees_and_hurts_what_differs():
    p = track_params(TrackerParams()).identity
    assert p[0] > p[5] > p[2] > p[4] > 0.0 > p[3] > p[1]
    assert 0.0 > p[6] > p[1]


@pytest.mark.parametrize("centre", [CENTRES[0], None])
def test_tracks_that_are_one_object_are_not_far_apart(centre):
    """The quick look that spares doubles the long one, at places and errors around the limit."""
    rng, n, one = np.random.default_rng(55), 400, 0
    tracks = empty_tracks(n, 1, 1 << 4)
    at, speed = places(rng, 1, centre)
    tracks.pos[:], tracks.vel[:] = at + rng.normal(0, 400, (n, 3)), speed + rng.normal(0, 9, (n, 3))
    tracks.num[:, STATE_TIME] = rng.uniform(-0.5, 0.0, n)
    tracks.num[:, LEVEL_M] = rng.uniform(5.0, 300.0, n)
    tracks.num[:, SPREAD_M] = tracks.num[:, LEVEL_M] * rng.uniform(1.0, 2.0, n)
    tracks.num[:, LEVEL_MPS] = rng.uniform(1.0, 20.0, n)
    tracks.num[:, SPREAD_MPS] = tracks.num[:, LEVEL_MPS] * rng.uniform(1.0, 2.0, n)
    p = track_params(TrackerParams(frame="ecef" if centre else "flat"))
    far = 0
    for t in range(n):
        compiled.link(tracks, t, p.flat, tracks.num[t, STATE_TIME])
    for a, b in rng.integers(0, n, (2_000, 2)):
        same = compiled.same_object(tracks, a, b, 1.0, p)
        is_far = compiled.is_far(tracks.near[a], tracks.near[b], 1.0, p.existence[SAME_PLACE_M])
        assert not (same and is_far)
        one, far = one + same, far + is_far
    assert min(one, far) > 100
