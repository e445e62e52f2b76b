"""Fixtures that every suite shares."""

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

from skypact.testing.postgres_server import PostgresServer, missing_server

settings.register_profile("ci", derandomize=True)
"""In CI the same examples each time: a find is made, and mended, before the change is sent."""
if os.environ.get("CI"):
    settings.load_profile("ci")

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of the recorded data beside the repository; in CI its absence is a failure."""
    if DATA.is_dir():
        return DATA
    reason = f"recorded data not found at {DATA}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Server of databases with PostGIS, of these tests alone; in CI its absence is a failure."""
    if reason := missing_server():
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the repository's root folder."""
    return ROOT


UNCOMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") != "0"
FIRST = "test_tracker_picture.py"
TRACKS = re.compile(r"\b(Tracker|Pipeline|scenes|cli|subprocess)\b")


@cache
def _turn(path: Path) -> int:
    """0 for the file that compiles the tracker, 2 for others that need it, 1 for the rest."""
    if path.name == FIRST:
        return 0
    return 2 if "golden" in path.parts or TRACKS.search(path.read_text("utf-8")) else 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one worker compile the tracker, which takes a minute or two, while others do the rest.

    What takes minutes without compilation is left out there.
    """
    items.sort(key=lambda item: _turn(item.path))
    if UNCOMPILED:
        for item in items:
            if item.get_closest_marker("compiled") is not None:
                item.add_marker(pytest.mark.skip(reason="minutes without compilation"))


def pytest_configure(config: pytest.Config) -> None:
    """Allow hashes to wrap around without compilation, as they silently do compiled."""
    if UNCOMPILED:
        wrap = "ignore:overflow encountered in scalar (multiply|add):RuntimeWarning"
        config.addinivalue_line("filterwarnings", wrap)
