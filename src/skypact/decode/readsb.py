"""``aircraft.json`` of readsb, tar1090 and dump1090: what a receiver knows of every aircraft.

Each snapshot has the time of writing (``now``) and, by aircraft, values with the age of the last
position (``seen_pos``). The same position stands in snapshot after snapshot until the next one is
heard: only the first is a report. Source: readsb, README-json. Snapshots may also stand one in a
line, or come under ``ac`` with ``now`` in milliseconds, as public services send them.
"""

import math
from typing import Any, Final

import numpy as np

from skypact.decode.feeds import Heard
from skypact.decode.jsontext import json_object
from skypact.decode.position_rows import (
    LATEST_S,
    Fields,
    address_of,
    batch_of,
    callsign_of,
    mode3a_of,
    motion_of,
    number_of,
    place_of,
    whole_of,
)
from skypact.kernels.fleet import COMPUTED_SIGMA_M
from skypact.model.modes import Octets
from skypact.model.quality import (
    LEAST_FIRST_ON_GROUND,
    MOST_CATEGORY,
    accuracy_category,
    sigma_of_category,
)
from skypact.model.reports import ADSB, MLAT, TRACK
from skypact.units import DEGREE, FEET_PER_MINUTE, FOOT, KNOT

LISTS: Final = ("aircraft", "ac")
"""Keys under which the aircraft stand."""
MILLISECONDS: Final = 1e11
"""A time from here on is in milliseconds."""
SAME_S: Final = 0.3
"""Two positions of one aircraft, equal and no further apart in time, are one: ages are rounded."""
LONGEST_FILE: Final = 1 << 26
"""A snapshot that goes on for longer is none."""
READINGS: Final = 8
"""What comes in pieces is read so often at most, on average, until it is a snapshot."""
LONGEST_END: Final = 64
"""Octets after which the end of a snapshot is not looked for: blanks."""
EMERGENCIES: Final = ("none", "general", "lifeguard", "minfuel", "nordo", "unlawful", "downed")
"""Words of ``emergency`` in the order of ED-102A's codes."""
MOST_AIRCRAFT: Final = 1 << 16


def kind_of(source: object) -> int:
    """Report kind of the word in ``type``; TIS-B is what a ground station's tracker says."""
    text = source if isinstance(source, str) else ""
    if text == "mlat":
        return MLAT
    return TRACK if text.startswith("tisb") else ADSB


def now_of(snapshot: dict[str, Any]) -> float:
    """Seconds UTC when a snapshot was written; NaN where it does not say."""
    now = snapshot.get("now")
    if isinstance(now, bool) or not isinstance(now, (int, float)):
        return math.nan
    now_s = now / 1000.0 if now >= MILLISECONDS else float(now)
    return now_s if 0.0 < now_s < LATEST_S else math.nan


def snapshot_of(text: bytes) -> dict[str, Any] | None:
    """Read one snapshot; None where the bytes are none."""
    value = json_object(text)
    is_one = value is not None and any(isinstance(value.get(key), list) for key in LISTS)
    return value if is_one else None


def snapshots_of(data: bytes) -> list[dict[str, Any]]:
    """Snapshots of a file: one of them, or one in each line; what is no snapshot is left out."""
    whole = snapshot_of(data)
    if whole is not None:
        return [whole]
    return [found for line in data.split(b"\n") if (found := snapshot_of(line)) is not None]


class _Gathered:
    """Bytes that wait until they are snapshots; the time to read them grows as their number."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._line = 0
        """Where the line begins that has not ended; those before it were read."""
        self._allowed = 0
        """Octets that may be read once more."""

    @property
    def size(self) -> int:
        """Octets that wait."""
        return len(self._text)

    def take(self, data: bytes) -> list[dict[str, Any]]:
        """Add a piece; the snapshots that are whole by now are taken out."""
        if not self._text and (whole := snapshot_of(data)) is not None:
            return [whole]
        self._text += data
        self._allowed += READINGS * len(data)
        found = self._ended_lines(data)
        ends = self._text[-LONGEST_END:].rstrip().endswith(b"}")
        if ends and len(self._text) <= self._allowed:
            self._allowed -= len(self._text)
            found += self.last()
        return found

    def last(self) -> list[dict[str, Any]]:
        """Take all that waits, or its last line, if that is a snapshot; blanks are none."""
        if self._text[:LONGEST_END].isspace() and not self._text.strip():
            self.drop(len(self._text))
        for begin in dict.fromkeys((0, self._line)):
            whole = snapshot_of(bytes(self._text[begin:]))
            if whole is not None:
                self.drop(len(self._text))
                return [whole]
        return []

    def drop(self, n: int) -> None:
        """Forget the first octets."""
        del self._text[:n]
        self._line, self._allowed = 0, READINGS * len(self._text)

    def _ended_lines(self, data: bytes) -> list[dict[str, Any]]:
        """Take snapshots out of the lines that ended in the last piece."""
        end = len(self._text) - len(data) + data.rfind(b"\n") + 1
        if b"\n" not in data:
            return []
        lines = bytes(self._text[self._line : end]).split(b"\n")
        found = [one for line in lines if (one := snapshot_of(line)) is not None]
        self._line = end
        if found:
            self.drop(end)
        return found


def _entries(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    every = next(value for key in LISTS if isinstance(value := snapshot.get(key), list))
    return [entry for entry in every if isinstance(entry, dict)]


def _quality(entry: dict[str, Any]) -> Fields:
    nacp = whole_of(entry.get("nac_p"), 0, MOST_CATEGORY)
    nic = whole_of(entry.get("nic"), 0, MOST_CATEGORY)
    category = int(accuracy_category(nacp, nic))
    if category == 0 and entry.get("alt_baro") == "ground" and not entry.get("version"):
        category = LEAST_FIRST_ON_GROUND
    return {
        "nacp": nacp,
        "nic": nic,
        "sil": whole_of(entry.get("sil"), 0, 3),
        "sigma_m": float(sigma_of_category(category)),
    }


def _motion(entry: dict[str, Any]) -> Fields:
    speed = number_of(entry.get("gs"), KNOT)
    track = number_of(entry.get("track"), DEGREE)
    north, east = motion_of(speed, track)
    climb = number_of(entry.get("baro_rate"), FEET_PER_MINUTE)
    if math.isnan(climb):
        climb = number_of(entry.get("geom_rate"), FEET_PER_MINUTE)
    return {
        "vn_mps": north, "ve_mps": east, "vu_mps": climb,
        "ground_speed_mps": speed, "track_angle_rad": track,
    }  # fmt: skip


def row_of(entry: dict[str, Any], now_s: float) -> Fields | None:
    """Report of one aircraft; None where it has no position of its own."""
    address = address_of(entry.get("hex"))
    place = place_of(entry.get("lat"), entry.get("lon"))
    age_s = number_of(entry.get("seen_pos"))
    if address is None or place is None or not age_s >= 0.0:
        return None
    kind = kind_of(entry.get("type"))
    alarm = entry.get("emergency")
    row: Fields = {
        "time_s": now_s - age_s, "lat_rad": place[0], "lon_rad": place[1], "kind": kind,
        "icao" if address[1] else "track_number": address[0],
        "callsign": callsign_of(entry.get("flight")),
        "mode3a": mode3a_of(entry.get("squawk")),
        "baro_altitude_m": number_of(entry.get("alt_baro"), FOOT),
        "geo_altitude_m": number_of(entry.get("alt_geom"), FOOT),
        "emergency": EMERGENCIES.index(alarm) if alarm in EMERGENCIES else -1,
        "spi": max(whole_of(entry.get("spi"), 0, 1), 0),
    }  # fmt: skip
    row |= _quality(entry) | _motion(entry)
    if kind == MLAT:
        row["sigma_m"] = COMPUTED_SIGMA_M
    return row


class SnapshotFeed:
    """Snapshots of one receiver, in the order of their times."""

    def __init__(self) -> None:
        self._rest = _Gathered()
        self._last: dict[tuple[int, int, int], tuple[float, float, float]] = {}
        """Time and place of the newest position of each aircraft."""

    def feed(self, data: Octets, received_ns: int = -1) -> Heard:
        """Take the next piece; one that ends within a snapshot waits for the rest."""
        found = self._rest.take(data.tobytes())
        errors: dict[str, int] = {}
        if self._rest.size > LONGEST_FILE:
            errors["lost_bytes"] = self._rest.size
            self._rest = _Gathered()
        return self._heard(found, received_ns, errors)

    def _heard(
        self, found: list[dict[str, Any]], received_ns: int, errors: dict[str, int]
    ) -> Heard:
        rows: list[Fields] = []
        n = 0
        for snapshot in found:
            now_s = now_of(snapshot)
            if math.isnan(now_s) and received_ns >= 0:
                now_s = received_ns * 1e-9
            entries = _entries(snapshot)
            n += len(entries)
            if math.isnan(now_s):
                errors["untimed"] = errors.get("untimed", 0) + len(entries)
                continue
            arrived_ns = received_ns if received_ns >= 0 else round(now_s * 1e9)
            rows += self._rows(entries, now_s, arrived_ns, errors)
        return Heard(batch_of(rows), {"aircraft.json": n} if n else {}, errors)

    def finish(self) -> Heard:
        """End the stream: what is left is no snapshot, unless it was not read for its length."""
        found, errors = self._rest.last(), {}
        if self._rest.size:
            errors = {"truncated": 1, "lost_bytes": self._rest.size}
        self._rest = _Gathered()
        return self._heard(found, -1, errors)

    def _rows(
        self, entries: list[dict[str, Any]], now_s: float, arrived_ns: int, errors: dict[str, int]
    ) -> list[Fields]:
        rows = [row for entry in entries if (row := row_of(entry, now_s)) is not None]
        fresh = [row for row in rows if self._is_new(row)]
        if len(fresh) < len(rows):
            errors["duplicates"] = errors.get("duplicates", 0) + len(rows) - len(fresh)
        return [row | {"received_ns": arrived_ns} for row in fresh]

    def _is_new(self, row: Fields) -> bool:
        """Whether a position is not the one told before; it is remembered."""
        key = (int(row.get("icao", -1)), int(row.get("track_number", -1)), int(row["kind"]))
        now = (float(row["time_s"]), float(row["lat_rad"]), float(row["lon_rad"]))
        before = self._last.pop(key, None)
        if len(self._last) >= MOST_AIRCRAFT:
            del self._last[next(iter(self._last))]
        is_same = before is not None and before[1:] == now[1:] and now[0] - before[0] <= SAME_S
        is_old = before is not None and now[0] < before[0] - SAME_S
        self._last[key] = before if before is not None and (is_same or is_old) else now
        return not is_same and not is_old


def in_order(files: list[bytes]) -> list[bytes]:
    """Put files of snapshots in the order of their times; those without one come last."""

    def first_s(data: bytes) -> float:
        times = [now_of(snapshot) for snapshot in snapshots_of(data)[:1]]
        return float(np.nan_to_num(times[0], nan=np.inf)) if times else np.inf

    return sorted(files, key=first_s)
