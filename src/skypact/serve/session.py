"""One viewer's connection: commands in, frames out, never more than it can draw.

A viewer acknowledges what it has drawn. No frame is sent while `MAX_UNDRAWN` are on their way, so a
slow page skips times instead of collecting a backlog; one that fell behind gets a fresh snapshot.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from skypact.errors import ConfigError
from skypact.model.alerts import NoWatch, WatchDesk
from skypact.serve import wire
from skypact.serve.alertframes import alerts_text
from skypact.serve.frames import snapshot_sections, update_sections
from skypact.serve.history import TrackHistory
from skypact.serve.playhead import Playhead, command_from_json

FRAME_PERIOD_S: Final = 0.2
MAX_UNDRAWN: Final = 10
"""Frames sent and not acknowledged: two seconds."""
SNAPSHOT_AFTER_S: Final = 5.0
"""Wall time without a frame after which a viewer is sent everything anew."""
STATUS_PERIOD_S: Final = 1.0

Body = tuple[wire.Sections, bytes]


class Broadcast:
    """Frames that viewers at the same place share, so a hundred live pages cost one encoding."""

    def __init__(
        self, history: TrackHistory, watch: WatchDesk | None = None, *, is_live: bool
    ) -> None:
        self.history = history
        self._watch: WatchDesk = NoWatch() if watch is None else watch
        self._alerts: OrderedDict[tuple[int, int], str] = OrderedDict()
        self.is_live = is_live
        self.n_viewers = 0
        """Streams that are open."""
        self.n_frames = 0
        """Frames sent so far, to all of them."""
        self._tick = -1
        self._head_s = float("nan")
        self._bodies: OrderedDict[tuple[float, float], Body] = OrderedDict()

    def head_s(self, wall_s: float) -> float:
        """Newest step, sampled once per frame period so that live viewers get equal frames."""
        tick = int(wall_s / FRAME_PERIOD_S)
        if tick != self._tick or self._head_s != self._head_s:
            self._tick, self._head_s = tick, self.history.last_s
        return self._head_s

    def update(self, after_s: float, until_s: float) -> Body:
        """Encode what changed in a span, or find it among the last eight."""
        key = (after_s, until_s)
        if key not in self._bodies:
            sections = update_sections(self.history, after_s, until_s)
            self._bodies[key] = (sections, wire.encode_sections(sections))
            if len(self._bodies) > 8:
                self._bodies.popitem(last=False)
        return self._bodies[key]

    def alerts(self, after: int) -> tuple[int, str]:
        """Encode what became of alerts after a number; empty where nothing did.

        Below 0 stands for a viewer that knows of none: it gets all that live, as does one that is
        too far behind.
        """
        number, changed = self._watch.changes(after)
        if changed is not None and not changed and after >= 0:
            return number, ""
        if (after, number) not in self._alerts:
            if after < 0 or changed is None:
                # what is told between the two calls is told again: the page takes the later
                text = alerts_text(self._watch.alive(), is_whole=True)
            else:
                text = alerts_text(changed, is_whole=False)
            self._alerts[after, number] = text
            if len(self._alerts) > 8:
                self._alerts.popitem(last=False)
        return number, self._alerts[after, number]

    def snapshot(self, time_s: float) -> Body:
        """Encode everything shown at a time."""
        if time_s != time_s:
            sections = wire.empty_sections()
        else:
            sections = snapshot_sections(self.history, time_s)
        return sections, wire.encode_sections(sections)


class Session:
    """One page's WebSocket."""

    def __init__(
        self, socket: WebSocket, broadcast: Broadcast, status: Callable[[], dict[str, Any]]
    ) -> None:
        self._socket = socket
        self._broadcast = broadcast
        self._status = status
        self._playhead = Playhead(is_live=broadcast.is_live, wall_s=time.monotonic())
        self._sequence = 0
        self._drawn = 0
        self._sent_s = float("nan")
        self._sent_wall_s = -float("inf")
        self._status_wall_s = -float("inf")
        self._alerts = -1
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Serve until the page goes away."""
        sender = asyncio.create_task(self._send_loop())
        self._broadcast.n_viewers += 1
        try:
            await self._receive_loop()
        finally:
            self._broadcast.n_viewers -= 1
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    async def _receive_loop(self) -> None:
        history = self._broadcast.history
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                command = command_from_json(message.get("text") or message.get("bytes") or "")
            except ConfigError as error:
                await self._socket.send_text(msgspec.json.encode({"error": str(error)}).decode())
                continue
            if command.cmd == "ack":
                self._drawn = max(self._drawn, min(command.sequence or 0, self._sequence))
                continue
            self._move()
            if self._playhead.apply(command, history.first_s, history.last_s):
                self._sent_s = float("nan")
            self._wake.set()

    def _move(self) -> None:
        wall_s = time.monotonic()
        history = self._broadcast.history
        head_s = self._broadcast.head_s(wall_s)
        self._playhead.advance(wall_s, history.first_s, head_s, complete=history.complete)

    async def _send_loop(self) -> None:
        while True:
            try:
                if self._sequence - self._drawn < MAX_UNDRAWN:
                    await self._send_frame()
                await self._send_alerts()
                await self._send_status()
            except (WebSocketDisconnect, RuntimeError, OSError):
                return  # the page is gone; the receiving side ends the session
            delay_s = FRAME_PERIOD_S - time.monotonic() % FRAME_PERIOD_S
            try:
                await asyncio.wait_for(self._wake.wait(), delay_s)
            except TimeoutError:
                continue
            self._wake.clear()

    async def _send_frame(self) -> None:
        self._move()
        wall_s = time.monotonic()
        clock_s = self._playhead.clock_s
        fell_behind = wall_s - self._sent_wall_s > SNAPSHOT_AFTER_S
        # A playhead behind the last frame (or without one) has jumped.
        if fell_behind or not self._sent_s <= clock_s:
            kind = wire.SNAPSHOT
            sections, body = await asyncio.to_thread(self._broadcast.snapshot, clock_s)
        else:
            kind = wire.UPDATE
            sections, body = self._broadcast.update(self._sent_s, clock_s)
        if kind == wire.SNAPSHOT and self._playhead.clock_s != clock_s and clock_s == clock_s:
            return self._wake.set()  # a command moved the playhead meanwhile
        self._sequence += 1
        head = wire.encode_header(self._message(kind, clock_s, sections))
        self._sent_s, self._sent_wall_s = clock_s, wall_s
        await self._socket.send_bytes(head + body)
        self._broadcast.n_frames += 1
        return None

    def _message(self, kind: int, clock_s: float, sections: wire.Sections) -> wire.Message:
        history, playhead = self._broadcast.history, self._playhead
        flags = wire.PLAYING if playhead.is_playing else 0
        flags |= wire.LIVE if playhead.is_live else 0
        flags |= wire.COMPLETE if history.complete else 0
        span = (history.first_s, history.last_s)
        return wire.Message(kind, flags, clock_s, *span, playhead.speed, self._sequence, sections)

    async def _send_alerts(self) -> None:
        self._alerts, text = self._broadcast.alerts(self._alerts)
        if text:
            await self._socket.send_text(text)

    async def _send_status(self) -> None:
        wall_s = time.monotonic()
        if wall_s - self._status_wall_s >= STATUS_PERIOD_S:
            self._status_wall_s = wall_s
            text = msgspec.json.encode({"status": self._status()}).decode()
            await self._socket.send_text(text)
