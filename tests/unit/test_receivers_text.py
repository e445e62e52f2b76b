"""BaseStation lines and aircraft.json become reports."""

import json

import numpy as np
import pytest

from skypact.decode.feeds import octets_of
from skypact.decode.jsontext import json_object
from skypact.decode.readsb import READINGS, SnapshotFeed, in_order
from skypact.decode.sbs import SbsFeed
from skypact.model.reports import ADSB, MLAT, TRACK, unpack_callsign
from skypact.units import FEET_PER_MINUTE, FOOT, KNOT

DAY = "2024/11/21"
T0 = 1_732_161_600.0


def sbs(kind, second, word="MSG", icao="4B1A2B", **fields):
    """One line; fields by their place."""
    row = [""] * 22
    time = f"04:00:{second:06.3f}"
    row[:10] = [word, str(kind), "1", "1", icao, "1", DAY, time, DAY, time]
    for place, value in fields.items():
        row[int(place[1:])] = str(value)
    return ",".join(row) + "\r\n"


def sbs_reports(text, received_ns=-1):
    feed = SbsFeed()
    heard = feed.feed(octets_of(text.encode()), received_ns)
    return heard, feed.finish()


FLIGHT = (
    sbs(1, 0.0, f10="SKY42   ")
    + sbs(4, 0.2, f12=420.0, f13=90.0, f16=-640)
    + sbs(6, 0.3, f17="7700", f18=1, f19=-1)
    + sbs(3, 0.5, f11=35000, f14=50.1, f15=8.2, f20=0, f21=0)
)


def test_a_position_line_bears_what_other_lines_said():
    heard, _ = sbs_reports(FLIGHT)
    r = heard.reports
    assert heard.records == {"SBS": 4}
    assert heard.errors == {}
    assert r.time_s.tolist() == [T0 + 0.5]
    assert np.degrees([r.lat_rad[0], r.lon_rad[0]]) == pytest.approx([50.1, 8.2])
    assert r.baro_altitude_m[0] == pytest.approx(35_000 * FOOT)
    assert (r.ve_mps[0], r.vn_mps[0]) == pytest.approx((420 * KNOT, 0.0), abs=1e-9)
    assert r.vu_mps[0] == pytest.approx(-640 * FEET_PER_MINUTE)
    assert (r.icao[0], r.mode3a[0], unpack_callsign(int(r.callsign[0]))) == (
        0x4B1A2B,
        7700,
        "SKY42",
    )
    assert r.kind.tolist() == [ADSB]


def test_computed_lines_are_multilateration_and_ground_has_no_level():
    text = sbs(3, 1.0, word="MLAT", f11=9000, f14=50.1, f15=8.2)
    text += sbs(2, 2.0, f12=12, f13=10, f14=50.2, f15=8.2, f21=-1)
    r = sbs_reports(text)[0].reports
    assert r.kind.tolist() == [MLAT, ADSB]
    assert r.sigma_m[0] == 150.0
    assert np.isnan(r.baro_altitude_m[1])


def test_damaged_lines_are_counted():
    text = "MSG,3,1,1,XYZ,1\n" + sbs(3, 0.0, f14="nan", f15="1e999", f11="x") + "rubbish\n"
    text += "MSG,3,1,1,4B1A2B,1,2024/99/99,04:00:00,,,,,,,1,1\nSEL,,1,1,4B1A2B,1\n\n"
    heard, _ = sbs_reports(text)
    assert heard.reports.time_s.size == 0
    assert heard.errors == {"truncated": 1, "untimed": 1, "lost_bytes": 7}


def test_a_line_without_its_own_time_takes_the_receive_time():
    text = sbs(3, 0.0, f14=50.0, f15=8.0).replace(DAY, "")
    heard, _ = sbs_reports(text, 1_700_000_000 * 10**9)
    assert heard.reports.time_s.tolist() == [1.7e9]


@pytest.mark.parametrize("text", [b"\n", b'{"a":1}\n', b"}", b'{"ac":[{}', b'{"now":1}', b"{}\n\n"])
def test_what_is_no_snapshot_is_read_a_few_times_however_it_comes(text, monkeypatch):
    n_read = []

    def counted(part):
        n_read.append(len(part))
        return json_object(part)

    monkeypatch.setattr("skypact.decode.readsb.json_object", counted)
    feed, data = SnapshotFeed(), text * (40_000 // len(text))
    for first in range(0, len(data), 50):
        feed.feed(octets_of(data[first : first + 50]))
    assert sum(n_read) <= 2 * (READINGS + 2) * len(data)
    feed.finish()


def test_snapshots_in_lines_come_in_any_pieces():
    lines = [snapshot(T0 + i, PLANE | {"lat": 50 + 0.01 * i, "flight": "}{"}) for i in range(4)]
    data = b"\n".join(lines)
    for size in (7, 300, 450, len(data)):
        feed = SnapshotFeed()
        pieces = [data[i : i + size] for i in range(0, len(data), size)]
        heard = [*(feed.feed(octets_of(piece)) for piece in pieces), feed.finish()]
        assert sum(part.reports.time_s.size for part in heard) == 4
        assert not any(part.errors for part in heard)


def snapshot(now, *aircraft, key="aircraft"):
    return json.dumps({"now": now, "messages": 1, key: list(aircraft)}).encode()


PLANE = {
    "hex": "4b1a2b", "type": "adsb_icao", "flight": "SKY42   ", "alt_baro": 35000, "gs": 420.0,
    "alt_geom": 35900, "track": 180.0, "baro_rate": 640, "squawk": "1000", "emergency": "nordo",
    "lat": 50.1, "lon": 8.2, "nic": 8, "nac_p": 9, "sil": 3, "seen_pos": 0.4, "seen": 0.1, "spi": 1,
}  # fmt: skip


def readsb(*texts):
    feed = SnapshotFeed()
    return [feed.feed(octets_of(t)) for t in texts] + [feed.finish()]


def test_a_snapshot_becomes_reports():
    heard = readsb(snapshot(T0, PLANE, {"hex": "4b1a2c", "seen": 3}))[0]
    r = heard.reports
    assert heard.records == {"aircraft.json": 2}
    assert r.time_s[0] == pytest.approx(T0 - 0.4)
    assert r.received_ns.tolist() == [round(T0 * 1e9)]
    assert (r.icao[0], r.mode3a[0], r.emergency[0], r.spi[0]) == (0x4B1A2B, 1000, 4, 1)
    assert (r.nacp[0], r.nic[0], r.sil[0]) == (9, 8, 3)
    assert r.sigma_m[0] == pytest.approx(30 / 2.4477)
    assert r.vn_mps[0] == pytest.approx(-420 * KNOT)
    assert r.geo_altitude_m[0] == pytest.approx(35_900 * FOOT)


def test_a_position_is_told_once():
    later = PLANE | {"seen_pos": 1.5}
    newer = PLANE | {"lat": 50.11, "seen_pos": 0.2}
    parts = readsb(snapshot(T0, PLANE), snapshot(T0 + 1.1, later), snapshot(T0 + 2, newer))
    assert [p.reports.time_s.size for p in parts] == [1, 0, 1, 0]
    assert parts[1].errors == {"duplicates": 1}


def test_snapshots_come_in_lines_in_parts_and_in_milliseconds():
    two = snapshot(T0, PLANE) + b"\n" + snapshot(T0 + 5, PLANE | {"lat": 50.2})
    assert readsb(two)[0].reports.time_s.size == 2
    whole = snapshot(T0 * 1000, PLANE, key="ac")
    parts = readsb(whole[:60], whole[60:])
    assert [p.reports.time_s.size for p in parts] == [0, 1, 0]
    assert parts[1].reports.time_s[0] == pytest.approx(T0 - 0.4)


def test_kinds_and_foreign_addresses_are_told_apart():
    entries = [
        PLANE | {"type": "mlat"}, PLANE | {"hex": "~2b1a2b", "type": "tisb_other"},
        PLANE | {"hex": "4b1a2d", "alt_baro": "ground"},
    ]  # fmt: skip
    r = readsb(snapshot(T0, *entries))[0].reports
    assert r.kind.tolist() == [MLAT, TRACK, ADSB]
    assert r.icao.tolist() == [0x4B1A2B, -1, 0x4B1A2D]
    assert r.track_number.tolist() == [-1, 0x2B1A2B, -1]
    assert np.isnan(r.baro_altitude_m[2])


def test_nonsense_in_a_snapshot_is_left_out():
    wrong = [
        1, None, {}, PLANE | {"hex": 5}, PLANE | {"lat": "x"}, PLANE | {"lat": 99},
        PLANE | {"seen_pos": -1}, PLANE | {"lat": 0, "lon": 0}, PLANE | {"lon": [1]},
    ]  # fmt: skip
    odd = PLANE | {"gs": "fast", "nac_p": 99, "nic": 12, "squawk": 9}
    odd |= {"flight": "???", "alt_baro": 1e99}
    heard = readsb(snapshot(T0, *wrong, odd))[0]
    r = heard.reports
    assert r.time_s.size == 1
    assert (r.nacp[0], r.mode3a[0], r.callsign[0]) == (-1, -1, -1)
    assert np.isnan([r.vn_mps[0], r.baro_altitude_m[0], r.sigma_m[0]]).all()
    assert readsb(b'{"aircraft": [{}]}')[0].errors == {"untimed": 1}
    assert readsb(b'{"aircraft": [{')[1].errors == {"truncated": 1, "lost_bytes": 15}


def test_files_of_snapshots_are_put_in_order():
    files = [snapshot(T0 + s, PLANE) for s in (20, 0, 10)]
    assert in_order([*files, b"x"]) == [files[1], files[2], files[0], b"x"]
