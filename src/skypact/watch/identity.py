"""Identities that clash, that nobody may have, and that keep changing.

Two tracks are surely two objects where they are farther apart than `apart_m`, what both may have
flown since they were last seen, and four standard deviations of both places. Codes that many fly
with are no identity (ICAO Doc 4444, chapter 1: a discrete code does not end in 00), and the
addresses of 24 zeros and 24 ones are nobody's (ICAO Annex 10, volume III, part I, appendix to
chapter 9).
"""

from collections import Counter, deque
from typing import Any, Final

import numpy as np

from skypact.model.reports import Floats, Longs, unpack_callsign
from skypact.rules.common import Severity
from skypact.rules.identity import IdentityParams
from skypact.watch.ground import Mask
from skypact.watch.linked import groups_of
from skypact.watch.remembered import Remembered, places_in
from skypact.watch.sky import EARTH_M, Finding, Sky
from skypact.watch.who import who_of

NOBODY: Final = (0x000000, 0xFFFFFF)
_RIVALS: Final = 16
"""Of more tracks with one identity each is compared with so many others."""
_SIGMAS: Final = 4.0
_KEEP: Final = 0.6
"""A clash goes on down to this share of the distance that makes one."""
_COASTING_S: Final = 60.0
_LASTING: Final = 0.5
"""Flapping lasts for this share of its time at least: a code that is dialled, and trackers that
learn of it one after another, change it often for a moment."""
_FIELDS: Final = ("icao", "mode3a", "callsign")
_WORDS: Final = {"icao": "address", "mode3a": "code", "callsign": "callsign"}


class IdentityRule:
    """Clashes of addresses, discrete codes and callsigns; nobody's addresses; flapping."""

    name: Final = "identity"

    def __init__(self, params: IdentityParams) -> None:
        self.params = params
        self._last = Remembered(icao=-1.0, mode3a=-1.0, callsign=-1.0)
        """The newest identity that was reported of each track."""
        self._changes: dict[tuple[int, str], deque[tuple[float, int]]] = {}
        """When a track's identity last changed, and to what."""

    def look(self, sky: Sky) -> list[Finding]:
        """One finding for each identity that clashes or is nobody's, and each that flaps."""
        return [*self._clashes(sky), *self._nobody(sky), *self._flapping(sky)]

    def _clashes(self, sky: Sky) -> list[Finding]:
        p, rows = self.params, sky.rows
        speed = np.hypot(rows.vn_mps, rows.ve_mps)
        ripe = (rows.age_s >= p.least_age_s) & (sky.quiet_s <= _COASTING_S)
        moving = ripe & (speed >= p.least_speed_mps)
        one_address = ripe & (rows.icao >= 0) & ~np.isin(rows.icao, NOBODY)
        discrete = (rows.mode3a >= 100) & (rows.mode3a % 100 != 0)
        discrete &= ~np.isin(rows.mode3a, p.shared_codes)
        found = self._of_field(sky, "icao", one_address, np.inf)
        found += self._of_field(sky, "mode3a", moving & discrete, p.code_reach_m)
        named = moving & (rows.callsign >= 0)
        return found + self._of_field(sky, "callsign", named, p.callsign_reach_m)

    def _of_field(self, sky: Sky, field: str, use: Mask, reach_m: float) -> list[Finding]:
        """Clashes of one kind of identity, among tracks `use` (n,)."""
        first, second = _same(getattr(sky.rows, field), use)
        if field != "icao":  # who shares an address has clashed already
            icao = sky.rows.icao
            differ = (icao[first] != icao[second]) | (icao[first] < 0)
            first, second = first[differ], second[differ]
        apart_m = _distance(sky, first, second)
        needed_m = self._needed(sky, first, second)
        near = (apart_m >= _KEEP * needed_m) & (apart_m <= reach_m)
        quiet_s = np.maximum(sky.quiet_s[first], sky.quiet_s[second])
        holds = near & (apart_m >= needed_m) & (quiet_s <= self.params.fresh_s)
        groups = _grouped(first, second, np.flatnonzero(near))
        return [
            self._clash(sky, field, members, bool(holds[pairs].any()),
                        float(apart_m[pairs].max()), float(needed_m[pairs].min()))
            for members, pairs in groups
            if self._is_named(sky, field, members[0])
        ]  # fmt: skip

    def _needed(self, sky: Sky, first: Longs, second: Longs) -> Floats:
        """Distance (k,) from which pairs of tracks cannot be one object."""
        rows, total = sky.rows, np.full(first.size, self.params.apart_m)
        speed = np.nan_to_num(np.hypot(rows.vn_mps, rows.ve_mps))
        sigma = np.nan_to_num(np.hypot(rows.sigma_n_m, rows.sigma_e_m))
        for at in (first, second):
            total += speed[at] * np.maximum(sky.quiet_s[at], 0.0) + _SIGMAS * sigma[at]
        return total

    def _is_named(self, sky: Sky, field: str, i: int) -> bool:
        if field != "callsign":
            return True
        text = unpack_callsign(int(sky.rows.callsign[i]))
        return len(set(text)) > 1 and not text.startswith(self.params.shared_callsigns)

    def _clash(
        self, sky: Sky, field: str, members: list[int], holds: bool, far_m: float, needed_m: float
    ) -> Finding:
        rows, word = sky.rows, _WORDS[field]
        value = _text(field, int(getattr(rows, field)[members[0]]))
        key = f"{word}-{value}" if field == "icao" else f"{word}-{value}-{rows.track[members[0]]}"
        severity: Severity = self.params.address_severity if field == "icao" else "minor"
        return Finding(
            key,
            tuple(int(rows.track[i]) for i in members),
            severity,
            holds=holds,
            evidence={
                "what": f"one {word} on {len(members)} tracks",
                word: value,
                "greatest_distance_km": round(far_m / 1000.0, 1),
                "one_object_up_to_km": round(needed_m / 1000.0, 1),
                "objects": [who_of(sky, i) for i in members[:_RIVALS]],
            },
        )

    def _nobody(self, sky: Sky) -> list[Finding]:
        found = []
        for i in np.flatnonzero(np.isin(sky.rows.icao, NOBODY)).tolist():
            number = int(sky.rows.track[i])
            evidence = {"what": "an address that nobody may have", **who_of(sky, i)}
            fresh = bool(sky.quiet_s[i] <= self.params.fresh_s)
            found.append(
                Finding(f"nobody-{number}", (number,), "minor", holds=fresh, evidence=evidence)
            )
        return found

    def _flapping(self, sky: Sky) -> list[Finding]:
        p, since_s = self.params, sky.now_s - self.params.within_s
        self._note_changes(sky)
        found = []
        for (number, field), changes in sorted(self._changes.items()):
            while changes and changes[0][0] < since_s:
                changes.popleft()
            i = int(places_in(sky.rows.track, np.array([number]))[0])
            if i < 0 or not changes:
                del self._changes[number, field]
            elif 2 * len(changes) >= p.changes:
                values = Counter(_text(field, value) for _, value in changes)
                evidence: dict[str, Any] = {
                    "what": f"the {_WORDS[field]} keeps changing",
                    "changes": len(changes),
                    "within_s": p.within_s,
                    "values": dict(sorted(values.items())[:_RIVALS]),
                    **who_of(sky, i),
                }
                key = f"flapping-{_WORDS[field]}-{number}"
                lasts = changes[-1][0] - changes[0][0] >= _LASTING * p.within_s
                holds = len(changes) >= p.changes and lasts
                found.append(Finding(key, (number,), "minor", holds=holds, evidence=evidence))
        return found

    def _note_changes(self, sky: Sky) -> None:
        """Note changes of what reports say of tracks, or of the tracks where none came."""
        rows, reports = sky.rows, sky.reports
        self._last.follow(rows.track)
        at = places_in(rows.track, sky.report_track)
        silent = np.ones(rows.track.size, np.bool_)
        silent[at[at >= 0]] = False
        alone = np.flatnonzero(silent)
        for field in _FIELDS:
            row = np.concatenate((at, alone))
            value = np.concatenate((getattr(reports, field), getattr(rows, field)[alone]))
            time_s = np.concatenate((reports.time_s, rows.time_s[alone]))
            use = np.flatnonzero((row >= 0) & (value >= 0))
            use = use[np.lexsort((time_s[use], row[use]))]
            row, value, time_s = row[use], value[use], time_s[use]
            same = np.concatenate(([False], row[1:] == row[:-1]))
            before = np.where(same, np.roll(value, 1), self._last[field][row])
            for k in np.flatnonzero((before >= 0) & (before != value)).tolist():
                changes = self._changes.setdefault(
                    (int(rows.track[row[k]]), field), deque(maxlen=4 * self.params.changes)
                )
                changes.append((float(time_s[k]), int(value[k])))
            self._last[field][row] = value  # of several the newest


def _same(value: Longs, use: Mask) -> tuple[Longs, Longs]:
    """Pairs (k,) of rows `use` with the same value, each with up to `_RIVALS` others."""
    at = np.flatnonzero(use)
    at = at[np.argsort(value[at], kind="stable")]
    first, second = [], []
    for step in range(1, _RIVALS):
        same = np.flatnonzero(value[at[step:]] == value[at[:-step]])
        if not same.size:
            break
        first.append(at[same])
        second.append(at[same + step])
    if not first:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate(first), np.concatenate(second)


def _grouped(first: Longs, second: Longs, use: Longs) -> list[tuple[list[int], list[int]]]:
    """Join pairs that share a row: rows in order, and which pairs they are of."""
    n = int(max(first[use].max(), second[use].max())) + 1 if use.size else 0
    label = groups_of(n, first[use], second[use])
    pairs: dict[int, list[int]] = {}
    for k in use.tolist():
        pairs.setdefault(int(label[first[k]]), []).append(k)
    return [
        (sorted({*first[of].tolist(), *second[of].tolist()}), of) for _, of in sorted(pairs.items())
    ]


def _distance(sky: Sky, first: Longs, second: Longs) -> Floats:
    """Great-circle distance (k,) of pairs of tracks, metres (haversine)."""
    north = np.sin(0.5 * (sky.lat_rad[second] - sky.lat_rad[first])) ** 2
    east = np.sin(0.5 * (sky.lon_rad[second] - sky.lon_rad[first])) ** 2
    across = np.cos(sky.lat_rad[first]) * np.cos(sky.lat_rad[second])
    metres: Floats = 2.0 * EARTH_M * np.arcsin(np.sqrt(np.clip(north + across * east, 0.0, 1.0)))
    return metres


def _text(field: str, value: int) -> str:
    """Return a value as people write it."""
    if field == "icao":
        return f"{value:06X}"
    return f"{value:04d}" if field == "mode3a" else unpack_callsign(value)
