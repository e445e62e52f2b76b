"""Records packed by columns are the bytes that the plain encoder makes one by one."""

import numpy as np
import pytest

from skypact.decode.asterix.registry import category
from skypact.encode.asterix import encode_record
from skypact.encode.packing import layout, pack

VALUES = {
    48: {
        "010": {"SAC": 20, "SIC": 129},
        "140": 86399.9921875,
        "020": {"TYP": 5, "SIM": 1},
        "040": {"RHO": 255.5, "THETA": 359.9945068359375},
        "070": {"MODE3A": 7654},
        "090": {"FL": -10.25},
        "220": 0xABCDEF,
        "110": {"3DH": -1_000},
        "120": {"CAL": {"CAL": -300}},
    },
    34: {
        "010": {"SAC": 1, "SIC": 2},
        "000": 1,
        "030": 1.5,
        "041": 4.0,
        "120": {"HGT": -20, "LAT": -48.0, "LON": 17.25},
    },
    21: {
        "010": {"SAC": 1, "SIC": 2},
        "131": {"LAT": -47.5, "LON": 19.0},
        "090": {"NUCRNACV": 2, "NUCPNIC": 8, "NICBARO": 1, "SIL": 3, "NACP": 10, "GVA": 2},
        "157": {"GVR": -1500.0},
        "145": 350.25,
    },
}
PARTS = {(21, "090"): 3, (48, "120"): ("CAL",)}


@pytest.mark.parametrize("number", sorted(VALUES))
def test_packed_columns_equal_the_encoders_bytes(number: int) -> None:
    values = VALUES[number]
    shape = layout(number, {name: PARTS.get((number, name), 1) for name in values})
    columns = {}
    for name, value in values.items():
        fields = value if isinstance(value, dict) else {name: value}
        for field, content in fields.items():
            if isinstance(content, dict):
                for inner, number_ in content.items():
                    columns[f"{name}/{field}.{inner}"] = np.full(3, number_)
            else:
                columns[f"{name}.{field}"] = np.full(3, content)
    expected = encode_record(category(number), values)
    assert [row.tobytes() for row in pack(shape, columns, 3)] == [expected] * 3


def test_angles_wrap_and_other_values_stop_at_their_limits() -> None:
    shape = layout(48, {"040": 1, "090": 1})
    columns = {
        "040.RHO": np.array([300.0, -1.0]),
        "040.THETA": np.array([361.40625, -90.0]),
        "090.FL": np.array([9000.0, -9000.0]),
    }
    packed = pack(shape, columns, 2)[:, -6:].tobytes().hex()
    assert packed == "ffff" + "0100" + "1fff" + "0000" + "c000" + "2000"


def test_one_number_serves_for_all_records() -> None:
    shape = layout(48, {"010": 1, "040": 1})
    columns = {"010.SAC": 7, "010.SIC": 8, "040.RHO": np.array([1.0, 2.0]), "040.THETA": 90.0}
    packed = pack(shape, columns, 2)
    assert [row.tobytes().hex() for row in packed] == ["900708" + "0100" + "4000", "900708" + "0200" + "4000"]  # fmt: skip  # noqa: E501


def test_an_item_that_repeats_cannot_be_laid_out() -> None:
    with pytest.raises(TypeError, match="cat048 250: expected a fixed item"):
        layout(48, {"250": 1})
    with pytest.raises(TypeError, match="120/RDS: expected a fixed subitem"):
        layout(48, {"120": ("RDS",)})
