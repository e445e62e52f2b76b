"""A recorded flight with forged positions, and where it really was."""

import gzip
import json

import numpy as np
from tests.naive.skies import track

from skypact.units import FOOT, KNOT


def recorded(data_dir):
    """The flight with forged positions: times, places told, and where it really was."""
    path = data_dir / "traffic" / "noisy_spoofing.json.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        table = json.load(file)
    columns = {k: np.array(list(table[k].values()), object) for k in table}
    time_s = columns["timestamp"].astype(np.float64) / 1e3
    values = {
        k: columns[k].astype(np.float64)
        for k in ("latitude", "longitude", "altitude", "groundspeed", "track")
    }
    fresh = np.ones(time_s.size, np.bool_)
    same = values["latitude"][1:] == values["latitude"][:-1]
    fresh[1:] = ~(same & (values["longitude"][1:] == values["longitude"][:-1]))
    forged = (values["latitude"] > 48.5) & (values["latitude"] < 51.0)
    forged &= np.abs(values["longitude"] - 23.9) < 1.0
    true = fresh & ~forged
    lat = np.interp(time_s, time_s[true], values["latitude"][true])
    lon = np.interp(time_s, time_s[true], values["longitude"][true])
    return time_s, values, fresh & forged, lat, lon


def entry_of(lat, lon, told, time_s, at_s):
    """The true aircraft at a time."""
    place = [np.interp(at_s, time_s, column) for column in (lat, lon)]
    speed = 460.0 * KNOT
    return track(1, *place, course=325.0, speed=speed, icao=0x123456,
                 altitude_m=38_000.0 * FOOT, baro_altitude_m=38_000.0 * FOOT)  # fmt: skip
