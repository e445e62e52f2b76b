"""``skypact run`` on loopback: its recording replayed bit for bit, its return from a crash."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

N_TRACKS = 100
START_S = 240.0
"""Compilation included."""


def free_port(kind: int) -> int:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Running:
    """A unit that runs as a process of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.url = ""
        self.log = folder / f"log{len(list(folder.glob('log*')))}"
        command = [sys.executable, "-m", "skypact", "run", str(folder / "union.toml")]
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

    def tracks(self) -> set[int]:
        found = self.ask("/api/v1/tracks?confirmed=true")
        return {feature["properties"]["track"] for feature in found["features"]}

    def end(self) -> dict[str, object]:
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, self.log.read_text()
        return json.loads(out)


@pytest.fixture
def sky(tmp_path: Path) -> Iterator[Path]:
    """Folder with the union file of a unit to which simulated sensors send."""
    url = f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    command = [sys.executable, "-m", "skypact", "simulate", "border", "--seed", "4"]
    with (tmp_path / "sky").open("w") as log:
        sender = subprocess.Popen(
            [*command, "--out", str(tmp_path), "--send", url], stdout=log, stderr=log
        )
    union = tmp_path / "union.toml"
    deadline_s = time.monotonic() + START_S
    while not union.exists() or "[[unit]]" not in union.read_text():
        assert sender.poll() is None, (tmp_path / "sky").read_text()
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    more = '[[unit]]\ncheckpoint_s = 2.0\nserver.listen = "127.0.0.1:0"'
    union.write_text(union.read_text().replace("[[unit]]", more))
    yield tmp_path
    sender.terminate()
    assert sender.wait(30) == 0, (tmp_path / "sky").read_text()


def replayed(folder: Path) -> dict[str, object]:
    """Summary of the same run, made again from its recording."""
    command = [sys.executable, "-m", "skypact", "replay", "all", "--union", "union.toml"]
    done = subprocess.run(
        [*command, "--unit", "all"], capture_output=True, cwd=folder, check=False, timeout=280
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
    """See that the recording makes the picture again, bit for bit."""
    again = replayed(folder)
    for figure in ("picture_hash", "reports", "tracks", "taken_until_s"):
        assert again[figure] == summary[figure], figure


def test_the_recording_of_a_live_unit_makes_its_picture_again_bit_for_bit(sky: Path) -> None:
    unit = Running(sky).await_map()
    until(lambda: len(unit.tracks()) > N_TRACKS, "tracks")
    assert unit.ask("/health/ready")["status"] in ("ok", "degraded")
    summary = unit.end()
    assert summary["confirmed"] > N_TRACKS
    assert summary["recording"]["unrecorded"] == 0
    assert summary["store"]["n_waiting"] == 0
    assert_made_again(sky, summary)


def test_a_killed_unit_comes_back_with_the_same_tracks_and_its_recording_tells_all(
    sky: Path,
) -> None:
    unit = Running(sky).await_map()
    until(lambda: len(unit.tracks()) > N_TRACKS, "tracks")
    until((sky / "all" / "state.skypact").exists, "checkpoint")
    before = unit.tracks()
    unit.process.kill()
    unit.process.communicate()
    again = Running(sky).await_map()
    assert "picture taken up again" in again.log.read_text()
    after = again.tracks()
    assert len(before & after) > 0.95 * len(before)
    assert_made_again(sky, again.end())


def test_a_standby_takes_over_with_the_same_tracks(sky: Path) -> None:
    unit = Running(sky).await_map()
    standby = Running(sky, "--standby")
    standby.await_word("standing by")
    until(lambda: len(unit.tracks()) > N_TRACKS, "tracks")
    until((sky / "all" / "state.skypact").exists, "checkpoint")
    before = unit.tracks()
    unit.process.kill()
    unit.process.communicate()
    after = standby.await_map().tracks()
    standby.end()
    assert len(before & after) > 0.95 * len(before)


def test_a_second_process_of_a_unit_is_told_of_the_first(sky: Path) -> None:
    unit = Running(sky).await_map()
    second = Running(sky)
    second.process.communicate(timeout=START_S)
    assert second.process.returncode == 1
    assert "--standby" in second.log.read_text()
    unit.end()


def test_a_state_that_does_not_fit_is_put_aside_and_told(sky: Path) -> None:
    unit = Running(sky).await_map()
    until((sky / "all" / "state.skypact").exists, "checkpoint")
    unit.end()
    text = (sky / "union.toml").read_text()
    (sky / "union.toml").write_text(text.replace("[[unit]]", "[[unit]]\nstep_s = 0.2"))
    again = Running(sky).await_map()
    assert "step_s" in again.log.read_text()
    assert (sky / "all" / "state.unfit").exists()
    until(lambda: len(again.tracks()) > 0, "tracks")
    assert_made_again(sky, again.end())
