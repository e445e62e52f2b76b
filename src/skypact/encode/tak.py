"""Cursor on Target events in the TAK protocol, version 1, by takproto; and who may be sent it.

Source: TAK protocol description of ATAK-CIV (commoncommo, protocol.txt): headers of messages on
meshes and streams, negotiation on streams. A stream begins as XML; a server offers the protocol
(``t-x-takp-v``), a client asks for it (``t-x-takp-q``) and is quiet until the server answers
(``t-x-takp-r``). Who does not take part is sent XML for good. On a mesh, what we understand is told
in every message.
"""

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

from skypact.encode.cot import CotEvent, iso_ms, other_detail, xml_text
from skypact.errors import MissingExtraError

Message: TypeAlias = Any
"""A protobuf message; its package has no types."""
INSTALL: Final = "pip install 'skypact[tak]'"
VERSION: Final = 1
XML, PROTOBUF, QUIET = 0, 1, 2
"""How a peer on a stream is spoken to; quiet: not until it has answered."""
ANSWER_S: Final = 60.0
"""A server must have answered by then."""
_MOST_BYTES: Final = 1 << 16
"""Of an event that is looked at in what a peer sends."""
_END: Final = b"</event>"
_NOWHERE: Final = '<point lat="0.0" lon="0.0" hae="0.0" ce="999999" le="999999"/>'


class TakWriter:
    """Writes events as TAK messages.

    Parameters
    ----------
    sender : str
        Uid of the unit.

    Raises
    ------
    MissingExtraError
        takproto is not installed.
    """

    def __init__(self, sender: str) -> None:
        try:
            from takproto.constants import TAKProtoVer
            from takproto.functions import msg2proto
            from takproto.proto import TakMessage
        except ImportError as error:
            raise MissingExtraError(
                f"output tak: expected the package takproto, got none; install it: {INSTALL}"
            ) from error
        self._sender = sender
        self._message: Callable[[], Any] = TakMessage
        self._framed: Callable[[Any, Any], bytearray] = msg2proto
        self._mesh, self._stream = TAKProtoVer.MESH, TAKProtoVer.STREAM

    def mesh(self, event: CotEvent) -> bytes:
        """Return the datagram of an event."""
        message = self._filled(event)
        control = message.takControl
        control.minProtoVersion = control.maxProtoVersion = VERSION
        control.contactUid = self._sender
        return bytes(self._framed(message, self._mesh))

    def stream(self, event: CotEvent) -> bytes:
        """Return an event as it stands in a stream."""
        return bytes(self._framed(self._filled(event), self._stream))

    def _filled(self, event: CotEvent) -> Message:
        message = self._message()
        out = message.cotEvent
        out.uid, out.type, out.how = event.uid, event.kind, event.how
        out.sendTime = out.startTime = event.time_ms
        out.staleTime = event.stale_ms
        out.lat, out.lon, out.hae = event.lat_deg, event.lon_deg, event.hae_m
        out.ce, out.le = event.ce_m, event.le_m
        if event.callsign:
            out.detail.contact.callsign = event.callsign
        if event.course_deg is not None and event.speed_mps is not None:
            out.detail.track.course, out.detail.track.speed = event.course_deg, event.speed_mps
        out.detail.xmlDetail = other_detail(event)
        return message


class Heard(NamedTuple):
    """What follows from what a peer sent."""

    answer: bytes = b""
    """To be sent at once."""
    dialect: int = XML
    """How it is spoken to from then on."""


def _control_xml(uid: str, kind: str, child: str, time_ms: int) -> bytes:
    time, stale = iso_ms(time_ms), iso_ms(time_ms + round(ANSWER_S * 1e3))
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<event version="2.0" uid="{xml_text(uid)}" type="{kind}" how="m-g" time="{time}"'
        f' start="{time}" stale="{stale}">{_NOWHERE}'
        f"<detail><TakControl>{child}</TakControl></detail></event>"
    ).encode()


class Negotiation:
    """Agrees with one peer on a stream how it is spoken to.

    Parameters
    ----------
    uid : str
        Of the offer, where we are the server.
    is_server : bool
        Whether the peer connected to us.
    """

    def __init__(self, uid: str, *, is_server: bool) -> None:
        self._uid = uid
        self._is_server = is_server
        self._left = b""
        self.dialect = XML

    def opening(self, time_ms: int) -> bytes:
        """Return what is sent first: a server's offer."""
        if not self._is_server:
            return b""
        return _control_xml(
            self._uid, "t-x-takp-v", f'<TakProtocolSupport version="{VERSION}"/>', time_ms
        )

    def hear(self, data: bytes, time_ms: int) -> Heard:
        """Take in bytes that the peer sent; what is no negotiation is left alone."""
        if self.dialect == PROTOBUF:
            return Heard(b"", PROTOBUF)
        *events, self._left = (self._left + data).split(_END)
        self._left = self._left[-_MOST_BYTES:]
        answer = b"".join(self._answer(event, time_ms) for event in events)
        return Heard(answer, self.dialect)

    def _answer(self, event: bytes, time_ms: int) -> bytes:
        kind = re.search(rb"""\stype=["'](t-x-takp-[vqr])["']""", event)
        if kind is None or self.dialect == PROTOBUF:
            return b""
        if kind[1] == b"t-x-takp-q" and self._is_server:
            agreed = _names(event, "TakRequest")
            self.dialect = PROTOBUF if agreed else XML
            child = f'<TakResponse status="{"true" if agreed else "false"}"/>'
            return _control_xml(self._uid, "t-x-takp-r", child, time_ms)
        if kind[1] == b"t-x-takp-v" and not self._is_server and self.dialect == XML:
            uid = re.search(rb"""\suid=["']([^"'<&]*)["']""", event)
            if _names(event, "TakProtocolSupport") and uid is not None:
                self.dialect = QUIET
                name = uid[1].decode("utf-8", "replace")
                child = f'<TakRequest version="{VERSION}"/>'
                return _control_xml(name, "t-x-takp-q", child, time_ms)
        if kind[1] == b"t-x-takp-r" and self.dialect == QUIET:
            agreed = re.search(rb"""<TakResponse\s[^>]*status=["']true["']""", event) is not None
            self.dialect = PROTOBUF if agreed else XML
        return b""


def _names(event: bytes, element: str) -> bool:
    """Whether an element of the event is of our version."""
    found = re.findall(rb"<" + element.encode() + rb"""\s[^>]*version=["'](\d+)["']""", event)
    return str(VERSION).encode() in found
