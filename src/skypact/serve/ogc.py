"""The picture's past as OGC API Features: one collection, ``tracks``, a feature per update.

Source: OGC 17-069r4 (OGC API - Features, part 1: core, corrigendum 1.0.1), clauses 7 and 8; its
class ``oas30`` is not claimed, for the API's document follows OpenAPI 3.1.
"""

from typing import Final

import msgspec
import numpy as np

from skypact.encode.geojson import MICROSECONDS, Point, TrackProperties, features
from skypact.model.store import HistoryQuery, StoredTracks, take_stored
from skypact.serve.collection import Link, TrackCollection
from skypact.serve.live import now_text
from skypact.serve.operation import GEOJSON, JSON, Answer, Call, Knowledge
from skypact.serve.problem import Problem
from skypact.serve.query import Box, ItemName

CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CRS84H: Final = "http://www.opengis.net/def/crs/OGC/0/CRS84h"
GREGORIAN: Final = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.1"
CLASSES: Final = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
)
COLLECTION: Final = "tracks"
HALF_MICROSECOND_S: Final = 0.5 / MICROSECONDS


class Landing(msgspec.Struct, frozen=True):
    """Where everything is."""

    title: str
    description: str
    links: list[Link]


class Conformance(msgspec.Struct, frozen=True):
    """Which parts of the standard are followed."""

    conformsTo: tuple[str, ...]


class Spatial(msgspec.Struct, frozen=True):
    """Where features can be."""

    bbox: list[list[float]]
    crs: str = CRS84


class Temporal(msgspec.Struct, frozen=True):
    """When features can be; None leaves a side open."""

    interval: list[list[str | None]]
    trs: str = GREGORIAN


class Extent(msgspec.Struct, frozen=True):
    """Where and when."""

    spatial: Spatial
    temporal: Temporal


class Collection(msgspec.Struct, frozen=True):
    """One collection of features."""

    id: str
    title: str
    description: str
    links: list[Link]
    extent: Extent
    itemType: str
    crs: list[str]


class Collections(msgspec.Struct, frozen=True):
    """All collections."""

    links: list[Link]
    collections: list[Collection]


class Item(msgspec.Struct, frozen=True, tag_field="type", tag="Feature"):
    """One track update."""

    id: str
    geometry: Point
    properties: TrackProperties
    links: list[Link]


def _root(call: Call) -> str:
    return f"{call.base}/api/v1/ogc"


def landing(know: Knowledge, call: Call) -> Answer:
    """Where everything of the history is."""
    root = _root(call)
    links = [
        Link(f"{root}/", "self", JSON, "this page"),
        Link(f"{call.base}/api/v1/openapi.json", "service-desc", OPENAPI, "the API's document"),
        Link(f"{root}/conformance", "conformance", JSON, "which parts of the standard hold"),
        Link(f"{root}/collections", "data", JSON, "the collections"),
    ]
    title = f"Air picture of {know.name}"
    return Answer(Landing(title, "Track updates, now and in the past.", links))


def conformance(_: Knowledge, __: Call) -> Answer:
    """Which parts of the standard are followed."""
    return Answer(Conformance(CLASSES))


def _collection(call: Call) -> Collection:
    address = f"{_root(call)}/collections/{COLLECTION}"
    links = [
        Link(address, "self", JSON, "this collection"),
        Link(f"{address}/items", "items", GEOJSON, "its features"),
    ]
    extent = Extent(Spatial([[-180.0, -90.0, 180.0, 90.0]]), Temporal([[None, None]]))
    text = "Every update of every track: a point, with what was known then."
    return Collection(COLLECTION, "Track updates", text, links, extent, "feature", [CRS84, CRS84H])


def collections(_: Knowledge, call: Call) -> Answer:
    """All collections: there is one."""
    links = [Link(f"{_root(call)}/collections", "self", JSON, "this page")]
    return Answer(Collections(links, [_collection(call)]))


def collection(_: Knowledge, call: Call) -> Answer:
    """Describe the collection of track updates."""
    return Answer(_collection(call))


def _in_height(tracks: StoredTracks, box: Box | None) -> StoredTracks:
    """Leave out what is above or below a box; what has no height stays."""
    if box is None:
        return tracks
    height_m = tracks.rows.altitude_m
    return take_stored(tracks, ~(height_m < box.lower_m) & ~(height_m > box.upper_m))


def items(know: Knowledge, call: Call) -> Answer:
    """Track updates of a time and a place, a page at a time, in order of time."""
    v = call.values
    box: Box | None = v["bbox"]
    query = HistoryQuery(
        from_s=v["datetime"].from_s,
        until_s=v["datetime"].until_s,
        area=None if box is None else box.area,
        tracks=v["track"] or (),
        unit=v["unit"],
        icao=-1 if v["icao"] is None else v["icao"],
        callsign=-1 if v["callsign"] is None else v["callsign"],
        limit=v["limit"],
        after=v["cursor"],
    )
    page = know.archive.history(query)
    found = features(_in_height(page.tracks, box))
    links = [Link(call.link(), "self", GEOJSON)]
    if page.after is not None:
        links.append(Link(call.link(cursor=page.after.text()), "next", GEOJSON))
    return Answer(TrackCollection(found, now_text(), len(found), links), GEOJSON)


def item(know: Knowledge, call: Call) -> Answer:
    """One track update."""
    asked: ItemName = call.values["id"]
    time_s = asked.micros / MICROSECONDS
    # The nearest float64 to a microsecond lies within the float's own step of it.
    slack_s = HALF_MICROSECOND_S + float(np.spacing(time_s))
    query = HistoryQuery(
        time_s - slack_s, time_s + slack_s, tracks=(asked.track,), unit=asked.unit, limit=10
    )
    address = f"{_root(call)}/collections/{COLLECTION}"
    name = asked.text()
    for feature in features(know.archive.history(query).tracks):
        if feature.id == name:
            links = [
                Link(f"{address}/items/{name}", "self", GEOJSON),
                Link(address, "collection", JSON),
            ]
            return Answer(Item(name, feature.geometry, feature.properties, links), GEOJSON)
    raise Problem(
        "not-found", where=call.path, expected="the id of a kept track update", got=name,
        remedy=f"ids are those of {address}/items",
    )  # fmt: skip
