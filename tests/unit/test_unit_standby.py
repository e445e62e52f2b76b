"""Who runs a unit: the lock goes with its process, and a process that hangs is ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from skypact.deploy import Standby
from skypact.errors import RecordingError
from skypact.runtime.standby import BEAT, UnitLock

ACTIVE = """
import sys, time
from pathlib import Path
from skypact.deploy import Standby
from skypact.runtime.standby import BEAT, UnitLock
lock = UnitLock(Path(sys.argv[1]), Standby(beat_s=0.02))
lock.take()
lock.beat()
beat = Path(sys.argv[1]) / BEAT
while not (beat.exists() and beat.stat().st_size):
    time.sleep(0.01)
print("there", flush=True)
while True:
    time.sleep(0.01)
    if sys.argv[2] == "beats":
        lock.beat()
"""
QUICK = Standby(beat_s=0.02, dead_s=4.0)


@contextmanager
def active(folder: Path, how: str) -> Iterator[subprocess.Popen[str]]:
    """Start another process that runs the unit, and beats or hangs; it is ended in any case."""
    command = [sys.executable, "-c", ACTIVE, str(folder), how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "there\n"
            yield process
        finally:
            process.kill()


def never() -> bool:
    return False


def test_a_unit_is_run_by_one_process(tmp_path: Path) -> None:
    first, second = UnitLock(tmp_path, QUICK), UnitLock(tmp_path, QUICK)
    first.take()
    with pytest.raises(RecordingError, match="--standby"):
        second.take()
    first.release()
    second.take()
    second.release()


def test_a_process_that_dies_is_replaced(tmp_path: Path) -> None:
    with active(tmp_path, "beats") as process:
        process.kill()
        process.wait()
        said: list[str] = []
        assert UnitLock(tmp_path, QUICK).stand_by(never, said.append)
        assert said == []


def test_a_process_that_hangs_is_ended_and_replaced(tmp_path: Path) -> None:
    with active(tmp_path, "hangs") as process:
        said: list[str] = []
        assert UnitLock(tmp_path, QUICK).stand_by(never, said.append)
        assert process.wait() == -signal.SIGKILL
        assert said == [f"process {process.pid} has not moved for 4 s: ended"]


def test_a_process_that_works_or_ends_in_order_is_waited_for(tmp_path: Path) -> None:
    with active(tmp_path, "beats") as process:
        until_s = time.monotonic() + 6.0
        said: list[str] = []
        standby = UnitLock(tmp_path, QUICK)
        assert not standby.stand_by(lambda: time.monotonic() > until_s, said.append)
        assert process.poll() is None
        os.kill(process.pid, signal.SIGSTOP)  # as one that writes for long
        (tmp_path / BEAT).unlink()
        until_s = time.monotonic() + 5.0
        assert not standby.stand_by(lambda: time.monotonic() > until_s, said.append)
        assert said == []
        process.kill()


def test_a_process_elsewhere_is_told_of_and_left(tmp_path: Path) -> None:
    with active(tmp_path, "hangs") as process:
        (tmp_path / BEAT).write_text('{"pid": 1, "host": "elsewhere"}')
        until_s = time.monotonic() + 5.0
        said: list[str] = []
        lock = UnitLock(tmp_path, QUICK)
        assert not lock.stand_by(lambda: time.monotonic() > until_s, said.append)
        assert process.poll() is None
        assert set(said) == {"process 1 on elsewhere hangs; end it there"}
        process.kill()


def test_a_process_whose_disk_takes_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with active(tmp_path, "hangs") as process:
        lock = UnitLock(tmp_path, QUICK)
        monkeypatch.setattr(lock, "_is_writable", lambda: False)
        until_s = time.monotonic() + 5.0
        said: list[str] = []
        assert not lock.stand_by(lambda: time.monotonic() > until_s, said.append)
        assert process.poll() is None
        assert len(said) == 1
        assert "cannot be written" in said[0]
        process.kill()


def test_figures_that_end_a_process_that_works_are_refused() -> None:
    with pytest.raises(ValueError, match="three times"):
        Standby(beat_s=2.0, dead_s=5.0)
