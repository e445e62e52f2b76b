"""Short streams of every feed, and what holds of the reports that any stream gives."""

import json

import numpy as np
from tests.naive import framed_bytes
from tests.naive import made_frames as made
from tests.naive.streams import avr_message, beast_message

from skypact.decode.feeds import octets_of
from skypact.decode.recognise import open_feed
from skypact.model.reports import KINDS

NOW_NS = 1_700_000_000 * 10**9
"""When the pieces of a stream come."""
FRAMES = [made.position(0x4B1A2B, 50.0, 8.0 + 0.0015 * i, i % 2) for i in range(6)]
PLANE = {
    "hex": "4b1a2b", "lat": 50.0, "lon": 8.0, "seen_pos": 0.1, "gs": 400, "track": 90,
    "type": "adsb_icao", "flight": "SKY42   ", "alt_baro": 35000, "alt_geom": 35900,
    "baro_rate": 640, "squawk": "1000", "emergency": "nordo", "nic": 8, "nac_p": 9, "sil": 3,
    "spi": 1,
}  # fmt: skip
STARTS = {
    "beast": b"".join(beast_message(f, 12_000_000 * i + 1) for i, f in enumerate(FRAMES)),
    "avr": b"".join(avr_message(f, 12_000_000 * i + 1) for i, f in enumerate(FRAMES)),
    "frames": b"".join(
        json.dumps({"timestamp": 1.7e9 + i, "frame": f.hex()}).encode() + b"\n"
        for i, f in enumerate(FRAMES)
    ),
    "sbs": b"MSG,1,1,1,4B1A2B,1,2024/11/21,04:00:00.1,,,SKY42   ,,,,,,,7700,1,-1,,\r\n"
    b"MSG,4,1,1,4B1A2B,1,2024/11/21,04:00:00,,,,,420,90,,,-640\nSTA,,\nMLAT,3,1,1,~00002B,1,"
    b"2024/11/21,04:00:00,,,,9000,,,50.1,8.2,,,,,1,-1\r\n"
    b"MSG,3,1,1,4B1A2B,1,2024/11/21,04:00:00,2024/11/21,04:00:00,,3500,,,50,8,,,,,,0\r\n" * 3,
    "radio": framed_bytes.pcap(
        [bytes([0x80]) + bytes(23) + b"\xfa\x0b\xbc\x0d\x07\x12" + b"\x20" * 24], linktype=105
    ),
    "aircraft.json": json.dumps({"now": 1.7e9, "aircraft": [PLANE]}).encode() + b"\n",
    "remoteid": json.dumps({"timestamp": 1.7e9, "mac": "aa", "odid": "12" + "20" * 24}).encode()
    + b'\n{"mac":"aa","uav latitude":51.5,"uav longitude":-0.12,"seconds":5,"unix time":17e8}\n',
}


def heard(form, pieces, received_ns=NOW_NS):
    """What a feed tells of pieces of a stream; every report must be possible."""
    feed = open_feed(form)
    parts = [*(feed.feed(octets_of(p), received_ns) for p in pieces), feed.finish()]
    for part in parts:
        reports = part.reports
        assert len({column.shape for column in reports}) == 1
        assert np.isfinite(reports.time_s).all()
        assert (np.abs(reports.lat_rad) <= np.pi / 2).all()
        assert (np.abs(reports.lon_rad) <= np.pi).all()
        assert (reports.kind < len(KINDS)).all()
        assert all(n > 0 for n in (part.records | part.errors).values())
    return parts
