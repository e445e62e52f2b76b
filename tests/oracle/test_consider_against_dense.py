"""Considered biases against dense matrices, and against the tracker's own reaction to a bias."""

import numpy as np
import pytest
from tests.naive import compiled, scenes, states
from tests.naive import consider as naive
from tests.naive.scenes import Flight, radar

from skypact.config import BiasSigmas
from skypact.errors import ConfigError
from skypact.model.reports import TRACK, take_reports
from skypact.model.tracking import BEARING, PLANE, POLAR, STATE_TIME, empty_scratch, empty_tracks
from skypact.track.geometry import geometry
from skypact.track.params import TrackerParams
from skypact.track.tracker import Tracker
from skypact.units import DEGREE

UNKNOWN = BiasSigmas(range_m=50.0, azimuth_deg=0.1, time_s=0.1, elevation_deg=0.2)
TABLE = scenes.sensors(
    radar("a", bias_sigmas=UNKNOWN, sigma_elevation_deg=0.3),
    radar("b", lat=48.4, lon=17.0, bias_sigmas=UNKNOWN),
    scenes.receiver("c", bias_sigmas=BiasSigmas(time_s=0.2)),
)


def one_track(rng):
    """A table with one track that three sensors have seen, its moments in the scratch."""
    tracks, scratch = empty_tracks(4, 3), empty_scratch()
    x, P = states.random_state(rng, False), states.random_covariance(rng)
    tracks.pos[0], tracks.vel[0] = x[:3], x[3:6]
    tracks.seen_s[0] = 1.0
    tracks.bias_gain[0] = rng.normal(0, 0.3, (3, 4, 6))
    scratch.line[6], scratch.work[2] = x, P
    return tracks, scratch, x, P


@pytest.mark.parametrize("form", [POLAR, PLANE, BEARING])
@pytest.mark.parametrize("extras", [(), ("elevation",)])
def test_residuals_and_sensitivities_are_those_of_dense_matrices(form, extras):
    rng = np.random.default_rng(60)
    g = geometry(TABLE, flat=False)
    s = 2 if form == PLANE else 0
    for _ in range(20):
        tracks, scratch, x, P = one_track(rng)
        z = states.report_of(rng, x, False, velocity=False, extras=() if form == PLANE else extras)
        scratch.z[:] = z
        G = tracks.bias_gain[0].copy()
        compiled.consider_pair(tracks, 0, s, 2.0, form, g, scratch)
        sight = (z, form, g.site[s], g.axes[s])
        place = x[:3] + 2.0 * x[3:6]
        want = naive.residual_variances(naive.moved(G, 2.0), s, g.bias_sigma, place, x[3:6], *sight)
        got = scratch.z[23:25] if form != BEARING else scratch.z[24:25]
        assert got == pytest.approx(want[: len(got)], rel=1e-9)
        compiled.move_sensitivities(tracks, 0, 2.0, g)
        assert np.allclose(tracks.bias_gain[0], naive.moved(G, 2.0), rtol=1e-12)
        unknown = g.bias_sigma > 0.0  # others are left alone
        P /= 100.0  # of the size that an update leaves
        scratch.work[2] = P
        compiled.absorb(tracks, 0, s, form, g, scratch, 0.9)
        want = naive.absorbed(naive.moved(G, 2.0), s, x, P, *sight, 0.9)
        size = np.abs(want[unknown]).max()
        assert np.allclose(tracks.bias_gain[0][unknown], want[unknown], atol=1e-9 * size)
        Q = P.copy()
        compiled.add_biases(tracks, 0, g, Q)
        B = np.einsum("jc,jca,jcb->ab", g.bias_sigma**2, want, want)
        assert np.allclose(Q[:6, :6], P[:6, :6] + B, rtol=1e-6, atol=1e-6 * np.abs(B).max())


def flown(shift_m=0.0, turn_rad=0.0):
    """Track of a flight seen by two radars, the first of them biased; position and sensitivity."""
    table = TABLE._replace(**{n: c[:2] for n, c in TABLE._asdict().items()})
    flight = Flight(48.5, 16.2, height_m=8_000.0)
    batch = scenes.merged(*[scenes.plots(table, s, [flight], 80.0) for s in (0, 1)])
    first = batch.sensor == 0
    batch.range_m[first] += shift_m
    batch.azimuth_rad[first] += turn_rad
    result = scenes.run(table, batch, 80.0)
    tracks = result.tracker.tracks
    assert result.tracker.n_confirmed == 1
    return tracks.pos[0].copy(), tracks.bias_gain[0].copy()


def after_estimates(sigma_m):
    """Sensitivity to the first radar's biases without and with six estimates of another tracker."""
    other = scenes.receiver("t", kind="tracker", period_s=0.5, sigma_position_m=4.0)
    radars = [
        radar("a", bias_sigmas=UNKNOWN),
        radar("b", lat=48.4, lon=17.0, bias_sigmas=UNKNOWN),
    ]
    table = scenes.sensors(*radars, other)
    flight = Flight(48.5, 16.2, height_m=8_000.0)
    seen = [scenes.plots(table, s, [flight], 80.0) for s in (0, 1)]
    tracker = scenes.run(table, scenes.merged(*seen), 80.0).tracker
    gain = tracker.tracks.bias_gain[0, 0, :2].copy()
    since_s = float(tracker.tracks.num[0, STATE_TIME])
    told = scenes.positions(table, 2, [flight], 83.4, first_s=80.5, velocity=False)
    told.kind[:], told.sigma_m[:] = TRACK, sigma_m
    assert len(told.time_s) == 6
    for time_s in told.time_s:
        tracker.step(take_reports(told, told.time_s == time_s), float(time_s) + 0.01)
    tracker.flush()
    assert tracker.tracks.seen_s[0, 2] == tracker.tracks.num[0, STATE_TIME] == told.time_s[-1]
    without = gain[:, :3] + (told.time_s[-1] - since_s) * gain[:, 3:]
    return without, tracker.tracks.bias_gain[0, 0, :2, :3].copy()


def test_an_estimate_that_changes_nothing_leaves_the_sensitivities():
    without, after = after_estimates(5_000.0)
    assert np.linalg.norm(after - without) < 0.05 * np.linalg.norm(without)


def test_an_estimate_that_is_taken_in_full_takes_the_biases_out():
    without, after = after_estimates(4.0)
    assert np.linalg.norm(after) < 0.2 * np.linalg.norm(without)


def sensitivities():
    """Measured and stated changes of place (3,) with a range and an azimuth bias, and the up axis.

    Measured: differences of whole runs. Weights of models react too, by a fifth at most.
    """
    place, G = flown()
    up = place / np.linalg.norm(place)
    for c, step in ((0, {"shift_m": 5.0}), (1, {"turn_rad": 1e-5})):
        yield (flown(**step)[0] - place) / next(iter(step.values())), G[0, c, :3], up


def test_a_sensitivity_is_how_far_a_bias_moves_the_track_over_ground():
    for measured, stated, up in sensitivities():
        wrong = measured - stated
        wrong -= (wrong @ up) * up
        assert np.linalg.norm(wrong) < 0.25 * np.linalg.norm(measured)
        assert np.linalg.norm(measured) > 0.1


def test_a_sensitivity_is_how_far_a_bias_lifts_the_track():
    for measured, stated, up in sensitivities():
        assert abs((measured - stated) @ up) < 0.1 * np.linalg.norm(measured)


def test_registration_says_anew_what_is_known():
    tracker = Tracker(TABLE, TrackerParams(capacity=64))
    with pytest.raises(ConfigError, match="expected 3 rows"):
        tracker.set_bias_sigmas(np.zeros((2, 4)))
    with pytest.raises(ConfigError, match="standard deviations"):
        tracker.set_bias_sigmas(np.full((3, 4), -1.0))
    stated = [stated_m(tracker_sigma) for tracker_sigma in (0.0, 0.05, 0.2)]
    assert stated[0] < stated[1] < stated[2]


def stated_m(azimuth_deg):
    """Stated error of a flight 60 km from one radar whose azimuth is known to so much."""
    table = scenes.sensors(radar("a"))
    tracker = Tracker(table, TrackerParams(capacity=64))
    tracker.set_bias_sigmas(np.array([[0.0, azimuth_deg * DEGREE, 0.0, 0.0]]))
    batch = scenes.plots(table, 0, [Flight(48.5, 16.2)], 60.0)
    rows = scenes.run(table, batch, 60.0, tracker=tracker).rows
    return float(np.hypot(rows.sigma_n_m[-1], rows.sigma_e_m[-1]))
