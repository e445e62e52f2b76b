"""Joint events of hard clusters: exact marginals, and the places that the plain twin finds."""

import numpy as np
import pytest
from tests.naive import associate, compiled, relabel

from skypact.model.cluster import MOST_EVENTS, empty_cluster


def random_cluster(rng, n_members, n_reports, scale=1.0):
    """Members that can have any of some reports, filled into the kernel's memory."""
    c = empty_cluster(64)
    q = 0
    for a in range(n_members):
        c.first[a] = q
        for report in [-1, *np.flatnonzero(rng.random(n_reports) < 0.8)]:
            c.report[q], c.odds[q] = report, 1.0 if report < 0 else rng.uniform(0.2, 9.0)
            c.exists[q] = rng.uniform(0.1, 0.9) if report < 0 else 1.0
            c.x[q] = rng.normal(0.0, scale, 6)
            root = rng.normal(0.0, 0.4, (6, 6))
            c.P[q] = root @ root.T + np.eye(6)
            q += 1
    c.first[n_members] = q
    return c


def options_of(c, n_members):
    """The same as lists."""
    return [
        [
            (None if c.report[q] < 0 else int(c.report[q]), float(c.odds[q]))
            for q in range(c.first[a], c.first[a + 1])
        ]
        for a in range(n_members)
    ]


def exact(c, n_members):
    """Marginal of each component by plain enumeration."""
    last = c.first[n_members]
    real = np.flatnonzero(c.report[:last] >= 0)
    track = np.repeat(np.arange(n_members), np.diff(c.first[: n_members + 1]))
    other = np.ones(int(c.report[:last].max()) + 1)
    edges = track[real], c.report[real], c.odds[real]
    return real, associate.enumerate_marginals(*edges, other, n_members)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("scale", [0.3, 3.0])
def test_places_and_marginals_are_those_of_the_plain_twin(seed, scale):
    rng = np.random.default_rng(seed)
    n_members = int(rng.integers(2, 5))
    c = random_cluster(rng, n_members, int(rng.integers(1, 5)), scale)
    compiled.solve_events(c, n_members)
    last = c.first[n_members]
    starts = c.first[: n_members + 1]
    events = [
        (tuple(starts[a] + q for a, q in enumerate(chosen)), weight)
        for chosen, weight in relabel.joint_events(options_of(c, n_members))
    ]
    share = relabel.settle(events, c.exists[:last], c.x[:last], c.P[:last])
    assert c.share[:last, :n_members] == pytest.approx(share, abs=1e-9)
    real, marginal = exact(c, n_members)
    assert c.share[real, :n_members].sum(1) == pytest.approx(marginal, abs=1e-3)
    assert c.share[:last, :n_members].sum(0) == pytest.approx(np.ones(n_members))


def test_one_missed_object_among_equals_is_one_tracks_doubt():
    """Three tracks in one place, two reports: one existence is in doubt, not each a little."""
    c = empty_cluster(64)
    for a in range(3):
        for k, report in enumerate((-1, 0, 1)):
            q = 3 * a + k
            c.report[q], c.odds[q] = report, 1.0 if report < 0 else 5.0
            c.exists[q] = 0.5 - 0.05 * a if report < 0 else 1.0
            c.x[q], c.P[q] = 0.0, np.eye(6)
        c.first[a + 1] = 3 * (a + 1)
    compiled.solve_events(c, 3)
    exists = np.sort(c.share[:9, :3].T @ c.exists[:9])
    # Moment matching each track by itself leaves every one at 0.8.
    assert exists[2] > 0.99
    assert exists[1] > 0.9
    assert exists[0] < 0.52


def test_objects_that_motion_tells_apart_keep_their_places():
    """The same, but each track's states lie a hundred sigmas from the others'."""
    c = empty_cluster(64)
    for a in range(3):
        for k, report in enumerate((-1, 0, 1)):
            q = 3 * a + k
            c.report[q], c.odds[q] = report, 1.0 if report < 0 else 5.0
            c.exists[q] = 0.5 if report < 0 else 1.0
            c.x[q], c.P[q] = 0.0, np.eye(6)
            c.x[q, 3] = 100.0 * a
        c.first[a + 1] = 3 * (a + 1)
    compiled.solve_events(c, 3)
    for a in range(3):
        assert c.share[c.first[a] : c.first[a + 1], a].sum() == pytest.approx(1.0)


def test_too_many_joint_events_are_refused():
    """Seven tracks and seven reports have more joint events than there is room for."""
    rng = np.random.default_rng(1)
    c = random_cluster(rng, 7, 11)
    assert compiled.count_events(c, 7) == -1
    assert c.weight.shape[0] == MOST_EVENTS
