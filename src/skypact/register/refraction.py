"""Elevations as an antenna sees them become those of the straight line, which are tracked."""

from collections.abc import Sequence

import numpy as np

from skypact.config import Sensor
from skypact.geo.geoid import undulation_m
from skypact.geo.refraction import straight_elevation
from skypact.model.reports import ReportBatch
from skypact.units import DEGREE


def without_refraction(reports: ReportBatch, sensors: Sequence[Sensor]) -> ReportBatch:
    """Return the reports with straight elevations; the batch given is not changed.

    Parameters
    ----------
    reports : ReportBatch of n rows
        Without the biases that are known. Where there is no range, an apparent elevation tells
        nothing and is left out.
    sensors : sequence of Sensor
        Row i describes the sensor with index i in the reports; those whose `elevations` are
        straight are left alone.
    """
    bent = [i for i, sensor in enumerate(sensors) if sensor.elevations == "apparent"]
    if not bent:
        return reports
    elevation = reports.elevation_rad.copy()
    for i in bent:
        rows = np.flatnonzero((reports.sensor == i) & np.isfinite(elevation))
        sensor = sensors[i]
        over_sea_m = sensor.height_m
        if sensor.lat is not None and sensor.lon is not None:
            over_sea_m -= float(undulation_m(sensor.lat * DEGREE, sensor.lon * DEGREE))
        elevation[rows] = straight_elevation(elevation[rows], reports.range_m[rows], over_sea_m)
    return reports._replace(elevation_rad=elevation)
