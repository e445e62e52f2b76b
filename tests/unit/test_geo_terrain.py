"""Terrain: what files hold, between posts, voids, the geoid, errors."""

import math

import numpy as np
import pytest

from skypact.errors import ConfigError
from skypact.geo.geoid import undulation_m
from skypact.geo.terrain import NO_TERRAIN_M, Grid, Terrain
from skypact.record.terrain_file import read_terrain, terrain_reader


def above_sea(terrain, *places):
    """Heights above mean sea level at (lat, lon) degrees."""
    lat, lon = np.radians(np.array(places, float)).T
    return (terrain.height_m(lat, lon) - undulation_m(lat, lon)).round(3).tolist()


def plane(lat, lon):
    return 1_000.0 * (lat - 47.0) + 100.0 * (lon - 16.0)


def write_tile(folder, name="N47E016", side=1201, south=47.0, west=16.0):
    lat = south + np.linspace(1.0, 0.0, side)[:, None]
    lon = west + np.linspace(0.0, 1.0, side)[None, :]
    posts = plane(lat, lon).round().astype(">i2")
    posts.tofile(folder / f"{name}.hgt")
    return posts


PLACES = [(47.25, 16.75), (47.0, 16.0), (48.0, 17.0), (47.5004, 16.1234)]


def test_tiles_of_a_folder_are_read_and_joined(tmp_path):
    write_tile(tmp_path)
    write_tile(tmp_path, "N47E017", south=47.0, west=17.0)
    (tmp_path / "readme.txt").write_text("not a tile")
    terrain = terrain_reader(tmp_path.parent)(tmp_path.name)
    places = [*PLACES, (47.25, 17.5)]
    assert above_sea(terrain, *places) == pytest.approx([plane(*p) for p in places], abs=0.6)


def test_southern_and_western_tiles_lie_where_their_names_say(tmp_path):
    posts = write_tile(tmp_path, "S03W061", south=-3.0, west=-61.0)
    terrain = read_terrain(tmp_path / "S03W061.hgt")
    assert above_sea(terrain, (-2.0, -61.0), (-3.0, -60.0)) == [posts[0, 0], posts[-1, -1]]
    assert math.isnan(above_sea(terrain, (-3.5, -60.5))[0])


def test_voids_are_no_terrain(tmp_path):
    posts = write_tile(tmp_path)
    posts[600, 600] = -32768
    posts.tofile(tmp_path / "N47E016.hgt")
    terrain = read_terrain(tmp_path)
    assert math.isnan(above_sea(terrain, (47.5, 16.5))[0])
    lat, lon = np.radians([47.9]), np.radians([16.9])
    assert terrain.highest_m(lat, lon)[0] == 1_100.0


ASC = """ncols 3
nrows 2
xllcorner 15.5
yllcorner 46.5
cellsize 1.0
NODATA_value -9999
{} 3
1 2 -9999
"""


def test_an_ascii_grid_is_read_from_its_corner_or_centre(tmp_path):
    path = tmp_path / "a.asc"
    path.write_text(ASC.format("10 20"))
    by_corner = read_terrain(path)
    assert above_sea(by_corner, (48.0, 16.0), (47.0, 16.0), (47.5, 16.5)) == [10.0, 1.0, 8.25]
    assert math.isnan(above_sea(by_corner, (47.0, 18.0))[0])
    head = ASC.replace("xllcorner 15.5", "xllcenter 16").replace("yllcorner 46.5", "YLLCENTER 47")
    path.write_text(head.format("10 20"))
    assert above_sea(read_terrain(path), (48.0, 16.0)) == [10.0]


@pytest.mark.parametrize("order", [1, -1])
def test_an_archive_is_read_from_north_or_south(tmp_path, order):
    lat, lon = np.linspace(47.0, 48.0, 11)[::order], np.linspace(16.0, 17.0, 6)
    np.savez(tmp_path / "a.npz", lat=lat, lon=lon, height=plane(lat[:, None], lon[None, :]))
    terrain = read_terrain(tmp_path / "a.npz")
    assert above_sea(terrain, *PLACES) == pytest.approx([plane(*p) for p in PLACES], abs=1e-3)


def test_heights_are_above_the_ellipsoid():
    terrain = Terrain([Grid(47.0, 16.0, 1.0, 1.0, np.full((2, 2), 100.0))])
    lat, lon = np.radians([47.5]), np.radians([16.5])
    assert terrain.height_m(lat, lon)[0] == pytest.approx(100.0 + undulation_m(lat, lon)[0])
    assert terrain.height_m(lat, lon)[0] > 140.0
    assert np.isnan(terrain.height_m(np.array([np.nan, 0.8]), np.array([0.2, np.nan]))).all()


def test_terrain_over_the_antimeridian_is_found_from_both_sides():
    height = np.tile(np.arange(5.0), (3, 1))
    terrain = Terrain([Grid(-1.0, 178.0, 1.0, 1.0, height)])
    assert above_sea(terrain, (0.0, 179.5), (0.0, -179.5), (0.0, 180.0)) == [1.5, 2.5, 2.0]
    assert terrain.highest_m(np.zeros(1), np.radians([-178.5]))[0] == 4.0


def test_no_terrain_is_higher_than_the_highest_of_its_neighbourhood():
    rng = np.random.default_rng(4)
    grid = Grid(46.3, 15.2, 0.05, 0.07, rng.uniform(0, 3e3, (61, 43)))
    terrain = Terrain([grid])
    lat, lon = np.radians(rng.uniform(45, 51, 500)), np.radians(rng.uniform(13, 20, 500))
    highest = terrain.highest_m(lat, lon)
    known = terrain.height_m(lat, lon) - undulation_m(lat, lon)
    assert (np.nan_to_num(known, nan=NO_TERRAIN_M) <= highest + 1e-6).all()
    assert terrain.highest_m(np.radians([10.0]), np.radians([10.0]))[0] == NO_TERRAIN_M


def test_broken_files_are_clear_errors(tmp_path):
    def refuses(name, words, content=b""):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ConfigError, match=words):
            read_terrain(tmp_path / name)

    refuses("N47E016.hgt", "2884802 or 25934402 bytes", b"\0" * 100)
    refuses("tile.hgt", "N47E016")
    refuses("N99E016.hgt", "bytes", b"")
    refuses("a.tif", "folder of .hgt")
    refuses("a.asc", "ESRI ASCII", b"ncols 3\nnrows")
    refuses("b.asc", "ESRI ASCII", ASC.format("10 20 30").encode())
    refuses("c.asc", "degrees", ASC.replace("15.5", "378923").format("10 20").encode())
    refuses("a.npz", "lat, lon and height", b"nonsense")
    for path in ("nothing.asc", "none.hgt/x.hgt"):
        with pytest.raises(ConfigError):
            read_terrain(tmp_path / path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="found none"):
        read_terrain(tmp_path / "empty")


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"lat": [47, 48], "lon": [16, 17]}, "height"),
        ({"lat": [47, 48, 50], "lon": [16, 17], "height": np.zeros((3, 2))}, "even steps"),
        ({"lat": [47, 48], "lon": [17, 16], "height": np.zeros((2, 2))}, "even steps"),
        ({"lat": [47, 48], "lon": [16, 17], "height": np.zeros((2, 3))}, "lat by lon"),
        ({"lat": [47], "lon": [16, 17], "height": np.zeros((1, 2))}, "two posts"),
        ({"lat": [47, 48], "lon": [16, 17], "height": np.full((2, 2), -3e3)}, "above mean sea"),
        ({"lat": [470, 480], "lon": [16, 17], "height": np.zeros((2, 2))}, "degrees"),
    ],
)
def test_archives_that_do_not_fit_are_clear_errors(tmp_path, arrays, words):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ConfigError, match=words):
        read_terrain(tmp_path / "a.npz")
