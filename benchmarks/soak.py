"""A unit for hours: ``python -m benchmarks.soak [--seconds 9000] [--rate 2000] [--aircraft 4000]``.

As ``benchmarks.live``, but the sky is simulated while it is sent, so nothing is held before and the
run may last as long as one likes; sender, viewer and unit share the machine. Every minute one line
goes to standard error: what the unit holds in memory, what it took in, what was lost. The figures
come at the end (or after Ctrl-C): the latency here is from the time of a measurement until the
viewer has it, with the sensors' own delay, and memory is told by quarters of the run: flat means
that the last quarter of the run is not above the second by more than a twentieth.
"""

import argparse
import json
import signal
import socket
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import numpy as np
from benchmarks import live

from skypact.record.simulated import without_biases
from skypact.simulate import Scene

LEAD_S = 30.0
LOOK_S = 0.05
EVERY_S = 60.0
QUARTERS = ("first", "second", "third", "last")
BINS_S = np.linspace(-1.0, 10.0, 1101)
"""Latencies are counted, not kept."""


class Sky(threading.Thread):
    """Simulates and sends what is due."""

    def __init__(self, scene: Scene, port: int) -> None:
        super().__init__(daemon=True)
        self._scene, self._port = scene, port
        self.n_sent, self.is_over = 0, False

    def run(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            self._scene.advance(time.time())
            while not self.is_over:
                for _, octets in sorted(live.cut(self._scene.advance(time.time()).packets)):
                    sock.sendto(octets, ("127.0.0.1", self._port))
                    self.n_sent += 1
                time.sleep(LOOK_S)


class Page(live.Viewer):
    """One viewer: acknowledges every frame and counts how old each update is."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.counts = np.zeros(BINS_S.size + 1, np.int64)

    def note(self, now_s: float, times: np.ndarray) -> None:
        """Count by age."""
        place = np.searchsorted(BINS_S, now_s - times)
        self.counts += np.bincount(place, minlength=self.counts.size)

    def percentile(self, share: float) -> float:
        """Return the latency that so many percent of the updates do not exceed."""
        total = np.cumsum(self.counts)
        place = int(np.searchsorted(total, share / 100.0 * total[-1]))
        return float(BINS_S[min(place, BINS_S.size - 1)])


def watched(pid: int, url: str, sky: Sky, begin_s: float) -> float:
    """Tell how the unit is; its memory in MiB."""
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        text = answer.read().decode()
    told = dict(row.rsplit(" ", 1) for row in text.splitlines() if row and row[0] != "#")
    held_mib = live.resident_mib(pid)
    wanted = ("tracks", "dropped", "lag", "shed")
    brief = {k: v for k, v in told.items() if any(w in k for w in wanted) and float(v) != 0.0}
    print(f"{time.time() - begin_s:.0f} s, {held_mib:.0f} MiB, {sky.n_sent} packets sent, "
          f"{live.busy_s(pid):.0f} s busy, {brief}", file=sys.stderr, flush=True)  # fmt: skip
    return held_mib


def main() -> None:
    """Run the unit and print what became of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=9000.0)
    parser.add_argument("--rate", type=float, default=2000.0)
    parser.add_argument("--aircraft", type=int, default=4000)
    args = parser.parse_args()
    scenario = live.scenario_of(args.aircraft, args.rate)
    scene = Scene(scenario, 1, start_s=float(int(time.time())) - LEAD_S)
    port = live.free_port()
    with tempfile.TemporaryDirectory() as name:
        union = without_biases(scene.union)
        process, url = live.started(Path(name), union, port, 2 * args.aircraft)
        sky, page = Sky(scene, port), Page(url.replace("http", "ws") + "/ws")
        sky.start()
        page.start()
        begin_s, memory = time.time(), []
        try:
            while time.time() - begin_s < args.seconds and process.poll() is None:
                time.sleep(EVERY_S)
                memory.append(watched(process.pid, url, sky, begin_s))
        except KeyboardInterrupt:
            print("stopped early", file=sys.stderr)
        sky.is_over = page.is_over = True
        sky.join()
        time.sleep(2.0)
        seconds, busy = time.time() - begin_s, live.busy_s(process.pid)
        process.send_signal(signal.SIGTERM)
        summary = json.loads(process.communicate()[0])
    live.line("seconds of the run", seconds, "s")
    live.told(args.aircraft, summary, sky.n_sent, None, seconds)
    for share in (50, 95, 99):
        live.line(f"measured to seen by a viewer, {share} %", page.percentile(share), "s")
    live.line("cores that the unit kept busy", busy / seconds, "cores")
    if len(memory) < len(QUARTERS):
        return
    quarters = [float(np.mean(part)) for part in np.array_split(np.array(memory), len(QUARTERS))]
    for name, held in zip(QUARTERS, quarters, strict=True):
        live.line(f"the unit's memory, {name} quarter of the run", held, "MiB")
    live.line("the last quarter over the second", quarters[3] / quarters[1], "", "bar 1.05")


if __name__ == "__main__":
    main()
