"""Warnings as messages of the Common Alerting Protocol.

Source: OASIS, Common Alerting Protocol Version 1.2, OASIS Standard, 1 July 2010 (CAP-v1.2-os),
section 3.2. Times are UTC to the second and end in ``-00:00``; ``Z`` is not allowed (section
3.3.2). Pairs of polygons are latitude, longitude: the other way round than in GeoJSON.

No circle is ever written: its centre would be read as a point of impact.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import shapely
from lxml import etree

from skypact.encode.caprules import FEWEST_PAIRS, NAMESPACE, check_ring, check_rules, mark_of
from skypact.encode.cot import legal_text
from skypact.errors import WarningError

DECIMALS: Final = 5
"""Of coordinates in degrees: about a metre."""
Ring = tuple[tuple[float, float], ...]
"""Pairs (latitude, longitude) in degrees, the last one the first."""


class CapArea(NamedTuple):
    """Where it holds (section 3.2.4)."""

    desc: str
    polygons: tuple[Ring, ...] = ()
    geocodes: tuple[tuple[str, str], ...] = ()
    """Kind of code and code, as ``("NUTS3", "LT021")``."""
    altitude_ft: float | None = None
    """Lower limit above mean sea level."""
    ceiling_ft: float | None = None


class CapInfo(NamedTuple):
    """What is said in one language (section 3.2.2)."""

    language: str
    categories: tuple[str, ...]
    event: str
    urgency: str
    severity: str
    certainty: str
    headline: str
    description: str
    instruction: str = ""
    responses: tuple[str, ...] = ()
    effective_s: float | None = None
    onset_s: float | None = None
    expires_s: float | None = None
    sender_name: str = ""
    web: str = ""
    contact: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    areas: tuple[CapArea, ...] = ()


class CapMessage(NamedTuple):
    """One message (section 3.2.1)."""

    identifier: str
    sender: str
    sent_s: float
    """UTC seconds since 1970."""
    status: str
    """``Actual``, ``Exercise``, ``System``, ``Test``, ``Draft``."""
    kind: str
    """msgType: ``Alert``, ``Update``, ``Cancel``."""
    scope: str
    """``Public``, ``Restricted``, ``Private``."""
    infos: tuple[CapInfo, ...]
    restriction: str = ""
    addresses: str = ""
    note: str = ""
    references: tuple[str, ...] = ()
    incidents: str = ""


def cap_time(time_s: float, *, later: bool = False) -> str:
    """Return a time as CAP wants it: whole seconds, down unless `later`."""
    whole = math.ceil(time_s) if later else math.floor(time_s)
    return f"{np.datetime64(whole, 's')}-00:00"


def reference_to(message: CapMessage) -> str:
    """Return how later messages refer to one: ``sender,identifier,sent``."""
    return f"{message.sender},{message.identifier},{cap_time(message.sent_s)}"


def cap_xml(message: CapMessage) -> bytes:
    """Write a message, unsigned.

    Raises
    ------
    WarningError
        It breaks a rule of the standard beside the schema (`encode.caprules`).
    """
    alert = etree.Element(f"{{{NAMESPACE}}}alert", nsmap={None: NAMESPACE})
    _add(alert, "identifier", message.identifier)
    _add(alert, "sender", message.sender)
    _add(alert, "sent", cap_time(message.sent_s))
    _add(alert, "status", message.status)
    _add(alert, "msgType", message.kind)
    _add(alert, "scope", message.scope)
    _add(alert, "restriction", message.restriction)
    _add(alert, "addresses", message.addresses)
    _add(alert, "note", message.note)
    _add(alert, "references", " ".join(message.references))
    _add(alert, "incidents", message.incidents)
    for info in message.infos:
        _add_info(alert, info, message.status)
    check_rules(alert)
    xml: bytes = etree.tostring(alert, encoding="UTF-8", xml_declaration=True)
    return xml


def _add(parent: etree._Element, name: str, text: str) -> None:
    """Add a child with a text, none for an empty one."""
    if text:
        etree.SubElement(parent, f"{{{NAMESPACE}}}{name}").text = legal_text(text)


def _add_pairs(parent: etree._Element, name: str, pairs: Sequence[tuple[str, str]]) -> None:
    for value_name, value in pairs:
        child = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
        _add(child, "valueName", value_name)
        _add(child, "value", value)


def _add_time(
    parent: etree._Element, name: str, time_s: float | None, *, later: bool = False
) -> None:
    if time_s is not None:
        _add(parent, name, cap_time(time_s, later=later))


def _add_info(alert: etree._Element, info: CapInfo, status: str) -> None:
    mark = mark_of(status, info.language)
    child = etree.SubElement(alert, f"{{{NAMESPACE}}}info")
    _add(child, "language", info.language)
    for category in info.categories:
        _add(child, "category", category)
    _add(child, "event", _marked(mark, info.event))
    for response in info.responses:
        _add(child, "responseType", response)
    _add(child, "urgency", info.urgency)
    _add(child, "severity", info.severity)
    _add(child, "certainty", info.certainty)
    _add_time(child, "effective", info.effective_s)
    _add_time(child, "onset", info.onset_s)
    _add_time(child, "expires", info.expires_s, later=True)
    _add(child, "senderName", info.sender_name)
    _add(child, "headline", _marked(mark, info.headline))
    _add(child, "description", _marked(mark, info.description))
    _add(child, "instruction", _marked(mark, info.instruction))
    _add(child, "web", info.web)
    _add(child, "contact", info.contact)
    _add_pairs(child, "parameter", info.parameters)
    for area in info.areas:
        _add_area(child, area)


def _marked(mark: str, text: str) -> str:
    return f"{mark}: {text}" if mark and text else text


def _add_area(info: etree._Element, area: CapArea) -> None:
    child = etree.SubElement(info, f"{{{NAMESPACE}}}area")
    _add(child, "areaDesc", area.desc)
    for ring in area.polygons:
        _add(child, "polygon", " ".join(f"{_plain(lat)},{_plain(lon)}" for lat, lon in ring))
    _add_pairs(child, "geocode", area.geocodes)
    for name, height_ft in (("altitude", area.altitude_ft), ("ceiling", area.ceiling_ft)):
        if height_ft is not None:
            _add(child, name, _plain(height_ft))


def _plain(value: float) -> str:
    """Return a number without an exponent, which xs:decimal does not allow."""
    return np.format_float_positional(value, precision=DECIMALS, trim="-")


class Outline(NamedTuple):
    """What CAP can say of a GeoJSON geometry."""

    rings: tuple[Ring, ...] = ()
    n_holes: int = 0
    """Holes that are filled: CAP cannot say them."""
    n_hulls: int = 0
    """Rings that cross themselves and became their convex hulls."""

    def parameters(self) -> tuple[tuple[str, str], ...]:
        """Return what the message must say of how the area was changed."""
        said = []
        if self.n_holes:
            said.append(("skypact:holesFilled", str(self.n_holes)))
        if self.n_hulls:
            said.append(("skypact:convexHulls", str(self.n_hulls)))
        return tuple(said)


def outline_of(geometry: Mapping[str, Any] | None) -> Outline:
    """Return the outer rings of the polygons of a GeoJSON geometry; points and lines have none.

    A hole is filled: the warning is for a larger area, never for a smaller one. Left out are parts
    that lie within others, because CAP means them all together, and parts of less than a metre
    where others remain.

    Raises
    ------
    WarningError
        A ring is not closed, has too few corners or leaves the earth.
    """
    if geometry is None:
        return Outline()
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        return _joined([outline_of(part) for part in geometry["geometries"]])
    if kind == "Polygon":
        return _outlines([geometry["coordinates"]])
    return _outlines(geometry["coordinates"]) if kind == "MultiPolygon" else Outline()


def _joined(parts: Sequence[Outline]) -> Outline:
    rings = tuple(ring for part in parts for ring in part.rings)
    return Outline(rings, sum(p.n_holes for p in parts), sum(p.n_hulls for p in parts))


def _outlines(polygons: Sequence[Sequence[Sequence[Sequence[float]]]]) -> Outline:
    outline = _joined([_outline(rings) for rings in polygons])
    if not outline.rings:
        raise WarningError("CAP polygon: expected corners at least a metre apart, got a point")
    return outline._replace(rings=_outermost(outline.rings))


def _outermost(rings: tuple[Ring, ...]) -> tuple[Ring, ...]:
    """Return the rings that lie within no other; of equal ones the first."""
    shapes = np.array([shapely.Polygon(ring) for ring in rings])
    kept: list[int] = []
    for i in np.argsort(-shapely.area(shapes), kind="stable").tolist():
        if not shapely.covers(shapes[kept], shapes[i]).any():
            kept.append(i)
    return tuple(rings[i] for i in sorted(kept))


def _outline(rings: Sequence[Sequence[Sequence[float]]]) -> Outline:
    """Return the outline of one polygon; none where it is a point to the last decimal."""
    ring = _ring(rings[0]) if rings else []
    if len(set(ring)) < FEWEST_PAIRS - 1:
        return Outline()
    check_ring(ring)
    shape = shapely.Polygon(ring)
    if shape.is_valid:
        return Outline((tuple(ring),), len(rings) - 1)
    hull = shapely.convex_hull(shape)
    if not isinstance(hull, shapely.Polygon):
        return Outline()
    corners = [(float(lat), float(lon)) for lat, lon in hull.exterior.coords]
    return Outline((tuple(corners),), len(rings) - 1, 1)


def _ring(corners: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """Turn corners (longitude, latitude) round; without repeats in a row."""
    pairs: list[tuple[float, float]] = []
    for corner in corners:
        pair = (round(float(corner[1]), DECIMALS) + 0.0, round(float(corner[0]), DECIMALS) + 0.0)
        if not pairs or pairs[-1] != pair:
            pairs.append(pair)
    return pairs
