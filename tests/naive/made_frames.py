"""Mode S frames made for tests, with right parities."""

from tests.naive.fleet import encode
from tests.naive.modes import remainder

from skypact.model.reports import pack_callsign


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


def flights(n_aircraft: int, seconds: float, start_ns: int = 0) -> list[tuple[bytes, int]]:
    """Frames and times [ns] of aircraft flying east at 400 kt, 20 km apart, in order of time."""
    rows = []
    step_deg = 400 * 1852 / 3600 / (111_195 * 0.6428) / 2
    for k in range(n_aircraft):
        icao, offset_ns = 0x400000 + k, 10_000_000 * k
        for i in range(round(2 * seconds)):
            time_ns = start_ns + offset_ns + i * 500_000_000
            place = position(icao, 50.0 + 0.18 * k, 8.0 + step_deg * i, i % 2, 30_000 + 1000 * k)
            rows.append((place, time_ns))
            rows.append((moving(icao, 400, 0), time_ns + 200_000_000))
            if i % 10 == 0:
                rows.append((identification(icao, f"FLY{k}"), time_ns + 300_000_000))
    return sorted(rows, key=lambda row: row[1])
