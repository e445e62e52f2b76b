"""Biases that the configuration states are taken out of the reports before they are tracked.

Signs as everywhere: see `register.biases`.
"""

from collections.abc import Sequence

import numpy as np

from skypact.config import Biases, Sensor
from skypact.model.reports import ReportBatch
from skypact.register.biases import without_biases
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
    return without_biases(reports, table)
