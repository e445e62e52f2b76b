"""Biases of sensors as a table, and reports without them."""

from typing import Final

import numpy as np

from skypact.model.reports import Floats, ReportBatch

(RANGE, GAIN, AZIMUTH, ELEVATION, TIME) = range(5)
"""Columns of a table of biases: m, ratio, rad, rad, s."""
BIAS_WIDTH: Final = 5


def without_biases(reports: ReportBatch, table: Floats) -> ReportBatch:
    """Return the reports with each sensor's biases removed; the batch given is not changed.

    Bias = measured - true, so true = measured - bias; for range true = (measured - bias) / (1 +
    gain); a time bias is stamp - true time.

    Parameters
    ----------
    reports : ReportBatch of n rows
    table : (S, 5) float64
        Row i: the biases of the sensor with index i.
    """
    range_m, gain, azimuth_rad, elevation_rad, time_s = table[reports.sensor].T
    return reports._replace(
        range_m=(reports.range_m - range_m) / (1.0 + gain),
        azimuth_rad=np.mod(reports.azimuth_rad - azimuth_rad, 2.0 * np.pi),
        elevation_rad=reports.elevation_rad - elevation_rad,
        time_s=reports.time_s - time_s,
    )
