"""Emergency codes: 7500, 7600 and 7700 (ICAO Annex 10, volume IV, 2.1.4.1)."""

from typing import Final

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


class EmergencyRule:
    """An aircraft shows an emergency code."""

    name: Final = "emergency"

    def __init__(self, params: EmergencyParams) -> None:
        self.params = params

    def look(self, sky: Sky) -> list[Finding]:
        """One finding for each track and code."""
        codes = sky.rows.mode3a
        found = []
        for i in np.flatnonzero(np.isin(codes, list(CODES))).tolist():
            code, track = int(codes[i]), int(sky.rows.track[i])
            means, severity = CODES[code]
            found.append(
                Finding(
                    f"{track}-{code}",
                    (track,),
                    severity,
                    event_time_s=float(sky.rows.time_s[i]),
                    evidence={"code": code, "means": means, **who_of(sky, i)},
                )
            )
        return found
