"""Remote identification in captures of radios: Wi-Fi in monitor mode, and Bluetooth sniffers.

Sources: IEEE 802.11-2020, 9.3.3 (management frames: the transmitter's address is the second one);
the radiotap header (its length in octets 2 and 3); Bluetooth core specification 5.4, volume 6 part
B, 2.3 (advertising PDUs); link types 105, 127, 251 and 256 of tcpdump; ASTM F3411-22a, 5.4.6 to
5.4.9 (beacons, NAN, Bluetooth advertisements).
"""

from typing import Final, NamedTuple

import numpy as np

from skypact.decode.feeds import Heard, nothing_heard
from skypact.decode.framing import pcap, pcapng
from skypact.decode.framing.datagrams import Frames
from skypact.decode.remoteid.messages import (
    MESSAGE_BYTES,
    MOST_IN_PACK,
    PACK,
    PACK_HEAD_BYTES,
    WIRELESS,
)
from skypact.decode.remoteid.receiver import RemoteIdFeed
from skypact.model.modes import Octets
from skypact.model.reports import concat_reports

(WIFI, RADIOTAP, BLUETOOTH, BLUETOOTH_PHY) = (105, 127, 251, 256)
LINKTYPES: Final = (WIFI, RADIOTAP, BLUETOOTH, BLUETOOTH_PHY)
NAN_SERVICE: Final = b"\x88\x69\x19\x9d\x92\x09"
"""Service of remote identification in Wi-Fi NAN: the begin of a digest of its name."""
_NAN_HEAD: Final = 8
"""Octets behind the service's name among which its pack begins."""
_MANAGEMENT: Final = (0x80, 0x50, 0xD0)
"""First octets of beacons, probe responses and action frames."""
_EXTENDED: Final = 7
"""Type of extended advertising PDUs."""


class Sent(NamedTuple):
    """What one sender put on the air."""

    sender: str
    """Its address, hex digits."""
    octets: bytes
    """A message or a pack, with what stands before it."""


def _nan_pack(body: bytes) -> bytes | None:
    """Return the pack of a NAN service, None where there is none."""
    place = body.find(NAN_SERVICE)
    if place < 0:
        return None
    place += len(NAN_SERVICE)
    for first in range(place, min(place + _NAN_HEAD, len(body) - PACK_HEAD_BYTES)):
        kind, size, count = body[first : first + PACK_HEAD_BYTES]
        if kind >> 4 == PACK and size == MESSAGE_BYTES and 1 <= count <= MOST_IN_PACK:
            return body[first:]
    return None


def sent_by_wifi(frame: bytes) -> Sent | None:
    """Read an 802.11 frame; None where it is no remote identification."""
    if len(frame) < 24 or frame[0] not in _MANAGEMENT:
        return None
    sender, body = frame[10:16].hex(), frame[24:]
    pack = _nan_pack(body)
    if pack is not None:
        return Sent(sender, pack)
    return Sent(sender, body) if WIRELESS[0] in body else None


def sent_by_bluetooth(frame: bytes) -> Sent | None:
    """Read a link-layer frame from its access address on; None as above, or without a sender."""
    if len(frame) < 14 or WIRELESS[1] not in frame:
        return None
    first = 6
    if frame[4] & 15 == _EXTENDED:
        if not frame[6] & 0x3F or not frame[7] & 1:
            return None
        first = 8
    return Sent(frame[first : first + 6][::-1].hex(), frame[first + 6 :])


def sent(frame: bytes, linktype: int) -> Sent | None:
    """Read a captured frame of one of `LINKTYPES`."""
    if linktype == RADIOTAP:
        return sent_by_wifi(frame[int.from_bytes(frame[2:4], "little") :])
    if linktype == WIFI:
        return sent_by_wifi(frame)
    return sent_by_bluetooth(frame[10:] if linktype == BLUETOOTH_PHY else frame)


def captured(data: Octets) -> tuple[Frames, dict[str, int]]:
    """Give the captured frames of a pcap or pcapng file, and what was wrong with it."""
    magic = data[:4].tobytes()
    if magic == pcapng.MAGIC:
        frames, errors, _ = pcapng.frames_of(data)
    elif magic in pcap.MAGICS:
        frames, errors, _ = pcap.frames_of(data)
    else:
        return Frames(np.empty((0, 2), np.int64), *([np.empty(0, np.int64)] * 2)), {}
    return frames, errors


def is_radio(data: Octets) -> bool:
    """Whether a file is a capture of a radio, by its first frames."""
    if data[:4].tobytes() != pcapng.MAGIC and data[:4].tobytes() not in pcap.MAGICS:
        return False
    frames, _ = captured(data)
    return bool(frames.linktype.size) and int(frames.linktype[0]) in LINKTYPES


class RadioFeed:
    """One capture file; `feed` takes it whole."""

    def __init__(self) -> None:
        self._feed = RemoteIdFeed()

    def feed(self, data: Octets, received_ns: int = -1) -> Heard:
        """Take a capture; its stamps go before `received_ns`."""
        if not data.size:
            return nothing_heard()
        frames, errors = captured(data)
        errors = dict(errors)
        found = []
        records = 0
        for row, time_ns, linktype in zip(
            frames.rows[:, :2].tolist(),
            frames.received_ns.tolist(),
            frames.linktype.tolist(),
            strict=True,
        ):
            if linktype not in LINKTYPES:
                continue
            message = sent(data[row[0] : row[1]].tobytes(), linktype)
            if message is None:
                continue
            when_ns = time_ns if time_ns >= 0 else received_ns
            heard = self._feed.take(message.octets, message.sender, when_ns)
            records += heard.records.get("remoteid", 0)
            found.append(heard.reports)
            for kind, n in heard.errors.items():
                errors[kind] = errors.get(kind, 0) + n
        return Heard(concat_reports(found), {"remoteid": records} if records else {}, errors)

    def finish(self) -> Heard:
        """End the capture: nothing is left."""
        return nothing_heard()
