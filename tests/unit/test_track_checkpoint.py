"""Checkpoints as bytes: what goes in comes out, and what is damaged is told of."""

import hashlib
import struct

import numpy as np
import pytest
from tests.naive import scenes
from tests.naive.scenes import SMALL, Flight, plots, radar, receiver

from skypact.config import union_from_toml
from skypact.errors import ConfigError, RecordingError
from skypact.model.reports import empty_reports, take_reports
from skypact.model.tracking import AREA
from skypact.track.checkpoint import MAGIC, VERSION, pack, unpack
from skypact.track.datasheet import area_motions
from skypact.track.params import TrackerParams
from skypact.track.tracker import Tracker

ARRAYS = {
    "a/x": np.array([[1.5, np.nan], [-0.0, np.inf]]),
    "a/n": np.array([2**62, -1], np.int64),
    "b": np.zeros((0, 3), np.int8),
    "c": np.array(7.0),
    "d": np.arange(12.0).reshape(3, 4)[:, ::2],
}
ONE = scenes.sensors(radar("r0"))


def tracked():
    """A tracker after five turns of one radar."""
    batch = scenes.merged(plots(ONE, 0, (Flight(48.3, 16.2),), 20.0))
    return scenes.run(ONE, batch, 20.0).tracker


def test_arrays_and_words_come_back_bit_for_bit():
    got = unpack(pack(ARRAYS, {"what": "test", "n": 3}))
    assert got.about == {"what": "test", "n": 3}
    assert list(got.arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert got.arrays[name].dtype == array.dtype
        assert got.arrays[name].shape == array.shape
        assert got.arrays[name].tobytes() == array.tobytes()
        assert got.arrays[name].flags.writeable


def test_every_damaged_octet_is_noticed():
    data = pack(ARRAYS, {"what": "test"})
    for i in range(len(data)):
        wrong = bytearray(data)
        wrong[i] ^= 0x10
        with pytest.raises(RecordingError):
            unpack(bytes(wrong))


@pytest.mark.parametrize("n", [0, 7, 51, 52, 90, -1])
def test_a_cut_file_is_damaged(n):
    with pytest.raises(RecordingError, match=r"checkpoint"):
        unpack(pack(ARRAYS, {})[:n])


def test_another_version_is_named():
    data = bytearray(pack(ARRAYS, {}))
    data[8] = VERSION + 1
    with pytest.raises(RecordingError, match=f"version {VERSION}, got version {VERSION + 1}"):
        unpack(bytes(data))


def test_another_file_is_no_checkpoint():
    with pytest.raises(RecordingError, match="expected a checkpoint of Skypact"):
        unpack(b"PAR1" * 100)


def with_header(header: bytes) -> bytes:
    """A checkpoint with a header as given and a right checksum."""
    digest = hashlib.sha256(header).digest()
    return struct.pack("<8sIQ32s", MAGIC, VERSION, len(header), digest) + header


@pytest.mark.parametrize(
    "array",
    [
        '"a","f8,",[1],0', '"a","{",[1],0', '"a","<f3",[1],0', '"a","<f8",[-1,-1],0',
        f'"a","<f8",[0,{10**30}],0', f'"a","<f8",[1],{2**80}', '"\\ud800","<f8",[1],0',
        '"a","<f8",[' + "[" * 9_999,
    ],
)  # fmt: skip
def test_an_array_that_cannot_be_is_told(array):
    with pytest.raises(RecordingError, match="damaged"):
        unpack(with_header(b'{"about":{},"arrays":[[' + array.encode() + b"]]}"))


def test_what_is_no_number_cannot_come_back():
    data = pack({"a": np.array(["text"])}, {})
    with pytest.raises(RecordingError, match="expected numbers"):
        unpack(data)


@pytest.mark.parametrize(
    ("sensors", "params", "word"),
    [
        ((radar("r0"), receiver("a0")), SMALL, "stamp_s"),
        ((radar("r0"),), TrackerParams(capacity=64), "free"),
        ((radar("r0"),), TrackerParams(capacity=128, frame="flat"), "frame flat"),
    ],
    ids=["sensors", "capacity", "frame"],
)
def test_a_checkpoint_of_other_sensors_or_parameters_is_refused(sensors, params, word):
    with pytest.raises(RecordingError, match=word):
        Tracker.restored(tracked().checkpoint(), scenes.sensors(*sensors), params)


def test_a_checkpoint_of_something_else_is_refused():
    with pytest.raises(RecordingError, match="expected a tracker's checkpoint"):
        Tracker.restored(pack(ARRAYS, {"what": "run"}), ONE)


def test_areas_are_kept_and_others_hold_at_once():
    """The track is in the kept area; restored with none, it moves as everywhere."""
    text = (
        '[[tracking.area]]\nname = "here"\noutline = [[40.0, 10.0], [40.0, 20.0], [55.0, 20.0]'
        ", [55.0, 10.0]]\n[tracking.area.parameters]\nturn_s = 9.0\n"
    )
    areas = area_motions(union_from_toml(text))
    batch = scenes.merged(plots(ONE, 0, (Flight(48.3, 16.2),), 20.0))
    tracker = scenes.run(ONE, batch, 20.0, tracker=Tracker(ONE, SMALL, areas)).tracker
    data = tracker.checkpoint()
    assert tracker.tracks.tag[0, AREA] == 1
    assert Tracker.restored(data, ONE).checkpoint() == data
    assert Tracker.restored(data, ONE, None, ()).tracks.tag[0, AREA] == 0


def test_sensors_may_be_added_after_restoring():
    tracker = Tracker.restored(tracked().checkpoint(), ONE)
    tracker.set_sensors(scenes.sensors(radar("r0"), receiver("a0")))
    assert tracker.n_tracks == 1
    assert tracker.tracks.look_s.shape == (128, 2)


def test_a_clock_that_steps_back_a_little_stands_still_and_is_counted():
    tracker, nothing = tracked(), empty_reports(0)
    assert tracker.step(nothing, 21.0).counts["clock_back"] == 0
    before = [c.copy() for c in tracker.tracks]
    assert tracker.step(nothing, 15.0).counts["clock_back"] == 1
    for old, new in zip(before, tracker.tracks, strict=True):
        assert np.array_equal(old, new, equal_nan=True)
    assert tracker.step(nothing, 21.5).counts["clock_back"] == 0


@pytest.mark.parametrize("now_s", [0.0, -1e12, np.nan, np.inf, -np.inf])
def test_a_clock_that_is_wrong_is_refused_and_nothing_is_lost(now_s):
    tracker = tracked()
    tracker.step(empty_reports(0), 21.0)
    batch = take_reports(plots(ONE, 0, (Flight(48.3, 16.2),), 24.0), slice(5, 6))
    with pytest.raises(ConfigError, match="present time"):
        tracker.step(batch, now_s)
    assert tracker.step(batch, 24.5).counts["tracked"] == 1
