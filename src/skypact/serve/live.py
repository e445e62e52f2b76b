"""Operations on what is now: tracks, sensors, sources, alerts, outputs, the unit."""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import numpy as np

from skypact.encode.geojson import PathFeature, Point, TrackProperties, features, path
from skypact.geo.area import within
from skypact.model.store import AlertQuery, AlertRecord, stored
from skypact.model.tracks import TrackRows, concat_rows, take_rows
from skypact.serve.archive import rows_from_picture
from skypact.serve.collection import Link, TrackCollection
from skypact.serve.history import CONFIRMED
from skypact.serve.operation import GEOJSON, Answer, Call, Knowledge
from skypact.serve.problem import Problem
from skypact.serve.query import MOST_ROWS, Box
from skypact.serve.status import OutputStatus, SensorStatus, SourceStatus, UnitSummary
from skypact.serve.steplog import Structured
from skypact.units import DEGREE

MOST_POINTS: Final = 2_000
"""Of a path; of a longer one, points are left out evenly."""


class TrackDetail(msgspec.Struct, frozen=True, tag_field="type", tag="Feature"):
    """A track with its recent path."""

    id: str
    geometry: Point
    properties: TrackProperties
    path: PathFeature


class Sensors(msgspec.Struct, frozen=True):
    """Every sensor of the unit."""

    sensors: tuple[SensorStatus, ...]


class Sources(msgspec.Struct, frozen=True):
    """Every live source of the unit."""

    sources: tuple[SourceStatus, ...]


class Outputs(msgspec.Struct, frozen=True):
    """Every place that the unit sends the picture to."""

    outputs: tuple[OutputStatus, ...]


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """A state in the life of a warning, as a line of ``alerts.jsonl``."""

    id: str
    unit: str
    rule: str
    state: str
    """``raised``, ``updated``, ``acknowledged``, ``cleared``."""
    time_s: float
    """When it got into this state, seconds UTC since 1970."""
    event_time_s: float | None = None
    """When what it warns of happens."""
    tracks: tuple[int, ...] = ()
    severity: str = ""
    area: dict[str, Any] | None = None
    """GeoJSON geometry."""
    evidence: dict[str, Any] = {}


class Alerts(msgspec.Struct, frozen=True):
    """States of warnings in order of time."""

    alerts: tuple[Alert, ...]


def now_text() -> str:
    """Return the present as RFC 3339 text."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def pin_time(know: Knowledge, call: Call) -> str:
    """Fix the time of the picture that is asked for, the newest where none is.

    Raises
    ------
    Problem
        It is before what the unit remembers.
    """
    history = know.history
    at = call.values["at"]
    if at is not None and at < history.first_s:
        raise Problem(
            "bad-parameter", where="at", expected=f"{history.first_s:.3f} or later", got=f"{at}",
            remedy="ask /api/v1/ogc/collections/tracks/items for what was before",
        )  # fmt: skip
    newest = history.last_s
    call.values["at"] = newest if at is None else min(at, newest)
    return f"{call.values['at']!r} {history.first_s!r}"


def _matching(picture: Structured, values: dict[str, Any]) -> Structured:
    """Return the rows that fulfil the filters, but for the box."""
    mask = np.ones(picture.size, np.bool_)
    if values["icao"] is not None:
        mask &= np.isin(picture["icao"], np.array(values["icao"], np.int64))
    if values["callsign"] is not None:
        mask &= np.isin(picture["callsign"], np.array(values["callsign"], np.int64))
    if values["class"] is not None:
        mask &= np.isin(picture["target_class"], np.array(values["class"], np.int64))
    if values["confirmed"] is not None:
        mask &= (picture["flags"] & CONFIRMED > 0) == values["confirmed"]
    box: Box | None = values["bbox"]
    if box is not None:
        lat_rad, lon_rad = (picture[name] * (1e-7 * DEGREE) for name in ("lat_e7", "lon_e7"))
        mask &= within(box.area, lat_rad, lon_rad)
        mask &= ~(picture["altitude_m"] < box.lower_m) & ~(picture["altitude_m"] > box.upper_m)
    return picture[mask]


def tracks(know: Knowledge, call: Call) -> Answer:
    """Live tracks, one feature each, in order of their numbers."""
    at, limit, after = call.values["at"], call.values["limit"], call.values["after"]
    picture = know.history.state_at(at) if at == at else know.history.state_at(0.0)
    picture = _matching(picture, call.values)
    picture = picture[picture["track"] > after]
    links = [Link(call.link(), "self", GEOJSON)]
    if picture.size > limit:
        picture = picture[:limit]
        further = call.link(at=f"{at:.6f}", after=str(picture["track"][-1]))
        links.append(Link(further, "next", GEOJSON))
    found = features(stored([(rows_from_picture(picture), know.name)]))
    told = TrackCollection(found, now_text(), len(found), links, at if at == at else None)
    return Answer(told, GEOJSON)


def track(know: Knowledge, call: Call) -> Answer:
    """One live track with its recent path."""
    number, at = call.values["number"], call.values["at"]
    rows = know.history.state_at(at) if at == at else know.history.state_at(0.0)
    rows = rows[rows["track"] == number]
    if not rows.size:
        raise Problem(
            "not-found", where=call.path, expected="the number of a track that lives",
            got=str(number), remedy="ask the history for tracks that ended",
        )  # fmt: skip
    feature = features(stored([(rows_from_picture(rows), know.name)]))[0]
    line = path(_path_rows(know, number, at, call.values["path_s"]), number)
    detail = TrackDetail(feature.id, feature.geometry, feature.properties, line)
    return Answer(detail, GEOJSON)


def _path_rows(know: Knowledge, number: int, at: float, path_s: float) -> TrackRows:
    """Return a track's updates of the last seconds from the page's history, evenly thinned."""
    parts = know.history.rows_parts(at - path_s, at)
    mine = [part[part["track"] == number] for part in parts]
    found = concat_rows([rows_from_picture(part) for part in mine])
    n = found.time_s.size
    found = take_rows(found, np.argsort(found.time_s, kind="stable"))
    return take_rows(found, np.linspace(0, n - 1, min(n, MOST_POINTS)).astype(np.int64))


def sensors(know: Knowledge, _: Call) -> Answer:
    """Sensors: data sheets, states, clocks, biases, found figures."""
    return Answer(Sensors(know.unit().sensors))


def sources(know: Knowledge, _: Call) -> Answer:
    """Live sources and how they fare."""
    return Answer(Sources(know.unit().sources))


def outputs(know: Knowledge, _: Call) -> Answer:
    """Where the picture is sent, and how that fares."""
    return Answer(Outputs(know.unit().outputs))


def status(know: Knowledge, _: Call) -> Answer:
    """Tell the unit at a glance."""
    return Answer(UnitSummary.of(know.unit()))


def alert_fields(record: AlertRecord) -> dict[str, Any]:
    """Return the fields of `Alert`."""
    known = record.event_time_s == record.event_time_s
    return record._asdict() | {
        "event_time_s": record.event_time_s if known else None,
        "tracks": tuple(record.tracks),
        "area": None if record.area is None else dict(record.area),
        "evidence": dict(record.evidence),
    }


def alerts(know: Knowledge, call: Call) -> Answer:
    """Warnings: states of alerts in a span of time."""
    span, limit = call.values["datetime"], min(call.values["limit"], MOST_ROWS)
    query = AlertQuery(span.from_s, span.until_s, limit=limit)
    found = [Alert(**alert_fields(record)) for record in know.alerts(query)]
    return Answer(Alerts(tuple(found)))
