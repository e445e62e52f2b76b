"""``skypact run`` on loopback: its recording replayed bit for bit, its return from a crash."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.system.running import N_TRACKS, START_S, Running, Sky, assert_made_again, until

pytestmark = pytest.mark.live


@pytest.fixture
def sky(tmp_path: Path) -> Iterator[Path]:
    """Folder with the union file of a unit to which simulated sensors send."""
    made = Sky(tmp_path)
    yield tmp_path
    made.end()


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
    until(lambda: len(unit.tracks()) > 0, "tracks")
    until((sky / "all" / "state.skypact").exists, "checkpoint")
    unit.end()
    text = (sky / "union.toml").read_text()
    (sky / "union.toml").write_text(text.replace("[[unit]]", "[[unit]]\nstep_s = 0.2"))
    again = Running(sky).await_map()
    assert "step_s" in again.log.read_text()
    assert (sky / "all" / "state.unfit").exists()
    until(lambda: len(again.tracks()) > 0, "tracks")
    assert_made_again(sky, again.end())
