"""Unknown biases of 0.1 degrees and 50 m: stated errors stay true however many plots are averaged.

Networks of one, two and four radars, each with biases of its own draw; a network's flights share
them, so the interval is over networks. `benchmarks/consistency.py` measures more of them.
"""

import numpy as np
import pytest
from tests.naive import geodesy, scenes
from tests.naive.scenes import Flight, plots, radar

from skypact.config import BiasSigmas
from skypact.track.params import TrackerParams
from skypact.units import DEGREE

pytestmark = pytest.mark.compiled
SITES = ((48.0, 16.0, 4.0), (48.9, 17.5, 5.0), (47.4, 17.6, 6.0), (48.6, 15.2, 8.0))
UNKNOWN = BiasSigmas(range_m=50.0, azimuth_deg=0.1)
NETWORKS, UNTIL_S = 16, 80.0
INSIDE_95 = 5.991


def flights(rng):
    """Nine flights, straight and level, in any direction."""
    return [
        Flight(
            47.5 + 0.4 * (k % 3),
            15.6 + 0.6 * (k // 3),
            height_m=3_000.0 + 900.0 * k,
            heading=float(rng.uniform(0, 360)),
            speed_mps=float(rng.uniform(120, 250)),
        )
        for k in range(9)
    ]


def nees_of(table, rng):
    """NEES of the last row of each flight of one network."""
    flown = flights(rng)
    batches = []
    for s in range(len(table.kind)):
        batch = plots(table, s, flown, UNTIL_S, rng)
        batch.range_m[:] += rng.normal(0, 50.0)
        batch.azimuth_rad[:] += rng.normal(0, 0.1 * DEGREE)
        batches.append(batch)
    batch = scenes.merged(*batches)
    result = scenes.run(table, batch, UNTIL_S, TrackerParams(capacity=256))
    values = []
    for k, flight in enumerate(flown):
        i = np.flatnonzero(result.rows.track == result.track_of[batch.target == k][-1])[-1]
        rows, time_s = result.rows, result.rows.time_s[i]
        own = geodesy.ecef_from_geodetic(rows.lat_rad[i], rows.lon_rad[i], rows.altitude_m[i])
        lat, lon, _, _ = flight.at(time_s)
        east, north, _ = geodesy.enu_axes(lat, lon)[0] @ (own - flight.ecef(time_s)[0])
        a, b, c = north / rows.sigma_n_m[i], east / rows.sigma_e_m[i], rows.corr_ne[i]
        values.append((a * a - 2 * c * a * b + b * b) / (1 - c * c))
    return values


@pytest.mark.parametrize("n_radars", [1, 2, 4])
def test_a_biased_network_errs_as_it_says(n_radars):
    """Without considering, NEES/2 is 3.9, 2.4 and 1.9, and 49, 68 and 78 % are inside."""
    rng = np.random.default_rng(70 + n_radars)
    table = scenes.sensors(
        *[
            radar(f"r{i}", lat=lat, lon=lon, period_s=period, clutter_per_scan=0.1,
                  bias_sigmas=UNKNOWN)
            for i, (lat, lon, period) in enumerate(SITES[:n_radars])
        ]
    )  # fmt: skip
    values = np.array([nees_of(table, rng) for _ in range(NETWORKS)])
    mean = values.mean(axis=1) / 2
    half = 2.6 * mean.std(ddof=1) / np.sqrt(NETWORKS)
    assert 0.6 < mean.mean() < 1.0 + max(half, 0.25)
    assert (values < INSIDE_95).mean() > 0.9
