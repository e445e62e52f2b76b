"""Categories 015 and 129 to reports; 004, 016, 019, 023, 025, 034, 063, 065 to service messages."""

import numpy as np
import pytest

from skypact.decode.asterix.records import decode_record
from skypact.decode.asterix.registry import category
from skypact.decode.asterix.reports import Decoder
from skypact.encode.asterix import encode_block
from skypact.geo.geoid import undulation_m
from skypact.model.packets import packets_from
from skypact.model.reports import POSITION, PSR, REMOTEID, TRACK
from skypact.units import DEGREE

SOURCE = {"SAC": 33, "SIC": 7}


def decode(*pairs):
    decoder = Decoder(date_s=0.0)
    packets = packets_from([encode_block(n, [{"010": SOURCE} | r]) for n, r in pairs])
    return decoder.decode(packets), decoder, packets


def reports_of(*pairs):
    return decode(*pairs)[0].reports


MONO = {
    "000": {"MT": 3},
    "020": {"MOMU": 0},
    "145": 100.0,
    "161": 12,
    "625": {"R": 12_345.6, "RR": -20.0},
    "627": {"AZ": 90.0},
    "628": {"EL": 4.5},
}
PAIR = {
    "000": {"MT": 3},
    "020": {"MOMU": 1},
    "145": 100.0,
    "600": {
        "P84": {"LATITUDE": 45.0, "LONGITUDE": 7.0},
        "HPP": {"SDHPX": 30.0, "SDHPY": 40.0},
    },
    "601": {"GH": 1_234.5},
    "602": {"HV": {"X": 100.0, "Y": -50.0}},
    "604": {"VV": 2.5},
    "625": {"R": 40_000.0},
}


def test_a_single_station_reports_range_azimuth_and_elevation():
    reports, decoder, _ = decode((15, MONO))[0].reports, *decode((15, MONO))[1:]
    assert reports.kind.tolist() == [PSR]
    assert reports.range_m.tolist() == pytest.approx([12_345.6])
    assert reports.azimuth_rad.tolist() == [90 * DEGREE]
    assert reports.elevation_rad.tolist() == pytest.approx([4.5 * DEGREE], abs=1e-4)
    assert reports.range_rate_mps.tolist() == pytest.approx([-20.0])
    assert (reports.track_number[0], reports.coast[0]) == (12, 0)
    assert decoder.sensors[0].kind == "radar"


def test_a_pair_of_stations_reports_a_place_and_its_detour_is_no_range():
    decoded, decoder, _ = decode((15, PAIR))
    reports = decoded.reports
    assert decoded.errors["bistatic_range"] == 1
    assert reports.kind.tolist() == [POSITION]
    assert np.isnan(reports.range_m).all()
    assert reports.lat_rad.tolist() == pytest.approx([45.0 * DEGREE])
    assert reports.sigma_m.tolist() == pytest.approx([np.hypot(30.0, 40.0) / np.sqrt(2)])
    assert reports.geo_altitude_m.tolist() == pytest.approx([1_234.5])
    assert [reports.ve_mps[0], reports.vn_mps[0], reports.vu_mps[0]] == [100.0, -50.0, 2.5]
    assert decoder.sensors[0].kind == "passive"


def test_tracks_plots_without_a_place_and_ends_of_tracks_are_no_measurements():
    bare = {"000": {"MT": 1}, "020": {"MOMU": 1}, "145": 100.0, "625": {"R": 40_000.0}}
    rows = [PAIR | {"000": {"MT": 4}}, bare, PAIR | {"000": {"MT": 5}, "161": 3}]
    reports = reports_of(*[(15, row) for row in rows])
    assert reports.kind[0] == TRACK
    assert reports.coast.tolist() == [0, 1, 1]


def test_simulated_and_reference_targets_are_marked():
    rows = [MONO | {"020": {"MOMU": 0, "TTAX": value}, "145": value} for value in (1, 2, 3)]
    reports = reports_of(*[(15, row) for row in rows])
    assert (reports.test.tolist(), reports.simulated.tolist()) == ([1, 0, 0], [0, 1, 1])


def test_a_drone_reports_itself():
    said = {
        "020": "ABC",
        "040": 0x313233343536373839303132,
        "050": "IT",
        "070": 50.0,
        "080": {"LAT": 45.0, "LON": 7.0},
        "090": 300.0,
        "110": 12,
        "185": {"HVX": 3.0, "HVY": -4.0},
        "220": {"VV": 1.25},
    }
    decoded, decoder, _ = decode((129, said))
    reports = decoded.reports
    assert reports.kind.tolist() == [REMOTEID]
    geoid = float(undulation_m(45.0 * DEGREE, 7.0 * DEGREE))
    assert reports.geo_altitude_m.tolist() == pytest.approx([300.0 + geoid])
    assert reports.sigma_m.tolist() == pytest.approx([12 / 1.1774])
    assert [reports.ve_mps[0], reports.vn_mps[0], reports.vu_mps[0]] == [3.0, -4.0, 1.25]
    assert decoder.sensors[0].kind == "remoteid"
    unknown = reports_of((129, said | {"110": 0}))
    assert np.isnan(unknown.sigma_m).all()


STATES = [
    (19, {"140": 1.0, "000": 1, "550": {"NOGO": 1, "OVL": 1}}, (1, 1, 0)),
    (23, {"070": 1.0, "000": 1, "100": {"NOGO": 1, "TSV": 1}}, (2, 0, 1)),
    (23, {"070": 1.0, "000": 2, "110": {"STAT": 3}}, (1, -1, -1)),
    (25, {"070": 1.0, "100": {"NOGO": 0, "SSTAT": 2}}, (1, -1, -1)),
    (34, {"030": 1.0, "000": 1, "050": {"COM": {"NOGO": 0, "OVLXMT": 1}}}, (0, 1, 0)),
    (63, {"030": 1.0, "050": {"SAC": 1, "SIC": 2}, "060": {"CON": 3}}, (2, -1, -1)),
    (65, {"030": 1.0, "000": 1, "040": {"NOGO": 0, "TSV": 1}}, (0, 0, 1)),
    (10, {"000": 2, "140": 1.0, "550": {"NOGO": 2, "OVL": 0, "TSV": 0}}, (2, 0, 0)),
    (4, {"000": 7, "020": 1.0}, (-1, -1, -1)),
]


@pytest.mark.parametrize(("number", "record", "said"), STATES)
def test_states_are_brought_to_one_set_of_words(number, record, said):
    services = decode((number, record))[0].services
    assert services.category.tolist() == [number]
    found = (services.status[0], services.overload[0], services.time_invalid[0])
    assert found == said


def test_a_sensor_keeps_what_it_last_said_of_itself_and_not_what_a_tracker_says():
    say = [(19, {"140": t, "000": 1, "550": {"NOGO": n}}) for t, n in ((1.0, 0), (2.0, 2))]
    about = (63, {"030": 3.0, "050": SOURCE, "060": {"CON": 0}})
    _, decoder, _ = decode(*say, about)
    assert decoder.sensors[0].status == 2


@pytest.mark.parametrize(("number", "place", "height"), [(19, "600", "610"), (16, "400", "405")])
def test_the_reference_point_of_a_system_is_its_site(number, place, height):
    record = {"140": 1.0, "000": 1, place: {"LAT": 41.3, "LON": 2.08}, height: 10.0}
    _, decoder, _ = decode((number, record))
    sensor = decoder.sensors[0]
    geoid = float(undulation_m(41.3 * DEGREE, 2.08 * DEGREE))
    assert sensor.lat_rad == pytest.approx(41.3 * DEGREE)
    assert sensor.height_m == pytest.approx(10.0 + geoid)


def test_the_undulation_that_a_system_sends_goes_before_our_own():
    record = {"140": 1.0, "600": {"LAT": 41.3, "LON": 2.08}, "610": 10.0, "620": 49.0}
    assert decode((19, record))[1].sensors[0].height_m == pytest.approx(59.0)


def test_a_safety_message_can_be_read_in_full():
    alert = {"000": 7, "020": 5.0, "040": 77, "030": 12, "035": 13, "070": {"TC": 30.0}}
    decoded, _, packets = decode((4, alert))
    first, last = int(decoded.services.first[0]), int(decoded.services.last[0])
    record, _ = decode_record(category(4), packets.data.tobytes(), first, last)
    assert record == {"010": SOURCE} | alert
    assert decoded.services.message.tolist() == [7]
    assert decoded.records == {"004": 1}
