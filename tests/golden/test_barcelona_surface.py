"""Surface radar and multilateration of one airport, replayed together, make joint tracks.

201002-lebl-080001_smr.ast (0/7, plots without identity) and 201002-lebl-080001_mlat.ast (0/107,
with addresses), the same two hours. Of the surface radar's plots, 68 % have a multilateration plot
within 60 m and 0.6 s: an aircraft or vehicle that both see.
"""

import numpy as np
import pytest
from tests.naive.played import play

from skypact.model.reports import take_reports
from skypact.model.site import Site
from skypact.register.plots import sheets_of
from skypact.register.surface import AZIMUTH, BEHIND, EAST, NORTH, RANGE, Surface, differences
from skypact.units import DEGREE

pytestmark = pytest.mark.recordings

RADAR, LATERATION = "201002-lebl-080001_smr.ast", "201002-lebl-080001_mlat.ast"
DATE_S = 1_601_596_800.0
SITES = [Site(0, 7, 41.295618, 2.095114, 75.0), Site(0, 107, 41.297062, 2.078447, 50.0)]
NEAR_M, SOON_S = 60.0, 0.6
EARTH_M = 6_371_008.8


@pytest.fixture(scope="module")
def two_hours(data_dir):
    return play([data_dir / "asterix" / n for n in (RADAR, LATERATION)], SITES, (), DATE_S)


def places(reports, sensor, site):
    """North and east (n, 2) of the radar's site in metres of a sensor's plots, and their rows."""
    row = np.flatnonzero((reports.sensor == sensor) & (reports.coast == 0))
    distance, azimuth = reports.range_m[row], reports.azimuth_rad[row]
    polar = np.column_stack([distance * np.cos(azimuth), distance * np.sin(azimuth)])
    plane = np.column_stack([reports.y_m[row], reports.x_m[row]])
    place = np.where(np.isnan(distance)[:, None], plane, polar)
    lat0 = SITES[0].lat_deg * DEGREE
    place[:, 0] += (site.lat_deg - SITES[0].lat_deg) * DEGREE * EARTH_M
    place[:, 1] += (site.lon_deg - SITES[0].lon_deg) * DEGREE * EARTH_M * np.cos(lat0)
    known = ~np.isnan(place[:, 0])
    return row[known], place[known]


def pairs(reports):
    """Rows of radar plots with a near multilateration plot, and of the nearest such."""
    radar, at = places(reports, 0, SITES[0])
    lateration, near = places(reports, 1, SITES[1])
    order = np.argsort(reports.time_s[lateration], kind="stable")
    lateration, near = lateration[order], near[order]
    first, last = (
        np.searchsorted(reports.time_s[lateration], reports.time_s[radar] + dt, side)
        for dt, side in ((-SOON_S, "left"), (SOON_S, "right"))
    )
    found = []
    for i in np.flatnonzero(last > first):
        distance = np.hypot(*(near[first[i] : last[i]] - at[i]).T)
        k = int(distance.argmin())
        if distance[k] < NEAR_M:
            found.append((radar[i], lateration[first[i] + k], distance[k]))
    rows = np.array([f[:2] for f in found])
    return rows, np.array([f[2] for f in found]), len(radar)


def test_two_thirds_of_the_radar_plots_have_a_partner(two_hours):
    """The recordings' README: 68 %, 12 m in the median."""
    rows, distance, n = pairs(two_hours.reports)
    assert 0.66 < len(rows) / n < 0.70
    assert 9.0 < np.median(distance) < 15.0


def test_a_radar_plot_and_its_partner_share_a_track(two_hours):
    """Measured 98 %; the bar is 95 %."""
    rows, _, _ = pairs(two_hours.reports)
    radar, lateration = two_hours.track_of[rows].T
    assert np.mean((radar == lateration) & (radar >= 0)) >= 0.95


def moving_m(reports, track, sheets):
    """Median difference of moving objects' plots along and across their way."""
    found = differences(reports, track, sheets, 0)
    way = -found.slope[:, :, BEHIND]
    along = (found.difference * way).sum(axis=1)
    across = found.difference[:, 0] * way[:, 1] - found.difference[:, 1] * way[:, 0]
    return np.median(along), np.median(np.abs(across))


def test_the_radar_is_aligned_with_the_multilateration(two_hours):
    """Second hour by what the first one showed; see design/0010."""
    reports, track = two_hours.reports, two_hours.track_of
    sheets, surface = sheets_of(two_hours.sensors), Surface(np.array([True, False]))
    window = np.floor((reports.time_s - reports.time_s.min()) / 20.0)
    for k in range(180):
        rows = window == k
        surface.learn(take_reports(reports, rows), track[rows], sheets, 20.0)
    assert surface.observable[0, [NORTH, EAST, RANGE, AZIMUTH, BEHIND]].all()
    assert 0.2 < surface.x[0, AZIMUTH] / DEGREE < 0.35
    assert 7.0 < surface.x[0, BEHIND] < 12.0
    later = window >= 180
    second, track = take_reports(reports, later), track[later]
    along, before = moving_m(second, track, sheets)
    _, after = moving_m(surface.corrected(second), track, sheets)
    assert along == pytest.approx(-surface.x[0, BEHIND], abs=3.0)
    assert after < 0.7 * before


def test_a_track_of_both_is_not_a_track_of_everything(two_hours):
    """Sharing is not bought by merging: a track takes plots of one address, bar 1 % of them."""
    reports, track_of = two_hours.reports, two_hours.track_of
    named = (reports.icao >= 0) & (track_of >= 0)
    pairs_, n = np.unique(
        np.column_stack([track_of, reports.icao])[named], axis=0, return_counts=True
    )
    total = np.bincount(pairs_[:, 0], n)
    most = np.zeros(len(total))
    np.maximum.at(most, pairs_[:, 0], n)
    assert (total - most).sum() < 0.01 * total.sum()
