"""The machine's clock against the sensors': whom stamps follow, in a small world of both."""

import pytest

from skypact.runtime.clockjudge import ClockJudge, common_delay, within_a_day
from skypact.sources.stamp import StampClock

SECOND = 10**9
DAY = 86_400.0
DATE_S = 1_767_268_800.0


class World:
    """True time, a machine's clock that is set, sensors with clocks of their own.

    The stamps are those of the real `StampClock`; delays are noted as the decoder notes them:
    known but for whole days, the last 32 of each sensor.
    """

    def __init__(self, off_s=0.0, link_s=(0.4, 0.5, 0.6), per_s=5):
        self.true_s, self.off_s, self.passed_s = DATE_S, off_s, 100.0
        self.clock = StampClock(
            lambda: round(self.passed_s * SECOND),
            lambda: round((self.true_s + self.off_s) * SECOND),
            believes=False,
        )
        self.link_s, self.per_s = list(link_s), per_s
        self.recent = [[] for _ in link_s]
        self.hears = True
        self.judge = ClockJudge(self.clock, lambda: self.recent, self.clock.now_s)

    def run(self, seconds):
        """Let time pass, a look a second; how far the stamps are ahead of the true time."""
        for _ in range(round(seconds)):
            for _ in range(20):
                self.true_s += 0.05
                self.passed_s += 0.05
                self.clock.now_ns()
            for one, link_s in zip(self.recent, self.link_s, strict=True):
                if self.hears:
                    now_s = self.clock.now_s()
                    one += [(now_s, within_a_day(now_s - self.true_s + link_s))] * self.per_s
                    del one[:-32]
            self.judge.look()
        return self.wrong_s()

    def wrong_s(self):
        """How far the stamps are ahead of the true time."""
        return self.clock.now_s() - self.true_s


@pytest.mark.parametrize("step_s", [-40.0, -3.0, 3.0, 40.0, 3600.0, -3600.0, 50_000.0])
def test_a_clock_that_is_set_wrong_is_not_followed(step_s):
    world = World()
    world.run(60)
    world.off_s = step_s
    assert world.run(120) == pytest.approx(0.0, abs=0.05)
    assert "not followed" in world.judge.error
    assert not world.judge.wants_anew
    assert not world.judge.is_time_wrong
    world.off_s = 0.0
    assert world.run(5) == pytest.approx(0.0, abs=0.05)
    assert world.judge.error == ""


@pytest.mark.parametrize("off_s", [-3.0, -40.0, -18 * 3600.0, -77 * 3600.0])
def test_a_clock_that_was_behind_and_is_set_right_is_followed(off_s):
    world = World(off_s)
    world.run(60)
    world.off_s = 0.0
    assert world.run(15) == pytest.approx(0.0, abs=0.05)
    assert not world.judge.wants_anew
    world.run(5)
    assert (world.judge.error, world.judge.is_time_wrong) == ("", False)


def test_one_that_was_a_little_ahead_is_waited_for():
    world = World(5.5)
    world.run(60)
    world.off_s = 0.0
    assert world.run(200) == pytest.approx(0.0, abs=1.05)
    assert not world.judge.wants_anew


@pytest.mark.parametrize("off_s", [40.0, 3600.0, 20 * 3600.0])
def test_one_that_was_far_ahead_begins_anew_when_it_is_set_right(off_s):
    world = World(off_s)
    world.run(60)
    world.off_s = 0.0
    world.run(8)
    assert not world.judge.wants_anew
    world.run(12)
    assert world.judge.wants_anew


def test_a_machine_that_stood_still_is_followed():
    world = World()
    world.run(60)
    world.true_s += 60.0  # nothing in it passed; its clock is set by the host
    assert world.run(15) == pytest.approx(0.0, abs=0.05)
    world.run(5)
    assert (world.judge.error, world.judge.is_time_wrong) == ("", False)


def test_what_was_right_once_is_judged_by_what_is_now():
    world = World(-40.0)
    world.run(60)
    world.off_s = 0.0
    world.run(100)
    world.off_s = 40.0
    assert world.run(60) == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("step_s", [-40.0, 40.0])
def test_silence_does_not_overturn_what_sensors_said(step_s):
    world = World()
    world.run(60)
    world.off_s = step_s
    world.run(30)
    world.hears = False
    assert world.run(300) == pytest.approx(0.0, abs=0.05)
    assert not world.judge.wants_anew
    world.hears = True
    assert world.run(60) == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("step_s", [-40.0, -5.0, 5.0, 40.0])
def test_slow_lines_are_no_wrong_clock(step_s):
    world = World(link_s=(4.4, 4.5, 4.6))
    world.run(60)
    assert (world.judge.error, world.judge.is_time_wrong) == ("", False)
    world.off_s = step_s
    assert world.run(60) == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize(("off_s", "is_wrong"), [(30.0, True), (-30.0, True), (6.0, False)])
def test_a_machine_that_is_wrong_from_the_beginning_is_told_of(off_s, is_wrong):
    world = World(off_s)
    world.run(30)
    assert f"{abs(off_s) + (0.5 if off_s > 0 else -0.5):.1f} s" in world.judge.error
    assert world.judge.is_time_wrong == is_wrong


@pytest.mark.parametrize("link_s", [(), (0.4,), (0.4, 30.0)])
def test_where_no_two_sensors_agree_the_machine_is_followed(link_s):
    world = World(link_s=link_s)
    world.run(60)
    world.off_s = 40.0
    assert world.run(15) == pytest.approx(40.0, abs=0.1)


def test_without_sensors_a_moment_of_a_wrong_time_costs_no_picture():
    world = World(link_s=())
    world.run(60)
    world.off_s = -8.0
    world.run(5)
    world.off_s = 0.0
    world.run(5)
    assert not world.judge.wants_anew
    world.off_s = -8.0
    world.run(70)
    assert world.judge.wants_anew


def test_stamps_on_their_own_course_are_led_by_the_sensors():
    world = World()
    world.run(60)
    world.off_s = 3600.0
    for _ in range(4_000):
        world.passed_s += 1e-4  # a crystal that is 100 ppm fast
        world.off_s -= 1e-4
        world.run(1)
    assert abs(world.wrong_s()) < 0.2


def test_one_sensor_that_errs_does_not_decide():
    world = World(link_s=(0.4, 0.5, 0.6, 30.0))
    world.run(60)
    world.off_s = -30.0
    assert world.run(60) == pytest.approx(0.0, abs=0.05)


def test_the_common_delay_is_that_of_most():
    def common(*delays_s):
        return common_delay([[(5.0, d)] * 3 for d in delays_s], 0.0)

    assert common(0.4) is None
    assert common(0.4, 30.0) is None
    assert common(0.4, 0.6) == pytest.approx(0.5)
    assert common(0.4, 0.6, 30.0) == pytest.approx(0.6)
    assert common(0.4, 10.0, 20.0, 30.0) is None
    assert common_delay([[(5.0, 0.4)] * 3, [(5.0, 0.5)] * 2], 0.0) is None
    assert common_delay([[(5.0, 0.4)] * 3, [(1.0, 0.5)] * 3], 2.0) is None
