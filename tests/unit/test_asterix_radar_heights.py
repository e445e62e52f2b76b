"""Height measured by a 3-D radar (I048/110) and Doppler speed (I048/120, I001/120) in reports."""

import numpy as np
import pytest

from skypact.config import Sensor
from skypact.decode.asterix.registry import category
from skypact.decode.asterix.reports import Decoded, Decoder
from skypact.encode.asterix import encode_record
from skypact.geo.geoid import undulation_m
from skypact.model.packets import packets_from
from skypact.simulate.packing import block
from skypact.units import DEGREE, FOOT, NAUTICAL_MILE

SITE = Sensor(name="North", sac=1, sic=2, lat=60.0, lon=20.0, height_m=100.0)
SENDER = {"SAC": 1, "SIC": 2}


def decoded(number: int, sensors: list[Sensor], *records: dict[str, object]) -> Decoded:
    """Decode records of one category in one packet."""
    octets = b"".join(encode_record(category(number), record) for record in records)
    packets = packets_from([block(number, octets)], [1_767_268_800_000_000_000], [0])
    return Decoder(sensors).decode(packets)


def plot(**items: object) -> dict[str, object]:
    """Record of category 048 of an echo 100 NM north of the site."""
    polar = {"RHO": 100.0, "THETA": 0.0}
    return {"010": SENDER, "140": 43_200.0, "020": {"TYP": 1}, "040": polar, **items}


def test_height_over_the_sea_becomes_height_over_the_ellipsoid_at_the_targets_place() -> None:
    found = decoded(48, [SITE], plot(**{"110": {"3DH": 20_000}}), plot())
    north = 60.0 * DEGREE + 100.0 * NAUTICAL_MILE / 6_371_008.8
    geoid = undulation_m(north, 20.0 * DEGREE)
    assert found.reports.geo_altitude_m[0] == pytest.approx(20_000 * FOOT + geoid, abs=0.1)
    assert np.isnan(found.reports.geo_altitude_m[1])
    assert found.errors == {}


def test_a_height_from_a_radar_without_a_site_is_left_out_and_counted() -> None:
    found = decoded(48, [], plot(**{"110": {"3DH": 20_000}}), plot())
    assert np.isnan(found.reports.geo_altitude_m).all()
    assert found.errors["height_without_site"] == 1


def test_doppler_speed_is_the_range_rate_unless_the_radar_doubts_it() -> None:
    speeds = ({"D": 0, "CAL": -250}, {"D": 1, "CAL": 100}, {"D": 0, "CAL": 7})
    found = decoded(48, [SITE], *(plot(**{"120": {"CAL": speed}}) for speed in speeds), plot())
    np.testing.assert_array_equal(found.reports.range_rate_mps, [-250.0, np.nan, 7.0, np.nan])
    assert found.errors == {"doppler_doubtful": 1}


def test_doppler_speed_of_category_001_is_in_miles_a_second() -> None:
    record = {
        "010": SENDER,
        "020": {"TYP": 0, "SSRPSR": 1},
        "040": {"RHO": 50.0, "THETA": 90.0},
        "141": 12.5,
        "120": -0.125,
    }
    found = decoded(1, [SITE], record)
    assert found.reports.range_rate_mps[0] == pytest.approx(-0.125 * NAUTICAL_MILE)
