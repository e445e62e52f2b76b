"""Plain twins of kernels/modes.py, cpr.py and fleet.py: bits as text, aircraft as dictionaries."""

import math
from typing import Any

from skypact.model.modes import COMPUTED
from skypact.model.reports import ADSB, MLAT, TRACK, pack_callsign

FT, KT, FPM = 0.3048, 1852 / 3600, 0.3048 / 60
GENERATOR = "1111111111111010000001001"
CHARACTERS = "#ABCDEFGHIJKLMNOPQRSTUVWXYZ##### ###############0123456789######"
LENGTHS = {0: 7, 4: 7, 5: 7, 11: 7, 16: 14, 17: 14, 18: 14, 20: 14, 21: 14}


# --- single frames -------------------------------------------------------------------------------


def remainder(frame: bytes) -> int:
    """Long division by the generator, bit by bit."""
    bits = [int(b) for octet in frame for b in f"{octet:08b}"]
    for i in range(len(bits) - 24):
        if bits[i]:
            for k, g in enumerate(GENERATOR):
                bits[i + k] ^= int(g)
    return int("".join(map(str, bits[-24:])), 2)


def gray(bits: str) -> int:
    """Gray code to number, each bit the parity of those before it."""
    return int("".join(str(bits[: i + 1].count("1") % 2) for i in range(len(bits))), 2)


def identity(bits: str) -> int:
    c1, a1, c2, a2, c4, a4, _, b1, d1, b2, d2, b4, d4 = (int(b) for b in bits)
    digits = ((a4, a2, a1), (b4, b2, b1), (c4, c2, c1), (d4, d2, d1))
    return int("".join(str(4 * x + 2 * y + z) for x, y, z in digits))


def altitude(bits: str) -> float:
    """Metres of 13 bits."""
    if "1" not in bits:
        return math.nan
    if bits[6] == "1":
        return float(int(bits[:6] + bits[7:], 2))
    if bits[8] == "1":
        return (int(bits[:6] + bits[7] + bits[9:], 2) * 25 - 1000) * FT
    c1, a1, c2, a2, c4, a4, _, b1, _, b2, d2, b4, d4 = bits
    steps, hundreds = gray(d2 + d4 + a1 + a2 + a4 + b1 + b2 + b4), gray(c1 + c2 + c4)
    if hundreds in (0, 5, 6):
        return math.nan
    hundreds = 5 if hundreds == 7 else hundreds
    return (steps * 5 + (6 - hundreds if steps % 2 else hundreds) - 13) * 100 * FT


def callsign(bits: str) -> int:
    text = "".join(CHARACTERS[int(bits[i : i + 6], 2)] for i in range(0, 48, 6)).replace("#", " ")
    packed = 0
    for character in text:
        packed = packed << 6 | ord(character) & 63
    return packed if text.strip() else -1


def register_callsign(bits: str) -> int:
    codes = [int(bits[i : i + 6], 2) for i in range(8, 56, 6)]
    legal = all(CHARACTERS[c] != "#" for c in codes)
    text = "".join(CHARACTERS[c] for c in codes)
    return callsign(bits[8:]) if bits[:8] == "00100000" and legal and text.strip() else -1


def movement(code: int) -> float:
    if not 1 <= code <= 124:
        return math.nan
    ends = ((2, 0, 1), (9, 0.125, 0.125), (13, 1, 0.25), (39, 2, 0.5), (94, 15, 1), (109, 70, 2))
    first = 1
    for end, start, step in (*ends, (125, 100, 5)):
        if code < end:
            return (start + step * (code - first)) * KT
        first = end
    return math.nan


def steps(me: str, sign: int, n: int) -> float:
    count = int(me[sign : sign + n], 2)
    return math.nan if count == 0 else (1 - count if me[sign - 1] == "1" else count - 1)


def squitter(me: str, out: dict[str, Any]) -> None:
    """Read an extended squitter's 56 bits."""

    def number(first: int, n: int) -> int:
        return int(me[first - 1 : first - 1 + n], 2)

    kind = out["type"] = number(1, 5)
    if 1 <= kind <= 4:
        out["category"] = (4 - kind) * 8 + number(6, 3)
        out["callsign"] = callsign(me[8:])
    elif 5 <= kind <= 8:
        out.update(ground=1, speed=movement(number(6, 7)), odd=number(22, 1))
        out.update(cpr_lat=number(23, 17), cpr_lon=number(40, 17))
        if number(13, 1):
            out["track"] = math.radians(number(14, 7) * 360 / 128)
            out["vn"] = out["speed"] * math.cos(out["track"])
            out["ve"] = out["speed"] * math.sin(out["track"])
    elif kind == 19:
        velocity(me, out)
    elif kind <= 22:
        out.update(ground=0 if kind else -1, spi=int(number(6, 2) == 3), nic_b=number(8, 1))
        height = altitude(me[8:14] + "0" + me[14:20])
        out.update({"geo" if kind >= 20 else "baro": height, "is_gnss": int(kind >= 20)})
        if kind:
            out.update(odd=number(22, 1), cpr_lat=number(23, 17), cpr_lon=number(40, 17))
    elif kind == 28:
        out["subtype"] = number(6, 3)
        if number(6, 3) == 1:
            out["emergency"] = number(9, 3)
            if number(12, 13):
                out["code"] = identity(me[11:24])
    elif kind == 29:
        out["subtype"] = number(6, 2)
        if number(6, 2) <= 1:
            out.update(nacp=number(40, 4), sil=number(45, 2))
        if number(6, 2) == 0:
            out["emergency"] = number(54, 3)
        elif number(6, 2) == 1 and number(10, 11):
            out["selected"] = (number(10, 11) - 1) * 32 * FT
    elif kind == 31:
        operational(me, out)


def velocity(me: str, out: dict[str, Any]) -> None:
    subtype = out["subtype"] = int(me[5:8], 2)
    if not 1 <= subtype <= 4:
        return
    out.update(ground=0, nacv=int(me[10:13], 2))
    unit = KT if subtype in (1, 3) else 4 * KT
    if subtype <= 2:
        out["ve"], out["vn"] = steps(me, 14, 10) * unit, steps(me, 25, 10) * unit
        out["speed"] = math.hypot(out["ve"], out["vn"])
        out["track"] = math.atan2(out["ve"], out["vn"]) % (2 * math.pi)
    else:
        if me[13] == "1":
            out["heading"] = math.radians(int(me[14:24], 2) * 360 / 1024)
        if int(me[25:35], 2):
            out["airspeed"] = (int(me[25:35], 2) - 1) * unit
    out["vu"] = steps(me, 37, 9) * 64 * FPM
    if int(me[49:56], 2) != 127:
        out["difference"] = steps(me, 49, 7) * 25 * FT


def operational(me: str, out: dict[str, Any]) -> None:
    subtype, version = int(me[5:8], 2), int(me[40:43], 2)
    out["subtype"] = subtype
    if subtype > 1:
        return
    out.update(version=version, ground=subtype)
    if version not in (1, 2):
        return
    out.update(nic_a=int(me[43]), nacp=int(me[44:48], 2), sil=int(me[50:52], 2))
    if version == 2:
        out["sda"] = int(me[30:32], 2)
    if subtype == 0:
        out["gva"] = int(me[48:50], 2)
    else:
        out["nacv"] = int(me[16:19], 2)
        if version == 2:
            out["nic_c"] = int(me[19])


def relayed(me: str, control: int, out: dict[str, Any]) -> None:
    """Format 18."""
    kind = out["type"]
    flags = dict.fromkeys([*range(9, 19), 20, 21, 22], 8) | dict.fromkeys(range(5, 9), 21)
    flags |= {19: 9}
    if control == 6:
        flags |= {28: 56, 29: 51, 30: 56, 31: 56}
    marked = kind in flags and me[flags[kind] - 1] == "1"
    out["foreign"] = int(control in (1, 5) or (control in (2, 6) and marked))
    if control > 1:
        out.pop("nic_b", None)
    if control in (2, 5) and kind == 19:
        out.pop("nacv", None)
        out.pop("difference", None)
        out["nacp"] = int(me[9:13], 2)


def read(frame: bytes, length: int) -> dict[str, Any]:
    """What one frame says; `status` is that of the kernel."""
    form = frame[0] >> 3
    out: dict[str, Any] = {"format": form, "status": 0}
    n = LENGTHS.get(form, 0)
    if length < max(n, 7):
        return out | {"status": 1}
    if n == 0:
        return out | {"status": 6}
    frame = frame[:n]
    bits = "".join(f"{octet:08b}" for octet in frame)
    rest = remainder(frame)
    if form not in (11, 17, 18):
        out.update(address=rest, status=7)
        if form in (0, 16):
            out.update(aux=int(bits[5]), ground=int(bits[5]))
        else:
            status = int(bits[5:8], 2)
            out.update(aux=status, spi=int(status in (4, 5)))
            if status <= 3:
                out["ground"] = status % 2
        if form in (5, 21):
            out["code"] = identity(bits[19:32])
        else:
            out["baro"] = altitude(bits[19:32])
        if form >= 20:
            out["callsign"] = register_callsign(bits[32:88])
        return out
    control = int(bits[5:8], 2)
    out.update(address=int(bits[8:32], 2), aux=control)
    if rest > (79 if form == 11 else 0):
        return out | {"status": 5}
    if form != 18 and control in (4, 5):
        out["ground"] = int(control == 4)
    if form == 11:
        return out | {"interrogator": rest, "status": 7 if rest else 0}
    out["foreign"] = 0
    if form == 17 or control in (0, 1, 2, 5, 6):
        squitter(bits[32:88], out)
        if form == 18:
            relayed(bits[32:88], control, out)
    return out


# --- compact positions ---------------------------------------------------------------------------


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


# --- aircraft ------------------------------------------------------------------------------------

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
        nacp = held("nacp", 60)
        out = {
            "lat": place[0], "lon": place[1], "icao": said["address"],
            "foreign": said["foreign"], "callsign": held("callsign", 300),
            "code": held("code", 300), "alarm": held("alarm", 60), "nacp": nacp,
            "sil": own.get("sil") if nacp is not None else None,
            "nic": nic(kind, own, said.get("nic_b", -1)), "sigma": sigma(kind, nacp),
            "spi": said.get("spi", 0),
            "kind": MLAT if origin == COMPUTED else TRACK if ground_station else ADSB,
        }  # fmt: skip
        if origin == COMPUTED:
            out["sigma"] = 150
        if kind <= 8:
            return out | {k: said.get(k) for k in ("vn", "ve", "speed", "track")}
        if "moved" in own and abs(time_ns - own["moved"]) <= 3 * S:
            out |= dict(zip(("vn", "ve", "vu", "speed", "track"), own["motion"], strict=True))
        if kind >= 20:
            return out | {"geo": said["geo"], "baro": held("level", 5)}
        gap = held("gap", 5)
        return out | {"baro": said["baro"], "geo": None if gap is None else said["baro"] + gap}


EPU = (18520, 18520, 7408, 3704, 1852, 926, 555.6, 185.2, 92.6, 30, 10, 3, 3, 3, 3, 3)
NUCP = {9: 11, 8: 10, 7: 8, 6: 7, 5: 6, 4: 5, 3: 4, 2: 1, 1: 1, 0: 0}


def sigma(kind: int, nacp: int | None) -> float:
    """Error as stated, else by the containment that the type code of version 0 states."""
    if nacp is None:
        nucp = 14 - kind if kind <= 8 else 18 - kind if kind <= 18 else {20: 9, 21: 8, 22: 0}[kind]
        nacp = NUCP[nucp]
    return EPU[nacp] / 2.4477


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


# --- frames made ---------------------------------------------------------------------------------


def with_parity(frame: bytes, overlay: int = 0) -> bytes:
    """Frame with its parity, or an address or code laid over it, in the last three octets."""
    return frame + (remainder(frame + bytes(3)) ^ overlay).to_bytes(3, "big")


def df17(icao: int, me: int, form: int = 17, control: int = 5) -> bytes:
    head = bytes([form << 3 | control]) + icao.to_bytes(3, "big")
    return with_parity(head + me.to_bytes(7, "big"))


def altitude_code(feet: float) -> int:
    """12 bits in steps of 25 ft."""
    n = round((feet + 1000) / 25)
    return n >> 4 << 5 | 1 << 4 | n & 15


def position(icao: int, lat: float, lon: float, odd: int, feet: float = 30_000, kind: int = 11):
    y, x = encode(lat, lon, odd)
    me = kind << 51 | altitude_code(feet) << 36 | odd << 34 | y << 17 | x
    return df17(icao, me)


def surface(icao: int, lat: float, lon: float, odd: int, kind: int = 7):
    y, x = encode(lat, lon, odd, 90)
    return df17(icao, kind << 51 | 13 << 44 | 1 << 43 | 32 << 36 | odd << 34 | y << 17 | x)


def identification(icao: int, text: str) -> bytes:
    return df17(icao, 4 << 51 | 3 << 48 | pack_callsign(text))


def moving(icao: int, east_kt: int, north_kt: int, climb: int = 0) -> bytes:
    word = (19 << 3 | 1) << 48
    word |= (east_kt < 0) << 42 | abs(east_kt) + 1 << 32
    word |= (north_kt < 0) << 31 | abs(north_kt) + 1 << 21
    return df17(icao, word | (climb < 0) << 19 | abs(climb) // 64 + 1 << 10)


def reply(form: int, icao: int, field: int, status: int = 0) -> bytes:
    """Format 4 or 5 with its 13 bits of altitude or identity."""
    return with_parity(bytes([form << 3 | status, 0, field >> 8, field & 255]), icao)
