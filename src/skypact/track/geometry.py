"""The sensor table turned into what the kernels use: antennas and axes in the frame in force."""

from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels.geodesy import ecef_from_geodetic, enu_axes
from skypact.model.beam import BEAM_ALIVE_S, BEAM_BACK_S, BEAM_HEARD_S, BEAM_TIME_S, BEAM_WIDTH
from skypact.model.pressure import empty_nodes, empty_tiles, empty_witnesses
from skypact.model.sensors import ADSB_RECEIVER, MLAT_SYSTEM, SMR, SensorTable
from skypact.model.tracking import N_CELLS, Geometry

AIRBORNE_HEIGHT_M: Final = (5_000.0, 3_500.0)
"""Height assumed for an airborne plot without level, and its standard deviation."""
SURFACE_SIGMA_M: Final = 300.0
"""Standard deviation of a surface plot's height: the ground is flat to some metres, but reported
levels are pressure levels, up to 300 m off the true height as long as the difference is unknown."""
LOW_HEIGHT_M: Final = (1_000.0, 1_500.0)
"""Height above the site assumed for multilateration without level: mostly near the airport."""


def assumed_heights(table: SensorTable) -> npt.NDArray[np.float64]:
    """Height and standard deviation (S, 2) for reports without a level."""
    heights = np.tile(np.array(AIRBORNE_HEIGHT_M), (len(table.kind), 1))
    surface = table.kind == SMR
    heights[surface, 0] = table.height_m[surface]
    heights[surface, 1] = SURFACE_SIGMA_M
    low = (table.kind == MLAT_SYSTEM) | (table.kind == ADSB_RECEIVER)
    heights[low] = LOW_HEIGHT_M
    heights[low, 0] += np.nan_to_num(table.height_m[low])
    return heights


def geometry(table: SensorTable, *, flat: bool) -> Geometry:
    """Build the kernels' sensor arrays.

    In a flat scene longitude is x and latitude is y, in metres as they stand; in the real sky the
    antenna is placed in ECEF with its geodetic axes.
    """
    n = len(table.kind)
    site = np.full((n, 4), np.nan)
    axes = np.zeros((n, 3, 3))
    if flat:
        site[:, 0], site[:, 1] = np.nan_to_num(table.lon_rad), np.nan_to_num(table.lat_rad)
        site[:, 2] = site[:, 3] = table.height_m
        axes[:] = np.eye(3)
    elif n:
        ecef_from_geodetic(table.lat_rad, table.lon_rad, table.height_m, site[:, :3])
        site[:, 3] = table.height_m
        enu_axes(table.lat_rad, table.lon_rad, axes)
    beam = np.zeros((n, BEAM_WIDTH))
    beam[:, [BEAM_TIME_S, BEAM_HEARD_S, BEAM_ALIVE_S, BEAM_BACK_S]] = np.nan
    return Geometry(
        site=site,
        axes=axes,
        range_max_m=table.range_max_m,
        period_s=table.period_s,
        sigma_range_m=table.sigma_range_m,
        sigma_azimuth_rad=table.sigma_azimuth_rad,
        sigma_position_m=table.sigma_position_m,
        p_detection=table.p_detection,
        clutter_per_scan=table.clutter_per_scan,
        height_m=assumed_heights(table),
        on_surface=(table.kind == SMR).astype(np.int8),
        sigma_elevation_rad=table.sigma_elevation_rad,
        sigma_range_rate_mps=table.sigma_range_rate_mps,
        at_once=np.full(n, flat, np.int8),
        false_area=table.false_area,
        bias_sigma=table.bias_sigma.copy(),
        considers=np.array([(table.bias_sigma > 0.0).any()], np.int8),
        level_nodes=empty_nodes(),
        level_witnesses=empty_witnesses(),
        level_tiles=empty_tiles(),
        turns=np.tile([0.0, np.nan], (n, 1)),
        false_map=np.zeros((n, 2, 1 + N_CELLS, 2)),
        look_map=np.zeros((n, 1 + N_CELLS, 2)),
        beam=beam,
    )
