"""Scenario files: traffic, air, radars' options and the sensors of a simulated scene, with limits.

A scenario is TOML. Its ``[[member]]`` and ``[[sensor]]`` entries are those of a union file
(`skypact.config`), so a scenario's sensors are a valid union. Unknown keys are errors.
"""

import re
import tomllib
from importlib.resources import files
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from skypact import config
from skypact.config import Height, Latitude, Longitude, NotNegative, Positive
from skypact.errors import ConfigError

Share = Annotated[float, Meta(ge=0, le=1)]
Weight = Annotated[float, Meta(gt=0)]
FleetKind = Literal["airliner", "light", "helicopter", "fast"]

SIMULATED_KINDS: Final = ("radar", "mlat", "adsb")
"""Sensor kinds that the simulator can imitate today."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all parts: frozen, keyword-only, unknown keys refused."""


class Place(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named point: where transit routes begin and end, or a fix between them."""

    name: Annotated[str, Meta(min_length=1)]
    lat: Latitude
    lon: Longitude


class Airport(Place, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A threshold, and the course on which aircraft depart and approach."""

    height_m: Height
    """Threshold above the WGS-84 ellipsoid."""
    runway_deg: Annotated[float, Meta(ge=0, lt=360)] = 0.0
    weight: Weight = 1.0
    """Share of the movements, relative to the other airports."""


class Area(Place, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A training area of fast aircraft, with the base in its middle."""

    height_m: Height
    radius_m: Annotated[float, Meta(ge=5_000, le=200_000)]


class Fleet(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many aircraft of a kind are in the air at any time, and what they carry."""

    kind: FleetKind
    count: Annotated[int, Meta(ge=0, le=200_000)]
    transponder: Share = 1.0
    """Share with a transponder; the others are seen by primary radar only."""
    modes: Share = 1.0
    """Share of those with a transponder whose transponder is Mode S."""
    adsb: Share = 0.9
    """Share of those with Mode S that broadcast ADS-B."""


class Traffic(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How airliners' flights are shared among kinds of route."""

    transit: Share = 0.55
    """From one entry point to another."""
    domestic: Share = 0.1
    """Between two airports of the scenario; the rest arrive or depart, half and half."""
    hold: Share = 0.08
    """Share of arrivals that hold before the approach."""


class Air(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands between pressure altitude and height above the ellipsoid, and the ground."""

    undulation_m: Annotated[float, Meta(ge=-110, le=90)] = 45.0
    """Geoid above the ellipsoid in the scene, which is also where the sea lies."""
    ground_m: Height = 150.0
    """Ground above the ellipsoid, for the radio horizon."""
    offset_m: Annotated[float, Meta(ge=-500, le=500)] = 40.0
    """Height above mean sea level minus pressure altitude, at sea level, on average."""
    wave_m: Annotated[float, Meta(ge=0, le=300)] = 30.0
    """Amplitude of its slow change over some 600 km and 6 hours."""
    warm: Annotated[float, Meta(ge=-0.1, le=0.1)] = 0.008
    """Growth per metre of height: a column warmer than the standard atmosphere is taller."""


class Noise(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How measurements stray beyond their data sheet."""

    outlier_share: Share = 0.02
    """Share of radar and multilateration measurements that are heavy-tailed."""
    outlier_scale: Positive = 3.0
    """Those follow Student's t with 2 degrees of freedom, of this many sigmas."""


class RadarOptions(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a data sheet leaves open: the channels of a radar and how it sends."""

    primary: bool = False
    secondary: bool = True
    modes: bool = True
    """The secondary channel selects by Mode S address; else it knows Mode A and C only."""
    primary_range_m: Positive = 111_120.0
    """Where primary detection of an airliner falls to a half; clutter reaches as far."""
    sectors: Annotated[int, Meta(ge=4, le=256)] = 32
    """Sectors per turn, one datagram each."""
    cone_deg: Annotated[float, Meta(gt=0, lt=90)] = 45.0
    """Elevation above which nothing is seen."""
    delay_min_s: NotNegative = 0.1
    delay_max_s: NotNegative = 0.4


class Scenario(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scenario file."""

    title: str = ""
    start_s: Annotated[float, Meta(ge=0)] = 1_767_268_800.0
    """First instant, seconds UTC since 1970 (2026-01-01 12:00)."""
    truth_period_s: Annotated[float, Meta(ge=0.25)] = 1.0
    mark_simulated: bool = False
    """Set the simulated-target bit (SIM) of every record."""
    traffic: Traffic = Traffic()
    air: Air = Air()
    noise: Noise = Noise()
    fleet: tuple[Fleet, ...] = ()
    entry: tuple[Place, ...] = ()
    fix: tuple[Place, ...] = ()
    airport: tuple[Airport, ...] = ()
    airfield: tuple[Airport, ...] = ()
    area: tuple[Area, ...] = ()
    radar: dict[str, RadarOptions] = {}
    """Options by the name of the sensor."""
    member: tuple[config.Member, ...] = ()
    sensor: tuple[config.Sensor, ...] = ()


def load_scenario(name_or_text: str) -> Scenario:
    """Read a shipped scenario by name (``border``), or a scenario from TOML text.

    Raises
    ------
    ConfigError
        No such name, not TOML, an unknown key or a value out of its range; the message names the
        key, the value and the range.
    """
    if "\n" in name_or_text or "=" in name_or_text:
        return scenario_from_toml(name_or_text)
    known = shipped_scenarios()
    if name_or_text not in known:
        raise ConfigError(
            f"scenario {name_or_text!r}: expected one of {', '.join(known)}, or a scenario file"
        )
    text = (files("skypact.simulate") / "scenarios" / f"{name_or_text}.toml").read_text("utf-8")
    return scenario_from_toml(text, f"scenario {name_or_text}")


def shipped_scenarios() -> tuple[str, ...]:
    """Names of the scenarios that come with the package."""
    folder = files("skypact.simulate") / "scenarios"
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def scenario_from_toml(text: str, where: str = "scenario") -> Scenario:
    """Read and check a scenario from TOML text; errors as for `load_scenario`."""
    try:
        raw = tomllib.loads(text)
        scenario = msgspec.convert(raw, Scenario)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: expected TOML, got {error}; check the quotes") from error
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {_explained(raw, error)}") from error
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
            key = _wrong_radar(value) if token == "..." else token
            place.append(f".{key}")
            value = value.get(key)
    key = "".join(place).lstrip(".") or "scenario"
    unknown = re.search(r"unknown field `(.+?)`", text)
    if unknown:
        return f"{key}: expected only known keys, got {unknown[1]} = {value.get(unknown[1])!r}"
    return f"{key}: {text[0].lower()}{text[1:]}, got {value!r}"


def _wrong_radar(radars: dict[str, Any]) -> str:
    """Name of the first entry that cannot be read; msgspec does not say which one it is."""
    for name, entry in radars.items():
        try:
            msgspec.convert(entry, RadarOptions)
        except msgspec.ValidationError:
            return name
    return "?"


def _check(scenario: Scenario, where: str) -> None:
    """Check what types cannot say: names met twice, places needed, radars under the sea."""
    names = [sensor.name for sensor in scenario.sensor]
    addresses = [f"{sensor.sac}/{sensor.sic}" for sensor in scenario.sensor]
    for key, seen in (("name", names), ("sac/sic", addresses)):
        twice = sorted({value for value in seen if seen.count(value) > 1})
        if twice:
            raise ConfigError(f"{where}: sensor: expected each {key} once, got {twice[0]} twice")
    for name in scenario.radar:
        if name not in names:
            raise ConfigError(f"{where}: radar.{name}: expected the name of a sensor; add it")
    for index, sensor in enumerate(scenario.sensor):
        _check_sensor(sensor, scenario.air.undulation_m, f"{where}: sensor[{index}]")
    _check_traffic(scenario, where)


def _check_sensor(sensor: config.Sensor, sea_m: float, where: str) -> None:
    if sensor.kind not in SIMULATED_KINDS:
        known = ", ".join(SIMULATED_KINDS)
        raise ConfigError(f"{where}.kind: expected one of {known}, got {sensor.kind}")
    if sensor.lat is None or sensor.lon is None:
        raise ConfigError(f"{where}: expected lat and lon, got none; a simulated sensor has a site")
    if sensor.height_m < sea_m:
        raise ConfigError(
            f"{where}.height_m: expected a height above the sea, at least {sea_m:g} m above the"
            f" ellipsoid here (air.undulation_m), got {sensor.height_m:g}"
        )


def _check_traffic(scenario: Scenario, where: str) -> None:
    needs = {"airliner": ("entry", 2), "light": ("airfield", 2), "fast": ("area", 1)}
    needs["helicopter"] = ("airfield", 2)
    for fleet in scenario.fleet:
        key, least = needs[fleet.kind]
        got = len(getattr(scenario, key))
        if fleet.count and got < least:
            raise ConfigError(
                f"{where}: {key}: expected at least {least} for {fleet.kind} traffic, got {got}"
            )
    shares = scenario.traffic.transit + scenario.traffic.domestic
    if shares > 1.0:
        raise ConfigError(
            f"{where}: traffic: expected transit + domestic at most 1, got {shares:g}"
        )
    for name, options in scenario.radar.items():
        if options.delay_max_s < options.delay_min_s:
            raise ConfigError(
                f"{where}: radar.{name}.delay_max_s: expected at least delay_min_s"
                f" {options.delay_min_s:g}, got {options.delay_max_s:g}"
            )
