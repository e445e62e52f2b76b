"""Asked to stop while kernels compile: the run ends at once, and says so."""

import os
import signal
import subprocess
import sys
import time

import pytest
from tests.system.test_cli_demo import CODE

from skypact.cli import FAILED, console, show

pytestmark = pytest.mark.live

LEAVE_S = 15.0


class Leaving:
    """Stands for `os._exit`."""

    def __init__(self):
        self.code = None

    def __call__(self, code):
        self.code = code


def left(stop, octet, leave):
    """Let the watcher hear one octet."""
    heard, told = os.pipe()
    os.write(told, octet)
    show.leave_while_compiling(stop, heard, leave)
    os.close(heard)
    os.close(told)


def test_a_stop_that_nobody_notices_while_kernels_compile_leaves(monkeypatch, capsys):
    monkeypatch.setattr(show, "is_compiling", lambda: True)
    monkeypatch.setattr(show, "GRACE_S", 0.15)
    left(show.Stop(), bytes([signal.SIGTERM]), leave := Leaving())
    assert leave.code == FAILED
    assert "nothing was finished" in capsys.readouterr().err


def test_a_stop_that_is_noticed_or_has_no_signal_leaves_nothing(monkeypatch):
    monkeypatch.setattr(show, "is_compiling", lambda: True)
    stop, leave = show.Stop(), Leaving()
    left(stop, b"\0", leave)
    stop.set()
    assert bool(stop)
    left(stop, bytes([signal.SIGINT]), leave)
    assert leave.code is None


@pytest.mark.skipif(os.name != "posix", reason="signals as on Unix")
@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT", "0") != "0", reason="nothing compiles")
def test_sigterm_during_the_first_compilation_ends_the_demo(tmp_path):
    """With an empty cache: a line says what is done, a signal ends it within seconds."""
    command = [sys.executable, "-c", CODE, "demo", "--headless", "--seconds", "1"]
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    process = subprocess.Popen(command, stdout=-1, stderr=-1, text=True, env=env)
    line = process.stderr.readline()
    assert line == "preparing the scene (the first run compiles) ...\n"
    process.send_signal(signal.SIGTERM)
    begun_s = time.monotonic()
    _, err = process.communicate(timeout=120)
    assert time.monotonic() - begun_s < LEAVE_S
    assert process.returncode == FAILED
    assert "stopped while kernels were compiled" in err


def test_work_that_is_done_soon_says_nothing(monkeypatch, capsys):
    with console.Progress("decoding") as progress:
        progress.update(0.5)
    monkeypatch.setattr(console, "PLAIN_S", 0.05)
    assert capsys.readouterr().err == ""
    with console.Progress("compiling") as progress:
        time.sleep(0.3)
        progress.update(0.5)
    assert capsys.readouterr().err == "compiling ...\n"
