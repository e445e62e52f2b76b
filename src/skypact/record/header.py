"""What a recording says of itself at the begin of each segment: unit, step, sources, interfaces.

Source: IETF draft-ietf-opsawg-pcapng, sections 3.1, 3.5, 4.1 and 4.2. The section header's comment
is JSON; source i has interface 2 i for what was taken in and 2 i + 1 for what was shed.
"""

import hashlib
import struct
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from skypact.decode.jsontext import NOT_JSON
from skypact.encode.blocks import BlockEncoder, Interface
from skypact.encode.pcapng import Line, section_block
from skypact.errors import RecordingError
from skypact.units import NANOSECONDS

Address = tuple[int, int, int, int]

SECTION: Final = b"\x0a\x0d\x0d\x0a"
_ORDER: Final = b"\x4d\x3c\x2b\x1a"
_INTERFACE: Final = 1
_COMMENT: Final = 1
_USUAL_PORT: Final = 8600
_BODY: Final = 24
"""Where the options of a section header begin."""


class RecordedSource(msgspec.Struct, frozen=True):
    """One source of a unit, in the order of `PacketBatch.link`."""

    name: str
    url: str
    format: str = "asterix"


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a recording beside its packets."""

    skypact: str
    """Version that wrote it."""
    unit: str
    union_sha256: str
    """Of the union file's text."""
    step_s: float
    """Length of a tick; ticks are multiples of it since 1970."""
    sources: tuple[RecordedSource, ...]

    @property
    def step_ns(self) -> int:
        """Length of a tick, nanoseconds."""
        return round(self.step_s * NANOSECONDS)


class Header(NamedTuple):
    """The begin of a segment."""

    about: About
    size: int
    """Bytes before the first packet's block."""


def about_unit(
    unit: str,
    union_text: str,
    sources: Sequence[RecordedSource],
    step_s: float,
    version: str,
) -> About:
    """Say what a recording holds; `union_text` is the whole union file, `version` ours."""
    return About(
        skypact=version,
        unit=unit,
        union_sha256=hashlib.sha256(union_text.encode()).hexdigest(),
        step_s=step_s,
        sources=tuple(sources),
    )


def encoder_of(about: About) -> BlockEncoder:
    """Make the encoder of a segment: two interfaces for each source."""
    return BlockEncoder(
        [face for i, source in enumerate(about.sources) for face in _interfaces(i, source)]
    )


def header_bytes(about: About, encoder: BlockEncoder) -> bytes:
    """Section header and interfaces at the begin of a segment."""
    comment = msgspec.json.encode(about).decode()
    return section_block(comment, f"Skypact {about.skypact}") + encoder.descriptions()


def read_header(data: bytes) -> Header:
    """Read the begin of a segment.

    Raises
    ------
    RecordingError
        It is not whole, or no recording of a unit.
    """
    size = _length(data, 0)
    if size is None or data[:4] != SECTION or data[8:12] != _ORDER:
        raise RecordingError("expected a section header of a unit's recording, got none")
    try:
        about = msgspec.json.decode(_comment(data[_BODY : size - 4]), type=About)
    except NOT_JSON as error:
        raise RecordingError(
            f"expected a comment that says what was recorded, got another: {error}"
        ) from error
    for n in range(2 * len(about.sources)):
        length = _length(data, size)
        if length is None or int.from_bytes(data[size : size + 4], "little") != _INTERFACE:
            raise RecordingError(
                f"expected {2 * len(about.sources)} interfaces, got {n}; it was cut or rewritten"
            )
        size += length
    return Header(about, size)


def _length(data: bytes, at: int) -> int | None:
    """Length of the block at a place, None where it is not whole."""
    if at + 12 > len(data):
        return None
    length = int.from_bytes(data[at + 4 : at + 8], "little")
    is_whole = length >= 12 and length % 4 == 0 and at + length <= len(data)
    is_whole = is_whole and data[at + length - 4 : at + length] == data[at + 4 : at + 8]
    return length if is_whole else None


def _comment(options: bytes) -> bytes:
    """Join the comments of a block's options."""
    comment, at = b"", 0
    while at + 4 <= len(options):
        code, length = struct.unpack_from("<HH", options, at)
        if code == 0:
            break
        if code == _COMMENT:
            comment += options[at + 4 : at + 4 + length]
        at += 4 + (length + 3) // 4 * 4
    return comment


def _interfaces(index: int, source: RecordedSource) -> tuple[Interface, Interface]:
    """Two interfaces of a source; addresses that nobody knows are private ones by its place."""
    place = (index // 250 % 250, index % 250 + 1)
    scheme, host, port, listens = _parts(source.url)
    is_stream = scheme != "udp"
    sender: Address = (10, 0, *place)
    receiver: Address = (10, 64, *place)
    if host is not None and is_stream and not listens:
        sender = host
    elif host is not None and any(host):
        receiver = host
    description = f"{source.url} format={source.format}"
    kept = Line(source.name, sender, receiver, port)
    shed = Line(f"{source.name} shed", (10, 128, *place), receiver, port)
    return Interface(kept, is_stream, description), Interface(shed, is_stream, description)


def _parts(url: str) -> tuple[str, Address | None, int, bool]:
    """Scheme, host where it is an IPv4 address, port, and whether it listens."""
    scheme = url.partition(":")[0].lower()
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _USUAL_PORT
    except ValueError:
        return scheme, None, _USUAL_PORT, False
    try:
        octets = IPv4Address(host).packed
    except AddressValueError:
        return scheme, None, port, "listen" in parts.query
    return scheme, (octets[0], octets[1], octets[2], octets[3]), port, "listen" in parts.query
