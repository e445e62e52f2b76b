"""Small truths: objects that fly straight on."""

import numpy as np
from tests.naive.skies import START_S

from skypact.evaluate.flown import flown_of
from skypact.model.tracks import CLASSES
from skypact.model.truth import TRUTH_DTYPES, TruthRows, concat_truth
from skypact.units import DEGREE

EARTH_M = 6_371_008.8


def straight(target, lat, lon, seconds, course=90.0, speed=200.0, **more):
    """One object: degrees and m/s, a row a second from `begin` on."""
    kind = more.pop("kind", "airliner")
    after = np.arange(seconds, dtype=np.float64)
    turn, n = np.radians(course), after.size
    vn, ve = speed * np.cos(turn), speed * np.sin(turn)
    columns = {
        "time_s": START_S + more.pop("begin", 0.0) + after,
        "target": target,
        "lat_rad": lat * DEGREE + vn * after / EARTH_M,
        "lon_rad": lon * DEGREE + ve * after / (EARTH_M * np.cos(lat * DEGREE)),
        "altitude_m": 9_000.0, "vn_mps": vn, "ve_mps": ve, "vu_mps": 0.0, "icao": 0x440000 + target,
        "baro_altitude_m": 9_000.0, "target_class": CLASSES.index(kind),
    }  # fmt: skip
    columns |= more
    full = {k: np.full(n, value) if np.ndim(value) == 0 else value for k, value in columns.items()}
    return TruthRows(**{k: np.asarray(full[k], kind) for k, kind in TRUTH_DTYPES.items()})


def flights(*parts):
    """The truth of several objects, as judged."""
    return flown_of(concat_truth(list(parts)))
