"""A browser, a served picture, and a page that remembers what went wrong."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from tests.browser.synthetic_sky import SyntheticSky, baltic_scene

from skypact.serve.app import create_app
from skypact.serve.history import TrackHistory
from skypact.serve.server import Server

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZE = {"width": 1600, "height": 900}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("expected Chromium in CI, found none; .ci/run installs it")
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


class Watched:
    """A page with the console errors, page errors and foreign requests it made."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        page.on("request", lambda request: self._look(request.url))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text}")

    def _look(self, url: str) -> None:
        host = urlsplit(url).hostname
        if host not in (None, "127.0.0.1"):
            self.problems.append(f"request off the loopback: {url}")

    def value(self, expression: str) -> object:
        return self.page.evaluate(f"window.skypact.{expression}")

    def wait(self, condition: Callable[[], object], what: str, timeout_s: float = 20.0) -> None:
        """Poll from here: the page's policy forbids code from strings, polling in it included."""
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline_s, f"no {what} within {timeout_s} s"
            time.sleep(0.05)

    def open(self, url: str) -> None:
        self.page.goto(url)
        self.wait(lambda: self.page.evaluate("!!window.skypact"), "page")

    def clock_s(self) -> float:
        value = self.value("clock()")
        return float(value) if isinstance(value, (int, float)) else float("nan")

    def places(self) -> dict[int, tuple[float, float]]:
        tracks = self.value("tracks()")
        assert isinstance(tracks, list)
        return {t["track"]: (t["lat"], t["lon"]) for t in tracks}


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    page = browser.new_page(viewport=SIZE)
    yield Watched(page)
    page.close()


@contextmanager
def feeding(history: TrackHistory, sky: SyntheticSky, from_tick: int) -> Iterator[None]:
    """Append ten steps a second from a thread, as a live pipeline does."""
    stop = threading.Event()

    def feed() -> None:
        start_s, tick = time.monotonic(), from_tick
        while not stop.wait(0.02):
            while tick - from_tick < (time.monotonic() - start_s) * 10:
                sky.step(history, tick)
                tick += 1

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def filled(sky: SyntheticSky, n_ticks: int) -> TrackHistory:
    history = TrackHistory()
    for tick in range(n_ticks):
        sky.step(history, tick)
    return history


@pytest.fixture
def live_url() -> Iterator[str]:
    """Two hundred tracks, a minute old, going on."""
    sky = SyntheticSky(200)
    history = filled(sky, 600)
    app = create_app(history, baltic_scene("live"), lambda: {"reports_per_s": 123.0})
    with feeding(history, sky, 600), Server(app, port=0) as server:
        yield server.url


@pytest.fixture
def replay_url() -> Iterator[str]:
    """Ten minutes of fifty tracks, processed to the end."""
    history = filled(SyntheticSky(50), 6000)
    history.finish()
    app = create_app(history, baltic_scene("replay"), dict)
    with Server(app, port=0) as server:
        yield server.url
