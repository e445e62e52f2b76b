"""Tables of the field that turns flight levels into heights: nodes, witnesses, tiles.

The field is the height above the ellipsoid minus pressure altitude and geoid. It is kept at the
nodes of a grid over the whole earth; aircraft that send both heights are its witnesses.
"""

from typing import Final

import numpy as np

from skypact.model.reports import Floats

NODE_STEP_RAD: Final = np.pi / 120.0
"""Between nodes, 1.5 degrees."""
N_LAT: Final = 121
"""From the south pole to the north pole."""
N_LON: Final = 240
"""East from the Greenwich meridian."""
KNOTS: Final = 6
KNOT_M: Final = 3_000.0
"""Pressure altitudes of a node: 0, 3, ... 15 km, linear between them, constant above."""
(VALUE, VARIANCE) = range(2)
"""Last axis of the nodes (121, 240, 6, 2): metres, square metres."""

N_WITNESSES: Final = 4096
(W_ADDRESS, W_TIME, W_LAT, W_LON, W_BARO, W_DIFFERENCE, W_COUNT) = range(7)
"""Columns of the witnesses (4096, 7): 24-bit address (-1 free), last time, place and pressure
altitude, mean difference, and the reports in that mean."""
PROBES: Final = 4
"""Rows that an address may be in."""

TILE: Final = 4
"""Nodes along a tile's sides."""
TILE_ROWS: Final = (N_LAT + TILE - 1) // TILE
TILE_COLUMNS: Final = N_LON // TILE
(ASKED, RENEWED_S, WITNESSES) = range(3)
"""Columns of the tiles (31 * 60, 3): 1 where a level was reported there since its renewal; time of
that; witnesses heard at all by then."""

OFFSET_SIGMA_M: Final = 120.0
"""Standard deviation of the field at sea level where nobody is heard: 15 hPa off the standard."""
GAIN_SIGMA: Final = 0.012
"""Of its growth with height: an air column 3 degrees warmer or colder."""
LOCAL_SIGMA_M: Final = 15.0
"""Of what is left over short distances: fronts, inversions, mountain waves."""

ALTIMETER_M: Final = 20.0
"""Standard deviation of one aircraft's difference: its static pressure system (245 ft at most in
reduced-separation airspace, three sigmas: ICAO Doc 9574, 4.2) and its satellite height."""


def unheard_variance(baro_m: Floats) -> Floats:
    """Variance of the field at pressure altitudes (n,) far from every witness."""
    return np.asarray(OFFSET_SIGMA_M**2 + (GAIN_SIGMA * baro_m) ** 2 + LOCAL_SIGMA_M**2)


def empty_nodes() -> Floats:
    """Make nodes that nobody was heard at."""
    nodes = np.zeros((N_LAT, N_LON, KNOTS, 2))
    knots: Floats = np.arange(KNOTS, dtype=np.float64) * KNOT_M
    nodes[:, :, :, VARIANCE] = unheard_variance(knots)
    return nodes


def empty_witnesses() -> Floats:
    """Make a table without witnesses."""
    table = np.zeros((N_WITNESSES, 7))
    table[:, W_ADDRESS] = -1.0
    return table


def empty_tiles() -> Floats:
    """Make tiles that were never asked for."""
    tiles = np.zeros((TILE_ROWS * TILE_COLUMNS, 3))
    tiles[:, RENEWED_S] = -np.inf
    return tiles
