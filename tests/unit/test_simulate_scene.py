"""The same seed gives the same bytes, however a scene is stepped."""

import hashlib
from typing import Any

import msgspec
import numpy as np
import pytest
from tests.naive.simulated_scenes import ADSB, MLAT, RADAR, decoded, scene_of

from skypact.model.recorded import RecordedPaths
from skypact.model.tracks import CLASSES
from skypact.simulate import Scene, Slice, load_scenario
from skypact.simulate.parts import (
    Ballistic,
    Balloon,
    Fleet,
    Pad,
    Place,
    RadarOptions,
    Recorded,
)
from skypact.simulate.scenario import Scenario


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


def test_truth_is_given_from_the_first_instant_to_the_last() -> None:
    scene = Scene(load_scenario("border"), 2)
    start = scene.time_s
    parts = [scene.advance(start + seconds).truth.time_s for seconds in (0.9, 2.0, 2.1, 4.0)]
    times = [np.unique(part - start).tolist() for part in parts]
    assert times == [[0.0], [1.0, 2.0], [], [3.0, 4.0]]


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


def everything() -> Scene:
    """Every kind of object under a radar, multilateration and a receiver."""
    n = 40
    straight = RecordedPaths(
        1_000.0 + np.arange(n), np.zeros(n, np.int32), 0.836 + 3e-5 * np.arange(n),
        np.full(n, 0.3), np.full(n, np.nan), np.full(n, 9_000.0), np.full(n, 77, np.int32),
        np.full(n, 1234, np.int32), np.full(n, -1, np.int64), np.zeros(n, np.int8), 0.0, 0.0,
    )  # fmt: skip
    scenario = scene_of(
        RADAR, MLAT, ADSB,
        fleet=(Fleet(kind="airliner", count=20), Fleet(kind="drone", count=5)),
        pad=(Pad(name="pad", lat=48.0, lon=17.2, height_m=200.0),),
        balloon=(Balloon(name="b", lat=48.0, lon=17.2, height_m=300.0, count=2, interval_s=7.0),),
        ballistic=(
            Ballistic(name="x", from_lat=48.0, from_lon=15.0, to_lat=48.0, to_lon=18.0,
                      start_s=4.0, boost_s=10.0),
        ),
        recorded=(Recorded(file="a.csv", start_s=2.3),),
        options=RadarOptions(primary=True, primary_range_m=400_000.0),
        truth_period_s=0.25,
    )  # fmt: skip
    return Scene(scenario, 3, recorded=[straight])


def test_a_scene_of_every_kind_of_object_does_not_depend_on_its_steps() -> None:
    whole, stepped = everything(), everything()
    start = whole.time_s
    parts = [stepped.advance(start + 0.7 * (k + 1)) for k in range(60)]
    assert digest([whole.advance(start + 42.0)]) == digest(parts)


def test_every_kind_of_object_is_in_the_truth_and_only_while_it_is_there() -> None:
    scene = everything()
    start = scene.time_s
    part = scene.advance(start + 60.0)
    truth = part.truth
    kinds = {CLASSES[c] for c in np.unique(truth.target_class).tolist()}
    assert kinds == {"airliner", "drone", "balloon", "ballistic", "unknown"}
    recorded = truth.time_s[truth.target_class == 0]
    assert (recorded.min() - start, recorded.max() - start) == (2.5, 41.0)
    for target in np.unique(part.origins.target[part.origins.target >= 0]).tolist():
        seen = part.origins.time_s[part.origins.target == target]
        there = truth.time_s[truth.target == target]
        assert seen.min() > there.min() - 0.26
        assert seen.max() < there.max() + 0.51


@pytest.mark.parametrize(
    "objects",
    [
        {"balloon": (Balloon(name="b", lat=48.0, lon=17.2, height_m=300.0),)},
        {"fleet": (Fleet(kind="drone", count=1),),
         "pad": (Pad(name="pad", lat=48.0, lon=17.2, height_m=200.0),)},
        {"fleet": (Fleet(kind="airliner", count=2),),
         "entry": (Place(name="a", lat=47.0, lon=15.0), Place(name="b", lat=49.0, lon=19.0))},
        {},
    ],
    ids=["balloon", "drone", "transit", "nothing"],
)  # fmt: skip
def test_a_scene_needs_no_airport_and_no_sensor(objects: dict[str, Any]) -> None:
    scene = Scene(Scenario(**objects), 1)
    truth = scene.advance(scene.time_s + 3.0).truth
    assert len(np.unique(truth.target)) == sum(f.count for f in objects.get("fleet", ())) + len(
        objects.get("balloon", ())
    )


def test_truth_comes_at_its_period_or_the_nearest_multiple_of_the_tick() -> None:
    for period_s, expected_s in ((0.25, 0.25), (1.0, 1.0), (0.6, 0.5), (2.5, 2.5)):
        scenario = scene_of(fleet=(Fleet(kind="airliner", count=1),), truth_period_s=period_s)
        scene = Scene(scenario, 1)
        times = scene.advance(scene.time_s + 10.0).truth.time_s
        assert set(np.diff(times).tolist()) == {expected_s}
