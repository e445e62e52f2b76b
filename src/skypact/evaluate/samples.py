"""Who is where at the instants at which sets of objects are compared."""

from typing import NamedTuple

from skypact.model.reports import Floats, Longs


class Samples(NamedTuple):
    """Truth and tracks at T instants; entries of instant k are ``*_first[k]:*_first[k + 1]``."""

    time_s: Floats
    """(T,)"""
    truth_first: Longs
    """(T + 1,)"""
    truth: Longs
    """Object in the truth's `Paths`, ascending within an instant (a,)."""
    truth_place_m: Floats
    """(a, 3)"""
    truth_velocity_mps: Floats
    up: Floats
    """Local vertical at the true place (a, 3)."""
    track_first: Longs
    """(T + 1,)"""
    track: Longs
    """Object in the tracks' `Paths`, ascending within an instant (b,)."""
    track_place_m: Floats
    """(b, 3)"""
    track_velocity_mps: Floats
    track_row: Longs
    """Row of the track table that the place was predicted from (b,)."""
