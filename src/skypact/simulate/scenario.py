"""Scenario files: traffic, air, radars' options and the sensors of a simulated scene, with limits.

A scenario is TOML. One with ``frame = "flat"`` is a flat scene (`simulate.flat.schema`). Otherwise
its ``[[member]]`` and ``[[sensor]]`` entries are those of a union file (`skypact.config`), so a
scenario's sensors are a valid union. Unknown keys are errors.
"""

import re
from importlib.resources import files
from itertools import pairwise
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from skypact import config
from skypact.config import read_toml
from skypact.errors import ConfigError
from skypact.simulate.flat.schema import FlatScenario, check
from skypact.simulate.limits import (
    check_finite,
    check_members,
    check_radar,
    check_sheet,
    check_ticks,
)
from skypact.simulate.parts import (
    AdsbOptions,
    Air,
    Airport,
    Area,
    Ballistic,
    Balloon,
    BiasDraw,
    Fault,
    Fleet,
    Flock,
    Ghost,
    Gnss,
    MlatOptions,
    Noise,
    Pad,
    Part,
    Place,
    RadarOptions,
    Recorded,
    Satellite,
    Traffic,
    Wind,
    Zoom,
)

MOST_AIRCRAFT: Final = 200_000
FORMATS: Final[dict[str, tuple[str, ...]]] = {
    "radar": ("asterix", "reports"),
    "mlat": ("asterix",),
    "adsb": ("asterix",),
    "remoteid": ("asterix", "reports"),
    "passive": ("asterix", "reports"),
}
"""Formats by kind of sensor. No category of ASTERIX carries the last two: they hand over reports
whatever their format says."""
SIMULATED_KINDS: Final = tuple(FORMATS)
"""Sensor kinds that the simulator can imitate."""

RECORDED_SUFFIXES: Final = (".json.gz", ".json", ".csv", ".parquet")
"""Files of recorded trajectories that can be read."""

OPTIONS: Final[dict[str, type[Part]]] = {
    "radar": RadarOptions,
    "mlat": MlatOptions,
    "adsb": AdsbOptions,
    "fault": Fault,
}
"""Tables of options by the name of a sensor."""


class Scenario(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scenario file."""

    title: str = ""
    start_s: Annotated[float, Meta(ge=0, le=4.1e9)] = 1_767_268_800.0
    """First instant, seconds UTC since 1970 (2026-01-01 12:00); to the year 2099."""
    duration_s: Annotated[float, Meta(gt=0, le=604_800)] = 600.0
    """How long `skypact simulate` plays; a live scene goes on."""
    truth_period_s: Annotated[float, Meta(ge=0.25)] = 1.0
    radar_look_s: Annotated[float, Meta(ge=0.25, le=2)] = 0.25
    """Radars look at so much of the truth at once, a multiple of 0.25 s: the longer, the faster a
    scene is made."""
    mark_simulated: bool = False
    """Set the simulated-target bit (SIM) of every record."""
    traffic: Traffic = Traffic()
    air: Air = Air()
    wind: Wind = Wind()
    noise: Noise = Noise()
    bias: BiasDraw = BiasDraw()
    fleet: tuple[Fleet, ...] = ()
    entry: tuple[Place, ...] = ()
    fix: tuple[Place, ...] = ()
    airport: tuple[Airport, ...] = ()
    airfield: tuple[Airport, ...] = ()
    area: tuple[Area, ...] = ()
    pad: tuple[Pad, ...] = ()
    balloon: tuple[Balloon, ...] = ()
    ballistic: tuple[Ballistic, ...] = ()
    satellite: tuple[Satellite, ...] = ()
    zoom: tuple[Zoom, ...] = ()
    recorded: tuple[Recorded, ...] = ()
    flock: tuple[Flock, ...] = ()
    gnss: tuple[Gnss, ...] = ()
    ghost: tuple[Ghost, ...] = ()
    radar: dict[str, RadarOptions] = msgspec.field(default_factory=dict)
    """Options by the name of the sensor."""
    mlat: dict[str, MlatOptions] = msgspec.field(default_factory=dict)
    """Options by the name of the sensor."""
    adsb: dict[str, AdsbOptions] = msgspec.field(default_factory=dict)
    """Options by the name of the sensor."""
    fault: dict[str, Fault] = msgspec.field(default_factory=dict)
    """What goes wrong, by the name of the sensor."""
    member: tuple[config.Member, ...] = ()
    sensor: tuple[config.Sensor, ...] = ()


def load_scenario(name_or_text: str, where: str = "scenario") -> Scenario | FlatScenario:
    """Read a shipped scenario by name (``border``), or a scenario from TOML text.

    `where` is what errors call the text. ``scale-N`` is the scenario ``scale`` with N aircraft.

    Raises
    ------
    ConfigError
        No such name, not TOML, an unknown key or a value out of its range; the message names the
        key, the value and the range.
    """
    if "\n" in name_or_text or "=" in name_or_text:
        return scenario_from_toml(name_or_text, where)
    known = shipped_scenarios()
    scale = re.fullmatch(r"scale-(\d{1,9})", name_or_text)
    if scale:
        return _scaled(int(scale[1]))
    if name_or_text not in known:
        raise ConfigError(
            f"scenario {name_or_text!r}: expected one of {', '.join(known)}, or a scenario file"
        )
    text = (files("skypact.simulate") / "scenarios" / f"{name_or_text}.toml").read_text("utf-8")
    return scenario_from_toml(text, f"scenario {name_or_text}")


def _scaled(n: int) -> Scenario:
    """Return the scenario ``scale`` with another number of aircraft."""
    if not 1 <= n <= MOST_AIRCRAFT:
        raise ConfigError(
            f"scenario scale-{n}: expected 1 to {MOST_AIRCRAFT:,} aircraft, got {n:,}"
        )
    scenario = load_sky_scenario("scale")
    fleet = msgspec.structs.replace(scenario.fleet[0], count=n)
    return msgspec.structs.replace(scenario, title=f"Scale, {n:,} aircraft", fleet=(fleet,))


def shipped_scenarios() -> tuple[str, ...]:
    """Names of the scenarios that come with the package."""
    folder = files("skypact.simulate") / "scenarios"
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load_sky_scenario(name_or_text: str) -> Scenario:
    """Read a scenario of the real sky; errors as for `load_scenario`, and where it is flat."""
    scenario = load_scenario(name_or_text)
    if isinstance(scenario, FlatScenario):
        raise ConfigError('scenario: frame: expected none (the real sky), got "flat"')
    return scenario


def load_flat_scenario(name_or_text: str) -> FlatScenario:
    """Read a scenario of a flat scene; errors as for `load_scenario`, and where it is not flat."""
    scenario = load_scenario(name_or_text)
    if not isinstance(scenario, FlatScenario):
        raise ConfigError('scenario: frame: expected "flat", got none (the real sky)')
    return scenario


def scenario_from_toml(text: str, where: str = "scenario") -> Scenario | FlatScenario:
    """Read and check a scenario from TOML text; errors as for `load_scenario`."""
    try:
        raw = read_toml(text, where)
        check_finite(raw, where)
        scenario: Scenario | FlatScenario = (
            msgspec.convert(raw, FlatScenario) if "frame" in raw else msgspec.convert(raw, Scenario)
        )
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {_explained(raw, error)}") from error
    if isinstance(scenario, FlatScenario):
        check(scenario, where)
    else:
        _check(scenario, where)
    return scenario


def _explained(raw: dict[str, Any], error: msgspec.ValidationError) -> str:
    """Add the value to msgspec's message, which names only the key and the range."""
    text, _, path = str(error).partition(" - at `$.")
    value: Any = raw
    place = []
    for token in re.findall(r"[^.\[\]`]+|(?<=\[)\.\.\.(?=\])", path):
        if isinstance(value, list):
            place.append(f"[{token}]")
            value = value[int(token)]
        else:
            key = _wrong_entry(value, OPTIONS[place[-1].lstrip(".")]) if token == "..." else token
            place.append(f".{key}")
            value = value.get(key)
    key = "".join(place).lstrip(".") or "scenario"
    unknown = re.search(r"unknown field `(.+?)`", text)
    if unknown:
        return f"{key}: expected only known keys, got {unknown[1]} = {value.get(unknown[1])!r}"
    return f"{key}: {text[0].lower()}{text[1:]}, got {value!r}"


def _wrong_entry(entries: dict[str, Any], kind: type[Part]) -> str:
    """Name of the first entry that cannot be read; msgspec does not say which one it is."""
    for name, entry in entries.items():
        try:
            msgspec.convert(entry, kind)
        except msgspec.ValidationError:
            return name
    return "?"


def _check(scenario: Scenario, where: str) -> None:
    """Check what types cannot say: names met twice, places needed, radars under the sea."""
    names = [sensor.name for sensor in scenario.sensor]
    # Sensors without ASTERIX need no address.
    addresses = [f"{s.sac}/{s.sic}" for s in scenario.sensor if not _is_direct(s)]
    for key, seen in (("name", names), ("sac/sic", addresses)):
        twice = sorted({value for value in seen if seen.count(value) > 1})
        if twice:
            raise ConfigError(f"{where}: sensor: expected each {key} once, got {twice[0]} twice")
    for table in OPTIONS:
        for name in getattr(scenario, table):
            if name not in names:
                raise ConfigError(f"{where}: {table}.{name}: expected the name of a sensor; add it")
    for index, sensor in enumerate(scenario.sensor):
        _check_sensor(sensor, scenario.air.undulation_m, f"{where}: sensor[{index}]")
    _check_traffic(scenario, where)
    check_ticks(scenario.truth_period_s, f"{where}: truth_period_s")
    check_ticks(scenario.radar_look_s, f"{where}: radar_look_s")
    check_members(scenario.sensor, scenario.member, where)


def _is_direct(sensor: config.Sensor) -> bool:
    """Whether a sensor hands over reports."""
    return sensor.kind in ("remoteid", "passive") or sensor.format == "reports"


def _check_sensor(sensor: config.Sensor, sea_m: float, where: str) -> None:
    if sensor.kind not in SIMULATED_KINDS:
        known = ", ".join(SIMULATED_KINDS)
        raise ConfigError(f"{where}.kind: expected one of {known}, got {sensor.kind}")
    if sensor.format not in FORMATS[sensor.kind]:
        known = " or ".join(FORMATS[sensor.kind])
        raise ConfigError(
            f"{where}.format: expected {known} for a simulated {sensor.kind} sensor,"
            f" got {sensor.format!r}"
        )
    if sensor.lat is None or sensor.lon is None:
        raise ConfigError(f"{where}: expected lat and lon, got none; a simulated sensor has a site")
    if sensor.height_m < sea_m:
        raise ConfigError(
            f"{where}.height_m: expected a height above the sea, at least {sea_m:g} m above the"
            f" ellipsoid here (air.undulation_m), got {sensor.height_m:g}"
        )
    check_sheet(sensor, where)


def _check_traffic(scenario: Scenario, where: str) -> None:
    needs = {"airliner": ("entry", 2), "light": ("airfield", 2), "fast": ("area", 1)}
    needs |= {"helicopter": ("airfield", 2), "drone": ("pad", 1)}
    for fleet in scenario.fleet:
        key, least = needs[fleet.kind]
        got = len(getattr(scenario, key))
        if fleet.count and got < least:
            raise ConfigError(
                f"{where}: {key}: expected at least {least} for {fleet.kind} traffic, got {got}"
            )
    _check_objects(scenario, where)
    shares = scenario.traffic.transit + scenario.traffic.domestic
    if shares > 1.0:
        raise ConfigError(
            f"{where}: traffic: expected transit + domestic at most 1, got {shares:g}"
        )
    for name, options in scenario.radar.items():
        check_radar(options, f"{where}: radar.{name}")


def _check_objects(scenario: Scenario, where: str) -> None:
    wind = scenario.wind
    for key in ("speed_mps", "from_deg"):
        got = len(getattr(wind, key))
        if got != len(wind.height_m) or not got:
            raise ConfigError(
                f"{where}: wind.{key}: expected one value for each of the {len(wind.height_m)}"
                f" levels of wind.height_m (at least one), got {got}"
            )
    if any(upper <= lower for lower, upper in pairwise(wind.height_m)):
        raise ConfigError(
            f"{where}: wind.height_m: expected ascending heights, got {list(wind.height_m)}"
        )
    for index, balloon in enumerate(scenario.balloon):
        if balloon.float_m <= balloon.height_m:
            raise ConfigError(
                f"{where}: balloon[{index}].float_m: expected a height above height_m"
                f" {balloon.height_m:g}, got {balloon.float_m:g}"
            )
    for index, recorded in enumerate(scenario.recorded):
        if not recorded.file.endswith(RECORDED_SUFFIXES):
            raise ConfigError(
                f"{where}: recorded[{index}].file: expected a name that ends in"
                f" {', '.join(RECORDED_SUFFIXES)}, got {recorded.file!r}"
            )
