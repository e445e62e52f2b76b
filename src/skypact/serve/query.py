"""Parameters of requests: their readers, their limits, their words in the API's document.

Sources: RFC 3339, section 5.6 (times); OGC 17-069r4, 7.15.3 (bbox), 7.15.4 (datetime).
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple

from skypact.model.reports import pack_callsign
from skypact.model.store import Area, Cursor, cursor_of
from skypact.model.tracks import CLASSES
from skypact.serve.problem import Problem
from skypact.units import DEGREE

MOST_ROWS: Final = 10_000
USUAL_ROWS: Final = 1_000
LONGEST_PATH_S: Final = 3600.0
USUAL_PATH_S: Final = 240.0
MOST_NAMES: Final = 100
"""Addresses or callsigns in one request."""
LATEST_S: Final = 253_402_300_799.0
"""The last second of the year 9999."""
BEGINNING_S: Final = 0.0
MOST_CHARACTERS: Final = 2_000
"""Of one value."""

Schema = dict[str, Any]


class Parameter(NamedTuple):
    """One parameter of an operation."""

    name: str
    read: Callable[[str], Any]
    """Raises ValueError with what was expected."""
    schema: Schema
    text: str
    default: Any = None
    example: str = ""
    place: Literal["query", "path"] = "query"


class Box(NamedTuple):
    """A part of the map, and of the air above it."""

    area: Area
    lower_m: float = -math.inf
    upper_m: float = math.inf
    """Heights above the WGS-84 ellipsoid; what has no height is inside."""


class Span(NamedTuple):
    """A span of time, seconds UTC since 1970; both ends belong to it."""

    from_s: float
    until_s: float


def read_time(text: str) -> float:
    """Seconds UTC since 1970, as such or as RFC 3339 text."""
    if re.fullmatch(r"\d{1,12}(\.\d{1,9})?", text):
        return min(float(text), LATEST_S)
    wrong = "a time as 2026-01-01T10:15:00Z or seconds since 1970"
    pattern = r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)"
    if not re.fullmatch(pattern, text, re.ASCII):
        raise ValueError(wrong)
    try:
        second, fraction = re.sub(r"\.\d+", "", text.upper()), re.search(r"\.\d+", text)
        moment = datetime.fromisoformat(second.replace("Z", "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(wrong) from None
    whole_s = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    if whole_s < 0:
        raise ValueError(f"{wrong}, not before 1970")
    return whole_s + (float(fraction[0]) if fraction else 0.0)


def read_span(text: str) -> Span:
    """Read a time, or two with ``/`` between; ``..`` or nothing leaves one side open."""
    first, slash, last = text.partition("/")
    if not slash:
        return Span(read_time(first), read_time(first))
    if first in ("", "..") and last in ("", ".."):
        raise ValueError("a time, or two with / between, of which one may be ..")
    from_s = BEGINNING_S if first in ("", "..") else read_time(first)
    until_s = LATEST_S if last in ("", "..") else read_time(last)
    if from_s > until_s:
        raise ValueError("two times of which the second is not before the first")
    return Span(from_s, until_s)


def read_box(text: str) -> Box:
    """Read ``west,south,east,north`` or ``west,south,lower,east,north,upper``."""
    wrong = "west,south,east,north (degrees) or west,south,lower,east,north,upper (and metres)"
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise ValueError(wrong) from None
    if len(numbers) not in (4, 6) or not all(math.isfinite(v) for v in numbers):
        raise ValueError(wrong)
    half = len(numbers) // 2
    (west, south, *lower), (east, north, *upper) = numbers[:half], numbers[half:]
    if not all(-180.0 <= v <= 180.0 for v in (west, east)):
        raise ValueError(f"{wrong}, longitudes from -180 to 180")
    if not -90.0 <= south <= north <= 90.0:
        raise ValueError(f"{wrong}, latitudes from -90 to 90, south not above north")
    if lower and lower[0] > upper[0]:
        raise ValueError(f"{wrong}, lower not above upper")
    area = Area(west * DEGREE, south * DEGREE, east * DEGREE, north * DEGREE)
    return Box(area, *lower, *upper)


def read_limit(text: str) -> int:
    """Read how many at most."""
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not 1 <= int(text) <= MOST_ROWS:
        raise ValueError(f"a whole number from 1 to {MOST_ROWS}")
    return int(text)


def read_capped(text: str) -> int:
    """Read how many at most; more than there may be is as many as there may be."""
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII) or int(text) < 1:
        raise ValueError(f"a whole number from 1 to {MOST_ROWS}")
    return min(int(text), MOST_ROWS)


def read_alert(text: str) -> str:
    """Read the id of an alert."""
    if not 1 <= len(text) <= MOST_CHARACTERS or not text.isprintable():
        raise ValueError("the id of an alert")
    return text


def read_number(text: str) -> int:
    """Read a track's number."""
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
        raise ValueError("a track's number, 1 or more")
    return int(text)


def read_address(text: str) -> int:
    """Read a 24-bit address."""
    if not re.fullmatch(r"[0-9A-Fa-f]{6}", text):
        raise ValueError("a 24-bit address, six hexadecimal digits")
    return int(text, 16)


def read_callsign(text: str) -> int:
    """Read an aircraft identification, packed."""
    if not re.fullmatch(r"[A-Za-z0-9]{1,8}", text):
        raise ValueError("a callsign of 1 to 8 letters and digits")
    return pack_callsign(text.upper())


def read_class(text: str) -> int:
    """Read a target class."""
    if text not in CLASSES:
        raise ValueError(f"one of {', '.join(CLASSES)}")
    return CLASSES.index(text)


def read_truth(text: str) -> bool:
    """Read ``true`` or ``false``."""
    if text not in ("true", "false"):
        raise ValueError("true or false")
    return text == "true"


def read_path_s(text: str) -> float:
    """Read a length of time."""
    wrong = f"seconds from 0 to {LONGEST_PATH_S:g}"
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text, re.ASCII):
        raise ValueError(wrong)
    if float(text) > LONGEST_PATH_S:
        raise ValueError(wrong)
    return float(text)


def read_cursor(text: str) -> Cursor:
    """Read a cursor as it was given out."""
    try:
        cursor = cursor_of(text)
    except (ValueError, OverflowError):
        raise ValueError("a cursor from a next link") from None
    is_sound = math.isfinite(cursor.time_s) and abs(cursor.time_s) <= LATEST_S
    if not (is_sound and 0 <= cursor.track < 1 << 62 and 0 < cursor.n_alike <= MOST_ROWS):
        raise ValueError("a cursor from a next link")
    return cursor


class ItemName(NamedTuple):
    """What a feature's id holds."""

    unit: str
    track: int
    micros: int
    """Of its time, UTC since 1970."""

    def text(self) -> str:
        """Return the id."""
        return f"{self.unit}.{self.track}.{self.micros}"


def read_unit(text: str) -> str:
    """Read a unit's name."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", text):
        raise ValueError("a unit's name")
    return text


def read_item(text: str) -> ItemName:
    """Read a feature's id."""
    match = re.fullmatch(
        r"([A-Za-z0-9][A-Za-z0-9_.-]{0,99})\.(\d{1,18})\.(\d{1,18})", text, re.ASCII
    )
    if not match:
        raise ValueError("a feature's id, as demo.17.1767262500000000")
    return ItemName(match[1], int(match[2]), int(match[3]))


def listed(read: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    """Return a reader of several values with commas between."""

    def read_list(text: str) -> tuple[Any, ...]:
        parts = text.split(",")
        if len(parts) > MOST_NAMES:
            raise ValueError(f"at most {MOST_NAMES} values")
        return tuple(read(part) for part in parts)

    return read_list


def values(
    parameters: Sequence[Parameter], query: Sequence[tuple[str, str]], path: Mapping[str, str]
) -> dict[str, Any]:
    """Read a request's parameters, by name; those left out have their defaults.

    Raises
    ------
    Problem
        One is unknown, comes twice, or cannot be read.
    """
    known = {p.name: p for p in parameters}
    told = dict(path)
    for name, text in query:
        if name not in known or known[name].place != "query":
            names = [p.name for p in parameters if p.place == "query"]
            expected = f"one of {', '.join(names)}" if names else "no parameter"
            raise Problem("unknown-parameter", where="query", expected=expected, got=name)
        if name in told:
            raise Problem("bad-parameter", where=name, expected="it once", got="it twice")
        told[name] = text
    read = {p.name: p.default for p in parameters}
    for name, text in told.items():
        try:
            if len(text) > MOST_CHARACTERS:
                raise ValueError(f"at most {MOST_CHARACTERS} characters")
            read[name] = known[name].read(text)
        except ValueError as error:
            remedy = f"give it as {known[name].example}" if known[name].example else ""
            raise Problem(
                "bad-parameter", where=name, expected=str(error), got=text, remedy=remedy
            ) from error
    return read
