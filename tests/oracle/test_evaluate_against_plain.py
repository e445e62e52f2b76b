"""Paths, match, continuity and requirement measures against plain loops and SciPy on small sets."""

import itertools
import math

import numpy as np
import pytest
from scipy.interpolate import CubicHermiteSpline
from tests.naive.judged import Judged, tracks_of, truth_of

from skypact.evaluate.continuity import continuity
from skypact.evaluate.paths import interpolate, latest
from skypact.evaluate.performance import (
    Evidence,
    correlated_error_share,
    long_gap_share,
    probability_of_update,
)

LIMIT_M = 100.0
SEEDS = range(12)


def scene(seed: int, *, hold_s: float = 2.0) -> Judged:
    """Five objects and six tracks that come and go in a crowd, with rows at any time."""
    random = np.random.default_rng(seed)

    def rows(count, most):
        out = []
        for number in range(count):
            start, end = np.sort(random.uniform(0, 60, 2))
            times = np.arange(start, end, random.uniform(0.5, most))
            keep = times[random.random(len(times)) < 0.8]
            x, y = random.uniform(-90, 90, 2)
            out += [(t, number + 3, x + random.normal(0, 20), y) for t in keep]
        return [out[k] for k in random.permutation(len(out))]

    truth = truth_of(rows(5, 2.0), speed=(1.0, -1.0))
    return Judged(truth, tracks_of(rows(6, 3.0)), limit_m=LIMIT_M, hold_s=hold_s, coast_max_s=6.0)


def by_instant(judged):
    """Truth and track entries of every instant, as dictionaries of object to entry."""
    found = judged.found
    for k in range(len(found.time_s)):
        truth = range(*found.truth_first[k : k + 2])
        track = range(*found.track_first[k : k + 2])
        yield {int(found.truth[i]): i for i in truth}, {int(found.track[i]): i for i in track}


def plain_match(judged):
    """Match by walking through the instants pair by pair."""
    found = judged.found
    match, holds = {}, {}
    for truth, track in by_instant(judged):
        apart = {
            (o, r): math.dist(found.truth_place_m[truth[o]], found.track_place_m[track[r]])
            for o, r in itertools.product(truth, track)
        }
        close = {pair for pair, distance in apart.items() if distance <= LIMIT_M}
        now = {o: r for o, r in holds.items() if (o, r) in close}
        for o, r in sorted(close, key=lambda pair: apart[pair]):
            if o not in now and r not in now.values():
                now[o] = r
        for o, r in now.items():
            match[truth[o]] = track[r]
            holds = {k: v for k, v in holds.items() if v != r} | {o: r}
    return [match.get(i, -1) for i in range(len(found.truth))]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_match_is_that_of_plain_loops(seed: int) -> None:
    judged = scene(seed)
    assert judged.match.truth.tolist() == plain_match(judged)
    assert (judged.match.truth >= 0).any()


@pytest.mark.parametrize("seed", SEEDS)
def test_samples_are_those_of_plain_loops(seed: int) -> None:
    judged = scene(seed)
    found, tracks = judged.found, judged.tracks
    expected = []
    for k, t in enumerate(found.time_s):
        for r in range(len(tracks.number)):
            rows = range(*tracks.first[r : r + 2])
            past = [i for i in rows if tracks.time_s[i] <= t]
            if past and t - tracks.time_s[past[-1]] <= 6.0 and t <= tracks.time_s[rows[-1]] + 2.0:
                age = t - tracks.time_s[past[-1]]
                place = tracks.place_m[past[-1]] + age * tracks.velocity_mps[past[-1]]
                expected.append((k, r, tracks.row[past[-1]], *place))
    assert found.track.tolist() == [e[1] for e in expected]
    assert found.track_row.tolist() == [e[2] for e in expected]
    np.testing.assert_allclose(found.track_place_m, [e[3:] for e in expected])


@pytest.mark.parametrize("seed", SEEDS)
def test_interpolation_is_that_of_scipy(seed: int) -> None:
    truth = scene(seed).truth
    random = np.random.default_rng(seed)
    for k in range(len(truth.number)):
        rows = slice(*truth.first[k : k + 2])
        if rows.stop - rows.start < 2:
            continue
        t, p, v = truth.time_s[rows], truth.place_m[rows], truth.velocity_mps[rows]
        asked = np.append(random.uniform(t[0], t[-1], 20), t[-1])
        index = np.full(21, k)
        place, velocity, _ = interpolate(truth, latest(truth, index, asked), asked, index * 0
                                         + rows.stop - 1)  # fmt: skip
        spline = CubicHermiteSpline(t, p, v)
        np.testing.assert_allclose(place, spline(asked), atol=1e-9)
        np.testing.assert_allclose(velocity, spline.derivative()(asked), atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_of_continuity_are_those_of_plain_loops(seed: int) -> None:
    judged = scene(seed)
    found, match = judged.found, judged.match
    number, seen, told = {}, {}, set()
    breaks = switches = 0
    matched = total = 0
    for truth, _ in by_instant(judged):
        number = {o: r for o, r in number.items() if o in truth}
        for o, entry in truth.items():
            total += 1
            if match.truth[entry] < 0:
                continue
            matched += 1
            r = int(found.track[match.truth[entry]])
            breaks += number.get(o, r) != r
            switches += seen.get(r, o) != o
            number[o] = r
            seen[r] = o
            told.add(o)
    counted = continuity(judged.truth, judged.tracks, found, match)
    assert counted.breaks == breaks
    assert counted.switches == switches
    assert counted.completeness == pytest.approx(matched / total)
    assert counted.never_tracked == len(set(found.truth.tolist()) - told)
    kinds = counted.false_tracks + counted.redundant_tracks + counted.unsampled_tracks
    assert kinds == len(judged.tracks.number) - len(seen)


@pytest.mark.parametrize("seed", SEEDS)
def test_requirement_measures_are_those_of_plain_loops(seed: int) -> None:
    judged = scene(seed)
    truth, updates = judged.truth, judged.updates()
    evidence = Evidence(truth, judged.found, judged.match, updates)
    met = intervals = missed = expected = 0.0
    for k in range(len(truth.number)):
        times = truth.time_s[truth.first[k] : truth.first[k + 1]]
        cuts = [0, *(np.flatnonzero(np.diff(times) > 10.0) + 1), len(times)]
        for a, b in itertools.pairwise(cuts):
            start, end = times[a], times[b - 1]
            own = sorted(t for t in updates.time_s[updates.truth == k] if start <= t <= end)
            for i in range(int((end - start) / 3.0 + 1e-9)):
                intervals += 1
                met += any(start + 3 * i <= t < start + 3 * i + 3 for t in own)
            expected += end - start
            for early, late in itertools.pairwise([start, *own, end]):
                missed += late - early - 3.0 if late - early > 4.0 else 0.0
    assert probability_of_update(evidence, interval_s=3.0) == pytest.approx(met / intervals)
    assert long_gap_share(evidence, interval_s=3.0, gap_s=4.0) == pytest.approx(missed / expected)

    kept, series = [], 0
    for k in range(len(truth.number)):
        rows = np.flatnonzero(updates.truth == k)
        rows = rows[np.argsort(updates.time_s[rows])]
        chosen = [
            i
            for n, i in enumerate(rows)
            if not n or updates.time_s[rows[n - 1]] // 2.0 != updates.time_s[i] // 2.0
        ]
        errors = [np.array([updates.north_m[i], updates.east_m[i]]) for i in chosen]
        slots = [updates.time_s[i] // 2.0 for i in chosen]
        kept += errors
        large = [float(np.hypot(*e)) > 20.0 for e in errors]
        run = 0
        for n, error in enumerate(errors):
            joins = n > 0 and large[n] and large[n - 1] and float(error @ errors[n - 1]) > 0.0
            joins = joins and slots[n] == slots[n - 1] + 1.0
            run = run + 1 if joins else int(large[n])
            series += 3 if run == 3 else int(run > 3)
    share = correlated_error_share(evidence, limit_m=20.0, interval_s=2.0)
    assert share == pytest.approx(series / len(kept))
