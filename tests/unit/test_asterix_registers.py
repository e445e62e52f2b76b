"""BDS 4,0 5,0 and 6,0 against frames whose meaning is published, and against nonsense."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skypact.decode.asterix.fields import believable, extra_values
from skypact.decode.bds import BDS40, BDS50, BDS60, decode_register, hypotheses
from skypact.units import DEGREE, FOOT, KNOT

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


@given(
    raw=st.lists(
        st.one_of(
            st.integers(0, (1 << 56) - 1),
            st.sampled_from([-1, 0, (1 << 56) - 1, *(int(text, 16) for text, _, _ in PUBLISHED)]),
        ),
        min_size=1,
        max_size=20,
    ),
    register=st.sampled_from([BDS40, BDS50, BDS60]),
)
def test_columns_of_registers_are_believed_as_single_ones_are(raw, register):
    single = [mb >= 0 and decode_register(register, mb) is not None for mb in raw]
    assert believable(register, np.array(raw, np.int64)).tolist() == single


def test_values_of_a_register_that_cannot_be_are_left_out_and_counted():
    good, bad = int(PUBLISHED[1][0], 16), 1 << 50
    columns = {"bds50": np.array([good, bad, -1], np.int64)}
    counts = {}
    extras = extra_values(columns, 3, counts)
    assert counts == {"register_refused": 1}
    assert extras.ground_speed_mps[0] == pytest.approx(438 * KNOT)
    assert extras.roll_rad[0] == pytest.approx(2.109375 * DEGREE)
    assert np.isnan(extras.ground_speed_mps[1:]).all()


def test_selected_altitudes_and_pressure_are_read():
    extras = extra_values({"bds40": np.array([int(PUBLISHED[0][0], 16)])}, 1, {})
    assert extras.selected_altitude_m[0] == extras.managed_altitude_m[0] == 3008 * FOOT
    assert extras.pressure_setting_pa[0] == pytest.approx(102_000.0)
