"""The course of a unit by ticks: same packets and stamps, same picture, however they are handed."""

import msgspec
import numpy as np
import pytest

from skypact.config import Sensor, Union, union_from_toml
from skypact.deploy import Unit
from skypact.errors import ConfigError
from skypact.model.packets import PacketBatch, packets_from, take_packets
from skypact.record.header import RecordedSource
from skypact.record.simulated import without_biases
from skypact.runtime.hearing import Hearing, recorded_sources, sources_of, unit_of
from skypact.runtime.pipeline import Pipeline
from skypact.runtime.ticks import Ticks, by_tick
from skypact.simulate import Scene, load_sky_scenario
from skypact.sources.unit import unit_sensors
from skypact.testing.memory import MemorySink

START_S = 1_700_000_000.0
SECONDS = 20.0
STEP_NS = 100_000_000


@pytest.fixture(scope="module")
def scene() -> tuple[Union, PacketBatch]:
    """Twenty seconds of the border scene, as packets of one line."""
    made = Scene(load_sky_scenario("border"), 3, start_s=START_S)
    packets = made.advance(START_S + SECONDS).packets
    order = np.argsort(packets.received_ns, kind="stable")
    return without_biases(made.union), take_packets(packets, order)


def same_picture(one: Ticks, other: Ticks) -> None:
    hashes = [ticks.pipeline.figures()["picture_hash"] for ticks in (one, other)]
    assert hashes[0] == hashes[1]


def run(union: Union, packets: PacketBatch, every_ticks: list[int]) -> tuple[Ticks, MemorySink]:
    """Hand packets over whenever some ticks are over, as a busy or an idle machine would."""
    sink = MemorySink()
    hearing = Hearing(union.sensor, [RecordedSource("line", "udp://:1")])
    ticks = Ticks(hearing, Pipeline(list(union.sensor), [sink]), STEP_NS / 1e9)
    at_ns = int(packets.received_ns[0]) // STEP_NS * STEP_NS
    end_ns, i = int(packets.received_ns[-1]) + STEP_NS, 0
    while at_ns < end_ns:
        until_ns = at_ns + every_ticks[i % len(every_ticks)] * STEP_NS
        mine = (packets.received_ns >= at_ns) & (packets.received_ns < until_ns)
        ticks.take(take_packets(packets, mine), until_ns)
        at_ns, i = until_ns, i + 1
    return ticks, sink


@pytest.mark.compiled
def test_the_picture_does_not_depend_on_when_packets_are_handed_over(
    scene: tuple[Union, PacketBatch],
) -> None:
    union, packets = scene
    plain, sink = run(union, packets, [1])
    for every_ticks in ([7], [1, 40, 3], [500]):
        other, _ = run(union, packets, every_ticks)
        same_picture(plain, other)
    assert plain.pipeline.picture.n_rows > 500
    times = [now_s for now_s, _, _ in sink.steps]
    assert np.allclose(np.diff(times), STEP_NS / 1e9)


def test_ticks_are_whole_multiples_of_the_step() -> None:
    packets = packets_from([b"a", b"b", b"c"], [STEP_NS - 1, STEP_NS, 5 * STEP_NS])
    assert [(tick, p.start.size) for tick, p in by_tick(packets, STEP_NS)] == [
        (0, 1), (1, 1), (5, 1)
    ]  # fmt: skip


def test_a_warmed_unit_has_decoded_and_tracked_nothing(scene: tuple[Union, PacketBatch]) -> None:
    union, packets = scene
    hearing = Hearing(union.sensor, [RecordedSource("line", "udp://:1")])
    ticks = Ticks(hearing, Pipeline(list(union.sensor)), STEP_NS / 1e9)
    ticks.warm(take_packets(packets, slice(0, 200)))
    assert sum(hearing.records.values()) > 200
    assert ticks.place is None
    assert ticks.pipeline.n_reports == 0


def test_reports_of_a_radar_without_site_are_counted_until_it_tells_it(
    scene: tuple[Union, PacketBatch],
) -> None:
    _, packets = scene
    hearing = Hearing((), [RecordedSource("line", "udp://:1")])
    n_placed = [hearing.decode(part).time_s.size for _, part in by_tick(packets, STEP_NS)]
    assert hearing.errors["no_site"] > 0
    assert sum(n_placed) > 0
    assert [s.sheet.name for s in hearing.told()] == [s.name for s in hearing.sensors]


UNION = """
[[sensor]]
name = "north"
member = "a"
sac = 1
sic = 1
source = "udp://239.1.1.1:8600"
[[sensor]]
name = "south"
member = "b"
sac = 1
sic = 2
source = "udp://239.1.1.1:8600"
[[sensor]]
name = "roof"
kind = "adsb"
member = "a"
format = "beast"
source = "tcp://127.0.0.1:30005"
[[unit]]
name = "all"
[[unit]]
name = "a"
member = "a"
source = ["udp://:9000"]
[[unit]]
name = "one"
sensors = ["south"]
"""


def test_sources_are_named_by_their_only_sensor_else_by_their_url() -> None:
    union = union_from_toml(UNION)
    unit = unit_of(union, "a")
    named = recorded_sources(sources_of(unit, unit_sensors(unit, union.sensor)))
    assert [tuple(msgspec.structs.astuple(source)) for source in named] == [
        ("north", "udp://239.1.1.1:8600", "asterix"),
        ("roof", "tcp://127.0.0.1:30005", "beast"),
        ("udp://:9000", "udp://:9000", "asterix"),
    ]
    shared = recorded_sources(sources_of(unit_of(union, "all"), union.sensor))
    assert shared[0].name == "udp://239.1.1.1:8600"


def test_a_unit_without_sources_is_told() -> None:
    with pytest.raises(ConfigError, match="expected a source, got none"):
        sources_of(Unit(name="u"), ())


def test_a_receivers_source_needs_a_sensor_of_its_own() -> None:
    source = RecordedSource("tcp://h:1", "tcp://h:1", "beast")
    with pytest.raises(ConfigError, match="expected one sensor of its own"):
        Hearing((Sensor(name="s"), Sensor(name="t")), [source])


def test_an_unknown_unit_is_told_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"\(all, a, one\), got two"):
        unit_of(union_from_toml(UNION), "two")
