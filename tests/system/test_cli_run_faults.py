"""A unit in trouble: it says what is wrong, its picture goes on, and it recovers by itself."""

import contextlib
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.system.running import N_TRACKS, Running, Sky, assert_made_again, free_port, until

from skypact.testing.postgres_server import PostgresServer

pytestmark = pytest.mark.live

STEPPED = str(Path(__file__).with_name("stepped.py"))


class Troubled(Running):
    """A unit with a clock that can be set wrong."""

    def __init__(self, sky: Sky, off_s: float = 0.0) -> None:
        self.sky = sky
        self.off = sky.folder / "off"
        self.set_clock(off_s)
        self.receivers: int | None = None
        super().__init__(sky.folder, program=(STEPPED, str(self.off)))

    def set_clock(self, off_s: float) -> None:
        """Set the machine's clock wrong by so many seconds."""
        new = self.off.with_suffix(".new")
        new.write_text(str(off_s))
        new.replace(self.off)

    def store(self) -> dict[str, object]:
        return self.ask("/api/v1/status")["store"]

    def await_trouble(self, words: str) -> None:
        """Wait until it says what is wrong; see that the picture goes on meanwhile."""
        until(lambda: words in self.reasons(), words)
        self.await_picture()

    def await_picture(self) -> None:
        """See that the picture goes on."""
        before_s = self.clock_s()
        until(lambda: self.clock_s() > before_s + 1.0, "picture")
        assert len(self.tracks()) > N_TRACKS

    def await_health(self) -> None:
        """Wait until nothing is wrong any more."""
        until(lambda: not self.reasons(), f"recovery: {self.reasons()}")
        self.await_picture()


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer
) -> Iterator[Troubled]:
    """A unit in good health, with a database and receivers of its picture."""
    receivers = f"tcp://127.0.0.1:{free_port(socket.SOCK_STREAM)}?listen"
    lines = (
        f'store.url = "{postgres.database()}"\nstore.batch_s = 0.2\n'
        f'output = [{{ kind = "cot", url = "{receivers}" }}]'
    )
    sky = Sky(tmp_path_factory.mktemp("trouble"), lines)
    unit = Troubled(sky)
    unit.receivers = urlsplit(receivers).port
    try:
        unit.await_map()
        until(lambda: len(unit.tracks()) > N_TRACKS, "tracks")
        yield unit
    finally:
        try:
            sky.end()
        finally:
            summary = unit.end()
    assert summary["store"]["n_dropped"] == 0


@pytest.fixture
def unit(running: Troubled) -> Iterator[Troubled]:
    """The unit; each trouble begins in good health, and leaves the same tracks."""
    running.await_health()
    before = running.tracks()
    yield running
    running.await_health()
    after = running.tracks()
    assert len(before & after) > 0.9 * len(before)


def test_a_disk_that_takes_no_more(unit: Troubled) -> None:
    """Files can grow no more: as on a full disk, but for this process alone."""
    _, most = resource.prlimit(unit.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(unit.process.pid, resource.RLIMIT_FSIZE, (1 << 16, most))
    try:
        unit.await_trouble("recorder")
    finally:
        resource.prlimit(unit.process.pid, resource.RLIMIT_FSIZE, (most, most))
    until(lambda: "recorder" not in unit.reasons(), "recorder")
    recorder = unit.ask("/api/v1/status")["recorder"]
    assert recorder["dropped"] > 0  # it is said for good that bytes are missing
    packets = recorder["packets"]
    until(lambda: unit.ask("/api/v1/status")["recorder"]["packets"] > packets, "recording")


def test_a_database_that_is_gone(unit: Troubled, postgres: PostgresServer) -> None:
    postgres.stop("immediate")
    try:
        unit.await_trouble("store")
        until(lambda: unit.store()["waiting"] > 0, "rows that wait")
    finally:
        postgres.start()
    written = unit.store()["rows"]
    until(lambda: unit.store()["rows"] > written, "rows written")
    assert unit.store()["dropped"] == 0


@contextlib.contextmanager
def silent_client(port: int, hello: bytes) -> Iterator[socket.socket]:
    """A client that asks and never reads, with as little room as there can be."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        client.sendall(hello)
        yield client


def test_clients_that_do_not_read(unit: Troubled) -> None:
    """They lose what they do not take, and hold nothing up."""
    page = urlsplit(unit.url)
    hello = (
        f"GET /ws HTTP/1.1\r\nHost: {page.netloc}\r\nOrigin: {unit.url}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    assert page.port is not None
    assert unit.receivers is not None

    def lost() -> int:
        (output,) = unit.ask("/api/v1/outputs")["outputs"]
        return output["dropped"]

    with silent_client(page.port, hello.encode()), silent_client(unit.receivers, b""):
        until(lambda: lost() > 0, "loss of the client that does not read")
        unit.await_picture()
        assert not unit.ask("/api/v1/status")["overload"]


def test_a_feed_that_dies(unit: Troubled) -> None:
    """A dead feed is told, with its sensors; the picture goes on, and the feed comes back."""

    def states(of: str) -> set[str]:
        return {row["state"] for row in unit.ask(f"/api/v1/{of}")[of]}

    assert states("sources") == {"up"}
    unit.sky.pause()
    try:
        until(lambda: "source" in unit.reasons(), "source")
        until(lambda: states("sensors") == {"silent"}, "silent sensors")
        before_s = unit.clock_s()
        until(lambda: unit.clock_s() > before_s + 1.0, "picture")
        assert states("sources") == {"silent"}
    finally:
        unit.sky.resume()
    until(lambda: states("sensors") == {"operational"}, "sensors again")
    assert states("sources") == {"up"}


@pytest.mark.parametrize("off_s", [-40.0, 5.0, 40.0])
def test_a_clock_that_is_set_wrong(unit: Troubled, off_s: float) -> None:
    """The sensors know better; set right again, it is as it was."""
    before_s = unit.clock_s() - time.time()
    unit.set_clock(off_s)
    try:
        unit.await_trouble("clock")
        assert abs(unit.clock_s() - time.time() - before_s) < 0.75 * abs(off_s)
    finally:
        unit.set_clock(0.0)


def test_a_clock_that_was_wrong_from_the_beginning(tmp_path: Path) -> None:
    """An hour ahead nothing can be tracked; set right, the unit begins anew by itself.

    What it recorded before has stamps that are still to come: it is no part of what the unit takes
    up after a crash, nor of what is replayed.
    """
    sky = Sky(tmp_path)
    unit = Troubled(sky, 3600.0)
    try:
        unit.await_map()
        until(lambda: "3600" in unit.reasons().replace(",", ""), "word of the clock")
        assert unit.tracks() == set()
        unit.set_clock(0.0)
        until(lambda: unit.log.read_text().count("map at") == 2, "new beginning")
        unit.url = unit.log.read_text().rsplit("map at", 1)[1].split()[0]
        until(lambda: len(unit.tracks()) > 2.4 * N_TRACKS, "tracks")
        until(lambda: not unit.reasons(), "health")
        before = unit.tracks()
        unit.process.kill()
        unit.process.communicate()
        unit = Troubled(sky)
        unit.await_map()
        after = unit.tracks()
        assert len(before & after) > 0.9 * len(before)
    finally:
        sky.end()
        summary = unit.end()
    assert_made_again(tmp_path, summary)
