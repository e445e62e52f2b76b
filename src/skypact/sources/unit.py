"""A unit's sources: those of its sensors and those of its own, each once."""

from collections.abc import Sequence
from typing import NamedTuple

from skypact.config import Sensor
from skypact.deploy import Unit
from skypact.errors import ConfigError
from skypact.sources.url import SourceUrl, parse_source


class UnitSource(NamedTuple):
    """One source and who sends by it."""

    spec: SourceUrl
    sensors: tuple[str, ...]
    """Names of the sensors whose entries name it; none for a unit's own."""


def unit_sensors(unit: Unit, sensors: Sequence[Sensor]) -> list[Sensor]:
    """Return those of a union's sensors that a unit takes in.

    Raises
    ------
    ConfigError
        It names a sensor that is not there, or has none.
    """
    names = {sensor.name for sensor in sensors}
    for name in unit.sensors:
        if name not in names:
            known = ", ".join(sorted(names)) or "none"
            raise ConfigError(f"unit {unit.name}: sensors: no sensor {name!r}; there are {known}")
    if unit.sensors:
        return [sensor for sensor in sensors if sensor.name in unit.sensors]
    if unit.member:
        return [sensor for sensor in sensors if sensor.member == unit.member]
    return list(sensors)


def unit_sources(unit: Unit, sensors: Sequence[Sensor]) -> list[UnitSource]:
    """Return every source of a unit, in the order in which the file names them.

    Parameters
    ----------
    unit : Unit
        The unit.
    sensors : sequence of Sensor
        Its own (`unit_sensors`). Several may come by one URL, if they have one format.

    Raises
    ------
    ConfigError
        A URL is wrong, or two sensors with different formats share it.
    """
    found: dict[str, UnitSource] = {}
    for sensor in sensors:
        if not sensor.source:
            continue
        spec = _parsed(f"sensor {sensor.name}", sensor.source, sensor.format)
        known = found.setdefault(sensor.source, UnitSource(spec, ()))
        if known.spec != spec:
            raise ConfigError(
                f"sensor {sensor.name}: {sensor.source} has the format {known.spec.format} with"
                f" {known.sensors[0]}, and {spec.format} here; a source has one"
            )
        found[sensor.source] = known._replace(sensors=(*known.sensors, sensor.name))
    for url in unit.source:
        if url not in found:
            found[url] = UnitSource(_parsed(f"unit {unit.name}", url, "asterix"), ())
    return list(found.values())


def _parsed(where: str, url: str, sensor_format: str) -> SourceUrl:
    try:
        return parse_source(url, sensor_format)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error
