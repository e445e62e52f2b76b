"""Disturbed satellite navigation: by cells, with hysteresis; old equipment does not count."""

import numpy as np
import pytest
import shapely.geometry
from tests.naive.looks import BOTH, RECEIVER, joined, plain, reports_of
from tests.naive.skies import START_S, flown, sky

from skypact.model.reports import ADSB
from skypact.rules.gnss import GnssParams
from skypact.units import DEGREE
from skypact.watch.gnss import GnssRule, box_of, cells_of

CROWD = [plain(k, 48.1 + 0.04 * k, 16.1 + 0.03 * k, speed=20.0) for k in range(1, 7)]
FAR = [plain(k, 50.1 + 0.02 * k, 12.1 + 0.03 * k, speed=20.0) for k in range(11, 17)]
GOOD, BAD, MIDDLE = (9, 8), (0, 0), (6, 6)


def run(rule, seconds, quality, entries=(*CROWD, *FAR), sensors=BOTH, is_alive=True):
    """Findings by second; `quality(track, second)` is NACp and NIC, None for no report."""
    out = {}
    for s in seconds:
        now = [flown(e, float(s)) for e in entries]
        parts = [(reports_of(RECEIVER, 1, [], 0.0, ADSB), np.zeros(0, np.int64))]
        for e in now:
            stated = quality(e["track"], s)
            if stated is not None:
                nacp, nic = stated
                report = reports_of(RECEIVER, 1, [e], float(s), ADSB, nacp=nacp, nic=nic)
                parts.append((report, np.array([e["track"]])))
        reports, of = joined(parts)
        tracks = now if is_alive else []
        out[s] = rule.look(
            sky(*tracks, at_s=float(s), sensors=sensors, reports=reports, report_track=of)
        )
    return out


def crowd_from(s_bad, bad=BAD, s_back=10_000):
    return lambda k, s: bad if k < 10 and s_bad <= s < s_back else GOOD


def first(found):
    return next((s for s, told in found.items() if told), None)


def test_aircraft_that_become_bad_together_are_an_area():
    found = run(GnssRule(GnssParams()), range(90), crowd_from(60))
    assert first(found) == 60
    (one,) = found[89]
    area = shapely.geometry.shape(one.area)
    assert area.contains(shapely.geometry.Point(16.2, 48.3))
    assert not area.contains(shapely.geometry.Point(12.2, 50.2))
    assert one.evidence["aircraft_bad"] == 6
    assert one.event_time_s == START_S + 60.0


def test_fewer_than_three_are_no_area():
    def two(k, s):
        return BAD if k in (1, 2) and s >= 60 else GOOD

    assert first(run(GnssRule(GnssParams()), range(120), two)) is None


def test_three_among_many_good_ones_are_no_area():
    crowd = [plain(k, 48.1 + 0.03 * k, 16.1 + 0.02 * k, speed=5.0) for k in range(1, 11)]

    def three(k, s):
        return BAD if k <= 3 and s >= 60 else GOOD

    assert first(run(GnssRule(GnssParams(cell_deg=1.0)), range(120), three, crowd)) is None


@pytest.mark.parametrize(("apart_deg", "told"), [(0.5, True), (1.5, False)])
def test_aircraft_of_neighbouring_cells_are_counted_together(apart_deg, told):
    spread = [plain(k, 48.2 + apart_deg * k, 16.2, speed=1.0) for k in range(1, 4)]
    found = run(GnssRule(GnssParams()), range(90), crowd_from(60), (*spread, *FAR))
    assert (first(found) is not None) == told


def test_one_aircraft_that_flies_through_several_cells_counts_once():
    fast = [plain(1, 48.2, 16.4, course=90.0, speed=900.0)]
    found = run(GnssRule(GnssParams()), range(200), crowd_from(60), (*fast, *FAR))
    assert first(found) is None


def test_equipment_that_was_always_bad_does_not_count():
    assert first(run(GnssRule(GnssParams()), range(120), lambda k, s: BAD)) is None


def test_unknown_quality_is_no_bad_one():
    assert first(run(GnssRule(GnssParams()), range(120), crowd_from(60, (-1, -1)))) is None


def test_between_good_and_bad_an_aircraft_stays_what_it_was():
    assert first(run(GnssRule(GnssParams()), range(120), crowd_from(60, MIDDLE))) is None
    rule = GnssRule(GnssParams())
    run(rule, range(90), crowd_from(60))
    found = run(rule, range(90, 120), crowd_from(0, MIDDLE))
    assert found[119]


def test_it_is_over_when_most_are_good_again_and_not_before():
    def some_back(k, s):
        return BAD if 60 <= s < 90 and k < 10 else BAD if k <= 3 and s >= 90 else GOOD

    crowd = [plain(k, 48.1 + 0.05 * k, 16.2, speed=5.0) for k in range(1, 8)]
    rule = GnssRule(GnssParams())
    found = run(rule, range(120), some_back, crowd)
    assert found[119]  # three of seven: less than a half, more than a quarter
    fresh = run(GnssRule(GnssParams()), range(120), lambda k, s: some_back(k, max(s, 90))
                if s >= 60 else GOOD, crowd)  # fmt: skip
    assert first(fresh) is None
    assert run(rule, range(120, 140), lambda k, s: GOOD, crowd)[139] == []


def test_an_area_keeps_its_key_as_it_grows():
    rule = GnssRule(GnssParams())
    crowd = [*CROWD, *(plain(k, 48.1 + 0.04 * k, 16.6 + 0.01 * k, speed=5.0) for k in range(7, 10))]

    def grows(k, s):
        return BAD if (k < 7 and s >= 60) or s >= 80 else GOOD

    found = run(rule, range(120), grows, crowd)
    keys = {f.key for s in range(60, 120) for f in found[s]}
    assert len(keys) == 1
    assert found[119][0].evidence["cells"] > found[65][0].evidence["cells"]


@pytest.mark.parametrize("is_alive", [True, False])
def test_positions_that_stop_are_bad_while_others_see_the_aircraft(is_alive):
    """And aircraft that nobody sees any more have flown on."""
    found = run(
        GnssRule(GnssParams()), range(120), lambda k, s: None if k < 6 and s >= 60 else GOOD,
        entries=(*CROWD, *FAR), is_alive=is_alive,
    )  # fmt: skip
    assert (first(found) is not None) == is_alive


def test_a_receiver_that_is_lost_is_no_disturbance():
    found = run(GnssRule(GnssParams()), range(120), lambda k, s: None if s >= 60 else GOOD)
    assert first(found) is None


def test_aircraft_that_land_are_no_disturbance():
    low = [{**e, "altitude_m": 300.0} for e in CROWD]
    found = run(
        GnssRule(GnssParams()), range(120), lambda k, s: None if k < 10 and s >= 60 else GOOD,
        entries=(*low, *FAR),
    )  # fmt: skip
    assert first(found) is None


def test_who_left_a_cell_is_forgotten_there():
    rule = GnssRule(GnssParams(window_s=30.0))
    run(rule, range(70), crowd_from(60))
    found = run(rule, range(70, 130), lambda k, s: None, is_alive=False)
    assert found[129] == []
    run(rule, range(1_000, 1_002), lambda k, s: None, entries=())
    assert rule._aircraft.keys.size == 0


@pytest.mark.parametrize("place", [(48.3, 16.2), (-33.9, -179.99), (89.9, 179.99)])
def test_a_place_lies_in_the_box_of_its_cell(place):
    lat, lon = place
    cell = int(cells_of(0.5, np.array([lat * DEGREE]), np.array([lon * DEGREE]))[0])
    assert box_of(0.5, cell).contains(shapely.geometry.Point(lon, lat))


def test_neighbours_over_the_antimeridian_are_one_area():
    west = [plain(k, 48.3, 179.6 + 0.02 * k, speed=1.0) for k in range(1, 5)]
    east = [plain(k, 48.3, -179.9 + 0.02 * k, speed=1.0) for k in range(11, 15)]
    found = run(GnssRule(GnssParams()), range(70), lambda k, s: BAD if s >= 60 else GOOD,
                (*west, *east))  # fmt: skip
    assert len(found[69]) == 1
