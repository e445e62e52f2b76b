"""WGS-84 conversions against PROJ and against the plain twins."""

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive import compiled
from tests.naive import geodesy as naive

from skypact.kernels import geodesy as kernels
from skypact.units import DEGREE, METRE

MICROMETRE = 1e-6 * METRE
SITE = (48.2 * DEGREE, 16.4 * DEGREE, 310.0)
TO_ECEF = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)


def edge_places():
    """Latitudes, longitudes and heights where conversions go wrong, and 2,000 anywhere."""
    lat = [-90, -89.9999999, -45, -1e-9, 0, 1e-9, 45, 80, 89.9999999, 90]
    lon = [-180, -179.9999999, -90, 0, 90, 179.9999999, 180]
    height = [-10_000, -430, 0, 11_000, 600_000]
    grid = np.array(np.meshgrid(lat, lon, height)).reshape(3, -1)
    rng = np.random.default_rng(1)
    anywhere = rng.uniform([[-90], [-180], [-1e4]], [[90], [180], [6e5]], (3, 2000))
    lat, lon, height = np.hstack([grid, anywhere])
    return lat * DEGREE, lon * DEGREE, height


def proj_ecef(lat, lon, height):
    return np.stack(TO_ECEF.transform(lon / DEGREE, lat / DEGREE, height), axis=-1)


def ecef(lat, lon, height):
    out = np.full((len(lat), 3), np.nan)
    kernels.ecef_from_geodetic(lat, lon, height, out)
    return out


def geodetic(places):
    out = np.full(places.shape, np.nan)
    kernels.geodetic_from_ecef(places, out)
    return out


def site_frame():
    lat, lon, height = (np.array([v]) for v in SITE)
    axes = np.full((1, 3, 3), np.nan)
    kernels.enu_axes(lat, lon, axes)
    return ecef(lat, lon, height)[0], axes[0]


def test_ecef_from_geodetic_agrees_with_proj_to_a_micrometre():
    places = edge_places()
    assert np.abs(ecef(*places) - proj_ecef(*places)).max() < MICROMETRE


def test_geodetic_from_ecef_comes_back_to_the_place_within_a_micrometre():
    lat, lon, height = edge_places()
    back = geodetic(proj_ecef(lat, lon, height))
    assert np.abs(proj_ecef(*back.T) - proj_ecef(lat, lon, height)).max() < MICROMETRE
    assert np.abs(back[:, 2] - height).max() < MICROMETRE


def test_geodetic_from_ecef_is_finite_at_both_poles_and_the_centre_of_the_disc():
    poles = np.array([[0.0, 0, 6.4e6], [0, 0, -6.4e6], [1e-9, 0, 6.4e6]])
    back = geodetic(poles)
    assert np.allclose(back[:, 0], [np.pi / 2, -np.pi / 2, np.pi / 2], atol=1e-15)
    assert np.abs(back[:, 2] - (6.4e6 - naive.SEMI_MINOR_M)).max() < MICROMETRE


def test_both_directions_agree_with_the_plain_twin():
    lat, lon, height = (v[:400] for v in edge_places())
    places = ecef(lat, lon, height)
    assert np.abs(places - naive.ecef_from_geodetic(lat, lon, height)).max() < MICROMETRE
    twin = naive.geodetic_from_ecef(places)
    again = naive.ecef_from_geodetic(*twin.T)
    assert np.abs(again - proj_ecef(*geodetic(places).T)).max() < MICROMETRE


@settings(max_examples=200)
@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-10_000, 600_000))
def test_a_round_trip_moves_no_place_by_more_than_a_micrometre(lat, lon, height):
    place = naive.ecef_from_geodetic([lat * DEGREE], [lon * DEGREE], [height])
    back = geodetic(place)
    assert np.abs(ecef(*np.ascontiguousarray(back.T)) - place).max() < MICROMETRE


def test_local_axes_are_orthonormal_right_handed_and_those_of_the_twin():
    lat, lon, _ = edge_places()
    axes = np.full((len(lat), 3, 3), np.nan)
    kernels.enu_axes(lat, lon, axes)
    assert np.abs(axes @ axes.transpose(0, 2, 1) - np.eye(3)).max() < 1e-14
    assert np.abs(np.linalg.det(axes) - 1.0).max() < 1e-13
    assert np.abs(axes - naive.enu_axes(lat, lon)).max() < 1e-14


def test_local_coordinates_agree_with_proj():
    lat, lon, height = SITE
    local = pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=cart +ellps=WGS84 +step +proj=topocentric "
        f"+ellps=WGS84 +lon_0={lon / DEGREE!r} +lat_0={lat / DEGREE!r} +h_0={height}"
    )
    rng = np.random.default_rng(2)
    a, o, h = rng.uniform([[0.7], [0.1], [0.0]], [[0.95], [0.5], [12_000]], (3, 200))
    east, north, up = local.transform(o, a, h, radians=True)
    site, axes = site_frame()
    polar = np.full((200, 3), np.nan)
    kernels.polar_from_ecef(ecef(a, o, h), site, axes, polar)
    slant = np.sqrt(np.square([east, north, up]).sum(0))
    assert np.abs(polar[:, 0] - slant).max() < 10 * MICROMETRE
    level = np.hypot(east, north)
    off = np.abs(np.exp(1j * polar[:, 1]) - (north + 1j * east) / level) * level
    assert off.max() < 10 * MICROMETRE
    assert np.abs(np.tan(polar[:, 2]) * level - up).max() < 10 * MICROMETRE


def test_polar_from_ecef_agrees_with_its_twin_and_azimuth_stays_in_one_turn():
    site, axes = site_frame()
    places = site + np.random.default_rng(3).normal(0, 1e5, (500, 3))
    out = np.full((500, 3), np.nan)
    kernels.polar_from_ecef(places, site, axes, out)
    twin = naive.polar_from_ecef(places, site, axes)
    assert np.abs(out - twin).max(axis=0) == pytest.approx([0, 0, 0], abs=1e-9)
    assert out[:, 1].min() >= 0.0
    assert out[:, 1].max() < 2 * np.pi


def test_azimuth_and_distance_agree_with_the_geodesic_on_the_ground():
    """Over 1 km a chord's azimuth is the geodesic's within 1e-6 and its length within 1 mm."""
    lat, lon, _ = SITE
    bearing = np.arange(0.0, 360.0, 15.0)
    ends = pyproj.Geod(ellps="WGS84").fwd(
        np.full(24, lon / DEGREE), np.full(24, lat / DEGREE), bearing, np.full(24, 1000.0)
    )
    places = ecef(np.radians(ends[1]), np.radians(ends[0]), np.full(24, 310.0))
    site, axes = site_frame()
    out = np.full((24, 3), np.nan)
    kernels.polar_from_ecef(places, site, axes, out)
    off = np.angle(np.exp(1j * (out[:, 1] - np.radians(bearing))))
    assert np.abs(off).max() < 1e-6
    # 310 m above the ellipsoid the same angle is longer by 310 m / R.
    assert np.abs(out[:, 0] - 1000.0 * (1 + 310.0 / 6.371e6)).max() < 1e-3


RANGES_M = (5e3, 20e3, 60e3, 150e3, 300e3, 500e3)
HEIGHTS_M = (500.0, 3_000.0, 11_000.0, 18_000.0)
REACHED = [(r, h) for r in RANGES_M for h in HEIGHTS_M if r > 1.5 * h]


@pytest.mark.parametrize(("range_m", "height_m"), REACHED)
def test_a_range_and_azimuth_are_placed_at_the_wanted_height_within_a_centimetre(range_m, height_m):
    site, axes = site_frame()
    antenna = np.array([*site, SITE[2]])
    for azimuth in np.radians(np.arange(0.0, 360.0, 30.0)):
        place = np.array(compiled.ecef_from_polar_one(range_m, azimuth, height_m, antenna, axes))
        polar = naive.polar_from_ecef(place[None], site, axes)[0]
        assert abs(polar[0] - range_m) < MICROMETRE * 10
        assert abs(np.angle(np.exp(1j * (polar[1] - azimuth)))) * range_m < MICROMETRE * 10
        reached = naive.geodetic_from_ecef(place)[0, 2]
        assert abs(reached - height_m) < 0.01 * METRE
        twin = naive.ecef_from_polar(range_m, azimuth, height_m, antenna, axes)
        assert np.linalg.norm(place - twin) < 0.02 * METRE * max(1.0, range_m / height_m)


def test_a_height_out_of_reach_gives_a_finite_place_at_the_range():
    site, axes = site_frame()
    antenna = np.array([*site, SITE[2]])
    for range_m, height_m in [(2_000.0, 9_000.0), (2_000.0, -9_000.0), (8_690.0, 9_000.0)]:
        place = np.array(compiled.ecef_from_polar_one(range_m, 1.0, height_m, antenna, axes))
        assert abs(np.linalg.norm(place - site) - range_m) < 1e-3 * METRE


def test_the_vertical_is_the_ellipsoid_normal_within_its_stated_bound():
    for lat, lon, height in np.array(edge_places()).T[::7]:
        if not -500.0 <= height <= 20_000.0:
            continue
        place = naive.ecef_from_geodetic(lat, lon, height)
        off = np.linalg.norm(np.array(compiled.up_at_one(*place)) - naive.up_at(place))
        assert off < 2.2e-5


def test_the_vertical_at_the_centre_of_the_earth_is_still_a_unit_vector():
    assert np.linalg.norm(compiled.up_at_one(0.0, 0.0, 0.0)) == 1.0


def test_the_spherical_elevation_meets_the_height_on_its_sphere():
    for range_m in (1e4, 1e5, 4e5):
        angle = compiled.elevation_for_height_one(range_m, 300.0, 9_000.0)
        site = 6_371_008.8 + 300.0
        height = np.hypot(range_m * np.cos(angle), site + range_m * np.sin(angle)) - 6_371_008.8
        assert abs(height - 9_000.0) < 1e-6
    assert compiled.elevation_for_height_one(0.0, 300.0, 9_000.0) == 0.0
