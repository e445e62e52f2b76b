"""The barometric field: what to add to a flight level and the geoid to have a height, by place.

Aircraft that send both a pressure altitude and a satellite height tell it where they fly. Between
and beyond them it is interpolated by optimum interpolation, as meteorology does with heights of
pressure surfaces: the estimate of least variance under a covariance that falls with distance.
Sources: L. S. Gandin, "Objective Analysis of Meteorological Fields" (1963); R. Daley, "Atmospheric
Data Analysis" (1991), chapter 4 and, for the covariance (1 + d / L) exp(-d / L), section 4.3.

One aircraft counts once, however often it reports: its altimeter's error stays. Aircraft near each
other are brought together by a mean that gives less weight to what is far from their median (P. J.
Huber, "Robust Statistics" (1981)); what the others contradict loses its weight by its error when
it is left out (G. Wahba, "Spline Models for Observational Data" (1990), section 4.2). An address
without company counts little, since nobody bears it out.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.kernels.pressure import note_witnesses, read_field
from skypact.model.pressure import (
    ALTIMETER_M,
    ASKED,
    GAIN_SIGMA,
    KNOT_M,
    KNOTS,
    LOCAL_SIGMA_M,
    N_LAT,
    NODE_STEP_RAD,
    OFFSET_SIGMA_M,
    RENEWED_S,
    TILE,
    TILE_COLUMNS,
    VALUE,
    VARIANCE,
    W_ADDRESS,
    W_BARO,
    W_DIFFERENCE,
    W_LAT,
    W_LON,
    W_TIME,
    WITNESSES,
    empty_nodes,
    empty_tiles,
    empty_witnesses,
    unheard_variance,
)
from skypact.model.reports import Floats, Longs

LENGTH_M: Final = 400_000.0
"""Over which pressure and the warmth of the air change: gradients of 0.3 m/km are usual."""
LOCAL_LENGTH_M: Final = 150_000.0
LOCAL_DEPTH_M: Final = 3_000.0
"""Over which the local part does, along the ground and in height."""
ALONE_M: Final = 50.0
"""What an address without company within `LENGTH_M` may be wrong by beyond that."""
NEAR_MEDIAN_M: Final = 60.0
"""Distance from the median of a bin's aircraft up to which one has its full weight."""
ACCEPTED: Final = 2.6
"""Error of a bin left out, and what it says itself, in standard deviations of what is expected,
up to which it has its full weight."""
REACH_M: Final = 1_000_000.0
"""Witnesses farther from a tile's middle are not asked."""
MEMORY_S: Final = 3_600.0
"""What was heard is remembered for so long."""
WALK_M: Final = 20.0
"""Random walk of the field in an hour."""
BIN_RAD: Final = np.pi / 180.0
BIN_M: Final = 3_000.0
"""Sides of the bins in which aircraft are brought together."""
MOST_BINS: Final = 64
DUE_S: Final = 30.0
"""A tile that is asked for is renewed so often, or when there are `MORE` times the witnesses."""
MORE: Final = 1.25
NEW_TILES: Final = 4
"""Tiles renewed at once at most, of which one may be other than a first time."""
_ROUNDS: Final = 3


class Bins(NamedTuple):
    """Witnesses brought together, n bins."""

    place: Floats
    """Unit vectors (n, 3)."""
    baro_m: Floats
    value_m: Floats
    variance: Floats


def unit_vectors(lat_rad: Floats, lon_rad: Floats) -> Floats:
    """Directions of places (n,) from the centre of a sphere (n, 3)."""
    return np.stack(
        [np.cos(lat_rad) * np.cos(lon_rad), np.cos(lat_rad) * np.sin(lon_rad), np.sin(lat_rad)], -1
    )


def field_covariance(
    place: Floats, baro_m: Floats, others: Floats, others_baro_m: Floats
) -> Floats:
    """Covariance (n, m) of the field between places and levels (n,) and (m,)."""
    cosine = np.clip(place @ others.T, -1.0, 1.0)
    distance = MEAN_RADIUS_M * np.sqrt(2.0 - 2.0 * cosine)
    wide, local = distance / LENGTH_M, distance / LOCAL_LENGTH_M
    both = OFFSET_SIGMA_M**2 + GAIN_SIGMA**2 * baro_m[:, None] * others_baro_m
    apart = np.abs(baro_m[:, None] - others_baro_m) / LOCAL_DEPTH_M
    near = LOCAL_SIGMA_M**2 * (1.0 + local) * np.exp(-local - apart)
    return np.asarray(both * (1.0 + wide) * np.exp(-wide) + near)


def bins_of(heard: Floats, now_s: float) -> Bins:
    """Bring witnesses (n, 7), at least one, together by place and level."""
    row, column, layer = (
        np.floor(heard[:, at] / side).astype(np.int64)
        for at, side in ((W_LAT, BIN_RAD), (W_LON, BIN_RAD), (W_BARO, BIN_M))
    )
    _, bin_ = np.unique((row * 1_000 + column) * 1_000 + layer, return_inverse=True)
    told = heard[:, W_DIFFERENCE]
    order = np.lexsort((heard[:, W_ADDRESS], told, bin_))
    n = np.bincount(bin_)
    first = np.cumsum(n) - n
    median = 0.5 * (told[order][first + (n - 1) // 2] + told[order][first + n // 2])
    weight = np.minimum(1.0, NEAR_MEDIAN_M / np.maximum(np.abs(told - median[bin_]), 1e-9))
    total = np.bincount(bin_, weight)

    def mean(values: Floats) -> Floats:
        return np.asarray(np.bincount(bin_, weight * values) / total)

    value = mean(told)
    spread = np.bincount(bin_, weight * (told - value[bin_]) ** 2) / total
    age_h = mean(np.maximum(0.0, now_s - heard[:, W_TIME])) / 3_600.0
    vectors = unit_vectors(heard[:, W_LAT], heard[:, W_LON])
    place = np.stack([mean(vectors[:, a]) for a in range(3)], 1)
    place /= np.linalg.norm(place, axis=1)[:, None]
    company = (place @ place.T > np.cos(LENGTH_M / MEAN_RADIUS_M)) @ n
    variance = np.maximum(ALTIMETER_M**2, spread) / n + WALK_M**2 * age_h
    variance += ALONE_M**2 / company**3.0
    return Bins(place, mean(heard[:, W_BARO]), value, variance)


def interpolated(bins: Bins, place: Floats, baro_m: Floats) -> tuple[Floats, Floats]:
    """Value and variance of the field at places (q, 3) and levels (q,), by bins (n,).

    What a bin says loses weight by its error when it is left out and, before that, by how far it is
    from what weather is usual: bins that agree with each other alone do not bear each other out.
    Where bins have lost weight, the share of it and what they would have made of the value are part
    of what is not known.
    """
    prior = field_covariance(bins.place, bins.baro_m, bins.place, bins.baro_m)
    own = np.diagonal(prior) + bins.variance
    unusual = _excess(bins.value_m, own) * own
    noise = bins.variance + unusual
    inverse = np.linalg.inv(prior + np.diag(noise))
    for _ in range(_ROUNDS):
        own = np.diagonal(inverse)
        error = inverse @ bins.value_m / own
        expected = 1.0 / own - noise + bins.variance
        doubted = bins.variance + np.maximum(_excess(error, expected) * expected, unusual)
        if (noise == doubted).all():
            break
        noise = doubted
        inverse = np.linalg.inv(prior + np.diag(noise))
    across = field_covariance(place, baro_m, bins.place, bins.baro_m)
    value = across @ (inverse @ bins.value_m)
    told = np.einsum("qn,qn->q", across @ inverse, across)
    variance = np.maximum(unheard_variance(baro_m) - told, 1.0)
    if (noise > bins.variance).any():
        believed = across @ np.linalg.solve(prior + np.diag(bins.variance), bins.value_m)
        weight = across**2 / bins.variance
        lost = weight @ (1.0 - bins.variance / noise) / np.maximum(weight.sum(axis=1), 1e-9)
        variance += (lost * (believed - value)) ** 2
    return value, variance


def _excess(error_m: Floats, expected: Floats) -> Floats:
    """By how many of the expected variances errors (n,) exceed what is accepted, 0 or more."""
    return np.maximum(0.0, error_m**2 / (ACCEPTED**2 * expected) - 1.0)


def _renew_tile(number: int, heard: Floats, vectors: Floats, nodes: Floats, now_s: float) -> None:
    """Estimate a tile's nodes from the witnesses about it.

    What bends between nodes is not read there (`kernels.pressure`): an eighth of each second
    difference, the error of linear interpolation, is part of what is not known. So the nodes about
    the tile are estimated, too.
    """
    row, column = divmod(number, TILE_COLUMNS)
    i = np.arange(row * TILE, min(N_LAT, (row + 1) * TILE) + 2) - 1
    j = np.arange(column * TILE, (column + 1) * TILE + 2) - 1
    lat, lon, knot = np.meshgrid(
        i * NODE_STEP_RAD - 0.5 * np.pi, j * NODE_STEP_RAD, np.arange(KNOTS) * KNOT_M, indexing="ij"
    )
    place, baro = unit_vectors(lat.ravel(), lon.ravel()), knot.ravel()
    middle = place.mean(axis=0)
    middle /= np.linalg.norm(middle)
    near = vectors @ middle > np.cos(REACH_M / MEAN_RADIUS_M)
    tile = nodes[i[1] : i[-1], j[1] : j[-1]]
    if not near.any():
        tile[..., VALUE] = 0.0
        tile[..., VARIANCE] = unheard_variance(knot[1:-1, 1:-1])
        return
    bins = bins_of(heard[near], now_s)
    if len(bins.value_m) > MOST_BINS:
        nearest = np.argsort(-(bins.place @ middle), kind="stable")[:MOST_BINS]
        bins = Bins(*(column[nearest] for column in bins))
    value, variance = (column.reshape(knot.shape) for column in interpolated(bins, place, baro))
    north = np.diff(value, 2, axis=0)[:, 1:-1] / 8.0
    east = np.diff(value, 2, axis=1)[1:-1] / 8.0
    tile[..., VALUE] = value[1:-1, 1:-1]
    tile[..., VARIANCE] = variance[1:-1, 1:-1] + north**2 + east**2


def renew_field(
    nodes: Floats, witnesses: Floats, tiles: Floats, now_s: float, most: int = NEW_TILES
) -> int:
    """Bring tiles that were asked for up to date, `most` at once; returns how many were.

    Parameters
    ----------
    nodes, witnesses, tiles : float64
        See `model.pressure`; nodes and tiles are written.
    now_s : float
        Present time.
    most : int
        Tiles that are estimated for the first time; of others, a quarter as many.
    """
    is_heard = (witnesses[:, W_ADDRESS] >= 0.0) & (witnesses[:, W_TIME] > now_s - MEMORY_S)
    n = np.count_nonzero(is_heard)
    was_told = tiles[:, WITNESSES] > 0.0
    if n == 0 and not was_told.any():
        return 0
    age_s = now_s - tiles[:, RENEWED_S]
    due = (age_s > DUE_S) | (n > MORE * tiles[:, WITNESSES])
    rows = np.flatnonzero((tiles[:, ASKED] > 0.0) & due)
    if not rows.size:
        return 0
    rows = rows[np.lexsort((tiles[rows, RENEWED_S], was_told[rows]))]
    chosen = rows[: max(1, min(most, np.count_nonzero(~was_told[rows])), most // NEW_TILES)]
    heard = witnesses[is_heard]
    vectors = unit_vectors(heard[:, W_LAT], heard[:, W_LON])
    for number in chosen.tolist():
        _renew_tile(number, heard, vectors, nodes, now_s)
    tiles[chosen] = (0.0, now_s, n)
    return len(chosen)


class PressureField:
    """A field with its witnesses, for whoever has reports and no tracker."""

    def __init__(self) -> None:
        self.nodes, self.witnesses, self.tiles = empty_nodes(), empty_witnesses(), empty_tiles()

    def note(self, address: Longs, rows: Floats) -> None:
        """Note witnesses: addresses (n,); time, latitude, longitude, level, difference (n, 5)."""
        note_witnesses(address, np.ascontiguousarray(rows), self.witnesses)

    def read(self, places: Floats, now_s: float, most: int) -> Floats:
        """Value and variance (n, 2) at latitudes, longitudes and levels (n, 3), renewed before."""
        out = np.empty((len(places), 2))
        places = np.ascontiguousarray(places)
        read_field(places, self.nodes, self.tiles, out)
        if renew_field(self.nodes, self.witnesses, self.tiles, now_s, most):
            read_field(places, self.nodes, self.tiles, out)
        return out

    def arrays(self) -> dict[str, Floats]:
        """All that is kept, by name."""
        return {"nodes": self.nodes, "witnesses": self.witnesses, "tiles": self.tiles}

    def load(self, kept: Mapping[str, Floats]) -> None:
        """Take up what `arrays` gave; ValueError where it does not fit."""
        for name, array in self.arrays().items():
            if kept[name].shape != array.shape:
                raise ValueError(f"expected {name} of {array.shape}, got {kept[name].shape}")
            array[:] = kept[name]
