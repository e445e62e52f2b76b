"""What the server answers over HTTP and WebSocket, by a client that is not the page."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from skypact.errors import ConfigError
from skypact.model.tracks import empty_rows
from skypact.serve import wire
from skypact.serve.app import create_app
from skypact.serve.history import TrackHistory
from skypact.serve.scene import Scene, SceneSensor
from skypact.serve.server import Server
from skypact.serve.session import MAX_UNDRAWN
from skypact.units import DEGREE

NONE = np.empty(0, np.int64)
SCENE = Scene(
    title="Test", mode="replay", sensors=(SceneSensor(name="A", kind="radar", lat_deg=50.0),)
)


def recorded(n_steps: int = 200, n_tracks: int = 5) -> TrackHistory:
    history = TrackHistory()
    for step in range(n_steps):
        rows = empty_rows(n_tracks)._replace(
            track=np.arange(1, n_tracks + 1),
            time_s=np.full(n_tracks, float(step)),
            lat_rad=np.full(n_tracks, (50.0 + 0.001 * step) * DEGREE),
            lon_rad=np.full(n_tracks, 20.0 * DEGREE),
            icao=np.arange(n_tracks, dtype=np.int32),
        )
        history.append(rows, NONE, float(step))
    history.finish()
    return history


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A stand-in for the built page, so that these tests need no Node."""
    (tmp_path / "index.html").write_text("<!doctype html><title>page</title>")
    return tmp_path


@pytest.fixture
def server(static: Path) -> Iterator[Server]:
    app = create_app(recorded(), SCENE, lambda: {"tracks": 5}, static)
    with Server(app, port=0) as running:
        yield running


@pytest.fixture
def stream(server: Server) -> Iterator[ClientConnection]:
    with connect(server.url.replace("http", "ws") + "/ws", max_size=None) as socket:
        yield socket


def next_frame(socket: ClientConnection, timeout_s: float = 3.0) -> wire.Message:
    while True:
        data = socket.recv(timeout=timeout_s)
        if isinstance(data, bytes):
            message = wire.decode(data)
            socket.send(json.dumps({"cmd": "ack", "sequence": message.sequence}))
            return message


def next_text(socket: ClientConnection, key: str) -> object:
    while True:
        data = socket.recv(timeout=3.0)
        if isinstance(data, str) and key in json.loads(data):
            return json.loads(data)[key]


def test_the_page_the_scene_and_the_status_are_served(server: Server) -> None:
    with urllib.request.urlopen(server.url + "/") as answer:
        assert b"<title>page" in answer.read()
        assert "script-src 'self'" in answer.headers["content-security-policy"]
    with urllib.request.urlopen(server.url + "/api/scene") as answer:
        scene = json.load(answer)
    assert scene["title"] == "Test"
    assert scene["sensors"][0]["name"] == "A"
    with urllib.request.urlopen(server.url + "/api/status") as answer:
        assert json.load(answer) == {"tracks": 5}


@pytest.mark.parametrize("path", ["/nothing", "/../app.py", "/%2e%2e/app.py"])
def test_other_paths_are_not_found(server: Server, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(server.url + path)
    assert caught.value.code == 404
    caught.value.close()


def test_a_snapshot_comes_first_and_then_updates(stream: ClientConnection) -> None:
    first = next_frame(stream)
    assert first.kind == wire.SNAPSHOT
    assert first.clock_s == 0.0
    assert first.last_s == 199.0
    assert first.flags & wire.COMPLETE
    assert first.sections.kinematics["track"].tolist() == [1, 2, 3, 4, 5]
    assert first.sections.identities["icao"].tolist() == [0, 1, 2, 3, 4]
    frames = [next_frame(stream) for _ in range(8)]
    assert all(frame.kind == wire.UPDATE for frame in frames)
    moved = [f for f in frames if f.sections.kinematics.size]
    assert moved
    assert moved[0].sections.identities.size == 0


def test_a_seek_brings_a_snapshot_with_trails(stream: ClientConnection) -> None:
    next_frame(stream)
    stream.send(json.dumps({"cmd": "seek", "time_s": 100.0}))
    frame = next_frame(stream)
    while frame.kind != wire.SNAPSHOT:
        frame = next_frame(stream)
    assert frame.clock_s == pytest.approx(100.0, abs=0.5)
    assert np.all(frame.sections.kinematics["lat_e7"] == 501_000_000)
    assert frame.sections.trail.size > 5 * 20
    assert set(frame.sections.trail["row"]) == set(range(5))


def test_a_wrong_command_is_answered_and_the_stream_goes_on(stream: ClientConnection) -> None:
    stream.send("{")
    assert "control message" in str(next_text(stream, "error"))
    assert next_frame(stream).sequence >= 1


def test_the_status_comes_along(stream: ClientConnection) -> None:
    assert next_text(stream, "status") == {"tracks": 5}


def test_a_viewer_that_draws_nothing_is_sent_a_bounded_number_of_frames(
    stream: ClientConnection,
) -> None:
    n_frames, deadline_s = 0, time.monotonic() + 4.0
    while time.monotonic() < deadline_s:
        n_frames += isinstance(stream.recv(timeout=4.0), bytes)
    assert n_frames == MAX_UNDRAWN


def test_pages_of_other_origins_get_no_stream(server: Server) -> None:
    address = server.url.replace("http", "ws") + "/ws"
    with pytest.raises(InvalidStatus), connect(address, origin="http://evil.example"):  # type: ignore[arg-type]
        pass


def test_a_taken_port_is_a_clear_error(server: Server, static: Path) -> None:
    app = create_app(TrackHistory(), SCENE, dict, static)
    with pytest.raises(ConfigError, match="--port"):
        Server(app, port=server.port)


def test_only_loopback_addresses_are_served(static: Path) -> None:
    app = create_app(TrackHistory(), SCENE, dict, static)
    with pytest.raises(ConfigError, match="tunnel"):
        Server(app, host="0.0.0.0", port=0)


def test_a_page_that_was_not_built_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="built page"):
        create_app(TrackHistory(), SCENE, dict, tmp_path)


def test_stopping_leaves_no_thread_behind(static: Path) -> None:
    before = set(threading.enumerate())
    with Server(create_app(TrackHistory(), SCENE, dict, static), port=0):
        pass
    left = [t for t in set(threading.enumerate()) - before if t.name == "skypact-serve"]
    assert left == []
