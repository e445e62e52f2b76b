"""A viewer's place in the history obeys its commands and stays within the span."""

import math

import pytest

from skypact.errors import ConfigError
from skypact.serve.playhead import MAX_SPEED, Command, Playhead, command_from_json


def replaying(clock_s: float = 100.0) -> Playhead:
    playhead = Playhead(is_live=False, wall_s=0.0)
    playhead.advance(0.0, 100.0, 1000.0, complete=False)
    playhead.clock_s = clock_s
    return playhead


def test_a_replay_starts_at_the_beginning_and_a_live_view_at_the_newest_step() -> None:
    live = Playhead(is_live=True, wall_s=0.0)
    live.advance(0.0, 100.0, 1000.0, complete=False)
    assert live.clock_s == 1000.0
    assert replaying().clock_s == 100.0


def test_it_waits_for_the_first_step() -> None:
    playhead = Playhead(is_live=True, wall_s=0.0)
    playhead.advance(1.0, math.nan, math.nan, complete=False)
    assert math.isnan(playhead.clock_s)


def test_it_moves_with_the_wall_clock_times_the_speed() -> None:
    playhead = replaying()
    playhead.apply(Command("speed", speed=10.0), 100.0, 1000.0)
    playhead.advance(2.0, 100.0, 1000.0, complete=False)
    assert playhead.clock_s == pytest.approx(120.0)


def test_pause_stops_it_and_play_goes_on_from_there() -> None:
    playhead = replaying()
    playhead.apply(Command("pause"), 100.0, 1000.0)
    playhead.advance(5.0, 100.0, 1000.0, complete=False)
    assert playhead.clock_s == 100.0
    playhead.apply(Command("play"), 100.0, 1000.0)
    playhead.advance(6.0, 100.0, 1000.0, complete=False)
    assert playhead.clock_s == pytest.approx(101.0)


def test_max_speed_never_passes_the_newest_step() -> None:
    playhead = replaying()
    playhead.apply(Command("speed", speed="max"), 100.0, 1000.0)
    assert playhead.speed == MAX_SPEED
    playhead.advance(1e6, 100.0, 1000.0, complete=False)
    assert playhead.clock_s == 1000.0
    assert playhead.is_playing


def test_at_the_end_of_a_finished_recording_it_stops_and_play_starts_over() -> None:
    playhead = replaying(999.9)
    playhead.advance(5.0, 100.0, 1000.0, complete=True)
    assert not playhead.is_playing
    assert playhead.apply(Command("play"), 100.0, 1000.0)
    assert playhead.clock_s == 100.0


def test_a_seek_is_clamped_to_the_span_and_asks_for_a_snapshot() -> None:
    playhead = replaying()
    assert playhead.apply(Command("seek", time_s=5000.0), 100.0, 1000.0)
    assert playhead.clock_s == 1000.0
    playhead.apply(Command("seek", time_s=-1.0), 100.0, 1000.0)
    assert playhead.clock_s == 100.0


def test_a_live_view_that_was_paused_returns_with_live() -> None:
    playhead = Playhead(is_live=True, wall_s=0.0)
    playhead.advance(0.0, 0.0, 50.0, complete=False)
    playhead.apply(Command("pause"), 0.0, 50.0)
    playhead.advance(10.0, 0.0, 60.0, complete=False)
    assert playhead.clock_s == 50.0
    assert not playhead.is_live
    playhead.apply(Command("live"), 0.0, 60.0)
    playhead.advance(11.0, 0.0, 61.0, complete=False)
    assert playhead.is_live
    assert playhead.clock_s == 61.0


def test_forgotten_times_push_the_playhead_forward() -> None:
    playhead = replaying(150.0)
    playhead.apply(Command("pause"), 100.0, 1000.0)
    playhead.advance(1.0, 400.0, 1000.0, complete=False)
    assert playhead.clock_s == 400.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"cmd":"explode"}',
        '{"cmd":"seek"}',
        '{"cmd":"speed","speed":0}',
        '{"cmd":"speed","speed":61}',
        '{"cmd":"play","extra":1}',
        b"\xff\xfe",
    ],
)
def test_a_wrong_command_is_a_clear_error(text: str | bytes) -> None:
    with pytest.raises(ConfigError, match="control message"):
        command_from_json(text)
