"""Every recording gives exactly the counts of the folder's README.

Records were counted there with two independent decoders. Duplicates, coasts and flags are our own
figures, kept so that a change of them is seen.
"""

import numpy as np
import pytest

from skypact.decode.asterix.columns import decode_columns
from skypact.decode.asterix.plan import Column
from skypact.decode.asterix.registry import category
from skypact.decode.asterix.reports import Decoded, Decoder
from skypact.decode.asterix.targets import TARGETS
from skypact.decode.commb import Known, likeliest
from skypact.sources.file import FileSource
from skypact.units import KNOT

pytestmark = pytest.mark.recordings

RECORDS = {
    "201002-lebl-080001_smr.ast": {"010": 52_659},
    "201002-lebl-080001_mlat.ast": {"010": 116_308},
    "230502-est-080001_BCN_60MN_08_09.ast": {"048": 44_085},
    "jade_cat062.ff": {"062": 22_396, "063": 5_772, "065": 6_057},
    "jahorina_cat034_048.raw": {"034": 20, "048": 2_099},
    "artas_cat062.ff": {"062": 346, "063": 24, "065": 203},
    "seven_radars_two_lans.pcap": {"034": 34, "048": 128},
    "oradis_cat001_002.pcap": {"001": 7, "002": 1},
    "mixed_unknown_categories.pcap": {
        "000": 1, "003": 150, "004": 1, "034": 11, "048": 18, "062": 150, "063": 6, "065": 3,
    },
    "old_cat062_edition.pcap": {},
    "cat_062_065.pcap": {"062": 2, "065": 1},
    "cat21_re.ast": {"021": 2},
    "small_simulated.pcapng": {"034": 30, "048": 62},
}  # fmt: skip


@pytest.fixture(scope="module")
def decode(data_dir):
    """Decode a recording, once for all tests."""
    done: dict[str, tuple[Decoded, Decoder]] = {}

    def read(name: str) -> tuple[Decoded, Decoder]:
        if name not in done:
            decoder = Decoder(with_extras=True)
            framed = FileSource(data_dir / "asterix" / name).read()
            done[name] = decoder.decode(framed.packets), decoder
        return done[name]

    return read


def test_every_recording_of_the_folder_is_counted_here(data_dir):
    assert {path.name for path in (data_dir / "asterix").iterdir()} == set(RECORDS)


@pytest.mark.parametrize("name", RECORDS)
def test_records_are_those_of_the_readme(name, decode):
    assert decode(name)[0].records == RECORDS[name]


def test_barcelona_radar_has_its_addresses_coasts_and_flags(decode):
    decoded, decoder = decode("230502-est-080001_BCN_60MN_08_09.ast")
    addresses = set(decoded.reports.icao.tolist()) - {-1}
    assert len(addresses) == 177
    assert int(decoded.reports.coast.sum()) == 172
    flags = ("mode3a_invalid", "mode3a_garbled", "mode3a_smoothed")
    assert [decoded.errors[name] for name in flags] == [236, 81, 571]
    (sensor,) = decoder.sensors
    assert (sensor.name, sensor.kind, sensor.period_s) == ("20/129", "radar", 4.0)


def test_barcelona_radar_has_its_transponder_registers(decode, data_dir):
    name = "230502-est-080001_BCN_60MN_08_09.ast"
    packets = FileSource(data_dir / "asterix" / name).read().packets
    found = decode_columns(packets, category(48), TARGETS[48].extras).columns
    counts = {name: int((values >= 0).sum()) for name, values in found.items()}
    assert counts == {"bds40": 39_244, "bds50": 9_778, "bds60": 38_943}
    extras = decode(name)[0].extras
    speed_kt = extras.ground_speed_mps / KNOT
    assert 100 < np.nanmedian(speed_kt) < 400


KNOWN_SHARES = {0x40: (0.96, 0.0), 0x50: (0.93, 0.0), 0x60: (0.93, 0.003)}
"""Registers recognised at least, and taken for another at most, when nobody says which they are but
height, speed and direction are known; measured: 0.976, 0.953, 0.949 and 0, 0, 0.001."""


def test_registers_of_barcelona_are_recognised_without_being_told(data_dir):
    name = "230502-est-080001_BCN_60MN_08_09.ast"
    known = (
        Column("level", "090", "FL", "f8", 100.0),
        Column("speed", "200", "GSP", "f8", 3600.0),
        Column("course", "200", "HDG", "f8"),
    )
    packets = FileSource(data_dir / "asterix" / name).read().packets
    found = decode_columns(packets, category(48), TARGETS[48].extras + known).columns
    for code, (right, wrong) in KNOWN_SHARES.items():
        register = found[f"bds{code:x}"]
        rows = np.flatnonzero(register >= 0)[::20].tolist()
        about = [Known(*(float(found[c.name][i]) for c in known)) for i in rows]
        guesses = [likeliest(int(register[i]), k) for i, k in zip(rows, about, strict=True)]
        codes = [guess.code for guess in guesses if guess]
        assert codes.count(code) >= right * len(rows)
        assert len(codes) - codes.count(code) <= wrong * len(rows)


def test_no_register_that_a_radar_asked_for_is_refused(decode):
    decoded, _ = decode("230502-est-080001_BCN_60MN_08_09.ast")
    assert "register_refused" not in decoded.errors


def test_barcelona_surface_recordings_have_their_target_reports(decode):
    smr, decoder = decode("201002-lebl-080001_smr.ast")
    assert (smr.reports.time_s.size, int((smr.reports.range_m >= 0).sum())) == (38_309, 37_570)
    assert [(s.name, s.kind) for s in decoder.sensors] == [("0/7", "smr")]
    mlat, decoder = decode("201002-lebl-080001_mlat.ast")
    assert mlat.reports.time_s.size == 101_790
    assert len(set(mlat.reports.icao.tolist()) - {-1}) == 69
    assert mlat.errors["saturated_position"] == 9
    assert [(s.name, s.kind) for s in decoder.sensors] == [("0/107", "mlat")]


def test_the_italian_tracker_has_its_tracks_and_span(decode):
    decoded, decoder = decode("jade_cat062.ff")
    reports = decoded.reports
    assert len(set(reports.icao.tolist()) - {-1}) == 154
    assert len(set(reports.track_number.tolist())) == 372
    hour, minute, second = 13, 58, 21
    assert int(reports.time_s.min()) == hour * 3600 + minute * 60 + second
    assert int(reports.time_s.max()) == 14 * 3600 + 28 * 60 + 19
    assert decoder.sensors[0].is_clock_wrong


def test_two_networks_give_every_record_twice(decode):
    decoded, decoder = decode("seven_radars_two_lans.pcap")
    assert decoded.errors["duplicates"] == (34 + 128) // 2
    assert decoded.reports.time_s.size == 64
    names = {s.name for s in decoder.sensors}
    assert names == {f"25/{sic}" for sic in (11, 12, 13, 14, 201, 204, 205)}


def test_the_old_edition_is_refused_not_read_as_nonsense(decode):
    decoded, _ = decode("old_cat062_edition.pcap")
    assert decoded.reports.time_s.size == 0
    assert decoded.errors["edition"] == 100


def test_truncated_times_take_their_day_from_the_service_messages(decode):
    decoded, decoder = decode("oradis_cat001_002.pcap")
    offset_s = decoded.reports.received_ns * 1e-9 - decoded.reports.time_s
    assert offset_s.min() > 1.9
    assert offset_s.max() < 2.4
    assert decoder.sensors[0].name == "25/201"


def test_a_simulated_radar_says_where_it_stands(decode):
    _, decoder = decode("small_simulated.pcapng")
    (sensor,) = decoder.sensors
    assert sensor.height_m == 45.0
    assert sensor.period_s == pytest.approx(2.0, abs=0.05)
    assert abs(sensor.clock_offset_s) < 0.1
