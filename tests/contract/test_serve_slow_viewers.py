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

import numpy as np
import pytest
from tests.browser.synthetic_sky import START_S, SyntheticSky, baltic_scene
from tests.contract.api_sky import page_folder
from websockets.sync.client import connect

from skypact.serve import wire
from skypact.serve.app import create_app
from skypact.serve.history import TrackHistory
from skypact.serve.server import Server

N_TRACKS = 5_000
N_SLOW = 5
WATCHED_S = 3.0
LONGEST_GAP_S = 1.0
"""Five frame periods: a machine that seven others use stumbles now and then."""


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


def arrivals(server: Server, meanwhile: list[socket.socket]) -> list[float]:
    """When a good viewer's frames came, while others acknowledge blindly."""
    times = []
    address = server.url.replace("http", "ws") + "/ws"
    with connect(address, max_size=None) as stream:
        begin_s = time.monotonic()
        while time.monotonic() < begin_s + WATCHED_S:
            data = stream.recv(timeout=5)
            if isinstance(data, str):
                continue
            times.append(time.monotonic())
            stream.send(json.dumps({"cmd": "ack", "sequence": wire.decode(data).sequence}))
            for viewer in meanwhile:
                acknowledge_all(viewer)
    return times


def test_viewers_that_do_not_read_hold_nobody_up(server: Server) -> None:
    slow = [opened_and_left(server.port) for _ in range(N_SLOW)]
    try:
        times = arrivals(server, slow)
    finally:
        for viewer in slow:
            viewer.close()
    assert len(times) > 3.0 * WATCHED_S
    assert max(np.diff(times)) < LONGEST_GAP_S


def test_large_answers_hold_no_frame_up(server: Server) -> None:
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
        times = arrivals(server, [])
    finally:
        done.set()
        asking.join()
    assert answers
    assert min(answers) > 1_000_000
    assert max(np.diff(times)) < LONGEST_GAP_S
