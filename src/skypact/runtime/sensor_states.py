"""Sensors' states and biases as category 063 sends them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from skypact.config import Sensor
from skypact.encode.cat063 import SensorState
from skypact.model.registration import (
    AZIMUTH_BIAS,
    ELEVATION_BIAS,
    RANGE_BIAS,
    RANGE_GAIN,
    TIME_BIAS,
)
from skypact.register.registration import Registration

OPERATIONAL: Final = 0
DEGRADED: Final = 1
OUT: Final = 2
"""Statuses of a sensor (I063/060 CON)."""
_BIASES: Final = {
    "range_m": RANGE_BIAS,
    "range_gain": RANGE_GAIN,
    "azimuth_rad": AZIMUTH_BIAS,
    "elevation_rad": ELEVATION_BIAS,
    "time_s": TIME_BIAS,
}


def sensor_states(
    sensors: Sequence[Sensor],
    status: Mapping[str, int],
    registration: Registration | None = None,
) -> tuple[SensorState, ...]:
    """Return the states of the sensors that have an address, in their order.

    Parameters
    ----------
    sensors : sequence of Sensor
        In force; rows of the registration.
    status : mapping of name to int
        `OPERATIONAL`, `DEGRADED` or `OUT`; those that are not in it are out.
    registration : Registration or None
        Gives the biases that it estimates and that can be observed; others are not sent.
    """
    biases = {} if registration is None else _biases(registration)
    out = []
    for i, sensor in enumerate(sensors):
        if sensor.sac or sensor.sic:
            is_radar = sensor.kind in ("radar", "smr")
            state = SensorState(sensor.sac, sensor.sic, status.get(sensor.name, OUT), is_radar)
            out.append(state._replace(**biases.get(i, {})))
    return tuple(out)


def _biases(registration: Registration) -> dict[int, dict[str, Any]]:
    """Biases by sensor, of those that anything was learnt of."""
    told = (registration.priors > 0) & np.asarray(registration.observable, np.bool_)
    values = registration.values
    return {
        i: {name: float(values[i, at]) for name, at in _BIASES.items() if told[i, at]}
        for i in range(len(registration.names))
        if registration.is_informed(i)
    }
