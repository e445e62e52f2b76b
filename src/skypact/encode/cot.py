"""Tracks to Cursor on Target events: what TAK clients and servers show.

Source: MITRE, Cursor on Target event schema 2.0 (Event-PUBLIC.xsd, case 11-3895): required
attributes; `ce` and `le` are one standard deviation in metres, 9999999 where nobody knows. The
deletion of a marker (``t-x-d-d``) is as the maintainers of ATAK give it.

Every object is unknown, a civil airliner neutral: affiliations are not the tracker's to say. Tracks
that are likely ballistic are not sent (DESIGN 8), and a marker that becomes one is taken away.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

from skypact.model.flights import FlightPlan
from skypact.model.reports import unpack_callsign
from skypact.model.tracks import CLASSES, TrackRows, latest, take_rows
from skypact.units import DEGREE

Longs = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

UNKNOWN_M: Final = 9_999_999.0
"""What `ce`, `le` and `hae` hold where nobody knows."""
BALLISTIC: Final = 0.5
"""Probability of the ballistic model above which a track is not sent."""
FUSED: Final = "m-f"
"""How: by a machine, of several sensors' reports."""
GENERATED: Final = "m-g"
UNKNOWN_AIR: Final = "a-u-A"
TYPES: Final = {"airliner": "a-n-A-C-F", "surface": "a-u-G"}
"""Types of classes that are not `UNKNOWN_AIR`."""
DELETION: Final = "t-x-d-d"
_TYPE_OF: Final = tuple(TYPES.get(name, UNKNOWN_AIR) for name in CLASSES)
_BALLISTIC_CLASS: Final = CLASSES.index("ballistic")
_ILLEGAL: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 does not allow in any form."""
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


class CotEvent(NamedTuple):
    """One event, as XML and the TAK protocol both say it."""

    uid: str
    kind: str
    how: str
    time_ms: int
    """When it was so, milliseconds UTC since 1970."""
    stale_ms: int
    lat_deg: float
    lon_deg: float
    hae_m: float
    """Height above the WGS-84 ellipsoid."""
    ce_m: float
    le_m: float
    callsign: str = ""
    """How the marker is labelled; none for a deletion."""
    course_deg: float | None = None
    speed_mps: float | None = None
    remarks: str = ""
    removes: str = ""
    """Uid of the marker that a deletion takes away."""
    shape: str = ""
    """Elements of ``detail`` that draw an outline; none for a marker."""


def legal_text(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _ILLEGAL.sub("", text)


def xml_text(text: str) -> str:
    """Return a text for XML elements and quoted attributes, without what XML cannot hold."""
    return escape(legal_text(text), {'"': "&quot;", "'": "&apos;"})


def iso_ms(time_ms: int) -> str:
    """Return a time as ``2026-01-01T12:00:00.125Z``."""
    return f"{np.datetime64(time_ms, 'ms')}Z"


def other_detail(event: CotEvent) -> str:
    """Return the children of ``detail`` that have no field of their own in the TAK protocol."""
    if event.removes:
        link = f'<link uid="{xml_text(event.removes)}" relation="none" type="none"/>'
        return f"{link}<__forcedelete/>"
    return f"{event.shape}<remarks>{xml_text(event.remarks)}</remarks>"


def event_xml(event: CotEvent) -> bytes:
    """Return an event as an XML document, without a line's end after it."""
    contact = f'<contact callsign="{xml_text(event.callsign)}"/>' if event.callsign else ""
    track = ""
    if event.course_deg is not None:
        track = f'<track course="{event.course_deg}" speed="{event.speed_mps}"/>'
    time = iso_ms(event.time_ms)
    return (
        f'{_HEAD}<event version="2.0" uid="{xml_text(event.uid)}" type="{event.kind}"'
        f' how="{event.how}" time="{time}" start="{time}" stale="{iso_ms(event.stale_ms)}">'
        f'<point lat="{event.lat_deg}" lon="{event.lon_deg}" hae="{event.hae_m}"'
        f' ce="{event.ce_m}" le="{event.le_m}"/>'
        f"<detail>{contact}{track}{other_detail(event)}</detail></event>"
    ).encode()


def _withheld(rows: TrackRows) -> Mask:
    likely = rows.p_ballistic > BALLISTIC
    return np.asarray(likely | (rows.target_class == _BALLISTIC_CLASS), np.bool_)


def _placed(rows: TrackRows) -> Mask:
    known = np.isfinite(rows.time_s + rows.lon_rad)
    return np.asarray(known & (np.abs(rows.lat_rad) <= np.pi / 2), np.bool_)


def _figures(column: npt.NDArray[np.float64], decimals: int) -> list[float]:
    figures: list[float] = np.where(
        np.isnan(column), UNKNOWN_M, np.round(column, decimals)
    ).tolist()
    return figures


class CotEncoder:
    """Writes tracks as they are updated, and takes away the markers of those that ended.

    Parameters
    ----------
    unit : str
        Who tracks; a track's uid is ``skypact.UNIT.TRACK``, the same as long as it lives.
    stale_s : float
        An event is stale so long after its time: as long as a track coasts.
    """

    def __init__(self, unit: str, stale_s: float) -> None:
        self._unit = unit
        self._stale_s = stale_s
        self._shown: set[int] = set()
        self.n_withheld = 0
        """Rows that were left out because they are likely of ballistic objects."""
        self.n_unplaced = 0
        """Rows without a place on the earth or a time."""

    def events(
        self,
        rows: TrackRows,
        ended: Longs,
        now_s: float,
        plans: Sequence[FlightPlan | None] | None = None,
    ) -> list[CotEvent]:
        """Return the events of one step.

        Parameters
        ----------
        rows : TrackRows (n,)
            Updates in order of time; of each track the last is sent.
        ended : (k,) int64
            Tracks that ended: markers that are shown are taken away.
        now_s : float
            UTC seconds.
        plans : sequence of FlightPlan or None
            Of each row.
        """
        last = latest(rows)
        rows = take_rows(rows, last)
        withheld, placed = _withheld(rows), _placed(rows)
        self.n_withheld += int(np.count_nonzero(withheld))
        self.n_unplaced += int(np.count_nonzero(~placed & ~withheld))
        sent = np.flatnonzero(placed & ~withheld & ~np.isin(rows.track, ended))
        mine = None if plans is None else [plans[i] for i in last[sent].tolist()]
        events = self._events(take_rows(rows, sent), mine)
        over = self._shown & {*ended.tolist(), *rows.track[withheld].tolist()}
        self._shown.update(rows.track[sent].tolist())
        self._shown -= over
        return events + [self._deletion(track, now_s) for track in sorted(over)]

    def _uid(self, track: int) -> str:
        return f"skypact.{self._unit}.{track}"

    def _deletion(self, track: int, now_s: float) -> CotEvent:
        uid, time_ms = self._uid(track), round(now_s * 1e3)
        stale_ms = time_ms + round(self._stale_s * 1e3)
        nowhere = (0.0, 0.0, UNKNOWN_M, UNKNOWN_M, UNKNOWN_M)
        end = f"{uid}.end"
        return CotEvent(end, DELETION, GENERATED, time_ms, stale_ms, *nowhere, removes=uid)

    def _events(self, rows: TrackRows, plans: Sequence[FlightPlan | None] | None) -> list[CotEvent]:
        time_ms = np.rint(rows.time_s * 1e3).astype(np.int64)
        stale_ms = (time_ms + round(self._stale_s * 1e3)).tolist()
        lat = np.round(rows.lat_rad / DEGREE, 7).tolist()
        lon = np.round((rows.lon_rad / DEGREE + 180.0) % 360.0 - 180.0, 7).tolist()
        hae = _figures(rows.altitude_m, 1)
        ce = _figures(np.sqrt((rows.sigma_n_m**2 + rows.sigma_e_m**2) / 2.0), 1)
        le = _figures(rows.sigma_u_m, 1)
        speed = np.hypot(rows.vn_mps, rows.ve_mps)
        course = np.round(np.arctan2(rows.ve_mps, rows.vn_mps) / DEGREE % 360.0, 1) % 360.0
        moves = np.isfinite(speed).tolist()
        courses, speeds = course.tolist(), np.round(speed, 2).tolist()
        kinds = rows.target_class.tolist()
        out = []
        for i, track in enumerate(rows.track.tolist()):
            plan = None if plans is None else plans[i]
            uid = self._uid(track)
            label = unpack_callsign(int(rows.callsign[i])) or (plan.callsign if plan else "")
            out.append(
                CotEvent(
                    uid,
                    _TYPE_OF[kinds[i]] if kinds[i] >= 0 else UNKNOWN_AIR,
                    FUSED,
                    int(time_ms[i]),
                    stale_ms[i],
                    lat[i],
                    lon[i],
                    hae[i],
                    ce[i],
                    le[i],
                    _ILLEGAL.sub("", label) or uid.removeprefix("skypact."),
                    courses[i] if moves[i] else None,
                    speeds[i] if moves[i] else None,
                    _remarks(rows, i, plan),
                )
            )
        return out


def _remarks(rows: TrackRows, i: int, plan: FlightPlan | None) -> str:
    """Return what is known of the identity of row i, for people."""
    kind, said = int(rows.target_class[i]), []
    if kind > 0:
        said.append(CLASSES[kind])
    if rows.icao[i] >= 0:
        said.append(f"ICAO {rows.icao[i]:06X}")
    if rows.mode3a[i] >= 0:
        said.append(f"Mode A {rows.mode3a[i]:04}")
    n = int(rows.n_sensors[i])
    if n >= 0:
        said.append(f"{n} sensor{'' if n == 1 else 's'}")
    if plan is not None:
        route = f"{plan.departure}-{plan.destination}" if plan.departure or plan.destination else ""
        words = (plan.callsign, route, plan.aircraft_type, plan.area)
        said.append("plan " + " ".join(word for word in words if word))
    return "; ".join(said)
