"""What the Common Alerting Protocol demands beside its schema, and what this house adds.

Source: OASIS, Common Alerting Protocol Version 1.2, OASIS Standard, 1 July 2010 (CAP-v1.2-os),
sections 3.2 (elements) and 3.3 (dates, characters). Works on the tree of a message, so that what is
written and what is received are judged alike.
"""

import re
from typing import Final

from lxml import etree

from skypact.errors import WarningError

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
MARKS: Final = {
    "Exercise": {"en": "EXERCISE", "fr": "EXERCICE"},
    "Test": {"en": "TEST", "fr": "ESSAI"},
    "Draft": {"en": "DRAFT", "fr": "PROJET"},
    "System": {"en": "SYSTEM MESSAGE", "fr": "MESSAGE TECHNIQUE"},
}
"""What headline, description, event and instruction begin with where the status is not Actual."""
FEWEST_PAIRS: Final = 4
"""Coordinate pairs of a polygon (section 3.2.4)."""
_IDENTIFIER: Final = re.compile(r"[^\s,<&]+")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
_NEEDS_REFERENCES: Final = ("Update", "Cancel", "Ack", "Error")


def mark_of(status: str, language: str) -> str:
    """Return the word that texts of a status begin with; empty for Actual."""
    marks = MARKS.get(status, {})
    return marks.get(language.partition("-")[0].lower(), marks.get("en", ""))


def tag(name: str) -> str:
    """Return the name of an element of CAP with its namespace."""
    return f"{{{NAMESPACE}}}{name}"


def text_of(parent: etree._Element, name: str) -> str:
    """Return the text of a child of an element, empty where there is none."""
    return parent.findtext(tag(name)) or ""


def check_rules(alert: etree._Element) -> None:
    """Refuse a message that breaks a rule of the standard or of this house.

    Parameters
    ----------
    alert : lxml element
        The root, already valid by the schema.

    Raises
    ------
    WarningError
        Says which element is wrong.
    """
    if alert.tag != tag("alert"):
        raise WarningError(f"CAP: expected the root alert of CAP 1.2, got {alert.tag!r}")
    for name in ("identifier", "sender"):
        if not _IDENTIFIER.fullmatch(text_of(alert, name)):
            _refuse(name, "text without spaces, commas, < and &", text_of(alert, name))
    _check_scope(alert)
    _check_references(alert)
    status = text_of(alert, "status")
    if status == "Exercise" and not text_of(alert, "note").strip():
        _refuse("note", "what is exercised, because the status is Exercise", "")
    infos = alert.findall(tag("info"))
    if not infos and text_of(alert, "msgType") in ("Alert", "Update"):
        _refuse("info", "at least one", "none")
    for info in infos:
        _check_marks(status, info)
        for area in info.findall(tag("area")):
            _check_area(area)


def _refuse(element: str, expected: str, got: str) -> None:
    raise WarningError(f"CAP {element}: expected {expected}, got {got[:80]!r}")


def _check_scope(alert: etree._Element) -> None:
    scope, restriction = text_of(alert, "scope"), text_of(alert, "restriction")
    if (scope == "Restricted") != bool(restriction.strip()):
        _refuse("restriction", "a text with scope Restricted and with no other", restriction)
    if scope == "Private" and not text_of(alert, "addresses").strip():
        _refuse("addresses", "recipients, because the scope is Private", "")


def _check_references(alert: etree._Element) -> None:
    kind, references = text_of(alert, "msgType"), text_of(alert, "references").split()
    if kind in _NEEDS_REFERENCES and not references:
        _refuse("references", f"earlier messages, because msgType is {kind}", "")
    for reference in references:
        parts = reference.split(",")
        if len(parts) != 3 or not all(parts) or not _TIME.fullmatch(parts[2]):
            _refuse("references", "sender,identifier,sent", reference)
        if parts[:2] == [text_of(alert, "sender"), text_of(alert, "identifier")]:
            _refuse("references", "earlier messages, not the message itself", reference)


def _check_marks(status: str, info: etree._Element) -> None:
    mark = mark_of(status, text_of(info, "language") or "en")
    others = {word for marks in MARKS.values() for word in marks.values()}
    for name in ("headline", "description"):
        text = text_of(info, name)
        if mark and not text.startswith(mark):
            _refuse(name, f"a text that begins with {mark}, because the status is {status}", text)
        if status == "Actual" and text.startswith(tuple(others)):
            _refuse(name, "a text that does not begin as those of exercises and tests do", text)


def _check_area(area: etree._Element) -> None:
    for polygon in area.findall(tag("polygon")):
        check_ring(pairs_of(polygon.text or ""))
    altitude, ceiling = text_of(area, "altitude"), text_of(area, "ceiling")
    if ceiling and not altitude:
        _refuse("ceiling", "it together with altitude", ceiling)
    if ceiling and float(ceiling) < float(altitude):
        _refuse("ceiling", f"at least the altitude of {altitude} ft", ceiling)


def pairs_of(text: str) -> list[tuple[float, float]]:
    """Read the pairs (latitude, longitude) of a polygon, degrees.

    Raises
    ------
    WarningError
        It holds something else.
    """
    try:
        pairs = [tuple(float(value) for value in pair.split(",")) for pair in text.split()]
    except ValueError as error:
        raise WarningError(f"CAP polygon: expected pairs of numbers, got {error}") from error
    if any(len(pair) != 2 for pair in pairs):
        _refuse("polygon", "pairs LATITUDE,LONGITUDE", text)
    return [(pair[0], pair[1]) for pair in pairs]


def check_ring(pairs: list[tuple[float, float]]) -> None:
    """Refuse a ring (latitude, longitude; degrees) that is no closed polygon on the earth.

    Raises
    ------
    WarningError
        Too few pairs, not closed, or off the earth.
    """
    if len(pairs) < FEWEST_PAIRS:
        _refuse("polygon", f"at least {FEWEST_PAIRS} pairs", str(len(pairs)))
    if pairs[0] != pairs[-1]:
        _refuse("polygon", f"the last pair to be the first, {pairs[0]}", str(pairs[-1]))
    if len(set(pairs)) < FEWEST_PAIRS - 1:
        _refuse("polygon", "at least three places apart", str(len(set(pairs))))
    for lat, lon in pairs:
        if not (abs(lat) <= 90.0 and abs(lon) <= 180.0):
            _refuse("polygon", "latitudes to 90 and longitudes to 180 degrees", f"{lat},{lon}")
