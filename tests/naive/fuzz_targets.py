"""Decoders that are fuzzed: what must hold for any bytes, seeds, and the code that is followed.

A check raises where something does not hold. Where a decoder is compiled, the check also reads the
bytes with the plain twin or with the same kernel uncompiled, and compares.
"""

import hashlib
import json
import math
import random
from collections.abc import Callable
from contextlib import suppress
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import numpy as np
from tests.naive import asterix_columns, fleet, framed_bytes, fuzzed, made_frames
from tests.naive import modes as plain_modes
from tests.naive.fuzz_feeds import NOW_NS, STARTS, heard
from tests.naive.uncompiled import through, uncompiled
from tests.oracle.test_modes_against_plain import compare

from skypact import config
from skypact.decode import bds, commb, flightplans, jsontext, position_rows, readsb, recognise, sbs
from skypact.decode.asterix import columns, fields, records, reports, values
from skypact.decode.feeds import octets_of
from skypact.decode.framing import blocks, datagrams, final, framed, pcap, pcapng, raw, read
from skypact.decode.modes import clock, lines, registers, streams
from skypact.decode.remoteid import messages, radio, receiver
from skypact.encode.pcapng import section_block
from skypact.errors import ConfigError, DecodeError, RecordingError
from skypact.model.packets import PacketBatch, packets_from
from skypact.record import blocks as segments
from skypact.record import header
from skypact.track import checkpoint

CAPTURE, ASTERIX, STREAMS = uncompiled("capture", "asterix", "streams")
CAPTURE_USERS = (pcap, pcapng, final, framed, raw, read, datagrams)
FRAME = 17
"""Octets of an input for one Mode S frame: two of how it is sent, and of time, then its own."""
NEAR_DEG = (50.0, 8.0)


class Target(NamedTuple):
    """One decoder."""

    check: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    followed: tuple[ModuleType | FunctionType, ...]
    """Modules and functions whose branches guide, and are counted."""


def assert_same(got: Any, plain: Any) -> None:
    """Compare two results, arrays within them by value and type; NaN equals NaN."""
    if isinstance(got, np.ndarray):
        assert got.dtype == plain.dtype
        assert got.shape == plain.shape
        assert np.array_equal(got, plain, equal_nan=got.dtype.kind == "f"), (got, plain)
    elif isinstance(got, tuple | list):
        assert len(got) == len(plain)
        for mine, other in zip(got, plain, strict=True):
            assert_same(mine, other)
    elif isinstance(got, dict):
        assert got.keys() == plain.keys()
        for key, mine in got.items():
            assert_same(mine, plain[key])
    else:
        assert got == plain, (got, plain)


# --- ASTERIX and recordings -----------------------------------------------------------------------


def check_asterix(data: bytes) -> None:
    """First octet: the table, then a block's records. Compiled, uncompiled and plain agree."""
    table = fuzzed.TABLES[data[0] % len(fuzzed.TABLES)] if data else fuzzed.TABLES[0]
    block, wanted = framed_bytes.block(table.number, data[1:]), fuzzed.columns_of(table)
    assert fuzzed.disagreement(table, [block]) == ""

    def decoded() -> columns.ColumnTable:
        return columns.decode_columns(packets_from([block]), table, wanted)

    assert_same(decoded(), through((columns,), "kernel", ASTERIX, decoded))


def asterix_seeds() -> list[bytes]:
    rng = random.Random(5)
    return [
        bytes([i]) + block[3:]
        for i, table in enumerate(fuzzed.TABLES)
        for block in fuzzed.seeds_of(table, rng)[:6]
    ]


def assert_packets(packets: PacketBatch) -> None:
    assert (packets.start <= packets.end).all()
    assert packets.start.min(initial=0) >= 0
    assert packets.end.max(initial=0) <= packets.data.size
    assert len({column.shape for column in packets[1:]}) == 1


def check_recording(data: bytes) -> None:
    """Compiled and uncompiled scans agree; packets lie within the bytes."""
    for suffix in ("", ".ff"):

        def taken(suffix: str = suffix) -> framed.Framed:
            return read.read_framing(data, suffix, 1.7e9)

        got = taken()
        assert_packets(got.packets)
        assert all(n > 0 for n in got.errors.values())
        assert_same(got, through(CAPTURE_USERS, "capture", CAPTURE, taken))


def recordings() -> list[bytes]:
    plots, datagram = framed_bytes.plots(), framed_bytes.udp(framed_bytes.plots())
    pieces = [framed_bytes.ethernet(p) for p in framed_bytes.fragments(datagram, 16)]
    v6 = framed_bytes.ethernet(framed_bytes.ipv6(datagram), kind=0x86DD)
    late = b"\x11\0\0\1\0\0\0\7" + datagram[:8]
    v6_piece = framed_bytes.ethernet(framed_bytes.ipv6(late, 44), kind=0x86DD)
    vlan = framed_bytes.ethernet(framed_bytes.ipv4(datagram), b"\x81\0\0\1")
    cooked = bytes(14) + b"\x08\0" + framed_bytes.ipv4(datagram)
    cooked2 = b"\x08\0" + bytes(18) + framed_bytes.ipv4(datagram)
    null = b"\2\0\0\0" + framed_bytes.ipv4(datagram)
    oradis = framed_bytes.ethernet(framed_bytes.ipv4(framed_bytes.udp(framed_bytes.oradis(plots))))
    simple = framed_bytes.ng_block(3, len(v6).to_bytes(4, "little") + v6)
    return [
        plots * 3, framed_bytes.oradis(plots) * 3, framed_bytes.final([plots, plots], 86_399.0),
        framed_bytes.pcap(pieces), framed_bytes.pcap([vlan, oradis], ">", nano=True),
        framed_bytes.pcap([cooked], linktype=113), framed_bytes.pcap([cooked2], linktype=276),
        framed_bytes.pcap([null], linktype=0), framed_bytes.pcap([vlan[18:]], linktype=101),
        framed_bytes.pcapng([vlan, v6, v6_piece]), framed_bytes.pcapng([v6], ">", 9) + simple,
    ]  # fmt: skip


def check_reports(data: bytes) -> None:
    """A recording to reports: no exception, columns of one length, every report with a time."""
    found = reports.Decoder().decode(read.read_framing(data).packets).reports
    assert len({column.shape for column in found}) == 1
    assert not np.isnan(found.time_s).any()


def report_seeds() -> list[bytes]:
    seeds = asterix_seeds()
    rng = random.Random(7)
    numbers = [table.number for table in fuzzed.TABLES]
    made = [framed_bytes.block(numbers[seed[0]], seed[1:]) for seed in seeds]
    return [*(b"".join(rng.sample(made, 3)) for _ in range(120)), *made, *recordings()]


def check_blocks(data: bytes) -> None:
    """A stream in pieces of `data[0]` octets: what comes out are blocks, the rest is counted."""
    size, stream = (data[0] or 256, data[1:]) if data else (1, b"")
    cutter = blocks.BlockCutter()
    pieces = [stream[i : i + size] for i in range(0, len(stream), size)]
    packets = [packet for piece in pieces for packet in cutter.cut(piece)]
    cutter.finish()
    assert sum(map(len, packets)) + cutter.lost_bytes == len(stream)
    for packet in packets:
        place = 0
        while place < len(packet):
            length = int.from_bytes(packet[place + 1 : place + 3], "big")
            assert length >= blocks.SHORTEST_BLOCK
            place += length
        assert place == len(packet)


def block_seeds() -> list[bytes]:
    one = framed_bytes.plots()
    return [b"\x40" + one * 4, b"\x07" + one + b"rubbish" + one * 6, b"\0" + bytes(30) + one * 5]


# --- Mode S ---------------------------------------------------------------------------------------


def check_modes(data: bytes) -> None:
    """Frames with lengths, times and origins; the compiled decoder and the plain twin agree."""
    frames, times, origin, now_ns = [], [], [], NOW_NS
    near_deg = NEAR_DEG if data[:1] > b"\x7f" else None
    for first in range(1, min(len(data), 12 * FRAME), FRAME):
        how, step, scale, *octets = data[first : first + FRAME].ljust(FRAME, b"\0")
        frame = bytes(octets[: 14 if octets[0] >= 0x80 else 7])
        if how & 1:
            frame = made_frames.with_parity(frame[:-3])
        if how & 2:
            frame = frame[: 1 + (how >> 4) % 14]
        now_ns += (step - 16) * 10 ** (scale % 11)
        frames.append(frame)
        times.append(now_ns)
        origin.append(how >> 2 & 1)
    if frames:
        compare(frames, times, near_deg, origin, math.inf if data[0] & 1 else 300_000.0)


def mode_seeds() -> list[bytes]:
    rng = random.Random(3)
    made = [frame for frame, _ in made_frames.flights(2, 4.0)]
    made += [made_frames.surface(0x400000, 50.0, 8.0 + 1e-4 * i, i % 2) for i in range(6)]
    made += [made_frames.identification(0x400000, "SKY42"), made_frames.moving(0x400000, 300, -90)]
    made += [made_frames.reply(form, 0x400000, 0x0AAA) for form in (4, 5)]
    made += [bytes([form << 3 | 5]) + rng.randbytes(13) for form in range(32)]
    made += [made_frames.df17(0x400000, kind << 51 | 1 << 48, 18, kind % 8) for kind in range(32)]
    sent = [b"\1\x64\7" + frame[:14].ljust(14, b"\0") for frame in made]
    heads = (b"\0", b"\x80", b"\xff")
    return [
        heads[i % 3] + b"".join(sent[i : i + 8]) for i in range(0, len(sent), 6)
    ] + [b"\xff" + b"".join(sent[:30])]  # fmt: skip


def arrived_ns(data: bytes) -> int:
    """Receive time of an input's pieces; none for every other length."""
    return -1 if len(data) & 1 else NOW_NS


def check_stream(form: streams.StreamFormat) -> Callable[[bytes], None]:
    """Compiled and uncompiled scans agree; two pieces give the frames that the whole gives."""

    def parsed(pieces: list[bytes]) -> list[Any]:
        parser = streams.StreamParser(form)
        return [*(parser.feed(octets_of(piece), NOW_NS) for piece in pieces), parser.finish()]

    def check(data: bytes) -> None:
        place = data[0] % len(data) if data else 0
        pieces = [data[:place], data[place:]]
        got = parsed(pieces)
        assert_same(got, through((streams,), "kernel", STREAMS, lambda: parsed(pieces)))
        for i in range(3):
            joined = np.concatenate([frames[i] for frames, _ in got])
            whole = np.concatenate([frames[i] for frames, _ in parsed([data])])
            assert_same(joined, whole)
        heard(form, pieces, arrived_ns(data))

    return check


def check_feed(form: recognise.FeedFormat) -> Callable[[bytes], None]:
    """No exception, and reports that are possible, of a feed in two pieces."""

    def check(data: bytes) -> None:
        place = data[0] % len(data) if data and form != "radio" else 0
        heard(form, [data[:place], data[place:]], arrived_ns(data))
        recognise.recognise(octets_of(data))

    return check


def check_registers(data: bytes) -> None:
    """A register named by its bits is possible by the rules of `decode.bds`."""
    word = int.from_bytes(data[:7].ljust(7, b"\0"), "big")
    code = int(registers.codes_of(np.array([word]))[0])
    if code in bds.REGISTERS:
        assert bds.decode_register(bds.REGISTERS[code], word) is not None
    likeliest = commb.likeliest(word)
    assert likeliest is None or likeliest in bds.hypotheses(word)


def register_seeds() -> list[bytes]:
    words = (0x85E42F313000C4, 0x80519A37200C39, 0xF8B1FB1F7FFC00, 0x20203CB7DB8920)
    return [word.to_bytes(7, "big") for word in words]


# --- lists, files, messages -----------------------------------------------------------------------


def check_messages(data: bytes) -> None:
    found, errors = messages.messages_of(data)
    assert len(found) <= messages.MOST_IN_PACK
    assert all(n > 0 for n in errors.values())
    for message in found:
        if isinstance(message, messages.Location) and not math.isnan(message.lat_rad):
            assert abs(message.lat_rad) <= math.pi / 2
            assert abs(message.lon_rad) <= math.pi


def message_seeds() -> list[bytes]:
    plain = [bytes([kind << 4 | 2, 0x21]) + bytes(range(23)) for kind in range(7)]
    pack = b"\xf2\x19\x03" + plain[0] + plain[1] + plain[4]
    return [
        *plain,
        pack,
        b"\xdd\x55\xfa\x0b\xbc\x0d\7" + pack,
        b"\x1e\x16\xfa\xff\x0d\7" + plain[1],
    ]


def check_flights(data: bytes) -> None:
    """Lists are read, or told to be none; the blocks' reader as well."""
    with suppress(DecodeError):
        found = flightplans.read_flights(data, "list")
        assert len(found.errors) == min(found.n_wrong, flightplans.MOST_TOLD)
        assert all(plan.from_s <= plan.until_s for plan in found.plans)
    with suppress(DecodeError):
        flightplans.flights_in_block(framed_bytes.block(62, data))


def flight_seeds() -> list[bytes]:
    csv = b"callsign,icao,mode3a,from,until\nBAW12,4ca123,7421,2026-01-01T12:00Z,1767300000\n"
    entry = {
        "callsign": "SKY1", "icao": "4CA123", "ssr": 7421, "wake": "M", "type": "A320",
        "departure": "EGLL", "from_s": 1.7e9, "until": "2026-01-01 15:30:00.5+01:00",
    }  # fmt: skip
    return [
        csv, csv.replace(b"BAW12", b'"BA,W"'), b"\xef\xbb\xbf" + csv,
        json.dumps([entry]).encode(), json.dumps({"flights": [entry, 5]}).encode(), b"[" * 2000,
    ]  # fmt: skip


def check_union(data: bytes) -> None:
    with suppress(ConfigError):
        config.union_from_toml(data.decode("utf-8", "replace"))


def union_seeds() -> list[bytes]:
    radar = b'[[sensor]]\nname = "r"\nkind = "radar"\nsac = 1\nsic = 2\nlat = 50.0\n'
    unit = b'title = "x"\n[[unit]]\nname = "u"\nsource = [{url = "udp://239.0.0.1:8600"}]\n'
    limits = b"[tracking]\n[registration]\nobservable_share = 0.5\n[[member]]\nname='a'\n"
    return [radar, radar * 2, unit, limits, b"a=" + b"[" * 2000]


def check_segment(data: bytes) -> None:
    """The begin of a segment and its blocks, scanned compiled and uncompiled."""
    with suppress(RecordingError):
        header.read_header(data)
    got = segments.parse(data)
    assert_packets(got.packets)
    assert 0 <= got.stop <= len(data)
    assert_same(got, through((segments,), "capture", CAPTURE, lambda: segments.parse(data)))


def segment_seeds() -> list[bytes]:
    source = header.RecordedSource("north", "udp://239.0.0.1:8600")
    stream = header.RecordedSource("west", "tcp://127.0.0.1:30003", "sbs")
    about = header.about_unit("unit", "text", [source, stream], 1.0, "0.1.0")
    encoder = header.encoder_of(about)
    packets = packets_from([framed_bytes.plots(), b"MSG,3\n" * 30], [NOW_NS] * 2, [0, 1])
    written = encoder.encode(packets, np.array([0, 2])).data
    return [header.header_bytes(about, encoder), written, section_block("{}")]


def check_checkpoint(data: bytes) -> None:
    """Bytes behind the checksum, which is made right: two of the header's length, then the body."""
    body = data[2:]
    length = int.from_bytes(data[:2], "little")
    digest = hashlib.sha256(body).digest()
    head = checkpoint._HEAD.pack(checkpoint.MAGIC, checkpoint.VERSION, length, digest)
    for whole in (data, head + body):
        with suppress(RecordingError):
            checkpoint.unpack(whole)


def checkpoint_seeds() -> list[bytes]:
    arrays = {"a/x": np.array([[1.5, np.nan]]), "n": np.array([2**62], np.int64), "b": np.zeros(0)}
    data = checkpoint.pack(arrays, {"what": "test"})
    start = checkpoint._HEAD.size
    length = int.from_bytes(data[12:20], "little")
    return [data, length.to_bytes(2, "little") + data[start:]]


def starts(form: recognise.FeedFormat) -> Callable[[], list[bytes]]:
    return lambda: [STARTS[form]]


SEGMENT = (
    header.read_header, header._length, header._comment, segments.parse, segments._first_wrong,
    CAPTURE.scan_pcapng,
)  # fmt: skip
TEXT = (jsontext, position_rows)
TARGETS: dict[str, Target] = {
    "asterix": Target(check_asterix, asterix_seeds, (asterix_columns, records, values, ASTERIX)),
    "reports": Target(check_reports, report_seeds, (reports, fields, columns)),
    "recording": Target(
        check_recording, recordings, (CAPTURE, pcap, pcapng, final, framed, raw, read, datagrams)
    ),
    "blocks": Target(check_blocks, block_seeds, (blocks,)),
    "modes": Target(check_modes, mode_seeds, (plain_modes, fleet)),
    "beast": Target(check_stream("beast"), starts("beast"), (STREAMS, streams, clock)),
    "avr": Target(check_stream("avr"), starts("avr"), (STREAMS, streams, clock)),
    "frames": Target(check_feed("frames"), starts("frames"), (lines, clock, jsontext)),
    "sbs": Target(check_feed("sbs"), starts("sbs"), (sbs, position_rows)),
    "aircraft": Target(check_feed("aircraft.json"), starts("aircraft.json"), (readsb, *TEXT)),
    "remoteid": Target(
        check_feed("remoteid"), starts("remoteid"), (receiver, messages, lines, *TEXT)
    ),
    "radio": Target(check_feed("radio"), starts("radio"), (radio, messages, receiver)),
    "messages": Target(check_messages, message_seeds, (messages,)),
    "registers": Target(check_registers, register_seeds, (bds, commb, registers)),
    "flights": Target(check_flights, flight_seeds, (flightplans,)),
    "union": Target(check_union, union_seeds, (config.read_toml, config.union_from_toml)),
    "segment": Target(check_segment, segment_seeds, SEGMENT),
    "checkpoint": Target(
        check_checkpoint, checkpoint_seeds, (checkpoint.unpack, checkpoint._array)
    ),
}
