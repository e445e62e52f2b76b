"""Biases that the configuration states are taken out of the reports before they are tracked.

Signs as everywhere: bias = measured - true, gain = measured / true - 1, so true = measured - bias,
and for range true = (measured - bias) / (1 + gain). A time bias is stamp - true time.
"""

from collections.abc import Sequence

import numpy as np

from skypact.config import Biases, Sensor
from skypact.model.reports import ReportBatch
from skypact.units import DEGREE


def without_known_biases(reports: ReportBatch, sensors: Sequence[Sensor]) -> ReportBatch:
    """Return the reports with each sensor's configured biases removed.

    Parameters
    ----------
    reports : ReportBatch of n rows
        As decoded; not changed.
    sensors : sequence of Sensor
        Row i describes the sensor with index i in the reports.

    Returns
    -------
    ReportBatch
        The same batch where no sensor states a bias.
    """
    if all(sensor.biases == Biases() for sensor in sensors):
        return reports
    table = np.array(
        [
            (b.range_m, b.range_gain, b.azimuth_deg * DEGREE, b.elevation_deg * DEGREE, b.time_s)
            for b in (sensor.biases for sensor in sensors)
        ]
    )
    range_m, gain, azimuth_rad, elevation_rad, time_s = table[reports.sensor].T
    return reports._replace(
        range_m=(reports.range_m - range_m) / (1.0 + gain),
        azimuth_rad=np.mod(reports.azimuth_rad - azimuth_rad, 2.0 * np.pi),
        elevation_rad=reports.elevation_rad - elevation_rad,
        time_s=reports.time_s - time_s,
    )
