"""Alerts of the watch as safety net messages: which, with what, until they end.

Source: EUROCONTROL-SPEC-0149 Part 17, edition 1.13: I004/000 with its table of mandatory and
optional items, I004/040 (alert identifier), I004/060 (status of the functions, in alive messages
alone), I004/120 CC (table 1 of area proximity warnings). A situation begins with its message,
goes on with further ones of the same identifier, and ends with ``End Of Conflict``.
"""

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from skypact.encode.cat004 import NUMBER, Alert, Party, alert_record, alive_record
from skypact.encode.datagrams import Sender, datagrams
from skypact.model.store import AlertRecord

Longs = npt.NDArray[np.int64]
Numbering = Callable[[Longs, float], Longs]
"""Numbers of tracks (n,) at a time."""

RULES: Final = {"conflict": "short-term conflict", "terrain": "minimum safe altitude",
                "area": "area proximity"}  # fmt: skip
"""Messages of `cat004.MESSAGES` by rule; what other rules find, the category cannot say."""
FUNCTIONS: Final = {"conflict": "STCA", "terrain": "MSAW", "area": "APW"}
"""Flags of I004/060 by rule."""
SEVERITIES: Final = {"minor": 0, "moderate": 1, "severe": 2, "extreme": 2}
"""I004/120 CPC of an area proximity warning: low, medium, high."""
N_IDENTIFIERS: Final = 1 << 16
"""Of alerts (I004/040)."""
MOST_ALERTS: Final = 10_000
"""That live at a time; what is raised beyond is not sent and counted."""
_MOST_LEAST_M: Final = 32_767.5
"""The end of I004/070 MHS."""
_NONE: Final[dict[str, Any]] = {}


class SafetyNetEncoder:
    """Writes what becomes of alerts.

    Parameters
    ----------
    sender : Sender
        Who sends.
    number_of : Numbering
        Gives tracks the numbers that category 062 has for them.
    rules : sequence of str
        Alerts of these rules are sent, where the category can say them.
    counted : sequence of str, optional
        Alerts of these that cannot be said are counted; left out, of all rules.
    """

    def __init__(
        self,
        sender: Sender,
        number_of: Numbering,
        rules: Sequence[str] = tuple(RULES),
        counted: Sequence[str] | None = None,
    ) -> None:
        self._sender, self._number_of = sender, number_of
        self._rules = frozenset(rules) & RULES.keys()
        self._counted = None if counted is None else frozenset(counted)
        self._identifiers: dict[str, int] = {}
        self._taken: set[int] = set()
        self.n_unsaid = 0
        """Alerts that the category cannot say, or that were too many."""

    def send(self, alerts: Sequence[AlertRecord], now_s: float) -> list[bytes]:
        """Return the datagrams of states of alerts, in order.

        Parameters
        ----------
        alerts : sequence of AlertRecord
        now_s : float
            UTC seconds.
        """
        records = [self._record(alert, now_s) for alert in alerts]
        return datagrams(NUMBER, [record for record in records if record])

    def alive(
        self, now_s: float, well: Sequence[str], *, degraded: bool = False, overload: bool = False
    ) -> list[bytes]:
        """Return the message that tells which functions work; none where no alerts are sent.

        Parameters
        ----------
        now_s : float
            UTC seconds.
        well : sequence of str
            Rules that are applied and do not fail.
        degraded : bool
            Information of a sensor is lost.
        overload : bool
            What comes in is more than can be tracked.
        """
        if not self._rules:
            return []
        works = [flag for rule, flag in FUNCTIONS.items() if rule in well and rule in self._rules]
        record = alive_record(now_s, self._sender, works, degraded=degraded, overload=overload)
        return datagrams(NUMBER, [record])

    def _record(self, alert: AlertRecord, now_s: float) -> bytes:
        if alert.rule not in self._rules:
            is_asked = self._counted is None or alert.rule in self._counted
            self.n_unsaid += alert.state == "raised" and is_asked
            return b""
        if alert.state == "acknowledged":
            return b""
        if alert.state == "cleared":
            ended = Alert("end of conflict", alert.time_s, self._ended(alert.id))
            return alert_record(ended, self._sender)
        number = self._identifier(alert.id)
        if number is None:
            self.n_unsaid += 1
            return b""
        return alert_record(self._said(alert, number, now_s), self._sender)

    def _identifier(self, name: str) -> int | None:
        """Return the number of an alert, the same as long as it lives and after a restart."""
        if name not in self._identifiers:
            if len(self._identifiers) >= MOST_ALERTS:
                return None
            number = zlib.crc32(name.encode()) % N_IDENTIFIERS
            while number in self._taken:
                number = (number + 1) % N_IDENTIFIERS
            self._identifiers[name] = number
            self._taken.add(number)
        return self._identifiers[name]

    def _ended(self, name: str) -> int:
        """Return the number of an alert that is over, which others may have from now on."""
        number = self._identifiers.pop(name, zlib.crc32(name.encode()) % N_IDENTIFIERS)
        self._taken.discard(number)
        return number

    def _said(self, alert: AlertRecord, number: int, now_s: float) -> Alert:
        told = alert.evidence
        tracks = np.array(alert.tracks[:2], np.int64)
        numbers = self._number_of(tracks, now_s).tolist()
        whose = (told.get("first", told), told.get("second", _NONE))
        parties = tuple(_party(n, who) for n, who in zip(numbers, whose, strict=False))
        made = Alert(
            RULES[alert.rule], alert.time_s, number, parties,
            probability=_figure(told, "probability"),
        )  # fmt: skip
        if alert.rule == "conflict":
            return _conflict(made, told)
        if alert.rule == "terrain":
            return made._replace(time_to_conflict_s=_figure(told, "time_to_limit_s"))
        return made._replace(
            area=str(told.get("area", "")),
            time_to_conflict_s=_time_left_s(alert),
            severity=SEVERITIES[alert.severity],
        )


def _conflict(made: Alert, told: Mapping[str, Any]) -> Alert:
    least_m = _figure(told, "closest_distance_m")
    gap_m = _figure(told, "closest_height_apart_m")
    is_close = least_m < _figure(told, "least_distance_m") / 2.0
    is_level = math.isnan(gap_m) or gap_m < _figure(told, "least_height_apart_m") / 2.0
    return made._replace(
        time_to_conflict_s=_figure(told, "time_to_conflict_s"),
        time_to_approach_s=float(np.maximum(0.0, _figure(told, "time_to_closest_s"))),
        horizontal_m=_figure(told, "distance_m"),
        least_horizontal_m=float(np.minimum(least_m, _MOST_LEAST_M)),
        vertical_m=_figure(told, "height_apart_m"),
        least_vertical_m=gap_m,
        is_major=is_close and is_level,
    )


def _party(number: int, who: Mapping[str, Any]) -> Party:
    code = str(who.get("mode3a", ""))
    return Party(number, str(who.get("callsign", "")), int(code) if code.isdigit() else -1)


def _time_left_s(alert: AlertRecord) -> float:
    """Until an object enters; 0 inside."""
    if math.isnan(alert.event_time_s):
        return 0.0
    return max(0.0, alert.event_time_s - alert.time_s)


def _figure(told: Mapping[str, Any], name: str) -> float:
    value = told.get(name)
    return float(value) if isinstance(value, int | float) else math.nan
