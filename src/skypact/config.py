"""Union files: members and sensors as frozen structs, read from TOML, checked with their limits.

A union file may hold nothing but ``[[sensor]]`` entries, which is what a recorded or simulated
scene needs (DESIGN 2.1). Unknown keys are errors.
"""

import tomllib
from typing import Annotated, Any, Final, Literal, get_args

import msgspec
import numpy as np
from msgspec import Meta

from skypact.deploy import Unit
from skypact.errors import ConfigError
from skypact.model.sensors import SENSOR_KINDS, SensorTable
from skypact.rules import Watching
from skypact.units import DEGREE, NAUTICAL_MILE

SHORTEST_PERIOD_S: Final = 0.05
LONGEST_PERIOD_S: Final = 3_600.0
"""Limits of a rotation or update period: a tracker counts looks one by one."""

Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Height = Annotated[float, Meta(ge=-500, le=60_000)]
Positive = Annotated[float, Meta(gt=0)]
Period = Annotated[float, Meta(ge=SHORTEST_PERIOD_S, le=LONGEST_PERIOD_S)]
NotNegative = Annotated[float, Meta(ge=0)]
Probability = Annotated[float, Meta(gt=0, lt=1)]
Octet = Annotated[int, Meta(ge=0, le=255)]
Category = Annotated[str, Meta(pattern=r"^\d{3}$")]
SensorKind = Literal["radar", "smr", "mlat", "adsb", "remoteid", "passive", "tracker", "position"]


EFFECTORS: Final = (
    "effector", "weapon", "launcher", "gun", "cannon", "turret", "missile", "interceptor",
    "artillery", "battery", "jammer", "laser", "fire", "shooter", "munition",
)  # fmt: skip
"""Words in kinds of what acts on objects; none is taken in."""


class Biases(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a sensor measures wrongly: measured minus true; gain is measured / true - 1."""

    range_m: float = 0.0
    range_gain: float = 0.0
    azimuth_deg: float = 0.0
    elevation_deg: float = 0.0
    time_s: float = 0.0


class BiasSigmas(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standard deviations of what is not known of a sensor's biases; 0: it has none."""

    range_m: NotNegative = 0.0
    azimuth_deg: NotNegative = 0.0
    elevation_deg: NotNegative = 0.0
    time_s: NotNegative = 0.0


class Sensor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sensor's data sheet. Values left out follow the kind (`KIND_DEFAULTS`)."""

    name: Annotated[str, Meta(min_length=1)]
    kind: SensorKind = "radar"
    member: str = ""
    sac: Octet = 0
    sic: Octet = 0
    lat: Latitude | None = None
    """Degrees north, WGS-84; may be missing where reports carry positions."""
    lon: Longitude | None = None
    height_m: Height = 0.0
    """Antenna height above the WGS-84 ellipsoid."""
    x_m: float = 0.0
    """Place in a flat scene (`Union.frame`), where there is no latitude."""
    y_m: float = 0.0
    range_max_m: Positive | None = None
    period_s: Period | None = None
    sigma_range_m: Positive | None = None
    sigma_azimuth_deg: Positive | None = None
    sigma_position_m: Positive | None = None
    sigma_elevation_deg: Positive | None = None
    """A radar measures elevation only where this is given; without it, elevations that it reports
    are not used."""
    elevations: Literal["straight", "apparent"] = "straight"
    """What its elevations are: of the straight line to the object, refraction corrected by the
    radar, or of the bent ray as the antenna sees it; these are corrected here."""
    sigma_range_rate_mps: Positive | None = None
    """A radar measures range rate only where this is given; likewise."""
    p_detection: Probability | None = None
    clutter_per_scan: NotNegative | None = None
    false_area: Positive | None = None
    """Area that false reports are spread over, m^2 (positions) or m rad (range and azimuth), where
    it is not the disc of `range_max_m`."""
    biases: Biases = Biases()
    bias_sigmas: BiasSigmas = BiasSigmas()
    """The tracker states its errors as wide as these allow, however many reports it averages."""
    format: str = "asterix"
    """``asterix``, or of a receiver ``beast``, ``avr``, ``sbs``, ``frames``, ``aircraft.json``,
    ``remoteid``, ``radio``."""
    editions: dict[Category, str] = {}
    """Edition by ASTERIX category (``{ 021 = "0.26" }``), where its bytes do not tell."""
    source: str = ""
    """URL of the feed, for example ``udp://239.0.0.1:8600``."""


class KindDefaults(msgspec.Struct, frozen=True, kw_only=True):
    """Data-sheet values used where a sensor's entry leaves them out."""

    range_max_m: float
    period_s: float
    sigma_range_m: float
    sigma_azimuth_deg: float
    sigma_position_m: float
    p_detection: float
    clutter_per_scan: float


def _defaults(
    range_nm: float, period_s: float, sigma_m: float, sigma_deg: float, pd: float, clutter: float
) -> KindDefaults:
    return KindDefaults(
        range_max_m=range_nm * NAUTICAL_MILE,
        period_s=period_s,
        sigma_range_m=sigma_m,
        sigma_azimuth_deg=sigma_deg,
        sigma_position_m=sigma_m,
        p_detection=pd,
        clutter_per_scan=clutter,
    )


KIND_DEFAULTS: Final[dict[str, KindDefaults]] = {
    "radar": _defaults(250.0, 4.0, 50.0, 0.08, 0.9, 5.0),
    "smr": _defaults(3.0, 1.0, 8.0, 0.12, 0.9, 5.0),
    "mlat": _defaults(150.0, 1.0, 15.0, 0.1, 0.9, 0.01),
    "adsb": _defaults(250.0, 1.0, 30.0, 0.1, 0.9, 0.01),
    "remoteid": _defaults(3.0, 1.0, 10.0, 0.1, 0.8, 0.01),
    "passive": _defaults(100.0, 2.0, 500.0, 1.0, 0.7, 1.0),
    "tracker": _defaults(500.0, 4.0, 100.0, 0.1, 0.95, 0.01),
    "position": _defaults(500.0, 1.0, 30.0, 0.1, 0.9, 1.0),
}
"""Data-sheet values per kind, typical of published figures for such sensors."""


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One member of the union."""

    name: Annotated[str, Meta(min_length=1)]
    title: str = ""
    countries: tuple[str, ...] = ()
    """ISO 3166 numeric codes of its territory, as in the border data."""


class TargetClass(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits of a kind of object: what it can do, from which the tracker's figures follow."""

    name: Annotated[str, Meta(min_length=1)]
    share: Positive = 1.0
    """How common it is beside the other classes."""
    speed_max_mps: Positive
    """Greatest ground speed."""
    accel_max_mps2: Positive
    """Strongest horizontal acceleration that it holds for some seconds."""
    turn_max_dps: Positive
    """Fastest turn that it flies in service."""
    climb_max_mps: Positive
    """Greatest rate of climb or descent."""


class TrackingArea(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the sky whose objects move otherwise, such as a terminal or a training area."""

    name: Annotated[str, Meta(min_length=1)]
    outline: Annotated[tuple[tuple[Latitude, Longitude], ...], Meta(min_length=3)]
    """Corners, degrees north and east, in order; the last is joined to the first."""
    lower_m: Height = -500.0
    """Least height above the WGS-84 ellipsoid."""
    upper_m: Height = 60_000.0
    """Greatest height above the WGS-84 ellipsoid."""
    target_class: tuple[TargetClass, ...] = ()
    """Objects of the area; none: those of the whole file."""
    parameters: dict[str, Any] = {}
    """Figures of motion that are set by hand, by name (`TrackerParams`)."""


class Tracking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is tracked: kinds of objects with their limits, and areas with kinds of their own."""

    target_class: tuple[TargetClass, ...] = ()
    """Objects that are expected; none: the tracker's own list."""
    area: tuple[TrackingArea, ...] = ()
    """Areas with objects of their own; where they overlap, the first counts."""
    parameters: dict[str, Any] = {}
    """Figures of the tracker that are set by hand, by name (`TrackerParams`)."""


class RegistrationParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How sensors' biases are estimated (`register.registration`).

    Defaults follow the figures to which radars are usually aligned, not a scenario.
    """

    enabled: bool = True
    """Estimate biases and take them out of the reports before they are tracked."""
    window_s: Annotated[float, Meta(ge=5, le=120)] = 20.0
    """Time over which an object's path is fitted; estimates are renewed as often."""
    settle_s: Annotated[float, Meta(ge=0, le=60)] = 3.0
    """A window is evaluated so long after its end: late reports, and their association."""
    sigma_range_m: Positive = 50.0
    """Standard deviation of a radar's range bias before anything is known; the next alike."""
    sigma_range_gain: Positive = 1e-4
    sigma_azimuth_deg: Positive = 0.1
    sigma_elevation_deg: Positive = 0.1
    sigma_time_s: Positive = 0.1
    sigma_feed_time_s: Positive = 0.03
    """Of the time bias of multilateration and self-report receivers."""
    walk_range_m: Positive = 10.0
    """Random walk of the range bias in an hour; the next alike."""
    walk_range_gain: Positive = 1e-5
    walk_azimuth_deg: Positive = 0.015
    walk_time_s: Positive = 0.01
    steady_mps2: Positive = 0.3
    """Acceleration per axis of a flight that counts as steady."""
    self_memory_s: Positive = 60.0
    """Time over which the error of satellite positions stays the same."""
    least_nacp: Annotated[int, Meta(ge=1, le=11)] = 7
    """Self-reported positions of a lower accuracy category are not used."""
    alarm_sigma: Positive = 5.5
    """A bias has stepped when the last windows contradict the ones before by so many standard
    deviations."""
    step_windows: Annotated[int, Meta(ge=1, le=20)] = 4
    """How many windows are compared with what was known before them."""
    observable_share: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    """A bias is observable where its sigma has fallen to this share of the one beforehand."""


class Union(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A union file."""

    title: str = ""
    frame: Literal["earth", "flat"] = "earth"
    """The real sky, or a flat Cartesian scene as in published scenarios: reports, tracks and truth
    then have ``x_m, y_m`` instead of latitude and longitude."""
    member: tuple[Member, ...] = ()
    sensor: tuple[Sensor, ...] = ()
    tracking: Tracking = Tracking()
    """What is tracked, and how; left out, the tracker's own figures hold."""
    registration: RegistrationParams = RegistrationParams()
    """How sensors' biases are estimated."""
    unit: tuple[Unit, ...] = ()
    """Units that take in these sensors: `skypact run` and `skypact record`."""
    watch: Watching = Watching()
    """What is watched for, and told of."""


def read_toml(text: str, where: str) -> dict[str, Any]:
    """Read TOML text.

    Raises
    ------
    ConfigError
        It is none, holds a number too long to read, or is nested too deeply.
    """
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{where}: expected TOML, got {error}; check the quotes") from error


def union_from_toml(text: str, where: str = "union file") -> Union:
    """Read a union from TOML text.

    Raises
    ------
    ConfigError
        Not TOML, an unknown key, a value out of its range, two sensors with one name or SAC/SIC, or
        something that is no sensor but acts on what is seen.
    """
    read = read_toml(text, where)
    _refuse_effectors(read.get("sensor"), where)
    try:
        union = msgspec.convert(read, Union)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {error}; see docs/reference/configuration.md") from error
    for key in ("name", "address"):
        seen = [s.name if key == "name" else f"{s.sac}/{s.sic}" for s in union.sensor]
        twice = sorted({v for v in seen if seen.count(v) > 1 and v != "0/0"})
        if twice:
            raise ConfigError(f"{where}: expected each sensor {key} once, got {twice[0]} twice")
    return union


def _refuse_effectors(entries: object, where: str) -> None:
    """Refuse what is no sensor but a means to act on objects, and say why.

    Raises
    ------
    ConfigError
        The kind of an entry speaks of one.
    """
    for entry in entries if isinstance(entries, list) else ():
        kind = str(entry.get("kind", "")) if isinstance(entry, dict) else ""
        if any(word in kind.lower() for word in EFFECTORS):
            name = entry.get("name", "without a name")
            raise ConfigError(
                f"{where}: sensor {name}: expected a kind of sensor "
                f"({', '.join(get_args(SensorKind))}), got {kind!r}; Skypact watches and warns, it "
                "takes in no effectors and tasks, aims or controls none: leave the entry out"
            )


def resolve(sensor: Sensor, field: str) -> float:
    """Value of a data-sheet field: the sensor's own, else its kind's default."""
    own = getattr(sensor, field)
    return float(getattr(KIND_DEFAULTS[sensor.kind], field) if own is None else own)


def sensor_table(sensors: tuple[Sensor, ...] | list[Sensor], *, flat: bool = False) -> SensorTable:
    """Arrays of the sensors in order, SI and radians; NaN position where none is configured.

    In a flat scene longitude holds x and latitude y, in metres as they stand.
    """

    def column(field: str, factor: float = 1.0) -> np.ndarray:
        return np.array([resolve(s, field) * factor for s in sensors], np.float64)

    def optional(field: str, factor: float = 1.0) -> np.ndarray:
        values = [getattr(s, field) for s in sensors]
        return np.array([np.nan if v is None else v * factor for v in values], np.float64)

    def place(field: str) -> np.ndarray:
        return optional(field, DEGREE)

    return SensorTable(
        kind=np.array([SENSOR_KINDS.index(s.kind) for s in sensors], np.int8),
        sac=np.array([s.sac for s in sensors], np.int32),
        sic=np.array([s.sic for s in sensors], np.int32),
        lat_rad=np.array([s.y_m for s in sensors], np.float64) if flat else place("lat"),
        lon_rad=np.array([s.x_m for s in sensors], np.float64) if flat else place("lon"),
        height_m=np.array([s.height_m for s in sensors], np.float64),
        range_max_m=column("range_max_m"),
        period_s=column("period_s"),
        sigma_range_m=column("sigma_range_m"),
        sigma_azimuth_rad=column("sigma_azimuth_deg", DEGREE),
        sigma_position_m=column("sigma_position_m"),
        p_detection=column("p_detection"),
        clutter_per_scan=column("clutter_per_scan"),
        bias_sigma=np.array(
            [
                (b.range_m, b.azimuth_deg * DEGREE, b.time_s, b.elevation_deg * DEGREE)
                for b in (s.bias_sigmas for s in sensors)
            ],
            np.float64,
        ).reshape(-1, 4),
        sigma_elevation_rad=optional("sigma_elevation_deg", DEGREE),
        sigma_range_rate_mps=optional("sigma_range_rate_mps"),
        false_area=np.array([s.false_area or np.nan for s in sensors], np.float64),
    )
