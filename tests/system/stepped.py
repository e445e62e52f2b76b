"""Skypact with a wall clock that a file sets wrong: ``stepped.py FILE ARGUMENT…``.

The file holds by how many seconds; it is read at every look at the clock, so a test that writes it
steps the clock of a running process. The monotonic clock goes on as it does on a real machine.
"""

import sys
import time
from pathlib import Path

OFF = Path(sys.argv[1])
true_ns = time.time_ns


def stepped_ns() -> int:
    """Time of the day as this machine would have it."""
    return true_ns() + round(float(OFF.read_text("ascii") or "0") * 1e9)


time.time_ns = stepped_ns
time.time = lambda: stepped_ns() / 1e9

if __name__ == "__main__":
    from skypact.cli import main

    sys.exit(main(sys.argv[2:]))
