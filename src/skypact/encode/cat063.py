"""States and biases of sensors to sensor status messages: category 063.

Source: EUROCONTROL-SPEC-0149 Part 10, edition 1.7 (item table `decode/asterix/cat063.py`). Its
corrections, (range - bias) / (1 + gain) and azimuth - bias, have the signs of ours: a bias is
measured minus true. A radar has one set of biases here, which is sent for secondary and primary.
"""

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from skypact.decode.asterix.registry import category
from skypact.decode.asterix.values import bounds_of
from skypact.encode.asterix import encode_record
from skypact.encode.datagrams import Sender
from skypact.errors import ConfigError
from skypact.units import DAY, DEGREE, NAUTICAL_MILE

NUMBER: Final = 63
_NAN: Final = math.nan
_MILLISECOND: Final = 1e-3
_CONNECTION: Final = (0, 1, 3)
"""I063/060 CON by `SensorState.status`: operational, degraded, not connected."""
_RANGE: Final = ("080", "SRG", "SRB"), ("090", "PRG", "PRB")


class SensorState(NamedTuple):
    """What is known of a sensor; NaN: not estimated."""

    sac: int
    sic: int
    status: int
    """0 operational, 1 degraded, 2 out (nothing is received, or it must not be used)."""
    is_primary: bool = False
    """Whether it is a primary radar, and its biases are sent as such, too."""
    range_m: float = _NAN
    range_gain: float = _NAN
    azimuth_rad: float = _NAN
    elevation_rad: float = _NAN
    time_s: float = _NAN
    overload: bool = False
    time_invalid: bool = False
    no_plots: bool = False
    """Connected, but no plots come."""


def _limited(item: str, field: str, value: float) -> float:
    """Return the value in the item's unit, at the end of its range where it exceeds that."""
    table = next(one for one in category(NUMBER).items if one.name == item)
    fields = {one.name: one for one in table.variation.fields}  # type: ignore[union-attr]
    low, high = bounds_of(fields[field])
    lsb = fields[field].lsb
    return min(max(value, low * lsb), high * lsb)


def _biases(state: SensorState) -> dict[str, Any]:
    out: dict[str, Any] = {}
    gain, bias = state.range_gain, state.range_m
    for item, gain_field, bias_field in _RANGE[: 1 + state.is_primary]:
        if not (math.isnan(gain) and math.isnan(bias)):
            out[item] = {
                gain_field: _limited(item, gain_field, 0.0 if math.isnan(gain) else gain),
                bias_field: _limited(
                    item, bias_field, 0.0 if math.isnan(bias) else bias / NAUTICAL_MILE
                ),
            }
    for item in ("081", "091")[: 1 + state.is_primary]:
        if not math.isnan(state.azimuth_rad):
            out[item] = _limited(item, item, state.azimuth_rad / DEGREE)
    if not math.isnan(state.elevation_rad):
        out["092"] = _limited("092", "092", state.elevation_rad / DEGREE)
    if not math.isnan(state.time_s):
        out["070"] = _limited("070", "070", state.time_s / _MILLISECOND)
    return out


def sensor_record(state: SensorState, time_s: float, sender: Sender) -> bytes:
    """Return the record of one sensor at a time (UTC seconds).

    Raises
    ------
    ConfigError
        The status is none of 0, 1 and 2.
    """
    if state.status not in range(len(_CONNECTION)):
        raise ConfigError(f"sensor status: expected 0, 1 or 2, got {state.status}")
    values = {
        "010": {"SAC": sender.sac, "SIC": sender.sic},
        "015": sender.service,
        "030": time_s % DAY,
        "050": {"SAC": state.sac, "SIC": state.sic},
        "060": {
            "CON": _CONNECTION[state.status],
            "OPS": 0,
            "ODP": int(state.overload),
            "TSV": int(state.time_invalid),
            "NPW": int(state.no_plots),
        },
        **_biases(state),
    }
    return encode_record(category(NUMBER), values)


def sensor_records(states: Sequence[SensorState], time_s: float, sender: Sender) -> list[bytes]:
    """Return the records of sensors, in their order."""
    return [sensor_record(state, time_s, sender) for state in states]
