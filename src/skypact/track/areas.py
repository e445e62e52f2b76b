"""Areas with objects of their own: which row of motion holds for a track."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.config import TrackingArea
from skypact.kernels.geodesy import geodetic_from_ecef
from skypact.model.tracking import AREA, BALLISTIC_ROW, FREE, HIGH_WATER, HOME, STATE, TrackTable
from skypact.track.params import TrackerParams
from skypact.units import DEGREE

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]


class AreaMotion(NamedTuple):
    """An area and how objects move in it."""

    area: TrackingArea
    params: TrackerParams
    """Only its figures of motion count."""


def area_of(
    areas: Sequence[TrackingArea], lat_rad: Floats, lon_rad: Floats, height_m: Floats
) -> Longs:
    """Find the area of each place: 1 for the first, 0 where none; the first in order counts.

    Parameters
    ----------
    areas : sequence of TrackingArea
        Outlines with straight sides in latitude and longitude.
    lat_rad, lon_rad, height_m : (n,) float64

    Returns
    -------
    (n,) int64
    """
    found = np.zeros(len(lat_rad), np.int64)
    for number, area in reversed(list(enumerate(areas, 1))):
        inside = (height_m >= area.lower_m) & (height_m <= area.upper_m)
        found[inside & _is_within(np.array(area.outline) * DEGREE, lat_rad, lon_rad)] = number
    return found


def _is_within(outline: Floats, lat_rad: Floats, lon_rad: Floats) -> npt.NDArray[np.bool_]:
    """Even-odd rule; longitudes are taken from the outline's first corner, the short way round."""
    origin = outline[0, 1]
    east = np.mod(lon_rad - origin + np.pi, 2 * np.pi) - np.pi
    corner = np.mod(outline[:, 1] - origin + np.pi, 2 * np.pi) - np.pi
    odd = np.zeros(len(lat_rad), np.bool_)
    for k in range(len(outline)):
        lat0, lat1 = outline[k, 0], outline[k - 1, 0]
        spans = (lat0 > lat_rad) != (lat1 > lat_rad)
        with np.errstate(divide="ignore", invalid="ignore"):
            crossing = corner[k] + (lat_rad - lat0) / (lat1 - lat0) * (corner[k - 1] - corner[k])
        odd ^= spans & (east < crossing)
    return odd


def settle_areas(tracks: TrackTable, areas: Sequence[AreaMotion]) -> None:
    """Give every live track the row of motion of the area it is in; earth frame.

    What moves by the ballistic mode gets it when it moves as an aircraft again.
    """
    live = np.flatnonzero(tracks.tag[: tracks.counters[HIGH_WATER], STATE] != FREE)
    if not live.size:
        return
    place = np.empty((live.size, 3))
    geodetic_from_ecef(np.ascontiguousarray(tracks.pos[live]), place)
    tracks.tag[live, HOME] = area_of([entry.area for entry in areas], *place.T)
    flies = live[tracks.tag[live, AREA] != BALLISTIC_ROW]
    tracks.tag[flies, AREA] = tracks.tag[flies, HOME]
