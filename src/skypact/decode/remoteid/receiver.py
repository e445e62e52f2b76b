"""A receiver of remote identification: lines of JSON to reports.

Two forms of lines are read. Raw ones carry the octets: ``{"timestamp": seconds, "mac": "...",
"odid": "hex digits"}`` (also ``data`` or ``payload``). Read ones are those of unix_rid_capture:
``{"mac": ..., "uav id": ..., "uav latitude": ..., "uav altitude": ..., "seconds": ...}``, whose own
unknown values (-1000, 361, 255) are taken as such. A drone's stamp is the second of the hour: the
receive time tells which hour; where there is none, the time that a System message gives.
"""

import math
from typing import Any, Final, NamedTuple

import numpy as np

from skypact.decode.feeds import Heard
from skypact.decode.jsontext import json_object
from skypact.decode.modes.lines import TIME_KEYS, time_ns_of
from skypact.decode.position_rows import (
    Fields,
    batch_of,
    callsign_of,
    motion_of,
    number_of,
    place_of,
)
from skypact.decode.remoteid.messages import (
    EMERGENCY,
    EPOCH_S,
    HORIZONTAL_M,
    BasicId,
    Location,
    Message,
    System,
    messages_of,
)
from skypact.model.modes import Octets
from skypact.model.quality import EPU_SIGMA
from skypact.model.reports import REMOTEID
from skypact.units import DEGREE

RAW_KEYS: Final = ("odid", "data", "payload")
READ_KEYS: Final = ("uav latitude", "uav id", "operator", "base latitude")
LONGEST_LINE: Final = 1 << 16
MOST_TRANSMITTERS: Final = 1 << 14
HOUR_S: Final = 3600.0
GENERAL_EMERGENCY: Final = 1


class _Transmitter(NamedTuple):
    """What was heard of one sender."""

    number: int
    identity: int = -1
    """The last eight characters of the drone's identity, packed."""
    time_s: float = math.nan
    """Newest time that it told."""
    last_s: float = -math.inf
    """Time of its newest report."""


def _unless(value: float, unknown: float) -> float:
    return math.nan if value == unknown else value


def _stamp_s(value: Any) -> float:  # noqa: ANN401
    second = number_of(value)
    return second if 0.0 <= second < HOUR_S else math.nan


def read_messages(line: dict[str, Any]) -> list[Message]:
    """Take the messages out of a line of unix_rid_capture; what it leaves out is NaN."""
    found: list[Message] = []
    if isinstance(identity := line.get("uav id"), str):
        found.append(BasicId(1, 0, identity))
    unix_s = line.get("unix time")
    # The tool writes the epoch of the stamps where the drone sent none.
    if (
        isinstance(unix_s, int)
        and not isinstance(unix_s, bool)
        and EPOCH_S < unix_s < 7_300_000_000
    ):
        nothing = math.nan
        found.append(
            System(0, nothing, nothing, nothing, 1, 0.0, nothing, nothing, -1, -1, float(unix_s))
        )
    place = place_of(line.get("uav latitude"), line.get("uav longitude"))
    if place is None:
        return found
    track = number_of(line.get("uav heading"))
    found.append(
        Location(
            status=0,
            track_rad=track * DEGREE if 0.0 <= track < 361.0 else math.nan,
            speed_mps=_unless(number_of(line.get("uav speed")), 255.0),
            climb_mps=math.nan,
            lat_rad=place[0],
            lon_rad=place[1],
            baro_altitude_m=math.nan,
            geo_altitude_m=_unless(number_of(line.get("uav altitude")), -1000.0),
            height_m=math.nan,
            is_above_ground=False,
            horizontal_m=math.nan,
            vertical_m=math.nan,
            speed_accuracy_mps=math.nan,
            second_of_hour=_stamp_s(line.get("seconds")),
            stamp_accuracy_s=math.nan,
        )
    )
    return found


def moment_s(second: float, about_s: float) -> float:
    """Moment nearest to `about_s` with that second of the hour; `about_s` where it is unknown."""
    if math.isnan(second) or math.isnan(about_s):
        return about_s
    return second + HOUR_S * round((about_s - second) / HOUR_S)


def report_of(location: Location, time_s: float, sender: int, identity: int) -> Fields:
    """Make the report of a location; its place must be known."""
    north, east = motion_of(location.speed_mps, location.track_rad)
    row: Fields = {
        "time_s": time_s, "kind": REMOTEID, "track_number": sender, "callsign": identity,
        "lat_rad": location.lat_rad, "lon_rad": location.lon_rad,
        "baro_altitude_m": location.baro_altitude_m, "geo_altitude_m": location.geo_altitude_m,
        "vn_mps": north, "ve_mps": east, "vu_mps": location.climb_mps,
        "ground_speed_mps": location.speed_mps, "track_angle_rad": location.track_rad,
        "sigma_m": location.horizontal_m / EPU_SIGMA,
    }  # fmt: skip
    if not math.isnan(location.horizontal_m):
        row["nacp"] = min(HORIZONTAL_M.index(location.horizontal_m), 11)
    if location.status == EMERGENCY:
        row["emergency"] = GENERAL_EMERGENCY
    return row


class RemoteIdFeed:
    """One receiver's lines; senders are told apart by ``mac``, and numbered as they appear."""

    def __init__(self) -> None:
        self._rest = b""
        self._senders: dict[str, _Transmitter] = {}
        self._n_senders = 0

    def feed(self, data: Octets, received_ns: int = -1) -> Heard:
        """Take the next piece of the stream."""
        *lines, self._rest = (self._rest + data.tobytes()).split(b"\n")
        errors: dict[str, int] = {}
        if len(self._rest) > LONGEST_LINE:
            errors["lost_bytes"] = len(self._rest)
            self._rest = b""
        rows: list[Fields] = []
        n = 0
        for line in lines:
            messages, sender, time_ns = self._read(line, errors)
            n += len(messages)
            rows += self._rows(messages, sender, time_ns if time_ns >= 0 else received_ns, errors)
        return Heard(batch_of(rows), {"remoteid": n} if n else {}, errors)

    def finish(self) -> Heard:
        """Read the last line, which may have no end."""
        return self.feed(np.frombuffer(b"\n" if self._rest else b"", np.uint8))

    def take(self, octets: bytes, sender: str, received_ns: int) -> Heard:
        """Take what a radio received from one sender: a message or a pack."""
        messages, errors = messages_of(octets)
        rows = self._rows(messages, sender, received_ns, errors)
        return Heard(batch_of(rows), {"remoteid": len(messages)} if messages else {}, errors)

    def _read(self, text: bytes, errors: dict[str, int]) -> tuple[list[Message], str, int]:
        """Messages of a line, who sent them, and when they were received [ns]."""
        nothing: tuple[list[Message], str, int] = ([], "", -1)
        if not text.strip():
            return nothing
        line = json_object(text)
        if line is None:
            errors["lost_bytes"] = errors.get("lost_bytes", 0) + len(text)
            return nothing
        sender = str(line.get("mac", ""))
        time_ns = next((t for k in TIME_KEYS if (t := time_ns_of(line.get(k))) >= 0), -1)
        raw = next((line[key] for key in RAW_KEYS if isinstance(line.get(key), str)), None)
        if raw is None:
            return read_messages(line), sender, time_ns
        try:
            messages, wrong = messages_of(bytes.fromhex(raw))
        except ValueError:
            messages, wrong = [], {"no_frame": 1}
        for kind, n in wrong.items():
            errors[kind] = errors.get(kind, 0) + n
        return messages, sender, time_ns

    def _sender(self, name: str) -> _Transmitter:
        known = self._senders.pop(name, None)
        if known is None:
            known = _Transmitter(self._n_senders)
            self._n_senders += 1
        if len(self._senders) >= MOST_TRANSMITTERS:
            del self._senders[next(iter(self._senders))]
        return known

    def _rows(
        self, messages: list[Message], name: str, received_ns: int, errors: dict[str, int]
    ) -> list[Fields]:
        """Make the reports of what one sender sent at one time."""
        rows: list[Fields] = []
        if not messages:
            return rows
        sender = self._sender(name)
        for message in messages:
            if isinstance(message, BasicId):
                identity = callsign_of(message.identity[-8:])
                sender = sender._replace(identity=identity if identity >= 0 else sender.identity)
            elif isinstance(message, System) and not math.isnan(message.time_s):
                sender = sender._replace(time_s=message.time_s)
        about_s = received_ns * 1e-9 if received_ns >= 0 else sender.time_s
        for message in messages:
            if not isinstance(message, Location) or math.isnan(message.lat_rad):
                continue
            time_s = moment_s(message.second_of_hour, about_s)
            kind = "untimed" if math.isnan(time_s) else "duplicates"
            if math.isnan(time_s) or time_s == sender.last_s:
                errors[kind] = errors.get(kind, 0) + 1
                continue
            sender = sender._replace(last_s=time_s)
            row = report_of(message, time_s, sender.number, sender.identity)
            row["received_ns"] = received_ns if received_ns >= 0 else round(time_s * 1e9)
            rows.append(row)
        self._senders[name] = sender
        return rows
