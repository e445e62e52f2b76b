"""A terminal radar's hour gives one track per aircraft, with the velocity the aircraft reports.

230502-est-080001_BCN_60MN_08_09.ast: Mode S and primary radar 20/129, 4 s a turn, 177 addresses, of
which 172 have five or more plots, and three objects known only by their Mode A code. Tolerances are
the bars of the tracker's first version; what was measured stands beside each
(`docs/explanation/accuracy.md`).
"""

import numpy as np
import pytest
from tests.naive.played import changes_of_track, play, registers

from skypact.model.site import Site
from skypact.runtime.drive import replay
from skypact.runtime.pipeline import Pipeline
from skypact.testing.memory import FakeClock
from skypact.units import DEGREE, KNOT

pytestmark = pytest.mark.recordings

HOUR = "230502-est-080001_BCN_60MN_08_09.ast"
DATE_S = 1_682_985_600.0
SITE = Site(20, 129, 41.3006957, 2.1020582, 27.25)
"""As the recordings' README gives it."""
FEWEST_PLOTS = 5
SHORT_GAP_S = 20.0
CODES = (7052, 7363, 7376)
"""Mode A codes (3626, 3827 and 3838 as numbers) of objects without an address."""


@pytest.fixture(scope="module")
def played(data_dir):
    """The hour by what is withheld from the tracker, each played once."""
    done = {}

    def of(*withheld):
        if withheld not in done:
            done[withheld] = play([data_dir / "asterix" / HOUR], [SITE], withheld, DATE_S)
        return done[withheld]

    return of


@pytest.fixture(scope="module")
def downlinked(data_dir, played):
    return registers(data_dir / "asterix" / HOUR, played().reports, DATE_S)


def aircraft(reports):
    """Rows of the plots of every address with enough of them."""
    plots = np.flatnonzero((reports.coast == 0) & (reports.icao >= 0))
    order = plots[np.lexsort((reports.time_s[plots], reports.icao[plots]))]
    groups = np.split(order, np.flatnonzero(np.diff(reports.icao[order])) + 1)
    return [g for g in groups if len(g) >= FEWEST_PLOTS]


def stretches(reports, plots):
    """Runs of plots without a gap over 20 s, those of five plots and more."""
    runs = np.split(plots, np.flatnonzero(np.diff(reports.time_s[plots]) > SHORT_GAP_S) + 1)
    return [run for run in runs if len(run) >= FEWEST_PLOTS]


def tracks_of(played, plots):
    """Numbers of the confirmed tracks that took any of the plots."""
    return set(played.track_of[plots].tolist()) & set(played.confirmed.tolist())


def broken(played):
    """Addresses whose track number changes across a gap of 20 s or less."""
    taken = np.isin(played.track_of, played.confirmed)
    found = []
    for plots in aircraft(played.reports):
        gaps = changes_of_track(played.track_of, played.reports.time_s, plots[taken[plots]])
        if (gaps <= SHORT_GAP_S).any():
            found.append(int(played.reports.icao[plots[0]]))
    return found


def velocity_errors(played, downlinked):
    """Speed [kt] and course [deg] of confirmed tracks against BDS 5,0 of the same plot."""
    rows = played.rows
    place = {key: i for i, key in enumerate(zip(rows.time_s, rows.track, strict=True))}
    both = ~np.isnan(downlinked.ground_speed_mps) & ~np.isnan(downlinked.track_angle_rad)
    keys = zip(played.reports.time_s, played.track_of, strict=True)
    row = np.array([place.get(key, -1) for key in keys])
    plot = np.flatnonzero(both & (row >= 0) & (rows.confirmed[row] == 1))
    row = row[plot]
    speed = np.hypot(rows.vn_mps[row], rows.ve_mps[row]) - downlinked.ground_speed_mps[plot]
    course = np.arctan2(rows.ve_mps[row], rows.vn_mps[row]) - downlinked.track_angle_rad[plot]
    course = (course + np.pi) % (2 * np.pi) - np.pi
    return np.abs(speed) / KNOT, np.abs(course) / DEGREE


def test_the_hour_has_the_aircraft_of_its_readme(played):
    reports = played().reports
    seen = reports.coast == 0
    assert len(np.unique(reports.icao[seen & (reports.icao >= 0)])) == 177
    assert len(aircraft(reports)) == 172


def test_every_aircraft_has_one_confirmed_track_per_stretch(played):
    hour = played()
    wrong = {
        int(hour.reports.icao[plots[0]]): len(tracks_of(hour, run))
        for plots in aircraft(hour.reports)
        for run in stretches(hour.reports, plots)
        if len(tracks_of(hour, run)) != 1
    }
    assert all(tracks_of(hour, plots) for plots in aircraft(hour.reports))
    assert wrong == {}


def test_tracks_break_across_short_gaps_in_under_3_percent_of_aircraft(played):
    assert len(broken(played())) < 0.03 * 172


@pytest.mark.parametrize("code", CODES)
def test_objects_known_by_mode_a_alone_have_tracks(played, code):
    hour = played()
    plots = np.flatnonzero(
        (hour.reports.mode3a == code) & (hour.reports.icao < 0) & (hour.reports.coast == 0)
    )
    assert len(plots) >= FEWEST_PLOTS
    assert all(tracks_of(hour, run) for run in stretches(hour.reports, plots))


def test_coasts_never_update_a_track(played):
    hour = played()
    coasts = hour.reports.coast == 1
    assert int(coasts.sum()) == hour.counts["unusable"] == 172
    assert (hour.track_of[coasts] == -1).all()


def test_every_plot_is_taken(played):
    hour = played()
    assert hour.counts["late"] == hour.counts["refused"] == 0
    assert hour.counts["tracked"] == 44_085 - 172


def test_no_track_takes_plots_of_two_addresses(played):
    hour = played()
    named = (hour.reports.icao >= 0) & (hour.track_of >= 0)
    pairs = np.unique(np.column_stack([hour.track_of, hour.reports.icao])[named], axis=0)
    tracks, addresses = np.unique(pairs[:, 0], return_counts=True)
    assert tracks[addresses > 1].tolist() == []


def test_confirmed_aircraft_are_known_to_a_kilometre(played):
    """All are within 111 km of one radar: 672 m measured, at the edge of its coverage."""
    rows = played().rows
    sure = rows.confirmed == 1
    assert np.hypot(rows.sigma_n_m, rows.sigma_e_m)[sure].max() < 1_000.0


def test_heights_are_not_surely_below_the_ground(played):
    """An aircraft within 3.5 km of the radar never reports a level."""
    rows = played().rows
    sure = rows.confirmed == 1
    assert (rows.altitude_m + 6.0 * rows.sigma_u_m)[sure].min() > -200.0


def test_velocity_agrees_with_what_aircraft_report(played, downlinked):
    """Velocity and the radar's own track numbers withheld: 1.9 kt and 0.26 degrees measured."""
    speed_kt, course_deg = velocity_errors(played("velocity", "track_number"), downlinked)
    assert len(speed_kt) > 8_500
    assert np.median(speed_kt) < 10.0
    assert np.median(course_deg) < 5.0


def test_velocity_agrees_without_any_identity(played, downlinked):
    """Address, callsign and Mode A withheld, too: 1.9 kt and 0.25 degrees measured."""
    hour = played("velocity", "track_number", "icao", "callsign", "mode3a")
    speed_kt, course_deg = velocity_errors(hour, downlinked)
    assert len(speed_kt) > 8_500
    assert np.median(speed_kt) < 10.0
    assert np.median(course_deg) < 5.0


def test_the_picture_is_the_same_through_the_pipeline_and_again(played):
    hour = played()
    hashes = []
    for _ in range(2):
        pipeline = Pipeline(hour.sensors)
        replay(hour.reports, pipeline, FakeClock(), lambda share: None)
        hashes.append(pipeline.figures()["picture_hash"])
    assert hashes == [hour.picture_hash] * 2
