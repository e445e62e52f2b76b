"""Compiled Mode S (modes.read_frames, fleet.follow, streams.scan_beast, scan_avr) against twins."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.naive import fleet, streams
from tests.naive import made_frames as made
from tests.naive import modes as plain

from skypact.decode.modes.frames import FrameDecoder
from skypact.decode.modes.lines import frames_of
from skypact.decode.modes.streams import StreamParser
from skypact.kernels import cpr
from skypact.kernels._jit import kernel
from skypact.model import modes as m
from skypact.model.modes import Frames

LABELS = {
    "format": m.FORMAT, "address": m.ADDRESS, "aux": m.AUX, "interrogator": m.INTERROGATOR,
    "type": m.TYPE, "subtype": m.SUBTYPE, "code": m.CODE, "odd": m.ODD, "cpr_lat": m.CPR_LAT,
    "cpr_lon": m.CPR_LON, "spi": m.SPI, "ground": m.GROUND, "nic_a": m.NIC_A, "nic_b": m.NIC_B,
    "nic_c": m.NIC_C, "version": m.VERSION, "nacp": m.NACP, "nacv": m.NACV, "sil": m.SIL,
    "gva": m.GVA, "sda": m.SDA, "emergency": m.EMERGENCY, "category": m.CATEGORY,
    "is_gnss": m.IS_GNSS, "foreign": m.FOREIGN,
}  # fmt: skip
NUMBERS = {
    "baro": m.BARO_M, "geo": m.GEO_M, "speed": m.SPEED_MPS, "track": m.TRACK_RAD, "vn": m.VN_MPS,
    "ve": m.VE_MPS, "vu": m.VU_MPS, "difference": m.DIFFERENCE_M, "airspeed": m.AIRSPEED_MPS,
    "heading": m.HEADING_RAD, "selected": m.SELECTED_M,
}  # fmt: skip
PLACED = {
    "baro": m.R_BARO, "geo": m.R_GEO, "vn": m.R_VN, "ve": m.R_VE, "vu": m.R_VU,
    "speed": m.R_SPEED, "track": m.R_TRACK, "sigma": m.R_SIGMA,
}  # fmt: skip
PLACED_LABELS = {
    "icao": m.R_ICAO, "code": m.R_CODE, "nic": m.R_NIC, "nacp": m.R_NACP, "sil": m.R_SIL,
    "spi": m.R_SPI, "alarm": m.R_ALARM, "kind": m.R_KIND, "foreign": m.R_FOREIGN,
}  # fmt: skip
COUNTS = {
    "truncated": 1, "bad_parity": 5, "unknown_format": 6, "unknown_address": 7,
    "position_jump": "position_jump", "no_reference": "no_reference", "duplicates": "duplicates",
    "out_of_reach": "out_of_reach",
}  # fmt: skip


def near(value, expected):
    absent = expected is None or math.isnan(expected)
    return (
        math.isnan(value) if absent else math.isclose(value, expected, rel_tol=1e-12, abs_tol=1e-9)
    )


def batch(frames: list[bytes], times_ns=None, origin=None) -> Frames:
    rows = frames_of(
        [(f[:14], t) for f, t in zip(frames, times_ns or [0] * len(frames), strict=True)]
    )
    return rows._replace(origin=np.array(origin or [0] * len(frames), np.int8))


def compare(frames: list[bytes], times_ns=None, near_deg=None, origin=None, reach=np.inf) -> int:
    """Assert that both decoders agree; how many positions there were."""
    sent = batch(frames, times_ns, origin)
    decoder = FrameDecoder(near_deg, reach)
    got = decoder.decode(sent, sent.received_ns)
    receiver = fleet.Receiver(near_deg, 1.2 * reach)
    k = 0
    for i, frame in enumerate(frames):
        octets = sent.octets[i].tobytes()
        said = plain.read(octets, len(frame))
        wrong = [n for n, c in LABELS.items() if got.table.labels[i, c] != said.get(n, -1)]
        wrong += [n for n, c in NUMBERS.items() if not near(got.table.numbers[i, c], said.get(n))]
        assert not wrong, (frame.hex(), said)
        assert got.table.callsign[i] == said.get("callsign", -1)
        status, report = receiver.take(octets, len(frame), int(sent.received_ns[i]), sent.origin[i])
        assert got.table.status[i] == status
        if report is None:
            assert np.isnan(got.place_rad[i]).all()
            continue
        labels, numbers = got.placed.labels[k], got.placed.numbers[k]
        assert labels[m.R_FRAME] == i
        assert near(np.degrees(numbers[m.R_LAT]), report["lat"])
        assert near(np.degrees(numbers[m.R_LON]), report["lon"])
        assert all(near(numbers[c], report.get(n)) for n, c in PLACED.items()), (report, numbers)
        for name, column in PLACED_LABELS.items():
            assert labels[column] == (-1 if report[name] is None else report[name]), name
        assert got.placed.callsign[k] == (-1 if report["callsign"] is None else report["callsign"])
        k += 1
    assert got.placed.callsign.size == k
    assert got.errors() == {
        n: receiver.counts[c] for n, c in COUNTS.items() if c in receiver.counts
    }
    return k


@given(octets=st.lists(st.binary(min_size=1, max_size=14), min_size=1, max_size=10))
@settings(max_examples=200, deadline=None)
def test_any_octets_agree(octets):
    compare(octets)


@given(form=st.sampled_from([17, 18]), control=st.integers(0, 7), me=st.integers(0, (1 << 56) - 1))
@settings(max_examples=400, deadline=None)
def test_any_extended_squitter_agrees(form, control, me):
    compare([made.df17(0x4B1A2B, me, form, control)] * 2, [0, 10**9])


@pytest.mark.parametrize("kind", range(32))
def test_every_type_code_agrees(kind):
    rng = np.random.default_rng(kind)
    words = [int.from_bytes(rng.bytes(7), "big") & (1 << 51) - 1 | kind << 51 for _ in range(60)]
    compare([made.df17(0x123456, word) for word in words], [i * 10**8 for i in range(60)])


@given(field=st.integers(0, 8191), form=st.sampled_from([4, 5]), status=st.integers(0, 7))
@settings(max_examples=300, deadline=None)
def test_every_altitude_and_identity_code_agrees(field, form, status):
    compare([made.with_parity(b"\x5d\x4b\x1a\x2b"), made.reply(form, 0x4B1A2B, field, status)])


def flight(seed: int, n: int, lat: float, lon: float, ground: bool = False):
    """Frames of three aircraft about a place, with losses, repeats, jumps and damage."""
    rng = np.random.default_rng(seed)
    frames, times = [], []
    for i in range(n):
        which = int(rng.integers(3))
        time_ns = i * 150_000_000
        y, x = lat + 0.3 * which + 2e-5 * i, lon + 3e-5 * i
        jumped = 5.0 if rng.random() < 0.04 else 0.0
        odd, icao = int(rng.integers(2)), 0xABCD00 + which
        make = made.surface if ground or rng.random() < 0.05 else made.position
        kinds = {0: made.identification(icao, f"TEST{which}"), 1: made.moving(icao, 300, -100)}
        kinds |= {2: made.reply(5, icao, 0x0AAA), 3: made.df17(icao, int(rng.integers(1 << 56)))}
        choice = int(rng.integers(12))
        frame = kinds.get(choice) or make(icao, min(y + jumped, 90.0), x, odd)
        if choice == 11:
            frame = bytes([*frame[:5], frame[5] ^ 8, *frame[6:]])
        frames.append(frame)
        times.append(time_ns)
        if rng.random() < 0.1:
            frames.append(frame)
            times.append(time_ns + 50_000_000)
    return frames, times


@pytest.mark.parametrize(
    ("lat", "lon"), [(50.0, 8.0), (-33.0, 151.0), (0.01, -0.01), (86.9, 179.99), (-89.9, 10.0)]
)
@pytest.mark.parametrize("near_deg", [None, (50.0, 8.0)])
def test_flights_anywhere_agree(lat, lon, near_deg):
    frames, times = flight(7, 250, lat, lon)
    compare(frames, times, near_deg)


def test_an_airport_agrees():
    frames, times = flight(3, 250, 50.03, 8.57, ground=True)
    assert compare(frames, times, (50.0, 8.5)) > 50
    compare(frames, times)


def test_computed_and_distant_positions_agree():
    frames, times = flight(5, 200, 50.0, 8.0)
    rng = np.random.default_rng(1)
    compare(frames, times, origin=rng.integers(0, 2, len(frames)).tolist())
    compare(frames, times, near_deg=(60.0, 8.0), reach=300_000.0)


@pytest.mark.recordings
def test_recorded_frames_agree(data_dir):
    lines = (data_dir / "modes" / "adsb_one_aircraft.csv").read_text().split()
    fields = [line.split(",") for line in lines]
    frames = [bytes.fromhex(f[1].strip('"')) for f in fields]
    assert compare(frames, [int(f[0]) * 10**9 for f in fields]) == 931


@kernel
def zones_of(lat_deg, out):
    """Compiled `cpr.zones_at` of many latitudes."""
    for i in range(lat_deg.shape[0]):
        out[i] = _zones_at(lat_deg[i])


_zones_at = cpr.zones_at


def test_longitude_zones_are_those_of_the_formula():
    lat = np.concatenate([np.linspace(-90, 90, 7213), cpr.transition_latitudes()[2:] + 1e-9])
    out = np.zeros(lat.size, np.int64)
    zones_of(lat, out)
    assert out.tolist() == [fleet.zones(x) for x in lat.tolist()]


FRAME = st.one_of(st.binary(min_size=7, max_size=7), st.binary(min_size=14, max_size=14))


@given(frames=st.lists(st.tuples(FRAME, st.integers(0, (1 << 48) - 1)), max_size=8))
@settings(max_examples=150, deadline=None)
def test_streams_agree(frames):
    for form, write, twin in (
        ("beast", streams.beast_message, streams.beast),
        ("avr", streams.avr_message, streams.avr),
    ):
        data = b"".join(write(frame, stamp) for frame, stamp in frames)
        assert twin(data) == frames
        found, errors = StreamParser(form).feed(np.frombuffer(data, np.uint8))
        rows = [o[:n].tobytes() for o, n in zip(found.octets, found.length, strict=True)]
        assert rows == [frame for frame, _ in frames]
        marked = {0, 0xFF004D4C4154, 0xFF004D4C4155}
        assert found.stamp.tolist() == [-1 if s in marked else s for _, s in frames]
        assert errors == {}
