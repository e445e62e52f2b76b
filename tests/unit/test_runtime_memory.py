"""Free memory is given back once a minute."""

import os
import platform
import subprocess
import sys

import pytest

from skypact.runtime.memory import EVERY_S, FreeMemory


def test_it_is_given_back_once_a_minute():
    now = [0.0]
    memory = FreeMemory(lambda: now[0])
    counts = []
    for second in range(181):
        now[0] = float(second)
        memory.look()
        counts.append(memory.n_given)
    assert counts[int(EVERY_S) - 1] == 0
    assert counts[int(EVERY_S)] == 1
    assert counts[-1] == 3


GOES_BACK = """
from pathlib import Path

import numpy as np

from skypact.runtime.memory import EVERY_S, FreeMemory


def resident_mib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


now, kept, dropped = [0.0], [], []
memory = FreeMemory(lambda: now[0])
for _ in range(3_000):  # 300 MB in arrays from the heap, a small one that stays after each
    dropped.append(np.ones(12_500))
    kept.append(np.ones(64))
del dropped
before = resident_mib()
now[0] = EVERY_S
memory.look()
print(before - resident_mib(), len(kept))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="tells what glibc does")
def test_what_lies_free_between_what_is_used_goes_back():
    # A process of its own: what tests before it left free would be filled first, or given back too.
    environment = dict(os.environ, MALLOC_ARENA_MAX="1", MALLOC_MMAP_THRESHOLD_="200000")
    said = subprocess.run(
        [sys.executable, "-c", GOES_BACK],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    given_mib, n_kept = said.stdout.split()
    assert float(given_mib) > 150.0
    assert n_kept == "3000"


OF_A_THREAD = """
import threading
from pathlib import Path

from skypact.cli.allocator import keep_little

assert keep_little()

import numpy as np

from skypact.runtime.memory import EVERY_S, FreeMemory


def resident_mib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


def work():
    np.ones(3_500_000)  # a large array that is freed
    dropped = [np.ones(125_000) for _ in range(100)]  # 100 MB of 1 MB each


before = resident_mib()
for _ in range(6):
    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
now = [0.0]
memory = FreeMemory(lambda: now[0])
now[0] = EVERY_S
memory.look()
print(resident_mib() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="tells what glibc does")
def test_threads_keep_little_of_what_they_freed():
    said = subprocess.run(
        [sys.executable, "-c", OF_A_THREAD], check=True, capture_output=True, text=True, timeout=60
    )
    assert float(said.stdout) < 20.0
