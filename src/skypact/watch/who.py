"""Who a track is and where, as evidence of alerts says it."""

from typing import Any

import numpy as np

from skypact.model.reports import unpack_callsign
from skypact.model.tracks import CLASSES
from skypact.units import DEGREE
from skypact.watch.sky import Sky


def who_of(sky: Sky, i: int) -> dict[str, Any]:
    """Return what is known of the track in row i: identity, place, motion."""
    rows = sky.rows
    out: dict[str, Any] = {"track": int(rows.track[i])}
    if rows.callsign[i] >= 0:
        out["callsign"] = unpack_callsign(int(rows.callsign[i]))
    if rows.icao[i] >= 0:
        out["icao"] = f"{int(rows.icao[i]):06X}"
    if rows.mode3a[i] >= 0:
        out["mode3a"] = f"{int(rows.mode3a[i]):04d}"
    if rows.target_class[i] >= 0:
        out["class"] = CLASSES[int(rows.target_class[i])]
    out["lat_deg"] = round(float(sky.lat_rad[i]) / DEGREE, 4)
    out["lon_deg"] = round(float(sky.lon_rad[i]) / DEGREE, 4)
    if np.isfinite(sky.altitude_m[i]):
        out["altitude_m"] = round(float(sky.altitude_m[i]))
    speed, course = (
        np.hypot(rows.vn_mps[i], rows.ve_mps[i]),
        np.arctan2(rows.ve_mps[i], rows.vn_mps[i]),
    )
    if np.isfinite(speed):
        out["speed_mps"] = round(float(speed), 1)
        out["course_deg"] = round(float(course / DEGREE) % 360.0, 1)
    out["sigma_m"] = round(float(np.hypot(rows.sigma_n_m[i], rows.sigma_e_m[i])), 1)
    return out
