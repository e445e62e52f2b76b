"""Parts of the ground: places and ways as the exact tests say, also about the antimeridian."""

import numpy as np
import pytest
import shapely
from tests.naive.skies import sky, track

from skypact.rules.border import BorderParams
from skypact.units import DEGREE
from skypact.watch.border import BorderRule
from skypact.watch.ground import Ground, ring_about, territory_of

CUT = Ground(shapely.union_all([shapely.box(178, 50, 180, 54), shapely.box(-180, 50, -178, 54)]))
BEYOND = Ground(shapely.box(178, 50, 182, 54))


def holds(ground, lat, lon):
    return ground.holds(np.radians([lat]), np.radians([lon])).item()


def share(ground, *way):
    return ground.first_edge(*(np.radians([value]) for value in way)).item()


@pytest.mark.parametrize("ground", [CUT, BEYOND])
def test_ground_goes_on_beyond_the_antimeridian(ground):
    assert [holds(ground, 52, lon) for lon in (177, 179, 180, -180, -179, -177)] == [
        False, True, True, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize("ground", [CUT, BEYOND])
def test_the_antimeridian_is_no_edge(ground):
    assert np.isnan(share(ground, 52, 179, 52, -179))
    assert share(ground, 52, -177, 52, -179) == pytest.approx(0.5)
    assert share(ground, 52, 177, 52, 179) == pytest.approx(0.5)


def test_a_circle_at_the_antimeridian_holds_both_sides():
    circle = Ground(ring_about(52.0, 179.99, 5_000.0))
    assert holds(circle, 52.0, -179.99)
    assert not holds(circle, 52.0, -179.9)


@pytest.mark.parametrize("course", [90.0, 270.0])
def test_who_crosses_the_antimeridian_meets_no_border_on_the_other_side_of_the_earth(course):
    europe = Ground(shapely.box(10.0, 45.0, 20.0, 55.0))
    entry = track(1, 50.0, 179.99 if course == 90.0 else -179.99, course=course)
    assert BorderRule(BorderParams(), europe).look(sky(entry)) == []


HOLED = shapely.box(10, 45, 20, 50) - shapely.box(13, 46, 14, 49)
SHAPES = [
    HOLED,
    territory_of(["440", "428"]),
    ring_about(47.0, 15.0, 30_000.0),
    shapely.Point(1, 2),
]


def places(shape, n=3_000):
    rng = np.random.Generator(np.random.PCG64(3))
    west, south, east, north = shape.bounds
    lon, lat = rng.uniform(west - 1, east + 1, n), rng.uniform(south - 1, north + 1, n)
    lat[:2], lon[2:4] = np.nan, np.nan
    return lat, lon


@pytest.mark.parametrize("shape", SHAPES)
def test_places_are_held_as_the_exact_test_says(shape):
    lat, lon = places(shape)
    held = Ground(shape).holds(lat * DEGREE, lon * DEGREE)
    assert np.array_equal(held, shapely.contains_xy(shape, lon, lat))


@pytest.mark.parametrize("shape", SHAPES[:3])
def test_ways_meet_edges_where_the_exact_test_says(shape):
    lat, lon = places(shape, 400)
    to_lat, to_lon = lat + 0.3 * np.sin(lon * 9.0), lon + 0.3 * np.cos(lat * 9.0)
    share = Ground(shape).first_edge(*(v * DEGREE for v in (lat, lon, to_lat, to_lon)))
    known = np.isfinite(lat + lon)
    ends = np.stack((lon, lat, to_lon, to_lat), axis=1)[known].reshape(-1, 2, 2)
    meets = shapely.intersects(shapely.linestrings(ends), shapely.boundary(shape))
    assert meets.any()
    assert not meets.all()
    assert np.array_equal(np.isfinite(share[known]), meets)
