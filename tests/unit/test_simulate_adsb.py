"""What aircraft broadcast: quality figures against the errors drawn (99 % bands, seeds stated)."""

import numpy as np
import pytest
from tests.naive.simulated_scenes import ADSB, scene_of

from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.simulate import load_scenario
from skypact.simulate.adsb import AdsbReceiver, Broadcast
from skypact.simulate.aircraft import Aircraft, Limits, empty_aircraft, limits_of
from skypact.simulate.feed import Datagram
from skypact.simulate.places import ecef_of
from skypact.simulate.tick import Emissions, Tick
from skypact.simulate.truth import TICK_S, Span
from skypact.simulate.velocity import LAG_S, SIGMA_MPS, WANDER_S, SentVelocities
from skypact.units import DEGREE

Z99 = 2.576
Z99_OF_15 = 3.40
"""For 15 statements that hold together with 99 %."""
EPU_M = {8: 92.6, 9: 30.0, 10: 10.0}
START_S = 1_767_268_800.0


def standing(n: int, lat: np.ndarray | float = 48.0) -> Aircraft:
    """Return aircraft that stand still, of each category in turn."""
    table = empty_aircraft(n)
    table.target[:] = table.icao[:] = np.arange(n)
    table.lat_rad[:], table.lon_rad[:] = np.asarray(lat) * DEGREE, 17.6 * DEGREE
    table.height_m[:] = table.baro_m[:] = 10_000.0
    table.adsb[:] = 1
    table.nacp[:] = 8 + np.arange(n) % 3
    return table


def still(table: Aircraft, k: int) -> Span:
    """Return the tick `k` of aircraft that stand still."""
    ecef = ecef_of(table.lat_rad, table.lon_rad, table.height_m)
    nothing, start_s = np.zeros_like(ecef), START_S + k * TICK_S
    return Span(start_s, start_s + TICK_S, ecef, ecef, nothing, nothing, table.baro_m, table.baro_m)


def sent(table: Aircraft, ticks: int, seed: int) -> list[Emissions]:
    """What aircraft that stand still broadcast in some ticks."""
    n = len(table.target)
    broadcast = Broadcast(scene_of(ADSB), n, np.random.default_rng(seed))
    return [broadcast.transmit(still(table, k), table) for k in range(ticks)]


@pytest.mark.parametrize("category", [8, 9, 10])
def test_errors_have_the_bound_that_the_category_says(category: int) -> None:
    table = standing(12_000)
    messages = sent(table, 1, 101)[0].squitters
    mine = messages.nacp == category
    assert (table.nacp[messages.sender[mine]] == category).all()
    north = MEAN_RADIUS_M * (messages.lat_rad[mine] - 48.0 * DEGREE)
    east = MEAN_RADIUS_M * np.cos(48.0 * DEGREE) * (messages.lon_rad[mine] - 17.6 * DEGREE)
    n, sigma = mine.sum(), EPU_M[category] / 2.45
    assert n > 1_000
    for error in (north, east):
        assert abs(error.mean()) < Z99_OF_15 * sigma / np.sqrt(n)
        assert abs(error.std() / sigma - 1.0) < Z99_OF_15 / np.sqrt(2 * n)
    inside = (np.hypot(north, east) < EPU_M[category]).mean()
    assert abs(inside - 0.95) < Z99_OF_15 * np.sqrt(0.95 * 0.05 / n)


def test_integrity_follows_accuracy() -> None:
    messages = sent(standing(300), 1, 102)[0].squitters
    assert set(zip(messages.nacp.tolist(), messages.nic.tolist(), strict=True)) == {
        (8, 7), (9, 8), (10, 8),
    }  # fmt: skip
    assert set(messages.sil.tolist()) == {3}


def test_each_aircraft_sends_about_twice_a_second() -> None:
    table = standing(400)
    times = np.concatenate([e.squitters.time_s for e in sent(table, 80, 103)])
    # Gaps of 0.4 to 0.6 s: 40 in 20 s, the count's spread is below 1 each.
    assert abs(len(times) / 400 - 40.0) < 0.5


def test_rows_where_nothing_is_and_aircraft_without_adsb_send_nothing() -> None:
    table = standing(300)
    table.target[:100] = -1
    table.adsb[100:200] = 0
    senders = np.concatenate([e.squitters.sender for e in sent(table, 4, 104)])
    assert senders.min() == 200
    assert len(np.unique(senders)) == 100


def test_detection_falls_smoothly_towards_the_edge_of_reach() -> None:
    lat = 47.9 + np.repeat([1.0, 4.0, 7.68, 8.5], 1_000)
    table = standing(4_000, lat)
    table.height_m[:] = 60_000.0
    scenario = load_scenario("border")
    scenario = scene_of(ADSB, fleet=scenario.fleet)
    receiver = AdsbReceiver(0, ADSB, scenario, 4_000, np.random.default_rng(105))
    limits: Limits = limits_of(table.kind)
    heard: list[Datagram] = []
    tried = np.zeros(4)
    for k, emissions in enumerate(sent(table, 1, 106)):
        heard += receiver.observe(Tick(still(table, k), table, limits, emissions))
        tried += np.bincount(emissions.squitters.sender // 1_000, minlength=4)
    found = np.bincount(np.concatenate([d.target for d in heard]) // 1_000, minlength=4)
    share = found / tried
    assert np.abs(share[:2] - 0.9).max() < Z99 * np.sqrt(0.9 * 0.1 / tried.min())
    assert 0.2 < share[2] < 0.7
    assert share[3] == 0.0


def test_velocities_err_by_the_same_for_some_seconds() -> None:
    n, after = 4_000, 24
    table, sent_by = standing(n), SentVelocities(4_000, np.random.default_rng(107))
    errors = []
    for k in range(after + 1):
        sent_by.move(table)
        span = still(table, k)
        errors.append(sent_by.at(span, np.arange(n), np.full(n, span.end_s)).ravel())
    first, last = errors[0], errors[-1]
    for error in (first, last):
        assert abs(error.std() / SIGMA_MPS - 1.0) < Z99 / np.sqrt(4 * n)
    alike = np.mean(first * last) / SIGMA_MPS**2
    assert abs(alike - np.exp(-after * TICK_S / WANDER_S)) < Z99 / np.sqrt(2 * n)


def test_a_velocity_is_that_of_a_constant_time_ago() -> None:
    """Speeds grow by 40 m/s^2; where a row is reused nothing is left of the flight before."""
    n, rate = 500, 40.0
    table, sent_by = standing(n), SentVelocities(500, np.random.default_rng(108))
    lags = []
    for k in range(40):
        table.speed_mps[:] = rate * (k + 1) * TICK_S
        sent_by.move(table)
        span = still(table, k)
        for early_s in (0.0, 0.1, 0.25):
            said = sent_by.at(span, np.arange(n), np.full(n, span.end_s - early_s))[:, 0]
            lags.append((k + 1) * TICK_S - early_s - said / rate)
    settled = np.array(lags[-60:])
    assert settled.std(axis=0).max() < 4 * SIGMA_MPS / rate
    lag_s = settled.mean(axis=0)
    assert abs(lag_s.mean() - np.mean(LAG_S)) < 0.1
    assert LAG_S[0] - 0.03 < lag_s.min() < 0.2
    assert 1.8 < lag_s.max() < LAG_S[1] + 0.03
    table.target[:] += n
    table.speed_mps[:] = 7.0
    sent_by.move(table)
    again = sent_by.at(still(table, 40), np.arange(n), np.full(n, START_S + 41 * TICK_S))[:, 0]
    assert np.abs(again - 7.0).max() < 5 * SIGMA_MPS
