"""Multilateration with stations: accuracy by geometry (99 % bands, seeds stated)."""

import numpy as np
import pytest
from tests.naive.multilateration import covariance_of_differences
from tests.naive.simulated_scenes import MLAT, decoded, scene_of

from skypact.decode.asterix.reports import Decoder
from skypact.errors import ConfigError
from skypact.kernels.geodesy import MEAN_RADIUS_M, enu_axes
from skypact.simulate import Scenario, Scene, Slice
from skypact.simulate.mlat import drawn, stated_correlation
from skypact.simulate.network import ALTITUDE_SIGMA_M, LIGHT_MPS, Network
from skypact.simulate.parts import Air, Fleet, MlatOptions, Noise, Station
from skypact.simulate.places import distance_m, ecef_of, geodetic
from skypact.units import DEGREE

Z99 = 2.576
CENTRE = (47.9 * DEGREE, 17.6 * DEGREE)
RING = tuple(
    Station(lat=47.9 + 0.35 * np.cos(a), lon=17.6 + 0.5 * np.sin(a), height_m=300.0 + 120.0 * i)
    for i, a in enumerate(np.arange(7) * 0.9)
)
OPTIONS = MlatOptions(station=RING, sigma_time_ns=30.0)


def with_stations(options: MlatOptions = OPTIONS, count: int = 80) -> Scenario:
    """Airliners under a multilateration system with stations."""
    fleet = (Fleet(kind="airliner", count=count),)
    return scene_of(MLAT, fleet=fleet, mlat={MLAT.name: options})


@pytest.fixture(scope="module")
def played() -> Slice:
    """Forty seconds under seven stations."""
    scene = Scene(with_stations(), 51)
    return scene.advance(scene.time_s + 40.0)


def errors_and_sigmas(part: Slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Errors east and north, stated sigmas, both (n, 2), and distances from the middle (n,)."""
    records = decoded(part).targets
    place = geodetic(np.ascontiguousarray(part.origins.ecef_m))
    lat = np.array([r["041"]["LAT"] for r in records]) * DEGREE
    lon = np.array([r["041"]["LON"] for r in records]) * DEGREE
    east = (lon - place[:, 1]) * np.cos(place[:, 0])
    error = MEAN_RADIUS_M * np.stack((east, lat - place[:, 0]), axis=1)
    sigma = np.array([[r["500"]["SDP"]["X"], r["500"]["SDP"]["Y"]] for r in records])
    return error, sigma, distance_m(place[:, 0], place[:, 1], *CENTRE)


def test_the_covariance_is_that_of_correlated_time_differences() -> None:
    network = Network(OPTIONS, Air())
    lat, lon = np.array([48.0, 47.0]) * DEGREE, np.array([17.5, 19.5]) * DEGREE
    targets, axes = ecef_of(lat, lon, np.array([9_000.0, 11_000.0])), np.empty((2, 3, 3))
    enu_axes(lat, lon, axes)
    stations = ecef_of(
        np.array([s.lat for s in RING]) * DEGREE,
        np.array([s.lon for s in RING]) * DEGREE,
        np.array([s.height_m for s in RING]),
    )
    heard = np.ones((2, 7), np.bool_)
    heard[0, 2] = heard[1, :3] = False
    found = network.covariance(targets, axes, heard)
    for k in range(2):
        expected = covariance_of_differences(
            targets[k], axes[k], stations[heard[k]], LIGHT_MPS * 30e-9, ALTITUDE_SIGMA_M
        )
        assert np.allclose(found[k], expected, rtol=1e-6)


def test_drawn_errors_have_the_covariance_they_are_drawn_from() -> None:
    root = np.array([[30.0, 0.0, 0.0], [18.0, 9.0, 0.0], [-25.0, 4.0, 60.0]])
    n, wanted = 20_000, root @ root.T
    rng = np.random.default_rng(52)
    found = np.cov(drawn(np.repeat(wanted[None], n, axis=0), Noise(outlier_share=0.0), rng).T)
    spread = np.sqrt((np.outer(np.diag(wanted), np.diag(wanted)) + wanted**2) / n)
    # Six numbers at once: 99.9 % each.
    assert (np.abs(found - wanted) < 3.29 * spread).all()


def test_errors_have_the_sigmas_that_the_records_state(played: Slice) -> None:
    error, sigma, _ = errors_and_sigmas(played)
    scaled = error / sigma
    n = len(scaled)
    assert n > 1_000
    assert (np.abs(scaled.mean(axis=0)) < Z99 / np.sqrt(n)).all()
    assert (np.abs((scaled**2).mean(axis=0) - 1.0) < Z99 * np.sqrt(2.0 / n)).all()


def test_errors_of_consecutive_solutions_are_independent(played: Slice) -> None:
    error, sigma, _ = errors_and_sigmas(played)
    scaled, target = error / sigma, played.origins.target
    pairs = [
        scaled[mine][1:, 0] * scaled[mine][:-1, 0]
        for mine in (target == flight for flight in np.unique(target))
    ]
    products = np.concatenate(pairs)
    assert abs(products.mean()) < Z99 / np.sqrt(len(products))


def test_outside_the_network_accuracy_gets_worse(played: Slice) -> None:
    error, sigma, distance = errors_and_sigmas(played)
    inside, outside = distance < 40_000.0, distance > 120_000.0
    assert min(inside.sum(), outside.sum()) > 50
    assert np.median(sigma[outside]) > 3.0 * np.median(sigma[inside])
    assert np.median(np.abs(error[outside])) > 3.0 * np.median(np.abs(error[inside]))


def test_solutions_that_are_too_bad_are_not_sent(played: Slice) -> None:
    limit_m = 30.0
    options = MlatOptions(station=RING, sigma_time_ns=30.0, worst_sigma_m=limit_m)
    scene = Scene(with_stations(options), 51)
    _, sigma, _ = errors_and_sigmas(scene.advance(scene.time_s + 10.0))
    _, usual, _ = errors_and_sigmas(played)
    assert np.sqrt((usual**2).mean(axis=1)).max() > 2 * limit_m
    assert np.sqrt((sigma**2).mean(axis=1)).max() < limit_m + 0.25


@pytest.mark.parametrize(("detection", "seed"), [(0.95, 53), (0.6, 57)])
def test_solutions_need_enough_stations(detection: float, seed: int) -> None:
    options = MlatOptions(
        station=RING, station_detection=detection, least_stations=6, worst_sigma_m=1e6
    )
    high = np.full(4_000, 11_000.0)
    place = ecef_of(np.full(4_000, CENTRE[0]), np.full(4_000, CENTRE[1]), high)
    network = Network(options, Air())
    heard = network.heard(place, high, np.random.default_rng(seed))
    axes = np.repeat(np.eye(3)[None], 4_000, axis=0)
    share = network.usable(network.covariance(place, axes, heard), heard).mean()
    expected = 7 * detection**6 * (1 - detection) + detection**7
    assert abs(share - expected) < Z99 * np.sqrt(expected * (1 - expected) / 4_000)


def test_stations_below_the_horizon_hear_nothing() -> None:
    network = Network(MlatOptions(station=RING, station_detection=1.0), Air())
    far = np.array([CENTRE[0] + 2.0 * DEGREE])
    heights = np.array([200.0]), np.array([12_000.0])
    low, high = (
        network.heard(
            ecef_of(far, np.array([CENTRE[1]]), height), height, np.random.default_rng(55)
        )
        for height in heights
    )
    assert not low.any()
    assert high.all()


def test_reports_carry_the_sigma_of_their_geometry(played: Slice) -> None:
    _, sigma, _ = errors_and_sigmas(played)
    reports = Decoder((MLAT,)).decode(played.packets).reports
    assert np.allclose(reports.sigma_m, np.sqrt((sigma**2).mean(axis=1)))


def test_without_stations_no_accuracy_is_stated() -> None:
    scene = Scene(scene_of(MLAT, fleet=(Fleet(kind="airliner", count=20),)), 56)
    reports = Decoder((MLAT,)).decode(scene.advance(scene.time_s + 3.0).packets).reports
    assert len(reports.sigma_m) > 20
    assert np.isnan(reports.sigma_m).all()


def test_too_few_stations_are_an_error_that_says_so() -> None:
    few = MlatOptions(station=RING[:3])
    with pytest.raises(ConfigError, match=r"mlat\.Wide\.station: expected at least 4 .*, got 3"):
        Scene(with_stations(few, 2), 1)


def test_stated_correlations_are_what_the_field_holds() -> None:
    stated = stated_correlation(np.array([-0.9, -0.1, 0.3, 0.7, 0.99]))
    assert (np.rint(stated / 0.25) * 0.25 == [0.0, 0.0, 0.25, 0.75, 0.75]).all()
