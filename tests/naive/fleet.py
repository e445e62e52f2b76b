"""Plain twins of kernels/fleet.py and cpr.py: aircraft as dictionaries."""

import math

from tests.naive.modes import read
from tests.naive.prepare import self_reported_noise

from skypact.model.modes import COMPUTED
from skypact.model.reports import ADSB, MLAT, TRACK


def zones(lat: float) -> int:
    """Longitude zones by the closed formula."""
    if abs(lat) >= 87:
        return 2 if abs(lat) == 87 else 1
    part = (1 - math.cos(math.pi / 30)) / math.cos(math.radians(lat)) ** 2
    return 59 if part == 0 else math.floor(2 * math.pi / math.acos(1 - part))


def wrap(lon: float) -> float:
    return (lon + 180) % 360 - 180


def encode(lat: float, lon: float, odd: int, span: float = 360) -> tuple[int, int]:
    """Compact position of a place, as a transponder makes it."""
    height = span / (60 - odd)
    y = math.floor(131072 * (lat % height) / height + 0.5)
    seen = height * (y / 131072 + math.floor(lat / height))
    width = span / max(zones(seen) - odd, 1)
    x = math.floor(131072 * (lon % width) / width + 0.5)
    return y % 131072, x % 131072


def pair(even: tuple, odd: tuple, newer: int, near: tuple | None):
    """Place of a pair of (y, x) counts; `near` where it is on the ground."""
    span = 90 if near else 360
    (ye, xe), (yo, xo) = [(a / 131072, b / 131072) for a, b in (even, odd)]
    j = math.floor(59 * ye - 60 * yo + 0.5)
    lats = [span / 60 * (j % 60 + ye), span / 59 * (j % 59 + yo)]
    if near:
        best = min((0, 90), key=lambda south: abs(lats[newer] - south - near[0]))
        lats = [lat - best for lat in lats]
    else:
        lats = [lat - 360 if lat >= 270 else lat for lat in lats]
    if max(map(abs, lats)) > 90 or zones(lats[0]) != zones(lats[1]):
        return None
    n = zones(lats[0])
    m = math.floor(xe * (n - 1) - xo * n + 0.5)
    count = max(n - newer, 1)
    lon = span / count * (m % count + (xo if newer else xe))
    if near:
        lon += 90 * math.floor((near[1] - lon) / 90 + 0.5)
    return lats[newer], wrap(lon)


def single(counts: tuple, odd: int, span: float, near: tuple):
    """Place of one position within half a zone of `near`."""
    y, x = counts[0] / 131072, counts[1] / 131072
    height = span / (60 - odd)
    lat = height * (math.floor(near[0] / height) + math.floor(0.5 + near[0] % height / height - y))
    lat += height * y
    if abs(lat) > 90:
        return None
    width = span / max(zones(lat) - odd, 1)
    m = math.floor(near[1] / width) + math.floor(0.5 + near[1] % width / width - x)
    return lat, wrap(width * (m + x))


def distance(a: tuple, b: tuple) -> float:
    east = wrap(a[1] - b[1]) * math.cos(math.radians(a[0] + b[0]) / 2)
    return 111_195 * math.hypot(a[0] - b[0], east)


S = 10**9


class Receiver:
    """Twin of `fleet.follow`; remembers every aircraft."""

    def __init__(self, near=None, reach=math.inf):
        self.near, self.reach = near, reach
        self.here, self.is_wide = None, False
        self.known: dict[tuple, dict] = {}
        self.counts: dict[str, int] = {}

    def count(self, kind):
        self.counts[kind] = self.counts.get(kind, 0) + 1

    def take(self, frame: bytes, length: int, time_ns: int, origin: int = 0):
        """Status of the frame, and the report it gives, or None."""
        said = read(frame, length)
        if said["status"] in (1, 5, 6):
            self.count(said["status"])
            return said["status"], None
        ground_station = said["format"] == 18 and said["aux"] in (2, 3, 5)
        relayed_by = said["format"] == 18 and said["aux"] == 6
        key = (said["address"], said.get("foreign", 0), origin, ground_station, relayed_by)
        own = self.known.get(key)
        if said["status"] == 7 and (own is None or abs(time_ns - own["seen"]) > 60 * S):
            self.count(7)
            return 7, None
        self.count(0)
        if said["status"] == 0:
            own = self.known.setdefault(key, {"trust": 0, "conflicts": 0})
            own["seen"] = time_ns
        self.note(own, said, time_ns)
        if "cpr_lat" not in said or not self.locate(own, said, time_ns):
            return 0, None
        return 0, self.report(own, said, time_ns, origin, ground_station)

    def note(self, own, said, time_ns):
        if said.get("callsign", -1) >= 0:
            own["callsign"] = said["callsign"], time_ns
        if "code" in said:
            own["code"] = said["code"], time_ns
        if not math.isnan(said.get("baro", math.nan)):
            own["level"] = said["baro"], time_ns
        if said.get("type") == 19:
            own["motion"] = [said.get(k, math.nan) for k in ("vn", "ve", "vu", "speed", "track")]
            own["moved"] = time_ns
            if not math.isnan(said.get("difference", math.nan)):
                own["gap"] = said["difference"], time_ns
        if "version" in said:
            own["version"], own["nic_a"] = said["version"], said.get("nic_a", -1)
            if said["ground"] == 1:
                own["nic_c"] = said.get("nic_c", -1)
        if "nacp" in said:
            own["nacp"] = said["nacp"], time_ns
        if "sil" in said:
            own["sil"] = said["sil"]
        if "emergency" in said:
            own["alarm"] = said["emergency"], time_ns

    def candidate(self, own, said, time_ns, ground):
        odd = said["odd"]
        counts = said["cpr_lat"], said["cpr_lon"]
        fresh = "fix" in own and abs(time_ns - own["fix"][1]) <= (300 if ground else 60) * S
        if fresh and own["trust"] >= (1 if ground else 2):
            return single(counts, odd, 90 if ground else 360, own["fix"][0])
        other = own.get(("cpr", 1 - odd))
        window = (25 if ground else 10) * S
        if other is None or other[1] != ground or abs(time_ns - other[2]) > window:
            return None
        near = self.near or self.here
        if ground and near is None:
            self.count("no_reference")
            return None
        both = [counts, other[0]] if odd == 0 else [other[0], counts]
        return pair(*both, odd, near if ground else None)

    def locate(self, own, said, time_ns):
        ground = said["type"] <= 8
        counts = said["cpr_lat"], said["cpr_lon"]
        before = own.get(("cpr", said["odd"]))
        if before and before[:2] == (counts, ground) and abs(time_ns - before[2]) <= 3 * S // 10:
            self.count("duplicates")
            return False
        own["cpr", said["odd"]] = counts, ground, time_ns
        place = self.candidate(own, said, time_ns, ground)
        if place is None:
            return False
        fresh = "fix" in own and abs(time_ns - own["fix"][1]) <= (300 if ground else 60) * S
        if own["trust"] and fresh:
            elapsed = abs(time_ns - own["fix"][1]) / S
            if distance(place, own["fix"][0]) > 1000 + (120 if ground else 900) * elapsed:
                self.count("position_jump")
                own["conflicts"] += 1
                if own["conflicts"] == 4:
                    own["trust"] = own["conflicts"] = 0
                return False
            own["trust"] = 2
        elif self.near and distance(place, self.near) > self.reach:
            self.count("out_of_reach")
            own["trust"] = 0
            return False
        else:
            own["trust"] = 1
        own["conflicts"] = 0
        own["fix"] = place, time_ns
        return own["trust"] == 2

    def report(self, own, said, time_ns, origin, ground_station):
        def held(name, seconds):
            value = own.get(name)
            return value[0] if value and abs(time_ns - value[1]) <= seconds * S else None

        place, kind = own["fix"][0], said["type"]
        if kind > 8 and not self.is_wide:
            self.here = self.here or place
            apart = abs(place[0] - self.here[0]), abs(wrap(place[1] - self.here[1]))
            if max(apart) > 20:
                self.is_wide, self.here = True, None
        nacp, integrity = held("nacp", 60), nic(kind, own, said.get("nic_b", -1))
        category = 7 if kind == 8 and own.get("version", -1) < 1 else integrity
        out = {
            "lat": place[0], "lon": place[1], "icao": said["address"],
            "foreign": said["foreign"], "callsign": held("callsign", 300),
            "code": held("code", 300), "alarm": held("alarm", 60), "nacp": nacp,
            "sil": own.get("sil") if nacp is not None else None,
            "nic": integrity, "sigma": self_reported_noise(nacp or 0, category, math.nan),
            "spi": said.get("spi", 0),
            "kind": MLAT if origin == COMPUTED else TRACK if ground_station else ADSB,
        }  # fmt: skip
        if origin == COMPUTED:
            out["sigma"] = 150
        if kind <= 8:
            return out | {k: said.get(k) for k in ("vn", "ve", "speed", "track")}
        if "moved" in own and abs(time_ns - own["moved"]) <= S:
            del own["moved"]
            out |= dict(zip(("vn", "ve", "vu", "speed", "track"), own["motion"], strict=True))
        if kind >= 20:
            return out | {"geo": said["geo"], "baro": held("level", 5)}
        gap = held("gap", 5)
        return out | {"baro": said["baro"], "geo": None if gap is None else said["baro"] + gap}


def nic(kind: int, own: dict, b: int) -> int:
    """ED-102A table 2-70."""
    plain = {5: 11, 6: 10, 7: 8, 8: 0, 16: 2, 17: 1, 18: 0, 20: 11, 21: 10, 22: 0}
    value = plain.get(kind, {9: 11, 10: 10, 11: 8, 12: 7, 13: 6, 14: 5, 15: 4}.get(kind, 0))
    version, a, c = own.get("version", 0), own.get("nic_a", -1) == 1, own.get("nic_c", -1) == 1
    if version == 1 and a:
        return {7: 9, 11: 9, 16: 3}.get(kind, value)
    if version == 2:
        special = {
            (7, True): 8 if c else 9,
            (8, True): 7 if c else 6,
            (8, False): 6 if c else 0,
            (11, True): 9 if b == 1 else 8,
            (16, True): 3 if b == 1 else 2,
        }
        return special.get((kind, a), value)
    return value
