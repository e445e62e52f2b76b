"""Columns of the rows that the spatial index keeps of each track (kernels/grid.py)."""

from typing import Final

LINKS_WIDTH: Final = 4
(CELL, BUCKET, AFTER, BEFORE) = range(LINKS_WIDTH)
"""Columns of `TrackTable.links`: name of the cell of the spatial index that a track is filed in,
its bucket, and the neighbours in that (-1 none)."""

NEAR_VEL: Final = 3
NEAR_TIME: Final = 6
NEAR_SPREAD: Final = 7
NEAR_HIGH: Final = 9
NEAR_CLIMB: Final = 10
NEAR_WIDTH: Final = 12
"""Columns of `TrackTable.near`: position (3) and velocity (3) of the state, its time, the roots of
the traces of both covariances (2), and those of their vertical parts."""

(FIRST_S, SWEPT_S, NEWEST_S) = range(3)
"""Places in `TrackTable.watch_s`."""
