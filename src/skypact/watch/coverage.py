"""Coverage lost: a sensor detects no more where it did (`turns` counts and judges)."""

from typing import Any, Final

import numpy as np

from skypact.rules.coverage import CoverageParams
from skypact.watch.cover import Mask
from skypact.watch.sky import Finding, SensorLook, Sky
from skypact.watch.turns import INDEPENDENT, SECTORS, Turns

WHOLE_SHARE: Final = 0.75
"""From this share of the sectors that can be judged on, the whole sensor is lost."""
_WIDTH_DEG: Final = 360 // SECTORS


class CoverageRule:
    """Sectors of sensors in which they no longer detect what others see.

    Parameters
    ----------
    params : CoverageParams
    turns : Turns
        Counts detections, with the same parameters.
    """

    name: Final = "coverage"

    def __init__(self, params: CoverageParams, turns: Turns) -> None:
        self.params = params
        self._turns = turns

    def look(self, sky: Sky) -> list[Finding]:
        """One finding for each sensor."""
        self._turns.take(sky)
        found = []
        for i, sensor in enumerate(sky.sensors):
            if sensor.kind in INDEPENDENT and self._turns.lost[i].any():
                found.append(self._finding(i, sensor, self._turns.lost[i]))
        return found

    def _finding(self, i: int, sensor: SensorLook, lost: Mask) -> Finding:
        turns, p = self._turns, self.params
        before = turns.before[i].sum(axis=1)
        recent = turns.recent[i].sum(axis=(0, 2))
        judged = (before[:, 0] >= p.least_before) & ((recent[:, 0] >= p.least_recent) | lost)
        is_whole = judged.sum() >= 3 and lost.sum() >= WHOLE_SHARE * judged.sum()
        at = np.flatnonzero(lost)
        n, got = recent[at].sum(axis=0)
        rate = before[at, 1].sum() / max(1.0, before[at, 0].sum())
        evidence: dict[str, Any] = {
            "sensor": sensor.name,
            "part": "whole" if is_whole else "sectors",
            "sectors_deg": [[k * _WIDTH_DEG, (k + 1) * _WIDTH_DEG] for k in at.tolist()],
            "rate_before": round(float(rate), 3),
            "rate_now": round(float(got / max(n, 1.0)), 3),
            "opportunities": int(n),
            "detections": int(got),
        }
        severity = "severe" if is_whole else p.severity
        return Finding(sensor.name, (), severity, evidence=evidence)
