"""Surface radars against multilateration: biases found, the aircraft's length told apart."""

import numpy as np
import pytest
from tests.naive import scenes

from skypact.model.reports import MLAT, PSR, concat_reports, empty_reports, take_reports
from skypact.register.plots import sheets_of
from skypact.register.registration import Registration
from skypact.register.surface import AZIMUTH, BEHIND, EAST, NORTH, RANGE, TIME, Surface
from skypact.units import DEGREE

SENSORS = (
    scenes.radar("smr", kind="smr", lat=48.1, lon=16.5, range_max_m=5e3),
    scenes.receiver("mlat", kind="mlat", lat=48.1, lon=16.5),
)
BIAS = {NORTH: 4.0, EAST: -6.0, RANGE: 3.0, AZIMUTH: 0.25 * DEGREE, TIME: 0.0, BEHIND: 9.0}
WINDOW_S = 20.0


def airport(seed, windows=60, straight=False, moves=True, bias=BIAS):
    """Windows of reports and tracks: five aircraft taxi past a biased surface radar."""
    rng = np.random.default_rng(seed)
    for w in range(windows):
        parts, tracks = [], []
        for k in range(5):
            heading = 0.7 if straight else rng.uniform(0, 2 * np.pi)
            way = np.array([np.cos(heading), np.sin(heading)])
            start = rng.uniform(-1_500, 1_500, 2)
            if straight:  # along a line through the radar
                start = rng.uniform(300, 1_500) * way
            speed = rng.uniform(4, 25) if moves else 0.0

            def at(t, start=start, way=way, speed=speed, w=w):
                return start + (t - w * WINDOW_S)[:, None] * speed * way

            time_s = w * WINDOW_S + np.arange(0.5, 19.0, 1.0)
            seen = empty_reports(len(time_s))
            seen.time_s[:], seen.sensor[:], seen.kind[:] = time_s, 0, PSR
            place = at(time_s - bias[TIME]) - bias[BEHIND] * way + rng.normal(0, 3.0, (19, 2))
            place += [bias[NORTH], bias[EAST]]
            seen.range_m[:] = np.hypot(*place.T) + bias[RANGE]
            seen.azimuth_rad[:] = (np.arctan2(place[:, 1], place[:, 0]) + bias[AZIMUTH]) % 6.2831853
            told = empty_reports(len(time_s))
            told.time_s[:], told.sensor[:], told.kind[:] = time_s - 0.4, 1, MLAT
            told.y_m[:], told.x_m[:] = (at(told.time_s) + rng.normal(0, 3.0, (19, 2))).T
            parts += [seen, told]
            tracks += [np.full(2 * len(time_s), 10 * w + k)]
        yield concat_reports(parts), np.concatenate(tracks)


def learnt(*args, **kwargs):
    surface, sheets = Surface(np.array([True, False])), sheets_of(SENSORS)
    for reports, track in airport(*args, **kwargs):
        surface.learn(reports, track, sheets, WINDOW_S)
    return surface


def test_biases_and_length_are_found_within_their_sigmas():
    z = []
    for seed in range(100, 108):
        surface = learnt(seed)
        truth = np.array([BIAS[k] for k in range(6)])
        z.append((surface.x[0] - truth) / surface.sigma[0])
        assert surface.observable[0, [NORTH, EAST, RANGE, AZIMUTH, BEHIND]].all()
    assert np.abs(z).max() < 4.0
    assert np.mean(np.abs(z) < 1.96) > 0.85


def test_the_median_difference_falls_by_correction():
    surface, sheets = learnt(3), sheets_of(SENSORS)
    before, after = [], []
    for reports, _ in airport(4, windows=5):
        fixed = surface.corrected(reports)
        for batch, out in ((reports, before), (fixed, after)):
            plots = take_reports(batch, batch.sensor == 0)
            tells = take_reports(batch, batch.sensor == 1)
            r, a = plots.range_m, plots.azimuth_rad
            place = np.stack([r * np.sin(a), r * np.cos(a)], 1)
            out.append(place - np.stack([tells.x_m, tells.y_m], 1))
    assert sheets.site.shape == (2, 4)
    lengths = [np.median(np.hypot(*np.concatenate(d).T)) for d in (before, after)]
    assert lengths[1] < lengths[0]
    assert np.hypot(*np.concatenate(after).mean(axis=0)) < 0.4 * np.hypot(
        *np.concatenate(before).mean(axis=0)
    )


def test_what_traffic_does_not_show_is_not_observable():
    still = learnt(5, windows=10, moves=False)
    assert not still.observable.any()
    assert still.n[0] < 5
    line = learnt(5, straight=True)
    assert line.observable[0, AZIMUTH] or not line.observable[0, [NORTH, EAST]].all()
    assert (line.sigma[0, [RANGE, BEHIND]] > 2 * learnt(5).sigma[0, [RANGE, BEHIND]]).all()


def test_a_wild_object_hardly_moves_the_estimate():
    surface, sheets = learnt(6), sheets_of(SENSORS)
    before = surface.x[0].copy()
    for reports, track in airport(7, windows=1):
        shifted = reports.range_m + np.where(track == 0, 50.0, 0.0)
        surface.learn(reports._replace(range_m=shifted), track, sheets, WINDOW_S)
    assert (np.abs(surface.x[0] - before) < 1.5 * surface.sigma[0]).all()


def test_registration_learns_corrects_tells_and_keeps_it():
    registration, twin = Registration(SENSORS), Registration(SENSORS)
    fed = 0
    waiting = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for w, (reports, track) in enumerate(airport(9, windows=40)):
        registration.observe(reports, *waiting, (w + 1) * WINDOW_S)
        waiting = np.arange(fed, fed + len(track)), track
        fed += len(track)
    twin.load(registration.arrays())
    assert np.array_equal(twin.surface.x, registration.surface.x)
    assert registration.surface.x[0, AZIMUTH] / DEGREE == pytest.approx(0.25, abs=0.05)
    fixed = registration.correct(reports)
    turned = (reports.azimuth_rad - fixed.azimuth_rad)[reports.sensor == 0]
    assert np.median(turned) > 0.0
    assert np.array_equal(fixed.x_m, reports.x_m, equal_nan=True)
    more = (*SENSORS, scenes.receiver("new"))
    registration.set_sensors(more)
    assert registration.surface.x[0, AZIMUTH] == twin.surface.x[0, AZIMUTH]
