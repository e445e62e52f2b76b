"""The operations of the interface for programs; routes, document, reference page come from here."""

from collections.abc import Mapping
from typing import Any, Final

from skypact.model.tracks import CLASSES
from skypact.serve import live, ogc, warnings, watched
from skypact.serve.collection import TrackCollection
from skypact.serve.operation import GEOJSON, Operation
from skypact.serve.query import (
    BEGINNING_S,
    LATEST_S,
    LONGEST_PATH_S,
    MOST_ROWS,
    USUAL_PATH_S,
    USUAL_ROWS,
    Parameter,
    Span,
    listed,
    read_address,
    read_alert,
    read_box,
    read_callsign,
    read_capped,
    read_class,
    read_cursor,
    read_item,
    read_limit,
    read_number,
    read_path_s,
    read_span,
    read_time,
    read_truth,
    read_unit,
)
from skypact.serve.status import UnitSummary

_ADDRESS: Final = {"type": "string", "pattern": "^[0-9A-Fa-f]{6}$"}
_CALLSIGN: Final = {"type": "string", "pattern": "^[A-Za-z0-9]{1,8}$"}
_NUMBER: Final = {"type": "integer", "minimum": 0}
_ALL: Final = Span(BEGINNING_S, LATEST_S)


def _list_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema, "maxItems": 100}


AT: Final = Parameter(
    "at", read_time, {"type": "string"},
    "Time of the picture: RFC 3339, or seconds since 1970. Left out, the newest.",
    example="2026-01-01T10:15:00Z",
)  # fmt: skip
BOX: Final = Parameter(
    "bbox",
    read_box,
    {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6},
    "west,south,east,north in degrees, or west,south,lower,east,north,upper with heights in metres "
    "above the ellipsoid. West above east crosses the 180th meridian.",
    example="20,50,25,56",
)
SPAN: Final = Parameter(
    "datetime",
    read_span,
    {"type": "string"},
    "A time (RFC 3339, or seconds since 1970), or two with / between; .. leaves a side open.",
    _ALL,
    "2026-01-01T10:00:00Z/2026-01-01T11:00:00Z",
)
LIMIT: Final = Parameter(
    "limit", read_limit, {"type": "integer", "minimum": 1, "maximum": MOST_ROWS},
    "How many at most; a `next` link leads to the others.", MOST_ROWS, "1000",
)  # fmt: skip
FIRST: Final = LIMIT._replace(text="How many at most, the first ones.", default=USUAL_ROWS)
CAPPED: Final = Parameter(
    "limit",
    read_capped,
    {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": USUAL_ROWS},
    f"How many at most, {MOST_ROWS} if more are asked for; a `next` link leads to the others.",
    USUAL_ROWS,
    "1000",
)
ALERT: Final = Parameter(
    "id", read_alert, {"type": "string"}, "Id of the alert.",
    example="emergency-3-7700-1767262505000", place="path",
)  # fmt: skip
LIVE: Final = (
    Operation(
        "/tracks", "getTracks", "live",
        "Live tracks as GeoJSON, in order of their numbers.",
        live.tracks, TrackCollection, GEOJSON,
        (
            AT,
            BOX,
            Parameter("icao", listed(read_address), _list_of(_ADDRESS),
                      "24-bit addresses, commas between.", example="4ca2d6"),
            Parameter("callsign", listed(read_callsign), _list_of(_CALLSIGN),
                      "Callsigns, commas between.", example="BTI100"),
            Parameter("class", listed(read_class),
                      _list_of({"type": "string", "enum": list(CLASSES)}),
                      "Target classes, commas between.", example="airliner,light"),
            Parameter("confirmed", read_truth, {"type": "boolean"},
                      "Only tracks that the tracker vouches for, or only the others.",
                      example="true"),
            LIMIT,
            Parameter("after", read_number, _NUMBER, "Only tracks with higher numbers.", -1, "0"),
        ),
        pin=live.pin_time,
    ),
    Operation(
        "/tracks/{number}", "getTrack", "live", "One live track with its recent path.",
        live.track, live.TrackDetail, GEOJSON,
        (
            Parameter("number", read_number, _NUMBER, "Number of the track.", example="1",
                      place="path"),
            AT,
            Parameter("path_s", read_path_s,
                      {"type": "number", "minimum": 0, "maximum": LONGEST_PATH_S},
                      "Length of the path, seconds.", USUAL_PATH_S, "240"),
        ),
        ("not-found",), pin=live.pin_time,
    ),
    Operation("/sensors", "getSensors", "unit",
              "Sensors: data sheets, states, clock offsets, biases with their sigmas, figures "
              "found beside the data sheet.", live.sensors, live.Sensors),
    Operation("/sources", "getSources", "unit", "Live sources and how they fare.",
              live.sources, live.Sources),
    Operation("/outputs", "getOutputs", "unit",
              "Where the picture is sent, and how that fares.", live.outputs, live.Outputs),
    Operation("/status", "getStatus", "unit", "The unit at a glance.", live.status, UnitSummary),
    Operation("/alerts", "getAlerts", "alerts",
              "States of alerts in a span of time.",
              live.alerts, live.Alerts, parameters=(SPAN, FIRST), problems=("no-store",)),
    Operation("/alerts/alive", "getAliveAlerts", "alerts",
              "Alerts that live now, each as it was last told, the oldest first.",
              watched.alive, watched.AliveAlerts, parameters=(FIRST,)),
    Operation(
        "/alerts/{id}/acknowledge", "acknowledgeAlert", "alerts",
        "Take notice of an alert. Who asks again changes nothing.",
        watched.acknowledge, watched.Acknowledged,
        parameters=(ALERT,),
        problems=("bad-body", "too-long", "other-origin", "not-found"), role="operate",
        method="POST", body=watched.Note,
        accepted="It is served at the next look, within about a second; an alert that is over "
        "by then stays unacknowledged.",
    ),
    Operation("/doctrine", "getDoctrine", "alerts",
              "Measures of the doctrine: what is owed, told, acknowledged, overdue, escalated, for "
              "alerts that live and the last that are over.", watched.doctrine, watched.Measures),
    Operation("/warnings", "getWarnings", "warnings",
              "Drafts that wait for a person, the oldest first.",
              warnings.waiting, warnings.WaitingWarnings, parameters=(FIRST,), role="operate"),
    Operation("/warnings/{id}", "getWarning", "warnings",
              "One draft that waits, with its signed message.",
              warnings.draft, warnings.WarningDraft, parameters=(ALERT,),
              problems=("not-found",), role="operate"),
    Operation(
        "/warnings/{id}/refuse", "refuseWarning", "warnings",
        "Decide not to release a draft, for a reason; it stays and may still be released. A try "
        "without the role is recorded.",
        warnings.refuse, warnings.Decision, parameters=(ALERT,),
        problems=("bad-body", "too-long", "other-origin", "not-found", "conflict"), role="release",
        method="POST", body=warnings.Reason, denied=warnings.denied_refusal,
    ),
    Operation(
        "/warnings/{id}/release", "releaseWarning", "warnings",
        "Release a draft: a new message to the public is made, signed and sent. Who asks again "
        "changes nothing. A try without the role is recorded.",
        warnings.release, warnings.Decision, parameters=(ALERT,),
        problems=("other-origin", "not-found", "conflict", "internal"), role="release",
        method="POST", denied=warnings.denied_release,
    ),
)  # fmt: skip

HISTORY: Final = (
    Operation("/ogc/", "getLandingPage", "history", "Where everything of the history is.",
              ogc.landing, ogc.Landing),
    Operation("/ogc/conformance", "getConformance", "history",
              "Which parts of OGC API Features hold.", ogc.conformance, ogc.Conformance),
    Operation("/ogc/collections", "getCollections", "history", "The collections: there is one.",
              ogc.collections, ogc.Collections),
    Operation("/ogc/collections/tracks", "getCollection", "history",
              "The collection of track updates.", ogc.collection, ogc.Collection),
    Operation(
        "/ogc/collections/tracks/items", "getItems", "history",
        "Track updates of a time and a place, in order of time.",
        ogc.items, TrackCollection, GEOJSON,
        (
            BOX,
            SPAN,
            CAPPED,
            Parameter("track", listed(read_number), _list_of(_NUMBER),
                      "Numbers of tracks, commas between.", example="1,2"),
            Parameter("unit", read_unit, {"type": "string"}, "Updates of one unit.", "", "demo"),
            Parameter("icao", read_address, _ADDRESS, "24-bit address.", example="4ca2d6"),
            Parameter("callsign", read_callsign, _CALLSIGN, "Callsign.", example="BTI100"),
            Parameter("cursor", read_cursor, {"type": "string"}, "From a `next` link."),
        ),
        ("no-store",),
    ),
    Operation(
        "/ogc/collections/tracks/items/{id}", "getItem", "history", "One track update.",
        ogc.item, ogc.Item, GEOJSON,
        (Parameter("id", read_item, {"type": "string"}, "Id of the feature.",
                   example="demo.1.1767262500000000", place="path"),),
        ("not-found", "no-store"),
    ),
)  # fmt: skip

OPERATIONS: Final = (*LIVE, *HISTORY)
