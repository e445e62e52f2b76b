"""Areas of alerts to Cursor on Target: drawn shapes, never the objects themselves.

Source: MITRE, Cursor on Target event schema 2.0 (Event-PUBLIC.xsd, case 11-3895) for the event; a
freehand drawing (``u-d-f``) with a ``link`` a corner, the first again at the end, as ATAK writes
closed ones.

An area comes of an alert, or of a warning that was released, and then only of the signed message:
its polygons, its texts, its end. A shape says no identity, no affiliation, no motion and no place
of an object: the point that an event must have is a corner of the outline, not its middle. Its uid
holds no number of a track.
"""

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

import shapely

from skypact.encode.cap import CapInfo, CapMessage, outline_of
from skypact.encode.caprules import mark_of
from skypact.encode.cot import DELETION, GENERATED, UNKNOWN_M, CotEvent, legal_text
from skypact.errors import WarningError
from skypact.model.store import AlertRecord

Ring = Sequence[tuple[float, float]]
"""Corners, degrees north and east, the first again at the end."""

SHAPE: Final = "u-d-f"
"""Type of a freehand drawing."""
STALE_S: Final = 60.0
"""A shape without a known end is stale so long after it was sent last."""
RENEW_S: Final = 20.0
"""Shapes are sent anew so often: some receivers come later, some datagrams are lost."""
MOST_CORNERS: Final = 500
"""Of a shape that is sent; a datagram holds it."""
MOST_SHAPES: Final = 1_000
"""That are shown at a time; areas beyond are not sent and counted."""
LEAST_TOLERANCE_DEG: Final = 1e-4
COLOURS: Final = {
    "minor": 0xFFFFFF, "moderate": 0xFFFF00, "severe": 0xFF7F00, "extreme": 0xFF0000,
}  # fmt: skip
"""Red, green and blue by severity."""
_OPAQUE: Final = 0xFF << 24
_FAINT: Final = 0x40 << 24
_DIGITS: Final = 16


class _Shown(NamedTuple):
    """The shapes of one alert."""

    events: tuple[CotEvent, ...]
    end_ms: int | None
    """When they are over; None: when they are taken away."""


class AreaEncoder:
    """Writes the areas of alerts and released warnings, and takes them away.

    Parameters
    ----------
    unit : str
        Who watches.
    status : str
        What the unit's warnings are: ``Exercise`` and ``Test`` mark every label.
    """

    def __init__(self, unit: str, status: str = "Actual") -> None:
        self._unit = unit
        self._mark = mark_of(status, "en")
        self._shown: dict[str, _Shown] = {}
        self._renewed_s = float("-inf")
        self.n_unsaid = 0
        """Alerts that have no area, or one that cannot be drawn, and those beyond `MOST_SHAPES`."""

    def alert(self, alert: AlertRecord, now_s: float) -> list[CotEvent]:
        """Return the events of a state of an alert.

        Parameters
        ----------
        alert : AlertRecord
            One that need not be released.
        now_s : float
            UTC seconds.
        """
        rings = _rings(alert)
        if alert.state == "cleared":
            return self._over(alert.id, len(rings), now_s)
        if alert.state == "acknowledged" and alert.id in self._shown:
            return []
        if not rings:
            self.n_unsaid += alert.state == "raised"
            return self._removed(alert.id, (), now_s)
        name = alert.evidence.get("area")
        label = f"{alert.rule} {name}" if isinstance(name, str) else alert.rule
        texts = _marked(self._mark, label), f"{alert.rule}, {alert.severity}"
        return self._drawn(alert.id, rings, texts, alert.severity, None, now_s)

    def warning(self, name: str, message: CapMessage, now_s: float) -> list[CotEvent]:
        """Return the events of a message to the public; of others none.

        Parameters
        ----------
        name : str
            Id of the alert.
        message : CapMessage
        now_s : float
            UTC seconds.
        """
        if message.scope != "Public" or not message.infos:
            return []
        info = next((i for i in message.infos if i.language.startswith("en")), message.infos[0])
        rings = [ring for area in info.areas for ring in area.polygons]
        if message.kind == "Cancel":
            return self._over(name, len(rings), now_s)
        if not rings:
            self.n_unsaid += message.kind == "Alert"
            return self._removed(name, (), now_s)
        texts = _texts(info, mark_of(message.status, info.language))
        end_ms = None if info.expires_s is None else round(info.expires_s * 1e3)
        return self._drawn(name, rings, texts, info.severity.lower(), end_ms, now_s)

    def renew(self, now_s: float) -> list[CotEvent]:
        """Return what is shown anew where it is time to; what is over is no longer shown."""
        if now_s < self._renewed_s + RENEW_S:
            return []
        self._renewed_s = now_s
        now_ms = round(now_s * 1e3)
        over = [n for n, s in self._shown.items() if s.end_ms is not None and s.end_ms <= now_ms]
        for name in over:
            del self._shown[name]
        return [
            event._replace(time_ms=now_ms, stale_ms=_stale_ms(shown.end_ms, now_ms))
            for shown in self._shown.values()
            for event in shown.events
        ]

    def _drawn(
        self, name: str, rings: Sequence[Ring], texts: tuple[str, str], severity: str,
        end_ms: int | None, now_s: float,
    ) -> list[CotEvent]:  # fmt: skip
        if name not in self._shown and len(self._shown) >= MOST_SHAPES:
            self.n_unsaid += 1
            return []
        now_ms = round(now_s * 1e3)
        stale_ms = _stale_ms(end_ms, now_ms)
        events = tuple(
            CotEvent(
                uid, SHAPE, GENERATED, now_ms, stale_ms, *ring[0], UNKNOWN_M, UNKNOWN_M, UNKNOWN_M,
                callsign=legal_text(texts[0]), remarks=texts[1], shape=_shape(ring, severity),
            )
            for uid, ring in zip(self._uids(name, len(rings)), map(_fewer, rings), strict=True)
        )  # fmt: skip
        gone = self._removed(name, events, now_s)
        self._shown[name] = _Shown(events, end_ms)
        return [*gone, *events]

    def _over(self, name: str, n: int, now_s: float) -> list[CotEvent]:
        """Take away the shapes of an alert that is over, those of a run before, too."""
        if name in self._shown:
            return self._removed(name, (), now_s)
        return [_deletion(uid, now_s) for uid in self._uids(name, n)]

    def _removed(self, name: str, kept: Sequence[CotEvent], now_s: float) -> list[CotEvent]:
        """Take away the shapes of an alert that are shown and not kept."""
        shown = self._shown.pop(name, None)
        stay = {event.uid for event in kept}
        before = () if shown is None else shown.events
        return [_deletion(event.uid, now_s) for event in before if event.uid not in stay]

    def _uids(self, name: str, n: int) -> list[str]:
        """Return the uids of the shapes of an alert, the same as long as it lives."""
        digest = hashlib.sha256(f"{self._unit}\0{name}".encode()).hexdigest()[:_DIGITS]
        return [f"skypact.{self._unit}.area.{digest}.{k}" for k in range(1, n + 1)]


def _rings(alert: AlertRecord) -> Sequence[Ring]:
    """Return the outlines of an alert's area; none where it cannot be drawn."""
    try:
        return outline_of(alert.area).rings
    except (WarningError, ValueError, TypeError, LookupError):
        return ()


def _deletion(uid: str, now_s: float) -> CotEvent:
    now_ms = round(now_s * 1e3)
    nowhere = (0.0, 0.0, UNKNOWN_M, UNKNOWN_M, UNKNOWN_M)
    stale_ms = now_ms + round(STALE_S * 1e3)
    return CotEvent(f"{uid}.end", DELETION, GENERATED, now_ms, stale_ms, *nowhere, removes=uid)


def _stale_ms(end_ms: int | None, now_ms: int) -> int:
    return now_ms + round(STALE_S * 1e3) if end_ms is None else max(end_ms, now_ms)


def _texts(info: CapInfo, mark: str) -> tuple[str, str]:
    """Label and remarks of a message: what it says to the public."""
    return _marked(mark, info.headline), f"{info.description} {info.instruction}".strip()


def _marked(mark: str, text: str) -> str:
    """Return a text with the word of an exercise or a test in front."""
    return text if text.startswith(mark) else f"{mark}: {text}"


def _shape(ring: Ring, severity: str) -> str:
    """Return the elements of ``detail`` that draw an outline."""
    links = "".join(f'<link point="{lat},{lon}"/>' for lat, lon in ring)
    colour = COLOURS.get(severity, COLOURS["moderate"])
    return (
        f'{links}<strokeColor value="{_signed(_OPAQUE | colour)}"/><strokeWeight value="3.0"/>'
        f'<fillColor value="{_signed(_FAINT | colour)}"/><labels_on value="true"/>'
    )


def _signed(word: int) -> int:
    """Return 32 bits as the number that ATAK writes for a colour."""
    return word - (1 << 32) if word >> 31 else word


def _fewer(ring: Ring) -> Ring:
    """Return an outline of at most `MOST_CORNERS` corners that holds all of the given one."""
    tolerance_deg, shape = LEAST_TOLERANCE_DEG, shapely.Polygon(ring)
    while len(ring) > MOST_CORNERS:
        wider = shapely.buffer(shape, 2.0 * tolerance_deg, quad_segs=2)
        simple = shapely.simplify(wider, tolerance_deg)
        ring = [(_within(lat, 90.0), _within(lon, 180.0)) for lat, lon in simple.exterior.coords]
        tolerance_deg *= 2.0
    return ring


def _within(angle_deg: float, most_deg: float) -> float:
    return round(min(max(angle_deg, -most_deg), most_deg), 7)
