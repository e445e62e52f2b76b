"""Makes the rules of a watch from its parameters."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import msgspec

from skypact.config import Union
from skypact.errors import ConfigError
from skypact.geo.borders import countries
from skypact.geo.terrain import Terrain
from skypact.rules import Watching
from skypact.rules.common import RuleParams
from skypact.rules.slow import SlowParams
from skypact.rules.terrain import TerrainParams
from skypact.watch.area import AreaRule, Watched
from skypact.watch.ballistic import BallisticRule
from skypact.watch.bias import BiasRule
from skypact.watch.border import BorderRule
from skypact.watch.conflict import ConflictRule, Zone
from skypact.watch.coverage import CoverageRule
from skypact.watch.districts import Districts, districts_of_geojson
from skypact.watch.doctrine import Doctrine
from skypact.watch.drift import DriftRule
from skypact.watch.emergency import EmergencyRule
from skypact.watch.feed import FeedRule
from skypact.watch.gnss import GnssRule
from skypact.watch.ground import Ground, polygon_of, ring_about, shape_of_geojson, territory_of
from skypact.watch.identity import IdentityRule
from skypact.watch.kinematics import KinematicsRule
from skypact.watch.life import Rule
from skypact.watch.noncooperative import NoncooperativeRule, Place
from skypact.watch.slow import SlowRule
from skypact.watch.swarm import SwarmRule
from skypact.watch.terrain import Safe, TerrainRule
from skypact.watch.turns import Turns
from skypact.watch.unconfirmed import UnconfirmedRule
from skypact.watch.wind_drift import Wind, wind_of, wind_of_json

NAMES: Final = tuple(
    field.name
    for field in msgspec.structs.fields(Watching)
    if isinstance(field.type, type) and issubclass(field.type, RuleParams)
)
"""Of all rules."""
ReadJson = Callable[[str], Mapping[str, Any]]
"""Reads a GeoJSON file by its name in a union file; raises ConfigError."""
ReadTerrain = Callable[[str], Terrain]
"""Reads a file or folder of terrain by its name in a union file; raises ConfigError."""


class Outlined(Protocol):
    """A part of the ground as parameters have it."""

    @property
    def name(self) -> str:
        """A word for errors and evidence."""
        ...

    @property
    def outline(self) -> tuple[tuple[float, float], ...]:
        """Corners, degrees north and east."""
        ...

    @property
    def centre(self) -> tuple[float, float] | None:
        """Instead: of a circle."""
        ...

    @property
    def radius_m(self) -> float:
        """About it."""
        ...

    @property
    def file(self) -> str:
        """Or a GeoJSON file."""
        ...


def _no_terrain(name: str) -> Terrain:
    raise ConfigError(f"watch.terrain {name}: nothing here reads terrain")


def rules_of(
    watching: Watching, union: Union, read: ReadJson, read_terrain: ReadTerrain = _no_terrain
) -> list[Rule]:
    """Make all rules that are enabled and have something to watch.

    Raises
    ------
    ConfigError
        An area without a ground, an unknown country, a file without polygons.
    """
    rules: list[Rule] = [
        BallisticRule(watching.ballistic, districts_of(watching, read)),
        EmergencyRule(watching.emergency),
        IdentityRule(watching.identity),
        KinematicsRule(watching.kinematics),
        SwarmRule(watching.swarm),
    ]
    territory = territory_ground(watching, union, read)
    if territory is not None:
        rules.append(BorderRule(watching.border, territory))
    areas: list[Watched] = []
    if watching.area.area:
        areas = [Watched(area, ground_of("area", area, read)) for area in watching.area.area]
        rules.append(AreaRule(watching.area, areas))
    conflict = watching.conflict
    if conflict.enabled:
        zones = [Zone(one, ground_of("conflict.zone", one, read)) for one in conflict.zone]
        rules.append(ConflictRule(conflict, zones))
    terrain = watching.terrain
    if terrain.enabled and (terrain.file or terrain.area):
        rules.append(_terrain_rule(terrain, read, read_terrain))
    places = _places(watching.noncooperative.within, territory, areas)
    if places:
        rules.append(NoncooperativeRule(watching.noncooperative, places))
    slow = watching.slow
    rules.append(SlowRule(slow, _places("both", territory, areas), _wind(slow, read)))
    rules += sensor_rules_of(watching)
    return [rule for rule in rules if rule.params.enabled]


def sensor_rules_of(watching: Watching) -> list[Rule]:
    """Rules that compare what sensors see; they share the counts of detections."""
    turns = Turns(watching.coverage)
    return [
        BiasRule(watching.bias),
        CoverageRule(watching.coverage, turns),
        DriftRule(watching.drift, turns),
        FeedRule(watching.feed, turns),
        GnssRule(watching.gnss),
        UnconfirmedRule(watching.unconfirmed, turns),
    ]


def doctrine_of(watching: Watching, unit: str) -> Doctrine:
    """Make the doctrine of a unit.

    Raises
    ------
    ConfigError
        A rule or a recipient is unknown.
    """
    return Doctrine(watching.doctrine, watching.recipient, NAMES, unit)


def territory_ground(watching: Watching, union: Union, read: ReadJson) -> Ground | None:
    """Land of the union, None where nobody says which it is."""
    border = watching.border
    if border.file:
        return Ground(shape_of_geojson(read(border.file), border.file))
    codes = border.countries or tuple(c for member in union.member for c in member.countries)
    return Ground(territory_of(codes)) if codes else None


def districts_of(watching: Watching, read: ReadJson) -> Districts:
    """Return whom to warn: the districts of a file, or countries.

    Raises
    ------
    ConfigError
        The file cannot be used.
    """
    file = watching.ballistic.districts
    if file:
        return districts_of_geojson(read(file), file)
    codes = sorted({c.code for c in countries() if c.code})
    names = {c.code: c.name for c in countries()}
    return Districts([names[c] for c in codes], [territory_of((c,)) for c in codes])


def _terrain_rule(params: TerrainParams, read: ReadJson, read_terrain: ReadTerrain) -> TerrainRule:
    terrain = read_terrain(params.file) if params.file else None
    areas = [Safe(one, ground_of("terrain.area", one, read)) for one in params.area]
    aerodromes = [ground_of("terrain.aerodrome", one, read) for one in params.aerodrome]
    return TerrainRule(params, terrain, areas, aerodromes)


def _places(within: str, territory: Ground | None, areas: list[Watched]) -> list[Place]:
    """Return the ground that a rule looks at: ``territory``, ``areas``, ``both``."""
    places = [] if territory is None or within == "areas" else [Place("territory", territory)]
    return places + [Place(a.area.name, a.ground) for a in areas if within != "territory"]


def _wind(slow: SlowParams, read: ReadJson) -> Wind | None:
    if not slow.enabled or not slow.wind_file:
        return wind_of(slow.wind)
    return wind_of_json(read(slow.wind_file), slow.wind_file)


def ground_of(kind: str, area: Outlined, read: ReadJson) -> Ground:
    """Return the ground of an area of a rule.

    Raises
    ------
    ConfigError
        It has no outline, centre or file, or more than one, or a broken one.
    """
    given = [bool(area.outline), area.centre is not None, bool(area.file)]
    if sum(given) != 1:
        raise ConfigError(
            f"watch.{kind} {area.name}: expected one of outline, centre and file, got {sum(given)}"
        )
    if area.file:
        return Ground(shape_of_geojson(read(area.file), area.file))
    if area.centre is not None:
        return Ground(ring_about(*area.centre, area.radius_m))
    if len(area.outline) < 3:
        raise ConfigError(f"watch.{kind} {area.name}: expected three corners or more")
    return Ground(polygon_of(area.outline))
