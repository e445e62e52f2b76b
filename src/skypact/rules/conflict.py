"""Parameters of the rule `conflict`."""

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

Codes = Annotated[str, Meta(pattern=r"^[0-7]{4}(-[0-7]{4})?$")]


class ConflictZone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the sky with separation minima of its own, such as a terminal area."""

    name: Annotated[str, Meta(min_length=1)]
    """A word for errors."""
    outline: tuple[tuple[Latitude, Longitude], ...] = ()
    """Corners, degrees north and east; the last is joined to the first."""
    centre: tuple[Latitude, Longitude] | None = None
    """Instead: a circle."""
    radius_m: Positive = 55_560.0
    """About it."""
    file: str = ""
    """Or a GeoJSON file with polygons."""
    lower_m: float
    """Least height above the WGS-84 ellipsoid: higher than aircraft on runways."""
    upper_m: float
    """Largest height above the ellipsoid."""
    distance_nm: Positive = 3.0
    """Horizontal minimum where both are in it (ICAO Doc 4444, 8.7.3.2 a)."""
    height_ft: Positive = 1_000.0
    """Vertical minimum where both are in it."""
    watched: bool = True
    """False: pairs in it are silent, as in training areas."""


class ConflictExempt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Aircraft of a member that keep apart by other means than these minima."""

    name: Annotated[str, Meta(min_length=1)]
    """Whose they are."""
    codes: tuple[Codes, ...] = ()
    """Mode 3/A codes, or ranges of them: ``4401-4477``."""
    callsigns: tuple[Annotated[str, Meta(min_length=1)], ...] = ()
    """Callsigns, or how they begin."""
    addresses: tuple[Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{6}$")], ...] = ()
    """24-bit addresses."""
    wholly: bool = False
    """True: silent with all others; otherwise only with each other."""


class ConflictParams(RuleParams, frozen=True, kw_only=True):
    """Two aircraft come, or are, nearer to each other than the separation minima."""

    raise_after_s: NotNegative = 4.0
    clear_after_s: NotNegative = 12.0
    ahead_s: Positive = 120.0
    """Conflicts are predicted so far ahead."""
    distance_nm: Positive = 5.0
    """Horizontal minimum (ICAO Doc 4444, 8.7.3.1)."""
    height_ft: Positive = 1_000.0
    """Vertical minimum (ICAO Doc 4444, 5.3.2)."""
    upper_height_ft: Positive = 2_000.0
    """Vertical minimum where one of the two is above the levels of `height_ft`."""
    rvsm: bool = True
    """`height_ft` holds up to FL 410; False: up to FL 290."""
    distance_tolerance_nm: NotNegative = 0.5
    """Less than a minimum by so much is not told: 2.5 of 3 NM are usual on final approach (ICAO
    Doc 4444, 8.7.3.2 b)."""
    height_tolerance_ft: NotNegative = 200.0
    """As for levels that are kept (ICAO Doc 4444, 8.5.5.2.1)."""
    floor_fl: float = 100.0
    """Lower aircraft are watched in zones alone."""
    raise_probability: Share = 0.7
    """A conflict is told from this probability on."""
    keep_probability: Share = 0.4
    """And stays while it is at least so likely."""
    imminent_s: NotNegative = 60.0
    """Sooner conflicts and those that are have the severity of the rule, others `moderate`."""
    along_sigma_mps: NotNegative = 7.7
    """What the speed along the way is uncertain by: 15 kt (Paielli and Erzberger, 1997)."""
    across_sigma_deg: NotNegative = 1.5
    """What the course is uncertain by."""
    turn_sigma_deg: NotNegative = 15.0
    """And that of an object that surely manoeuvres."""
    level_mps: NotNegative = 2.5
    """Slower climbs and descents are level flight (500 ft/min)."""
    level_off_s: Positive = 180.0
    """Mean time until climbs and descents end at a level nobody knows."""
    unknown_height: bool = False
    """Objects of unknown height are in conflict at every height; False: they are left out."""
    quiet_s: Positive = 30.0
    """Tracks without an update for longer are left out."""
    least_updates: Annotated[int, Meta(ge=1)] = 8
    """Younger tracks than two minutes need so many updates: garbled replies make short ones."""
    left_out: tuple[TargetClass, ...] = ("surface", "ballistic")
    """Target classes that are not watched."""
    formation_nm: NotNegative = 1.0
    """Two that fly so near to each other with one velocity are a formation; 0: none are."""
    formation_height_ft: NotNegative = 1_000.0
    """And so near in height."""
    formation_mps: Positive = 10.0
    """Difference of their velocities."""
    formation_s: NotNegative = 300.0
    """For so long where their conflict was told before; others are a formation at once."""
    exempt: tuple[ConflictExempt, ...] = ()
    """Who is silent."""
    zone: tuple[ConflictZone, ...] = ()
    """Where other minima hold."""
    severity: Severity = "severe"
    """Of conflicts that are, or are imminent."""
