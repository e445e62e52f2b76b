"""Truth and tracks small enough to be judged by hand."""

import numpy as np

from skypact.evaluate.errors import sample_errors, update_errors
from skypact.evaluate.matching import sticky_match
from skypact.evaluate.paths import track_paths, truth_paths
from skypact.evaluate.samples import instants, samples
from skypact.model.tracks import TRACK_DTYPES, TrackRows
from skypact.model.truth import TRUTH_DTYPES, TruthRows


def truth_of(rows, speed=(0.0, 0.0), icao=-1) -> TruthRows:
    """Truth from rows (time, target, x or longitude, y or latitude), velocity (east, north)."""
    n = len(rows)
    table = np.array(rows, float).reshape(n, 4)
    columns = {name: np.zeros(n, dtype) for name, dtype in TRUTH_DTYPES.items()}
    columns |= {"time_s": table[:, 0], "target": table[:, 1].astype(np.int32)}
    columns |= {"lon_rad": table[:, 2].copy(), "lat_rad": table[:, 3].copy()}
    columns |= {"ve_mps": np.full(n, speed[0]), "vn_mps": np.full(n, speed[1])}
    columns |= {"icao": np.full(n, icao, np.int32), "baro_altitude_m": np.full(n, np.nan)}
    return TruthRows(**columns)


def tracks_of(rows, speed=(0.0, 0.0), sigma_m=10.0, icao=-1) -> TrackRows:
    """Confirmed track rows from (time, track, x or longitude, y or latitude)."""
    n = len(rows)
    table = np.array(rows, float).reshape(n, 4)
    columns = {name: np.zeros(n, dtype) for name, dtype in TRACK_DTYPES.items()}
    columns |= {"time_s": table[:, 0], "track": table[:, 1].astype(np.int64)}
    columns |= {"lon_rad": table[:, 2].copy(), "lat_rad": table[:, 3].copy()}
    columns |= {"ve_mps": np.full(n, speed[0]), "vn_mps": np.full(n, speed[1])}
    columns |= {name: np.full(n, sigma_m) for name in ("sigma_n_m", "sigma_e_m")}
    columns |= {name: np.full(n, 1.0) for name in ("sigma_vn_mps", "sigma_ve_mps")}
    columns |= {"icao": np.full(n, icao, np.int32), "confirmed": np.ones(n, np.int8)}
    return TrackRows(**columns)


def line(number, start_s, end_s, step_s=1.0, x0=0.0, y0=0.0, speed=(0.0, 0.0)):
    """Rows of one object moving steadily from (x0, y0) at time 0."""
    times = np.arange(start_s, end_s + step_s / 2, step_s)
    return [(t, number, x0 + speed[0] * t, y0 + speed[1] * t) for t in times]


class Judged:
    """A flat scene through paths, samples and match; what every judgement starts from."""

    def __init__(self, truth, tracks, *, step_s=1.0, limit_m=100.0, flat=True, **given):
        self.table = tracks
        self.truth_table = truth
        self.truth = truth_paths(truth, flat=flat)
        self.tracks = track_paths(tracks, flat=flat)
        self.found = samples(self.truth, self.tracks, instants(self.truth, step_s), **given)
        self.match = sticky_match(self.found, limit_m)

    def updates(self):
        """Errors at the rows' own times."""
        return update_errors(self.truth, self.tracks, self.table, self.found, self.match)

    def shown(self):
        """Errors at the instants."""
        return sample_errors(self.truth, self.table, self.found, self.match)
