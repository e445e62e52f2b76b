"""What one object's reports say of biases: the kernel against dense sums and differences."""

import numpy as np
import pytest
from tests.naive import registration as naive

from skypact.config import RegistrationParams, Sensor
from skypact.kernels.geodesy import ecef_from_geodetic, polar_from_ecef
from skypact.kernels.registration import gather
from skypact.model.registration import (
    POLAR_PLOT,
    POSITION_PLOT,
    BiasState,
    Plots,
    Setup,
    empty_scratch,
    empty_sums,
)
from skypact.register.plots import sheets_of
from skypact.units import DEGREE

START_S = 1_000.0
LAT, LON = 48.0, 16.0
SENSORS = [
    Sensor(name="a", lat=47.3, lon=15.2, height_m=400.0, sigma_elevation_deg=0.2),
    Sensor(name="b", lat=48.6, lon=17.1, height_m=900.0),
    Sensor(name="ear", kind="adsb", lat=48.0, lon=16.0),
]
SETTINGS = RegistrationParams()


def place_at(time_s, height_m, bend):
    """Where a climbing aircraft is, in ECEF (1, 3); `bend` [degrees / s^2] makes it turn."""
    t = time_s - START_S
    lat, lon = (
        np.array([LAT + 1.4e-3 * t + bend * t * t]) * DEGREE,
        np.array([LON + 1.8e-3 * t]) * DEGREE,
    )
    out = np.empty((1, 3))
    ecef_from_geodetic(lat, lon, np.array([height_m + 5.0 * t]), out)
    return out


def reports(setup, rng, *, geometric, bend=0.0):
    """Reports of three sensors in 20 s: values (n, 11), sensors, forms."""
    rows = []
    for k, offset_s in ((0, 0.3), (1, 1.2), (2, 0.0)):
        for t in START_S + offset_s + np.arange(0.0, 20.0, 4.0):
            ecef = place_at(t, 9_000.0, bend)
            height = 9_000.0 + 5.0 * (t - START_S) + rng.normal(0, 8)
            row = np.full(11, np.nan)
            row[0], row[7], row[8] = t, height, 0.0
            row[9], row[10] = 6.0, 0.0
            if k == 2:
                row[4:7] = ecef[0] + rng.normal(0, 6, 3)
                row[8], row[10] = float(geometric), 25.0
            else:
                polar = np.empty((1, 3))
                polar_from_ecef(ecef, setup.site[k, :3].copy(), setup.axes[k], polar)
                noise = rng.normal(size=3) * [50.0, 0.08 * DEGREE, 0.2 * DEGREE]
                row[1:4] = polar[0] + noise + [120.0, 0.2 * DEGREE, 0.0]
            rows.append((t, k, row))
    rows.sort(key=lambda r: r[0])
    values = np.array([row for _, _, row in rows])
    sensor = np.array([k for _, k, _ in rows])
    form = np.where(sensor == 2, POSITION_PLOT, POLAR_PLOT).astype(np.int8)
    return values, sensor, form


def scene(seed, *, geometric, bend=0.0):
    rng = np.random.default_rng(seed)
    sheets = sheets_of(SENSORS)
    sigma = sheets.sigma.copy()
    sigma[2, 0] = 1.3
    setup = Setup(sheets.site, sheets.axes, sigma, SETTINGS.steady_mps2, (60.0, 40.0))
    x, variance = np.zeros((4, 7)), np.zeros((4, 7))
    x[:2, :5] = rng.normal(size=(2, 5)) * [30.0, 1e-4, 1e-3, 1e-3, 0.1]
    x[2, 4], x[0, 5], x[3, :2] = 0.02, 40.0, (35.0, 0.003)
    variance[:2, :5] = np.array([50.0, 1e-4, 2e-3, 2e-3, 0.1]) ** 2
    variance[2, 4], variance[3, :2] = 0.03**2, (100.0**2, 0.01**2)
    return reports(setup, rng, geometric=geometric, bend=bend), setup, BiasState(x, variance)


def gathered(values, sensor, form, setup, bias, edges):
    plots = Plots(values, sensor.astype(np.int64), form, np.asarray(edges, np.int64))
    sums = empty_sums(3)
    used = gather(plots, setup, bias, empty_scratch(3), sums)
    return used, sums


def agree(sums, expected):
    information, score = expected
    scale = np.sqrt(np.maximum(np.diagonal(information), 1e-9))
    apart = (sums.information - information) / scale[:, None] / scale
    assert np.abs(apart).max() < 2e-5
    assert np.abs((sums.score - score) / scale).max() < 2e-4


@pytest.mark.parametrize("geometric", [True, False])
@pytest.mark.parametrize("seed", [1, 2])
def test_information_is_that_of_dense_least_squares(seed, geometric):
    (values, sensor, form), setup, bias = scene(seed, geometric=geometric)
    used, sums = gathered(values, sensor, form, setup, bias, [0, len(values)])
    assert used == 1
    agree(sums, naive.information_of(naive.Window(values, sensor, form, setup, bias)))


def test_a_wild_report_has_little_weight_in_both():
    (values, sensor, form), setup, bias = scene(3, geometric=True)
    hit = np.flatnonzero(sensor == 1)[2]
    values[hit, 2] += 3.0 * DEGREE
    _, sums = gathered(values, sensor, form, setup, bias, [0, len(values)])
    agree(sums, naive.information_of(naive.Window(values, sensor, form, setup, bias)))
    assert sums.counts[3] >= 1


def test_two_objects_add_up():
    (values, sensor, form), setup, bias = scene(4, geometric=True)
    both = np.concatenate([values, values])
    edges = [0, len(values), 2 * len(values)]
    two = np.concatenate([sensor, sensor]), np.concatenate([form, form])
    used, sums = gathered(both, *two, setup, bias, edges)
    _, one = gathered(values, sensor, form, setup, bias, edges[:2])
    assert used == 2
    assert np.allclose(sums.information, 2 * one.information, rtol=1e-9)


def test_a_turn_tells_nothing():
    (values, sensor, form), setup, bias = scene(5, geometric=True, bend=3e-5)
    used, sums = gathered(values, sensor, form, setup, bias, [0, len(values)])
    assert naive.information_of(naive.Window(values, sensor, form, setup, bias)) is None
    assert used == 0
    assert not sums.information.any()


def test_one_sensor_alone_tells_nothing():
    (values, sensor, form), setup, bias = scene(6, geometric=True)
    own = sensor == 0
    used, _ = gathered(values[own], sensor[own], form[own], setup, bias, [0, own.sum()])
    assert used == 0
