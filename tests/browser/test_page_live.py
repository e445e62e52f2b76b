"""The live picture in a real browser: tracks move, labels are there, losses are shown."""

import time
from collections.abc import Iterator

import pytest
from tests.browser.conftest import Watched, feeding, filled
from tests.browser.synthetic_sky import SyntheticSky, baltic_scene

from skypact.serve.app import create_app
from skypact.serve.history import TrackHistory
from skypact.serve.server import Server

pytestmark = pytest.mark.browser
LOSS_SHOWN_S = 2.0


def opened(watched: Watched, url: str, n_tracks: int = 200) -> Watched:
    watched.open(url)
    watched.wait(lambda: len(watched.places()) == n_tracks, f"picture of {n_tracks} tracks")
    return watched


def test_tracks_move_and_carry_labels_and_trails(watched: Watched, live_url: str) -> None:
    page = opened(watched, live_url)
    before = page.places()
    time.sleep(1.0)
    after = page.places()
    moved = sum(before[k] != after[k] for k in before)
    assert moved == len(before)
    labels = page.value("labels()")
    assert isinstance(labels, list)
    assert len(labels) > 60
    assert all(len(label["lines"]) >= 2 for label in labels)
    tracks = page.value("tracks()")
    assert isinstance(tracks, list)
    assert min(t["trail"] for t in tracks) >= 2
    assert page.problems == []


def test_motion_is_smooth_between_updates(watched: Watched, live_url: str) -> None:
    page = opened(watched, live_url)
    places = []
    for _ in range(10):
        places.append(page.places()[7])
        time.sleep(0.06)
    assert len(set(places)) >= 8  # its reports come every four seconds


def test_the_bar_shows_title_mode_counts_and_rate(watched: Watched, live_url: str) -> None:
    page = opened(watched, live_url)
    page.wait(lambda: "123" in page.page.inner_text("#topbar"), "rate of reports")
    text = page.page.inner_text("#topbar")
    assert "Baltic demonstration union" in text
    assert "LIVE" in text
    assert "Connected" in text
    assert "tracks" in text


def test_a_click_on_a_track_opens_its_values(watched: Watched, live_url: str) -> None:
    page = opened(watched, live_url)
    page.wait(lambda: page.value("ready()"), "map")
    number = next(t for t in page.places() if in_the_open(page, t))
    x, y = place_on_screen(page, number)
    page.page.mouse.click(x, y)
    page.wait(lambda: page.page.is_visible("#panel"), "panel")
    text = page.page.inner_text("#panel")
    for word in ("Address", "Ground speed", "Track angle", "Existence"):
        assert word in text
    page.page.keyboard.press("Escape")
    page.wait(lambda: not page.page.is_visible("#panel"), "closing")


def place_on_screen(page: Watched, number: int) -> tuple[float, float]:
    place = page.value(f"screen({number})")
    assert isinstance(place, list)
    return place[0], place[1]


def in_the_open(page: Watched, number: int) -> bool:
    x, y = place_on_screen(page, number)
    return 300 < x < 1200 and 100 < y < 750


def test_no_data_says_why(watched: Watched) -> None:
    app = create_app(TrackHistory(), baltic_scene("live"), dict)
    with Server(app, port=0) as server:
        watched.open(server.url)
        notice = watched.page.locator("#notice")
        watched.wait(lambda: "Waiting for the first scan" in notice.inner_text(), "reason")
        assert watched.problems == []


def test_a_lost_connection_is_shown_in_two_seconds_and_mends(watched: Watched) -> None:
    sky = SyntheticSky(50)
    history = filled(sky, 100)
    app = create_app(history, baltic_scene("live"), dict)
    with feeding(history, sky, 100):
        with Server(app, port=0) as server:
            opened(watched, server.url, 50)
            port = server.port
        stopped_s = time.monotonic()
        notice = watched.page.locator("#notice")
        watched.wait(lambda: "Connection lost" in notice.inner_text(), "warning", LOSS_SHOWN_S)
        assert time.monotonic() - stopped_s < LOSS_SHOWN_S
        with Server(app, port=port):
            watched.wait(lambda: watched.value("state()") == "open", "reconnection", 5.0)
            watched.wait(lambda: not notice.is_visible(), "end of the warning", 5.0)


@pytest.fixture
def crowd_url() -> Iterator[str]:
    sky = SyntheticSky(2000)
    history = filled(sky, 300)
    app = create_app(history, baltic_scene("live"), dict)
    with feeding(history, sky, 300), Server(app, port=0) as server:
        yield server.url


def test_two_thousand_tracks_are_drawn_at_four_frames_a_second_or_more(
    watched: Watched, crowd_url: str
) -> None:
    page = opened(watched, crowd_url, 2000)
    page.page.evaluate(
        "() => { let n = 0; window.__frames = () => n;"
        " const f = () => { n++; requestAnimationFrame(f) }; f() }"
    )
    time.sleep(2.0)
    start, start_s = page.page.evaluate("window.__frames()"), time.monotonic()
    time.sleep(4.0)
    rate_hz = (page.page.evaluate("window.__frames()") - start) / (time.monotonic() - start_s)
    assert rate_hz >= 4.0
    assert page.problems == []
