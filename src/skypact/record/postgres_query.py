"""Questions to a database of pictures: conditions with their values apart, never in the text."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from skypact.model.reports import unpack_callsign
from skypact.model.store import AlertQuery, Area, HistoryQuery
from skypact.units import DEGREE

_BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BOX: Final = "ST_Covers(ST_MakeEnvelope({}, {}, {}, {}, 4326), position)"
_RING: Final = "ST_Covers(ST_GeomFromText({}, 4326), position)"


def moment(time_s: float, margin: int) -> datetime:
    """Time to the microsecond, some microseconds off."""
    return _BEGIN + timedelta(microseconds=int(np.rint(time_s * 1e6)) + margin)


class Question:
    """Conditions that all hold, and the values for them."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.values: list[Any] = []

    def need(self, text: str, *values: Any) -> "Question":  # noqa: ANN401 - what the driver takes
        """Add a condition in which ``{}`` stands for each value."""
        first = len(self.values) + 1
        self.values += values
        self._parts.append(text.format(*(f"${first + i}" for i in range(len(values)))))
        return self

    def between(self, from_s: float, until_s: float) -> "Question":
        """Add ``from_s <= time_s < until_s``, to the last bit, in words that indices know."""
        self.need("time >= {} AND time <= {}", moment(from_s, -1), moment(until_s, 1))
        return self.need("time_s >= {} AND time_s < {}", from_s, until_s)

    def inside(self, area: Area) -> "Question":
        """Add that a position is in an area."""
        west, south, east, north = (float(angle) / DEGREE for angle in area[:4])
        if area.polygon_rad:
            corners = [*area.polygon_rad, area.polygon_rad[0]]
            ring = ", ".join(f"{lon / DEGREE!r} {lat / DEGREE!r}" for lon, lat in corners)
            return self.need(_RING, f"POLYGON(({ring}))")
        if west <= east:
            return self.need(_BOX, west, south, east, north)
        halves = west, south, 180.0, north, -180.0, south, east, north
        return self.need(f"({_BOX} OR {_BOX})", *halves)

    @property
    def where(self) -> str:
        """Text of the conditions."""
        return " AND ".join(self._parts) or "true"


def history_question(query: HistoryQuery, from_s: float, until_s: float) -> Question:
    """Conditions of a history between times, those alike the cursor's row included."""
    question = Question().between(from_s, until_s)
    if query.tracks:
        question.need("track = ANY({})", list(query.tracks))
    if query.icao >= 0:
        question.need("icao = {}", query.icao)
    if query.callsign >= 0:
        question.need("callsign = {}", unpack_callsign(query.callsign).replace("\0", ""))
    if query.unit:
        question.need("unit = {}", query.unit)
    if query.area is not None:
        question.inside(query.area)
    if query.after is not None:
        question.need("(time_s, track, unit) >= ({}, {}, {})", *query.after[:3])
    return question


def alerts_question(query: AlertQuery) -> Question:
    """Conditions on states of alerts."""
    question = Question().need("time_s >= {} AND time_s <= {}", query.from_s, query.until_s)
    for name in ("rule", "state", "id"):
        if value := getattr(query, name):
            question.need(f"{name} = {{}}", value)
    if query.after is not None:
        question.need("(time_s, unit, id, state) > ({}, {}, {}, {})", *query.after)
    return question
