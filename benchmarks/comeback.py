"""How soon a killed unit is back: ``python -m benchmarks.comeback [--times 5] [--warm 60]``.

The scenario ``border`` is sent to a unit with ten sensors; after `warm` seconds the unit gets
SIGKILL. Once it is started again at once, once a second process stands by. The time is from the
kill until the page's interface answers with the tracks that there were, and until the picture is
newer than the kill. One JSON line each: median and worst of so many times.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from tests.system.running import N_TRACKS, Running, Sky, until


class Times:
    """Times of one way to come back."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.back_s: list[float] = []
        self.new_s: list[float] = []
        self.same: list[float] = []

    def take(self, killed_s: float, before: set[int], unit: Running) -> None:
        """Wait for the page of the unit that comes back, and for a new picture."""
        unit.await_map()
        after = unit.tracks()
        self.back_s.append(time.time() - killed_s)
        while unit.clock_s() < killed_s:
            time.sleep(0.01)
        self.new_s.append(time.time() - killed_s)
        self.same.append(len(before & after) / len(before))

    def tell(self) -> None:
        """Print what was found."""
        for what, times in (("with its tracks", self.back_s), ("newer than the end", self.new_s)):
            row = {
                "name": f"{self.name}: {what}",
                "value": round(sorted(times)[len(times) // 2], 2),
            }
            more = {"unit": "s", "peer": f"worst of {len(times)}: {max(times):.2f} s"}
            print(json.dumps(row | more | {"ratio": None}))
        share = {"name": f"{self.name}: tracks with the same number", "unit": "", "peer": None}
        print(json.dumps(share | {"value": round(min(self.same), 4), "ratio": None}), flush=True)


def killed(unit: Running) -> tuple[float, set[int]]:
    """Kill a unit; when that was, and the tracks it had."""
    before, killed_s = unit.tracks(), time.time()
    unit.process.kill()
    unit.process.communicate()
    return killed_s, before


def main() -> None:
    """Kill, wait, tell."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--warm", type=float, default=60.0)
    args = parser.parse_args()
    restart, standby = Times("started again"), Times("standby")
    with tempfile.TemporaryDirectory() as name:
        sky = Sky(Path(name))
        unit = Running(sky.folder).await_map()
        until(lambda: len(unit.tracks()) > N_TRACKS, "tracks")
        time.sleep(args.warm)
        for _ in range(args.times):
            killed_s, before = killed(unit)
            unit = Running(sky.folder)
            restart.take(killed_s, before, unit)
            other = Running(sky.folder, "--standby")
            other.await_word("standing by")
            time.sleep(5.0)
            killed_s, before = killed(unit)
            unit = other
            standby.take(killed_s, before, unit)
            time.sleep(5.0)
        unit.end()
        sky.end()
    restart.tell()
    standby.tell()


if __name__ == "__main__":
    main()
