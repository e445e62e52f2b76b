"""Densities of false and first reports by the kernel are those of the plain twin."""

import numpy as np
import pytest
from tests.naive import births as naive
from tests.naive import scenes

from skypact.kernels.births import appearances
from skypact.model.tracking import BEARING, PLANE, POLAR, UP
from skypact.track import tracker as stage
from skypact.track.geometry import geometry
from skypact.track.params import BirthSpot, TrackerParams, track_params

TABLE = scenes.sensors(
    scenes.radar("a", range_max_m=150e3, period_s=4.0, p_detection=0.8),
    scenes.radar("b", lat=48.6, range_max_m=80e3, period_s=6.0, false_area=3e5),
)
FIELD = BirthSpot(lat=48.2, lon=16.4, sigma_m=3_000.0, sigma_mps=60.0, rate_hz=1e-3, first=2.0)
HIDDEN = BirthSpot(lat=40.0, lon=3.0, sigma_m=9_000.0, rate_hz=1.0, first=7.0)


def reports(g, seed=7, n=200):
    """Prepared reports around the first radar: all three forms, some with height or velocity."""
    rng = np.random.default_rng(seed)
    m = stage.empty_measurements(n)
    m.time_s[:] = np.sort(rng.uniform(1_000.0, 1_060.0, n))
    m.sensor[:] = rng.integers(0, 2, n)
    m.form[:] = rng.choice([POLAR, PLANE, BEARING], n, p=[0.5, 0.4, 0.1])
    m.z[:, :3] = g.site[0, :3] + rng.normal(0.0, 40e3, (n, 3))
    m.z[:, UP : UP + 3] = g.axes[0, 2]
    m.z[:, 6] = rng.uniform(1e3, 2e5, n)
    m.z[:, 8] = np.where(rng.random(n) < 0.5, np.nan, 3e3)
    m.z[:, 9], m.z[:, 10] = 50.0, 1e-3
    m.z[:, 12:14] = np.where(rng.random(n) < 0.5, np.nan, 100.0)[:, None]
    m.clutter[:], m.birth[:] = rng.uniform(1e-6, 1e-5, n), rng.uniform(1e-7, 1e-6, n)
    m.birth[m.form == BEARING] = 0.0
    return m


def share(z):
    """What height and velocity divide a density by."""
    return 1.0 / ((1.0 if np.isnan(z[8]) else 15_000.0) * (1.0 if np.isnan(z[12]) else 600.0**2))


@pytest.mark.parametrize(
    "params",
    [
        TrackerParams(),
        TrackerParams(birth_spots=(FIELD, HIDDEN)),
        TrackerParams(birth_density_hz=1e-13, first_density=1e-9, birth_spots=(FIELD,)),
        TrackerParams(
            birth_density_hz=1e-13, first_density=1e-9, death_hz=0.01, learn_sensors=False
        ),
    ],
)
def test_densities_are_those_of_the_plain_twin(params):
    g, p = geometry(TABLE, flat=False), track_params(params)
    m = reports(g)
    before = m.clutter.copy(), m.birth.copy()
    watch_s = np.full(1, np.nan)
    appearances(m, len(m.time_s), watch_s, g, p)
    assert watch_s[0] == m.time_s[0]
    for j in range(len(m.time_s)):
        report = {
            "sensor": m.sensor[j],
            "z": m.z[j],
            "form": m.form[j],
            "clutter": before[0][j],
            "birth": before[1][j],
            "share": share(m.z[j]),
        }
        watched_s = m.time_s[j] - m.time_s[0]
        clutter, birth, spot = naive.appearances(
            report, watched_s, g.site, TABLE, p.births, params.death_hz, params.learn_sensors
        )
        assert m.clutter[j] == pytest.approx(clutter, rel=1e-12)
        assert m.birth[j] == pytest.approx(birth, rel=1e-9, abs=1e-40)
        assert m.spot[j] == spot


def test_a_place_that_is_looked_at_runs_out_of_unseen_objects():
    """One sensor, every second, nine in ten: what was there at first dies away tenfold a look."""
    one = [(1.0, 0.9)]
    counts = [naive.unreported(0.0, 3.0, float(k), one, 0.0) for k in range(4)]
    assert counts == pytest.approx([3.0, 0.3, 0.03, 0.003])
    unseen = 0.5
    for _ in range(40):
        unseen = unseen * 0.1 * np.exp(-0.05) + 0.5
    assert naive.unreported(0.5, 0.5, 40.0, one, 0.05) == pytest.approx(unseen)
