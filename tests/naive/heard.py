"""Small batches of reports for rules."""

import numpy as np
from tests.naive.skies import START_S

from skypact.model.reports import ADSB, REPORT_DTYPES, empty_reports
from skypact.units import DEGREE


def report(at_s, kind=ADSB, lat=None, lon=None, **more):
    """One report `at_s` seconds after the start: degrees, and columns of its row."""
    entry = {"time_s": START_S + at_s, "kind": kind, **more}
    if lat is not None:
        entry |= {"lat_rad": lat * DEGREE, "lon_rad": lon * DEGREE}
    return entry


def reports(*entries):
    """The batch of entries, in the order given."""
    batch = empty_reports(len(entries))
    for i, entry in enumerate(entries):
        for name, value in entry.items():
            assert name in REPORT_DTYPES
            getattr(batch, name)[i] = value
    return batch


def heard(*pairs):
    """What a sky takes of reports: each with the number of its track, -1 for none."""
    tracks = np.array([track for track, _ in pairs], np.int64)
    return {"reports": reports(*(entry for _, entry in pairs)), "report_track": tracks}
