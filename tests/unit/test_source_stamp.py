"""Stamps never fall, follow the wall clock slowly, and tell when it has been moved."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skypact.sources.stamp import BACK_PPM, SLEW_PPM, StampClock

SECOND = 10**9


class Machine:
    """Clocks of a machine that does as it is told."""

    def __init__(self):
        self.passed_ns = 5 * SECOND
        self.wall_ns = 1_700_000_000 * SECOND

    def clock(self, **options):
        return StampClock(lambda: self.passed_ns, lambda: self.wall_ns, **options)

    def passing(self, clock, seconds, step_s=0.05):
        """Let time pass; the stamp at each step."""
        stamps = []
        for _ in range(round(seconds / step_s)):
            self.passed_ns += round(step_s * SECOND)
            self.wall_ns += round(step_s * SECOND)
            stamps.append(clock.now_ns())
        return stamps


@pytest.fixture
def machine():
    return Machine()


def test_it_shows_the_wall_clock_where_that_runs_well(machine):
    clock = machine.clock()
    machine.passing(clock, 60)
    assert clock.now_ns() == machine.wall_ns
    assert (clock.n_jumps, clock.off_s) == (0, 0.0)


def test_a_small_step_ahead_is_followed_slowly(machine):
    clock = machine.clock()
    machine.wall_ns += SECOND // 10
    before = machine.wall_ns - clock.now_ns()
    machine.passing(clock, 20)
    after = machine.wall_ns - clock.now_ns()
    assert before - after == pytest.approx(20 * SECOND * SLEW_PPM / 1e6, rel=0.02)
    machine.passing(clock, 1000)
    assert abs(machine.wall_ns - clock.now_ns()) < SECOND // 1000
    assert clock.n_jumps == 0


def test_a_jump_ahead_is_followed_at_once_and_told(machine):
    clock = machine.clock()
    machine.wall_ns += 3600 * SECOND
    machine.passing(clock, 0.1)
    assert clock.now_ns() == machine.wall_ns
    assert clock.n_jumps == 1


def test_a_step_back_is_waited_for_and_told(machine):
    clock = machine.clock()
    machine.wall_ns -= 2 * SECOND
    stamps = machine.passing(clock, 10)
    assert stamps == sorted(set(stamps))
    assert clock.off_s == pytest.approx(10 * BACK_PPM / 1e6 - 2.0, abs=0.005)
    machine.passing(clock, 1.0 / BACK_PPM * 1e6 + 1.0 / SLEW_PPM * 1e6 + 100, step_s=0.5)
    assert clock.off_s > -0.001
    assert clock.n_jumps == 0


@pytest.mark.parametrize("set_s", [-40.0, -1.5, 1.5, 40.0])
def test_a_clock_that_was_set_is_not_followed_until_it_is_believed(machine, set_s):
    clock = machine.clock(believes=False)
    machine.wall_ns += round(set_s * SECOND)
    before, passed_ns = clock.now_ns(), machine.passed_ns
    machine.passing(clock, 60)
    assert clock.now_ns() - before == machine.passed_ns - passed_ns
    assert clock.off_s == pytest.approx(set_s, abs=1e-6)
    clock.believes = True
    machine.passing(clock, 60)
    assert clock.off_s == pytest.approx(min(0.0, set_s + 3.0), abs=1.0)


def test_a_wall_clock_that_runs_wrong_is_followed(machine):
    clock = machine.clock()
    for _ in range(6000):
        machine.wall_ns += 2_000  # 40 ppm fast
        machine.passing(clock, 0.05)
    assert abs(machine.wall_ns - clock.now_ns()) < SECOND // 1000


@given(
    st.lists(
        st.tuples(st.integers(0, 3 * SECOND), st.integers(-5 * SECOND, 5 * SECOND)), max_size=60
    ),
    st.booleans(),
)
def test_stamps_never_fall_whatever_the_wall_clock_does(steps, believes):
    machine = Machine()
    clock, last = machine.clock(believes=believes), 0
    for passed_ns, moved_ns in steps:
        machine.passed_ns += passed_ns
        machine.wall_ns += passed_ns + moved_ns
        now = clock.now_ns()
        assert now >= last
        last = now


def test_sleeping_and_stamps_are_of_one_time():
    passed = [0]

    def sleep(seconds):
        passed[0] += round(seconds * SECOND)

    clock = StampClock(lambda: passed[0], lambda: 1000 * SECOND + passed[0], sleep)
    clock.sleep_until(1000.75)
    assert clock.now_s() == pytest.approx(1000.75)
    clock.sleep_until(900.0)
    assert clock.now_s() == pytest.approx(1000.75)


def test_stamps_never_fall_within_any_of_several_threads():
    clock, wrong = StampClock(), []

    def look():
        stamps = [clock.now_ns() for _ in range(20_000)]
        if stamps != sorted(stamps):
            wrong.append(stamps)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
