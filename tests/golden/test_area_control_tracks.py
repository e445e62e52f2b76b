"""An area-control tracker's half hour as the only source: its tracks are ours, with honest errors.

jade_cat062.ff: 22,396 CAT062 of 33/18, one each 5 s and track, 154 addresses, 372 track numbers of
which 202 never have an address (most of these short, of primary plots). No accuracy (I062/500) is
sent, so the data sheet's 100 m per axis holds. 534 records are extrapolated.
"""

import numpy as np
import pytest
from tests.naive.played import play

pytestmark = pytest.mark.recordings

EARTH_M = 6_371_008.8
FEWEST = 5
PAUSE_S = 60.0


@pytest.fixture(scope="module")
def half_hour(data_dir):
    return play([data_dir / "asterix" / "jade_cat062.ff"], [])


def runs(played, use):
    """Reports of one number of the source's, without a pause, five and more."""
    reports = played.reports
    rows = np.flatnonzero(use & (reports.coast == 0))
    rows = rows[np.lexsort((reports.time_s[rows], reports.track_number[rows]))]
    edge = (np.diff(reports.track_number[rows]) != 0) | (np.diff(reports.time_s[rows]) > PAUSE_S)
    parts = np.split(rows, np.flatnonzero(edge) + 1)
    return [run for run in parts if len(run) >= FEWEST]


def changes(played, run):
    """Changes of our track within a run, None where it has none that was confirmed."""
    taken = played.track_of[run]
    taken = taken[np.isin(taken, played.confirmed)]
    return int(np.count_nonzero(np.diff(taken))) if len(taken) else None


def at_reports(played):
    """Rows of confirmed tracks at their reports' times: (reports, rows)."""
    rows = played.rows
    sure = np.flatnonzero(rows.confirmed == 1)
    place = dict(zip(zip(rows.time_s[sure], rows.track[sure], strict=True), sure, strict=True))
    keys = zip(played.reports.time_s, played.track_of, strict=True)
    row = np.array([place.get(key, -1) for key in keys])
    return np.flatnonzero(row >= 0), row[row >= 0]


def test_every_address_has_a_confirmed_track(half_hour):
    """145 of 154 addresses have five updates or more."""
    reports = half_hour.reports
    use = (reports.coast == 0) & (reports.icao >= 0)
    addresses, n = np.unique(reports.icao[use], return_counts=True)
    often = addresses[n >= FEWEST]
    shown = np.isin(half_hour.track_of, half_hour.confirmed) & use
    assert len(addresses) == 154
    assert len(often) == 145
    assert np.isin(often, reports.icao[shown]).all()


def test_its_tracks_do_not_break(half_hour):
    """Measured: two changes with addresses, of one number that the source gave two aircraft."""
    found = [changes(half_hour, run) for run in runs(half_hour, half_hour.reports.icao >= 0)]
    assert None not in found
    assert sum(found) <= 4


def test_its_tracks_without_address_are_shown(half_hour):
    """Short ones of primary plots, with pauses of extrapolation; few change."""
    found = [changes(half_hour, run) for run in runs(half_hour, half_hour.reports.icao < 0)]
    assert found.count(None) <= 1
    assert sum(n or 0 for n in found) <= 8


def test_no_track_takes_two_addresses(half_hour):
    reports, track_of = half_hour.reports, half_hour.track_of
    named = (reports.icao >= 0) & np.isin(track_of, half_hour.confirmed)
    pairs = np.unique(np.column_stack([track_of, reports.icao])[named], axis=0)
    assert len(pairs) == len(np.unique(pairs[:, 0]))


def test_nothing_is_shown_that_it_does_not_send(half_hour):
    """Fewer confirmed tracks than it has numbers: short ones are not confirmed."""
    numbers = np.unique(half_hour.reports.track_number)
    assert len(numbers) == 372
    assert 170 < len(half_hour.confirmed) < 260


def test_extrapolated_records_update_nothing(half_hour):
    coasts = half_hour.reports.coast == 1
    assert int(coasts.sum()) == half_hour.counts["unusable"] == 534
    assert (half_hour.track_of[coasts] == -1).all()
    assert half_hour.counts["tracked"] == 22_396 - 534


def test_tracks_lie_where_it_says_and_are_as_uncertain_as_its_data_sheet(half_hour):
    """Measured: 0.6 m in the median, 8 m in 99 %; no track is surer than one estimate is."""
    report, row = at_reports(half_hour)
    reports, rows = half_hour.reports, half_hour.rows
    north = (rows.lat_rad[row] - reports.lat_rad[report]) * EARTH_M
    east = (rows.lon_rad[row] - reports.lon_rad[report]) * EARTH_M
    off = np.hypot(north, east * np.cos(reports.lat_rad[report]))
    sigma = np.hypot(rows.sigma_n_m[row], rows.sigma_e_m[row]) / np.sqrt(2.0)
    assert len(report) > 21_000
    assert np.median(off) < 3.0
    assert np.quantile(off, 0.99) < 30.0
    assert sigma.min() > 99.0
    assert np.median(sigma) < 102.0
