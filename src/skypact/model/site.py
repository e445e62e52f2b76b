"""Where a sensor stands, as a person gives it."""

from typing import NamedTuple


class Site(NamedTuple):
    """Address and place of a sensor: degrees WGS-84, antenna metres above the ellipsoid."""

    sac: int
    sic: int
    lat_deg: float
    lon_deg: float
    height_m: float
