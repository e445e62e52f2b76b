"""A hundred viewers of 10,000 tracks: ``python -m benchmarks.web [SECONDS [CLIENTS [TRACKS]]]``.

No tracker: a thread appends 10,000 updates a second in steps of 0.1 s, as a pipeline would. The
clients are another process; they acknowledge each frame as the page does. The latency of an update
is the time from the step that made it until the frame with it has arrived. Bars: DESIGN 11.
"""

import asyncio
import json
import subprocess
import sys
import threading
import time
import urllib.request

import numpy as np
from tests.browser.synthetic_sky import START_S, SyntheticSky, baltic_scene
from websockets.asyncio.client import connect

from skypact.model.tracks import take_rows
from skypact.serve import wire
from skypact.serve.app import create_app
from skypact.serve.history import TrackHistory
from skypact.serve.server import Server

STEP_S = 0.1
STEPS_PER_TURN = 10
"""Each track is updated once a second."""
WARM_S = 3.0
REST_ASKED = 20
NONE = np.empty(0, np.int64)
P95_BAR_S, P99_BAR_S, RATE_BAR_HZ = 0.5, 1.0, 5.0


class Feed(threading.Thread):
    """Appends a step each tenth of a second and counts its own processing time."""

    def __init__(self, history: TrackHistory, n_tracks: int, begin_s: float) -> None:
        super().__init__(daemon=True)
        sky = SyntheticSky(n_tracks)
        rows = sky.rows_at(START_S)
        self._turns = [take_rows(rows, sky.number % STEPS_PER_TURN == k) for k in range(10)]
        self._history, self._begin_s = history, begin_s
        self.stopped = threading.Event()
        self.process_s = 0.0

    def run(self) -> None:
        tick = 0
        while not self.stopped.is_set():
            time.sleep(max(0.0, self._begin_s + tick * STEP_S - time.monotonic()))
            rows = self._turns[tick % STEPS_PER_TURN]
            now_s = START_S + tick * STEP_S
            n = rows.time_s.size
            self._history.append(rows._replace(time_s=np.full(n, now_s)), NONE, now_s)
            self.process_s = time.thread_time()
            tick += 1


async def watch(url: str, begin_s: float, until_s: float) -> tuple[list[float], int, int]:
    """One viewer: latencies of the updates it got, how many frames, how many octets."""
    latencies: list[float] = []
    n_frames = n_octets = 0
    async with connect(url, max_size=None, compression=None) as stream:
        async for data in stream:
            now_s = time.monotonic()
            if now_s > until_s:
                break
            if isinstance(data, str):
                continue
            head = np.frombuffer(data, wire.HEADER, 1)[0]
            await stream.send(json.dumps({"cmd": "ack", "sequence": int(head["sequence"])}))
            if now_s < begin_s + WARM_S or head["kind"] != wire.UPDATE:
                continue
            n = int(head["n_kinematics"])
            age_s = np.frombuffer(data, "<f4", n, wire.HEADER.itemsize + 8 * n)
            made_s = begin_s + float(head["clock_s"]) - age_s.astype(np.float64) - START_S
            latencies += (now_s - made_s[:: max(1, n // 20)]).tolist()
            n_frames, n_octets = n_frames + 1, n_octets + len(data)
    return latencies, n_frames, n_octets


async def viewers(url: str, n: int, begin_s: float, until_s: float) -> None:
    """All viewers; what they saw goes to stdout."""
    begun_s = time.process_time()
    seen = await asyncio.gather(*(watch(url, begin_s, until_s) for _ in range(n)))
    span_s = until_s - begin_s - WARM_S
    all_s = np.concatenate([np.array(latencies) for latencies, _, _ in seen])
    told = {
        "p50": float(np.quantile(all_s, 0.5)),
        "p95": float(np.quantile(all_s, 0.95)),
        "p99": float(np.quantile(all_s, 0.99)),
        "worst_p95": max(float(np.quantile(latencies, 0.95)) for latencies, _, _ in seen),
        "least_hz": min(frames for _, frames, _ in seen) / span_s,
        "mib_per_s": sum(octets for _, _, octets in seen) / span_s / 2**20,
        "process_s": time.process_time() - begun_s,
    }
    print(json.dumps(told))


def rest_times(url: str) -> list[float]:
    """Wall times of answers with all tracks, one after the other."""
    times = []
    for _ in range(REST_ASKED):
        begin_s = time.perf_counter()
        with urllib.request.urlopen(f"{url}/api/v1/tracks") as answer:
            assert len(answer.read()) > 1000
        times.append(time.perf_counter() - begin_s)
        time.sleep(STEP_S)
    return times


def row(name: str, value: float, unit: str, bar: float | None = None) -> None:
    peer = None if bar is None else f"bar, {bar:g} {unit}"
    ratio = None if bar is None else round(value / bar, 3)
    print(json.dumps({"name": name, "value": round(value, 4), "unit": unit, "peer": peer,
                      "ratio": ratio}), flush=True)  # fmt: skip


def main(seconds: float = 30.0, n_clients: int = 100, n_tracks: int = 10_000) -> None:
    """Serve, watch, ask, and tell."""
    history = TrackHistory()
    begin_s = time.monotonic() + 0.5
    feed = Feed(history, n_tracks, begin_s)
    with Server(create_app(history, baltic_scene("live"), dict), port=0) as server:
        feed.start()
        until_s = begin_s + WARM_S + seconds
        stream = server.url.replace("http", "ws") + "/ws"
        command = [sys.executable, "-m", "benchmarks.web", "--viewers", stream]
        words = [str(word) for word in (n_clients, begin_s, until_s)]
        process_s = time.process_time()
        with subprocess.Popen([*command, *words], stdout=subprocess.PIPE, text=True) as watching:
            out, _ = watching.communicate()
        process_s = time.process_time() - process_s
        rest_s = rest_times(server.url)
        feed.stopped.set()
    seen = json.loads(out)
    crowd = f"{n_clients} viewers of {n_tracks:,} tracks"
    row(f"{crowd}: update to viewer, p50", seen["p50"], "s")
    row(f"{crowd}: update to viewer, p95", seen["p95"], "s", P95_BAR_S)
    row(f"{crowd}: update to viewer, p99", seen["p99"], "s", P99_BAR_S)
    row(f"{crowd}: p95 of the worst viewer", seen["worst_p95"], "s", P95_BAR_S)
    row(f"{crowd}: frames of the slowest viewer", seen["least_hz"], "Hz", RATE_BAR_HZ)
    row(f"{crowd}: sent", seen["mib_per_s"], "MiB/s")
    row(f"{crowd}: server's process time", process_s / seconds, "s/s")
    row("of which the feed", feed.process_s / seconds, "s/s")
    row("viewers' process time", seen["process_s"] / seconds, "s/s")
    row(f"GET tracks, {n_tracks:,} of them, median", float(np.median(rest_s)), "s")
    row(f"GET tracks, {n_tracks:,} of them, worst of {REST_ASKED}", max(rest_s), "s")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--viewers"]:
        url, n, begin, until = sys.argv[2:6]
        asyncio.run(viewers(url, int(n), float(begin), float(until)))
    else:
        main(*(kind(word) for kind, word in zip((float, int, int), sys.argv[1:], strict=False)))
