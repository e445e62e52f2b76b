"""Datagrams from loopback to batches: ``python -m benchmarks.sources``.

Another process sends datagrams of 200 bytes (three reports) at a steady rate; this one takes them
every 0.1 s as a unit does. Bar: 10,000 a second without a loss; the processor time is of the whole
process (reading, queues, batches), once beside a thread that keeps the interpreter busy.
"""

import argparse
import json
import socket
import subprocess
import sys
import threading
import time

import numpy as np

from skypact.sources.inlet import LiveInlet
from skypact.sources.url import parse_source

PAYLOAD_BYTES = 200
STEP_S = 0.1
SECONDS = 5.0
TICK_S = 0.002


def send(ports: list[int], rate: float, seconds: float) -> None:
    """Send at a steady rate, to each port in turn; print how many."""
    socks = []
    for port in ports:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.connect(("127.0.0.1", port))
        socks.append(sock)
    payload, n, begin = bytes(PAYLOAD_BYTES), 0, time.perf_counter()
    while (passed := time.perf_counter() - begin) < seconds:
        while n < passed * rate:
            socks[n % len(socks)].send(payload)
            n += 1
        time.sleep(TICK_S)
    print(n)


def measure(rate: float, n_sources: int, *, is_busy: bool = False) -> dict[str, float]:
    """Packets a second, share lost, processor time, and how late a packet is stamped."""
    urls = ["udp://127.0.0.1:0"] * n_sources
    stop = threading.Event()
    with LiveInlet([parse_source(url) for url in urls]) as inlet:
        words = [sys.executable, "-m", "benchmarks.sources", "--send", str(rate), "--ports"]
        words += [",".join(map(str, inlet.ports()))]
        spinner = threading.Thread(target=spin, args=(stop,))
        if is_busy:
            spinner.start()
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as sender:
            cpu_s, n, bursts = time.process_time(), 0, []
            while sender.poll() is None:
                until_s = inlet.clock.now_s() + STEP_S
                inlet.clock.sleep_until(until_s)
                batch = inlet.take(round(until_s * 1e9))
                n += batch.start.size
                if batch.start.size > 1:
                    bursts.append(float(np.diff(batch.received_ns).max()) / 1e6)
            cpu_s = time.process_time() - cpu_s
            n_sent = int(sender.stdout.read()) if sender.stdout else 0
        stop.set()
        if is_busy:
            spinner.join()
    n += inlet.take(1 << 62).start.size
    return {
        "rate": n / SECONDS,
        "lost": n_sent - n,
        "cpu_s": cpu_s / n * 10_000,
        "gap_ms": float(np.median(bursts)),
    }


def spin(stop: threading.Event) -> None:
    """Keep the interpreter busy."""
    while not stop.is_set():
        sum(range(1000))


def main() -> None:
    """Measure each rate."""
    for rate, n_sources, is_busy in (
        (10_000, 1, False), (10_000, 20, False), (60_000, 1, False), (60_000, 20, False),
        (10_000, 20, True), (60_000, 20, True),
    ):  # fmt: skip
        found = measure(rate, n_sources, is_busy=is_busy)
        name = f"datagrams, {rate:,}/s over {n_sources} sources"
        name += ", interpreter busy" if is_busy else ""
        rows = [("received", round(found["rate"]), "packets/s"), ("lost", found["lost"], "packets")]
        rows += [("longest gap in 0.1 s, median", round(found["gap_ms"], 2), "ms")]
        if not is_busy:
            rows += [("processor", round(found["cpu_s"], 4), "s / 10,000 packets")]
        for what, value, unit in rows:
            row = {"name": f"{name}: {what}", "value": value, "unit": unit}
            print(json.dumps(row | {"peer": None, "ratio": None}), flush=True)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--send", type=float, default=0.0)
    arguments.add_argument("--ports", default="")
    given = arguments.parse_args()
    if given.send:
        send([int(port) for port in given.ports.split(",")], given.send, SECONDS)
    else:
        main()
