"""A unit that runs as a process of its own, and a simulated sky that sends to it."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

N_TRACKS = 100
START_S = 400.0
"""Compilation included."""
END_S = 120.0
"""For what a busy machine has to finish first."""


def free_port(kind: int) -> int:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Running:
    """A unit that runs as a process of its own."""

    def __init__(
        self, folder: Path, *options: str, program: Sequence[str] = ("-m", "skypact")
    ) -> None:
        self.folder = folder
        self.url = ""
        self.log = folder / f"log{len(list(folder.glob('log*')))}"
        command = [sys.executable, *program, "run", str(folder / "union.toml")]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*command, "--unit", "all", *options],
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder,
            )

    def await_word(self, word: str) -> list[str]:
        """Wait until its log has a word; the words of that line."""
        deadline_s = time.monotonic() + START_S
        while word not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline_s, self.log.read_text()
            time.sleep(0.02)
        return next(x for x in self.log.read_text().split("\n") if word in x).split()

    def await_map(self) -> "Running":
        """Wait until it serves its page."""
        words = self.await_word("map at")
        self.url = words[words.index("at") + 1]
        return self

    def ask(self, path: str) -> dict[str, object]:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def reasons(self) -> str:
        """What is not as it should be, empty where all is well."""
        try:
            found = self.ask("/health/ready")
        except urllib.error.HTTPError as error:
            found = json.load(error)
        return "; ".join(found["reasons"])

    def clock_s(self) -> float:
        """Time of the newest picture."""
        return float(self.ask("/api/v1/status")["picture_s"])

    def tracks(self) -> set[int]:
        found = self.ask("/api/v1/tracks?confirmed=true")
        return {feature["properties"]["track"] for feature in found["features"]}

    def end(self) -> dict[str, object]:
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=END_S)
        assert self.process.returncode == 0, self.log.read_text()
        return json.loads(out)


class Sky:
    """A simulated sky that sends to the unit of the union file that it writes.

    Parameters
    ----------
    folder : Path
        Gets the union file.
    lines : str
        More for the unit in it, TOML.
    """

    def __init__(self, folder: Path, lines: str = "") -> None:
        self.folder = folder
        self.url = f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
        self.start()
        made, union = folder / "made" / "union.toml", folder / "union.toml"
        until(lambda: made.exists() and "[[unit]]" in made.read_text(), "union file")
        more = f'[[unit]]\ncheckpoint_s = 2.0\nserver.listen = "127.0.0.1:0"\n{lines}'
        union.write_text(made.read_text().replace("[[unit]]", more))

    def start(self) -> None:
        """Begin to send, anew after an end."""
        command = [sys.executable, "-m", "skypact", "simulate", "border", "--seed", "4"]
        with (self.folder / "sky").open("w") as log:
            self._sender = subprocess.Popen(
                [*command, "--out", str(self.folder / "made"), "--send", self.url],
                stdout=log,
                stderr=log,
            )

    def pause(self) -> None:
        """Send nothing for a while."""
        self._sender.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on sending."""
        self._sender.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """Stop sending."""
        self._sender.terminate()
        try:
            status = self._sender.wait(END_S)
        finally:
            self._sender.kill()
            self._sender.wait()
        assert status == 0, (self.folder / "sky").read_text()


def replayed(folder: Path) -> dict[str, object]:
    """Summary of the same run, made again from its recording into the folder `again`."""
    command = [sys.executable, "-m", "skypact", "replay", "all", "--union", "union.toml"]
    done = subprocess.run(
        [*command, "--unit", "all", "--out", "again"],
        capture_output=True,
        cwd=folder,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something that takes as long as the machine is busy."""
    deadline_s = time.monotonic() + START_S
    while not condition():
        assert time.monotonic() < deadline_s, f"no {what}"
        time.sleep(0.1)


def assert_made_again(folder: Path, summary: dict[str, object]) -> None:
    """See that the recording makes the picture again, bit for bit, and the same alerts.

    Of a unit that began anew, the picture and the alerts since then.
    """
    again = replayed(folder)
    runs = (folder / "all" / "runs.jsonl").read_text().split()
    anew_s = [run["begun_ns"] for run in map(json.loads, runs) if run["anew"]][-1] / 1e9
    rows = (folder / "all" / "alerts.jsonl").read_bytes().splitlines()
    until_s = float(str(summary["taken_until_s"]))  # a clock may have been ahead before
    live = [row for row in rows if anew_s <= json.loads(row)["time_s"] <= until_s]
    assert (folder / "again" / "alerts.jsonl").read_bytes().splitlines() == live
    for figure in ("picture_hash", "reports", "tracks", "taken_until_s"):
        assert again[figure] == summary[figure], figure
