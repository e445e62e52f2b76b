"""Every clock keeps the Protocol's promises."""

import pytest

from skypact.record.clock import WallClock
from skypact.testing.memory import FakeClock

CLOCKS = {
    "wall": lambda: WallClock(1000.0),
    "fast": lambda: WallClock(1000.0, speed=200.0),
    "max": lambda: WallClock(1000.0, speed=float("inf")),
    "fake": lambda: FakeClock(1000.0),
}


@pytest.fixture(params=CLOCKS)
def clock(request):
    return CLOCKS[request.param]()


def test_it_starts_where_it_was_told(clock):
    assert clock.now_s() == pytest.approx(1000.0, abs=0.5)


def test_after_sleeping_until_a_time_it_is_that_time(clock):
    clock.sleep_until(1000.05)
    assert clock.now_s() >= 1000.05


def test_it_never_goes_back(clock):
    clock.sleep_until(1000.05)
    before = clock.now_s()
    clock.sleep_until(900.0)
    assert clock.now_s() >= before


def test_the_machine_clock_shows_the_time_of_day():
    import time

    assert WallClock().now_s() == pytest.approx(time.time(), abs=0.5)
