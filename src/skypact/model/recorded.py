"""Recorded trajectories as read from a file, before they are smoothed and flown again as truth."""

from typing import NamedTuple

from skypact.model.reports import Bytes, Floats, Ints, Longs


class RecordedPaths(NamedTuple):
    """Positions of recorded objects, one row each, ordered by object and time, SI and radians."""

    time_s: Floats
    """Seconds UTC since 1970 as recorded (n,)."""
    number: Ints
    """Number of the object in this recording, from 0."""
    lat_rad: Floats
    lon_rad: Floats
    altitude_m: Floats
    """Height above the WGS-84 ellipsoid, NaN where absent."""
    baro_altitude_m: Floats
    """Pressure altitude, NaN where absent."""
    icao: Ints
    """24-bit address, -1 unknown."""
    mode3a: Ints
    """Code as people say it, -1 unknown."""
    callsign: Longs
    """Packed as in `model.reports.pack_callsign`, -1 unknown."""
    target_class: Bytes
    """Index in `model.tracks.CLASSES`."""
    sigma_m: float
    """Standard deviation of a position per axis that is typical of the source; 0: exact."""
    sigma_altitude_m: float
    """The same of an altitude."""
