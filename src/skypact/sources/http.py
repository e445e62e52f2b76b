"""A page that is asked for again and again: ``aircraft.json`` of readsb, tar1090 and the like.

Source: RFC 9112 sections 4 (status line), 5 (fields), 6 and 7 (body, chunked coding).
"""

import asyncio
import ssl
from typing import Final

from skypact.errors import SourceError
from skypact.sources.backoff import Backoff
from skypact.sources.channel import Channel
from skypact.sources.url import SourceUrl

ANSWER_S: Final = 10.0
"""An answer that is not whole after so long has failed."""
LONGEST_ANSWER: Final = 16 << 20
"""A body with more bytes is not taken."""
MOST_FIELDS: Final = 100
_LINE_BYTES: Final = 1 << 14


class HttpDriver:
    """Asks every `period_s`; a failure is a pause and another try."""

    def __init__(self, channel: Channel, backoff: Backoff) -> None:
        self._channel, self._backoff = channel, backoff
        self._is_first = True

    def open(self) -> None:
        """Nothing must be there in the beginning."""

    async def run(self) -> None:
        """Ask until cancelled."""
        channel = self._channel
        while True:
            begun_s = channel.elapsed_s()
            try:
                async with asyncio.timeout(ANSWER_S):
                    body = await fetched(channel.spec)
            except TimeoutError:
                channel.fail(f"expected an answer in {ANSWER_S:g} s, got none")
            except (OSError, asyncio.IncompleteReadError, ValueError) as error:
                channel.fail(error)
            else:
                if channel.is_down or self._is_first:
                    channel.connected()
                    self._is_first = False
                self._backoff.reset()
                channel.put([body])
            pause_s = self._backoff.next_s() if channel.is_down else channel.spec.period_s
            await asyncio.sleep(max(0.0, begun_s + pause_s - channel.elapsed_s()))

    def close(self) -> None:
        """Keep nothing open between questions."""


async def fetched(spec: SourceUrl) -> bytes:
    """Ask once; the body of the answer.

    Raises
    ------
    OSError
        No connection, another status than 200, or a body that is too long.
    IncompleteReadError, ValueError
        The answer is not whole, or none of HTTP.
    """
    context = ssl.create_default_context() if spec.is_tls else None
    reader, writer = await asyncio.open_connection(
        spec.host, spec.port, ssl=context, limit=_LINE_BYTES
    )
    try:
        host = f"[{spec.host}]" if ":" in spec.host else spec.host
        writer.write(
            f"GET {spec.path} HTTP/1.1\r\nHost: {host}:{spec.port}\r\nConnection: close\r\n"
            "User-Agent: skypact\r\nAccept-Encoding: identity\r\n\r\n".encode("ascii", "replace")
        )
        return await _answer(reader)
    finally:
        writer.transport.abort()


async def _answer(reader: asyncio.StreamReader) -> bytes:
    status = (await reader.readline()).decode("latin-1").split(None, 2)
    if len(status) < 2 or not status[0].startswith("HTTP/"):
        raise SourceError("expected an answer of HTTP, got something else")
    fields = {}
    for _ in range(MOST_FIELDS):
        name, _, value = (await reader.readline()).decode("latin-1").partition(":")
        if not name.strip():
            break
        fields[name.strip().lower()] = value.strip()
    else:
        raise SourceError(f"expected at most {MOST_FIELDS} header fields, got more")
    if status[1] != "200":
        raise SourceError(f"expected status 200, got {' '.join(status[1:]).strip()}")
    if fields.get("transfer-encoding", "").lower() == "chunked":
        return await _chunked(reader)
    if "content-length" in fields:
        return await reader.readexactly(_bounded(int(fields["content-length"])))
    body = bytearray()
    while piece := await reader.read(1 << 16):
        body += piece
        _bounded(len(body))
    return bytes(body)


async def _chunked(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while size := int((await reader.readline()).partition(b";")[0], 16):
        _bounded(len(body) + _bounded(size))
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    return bytes(body)


def _bounded(n: int) -> int:
    if not 0 <= n <= LONGEST_ANSWER:
        raise SourceError(f"expected at most {LONGEST_ANSWER >> 20} MiB, got {n} bytes")
    return n
