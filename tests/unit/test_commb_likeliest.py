"""Which register a reply holds: agreement of its values with each other and with what is known."""

import pytest

from skypact.decode.bds import hypotheses
from skypact.decode.commb import (
    Known,
    calibrated_airspeed_kt,
    gain_of,
    likeliest,
    pressure_ratio,
    turn_rate_deg_s,
)

PUBLISHED = {0x40: "85E42F31300000", 0x50: "81951536E024D4", 0x60: "8F39F91A7E27C4"}
"""J. Sun, The 1090 Megahertz Riddle, second edition, chapter 16."""


@pytest.mark.parametrize("code", PUBLISHED)
def test_published_registers_are_recognised(code):
    found = likeliest(int(PUBLISHED[code], 16))
    assert found is not None
    assert found.code == code


def test_an_empty_reply_and_one_that_fits_nothing_are_no_register():
    assert likeliest(0) is None
    assert likeliest((1 << 56) - 1) is None


def test_what_is_known_of_the_aircraft_speaks_for_or_against():
    (track,) = hypotheses(int(PUBLISHED[0x50], 16))
    alone = gain_of(track)
    assert gain_of(track, Known(ground_speed_kt=436.0, track_deg=115.0)) > alone + 5.0
    assert gain_of(track, Known(ground_speed_kt=120.0)) < alone - 5.0
    assert gain_of(track, Known(track_deg=295.0)) < alone - 5.0


def test_the_instruments_speed_follows_from_mach_number_and_height():
    # Standard atmosphere: Mach 0.8 at 35,000 ft is 272 kt calibrated; at sea level 529 kt.
    assert calibrated_airspeed_kt(0.8, 35_000.0) == pytest.approx(272.0, abs=1.0)
    assert calibrated_airspeed_kt(0.8, 0.0) == pytest.approx(529.2, abs=0.5)
    assert pressure_ratio(36_089.0) == pytest.approx(0.2234, abs=1e-4)
    assert pressure_ratio(50_000.0) == pytest.approx(0.1145, abs=2e-4)


def test_a_coordinated_turn_of_25_degrees_at_250_knots_takes_two_minutes_per_circle_and_more():
    assert turn_rate_deg_s(25.0, 250.0) == pytest.approx(2.04, abs=0.01)
