"""Parameters of the rule `area`."""

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
)

Clock = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Hours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Part of a week, UTC, in which an area is watched."""

    days: Annotated[str, Meta(pattern=r"^[1-7]+$")] = "1234567"
    """Days on which it begins, 1 Monday to 7 Sunday."""
    begin: Clock = "00:00"
    end: Clock = "00:00"
    """On the next day where it is not after `begin`."""


class WatchedArea(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the sky that is told of when somebody is in it, or soon will be."""

    name: Annotated[str, Meta(min_length=1)]
    outline: tuple[tuple[Latitude, Longitude], ...] = ()
    """Corners, degrees north and east; the last is joined to the first."""
    centre: tuple[Latitude, Longitude] | None = None
    """Instead: a protected object."""
    radius_m: Positive = 5_000.0
    """About it."""
    file: str = ""
    """Or a GeoJSON file with polygons."""
    lower_m: float = -500.0
    """Least height above the WGS-84 ellipsoid."""
    upper_m: float = 100_000.0
    lower_fl: float | None = None
    """Least flight level instead."""
    upper_fl: float | None = None
    hours: tuple[Hours, ...] = ()
    """When it is watched; left out, always."""
    allowed: tuple[str, ...] = ()
    """Callsigns (or how they begin) and 24-bit addresses (six hexadecimal digits) that may be in
    it."""
    severity: Severity = "severe"


class AreaParams(RuleParams, frozen=True, kw_only=True):
    """Somebody is in an area, or soon will be."""

    ahead_s: NotNegative = 60.0
    """Entries are predicted so far ahead, straight on."""
    area: tuple[WatchedArea, ...] = ()
    """The areas."""
