"""The machine's clock against the sensors': whom stamps follow."""

import math

import pytest

from skypact.config import Sensor
from skypact.runtime.clockjudge import ClockJudge, common_delay
from skypact.runtime.hearing import HeardSensor

NOW_S = 1000.0


def heard(*delays_s, last_s=NOW_S):
    sheet = Sensor(name="r", lat=48.0, lon=16.0)
    return [HeardSensor(sheet, 10, 10, delay, -1, last_s) for delay in delays_s]


class Clock:
    """A clock that was set by so many seconds."""

    def __init__(self, off_s):
        self.off_s, self.believes = off_s, False


def judged(off_s, sensors):
    clock = Clock(off_s)
    judge = ClockJudge(clock, lambda: sensors, lambda: NOW_S)
    judge.look()
    return clock, judge


@pytest.mark.parametrize(
    ("delays_s", "common_s"),
    [
        ([0.4], None),  # one alone may be wrong itself
        ([0.4, 30.0], None),
        ([0.4, 0.6], 0.5),
        ([0.4, 0.6, 30.0], 0.6),
        ([0.4, 10.0, 20.0, 30.0], None),
        ([0.4, 0.5, math.nan, math.nan], 0.45),
    ],
)
def test_the_common_delay_is_that_of_most(delays_s, common_s):
    assert common_delay(heard(*delays_s), NOW_S) == pytest.approx(common_s)


def test_sensors_that_are_silent_are_not_asked():
    assert common_delay(heard(0.4, 0.5, last_s=NOW_S - 60.0), NOW_S) is None


@pytest.mark.parametrize("off_s", [-40.0, -3.0, 3.0, 40.0])
def test_sensors_that_say_it_was_right_before_keep_the_course(off_s):
    clock, judge = judged(off_s, heard(0.4, 0.5, 0.6))
    assert not clock.believes
    assert "not followed" in judge.error
    assert not judge.wants_anew
    assert not judge.is_time_wrong


@pytest.mark.parametrize("off_s", [-3.0, 3.0, 40.0])
def test_a_clock_that_is_set_right_is_followed(off_s):
    clock, judge = judged(off_s, heard(*(d - off_s for d in (0.4, 0.5, 0.6))))
    assert clock.believes
    assert not judge.wants_anew


def test_one_that_was_far_ahead_begins_anew():
    _, judge = judged(-3600.0, heard(3600.4, 3600.5))
    assert judge.wants_anew
    assert judge.is_time_wrong


@pytest.mark.parametrize("off_s", [-3.0, 3.0, 40.0])
def test_without_sensors_that_know_the_time_the_machine_is_followed(off_s):
    clock, judge = judged(off_s, heard(math.nan, 0.4))
    assert clock.believes
    assert not judge.is_time_wrong


def test_a_machine_that_is_wrong_from_the_beginning_is_told_of():
    _, judge = judged(0.0, heard(30.0, 30.1, 30.2))
    assert "30.1 s ahead" in judge.error
    assert judge.is_time_wrong
    _, judge = judged(0.0, heard(0.3, 0.4))
    assert judge.error == ""
