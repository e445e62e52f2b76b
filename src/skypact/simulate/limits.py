"""What types cannot say of a scenario's values: finite numbers, multiples of the tick, sensors."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

from skypact.config import Member, Sensor, resolve
from skypact.errors import ConfigError
from skypact.simulate.parts import RadarOptions

SHORTEST_PERIOD_S: Final = 0.25
"""The tick: a sensor that looks more often would lose looks, a truth in between has no states."""
MOST_CLUTTER: Final = 200_000.0
"""False plots per scan; no radar's line carries as many."""
LEAST_PRIMARY_M: Final = 1_000.0
"""Nearer than some hundred metres no radar sees anything."""
BIASES: Final[dict[str, tuple[str, ...]]] = {
    "radar": ("range_m", "range_gain", "azimuth_deg", "elevation_deg", "time_s"),
    "mlat": ("time_s",),
    "adsb": ("time_s",),
    "remoteid": ("time_s",),
    "passive": ("azimuth_deg", "elevation_deg", "time_s"),
}
"""Biases that each kind of sensor has; reported positions have none but that of their stamp."""


def check_finite(raw: dict[str, Any], where: str) -> None:
    """Refuse ``inf`` and ``nan``, which pass limits like "greater than 0".

    Raises
    ------
    ConfigError
        Names the key's path and the value.
    """
    for key, value in _numbers(raw, ""):
        if not math.isfinite(value):
            raise ConfigError(f"{where}: {key}: expected a finite number, got {value}")


def _numbers(value: Any, path: str) -> Iterator[tuple[str, float]]:  # noqa: ANN401
    """Paths and values of all numbers below a value of TOML."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _numbers(inner, f"{path}[{index}]")
    elif isinstance(value, float):
        yield path, value


def check_ticks(period_s: float, where: str) -> None:
    """Refuse a time between ticks; raises ConfigError."""
    if period_s % SHORTEST_PERIOD_S:
        raise ConfigError(
            f"{where}: expected a multiple of {SHORTEST_PERIOD_S:g} s, got {period_s:g}"
        )


def check_members(sensors: Sequence[Sensor], members: Sequence[Member], where: str) -> None:
    """Refuse scenes without sensors, and sensors of members that are not there.

    Raises
    ------
    ConfigError
        Names the sensor, its member and the members there are.
    """
    if not sensors:
        raise ConfigError(f"{where}: sensor: expected at least one [[sensor]], got none; add one")
    names = [member.name for member in members]
    for index, sensor in enumerate(sensors):
        if sensor.member and sensor.member not in names:
            known = ", ".join(names) or "none"
            raise ConfigError(
                f"{where}: sensor[{index}].member: expected the name of a [[member]] ({known}),"
                f" got {sensor.member!r}"
            )


def check_sheet(sensor: Sensor, where: str) -> None:
    """Refuse what this kind of sensor cannot do.

    Raises
    ------
    ConfigError
        A period shorter than the tick, clutter beyond all measure, or a bias that this kind does
        not have.
    """
    period_s = resolve(sensor, "period_s")
    if period_s < SHORTEST_PERIOD_S:
        raise ConfigError(
            f"{where}.period_s: expected at least {SHORTEST_PERIOD_S:g} s (the scene's tick),"
            f" got {period_s:g}; several sensors at one site look more often"
        )
    clutter = resolve(sensor, "clutter_per_scan")
    if clutter > MOST_CLUTTER:
        raise ConfigError(
            f"{where}.clutter_per_scan: expected at most {MOST_CLUTTER:,.0f}, got {clutter:g}"
        )
    own = BIASES[sensor.kind]
    for key in BIASES["radar"]:
        value = getattr(sensor.biases, key)
        if value and key not in own:
            raise ConfigError(
                f"{where}.biases.{key}: expected 0, got {value:g}: a {sensor.kind} sensor has only"
                f" {', '.join(own)}; leave it out"
            )


def check_radar(options: RadarOptions, where: str) -> None:
    """Refuse delays that cross and primary ranges of nothing; raises ConfigError."""
    if options.delay_max_s < options.delay_min_s:
        raise ConfigError(
            f"{where}.delay_max_s: expected at least delay_min_s"
            f" {options.delay_min_s:g}, got {options.delay_max_s:g}"
        )
    if options.primary_range_m < LEAST_PRIMARY_M:
        raise ConfigError(
            f"{where}.primary_range_m: expected at least {LEAST_PRIMARY_M:g} m,"
            f" got {options.primary_range_m:g}"
        )
