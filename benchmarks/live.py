"""A unit under load: ``python -m benchmarks.live [--seconds 600] [--rate 10000] [--aircraft N]``.

Four radars see N aircraft without identity and turn as fast as the rate asks for, 20 false plots a
turn: the scenario ``scale``. Their ASTERIX is made before, with the times at which it will be sent,
and sent by UDP on loopback to a unit that runs as a user would run it, in a process of its own:
recording, store, tracker, page, one viewer. Sender and viewer are this process, on the same cores.

The latency of an update is the time from when its report was sent until the viewer has it,
the stream's frames (five a second or more) included; nothing else is left out. Reports are told
apart by their time, 1/128 s. Memory is what the unit's process holds. The page's history grows to
its bound first (4 million updates, 340 MB: 400 s at 10,000 a second); flat means that the last
eighth's mean is not above that of the eighth before by more than a twentieth. Bars: DESIGN 11.
"""

import argparse
import json
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from websockets.sync.client import connect

from skypact.config import Union
from skypact.decode.asterix.reports import Decoder
from skypact.deploy import Server, Unit
from skypact.model.packets import PacketBatch
from skypact.record.simulated import without_biases
from skypact.record.union_file import union_to_toml
from skypact.serve import wire
from skypact.simulate import Scenario, Scene, load_sky_scenario

SEEN = 0.8
"""Plots of an aircraft for each turn of a radar: detection, and reach."""
SETTLE_S = 30.0
"""Before the first figure is taken: tracks begin."""
SLICE_S = 2.0
SPARE_S = 90.0
P95_BAR_S, P99_BAR_S = 0.5, 1.0
MIB = 1 << 20
TICK_HZ = 128.0


class Prepared(NamedTuple):
    """What is sent."""

    union: Union
    stamps: list[tuple[float, bytes]]
    time_s: np.ndarray
    """Times of all reports, in multiples of 1/128 s, sorted."""
    sent_s: np.ndarray
    """When each is sent."""


def scenario_of(n: int, rate: float) -> Scenario:
    """Return ``scale-n`` with radars that turn as fast as the rate asks for."""
    scenario = load_sky_scenario(f"scale-{n}")
    period_s = len(scenario.sensor) * n * SEEN / rate
    sensors = tuple(msgspec.structs.replace(s, period_s=period_s) for s in scenario.sensor)
    return msgspec.structs.replace(scenario, sensor=sensors)


def prepared(n: int, rate: float, seconds: float) -> Prepared:
    """Simulate everything that will be sent, from a time on when that will be done."""
    scenario = scenario_of(n, rate)
    begun_s, scene = time.time(), Scene(scenario, 1)
    scene.advance(scene.time_s + 5.0)
    cost = (time.time() - begun_s) / 5.0
    start_s = float(int(time.time() + 1.25 * cost * seconds + SPARE_S))
    scene = Scene(scenario, 1, start_s=start_s)
    decoder, stamps, times, sent = Decoder(scene.sensors), [], [], []
    while scene.time_s < start_s + seconds:
        packets = scene.advance(scene.time_s + SLICE_S).packets
        stamps += [(ns / 1e9, octets) for ns, octets in cut(packets)]
        reports = decoder.decode(packets).reports
        times.append(reports.time_s)
        sent.append(reports.received_ns / 1e9)
    time_s, sent_s = np.rint(np.concatenate(times) * TICK_HZ), np.concatenate(sent)
    order = np.argsort(time_s, kind="stable")
    if time.time() > start_s - 15.0:
        raise SystemExit("preparing took longer than was reckoned; run it on a quieter machine")
    return Prepared(without_biases(scene.union), sorted(stamps), time_s[order], sent_s[order])


def cut(packets: PacketBatch) -> list[tuple[int, bytes]]:
    """Packets with their stamps."""
    spans = zip(packets.received_ns, packets.start, packets.end, strict=True)
    return [(int(ns), packets.data[a:b].tobytes()) for ns, a, b in spans]


class Sender(threading.Thread):
    """Sends each packet when it is due."""

    def __init__(self, stamps: list[tuple[float, bytes]], port: int) -> None:
        super().__init__(daemon=True)
        self._stamps, self._port = stamps, port
        self.n_sent, self.worst_s = 0, 0.0

    def run(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for due_s, octets in self._stamps:
                time.sleep(max(0.0, due_s - time.time()))
                self.worst_s = max(self.worst_s, time.time() - due_s)
                sock.sendto(octets, ("127.0.0.1", self._port))
                self.n_sent += 1


class Viewer(threading.Thread):
    """One page: acknowledges every frame, and notes when each update has come."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url = url
        self.seen: list[tuple[float, np.ndarray]] = []
        self.frames, self.octets = 0, 0
        self.is_over = False

    def run(self) -> None:
        with connect(self._url, max_size=None) as stream:
            while not self.is_over:
                try:
                    data = stream.recv(timeout=1.0)
                except TimeoutError:
                    continue
                if isinstance(data, str):
                    continue
                now_s, message = time.time(), wire.decode(data)
                stream.send(json.dumps({"cmd": "ack", "sequence": message.sequence}))
                self.frames, self.octets = self.frames + 1, self.octets + len(data)
                if message.kind == wire.UPDATE:
                    age_s = message.sections.kinematics["age_s"].astype(np.float64)
                    self.note(now_s, message.clock_s - age_s)

    def note(self, now_s: float, times: np.ndarray) -> None:
        """Note the times of updates that have come."""
        self.seen.append((now_s, times))


def latencies(viewer: Viewer, made: Prepared, from_s: float) -> np.ndarray:
    """Seconds from sending to seeing of every update after `from_s`."""
    out = []
    for now_s, times in viewer.seen:
        if now_s < from_s:
            continue
        key = np.rint(times * TICK_HZ)
        place = np.clip(np.searchsorted(made.time_s, key), 0, made.time_s.size - 1)
        known = made.time_s[place] == key
        out.append(now_s - made.sent_s[place[known]])
    return np.concatenate(out) if out else np.zeros(0)


def resident_mib(pid: int) -> float:
    """Memory of a process."""
    words = Path(f"/proc/{pid}/statm").read_text("ascii").split()
    return int(words[1]) * 4096 / MIB


def busy_s(pid: int) -> float:
    """Processor time of a process."""
    words = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / 100.0


def started(folder: Path, union: Union, port: int, capacity: int) -> tuple[Any, str]:
    """Start the unit; its process and the address of its page."""
    unit = Unit(
        name="load", source=(f"udp://127.0.0.1:{port}",), server=Server(listen="127.0.0.1:0"),
        parameters={"capacity": capacity},
    )  # fmt: skip
    union = msgspec.structs.replace(union, unit=(unit,))
    (folder / "union.toml").write_text(union_to_toml(union))
    log = folder / "log"
    with log.open("w") as file:
        command = [sys.executable, "-m", "skypact", "run", str(folder / "union.toml")]
        process = subprocess.Popen(
            [*command, "--unit", "load"], stdout=subprocess.PIPE, stderr=file, text=True
        )
    while "map at" not in log.read_text():
        if process.poll() is not None:
            raise SystemExit(log.read_text())
        time.sleep(0.1)
    words = log.read_text().split()
    return process, words[words.index("at") + 1]


def free_port() -> int:
    """Find a free UDP port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def line(name: str, value: float, unit: str, peer: str | None = None) -> None:
    """Print one figure."""
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, "peer": peer,
                      "ratio": None}), flush=True)  # fmt: skip


def told(
    n: int, summary: dict[str, Any], n_packets: int, n_reports: int | None, seconds: float
) -> None:
    """Print what the unit says of itself, and whether anything is missing of what was sent."""
    source = next(iter(summary["sources"].values()))
    peer = None if n_reports is None else f"{n_reports / seconds:,.0f} sent"
    line("reports taken in", summary["reports"] / seconds, "reports/s", peer)
    line("packets sent and not taken in", n_packets - source["n_packets"], "packets", "0")
    line(
        "packets dropped, shed or not recorded",
        source["n_dropped"] + summary["shed"] + summary["recording"]["unrecorded"],
        "packets",
        "0",
    )
    line(
        "reports that were too late, or had no room",
        sum(summary["errors"].get(k, 0) for k in ("late", "refused", "crowded")),
        "reports",
        "0",
    )
    line("confirmed tracks in the end", summary["confirmed"], "tracks", f"{n:,} aircraft")
    for share in ("p95", "p99"):
        line(f"the unit's own latency, {share}", summary["latency_s"][share], "s")


def main() -> None:
    """Run the unit under load and print what became of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--rate", type=float, default=10_000.0)
    parser.add_argument("--aircraft", type=int, default=10_000)
    args = parser.parse_args()
    made = prepared(args.aircraft, args.rate, args.seconds)
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        process, url = started(Path(name), made.union, port, 2 * args.aircraft)
        sender, viewer = Sender(made.stamps, port), Viewer(url.replace("http", "ws") + "/ws")
        viewer.start()
        sender.start()
        memory, begin_s = [], made.stamps[0][0]
        while sender.is_alive():
            sender.join(5.0)
            held_mib = resident_mib(process.pid)
            print(f"{time.time() - begin_s:.0f} s, {held_mib:.0f} MiB", file=sys.stderr)
            if time.time() > begin_s:
                memory.append(held_mib)
        time.sleep(2.0)
        busy = busy_s(process.pid)
        viewer.is_over = True
        viewer.join()
        process.send_signal(signal.SIGTERM)
        summary = json.loads(process.communicate()[0])
    told(args.aircraft, summary, sender.n_sent, made.time_s.size, args.seconds)
    late_s = latencies(viewer, made, begin_s + SETTLE_S)
    for share, bar in ((50, None), (95, P95_BAR_S), (99, P99_BAR_S)):
        peer = None if bar is None else f"bar {bar:g}"
        line(f"sent to seen by a viewer, {share} %", float(np.percentile(late_s, share)), "s", peer)
    line("frames to the viewer", viewer.frames / args.seconds, "frames/s", "bar 5")
    line("data to the viewer", viewer.octets / args.seconds / 1e3, "kB/s")
    line("cores that the unit kept busy", busy / args.seconds, "cores")
    line("packets sent late by at most", sender.worst_s, "s")
    eighth = max(1, len(memory) // 8)
    before, last = np.mean(memory[-2 * eighth : -eighth]), np.mean(memory[-eighth:])
    line("the unit's memory, most", max(memory), "MiB")
    line("the same, last eighth over the one before", float(last / before), "", "bar 1.05")


if __name__ == "__main__":
    main()
