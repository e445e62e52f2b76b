"""Small pictures for rules: tracks with a place, a motion and what else a test gives them."""

import numpy as np

from skypact.model.tracks import TRACK_DTYPES, empty_rows
from skypact.units import DEGREE
from skypact.watch.sky import sky_of

START_S = 1_767_268_800.0
"""Thursday, 1 January 2026, 12:00 UTC."""
USUAL = {
    "altitude_m": 9_000.0, "baro_altitude_m": 9_000.0, "vu_mps": 0.0, "sigma_n_m": 30.0,
    "sigma_e_m": 30.0, "corr_ne": 0.0, "sigma_u_m": 50.0, "sigma_vn_mps": 1.0,
    "sigma_ve_mps": 1.0, "existence": 1.0, "confirmed": 1, "p_manoeuvre": 0.1, "p_ballistic": 0.0,
    "target_class": 0, "n_sensors": 2, "age_s": 300.0,
}  # fmt: skip


def track(number, lat, lon, course=90.0, speed=200.0, **more):
    """One track: degrees, metres per second, and columns of its row."""
    turn = np.radians(course)
    return {
        "track": number, "lat_rad": lat * DEGREE, "lon_rad": lon * DEGREE,
        "vn_mps": speed * np.cos(turn), "ve_mps": speed * np.sin(turn), **USUAL, **more,
    }  # fmt: skip


def sky(*tracks, at_s=0.0, age_s=0.0, **more):
    """The picture of tracks whose places hold `at_s` seconds after the start."""
    rows = empty_rows(len(tracks))
    rows.time_s[:] = START_S + at_s - age_s
    for i, entry in enumerate(sorted(tracks, key=lambda t: t["track"])):
        for name, value in entry.items():
            assert name in TRACK_DTYPES
            getattr(rows, name)[i] = value
    return sky_of(rows, START_S + at_s, **more)


def flown(entry, seconds):
    """The same track some seconds later, straight on."""
    north, east = entry["vn_mps"] * seconds, entry["ve_mps"] * seconds
    lat = entry["lat_rad"] + north / 6_371_008.8
    lon = entry["lon_rad"] + east / (6_371_008.8 * np.cos(entry["lat_rad"]))
    height = entry["altitude_m"] + entry["vu_mps"] * seconds
    return {**entry, "lat_rad": lat, "lon_rad": lon, "altitude_m": height}
