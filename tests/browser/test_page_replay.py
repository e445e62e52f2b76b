"""The replay bar in a real browser."""

import time

import pytest
from tests.browser.conftest import Watched
from tests.browser.synthetic_sky import START_S

pytestmark = pytest.mark.browser
SPAN_S = 599.9
METRE_DEG = 1e-5
"""About a metre on the ground."""


@pytest.fixture
def replay(watched: Watched, replay_url: str) -> Watched:
    watched.open(replay_url)
    watched.wait(lambda: watched.clock_s() > START_S + 1.0, "moving clock")
    return watched


def test_a_replay_starts_at_the_beginning_at_speed_one(replay: Watched) -> None:
    assert replay.clock_s() < START_S + 20.0
    time.sleep(4.0)  # a page that started late catches up smoothly, with 2.5 s time constant
    first, first_s = replay.clock_s(), time.monotonic()
    time.sleep(3.0)
    speed = (replay.clock_s() - first) / (time.monotonic() - first_s)
    assert speed == pytest.approx(1.0, abs=0.15)
    assert "REPLAY" in replay.page.inner_text("#topbar")
    assert replay.problems == []


def test_pause_stops_the_tracks_and_play_moves_them(replay: Watched) -> None:
    replay.page.click("#replaybar .play")
    time.sleep(1.5)
    clock_s, places = replay.clock_s(), replay.places()
    time.sleep(0.8)
    assert replay.clock_s() == clock_s
    still = replay.places()
    for number, place in places.items():
        assert still[number] == pytest.approx(place, abs=METRE_DEG)
    replay.page.keyboard.press("Space")
    replay.wait(lambda: replay.clock_s() > clock_s + 0.5, "motion after play", 5.0)


def test_the_slider_seeks(replay: Watched) -> None:
    box = replay.page.locator("#replaybar .slider").bounding_box()
    assert box is not None
    replay.page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] / 2)
    middle_s = START_S + SPAN_S / 2
    replay.wait(lambda: abs(replay.clock_s() - middle_s) < 15.0, "jump to the middle", 5.0)
    replay.wait(lambda: len(replay.places()) == 50, "tracks there", 5.0)
    tracks = replay.value("tracks()")
    assert isinstance(tracks, list)
    assert min(t["trail"] for t in tracks) >= 4  # the snapshot brings trails along


def test_arrow_keys_seek_ten_seconds(replay: Watched) -> None:
    before_s = replay.clock_s()
    replay.page.keyboard.press("ArrowRight")
    replay.wait(lambda: replay.clock_s() > before_s + 9.0, "jump", 3.0)
    assert replay.clock_s() < before_s + 14.0


def test_speed_changes_how_fast_the_clock_runs(replay: Watched) -> None:
    replay.page.select_option("#replaybar .speed", "10")
    time.sleep(1.5)
    first, first_s = replay.clock_s(), time.monotonic()
    time.sleep(2.0)
    speed = (replay.clock_s() - first) / (time.monotonic() - first_s)
    assert speed == pytest.approx(10.0, rel=0.15)


def test_at_the_end_it_stops_and_play_starts_over(replay: Watched) -> None:
    replay.page.click("#replaybar .live")
    end_s = START_S + SPAN_S
    replay.wait(lambda: abs(replay.clock_s() - end_s) < 0.5, "end", 5.0)
    play = replay.page.locator("#replaybar .play")
    replay.wait(lambda: play.get_attribute("aria-label") == "Play", "stop at the end", 5.0)
    play.click()
    replay.wait(lambda: replay.clock_s() < START_S + 30.0, "new start", 5.0)
