"""The same seed gives the same bytes, however a scene is stepped."""

import hashlib

import msgspec
import numpy as np
import pytest
from tests.naive.simulated_scenes import ADSB, MLAT, RADAR, decoded, scene_of

from skypact.simulate import Scene, Slice, load_scenario


def digest(parts: list[Slice]) -> str:
    """Hash of all bytes, stamps, sensors and truth."""
    total = hashlib.sha256()
    for name in ("received_ns", "link", "data"):
        joined = np.concatenate([getattr(part.packets, name) for part in parts])
        total.update(joined.tobytes())
    for column in range(len(parts[0].truth)):
        total.update(np.concatenate([part.truth[column] for part in parts]).tobytes())
    return total.hexdigest()


def run(seed: int, step_s: float, seconds: float = 12.0) -> str:
    """Digest of the border scene played in steps."""
    scene = Scene(load_scenario("border"), seed)
    start = scene.time_s
    count = round(seconds / step_s)
    return digest([scene.advance(start + (k + 1) * step_s) for k in range(count)])


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    assert run(1, 12.0) == run(1, 12.0)
    assert run(1, 12.0) != run(2, 12.0)


@pytest.mark.parametrize("step_s", [0.1, 0.5, 3.0])
def test_the_length_of_the_steps_does_not_matter(step_s: float) -> None:
    assert run(4, step_s) == run(4, 12.0)


def test_nothing_arrives_outside_the_step_in_which_it_is_given() -> None:
    scene = Scene(load_scenario("border"), 5)
    before = scene.time_s
    for _ in range(40):
        now = before + 0.3
        received_s = scene.advance(now).packets.received_ns / 1e9
        assert (received_s > before - 1e-6).all()
        assert (received_s <= now + 1e-6).all()
        before = now


def test_every_sensor_of_the_border_scene_is_heard_with_its_own_address() -> None:
    scene = Scene(load_scenario("border"), 6)
    part = scene.advance(scene.time_s + 15.0)
    records = decoded(part)
    for link, record in zip(records.links.tolist(), records.targets, strict=True):
        sensor = scene.sensors[link]
        assert record["010"] == {"SAC": sensor.sac, "SIC": sensor.sic}
    assert set(records.links.tolist()) == set(range(len(scene.sensors)))


def test_datagrams_fit_an_ethernet_frame() -> None:
    scene = Scene(load_scenario("border"), 7)
    packets = scene.advance(scene.time_s + 15.0).packets
    assert (packets.end - packets.start).max() <= 1472


def test_a_live_scene_starts_when_it_is_told_and_crosses_midnight() -> None:
    midnight_s = 1_767_312_000.0
    scene = Scene(scene_of(RADAR, MLAT, ADSB), 8, start_s=midnight_s - 5.0)
    stamps = [r.get("140", r.get("073")) for r in decoded(scene.advance(midnight_s + 5.0)).targets]
    early = [s for s in stamps if isinstance(s, float) and s < 10.0]
    late = [s for s in stamps if isinstance(s, float) and s > 86_390.0]
    assert early
    assert late
    assert max(late) < 86_400.0


def test_records_are_marked_simulated_if_the_scenario_says_so() -> None:
    def marks(*, marked: bool) -> set[int]:
        scenario = msgspec.structs.replace(scene_of(RADAR, MLAT, ADSB), mark_simulated=marked)
        scene = Scene(scenario, 9)
        found = set()
        for record in decoded(scene.advance(scene.time_s + 4.0)).targets:
            descriptor = record.get("040", {}) if "073" in record else record["020"]
            found.add(descriptor.get("SIM", 0))
        return found

    assert marks(marked=True) == {1}
    assert marks(marked=False) == {0}


def test_the_scene_gives_a_union_file() -> None:
    scene = Scene(load_scenario("border"), 1)
    assert scene.union.sensor == scene.sensors
    assert scene.union.member == scene.members
    assert scene.union.title == "Danube border exercise"
