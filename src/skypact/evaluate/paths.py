"""Truth and tracks in one form: paths of objects in one Cartesian frame, sorted by object and time.

The frame is ECEF for the real sky and x, y, 0 for flat scenes. Everything in this package works on
paths, or on samples of them at common instants (`evaluate.samples`).
"""

from typing import NamedTuple

from skypact.model.reports import Floats, Longs


class Paths(NamedTuple):
    """States of N objects, n rows in all; rows of object i are ``first[i]:first[i + 1]``."""

    number: Longs
    """Target or track number of each object, ascending (N,)."""
    first: Longs
    """(N + 1,)"""
    time_s: Floats
    """Strictly ascending within an object (n,)."""
    place_m: Floats
    """(n, 3)"""
    velocity_mps: Floats
    """(n, 3)"""
    up: Floats
    """Local vertical, (0, 0, 1) in a flat scene (n, 3)."""
    row: Longs
    """Row of the truth or track table each state came from (n,)."""
