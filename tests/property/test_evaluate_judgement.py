"""Judgements keep their bounds, and do not depend on labels, order, direction or the clock."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.naive.judged import Judged, tracks_of, truth_of

from skypact.evaluate.consistency import position_nees
from skypact.evaluate.continuity import continuity
from skypact.evaluate.errors import horizontal_m, summary
from skypact.evaluate.identity import object_addresses
from skypact.evaluate.siap import siap

LIMIT_M = 100.0
seeds = st.integers(0, 10_000)


def tables(seed):
    """Four objects on straight lines, tracks on them with noise, breaks, swaps and clutter."""
    random = np.random.default_rng(seed)
    truth, tracks = [], []
    speeds, places = random.uniform(-40, 40, (4, 2)), random.uniform(-200, 200, (4, 2))
    for k in range(4):
        for t in np.arange(*np.sort(random.integers(0, 40, 2)), 1.0):
            truth.append((t, k, *(places[k] + t * speeds[k])))
            owner = (k + (t > 20) * random.integers(0, 2)) % 4
            if random.random() < 0.8:
                x, y = places[k] + t * speeds[k] + random.normal(0, 15, 2)
                tracks.append((t + random.choice([0.0, 0.4]), owner, x, y))
    tracks += [(float(t), 9, *random.uniform(-2000, 2000, 2)) for t in range(0, 40, 3)]
    icao = random.integers(-1, 3, len(tracks))
    velocity = np.array([speeds[int(r[1])] for r in truth]).reshape(-1, 2)
    said = random.normal(0, 30, (len(tracks), 2))
    a = truth_of(truth)._replace(ve_mps=velocity[:, 0].copy(), vn_mps=velocity[:, 1].copy())
    b = tracks_of(tracks)._replace(ve_mps=said[:, 0].copy(), vn_mps=said[:, 1].copy())
    corr = random.uniform(-0.8, 0.8, len(tracks))
    return a._replace(icao=a.target), b._replace(icao=icao.astype(np.int32), corr_ne=corr)


def judged(truth, tracks):
    return Judged(truth, tracks, limit_m=LIMIT_M, hold_s=1.0, coast_max_s=4.0)


def totals(scene):
    """Everything that is counted."""
    counted = continuity(scene.truth, scene.tracks, scene.found, scene.match)
    addresses = object_addresses(scene.truth_table, scene.truth.number)
    return (*counted, *siap(scene.found, scene.match, scene.table, addresses))


def same(a, b):
    for one, other in zip(a, b, strict=True):
        assert one == pytest.approx(other, abs=1e-6, nan_ok=True)


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_a_match_is_one_to_one_within_the_limit_and_leaves_no_pair_over(seed: int) -> None:
    scene = judged(*tables(seed))
    found, match = scene.found, scene.match
    pairs = np.flatnonzero(match.truth >= 0)
    assert len(np.unique(match.truth[pairs])) == len(pairs)
    np.testing.assert_array_equal(match.track[match.truth[pairs]], pairs)
    apart = found.truth_place_m[pairs] - found.track_place_m[match.truth[pairs]]
    assert (np.linalg.norm(apart, axis=1) <= LIMIT_M).all()
    for k in range(len(found.time_s)):
        truth = np.arange(*found.truth_first[k : k + 2])
        track = np.arange(*found.track_first[k : k + 2])
        free, idle = truth[match.truth[truth] < 0], track[match.track[track] < 0]
        apart = found.truth_place_m[free][:, None] - found.track_place_m[idle][None]
        assert (np.linalg.norm(apart, axis=2) > LIMIT_M).all()


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_shares_are_shares(seed: int) -> None:
    scene = judged(*tables(seed))
    counted = continuity(scene.truth, scene.tracks, scene.found, scene.match)
    addresses = object_addresses(scene.truth_table, scene.truth.number)
    picture = siap(scene.found, scene.match, scene.table, addresses)
    shares = [counted.completeness, counted.duplicate_share, counted.false_share]
    shares += [counted.longest_segment, picture.completeness, picture.spuriousness]
    shares += [picture.longest_segment, picture.id_completeness, picture.id_correctness]
    for share in (*shares, picture.id_ambiguity):
        assert share is None or 0.0 <= share <= 1.0
    assert picture.ambiguity is None or picture.ambiguity >= 1.0
    if counted.completeness is not None:
        assert picture.completeness >= counted.completeness


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_labels_and_the_order_of_rows_do_not_matter(seed: int) -> None:
    truth, tracks = tables(seed)
    random = np.random.default_rng(seed)
    a, b = random.permutation(len(truth.time_s)), random.permutation(len(tracks.time_s))
    names, numbers = random.permutation(50)[:10], random.permutation(50)[:10]
    other = truth._replace(target=names[truth.target].astype(np.int32))
    others = tracks._replace(track=numbers[tracks.track])
    shuffled = judged(type(truth)(*(c[a] for c in other)), type(tracks)(*(c[b] for c in others)))
    twice = len(np.unique(np.column_stack((tracks.time_s, tracks.track)), axis=0)) != len(b)
    # Of two rows of one track and time the later one counts, so their order does matter.
    assume(not twice)
    same(totals(judged(truth, tracks)), totals(shuffled))


@settings(max_examples=25, deadline=None)
@given(seeds, st.floats(-3.1, 3.1))
def test_turning_the_frame_changes_nothing_but_north_and_east(seed: int, angle: float) -> None:
    truth, tracks = tables(seed)
    c, s = np.cos(angle), np.sin(angle)

    def turned(table):
        x, y, u, v = table.lon_rad, table.lat_rad, table.ve_mps, table.vn_mps
        return table._replace(
            lon_rad=c * x - s * y, lat_rad=s * x + c * y, ve_mps=c * u - s * v, vn_mps=s * u + c * v
        )

    a, b = judged(truth, tracks), judged(turned(truth), turned(tracks))
    same(totals(a), totals(b))
    one, other = a.updates(), b.updates()
    for name in ("along_m", "across_m", "speed_mps", "heading_rad", "height_m"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-6)
    np.testing.assert_allclose(horizontal_m(one), horizontal_m(other), atol=1e-6)
    np.testing.assert_allclose(np.hypot(one.along_m, one.across_m), horizontal_m(one), atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(-1_000_000, 1_000_000))
def test_another_clock_changes_nothing(seed: int, shift: int) -> None:
    truth, tracks = tables(seed)
    a = judged(truth, tracks)
    b = judged(
        truth._replace(time_s=truth.time_s + shift), tracks._replace(time_s=tracks.time_s + shift)
    )
    same(totals(a), totals(b))
    np.testing.assert_allclose(a.updates().along_m, b.updates().along_m, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(seeds, st.floats(0.1, 10.0))
def test_nees_is_positive_and_falls_with_the_square_of_the_sigmas(seed: int, k: float) -> None:
    truth, tracks = tables(seed)
    scene = judged(truth, tracks)
    updates = scene.updates()
    one = position_nees(updates, tracks)
    wider = tracks._replace(sigma_n_m=k * tracks.sigma_n_m, sigma_e_m=k * tracks.sigma_e_m)
    assert (one >= 0.0).all()
    np.testing.assert_allclose(position_nees(updates, wider) * k * k, one, rtol=1e-9)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_summaries_are_ordered(values: list[float]) -> None:
    found = summary(np.array(values))
    slack = 1e-9 + 1e-9 * max(map(abs, values))
    assert abs(found["mean"]) <= found["rms"] + slack
    assert found["median"] <= found["p95"] + slack
    assert found["p95"] <= max(map(abs, values)) + slack
