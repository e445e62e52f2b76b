"""Biases estimated from reports: right within their sigmas, steps and wrong sites found, kept."""

import msgspec
import numpy as np
import pytest
from benchmarks.networks import START_S, network

from skypact.config import BiasSigmas, RegistrationParams, Sensor
from skypact.errors import RecordingError
from skypact.model.registration import AZIMUTH_BIAS, TIME_BIAS
from skypact.model.reports import ADSB, empty_reports, take_reports
from skypact.register.estimate import Step
from skypact.register.published import biases_of
from skypact.register.registration import Registration
from skypact.units import DEGREE

NONE = np.zeros(0, np.int64)
STEP_S = 5.0
SEED = 5
"""A network with ADS-B; every fourth has none."""


@pytest.fixture(scope="module")
def small():
    return network(SEED, n_radars=3, seconds=200, n_aircraft=25)


def batches(reports):
    """Reports as they arrive, and the present time after each batch."""
    arrived = reports.received_ns / 1e9
    edges = np.arange(START_S, arrived[-1] + 30.0, STEP_S)
    cuts = np.searchsorted(arrived, edges)
    for first, last, now_s in zip(cuts[:-1], cuts[1:], edges[1:].tolist(), strict=True):
        yield take_reports(reports, slice(first, last)), now_s


def run(registration, reports):
    for batch, now_s in batches(reports):
        registration.observe(batch, NONE, NONE, now_s)
    return registration


def estimated(net, sensors=None, reports=None):
    registration = Registration(net.sensors if sensors is None else sensors)
    return run(registration, net.reports if reports is None else reports)


def test_truth_lies_within_the_stated_intervals():
    z = []
    for seed in range(100, 112):
        net = network(seed, n_radars=3, seconds=150, n_aircraft=25)
        registration = estimated(net)
        known = registration.priors[:, :5] > 0
        error = registration.values[:, :5] - net.biases
        z += (error[known] / registration.sigmas[:, :5][known]).tolist()
    inside = np.mean(np.abs(z) < 1.96)
    assert 0.88 < inside < 0.99


def test_correction_takes_the_bias_out(small):
    registration = estimated(small)
    before, after = small.biases[:3], small.biases[:3] - registration.table[:3]
    for column in (0, AZIMUTH_BIAS):
        left = np.sqrt((after[:, column] ** 2).mean() / (before[:, column] ** 2).mean())
        assert left < 0.5
    fixed = registration.correct(small.reports)
    moved = small.reports.range_m - fixed.range_m
    radar = small.reports.sensor == 1
    assert np.median(moved[radar]) == pytest.approx(
        small.biases[1, 0] + small.biases[1, 1] * np.median(small.reports.range_m[radar]), abs=30.0
    )


def test_a_step_of_a_fifth_of_a_degree_is_found(small):
    at_s = START_S + 100.0
    late = (small.reports.sensor == 1) & (small.reports.time_s > at_s)
    turned = small.reports.azimuth_rad + np.where(late, 0.2 * DEGREE, 0.0)
    registration = estimated(small, reports=small.reports._replace(azimuth_rad=turned))
    found = [s for s in registration.steps if (s.sensor, s.bias) == (1, AZIMUTH_BIAS)]
    assert found
    assert found[0].found_s < at_s + 60.0
    error = registration.values[1, AZIMUTH_BIAS] - small.biases[1, 2] - 0.2 * DEGREE
    assert abs(error) < 4.0 * registration.sigmas[1, AZIMUTH_BIAS]


def test_without_a_step_none_is_found(small):
    assert estimated(small).steps == []


def test_a_feed_whose_clock_is_off_is_found(small):
    """Half a second more: far beyond what is believed of receivers beforehand."""
    own = small.reports.sensor == 3
    stamp = small.reports.time_s + np.where(own, 0.5, 0.0)
    registration = estimated(small, reports=small.reports._replace(time_s=stamp))
    apart = registration.values[3, TIME_BIAS] - registration.values[:3, TIME_BIAS].mean()
    true = 0.5 + small.biases[3, 4] - small.biases[:3, 4].mean()
    assert apart == pytest.approx(true, abs=0.15)


def test_a_radar_in_the_wrong_place_is_reported(small):
    """Its entry in the union file lies 600 m west of it."""
    first = small.sensors[0]
    width = 6.371e6 * np.cos(first.lat * DEGREE) * DEGREE
    moved = msgspec.structs.replace(first, lon=first.lon - 600.0 / width)
    told = biases_of(estimated(small, sensors=[moved, *small.sensors[1:]]))
    east, sigma = told["r0"]["site_shift_m"]["east"]
    assert east == pytest.approx(600.0, abs=max(60.0, 4 * sigma))
    assert not any("site_shift_m" in told[name] for name in ("r1", "r2"))


def test_wild_reports_change_nothing_much(small):
    rng = np.random.default_rng(1)
    wild = rng.random(len(small.reports.time_s)) < 0.02
    far = np.where(wild, rng.normal(0, 5_000.0, len(wild)), 0.0)
    hit = estimated(small, reports=small.reports._replace(range_m=small.reports.range_m + far))
    clean = estimated(small)
    apart = np.abs(hit.values[:3, :5] - clean.values[:3, :5])
    assert (apart <= 1.5 * clean.sigmas[:3, :5] + 1e-12).all()


def test_what_is_published(small):
    told = biases_of(estimated(small))
    assert set(told) == {"r0", "r1", "r2", "ear"}
    assert {"azimuth_deg", "range_m", "range_gain", "time_s"} <= set(told["r0"])
    assert "azimuth_deg" in told["r0"]["observable"]
    assert "range_m" not in told["ear"]
    value, sigma = told["r0"]["azimuth_deg"]
    assert abs(value - small.biases[0, 2] / DEGREE) < 4 * sigma


def test_a_radar_alone_learns_nothing(small):
    own = take_reports(small.reports, small.reports.sensor == 0)
    registration = estimated(small, sensors=small.sensors[:1], reports=own)
    assert biases_of(registration) == {}
    assert registration.correct(own) is own
    assert not registration.observable.any()


def test_switched_off_it_does_nothing(small):
    registration = Registration(small.sensors, RegistrationParams(enabled=False))
    run(registration, small.reports)
    assert biases_of(registration) == {}
    assert registration.correct(small.reports) is small.reports


def test_reports_without_address_are_told_apart_by_track(small):
    """The tracker's numbers, given a step later, do as well as addresses.

    Self-reports keep theirs: who tells both heights must say who it is.
    """
    own = small.reports.kind == ADSB
    reports = small.reports._replace(icao=np.where(own, small.reports.icao, -1).astype(np.int32))
    patient = RegistrationParams(settle_s=10.0)
    by_track, fed = Registration(small.sensors, patient), 0
    waiting = (NONE, NONE)
    for batch, now_s in batches(reports):
        by_track.observe(batch, *waiting, now_s)
        n = len(batch.time_s)
        waiting = np.arange(fed, fed + n), batch.target.astype(np.int64)
        fed += n
    by_address = run(Registration(small.sensors, patient), small.reports)
    assert by_track.values == pytest.approx(by_address.values, rel=1e-6, abs=1e-9)


def test_state_taken_up_goes_on_the_same(small):
    whole = estimated(small)
    parts = list(batches(small.reports))
    first, second = Registration(small.sensors), Registration(small.sensors)
    for batch, now_s in parts[:17]:
        first.observe(batch, NONE, NONE, now_s)
    second.load(first.arrays())
    for batch, now_s in parts[17:]:
        second.observe(batch, NONE, NONE, now_s)
    assert np.array_equal(second.values, whole.values)
    assert np.array_equal(second.sigmas, whole.sigmas)


def test_a_state_that_does_not_fit_is_refused(small):
    with pytest.raises(RecordingError, match="kept state of the registration"):
        Registration(small.sensors).load({"clock": np.zeros(2)})


def test_a_sensor_that_joins_leaves_the_others_as_they_are(small):
    registration = estimated(small)
    before = registration.values.copy()
    registration.set_sensors([*small.sensors, Sensor(name="new", lat=48.0, lon=17.0)])
    assert np.array_equal(registration.values[: len(before)], before)
    assert registration.priors.shape[0] == len(before) + 1


def test_empty_batches_are_nothing(small):
    registration = Registration(small.sensors)
    for k in range(20):
        registration.observe(empty_reports(0), NONE, NONE, START_S + 10.0 * k)
    assert not registration.observable.any()


def test_the_tracker_is_told_what_is_left_when_it_changes(small):
    """Range, azimuth, time, elevation; the gain widens the range's."""
    registration, told = Registration(small.sensors), []
    for batch, now_s in batches(small.reports):
        left = registration.observe(batch, NONE, NONE, now_s)
        if left is not None:
            told.append(left)
    assert 8 <= len(told) <= 11, "one for each window of 20 s"
    sigmas = registration.sigmas
    assert np.array_equal(told[-1][:3, 1], sigmas[:3, AZIMUTH_BIAS])
    assert np.array_equal(told[-1][:, 2], sigmas[:, TIME_BIAS])
    assert (told[-1][:3, 0] > 0.0).all()
    assert not told[-1][3, :2].any()


def test_what_a_data_sheet_says_of_its_biases_goes_before():
    loose = Sensor(name="a", lat=48.0, lon=16.0, bias_sigmas=BiasSigmas(azimuth_deg=1.0))
    registration = Registration([loose, Sensor(name="b", lat=48.0, lon=17.0)])
    assert registration.priors[:, AZIMUTH_BIAS] == pytest.approx([1.0 * DEGREE, 0.1 * DEGREE])
    assert registration.left_sigmas[:, 1] == pytest.approx([1.0 * DEGREE, 0.0])


@pytest.mark.parametrize("value", [np.inf, 1e300])
@pytest.mark.parametrize("column", ["baro_altitude_m", "geo_altitude_m", "range_m", "sigma_m"])
def test_an_absurd_report_is_left_out(small, column, value):
    some = take_reports(small.reports, slice(0, 3000))
    values = getattr(some, column).copy()
    values[::50] = value
    with np.errstate(all="ignore"):
        registration = run(Registration(small.sensors), some._replace(**{column: values}))
    assert np.isfinite(registration.values).all()
    assert registration.windows_lost == 0
    assert registration.used.sum() > 0


def test_a_window_whose_sums_are_not_finite_is_dropped_and_counted(small, monkeypatch):
    def broken(plots, setup, bias, scratch, sums):
        sums.information[0, 0] = np.nan
        return 1

    monkeypatch.setattr("skypact.register.registration.gather", broken)
    registration = estimated(small)
    assert registration.windows_lost > 0
    assert not registration.values.any()
    assert not registration.observable.any()


def test_state_taken_up_in_a_silence_goes_on_the_same(small):
    """Nothing waits then, and the next window begins when reports come again."""
    params = RegistrationParams()
    silence_s = 3.3 * params.window_s
    late = small.reports.time_s > START_S + 80.0
    shift = np.where(late, silence_s, 0.0)
    reports = small.reports._replace(
        time_s=small.reports.time_s + shift,
        received_ns=small.reports.received_ns + (shift * 1e9).astype(np.int64),
    )
    parts = list(batches(reports))
    whole, split = Registration(small.sensors), Registration(small.sensors)
    cut_s = START_S + 80.0 + 0.8 * silence_s
    resumed, fed = Registration(small.sensors), 0
    for batch, now_s in parts:
        n = len(batch.time_s)
        index, track = np.arange(fed, fed + n), batch.target.astype(np.int64)
        fed += n
        whole.observe(batch, index, track, now_s)
        if now_s <= cut_s:
            split.observe(batch, index, track, now_s)
            last = split.arrays()
            continue
        if not resumed.used.any():
            assert not len(last["index"]), "the split lies in the silence"
            resumed.load(last)
        resumed.observe(batch, index, track, now_s)
    assert np.array_equal(resumed.values, whole.values)
    assert np.array_equal(resumed.arrays()["clock"], whole.arrays()["clock"])


def test_a_radar_whose_site_becomes_known_is_not_believed_unbiased(small):
    first = small.sensors[0]
    blind = msgspec.structs.replace(first, lat=None, lon=None)
    registration = estimated(small, sensors=[blind, *small.sensors[1:]])
    assert registration.sigmas[0, AZIMUTH_BIAS] == 0.0
    registration.set_sensors(small.sensors)
    assert registration.sigmas[0, AZIMUTH_BIAS] == registration.priors[0, AZIMUTH_BIAS]


def test_another_data_sheet_leaves_what_was_learnt(small):
    registration = estimated(small)
    before = registration.values.copy()
    loose = msgspec.structs.replace(small.sensors[0], bias_sigmas=BiasSigmas(azimuth_deg=1.0))
    registration.set_sensors([loose, *small.sensors[1:]])
    assert registration.values == pytest.approx(before, rel=1e-9)


def test_the_last_steps_are_kept(small):
    registration = Registration(small.sensors)
    step = Step(0, 1.0, 9.0, 1)
    for k in range(1_002):
        registration._note_steps([step], float(k))
    assert len(registration.steps) == 1_000
    assert registration.steps[-1].found_s == 1_001.0
