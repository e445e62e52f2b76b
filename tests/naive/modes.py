"""Plain twin of kernels/modes.py: frames as text of bits."""

import math
from typing import Any

FT, KT, FPM = 0.3048, 1852 / 3600, 0.3048 / 60
GENERATOR = "1111111111111010000001001"
CHARACTERS = "#ABCDEFGHIJKLMNOPQRSTUVWXYZ##### ###############0123456789######"
LENGTHS = {0: 7, 4: 7, 5: 7, 11: 7, 16: 14, 17: 14, 18: 14, 20: 14, 21: 14}


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
