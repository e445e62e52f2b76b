"""GOSPA and OSPA at common times agree with Stone Soup's."""

from datetime import UTC, datetime

import numpy as np
import pytest
from tests.naive.gospa import distances
from tests.naive.sampled import random_paths, samples_of

from skypact.evaluate.gospa import gospa
from skypact.evaluate.ospa import ospa

metrics = pytest.importorskip(
    "stonesoup.metricgenerator.ospametric", reason="Stone Soup is only in the peers' environment"
)
state = pytest.importorskip("stonesoup.types.state", reason="as above")

WHEN = datetime(2024, 1, 1, tzinfo=UTC)


def states(first, places, k):
    return [state.State(place, WHEN) for place in places[first[k] : first[k + 1], :2]]


@pytest.mark.parametrize(("p", "c"), [(2.0, 1.5), (1.0, 4.0), (2.0, 0.4)])
def test_gospa_and_its_parts_agree_to_rounding(p, c):
    rng, n = np.random.default_rng(60), 12
    samples = samples_of(random_paths(rng, 8, n), random_paths(rng, 9, n))
    found, peer = gospa(samples, c_m=c, p=p), metrics.GOSPAMetric(p=p, c=c)
    for k in range(n):
        tracks = states(samples.track_first, samples.track_place_m, k)
        truth = states(samples.truth_first, samples.truth_place_m, k)
        value = peer.compute_gospa_metric(tracks, truth)[0].value
        assert found.total[k] == pytest.approx(value["distance"], abs=1e-12)
        for part in ("localisation", "missed", "false"):
            assert getattr(found, part)[k] == pytest.approx(value[part], abs=1e-12)


def test_ospa_agrees_to_rounding():
    rng, n = np.random.default_rng(61), 12
    samples = samples_of(random_paths(rng, 5, n), random_paths(rng, 7, n))
    found, peer = ospa(samples, c_m=1.5, p=2.0), metrics.OSPAMetric(p=2, c=1.5)
    assert distances(samples, 0).size > 0
    for k in range(n):
        tracks = states(samples.track_first, samples.track_place_m, k)
        truth = states(samples.truth_first, samples.truth_place_m, k)
        value = peer.compute_OSPA_distance(tracks, truth).value
        assert found.total[k] == pytest.approx(value, abs=1e-12)
