"""Ended segments become tables of reports, whole or not at all."""

import time

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.naive import recorded
from tests.naive.made_frames import flights
from tests.naive.streams import beast_message

from skypact.config import Sensor
from skypact.decode.asterix.reports import Decoder
from skypact.errors import RecordingError
from skypact.model.packets import packets_from, take_packets
from skypact.record import seal
from skypact.record.folder import REPORTS, segments_of
from skypact.record.header import RecordedSource
from skypact.record.seal import Sealer, seal_segment
from skypact.record.tables import reports_from_arrow
from skypact.record.writer import RecordingWriter
from skypact.simulate import Scene, load_sky_scenario

START_S = 1_795_426_200.0
SOURCES = (
    RecordedSource("lan", "udp://239.255.0.1:8600"),
    RecordedSource("roof", "tcp://127.0.0.1:30005", "beast"),
)
ROOF = Sensor(name="roof", kind="adsb", format="beast", lat=50.0, lon=8.0)


@pytest.fixture(scope="module")
def scene():
    """Four seconds of radars' packets and of a receiver's, in order of arrival, and the sensors."""
    made = Scene(load_sky_scenario("border"), 3, start_s=START_S)
    radar = made.advance(START_S + 4.0).packets
    frames = flights(3, 4.0, round(START_S * 1e9))
    payloads = recorded.payloads_of(radar) + [beast_message(frame) for frame, _ in frames]
    stamps = np.concatenate([radar.received_ns, [stamp for _, stamp in frames]])
    links = np.concatenate([np.zeros(radar.start.size), np.ones(len(frames))])
    order = np.argsort(stamps, kind="stable").tolist()
    packets = packets_from(
        [payloads[i] for i in order], stamps[order].tolist(), links[order].astype(int).tolist()
    )
    return packets, (*made.union.sensor, ROOF)


@pytest.fixture
def segment(scene, tmp_path):
    about = recorded.about(sources=SOURCES)
    with RecordingWriter(tmp_path, about, recorded.limits()) as writer:
        writer.put(scene[0])
    return segments_of(tmp_path)[0]


def test_a_table_holds_what_the_bytes_decode_to(scene, segment):
    packets, sensors = scene
    path = seal_segment(segment.path, sensors)
    assert path == segment.beside(REPORTS)
    reports, names = reports_from_arrow(pq.read_table(path))
    decoded = Decoder(sensors).decode(take_packets(packets, packets.link == 0)).reports
    own = np.array(names)[reports.sensor] == "roof"
    assert own.sum() > 5
    assert (~own).sum() == decoded.time_s.size > 100
    np.testing.assert_array_equal(reports.time_s[~own], decoded.time_s)
    np.testing.assert_array_equal(reports.received_ns[~own], decoded.received_ns)
    assert (np.diff(reports.received_ns) >= 0).all()
    assert abs(reports.time_s - reports.received_ns * 1e-9).max() < 5.0


def test_sealing_again_changes_nothing(scene, segment):
    path = seal_segment(segment.path, scene[1])
    before = path.stat().st_mtime_ns
    assert seal_segment(segment.path, scene[1]) == path
    assert path.stat().st_mtime_ns == before


def test_sealing_that_is_stopped_leaves_nothing_and_is_made_up_for(scene, segment, monkeypatch):
    monkeypatch.setattr(seal, "PIECE_BYTES", 1 << 10)
    names = {p.name for p in segment.path.parent.iterdir()}
    assert seal_segment(segment.path, scene[1], lambda _: True) is None
    assert {p.name for p in segment.path.parent.iterdir()} == names
    assert seal_segment(segment.path, scene[1]) is not None


def test_sealing_that_fails_leaves_no_half_table(scene, segment, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("skypact.record.table_file.os.fsync", full)
    with pytest.raises(RecordingError, match="cannot make"):
        seal_segment(segment.path, scene[1])
    assert not list(segment.path.parent.glob("*reports*"))


def test_the_sealer_makes_the_tables_of_segments_as_they_end(scene, tmp_path):
    packets, sensors = scene
    sealer = Sealer(tmp_path, sensors)
    limits = recorded.limits(segment_s=1.2)
    about = recorded.about(sources=SOURCES)
    with RecordingWriter(tmp_path, about, limits, on_sealed=sealer.offer) as writer:
        for part in recorded.by_ticks(packets):
            writer.put(part)
        writer.flush()
    (tmp_path / "20201123T093000.000Z-000900.pcapng").write_bytes(b"nothing of use")
    sealer.offer(tmp_path)
    end_s = time.monotonic() + 60
    while sealer.n_sealed < writer.figures().n_sealed or not sealer.n_failed:
        assert time.monotonic() < end_s
        time.sleep(0.02)
    sealer.close()
    good = segments_of(tmp_path)[:-1]
    assert len(good) >= 3
    assert all(s.beside(REPORTS).exists() for s in good)
    assert (sealer.n_failed, "000900" in sealer.error) == (1, True)
