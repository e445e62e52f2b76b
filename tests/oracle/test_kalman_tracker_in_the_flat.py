"""One object, no false reports, one way to move: the whole tracker is one linear Kalman filter."""

import numpy as np
import pytest
from scipy.linalg import block_diag
from tests.naive.scenes import Tracker

from skypact.config import Sensor, sensor_table
from skypact.kernels.lifecycle import START_SIGMA_M
from skypact.model.reports import POSITION, empty_reports, take_reports
from skypact.track.params import TrackerParams

PSD = 0.3
SIGMA_M = 25.0
CORNER_M = (4_000.0, -7_000.0)
PARAMS = TrackerParams(
    frame="flat", capacity=8, cruise_accel_psd=PSD, turn_accel_psd=PSD, manoeuvre_accel_psd=PSD,
    cruise_climb_psd=0.1, manoeuvre_climb_psd=0.1, turn_rate_deg_s=1e-9, turn_rate_walk_deg=1e-9,
)  # fmt: skip


def table():
    """A flat scene's sensor: longitude is x, latitude is y, in metres as they stand."""
    sensor = Sensor(
        name="p", kind="position", lat=0, lon=0, sigma_position_m=SIGMA_M, period_s=2.0,
        clutter_per_scan=0.0, p_detection=0.99,
    )  # fmt: skip
    x, y = (np.array([v]) for v in CORNER_M)
    return sensor_table([sensor])._replace(lon_rad=x, lat_rad=y)


def reports(rng, n=25):
    """A straight flight with white acceleration, seen at uneven times."""
    time_s = np.cumsum(rng.uniform(1.0, 3.0, n))
    path = np.array([[1_000.0, 500.0]]) + time_s[:, None] * [120.0, -90.0]
    seen = path + rng.normal(0, SIGMA_M, (n, 2))
    batch = empty_reports(n)
    batch.time_s[:], batch.x_m[:], batch.y_m[:] = time_s, seen[:, 0], seen[:, 1]
    batch.kind[:] = POSITION
    return batch


def linear_filter(batch):
    """Textbook filter over (x, y, vx, vy) from the same broad prior at the first report."""
    z = np.stack([batch.x_m + CORNER_M[0], batch.y_m + CORNER_M[1]], axis=1)
    H, R = np.eye(2, 4), SIGMA_M**2 * np.eye(2)
    x = np.array([*z[0], 0, 0])
    P = block_diag(START_SIGMA_M**2 * np.eye(2), PARAMS.start_speed_mps**2 * np.eye(2))
    last = batch.time_s[0]
    for time_s, seen in zip(batch.time_s, z, strict=True):
        t, last = time_s - last, time_s
        F = np.kron([[1, t], [0, 1]], np.eye(2))
        P = F @ P @ F.T + PSD * np.kron([[t**3 / 3, t**2 / 2], [t**2 / 2, t]], np.eye(2))
        x = F @ x
        K = P @ H.T @ np.linalg.inv(H @ P @ H.T + R)
        x, P = x + K @ (seen - H @ x), P - K @ H @ P
        yield time_s, x, P


@pytest.mark.parametrize("seed", range(3))
def test_the_flat_tracker_is_the_linear_filter(seed):
    batch = reports(np.random.default_rng(seed))
    tracker = Tracker(table(), PARAMS)
    rows = {}
    for k in range(len(batch.time_s)):
        out = tracker.step(take_reports(batch, slice(k, k + 1)), batch.time_s[k] + 0.31).rows
        rows |= {t: [c[i] for c in out] for i, t in enumerate(out.time_s)}
    names = out._fields
    assert tracker.n_tracks == 1
    compared = 0
    for time_s, x, P in list(linear_filter(batch))[5:]:
        row = dict(zip(names, rows[time_s], strict=True))
        # The first pairs are not quite certain; five reports later nothing of that is left.
        assert [row["lon_rad"], row["lat_rad"]] == pytest.approx(x[:2], abs=1e-3)
        assert [row["ve_mps"], row["vn_mps"]] == pytest.approx(x[2:], abs=1e-3)
        assert row["sigma_e_m"] == pytest.approx(np.sqrt(P[0, 0]), rel=1e-6)
        assert row["sigma_vn_mps"] == pytest.approx(np.sqrt(P[3, 3]), rel=1e-6)
        compared += 1
    assert compared == 20
