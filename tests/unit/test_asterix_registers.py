"""BDS 4,0 5,0 and 6,0 against frames whose meaning is published, and against nonsense."""

import pytest

from skypact.decode.bds import BDS40, BDS50, decode_register, hypotheses

# Frames and values printed in J. Sun, The 1090 Megahertz Riddle, second edition, chapter 16.
PUBLISHED = [
    ("85E42F31300000", 0x40, {"MCP_ALTITUDE": 3008, "FMS_ALTITUDE": 3008, "PRESSURE": 1020.0}),
    (
        "81951536E024D4",
        0x50,
        {
            "ROLL": 2.109375,
            "TRACK": 114.2578125,
            "GROUND_SPEED": 438,
            "TURN_RATE": 0.125,
            "TRUE_AIRSPEED": 424,
        },
    ),
    (
        "8F39F91A7E27C4",
        0x60,
        {
            "MAGNETIC_HEADING": 42.71484375,
            "INDICATED_AIRSPEED": 252,
            "MACH": 0.42,
            "BARO_RATE": -1920,
            "INERTIAL_RATE": -1920,
        },
    ),
]


@pytest.mark.parametrize(("text", "code", "values"), PUBLISHED)
def test_published_registers_read_as_published(text, code, values):
    (only,) = hypotheses(int(text, 16))
    assert only.code == code
    assert only.values == pytest.approx(values)


def test_a_value_without_its_status_bit_withdraws_the_hypothesis():
    assert decode_register(BDS50, 1 << 50) is None


def test_a_reserved_bit_withdraws_the_hypothesis():
    good = 0x85E42F31300000
    assert decode_register(BDS40, good)
    assert decode_register(BDS40, good | 1 << (56 - 40)) is None


def test_an_impossible_wind_withdraws_the_hypothesis():
    # Ground speed 2 kt (bits 24 to 34), true airspeed 1,000 kt (bits 46 to 56).
    mb = 1 << (56 - 24) | 1 << (56 - 34) | 1 << (56 - 46) | 500
    assert decode_register(BDS50, mb) is None


def test_an_empty_register_means_nothing():
    assert hypotheses(0) == []


def test_a_code_without_a_table_means_nothing():
    assert hypotheses(0x85E42F31300000, 0x10) == []
