"""How operations are served: bounded, shared, apart from each other, by role."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient
from tests.browser.synthetic_sky import START_S, SyntheticSky, baltic_scene
from tests.contract.api_sky import ended, page_folder, unit_status

from skypact.model.store import HistoryPage, HistoryQuery, stored
from skypact.serve import kitchen
from skypact.serve.access import Role
from skypact.serve.app import UnitParts, create_app
from skypact.serve.archive import RecentArchive
from skypact.serve.history import TrackHistory
from skypact.serve.kitchen import ROLE_KEY, Kitchen
from skypact.serve.operation import Answer, Call, Knowledge, Operation
from skypact.serve.problem import Problem
from skypact.serve.server import Server

N_TRACKS = 8_000


def waited_for(condition, timeout_s: float = 10.0) -> bool:
    deadline_s = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return bool(condition())


class StuckArchive:
    """A store that does not answer until it is let go."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.n_asked = 0

    def history(self, _: HistoryQuery) -> HistoryPage:
        self.n_asked += 1
        self.go_on.wait(20)
        return HistoryPage(stored([]), None)


@pytest.fixture
def archive() -> StuckArchive:
    return StuckArchive()


@pytest.fixture
def server(tmp_path: Path, archive: StuckArchive) -> Iterator[Server]:
    history = TrackHistory()
    history.append(SyntheticSky(N_TRACKS).rows_at(START_S), ended(), START_S)
    app = create_app(
        history, baltic_scene("live"), dict, page_folder(tmp_path),
        unit=UnitParts(unit_status, archive),
    )  # fmt: skip
    with Server(app, port=0) as running:
        yield running
        archive.go_on.set()


def asking(server: Server, path: str) -> socket.socket:
    """A client that asks and takes nothing."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", server.port))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    return client


def status_of(server: Server, path: str) -> int:
    with asking(server, path) as client:
        return int(client.recv(20).split()[1])


def test_who_does_not_take_an_answer_is_left(server, monkeypatch):
    monkeypatch.setattr(kitchen, "SENDING_S", 0.5)
    untaken = server._app.state.kitchen.untaken
    with asking(server, "/api/v1/tracks"):
        assert waited_for(lambda: untaken.n_bytes > 1_000_000)
        assert waited_for(lambda: untaken.n_bytes == 0)


def test_answers_that_nobody_takes_are_bounded(server, monkeypatch):
    monkeypatch.setattr(kitchen, "MOST_UNTAKEN_BYTES", 10_000_000)
    untaken = server._app.state.kitchen.untaken
    clients = [asking(server, "/api/v1/tracks") for _ in range(2)]
    try:
        assert waited_for(lambda: untaken.n_bytes > 7_000_000)
        assert status_of(server, "/api/v1/tracks") == 503
        assert status_of(server, "/api/v1/tracks?limit=10") == 200
    finally:
        for client in clients:
            client.close()
    assert waited_for(lambda: untaken.n_bytes == 0)


def test_a_stuck_store_holds_up_neither_the_present_nor_its_own_line(server, archive, monkeypatch):
    monkeypatch.setattr(kitchen, "MOST_WAITING", 4)
    items = "/api/v1/ogc/collections/tracks/items"
    clients = [asking(server, items) for _ in range(4)]
    try:
        assert waited_for(lambda: archive.n_asked == kitchen.N_THREADS)
        assert status_of(server, items) == 503
        assert status_of(server, "/api/v1/tracks?limit=10") == 200
        assert status_of(server, "/health/ready") == 200
        archive.go_on.set()
        assert waited_for(lambda: archive.n_asked == 4)
        assert waited_for(lambda: status_of(server, items) == 200)
    finally:
        for client in clients:
            client.close()


def served(run, role: Role, pin=None) -> TestClient:
    history = TrackHistory()
    knowledge = Knowledge("u", history, unit_status, RecentArchive(history, "u"), lambda _: ())
    operation = Operation("/x", "x", "live", "x", run, dict, role="operate", pin=pin)

    class Given:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            scope[ROLE_KEY] = role
            await self.app(scope, receive, send)

    async def told(_, error):
        return error.response()

    routes = [Route("/x", Kitchen(knowledge).endpoint(operation))]
    app = Starlette(routes=routes, exception_handlers={Problem: told})
    app.add_middleware(Given)
    return TestClient(app)


@pytest.mark.parametrize(
    ("role", "code"), [(None, 403), ("view", 403), ("operate", 200), ("release", 200)]
)
def test_an_operation_needs_its_role(role, code):
    assert served(lambda *_: Answer({}), role).get("/x").status_code == code


def test_those_who_ask_the_same_share_one_answer():
    n_made = []

    def slow(_: Knowledge, __: Call) -> Answer:
        n_made.append(1)
        time.sleep(0.3)
        return Answer({"n": len(n_made)})

    with served(slow, "operate", lambda *_: "one picture") as api, ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: api.get("/x").json(), range(6)))
    assert answers == [{"n": 1}] * 6
