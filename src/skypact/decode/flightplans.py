"""Lists of expected flights to flight plans: CSV, JSON, and category 062 (I062/390).

Columns of a CSV file and keys of JSON objects: ``callsign``, ``icao`` (six hexadecimal digits),
``mode3a`` (four octal digits), ``departure``, ``destination``, ``type``, ``wake``, ``from`` and
``until`` (ISO 8601, UTC where no offset is given, or seconds since 1970; ``from_s`` and ``until_s``
as well), ``area``, ``remarks``. Others are not read. A line that cannot be used is counted and
told; the rest of the list holds.

Source: RFC 4180, RFC 8259, ISO 8601; EUROCONTROL-SPEC-0149 Part 9, edition 1.21, items 060, 380 and
390.
"""

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from skypact.decode.asterix.records import decode_block
from skypact.decode.jsontext import NOT_JSON
from skypact.errors import DecodeError
from skypact.model.flights import FlightPlan

MOST_TOLD: Final = 20
"""Lines that are told; all are counted."""
MOST_PLANS: Final = 200_000
_OTHER_NAMES: Final = {
    "aircraft_type": "type",
    "from_s": "from",
    "until_s": "until",
    "address": "icao",
    "ssr": "mode3a",
}
_IDENTITIES: Final = frozenset({"callsign", "icao", "mode3a"})
_DATE: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_CALLSIGN: Final = re.compile(r"[A-Z0-9]{1,8}")
_PLACE: Final = re.compile(r"[A-Z0-9]{2,4}")
_WAKES: Final = frozenset({"", "L", "M", "H", "J"})


class FlightLines(NamedTuple):
    """What a list held."""

    plans: tuple[FlightPlan, ...]
    n_wrong: int
    """Entries that could not be used."""
    errors: tuple[str, ...]
    """The first of them: where, what was expected and what came."""


def read_flights(data: bytes, where: str) -> FlightLines:
    """Read a list, JSON where it begins with a bracket, else CSV.

    Parameters
    ----------
    data : bytes
        UTF-8.
    where : str
        Name of the list for messages.

    Raises
    ------
    DecodeError
        It is no such list at all.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DecodeError(
            f"expected a list of flights in UTF-8, got {error.reason} at byte {error.start};"
            " save it as UTF-8",
            kind="flights",
            where=where,
        ) from error
    if text.lstrip()[:1] in ("[", "{"):
        return _plans(_json_entries(text, where), where)
    return _plans(_csv_entries(text, where), where)


def _json_entries(text: str, where: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    try:
        found = msgspec.json.decode(text)
    except NOT_JSON as error:
        raise DecodeError(f"expected JSON, got {error}", kind="flights", where=where) from error
    if isinstance(found, dict):
        found = found.get("flights")
    if not isinstance(found, list):
        raise DecodeError(
            'expected a list of objects, or {"flights": [...]}', kind="flights", where=where
        )
    for i, entry in enumerate(found, 1):
        yield f"flight {i}", entry if isinstance(entry, dict) else {"": entry}


def _csv_entries(text: str, where: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(lines, [])]
        if not _IDENTITIES & {_OTHER_NAMES.get(name, name) for name in header}:
            raise DecodeError(
                f"expected a first line with callsign, icao or mode3a, got {','.join(header)!r}",
                kind="flights",
                where=where,
            )
        for line in lines:
            if any(cell.strip() for cell in line):
                short = dict(zip(header, line, strict=False))
                yield f"line {lines.line_num}", short if len(line) <= len(header) else {"": line}
    except csv.Error as error:
        raise DecodeError(
            f"line {lines.line_num}: expected CSV, got {error}", kind="flights", where=where
        ) from error


def _plans(entries: Iterable[tuple[str, Mapping[str, Any]]], where: str) -> FlightLines:
    plans: list[FlightPlan] = []
    errors: list[str] = []
    n_wrong = 0
    for place, entry in entries:
        try:
            if len(plans) >= MOST_PLANS:
                raise ValueError(f"expected at most {MOST_PLANS:,} flights; make shorter lists")
            plans.append(plan_from(entry))
        except ValueError as error:
            n_wrong += 1
            if len(errors) < MOST_TOLD:
                errors.append(f"{where}: {place}: {error}")
    return FlightLines(tuple(plans), n_wrong, tuple(errors))


def plan_from(entry: Mapping[str, Any]) -> FlightPlan:
    """Return the plan of one entry.

    Raises
    ------
    ValueError
        A value is not what it should be, or nothing says which flight it is.
    """
    if "" in entry:
        raise ValueError(f"expected as many values as names, got {entry['']!r}")
    known = {_OTHER_NAMES.get(name.lower(), name.lower()): v for name, v in entry.items()}
    text = {name: _text(value) for name, value in known.items()}
    wake = text.get("wake", "").upper()
    if wake not in _WAKES:
        raise ValueError(f"wake: expected L, M, H or J, got {wake!r}")
    plan = FlightPlan(
        callsign=_word(text, "callsign", _CALLSIGN, "up to eight letters and digits"),
        icao=_number(text, "icao", r"[0-9A-F]{6}", 16, "six hexadecimal digits"),
        mode3a=_number(text, "mode3a", r"[0-7]{4}", 10, "four octal digits"),
        departure=_word(text, "departure", _PLACE, "a location indicator"),
        destination=_word(text, "destination", _PLACE, "a location indicator"),
        aircraft_type=_word(text, "type", _PLACE, "a type designator"),
        wake=wake,
        from_s=_time(text, "from", -math.inf),
        until_s=_time(text, "until", math.inf),
        area=text.get("area", ""),
        remarks=text.get("remarks", ""),
    )
    if not plan.callsign and plan.icao < 0 and plan.mode3a < 0:
        raise ValueError("expected a callsign, icao or mode3a, got none")
    if plan.from_s > plan.until_s:
        raise ValueError("expected a time until that is not before from")
    return plan


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | list | dict):
        raise ValueError(f"expected a text or a number, got {value!r}")
    return str(value).strip()


def _word(text: Mapping[str, str], name: str, form: re.Pattern[str], what: str) -> str:
    word = text.get(name, "").upper()
    if word and not form.fullmatch(word):
        raise ValueError(f"{name}: expected {what}, got {word!r}")
    return word


def _number(text: Mapping[str, str], name: str, form: str, base: int, what: str) -> int:
    word = text.get(name, "").upper()
    if not word:
        return -1
    if not re.fullmatch(form, word, re.ASCII):
        raise ValueError(f"{name}: expected {what}, got {word!r}")
    return int(word, base)


def _time(text: Mapping[str, str], name: str, absent: float) -> float:
    word = text.get(name, "")
    if not word:
        return absent
    found = _DATE.fullmatch(word)
    try:
        if found is None:
            seconds = float(word)
            if not math.isfinite(seconds):
                raise ValueError(word)
            return seconds
        moment = np.datetime64(f"{found[1]}T{found[2]}", "ms")
    except ValueError as error:
        raise ValueError(
            f"{name}: expected a date such as 2026-01-01T12:00Z or seconds since 1970, got {word!r}"
        ) from error
    offset = (found[3] or "Z").replace(":", "")
    ahead_s = 0 if offset == "Z" else int(offset[1:3]) * 3_600 + int(offset[3:]) * 60
    return float(moment.astype(np.int64)) / 1e3 - (-ahead_s if offset[0] == "-" else ahead_s)


def flights_in_block(block: bytes) -> list[FlightPlan]:
    """Return the plans in a data block of category 062: records that hold I062/390.

    Raises
    ------
    DecodeError
        The block is damaged.
    """
    return [_planned(record) for record in decode_block(block).records if "390" in record]


def _planned(record: Mapping[str, Any]) -> FlightPlan:
    said = record["390"]
    return FlightPlan(
        callsign=str(said.get("CS", "")).strip(),
        icao=int(record.get("380", {}).get("ADR", -1)),
        mode3a=int(record.get("060", {}).get("MODE3A", -1)),
        departure=str(said.get("DEP", "")).strip(),
        destination=str(said.get("DST", "")).strip(),
        aircraft_type=str(said.get("TAC", "")).strip(),
        wake=str(said.get("WTC", "")).strip(),
    )
