"""Feeds that are dead, late or thin: an empty sky is not a dead sensor, and the other way round."""

from typing import Any, Final

import numpy as np

from skypact.model.reports import Floats
from skypact.rules.common import Severity
from skypact.rules.feed import FeedParams
from skypact.units import NANOSECONDS
from skypact.watch.sky import Finding, SensorLook, Sky
from skypact.watch.turns import Turns

KEPT: Final = 50
"""Delays of a sensor's last reports that the median is taken of."""
LEAST_DELAYS: Final = 10
LEAST_MISSED: Final = 2
"""Tracks that a sensor should see: that it is silent is then no empty sky."""
RARE: Final = ("passive", "position", "remoteid")
"""Kinds of sensors that may have nothing to tell for days."""
DEAD: Final = ("silent", "out")


class FeedRule:
    """Sensors whose feed cannot be relied on.

    Parameters
    ----------
    params : FeedParams
    turns : Turns
        Counts detections.
    """

    name: Final = "feed"

    def __init__(self, params: FeedParams, turns: Turns) -> None:
        self.params = params
        self._turns = turns
        self._begun_s = float("nan")
        self._delays: dict[int, Floats] = {}
        self._silent_s: dict[int, float] = {}
        """Since when sensors are silent."""
        self._missed: set[int] = set()
        """Silent ones that had tracks to see."""

    def look(self, sky: Sky) -> list[Finding]:
        """One finding for each sensor and trouble."""
        self._turns.take(sky)
        if np.isnan(self._begun_s):
            self._begun_s = sky.now_s
        self._note(sky)
        n_up = sum(s.state not in (*DEAD, "unknown") for s in sky.sensors)
        found: list[Finding] = []
        for i, sensor in enumerate(sky.sensors):
            if sensor.state not in DEAD:
                self._silent_s.pop(i, None)
                self._missed.discard(i)
            found += self._state(sky, i, sensor, n_up)
            if sensor.state not in (*DEAD, "unknown"):
                found += self._delay(i, sensor)
                found += self._thin(i, sensor, sky)
        return found

    def _note(self, sky: Sky) -> None:
        """Note how long reports took to arrive."""
        reports = sky.reports
        delay = reports.received_ns / NANOSECONDS - reports.time_s
        fine = np.isfinite(delay) & (reports.received_ns > 0)
        for s in np.unique(reports.sensor[fine]).tolist():
            new = delay[fine & (reports.sensor == s)][-KEPT:]
            kept = np.concatenate([self._delays.get(s, np.zeros(0)), new])
            self._delays[s] = kept[-KEPT:]

    def _is_dead(self, sky: Sky, i: int, sensor: SensorLook) -> bool:
        """Whether silence is more than an empty sky."""
        since_s = self._silent_s.setdefault(i, sky.now_s)
        if self._turns.expected_of(sky, i) >= LEAST_MISSED:
            self._missed.add(i)
        told = sensor.state == "out" or sensor.tells_of_itself or i in self._missed
        return told or sky.now_s - since_s >= self.params.empty_after_s

    def _state(self, sky: Sky, i: int, sensor: SensorLook, n_up: int) -> list[Finding]:
        """Sensors that say that they do not work, or say nothing."""
        p, state = self.params, sensor.state
        if state == "degraded":
            return [self._finding(sensor, "degraded", "minor", {"sensors_up": n_up})]
        if state in DEAD:
            if not self._is_dead(sky, i, sensor):
                return []
            severity: Severity = p.severity if n_up else "severe"
            return [self._finding(sensor, state, severity, {"sensors_up": n_up})]
        waited_s = sky.now_s - self._begun_s
        if state == "unknown" and sensor.kind not in RARE and waited_s >= p.never_after_s:
            evidence = {"waited_s": round(p.never_after_s), "sensors_up": n_up}
            return [self._finding(sensor, "never heard", "minor", evidence)]
        return []

    def _delay(self, i: int, sensor: SensorLook) -> list[Finding]:
        """Stamps that are far from the arrival."""
        p, delays = self.params, self._delays.get(i, np.zeros(0))
        delay = sensor.clock_offset_s
        if not np.isfinite(delay) and delays.size >= LEAST_DELAYS:
            delay = float(np.median(delays))
        if not np.isfinite(delay):
            return []
        limit = p.late_s if delay > 0.0 else p.ahead_s
        if abs(delay) < p.calm_share * limit:
            return []
        word = "late" if delay > 0.0 else "stamps ahead"
        evidence = {"delay_s": round(delay, 2), "limit_s": limit if delay > 0.0 else -limit}
        return [self._finding(sensor, word, self.params.severity, evidence, abs(delay) >= limit)]

    def _thin(self, i: int, sensor: SensorLook, sky: Sky) -> list[Finding]:
        """Far fewer reports than tracks lead to expect."""
        p = self.params
        last = self._turns.turns[i][-p.turns :]
        expected, detected = sum(t.expected for t in last), sum(t.detected for t in last)
        if sky.is_overloaded or len(last) < p.turns or expected < p.least_expected:
            return []
        share = detected / expected
        if share >= p.thick_share:
            return []
        evidence = {
            "expected": round(expected, 1), "detected": detected, "turns": len(last),
            "share": round(share, 3),
        }  # fmt: skip
        return [self._finding(sensor, "thin", p.severity, evidence, share < p.thin_share)]

    def _finding(
        self, sensor: SensorLook, trouble: str, severity: Severity, evidence: dict[str, Any],
        holds: bool = True,
    ) -> Finding:  # fmt: skip
        about = {"sensor": sensor.name, "kind": sensor.kind, "trouble": trouble}
        word = "dead" if trouble in DEAD else trouble.replace(" ", "-")
        return Finding(f"{sensor.name}-{word}", (), severity, holds, evidence=about | evidence)
