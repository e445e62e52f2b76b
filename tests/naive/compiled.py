"""Kernels around helpers, so that a test calls the compiled helper and its code is cached.

A helper called from Python is compiled anew in every process; through these it is not.
"""

from skypact.kernels import geodesy
from skypact.kernels._jit import kernel

_ecef_from_polar_one = geodesy.ecef_from_polar_one
_up_at_one = geodesy.up_at_one
_elevation_for_height_one = geodesy.elevation_for_height_one


@kernel
def ecef_from_polar_one(range_m, azimuth_rad, height_m, site, axes):
    """Compiled `geodesy.ecef_from_polar_one`."""
    return _ecef_from_polar_one(range_m, azimuth_rad, height_m, site, axes)


@kernel
def up_at_one(x, y, z):
    """Compiled `geodesy.up_at_one`."""
    return _up_at_one(x, y, z)


@kernel
def elevation_for_height_one(range_m, site_height_m, height_m):
    """Compiled `geodesy.elevation_for_height_one`."""
    return _elevation_for_height_one(range_m, site_height_m, height_m)
