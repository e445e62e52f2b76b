"""Parameters of the rule `terrain`."""

from typing import Annotated

import msgspec
from msgspec import Meta

from skypact.rules.common import (
    Latitude,
    Longitude,
    NotNegative,
    Positive,
    RuleParams,
    Severity,
    Share,
    TargetClass,
)


class Aerodrome(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where aircraft come down and go up: nobody is told to be low there."""

    name: Annotated[str, Meta(min_length=1)]
    """A word for errors."""
    outline: tuple[tuple[Latitude, Longitude], ...] = ()
    """Corners, degrees north and east; the last is joined to the first."""
    centre: tuple[Latitude, Longitude] | None = None
    """Instead: a circle."""
    radius_m: Positive = 10_000.0
    """About it: a glide path of 3 degrees is 500 m high there."""
    file: str = ""
    """Or a GeoJSON file with polygons."""


class SafeAltitude(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the ground with a minimum safe altitude."""

    name: Annotated[str, Meta(min_length=1)]
    """A word for evidence and errors."""
    outline: tuple[tuple[Latitude, Longitude], ...] = ()
    """Corners, degrees north and east; the last is joined to the first."""
    centre: tuple[Latitude, Longitude] | None = None
    """Instead: a circle."""
    radius_m: Positive = 46_300.0
    """About it: 25 NM (ICAO Doc 8168, volume II, part I, section 4, chapter 8)."""
    file: str = ""
    """Or a GeoJSON file with polygons."""
    altitude_m: float
    """Least altitude above mean sea level."""


class TerrainParams(RuleParams, frozen=True, kw_only=True):
    """An aircraft is, or soon will be, too low above the terrain or below a safe altitude."""

    raise_after_s: NotNegative = 4.0
    clear_after_s: NotNegative = 15.0
    ahead_s: Annotated[float, Meta(ge=0, le=120)] = 40.0
    """Heights are predicted so far ahead."""
    file: str = ""
    """Terrain: a folder of SRTM ``.hgt`` tiles, an ESRI ASCII grid ``.asc`` in degrees, or a NumPy
    ``.npz`` with `lat`, `lon` (degrees) and `height` (metres above mean sea level)."""
    clearance_m: NotNegative = 150.0
    """Less above the terrain is too low: 500 ft, the least of visual flights (SERA.5005 f)."""
    raise_probability: Share = 0.7
    """An aircraft is told from this probability of being too low on."""
    keep_probability: Share = 0.4
    """And stays told while it is at least so likely."""
    level_mps: NotNegative = 2.5
    """Slower climbs and descents are level flight (500 ft/min)."""
    level_off_s: Positive = 90.0
    """Mean time until descents end at a level nobody knows."""
    least_speed_mps: NotNegative = 60.0
    """Slower aircraft fly low on purpose."""
    quiet_s: Positive = 20.0
    """Tracks without an update for longer are left out."""
    least_updates: Annotated[int, Meta(ge=1)] = 8
    """Younger tracks than two minutes need so many updates: garbled replies make short ones."""
    left_out: tuple[TargetClass, ...] = (
        "light", "helicopter", "drone", "balloon", "surface", "ballistic"
    )  # fmt: skip
    """Target classes that fly low on purpose."""
    aerodrome: tuple[Aerodrome, ...] = ()
    """Where nobody is told to be low."""
    area: tuple[SafeAltitude, ...] = ()
    """Minimum safe altitudes."""
    severity: Severity = "severe"
    """Of every warning."""
