"""The sensor table: where each sensor is and how well it measures."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SENSOR_KINDS: Final = ("radar", "smr", "mlat", "adsb", "remoteid", "passive", "tracker", "position")
"""Sensor kinds; a sensor's `kind` column is the index in this tuple."""
(
    RADAR,
    SMR,
    MLAT_SYSTEM,
    ADSB_RECEIVER,
    REMOTEID_RECEIVER,
    PASSIVE_SENSOR,
    TRACKER,
    POSITIONER,
) = range(8)


class SensorTable(NamedTuple):
    """Sensors as a struct of arrays, length n. Angles in radians, lengths in metres.

    Names stay outside (see `config.Sensor`). Rows are in the order of the configuration.
    """

    kind: npt.NDArray[np.int8]
    sac: npt.NDArray[np.int32]
    sic: npt.NDArray[np.int32]
    lat_rad: Floats
    lon_rad: Floats
    height_m: Floats
    """Antenna height above the WGS-84 ellipsoid."""
    range_max_m: Floats
    period_s: Floats
    """Rotation or update period."""
    sigma_range_m: Floats
    sigma_azimuth_rad: Floats
    sigma_position_m: Floats
    """Horizontal standard deviation per axis of a position report that states none."""
    p_detection: Floats
    clutter_per_scan: Floats
    bias_sigma: Floats
    """Standard deviations of unknown biases (n, 4): range m, azimuth rad, time s, elevation rad."""
    sigma_elevation_rad: Floats
    """NaN where the sensor's elevations are not used: no data sheet says how good they are."""
    sigma_range_rate_mps: Floats
    """NaN likewise."""
    false_area: Floats
    """Area that false reports are spread over: m^2 (positions) or m rad (range and azimuth); NaN:
    the disc of `range_max_m`."""
