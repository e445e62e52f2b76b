"""Ground: what the grid of edges answers is what the exact tests answer."""

import numpy as np
import pytest
import shapely

from skypact.units import DEGREE
from skypact.watch.ground import Ground, ring_about, territory_of

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
