"""Emergency codes: 7500, 7600 and 7700 (ICAO Annex 10, volume IV, 2.1.4.1).

An aircraft that gets another track, or two of them, while it shows a code goes on with its alert:
it is known by its 24-bit address. The event is the first update with the code.
"""

from typing import Final, NamedTuple

import numpy as np

from skypact.rules.common import Severity
from skypact.rules.emergency import EmergencyParams
from skypact.watch.sky import Finding, Sky
from skypact.watch.who import who_of

CODES: Final[dict[int, tuple[str, Severity]]] = {
    7500: ("unlawful interference", "extreme"),
    7600: ("radio failure", "moderate"),
    7700: ("emergency", "severe"),
}


class _Matter(NamedTuple):
    """A code that somebody shows."""

    begun_s: float
    seen_s: float


class EmergencyRule:
    """An aircraft shows an emergency code."""

    name: Final = "emergency"

    def __init__(self, params: EmergencyParams) -> None:
        self.params = params
        self._matters: dict[str, _Matter] = {}
        """Those of now and of `clear_after_s` ago, by the key of their findings."""
        self._key_of: dict[tuple[int, int], str] = {}
        """Which matter a track and code are of."""
        self._of_address: dict[tuple[int, int], str] = {}
        """And an address and code."""

    def look(self, sky: Sky) -> list[Finding]:
        """One finding for each aircraft and code."""
        rows_of: dict[str, list[int]] = {}
        for i in np.flatnonzero(np.isin(sky.rows.mode3a, list(CODES))).tolist():
            rows_of.setdefault(self._note(sky, i), []).append(i)
        since_s = sky.now_s - self.params.clear_after_s
        self._matters = {k: m for k, m in self._matters.items() if m.seen_s >= since_s}
        for keys in (self._key_of, self._of_address):
            for over in [at for at, key in keys.items() if key not in self._matters]:
                del keys[over]
        return [self._finding(sky, key, rows) for key, rows in rows_of.items()]

    def _note(self, sky: Sky, i: int) -> str:
        """Note that the track in row i shows a code; return the key of the matter."""
        rows = sky.rows
        track, code, icao = int(rows.track[i]), int(rows.mode3a[i]), int(rows.icao[i])
        key = self._key_of.get((track, code)) or self._of_address.get((icao, code))
        key = key or f"{track}-{code}"
        self._key_of[track, code] = key
        known = self._matters.get(key)
        begun_s = float(rows.time_s[i]) if known is None else known.begun_s
        self._matters[key] = _Matter(begun_s, sky.now_s)
        if icao >= 0:
            self._of_address[icao, code] = key
        return key

    def _finding(self, sky: Sky, key: str, rows: list[int]) -> Finding:
        """Return what is found of tracks in some rows; the one that was seen last tells of it."""
        newest = min(rows, key=lambda i: float(sky.quiet_s[i]))
        code = int(sky.rows.mode3a[newest])
        means, severity = CODES[code]
        return Finding(
            key,
            tuple(int(sky.rows.track[i]) for i in rows),
            severity,
            event_time_s=self._matters[key].begun_s,
            evidence={"code": code, "means": means, **who_of(sky, newest)},
        )
