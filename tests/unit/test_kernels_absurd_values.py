"""Numbers that no sensor measures end tracks; they neither hang nor spoil what is kept."""

import math

import numpy as np
import pytest
from tests.naive import compiled

from skypact.config import Sensor, sensor_table, union_from_toml
from skypact.decode.asterix.sensors import is_period
from skypact.errors import ConfigError
from skypact.kernels.beam import learn_beams
from skypact.model.beam import BEAM_PLOTS
from skypact.model.tracking import (
    AZIMUTH,
    CONFIRMED,
    LAST_HIT,
    SPREAD_M,
    STATE,
    VISIBLE,
    empty_tracks,
)
from skypact.track.geometry import geometry
from skypact.track.params import TrackerParams, track_params
from skypact.track.tracker import empty_measurements

PARAMS = track_params(TrackerParams())


def one_radar(period_s=4.0):
    """Geometry of one radar."""
    radar = Sensor(name="r", lat=48.0, lon=16.0, period_s=period_s)
    return geometry(sensor_table([radar]), flat=False)


def one_track():
    """A confirmed track, reported at 0 s."""
    tracks = empty_tracks(1, 1)
    tracks.tag[0, STATE] = CONFIRMED
    tracks.num[0] = 0.0
    tracks.num[0, VISIBLE] = 1.0
    tracks.pos[0], tracks.vel[0] = 0.0, 0.0
    return tracks


@pytest.mark.parametrize(
    ("range_m", "azimuth_rad"), [(math.nan, 1.0), (-1e9, 1.0), (1e3, math.nan), (1e3, math.inf)]
)
def test_a_place_that_is_none_has_cell_0(range_m, azimuth_rad):
    assert compiled.cell_of(range_m, azimuth_rad, 1e5) == 0


def test_an_endless_range_lies_in_the_last_ring():
    assert compiled.cell_of(1e300, 0.0, 1e5) == compiled.cell_of(1e5, 0.0, 1e5)


def test_the_usual_height_at_no_speed_at_all_is_one_of_the_table():
    assert math.isfinite(compiled.usual_height(math.nan, 1.0, 0.0)[0])


def test_an_absurd_azimuth_teaches_the_beam_nothing():
    g, m = one_radar(), empty_measurements(1)
    m.time_s[0], m.sensor[0], m.form[0] = 1.0, 0, 0
    for azimuth in (1e300, math.nan, -1e9):
        m.z[0, AZIMUTH] = azimuth
        learn_beams(m, 1, 1.0, g)
    assert g.beam[0, BEAM_PLOTS] == 0.0


def test_a_track_that_is_no_number_is_over():
    g = one_radar()
    assert not compiled.is_over(one_track(), 0, 1.0, g, PARAMS)
    for spoil in ("pos", "vel", SPREAD_M, VISIBLE):
        tracks = one_track()
        row = getattr(tracks, spoil)[0] if isinstance(spoil, str) else tracks.num[0, spoil:]
        row[0] = math.nan
        assert compiled.is_over(tracks, 0, 1.0, g, PARAMS)


def test_a_long_sleep_is_passed_in_one_step():
    """Half a year of looks a twentieth of a second apart: one by one they took minutes."""
    assert compiled.looks_slept(0.0, 1.6e7, math.nan, 0.05) == pytest.approx(3.2e8, rel=1e-6)
    assert compiled.looks_slept(0.0, 41.0, 22.0, 4.0) == 5.0
    assert compiled.looks_slept(0.0, 41.0, math.nan, 4.0) == 9.0
    assert compiled.looks_slept(20.0, 25.3, 22.0, 4.0) == 1.0


def test_looks_counted_again_are_bounded():
    tracks, g = one_track(), one_radar(0.05)
    tracks.look_s[0], tracks.seen_s[0] = 1e9, math.nan
    tracks.num[0, LAST_HIT] = 0.0
    compiled.recount_misses(tracks, 0, 0.0, g, PARAMS)
    assert 0.0 <= tracks.num[0, VISIBLE] < 1e-6


@pytest.mark.parametrize("period_s", ["1e-9", "0.01", "1e9", "inf"])
def test_a_period_that_no_sensor_has_is_refused(period_s):
    with pytest.raises(ConfigError, match="period_s"):
        union_from_toml(f'[[sensor]]\nname = "a"\nperiod_s = {period_s}\n')


def test_what_is_known_exactly_has_no_share_in_a_gain():
    """The turn rate of straight flight has variance 0: without the JIT 0 / 0 is an error."""
    rng = np.random.default_rng(3)
    root = rng.normal(size=(6, 6))
    P = np.zeros((7, 7))
    P[:6, :6] = root @ root.T + np.eye(6)
    C = np.zeros((7, 7))
    C[:6, :6] = rng.normal(size=(6, 6))
    out = compiled.divide(C, P)
    assert out[:6, :6] == pytest.approx(C[:6, :6] @ np.linalg.inv(P[:6, :6]))
    assert not out[:, 6].any()
    assert not out[6].any()


def test_only_a_possible_rotation_is_taken_from_service_messages():
    told = np.array([math.nan, 0.0, 1 / 128, 4.0, 512.0, 1e9])
    assert is_period(told).tolist() == [False, False, False, True, True, False]
