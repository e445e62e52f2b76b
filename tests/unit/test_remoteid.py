"""Remote identification: octets to messages, messages to reports."""

import json
import math
import struct

import numpy as np
import pytest
from tests.naive import framed_bytes

from skypact.decode.feeds import octets_of
from skypact.decode.recognise import recognise
from skypact.decode.remoteid import messages as rid
from skypact.decode.remoteid.radio import BLUETOOTH, RADIOTAP, WIFI, RadioFeed
from skypact.decode.remoteid.receiver import RemoteIdFeed
from skypact.model.reports import REMOTEID, unpack_callsign

T0 = 1_732_161_600.0  # a full hour


def basic_id(text="1581F5FKD228500BX4A2"):
    return bytes([0x02, 0x12]) + text.encode().ljust(20, b"\0") + bytes(3)


def location(
    lat=50.1, lon=8.2, second=12.3, flags=0x20, course=90, speed=40, climb=-4, accuracy=0x4A
):
    place = struct.pack("<ii", round(lat * 1e7), round(lon * 1e7))
    heights = struct.pack("<HHH", *(round((h + 1000) * 2) for h in (240.0, 290.5, 60.0)))
    head = bytes([0x12, flags, course, speed]) + struct.pack("<b", climb)
    stamp = struct.pack("<H", round(second * 10))
    return head + place + heights + bytes([accuracy, 0x03]) + stamp + bytes([5, 0])


def system(unix_s=T0):
    place = struct.pack("<ii", 500_000_000, 81_000_000)
    area = struct.pack("<HBHH", 1, 5, 2400, 2000)
    tail = struct.pack("<HI", 2300, round(unix_s - rid.EPOCH_S))
    return bytes([0x42, 0b101]) + place + area + bytes([0x13]) + tail + bytes(1)


def pack(*messages):
    return bytes([0xF2, 25, len(messages)]) + b"".join(messages)


def test_a_location_is_read():
    (message,), errors = rid.messages_of(location())
    assert errors == {}
    assert message.status == rid.AIRBORNE
    assert math.degrees(message.lat_rad) == pytest.approx(50.1)
    assert math.degrees(message.track_rad) == pytest.approx(90)
    assert (message.speed_mps, message.climb_mps) == (10.0, -2.0)
    assert (message.baro_altitude_m, message.geo_altitude_m, message.height_m) == (240, 290.5, 60)
    assert (message.horizontal_m, message.vertical_m) == (10.0, 10.0)
    assert (message.second_of_hour, message.stamp_accuracy_s) == pytest.approx((12.3, 0.5))


def test_flags_of_a_location_change_its_scales():
    (west,), _ = rid.messages_of(location(flags=0x17))
    assert math.degrees(west.track_rad) == pytest.approx(270)
    assert west.speed_mps == 40 * 0.75 + 63.75
    assert west.is_above_ground
    assert west.status == rid.GROUND


def test_unknown_values_are_absent():
    data = bytearray(
        location(lat=0, lon=0, flags=0x23, course=181, speed=255, climb=126, accuracy=0)
    )
    data[13:19] = bytes(6)
    data[21:23] = b"\xff\xff"
    (message,), _ = rid.messages_of(bytes(data))
    unknown = [message.lat_rad, message.track_rad, message.speed_mps, message.climb_mps]
    unknown += [message.baro_altitude_m, message.horizontal_m, message.second_of_hour]
    assert all(map(math.isnan, unknown))


def test_every_message_of_a_pack_is_read():
    page = bytes([0x22, 0x30]) + bytes(range(23))
    text = bytes([0x32, 0]) + b"survey of roofs".ljust(23, b"\0")
    operator = bytes([0x52, 0]) + b"FIN87astrdge12k8".ljust(20, b"\0") + bytes(3)
    found, errors = rid.messages_of(pack(basic_id(), location(), page, text, system(), operator))
    assert errors == {}
    who, _, proof, why, where, owner = found
    assert who == rid.BasicId(rid.SERIAL, 2, "1581F5FKD228500BX4A2")
    assert proof == rid.Authentication(3, 0, bytes(range(23)))
    assert why.text == "survey of roofs"
    assert owner.identity == "FIN87astrdge12k8"
    assert math.degrees(where.operator_lat_rad) == pytest.approx(50.0)
    assert (where.place_kind, where.category_eu, where.class_eu) == (1, 1, 3)
    assert (where.area_radius_m, where.operator_altitude_m, where.time_s) == (50, 150, T0)


@pytest.mark.parametrize("head", [b"\xdd\x55\xfa\x0b\xbc\x0d\x07", b"\x1e\x16\xfa\xff\x0d\x07"])
def test_messages_are_found_in_what_a_radio_received(head):
    found, _ = rid.messages_of(head + location())
    assert isinstance(found[0], rid.Location)


@pytest.mark.parametrize(
    ("data", "errors"),
    [
        (b"", {"truncated": 1}),
        (location()[:20], {"truncated": 1}),
        (b"\x62" + bytes(24), {"unknown_message": 1}),
        (b"\xf2\x18\x01" + location(), {"unknown_message": 1}),
        (b"\xf2\x19\x10" + location(), {"unknown_message": 1}),
        (pack(basic_id(), location())[:-1], {"truncated": 1}),
    ],
)
def test_damage_is_counted(data, errors):
    assert rid.messages_of(data)[1] == errors


def lines(*rows):
    feed = RemoteIdFeed()
    text = b"\n".join(json.dumps(r).encode() if isinstance(r, dict) else r for r in rows)
    heard = feed.feed(octets_of(text + b"\n"))
    assert feed.finish().records == {}
    return heard


def raw(data, second, mac="aa"):
    return {"timestamp": T0 + second, "mac": mac, "odid": data.hex()}


def test_raw_lines_become_reports():
    heard = lines(
        raw(basic_id(), 12.0), raw(location(), 12.6), raw(location(), 12.8),
        raw(location(second=13.3), 13.6, mac="bb"),
    )  # fmt: skip
    r = heard.reports
    assert heard.records == {"remoteid": 4}
    assert heard.errors == {"duplicates": 1}
    assert r.time_s == pytest.approx([T0 + 12.3, T0 + 13.3])
    assert r.track_number.tolist() == [0, 1]
    assert [unpack_callsign(int(c)) for c in r.callsign] == ["500BX4A2", ""]
    assert set(r.kind.tolist()) == {REMOTEID}
    assert r.sigma_m == pytest.approx([10 / 2.4477] * 2)
    assert r.nacp.tolist() == [10, 10]
    assert r.ve_mps == pytest.approx([10.0, 10.0])


def test_a_stamp_belongs_to_the_nearest_hour():
    r = lines(raw(location(second=3599.5), 0.2)).reports
    assert r.time_s == pytest.approx([T0 - 0.5])


def test_without_a_receive_time_the_drones_own_clock_tells_the_hour():
    data = {"mac": "aa", "odid": pack(system(T0 + 12), location()).hex()}
    assert lines(data).reports.time_s == pytest.approx([T0 + 12.3])
    lost = lines({"mac": "aa", "odid": location().hex()})
    assert lost.errors == {"untimed": 1}
    assert lost.reports.time_s.size == 0


def test_lines_of_unix_rid_capture_become_reports():
    heard = lines(
        {"debug": "rx packets 92 (0)"},
        {"mac": "aa", "operator": "GBR-OP-ZZZZ", "uav id": "SERIAL12345678"},
        {"mac": "aa", "uav latitude": 51.5, "uav longitude": -0.12, "uav altitude": 120,
         "uav heading": 270, "uav speed": 6, "seconds": 5, "unix time": int(T0)},
        {"mac": "aa", "uav latitude": 51.6, "uav longitude": -0.12, "uav altitude": -1000,
         "uav heading": 361, "uav speed": 255, "seconds": 6},
    )  # fmt: skip
    r = heard.reports
    assert r.time_s == pytest.approx([T0 + 5, T0 + 6])
    assert unpack_callsign(int(r.callsign[0])) == "12345678"
    assert r.geo_altitude_m[0] == 120
    assert r.ve_mps[0] == pytest.approx(-6.0)
    assert np.isnan([r.geo_altitude_m[1], r.ground_speed_mps[1], r.track_angle_rad[1]]).all()


def test_nonsense_lines_are_counted():
    heard = lines(b"nothing", b"[1]", {"mac": 3, "odid": "xyz"}, {"odid": "00"}, b"")
    assert heard.reports.time_s.size == 0
    assert heard.errors == {"lost_bytes": 10, "no_frame": 1, "truncated": 1}


def test_octets_of_a_radio_are_taken_as_they_come():
    feed = RemoteIdFeed()
    heard = feed.take(pack(basic_id(), location(flags=0x30)), "aa", round((T0 + 12.5) * 1e9))
    assert heard.reports.time_s == pytest.approx([T0 + 12.3])
    assert heard.reports.emergency.tolist() == [1]
    assert heard.records == {"remoteid": 2}


MAC = bytes.fromhex("aabbcc001122")


def wifi(body, kind=0x80):
    return bytes([kind, 0, 0, 0]) + b"\xff" * 6 + MAC + MAC + bytes(2) + body


def beacon(data):
    head = bytes(12) + b"\x00\x03RID"
    return wifi(head + bytes([0xDD, len(data) + 5]) + b"\xfa\x0b\xbc\x0d\x07" + data)


def nan(data):
    head = b"\x04\x09\x50\x6f\x9a\x13" + b"\x03\x10\x00\x88\x69\x19\x9d\x92\x09\x01\x00\x10"
    return wifi(head + bytes([len(data) + 1, 5]) + data, 0xD0)


def bluetooth(data, extended=False):
    content = bytes([len(data) + 5, 0x16]) + b"\xfa\xff\x0d\x07" + data
    head = b"\xd6\xbe\x89\x8e"
    if extended:
        return head + bytes([0x47, 60, 7, 1]) + MAC[::-1] + content
    return head + bytes([0x42, 60]) + MAC[::-1] + content


def capture(linktype, *frames):
    """A capture whose frames come at 12 s past a full hour, and what is heard of it."""
    data = octets_of(framed_bytes.pcap(list(frames), linktype=linktype))
    assert recognise(data) == "radio"
    return RadioFeed().feed(data)


@pytest.mark.parametrize(
    ("linktype", "frame"),
    [
        (WIFI, beacon(pack(basic_id(), location()))),
        (RADIOTAP, b"\x00\x00\x0a\x00" + bytes(6) + beacon(pack(basic_id(), location()))),
        (WIFI, nan(pack(basic_id(), location()))),
        (BLUETOOTH, bluetooth(location())),
        (BLUETOOTH, bluetooth(pack(basic_id(), location()), extended=True)),
    ],
)
def test_captures_of_radios_become_reports(linktype, frame):
    heard = capture(linktype, frame, frame)
    assert heard.errors == {"duplicates": 1}
    assert np.degrees(heard.reports.lat_rad) == pytest.approx([50.1])
    assert heard.reports.kind.tolist() == [REMOTEID]


def test_other_frames_of_a_radio_are_passed_over():
    frames = [b"", b"\x08" + bytes(40), wifi(bytes(60)), wifi(b"\x88\x69\x19\x9d\x92\x09", 0xD0)]
    heard = capture(WIFI, *frames)
    assert heard.records == {}
    assert heard.errors == {}
    assert capture(BLUETOOTH, bytes(50), bluetooth(location())[:12]).records == {}


def test_captures_of_networks_are_no_radios():
    assert recognise(octets_of(framed_bytes.pcap([bytes(60)]))) is None
