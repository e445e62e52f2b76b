"""Category 021: editions found out by sensor, both layouts to reports, quality by version."""

import numpy as np
import pytest

from skypact.config import Sensor
from skypact.decode.asterix.editions import NO_SOURCE, sources
from skypact.decode.asterix.registry import category
from skypact.decode.asterix.reports import Decoder
from skypact.encode.asterix import encode_block
from skypact.errors import ConfigError
from skypact.model.packets import packets_from
from skypact.model.quality import EPU_SIGMA
from skypact.model.reports import ADSB, unpack_callsign
from skypact.units import DEGREE, FEET_PER_MINUTE, FLIGHT_LEVEL, FOOT, NAUTICAL_MILE

PLACE = {"LAT": 48.5, "LON": -16.25}
FIRST = {
    "030": 43_200.5,
    "040": {"SPI": 1},
    "130": PLACE,
    "080": 0x4CA123,
    "140": 1_000.0,
    "145": 310.0,
    "090": {"PA": 7},
    "155": -625.0,
    "160": {"GS": 0.125, "TA": 90.0},
    "170": "SKY1",
    "200": 2,
}
LATER = {
    "073": 43_200.5,
    "080": 0x4CA123,
    "131": PLACE,
    "140": 1_000.0,
    "145": 310.0,
    "155": {"RE": 0, "BVR": -625.0},
    "160": {"RE": 0, "GS": 0.125, "TA": 90.0},
    "170": "SKY1",
    "200": {"PS": 2, "SS": 3},
}


def block(record, edition, sic=1):
    source = {"010": {"SAC": 25, "SIC": sic}}
    return encode_block(21, [source | record], table=category(21, edition))


def decode(*blocks, **options):
    return Decoder(date_s=0.0, **options).decode(packets_from(list(blocks)))


def only(record, edition="2.7", **options):
    reports = decode(block(record, edition), **options).reports
    assert reports.time_s.size == 1
    return {name: getattr(reports, name)[0] for name in reports._fields}


@pytest.mark.parametrize("edition", ["0.23", "0.24", "0.26", "2.1", "2.4", "2.7"])
def test_every_layout_becomes_the_same_report(edition):
    report = only(FIRST if edition < "1" else LATER, edition)
    assert report["kind"] == ADSB
    assert report["time_s"] == 43_200.5
    assert report["lat_rad"] == pytest.approx(48.5 * DEGREE)
    assert report["lon_rad"] == pytest.approx(-16.25 * DEGREE)
    assert report["geo_altitude_m"] == 1_000.0 * FOOT
    assert report["baro_altitude_m"] == 310.0 * FLIGHT_LEVEL
    assert report["vu_mps"] == pytest.approx(-625.0 * FEET_PER_MINUTE)
    assert report["ve_mps"] == pytest.approx(0.125 * NAUTICAL_MILE)
    assert report["vn_mps"] == pytest.approx(0.0, abs=1e-9)
    assert (report["icao"], unpack_callsign(report["callsign"])) == (0x4CA123, "SKY1")
    assert (report["emergency"], report["spi"], report["coast"]) == (2, 1, 0)


def test_each_sensor_has_its_own_edition():
    decoder = Decoder(date_s=0.0)
    mixed = [
        block(record, edition, sic)
        for _ in range(5)
        for sic, record, edition in ((1, FIRST, "0.26"), (2, LATER, "2.6"), (3, FIRST, "0.23"))
    ]
    decoded = decoder.decode(packets_from(mixed))
    assert decoder.editions == {21: {"25/1": "0.26", "25/2": "2.7", "25/3": "0.23"}}
    assert decoded.records == {"021": 15}
    assert decoded.errors == {"duplicates": 12}
    np.testing.assert_allclose(decoded.reports.lat_rad, 48.5 * DEGREE)


def test_what_no_layout_fits_is_refused():
    noise = np.random.default_rng(5)
    body = [bytes([0x80, 25, 1]) + noise.bytes(30) for _ in range(20)]
    blocks = [b"\x15" + (len(one) + 3).to_bytes(2, "big") + one for one in body]
    decoded = decode(*blocks)
    assert decoded.reports.time_s.size == 0
    assert decoded.errors["edition"] == 20


def test_a_sensor_is_read_in_the_edition_it_is_given():
    sensor = Sensor(name="old", kind="adsb", sac=25, sic=1, editions={"021": "0.23"})
    decoded = decode(*[block(LATER, "2.7")] * 8, sensors=[sensor])
    assert decoded.reports.time_s.size == 0
    with pytest.raises(ConfigError, match=r"sensor x: editions: .* has no edition"):
        Decoder([Sensor(name="x", sac=1, sic=1, editions={"021": "9.9"})])


def test_what_a_sensor_says_of_its_editions_counts_where_bytes_leave_it_open():
    said = {"010": {"SAC": 25, "SIC": 1}, "550": [{"CAT": 21, "MAIN": 2, "SUB": 1}]}
    decoder = Decoder(date_s=0.0)
    decoder.decode(packets_from([encode_block(247, [said]), block(LATER, "2.7")]))
    assert decoder.editions == {21: {"25/1": "2.1"}}


def test_sources_are_those_of_the_first_records():
    data = block(LATER, "2.7", sic=9) + b"\x15\x00\x04\x01" + b"\x15\x00\x05\x80\x19"
    rows = np.array([[21, 0, len(data) - 9, 0], [21, len(data) - 9, len(data) - 5, 0]])
    rows = np.vstack([rows, [21, len(data) - 5, len(data), 0]])
    assert sources(np.frombuffer(data, np.uint8), rows).tolist() == [25 << 8 | 9] + [NO_SOURCE] * 2


def quality(**fields):
    indicators = {"NUCRNACV": 1, **fields}
    version = {"210": {"VN": indicators.pop("VN")}} if "VN" in indicators else {}
    return only(LATER | {"090": indicators} | version)


def test_quality_of_version_2_is_taken_as_it_is():
    report = quality(VN=2, NUCPNIC=8, SIL=3, NACP=9)
    assert [report[name] for name in ("nic", "nacp", "sil")] == [8, 9, 3]
    assert report["sigma_m"] == pytest.approx(30.0 / EPU_SIGMA)


def test_quality_of_version_0_is_brought_to_the_categories_of_version_2():
    report = quality(VN=0, NUCPNIC=7)
    assert [report[name] for name in ("nic", "nacp", "sil")] == [8, 8, -1]
    assert report["sigma_m"] == pytest.approx(92.6 / EPU_SIGMA)
    nothing = quality(VN=0, NUCPNIC=15)
    assert [nothing[name] for name in ("nic", "nacp", "sil")] == [-1, -1, -1]
    assert np.isnan(nothing["sigma_m"])


def test_the_position_integrity_category_goes_before_the_navigation_integrity_category():
    report = quality(VN=2, NUCPNIC=6, NACP=8, SIL=2, PIC=9, GVA=1)
    assert report["nic"] == 6
    assert quality(VN=2, NUCPNIC=6, PIC=12, NACP=8)["nic"] == 9
    assert quality(VN=1, NUCPNIC=6, PIC=15, NACP=8)["nic"] == 6


def test_the_first_layout_states_an_uncertainty_category():
    assert only(FIRST, "0.26")["nacp"] == 8
    assert only(FIRST | {"090": {"PA": 9 - 16}}, "0.26")["nacp"] == 11
    assert only(FIRST | {"090": {"PA": 12 - 16}}, "0.26")["nacp"] == -1


def test_the_fine_time_of_reception_refines_the_coarse_one():
    fine = {"FSI": 0, "TOMRP": 0.503}
    assert only(LATER | {"074": fine})["time_s"] == pytest.approx(43_200.503, abs=1e-6)
    before = {"FSI": 2, "TOMRP": 0.998}
    assert only(LATER | {"073": 43_201.0, "074": before})["time_s"] == pytest.approx(43_200.998)
    wrong = {"FSI": 0, "TOMRP": 0.1}
    assert only(LATER | {"074": wrong})["time_s"] == 43_200.5


def test_the_time_of_applicability_goes_before_that_of_reception():
    assert only(LATER | {"071": 43_199.0})["time_s"] == 43_199.0


def test_what_exceeds_its_range_is_left_out_and_counted():
    over = {"160": {"RE": 1, "GS": 1.9, "TA": 90.0}, "157": {"RE": 1, "GVR": 100.0}}
    decoded = decode(block(LATER | over, "2.7"))
    assert decoded.errors == {"speed_over_range": 2}
    assert np.isnan(decoded.reports.ground_speed_mps).all()
    assert decoded.reports.vu_mps.tolist() == pytest.approx([-625.0 * FEET_PER_MINUTE])


def test_the_station_says_on_demand_who_heard_and_by_which_standard():
    said = {"210": {"VN": 2}, "400": 7, "090": {"NUCRNACV": 2, "NUCPNIC": 8, "PIC": 11}}
    extras = decode(block(LATER | said, "2.7"), with_extras=True).extras
    figures = (extras.mops, extras.receiver, extras.nacv, extras.pic)
    assert [figure.tolist() for figure in figures] == [[2.0], [7.0], [2.0], [11.0]]
