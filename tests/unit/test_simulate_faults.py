"""What goes wrong on a sensor's line really appears in the output, and nothing else changes."""

import hashlib

import msgspec
import numpy as np
import pytest
from tests.naive.simulated_scenes import ADSB, MLAT, RADAR, decoded, payloads, scene_of

from skypact import config
from skypact.errors import ConfigError
from skypact.simulate import Scene, Slice
from skypact.simulate.parts import Fault, Fleet, Pad
from skypact.units import DAY

Z99 = 2.576
SECONDS = 20.0
REMOTE = config.Sensor(
    name="Pole", kind="remoteid", lat=47.9, lon=17.6, height_m=400.0, range_max_m=30_000.0
)
FINDER = config.Sensor(
    name="Finder", kind="passive", sic=9, lat=47.9, lon=17.6, height_m=2_500.0,
    range_max_m=900_000.0,
)  # fmt: skip


def scene_with(fault: Fault | None, sensor: config.Sensor = MLAT, seed: int = 71) -> Scene:
    """Forty airliners under one sensor with a fault, and one without (link 1)."""
    fleet = (Fleet(kind="airliner", count=40),)
    faults = {} if fault is None else {sensor.name: fault}
    other = ADSB if sensor is not ADSB else MLAT
    return Scene(scene_of(sensor, other, fleet=fleet, fault=faults), seed)


def play(fault: Fault | None, sensor: config.Sensor = MLAT, seconds: float = SECONDS) -> Slice:
    """What comes of it, with time for the last datagrams to arrive."""
    scene = scene_with(fault, sensor)
    return scene.advance(scene.time_s + seconds)


def arrivals_s(part: Slice, link: int = 0) -> np.ndarray:
    """When the datagrams of a sensor arrived, in the order of the slice, after the start."""
    start_ns = 1_767_268_800 * 10**9
    return (part.packets.received_ns[part.packets.link == link] - start_ns) / 1e9


def test_a_sensor_is_dead_in_its_outage_and_otherwise_unchanged() -> None:
    usual, dead = play(None), play(Fault(outage=((5.0, 9.0), (14.0, 15.0))))
    times = arrivals_s(dead)
    kept = payloads(dead.packets, 0)
    assert not ((times > 5.31) & (times < 9.1)).any()
    assert not ((times > 14.31) & (times < 15.1)).any()
    assert (times > 15.1).any()
    assert len(kept) < len(payloads(usual.packets, 0))
    assert set(kept) < set(payloads(usual.packets, 0))
    assert payloads(dead.packets, 1) == payloads(usual.packets, 1)


def test_a_dead_radar_sends_no_messages_either() -> None:
    part = play(Fault(outage=((0.0, 100.0),)), RADAR)
    assert not (part.packets.link == 0).any()
    assert (play(None, RADAR).packets.link == 0).any()


def test_the_stated_share_of_datagrams_is_lost() -> None:
    usual, lossy = play(None), play(Fault(loss_share=0.3))
    n, left = len(payloads(usual.packets, 0)), len(payloads(lossy.packets, 0))
    assert abs(left / n - 0.7) < Z99 * np.sqrt(0.3 * 0.7 / n)
    assert set(payloads(lossy.packets, 0)) < set(payloads(usual.packets, 0))


def test_delays_are_those_of_the_fault() -> None:
    slow = play(Fault(delay_min_s=2.0, delay_max_s=2.5))
    sent_s = np.array([slow.origins.time_s[slow.origins.packet == i].max()
                       for i in np.flatnonzero(slow.packets.link == 0)])  # fmt: skip
    delay_s = arrivals_s(slow) - (sent_s - 1_767_268_800.0)
    assert delay_s.min() > 2.0
    # A tick's records leave at its end, 0.25 s after the first of them.
    assert delay_s.max() < 2.5 + 0.25 + 0.05
    assert arrivals_s(play(None)).min() < 1.0


def test_datagrams_stay_in_order_however_much_their_delays_differ() -> None:
    part = play(Fault(delay_min_s=0.1, delay_max_s=3.0))
    first_s = [
        part.origins.time_s[part.origins.packet == i].min()
        for i in np.flatnonzero(part.packets.link == 0)
    ]
    assert (np.diff(first_s) >= 0.0).all()


def test_late_datagrams_are_overtaken() -> None:
    usual, late = play(None), play(Fault(late_share=0.2, late_s=2.0), seconds=SECONDS + 2.0)
    assert (np.diff(late.packets.received_ns) >= 0).all()
    first_s = [
        late.origins.time_s[late.origins.packet == i].min()
        for i in np.flatnonzero(late.packets.link == 0)
    ]
    assert (np.diff(first_s) < -1.0).any()
    n = len(payloads(usual.packets, 0))
    ours = np.flatnonzero(usual.packets.link == 0)
    times = [usual.origins.time_s[usual.origins.packet == i].min() for i in ours]
    assert (np.diff(times) > -0.3).all()
    place = {octets: at for at, octets in enumerate(payloads(late.packets, 0))}
    moved = sum(
        late_at - at > 3
        for at, octets in enumerate(payloads(usual.packets, 0))
        for late_at in [place[octets]]
    )
    assert abs(moved / n - 0.2) < Z99 * np.sqrt(0.2 * 0.8 / n)


def test_duplicates_arrive_later_with_the_same_octets_and_their_own_origins() -> None:
    usual, double = play(None), play(Fault(duplicate_share=1.0, duplicate_delay_s=0.05))
    data = payloads(double.packets, 0)
    times = arrivals_s(double)
    seen: dict[bytes, float] = {}
    for octets, time_s in zip(data, times, strict=True):
        if octets in seen:
            assert time_s - seen[octets] == pytest.approx(0.05, abs=1e-6)
        seen.setdefault(octets, time_s)
    assert len(data) > 1.9 * len(payloads(usual.packets, 0))
    assert set(data) == set(payloads(usual.packets, 0))
    assert len(decoded(double).targets) == len(double.origins.target)


def test_the_stated_share_of_datagrams_arrives_twice() -> None:
    usual, some = play(None), play(Fault(duplicate_share=0.25))
    n = len(payloads(usual.packets, 0))
    extra = len(payloads(some.packets, 0)) - n
    assert abs(extra / n - 0.25) < Z99 * np.sqrt(0.25 * 0.75 / n)


@pytest.mark.parametrize("sensor", [RADAR, MLAT, ADSB], ids=lambda s: s.kind)
def test_stamps_jump_when_the_clock_does(sensor: config.Sensor) -> None:
    fault = Fault(clock_step_at_s=8.0, clock_step_s=1.5)
    part = play(fault, sensor)
    mine = part.packets.link[part.origins.packet] == 0
    targets = [r for r, ours in zip(decoded(part).targets, mine, strict=True) if ours]
    stamps = np.array([r.get("140" if sensor is not ADSB else "073") for r in targets])
    since = part.origins.time_s[mine] - 1_767_268_800.0
    off = stamps - part.origins.time_s[mine] % DAY
    assert np.abs(off[since < 8.0]).max() <= 0.5 / 128 + 1e-6
    assert np.abs(off[since >= 8.0] - 1.5).max() <= 0.5 / 128 + 1e-6
    assert min((since < 8.0).sum(), (since >= 8.0).sum()) > 10


def test_service_messages_of_a_radar_jump_with_its_clock() -> None:
    def stamps(fault: Fault | None) -> np.ndarray:
        return np.array([r["030"] for r in decoded(play(fault, RADAR)).services])

    jump = stamps(Fault(clock_step_at_s=8.0, clock_step_s=1.5)) - stamps(None)
    assert set(jump.tolist()) == {0.0, 1.5}
    assert (np.diff(jump) >= 0.0).all()


@pytest.mark.parametrize("sensor", [RADAR, MLAT, ADSB], ids=lambda s: s.kind)
def test_a_biased_clock_stamps_with_its_bias(sensor: config.Sensor) -> None:
    slow = msgspec.structs.replace(sensor, biases=config.Biases(time_s=-0.75))
    part = play(None, slow)
    mine = part.packets.link[part.origins.packet] == 0
    targets = [r for r, ours in zip(decoded(part).targets, mine, strict=True) if ours]
    stamps = np.array([r.get("140" if sensor is not ADSB else "073") for r in targets])
    off = stamps - part.origins.time_s[mine] % DAY
    assert np.abs(off + 0.75).max() <= 0.5 / 128 + 1e-6


ALL_FAULTS = Fault(
    loss_share=0.1, late_share=0.3, late_s=3.0, duplicate_share=0.3, duplicate_delay_s=0.7,
    outage=((6.0, 7.0),), clock_step_at_s=4.0, clock_step_s=0.5,
)  # fmt: skip


def digest(step_s: float, seconds: float = 12.0) -> str:
    """Hash of all that a scene with every fault and every kind of sensor gives, in steps."""
    sensors = (RADAR, MLAT, ADSB, REMOTE, FINDER)
    fleets = (Fleet(kind="airliner", count=20), Fleet(kind="drone", count=10, remote_id=1.0))
    pad = (Pad(name="Field", lat=47.9, lon=17.6, height_m=200.0),)
    faults = {sensor.name: ALL_FAULTS for sensor in sensors}
    scene = Scene(scene_of(*sensors, fleet=fleets, pad=pad, fault=faults), 72)
    start_s, total = scene.time_s, hashlib.sha256()
    parts = [scene.advance(start_s + (k + 1) * step_s) for k in range(round(seconds / step_s))]
    for part in parts:
        assert (np.diff(part.packets.received_ns) >= 0).all()
        assert (np.diff(part.reports.received_ns) >= 0).all()
    for name in ("received_ns", "link", "data"):
        total.update(np.concatenate([getattr(p.packets, name) for p in parts]).tobytes())
    for name in parts[0].reports._fields:
        total.update(np.concatenate([getattr(p.reports, name) for p in parts]).tobytes())
    assert sum(len(part.reports.time_s) for part in parts) > 50
    return total.hexdigest()


@pytest.mark.parametrize("step_s", [0.1, 0.5, 4.0])
def test_the_length_of_the_steps_does_not_matter_with_faults(step_s: float) -> None:
    assert digest(step_s) == digest(12.0)


def test_reports_without_octets_are_duplicated_and_delayed_too() -> None:
    usual = play(None, FINDER)
    double = play(Fault(duplicate_share=1.0, duplicate_delay_s=0.1, delay_min_s=1.0), FINDER)
    assert len(usual.reports.time_s) > 100
    first, copies = {}, 0
    for time_s, azimuth, received in zip(
        double.reports.time_s, double.reports.azimuth_rad, double.reports.received_ns, strict=True
    ):
        key = (float(time_s), float(azimuth))
        if key in first:
            copies += 1
            assert (received - first[key]) / 1e9 == pytest.approx(0.1, abs=1e-6)
        first.setdefault(key, received)
    assert copies > 0.9 * len(first)
    delay_s = double.reports.received_ns / 1e9 - double.reports.time_s
    assert delay_s.min() > 0.99
    assert (usual.reports.received_ns / 1e9 - usual.reports.time_s).max() < 0.6


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault(delay_min_s=2.0, delay_max_s=1.0), r"fault\.Wide\.delay_max_s: .* 2, got 1"),
        (Fault(outage=((0.0, 1.0), (5.0, 4.0))), r"fault\.Wide\.outage\[1\]: .* 5, got 4"),
    ],
)
def test_faults_that_cannot_be_are_errors(fault: Fault, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        scene_with(fault)
