"""Viewers that do not read, or that ask for large answers, take nothing from the others."""

import base64
import json
import os
import socket
import struct
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from tests.browser.synthetic_sky import START_S, SyntheticSky, baltic_scene
from tests.contract.api_sky import page_folder
from websockets.sync.client import connect

from skypact.serve import kitchen, wire
from skypact.serve.app import create_app
from skypact.serve.history import TrackHistory
from skypact.serve.server import Server

N_TRACKS = 5_000
N_SLOW = 5
N_FRAMES = 15
STUCK_S = 60.0
"""A viewer without a frame for so long is held up."""
SLOWER = 3.0
"""Frames are sent on a beat; the median gap between them bears a machine that stumbles."""


@contextmanager
def fed(history: TrackHistory) -> Iterator[None]:
    """All tracks move, four times a second."""
    rows = SyntheticSky(N_TRACKS).rows_at(START_S)
    stop = threading.Event()

    def feed() -> None:
        tick = 0
        while not stop.is_set():
            now_s = START_S + tick * 0.25
            moved = rows._replace(time_s=np.full(N_TRACKS, now_s))
            history.append(moved, np.empty(0, np.int64), now_s)
            tick += 1
            stop.wait(0.25)

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    history = TrackHistory()
    app = create_app(history, baltic_scene("live"), dict, page_folder(tmp_path))
    with fed(history), Server(app, port=0) as running:
        yield running


def opened_and_left(port: int) -> socket.socket:
    """A viewer that opens the stream, acknowledges whatever may come, and reads nothing."""
    viewer = socket.socket()
    viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    viewer.connect(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    head = f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
    head += f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    viewer.sendall(head.encode())
    return viewer


def acknowledge_all(viewer: socket.socket) -> None:
    body = b'{"cmd":"ack","sequence":1000000}'
    viewer.sendall(struct.pack("!BB4x", 0x81, 0x80 | len(body)) + body)


def median_gap_s(server: Server, meanwhile: list[socket.socket]) -> float:
    """Between a good viewer's frames, while others acknowledge blindly."""
    times: list[float] = []
    address = server.url.replace("http", "ws") + "/ws"
    with connect(address, max_size=None) as stream:
        while len(times) < N_FRAMES:
            data = stream.recv(timeout=STUCK_S)
            if isinstance(data, str):
                continue
            times.append(time.monotonic())
            stream.send(json.dumps({"cmd": "ack", "sequence": wire.decode(data).sequence}))
            for viewer in meanwhile:
                acknowledge_all(viewer)
    return float(np.median(np.diff(times)))


def test_viewers_that_do_not_read_hold_nobody_up(server: Server) -> None:
    alone_s = median_gap_s(server, [])
    slow = [opened_and_left(server.port) for _ in range(N_SLOW)]
    try:
        assert median_gap_s(server, slow) < SLOWER * alone_s
    finally:
        for viewer in slow:
            viewer.close()


def test_large_answers_are_made_and_sent_between_the_frames(server: Server) -> None:
    alone_s = median_gap_s(server, [])
    done = threading.Event()
    answers: list[int] = []

    def ask() -> None:
        n = 0
        while not done.is_set():
            n += 1
            url = f"{server.url}/api/v1/tracks?limit={N_TRACKS - n}"
            with urllib.request.urlopen(url) as answer:
                answers.append(len(answer.read()))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        asked_s = median_gap_s(server, [])
    finally:
        done.set()
        asking.join()
    assert answers
    assert min(answers) > 1_000_000
    assert asked_s < SLOWER * alone_s


def test_an_answer_that_takes_for_ever_holds_no_frame_up(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a busy machine cannot blur: frames come while the answer is not made."""
    begun, go_on = threading.Event(), threading.Event()

    def encode(value: object) -> bytes:
        begun.set()
        assert go_on.wait(STUCK_S)
        return msgspec.json.encode(value)

    monkeypatch.setattr(kitchen, "msgspec", SimpleNamespace(json=SimpleNamespace(encode=encode)))
    answers: list[bytes] = []

    def ask() -> None:
        with urllib.request.urlopen(f"{server.url}/api/v1/tracks?limit=1") as answer:
            answers.append(answer.read())

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        assert begun.wait(STUCK_S)
        assert median_gap_s(server, []) > 0
        assert answers == []
    finally:
        go_on.set()
        asking.join()
    assert len(answers) == 1
