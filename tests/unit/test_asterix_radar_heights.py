"""Height measured by a 3-D radar (I048/110) and Doppler speed (I048/120, I001/120) in reports."""

import numpy as np
import pyproj
import pytest

from skypact.config import Sensor
from skypact.decode.asterix.registry import category
from skypact.decode.asterix.reports import Decoded, Decoder
from skypact.encode.asterix import encode_record
from skypact.encode.packing import block
from skypact.geo.geoid import undulation_m
from skypact.model.packets import packets_from
from skypact.units import FOOT, METRE, NAUTICAL_MILE

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


@pytest.mark.parametrize("theta", [0.0, 45.0, 90.0, 200.0, 315.0])
@pytest.mark.parametrize("feet", [5_000, 20_000, 100_000])
def test_height_over_the_sea_becomes_the_elevation_at_which_the_target_has_it(theta, feet) -> None:
    polar = {"RHO": 100.0, "THETA": theta}
    found = decoded(48, [SITE], plot(**{"040": polar, "110": {"3DH": feet}}), plot())
    seen = np.array([[r[0] for r in (found.reports.range_m, found.reports.azimuth_rad)]])
    seen = np.append(seen[0], found.reports.elevation_rad[0])
    lat, lon, height = geodetic_from_polar(seen, SITE)
    geoid = undulation_m(np.array([lat]), np.array([lon]))[0]
    assert height - geoid == pytest.approx(feet * FOOT, abs=3.0 * METRE)
    assert np.isnan(found.reports.elevation_rad[1])
    assert np.isnan(found.reports.geo_altitude_m).all()
    assert found.errors == {}


def geodetic_from_polar(seen, site):
    """Latitude, longitude (rad) and height (m) of a slant range, azimuth and elevation."""
    slant, azimuth, elevation = seen
    lat, lon = site.lat, site.lon
    frame = pyproj.Transformer.from_pipeline(
        f"+proj=pipeline +step +inv +proj=topocentric +ellps=WGS84 +lat_0={lat} +lon_0={lon} "
        f"+h_0={site.height_m} +step +inv +proj=cart +ellps=WGS84"
    )
    level = slant * np.cos(elevation)
    east, north = level * np.sin(azimuth), level * np.cos(azimuth)
    place = frame.transform(east, north, slant * np.sin(elevation), radians=True)
    return place[1], place[0], place[2]


def test_a_site_that_the_radar_sends_serves_like_a_configured_one() -> None:
    place = {"HGT": SITE.height_m, "LAT": SITE.lat, "LON": SITE.lon}
    mark = {"010": SENDER, "000": 1, "030": 43_199.0, "120": place}
    decoder = Decoder([])
    for number, record in ((34, mark), (48, plot(**{"110": {"3DH": 20_000}}))):
        octets = encode_record(category(number), record)
        packets = packets_from([block(number, octets)], [1_767_268_800_000_000_000], [0])
        found = decoder.decode(packets)
    configured = decoded(48, [SITE], plot(**{"110": {"3DH": 20_000}}))
    # A step of latitude is a metre; the geoid here is 17 m, which would be 9e-5 rad.
    np.testing.assert_allclose(
        found.reports.elevation_rad, configured.reports.elevation_rad, atol=1e-5
    )


def test_a_height_that_cannot_be_at_its_range_is_left_out_and_counted() -> None:
    near = {"RHO": 1.0, "THETA": 0.0}
    found = decoded(48, [SITE], plot(**{"040": near, "110": {"3DH": 20_000}}))
    assert np.isnan(found.reports.elevation_rad).all()
    assert found.errors == {"height_beyond_range": 1}


def test_a_height_from_a_radar_without_a_site_is_left_out_and_counted() -> None:
    found = decoded(48, [], plot(**{"110": {"3DH": 20_000}}), plot())
    assert np.isnan(found.reports.elevation_rad).all()
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
