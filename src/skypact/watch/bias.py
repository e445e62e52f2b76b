"""Steps of sensors' biases: an antenna that was turned, a clock that was set, a changed delay.

Estimates drift slowly and settle while they are learnt; both stay within their standard deviations.
A step leaves them. It is found where an estimate differs from an earlier one by many standard
deviations of both together and by more than matters, and where the registration itself has found
one. Only biases that can be observed, then and now, count.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from skypact.rules.bias import BiasParams
from skypact.watch.sky import Finding, Sky

SAMPLE_S: Final = 10.0
"""Estimates are noted so often at most."""
CALM: Final = ("range_m", "range_gain", "azimuth_deg", "elevation_deg", "time_s")


class _Value(NamedTuple):
    time_s: float
    value: float
    sigma: float


class _Step(NamedTuple):
    """A step that is told."""

    time_s: float
    before: float
    before_sigma: float
    found_s: float


class BiasRule:
    """Sensors whose bias has stepped.

    Parameters
    ----------
    params : BiasParams
    """

    name: Final = "bias"

    def __init__(self, params: BiasParams) -> None:
        self.params = params
        self._past: dict[tuple[str, str], list[_Value]] = {}
        """Estimates within `before_s`, the oldest first."""
        self._steps: dict[tuple[str, str], _Step] = {}

    def look(self, sky: Sky) -> list[Finding]:
        """One finding for each sensor and bias."""
        found = []
        for sensor in sky.sensors:
            observable = sensor.biases.get("observable", ())
            for name in CALM:
                place = sensor.name, name
                if name not in observable or name not in sensor.biases:
                    self._past.pop(place, None)
                    continue
                now = _Value(sky.now_s, *map(float, sensor.biases[name]))
                self._note(place, now, sensor.biases)
                step = self._steps.get(place)
                if step is not None:
                    found.append(self._finding(place, step, now))
        self._steps = {
            place: step
            for place, step in self._steps.items()
            if sky.now_s - step.found_s <= self.params.hold_s
        }
        return found

    def _note(self, place: tuple[str, str], now: _Value, biases: Mapping[str, Any]) -> None:
        """Look for a step of one bias."""
        p, (_, name) = self.params, place
        least = getattr(p, f"least_{name}")
        for told in biases.get("steps", ()):
            is_new = now.time_s - told["found_s"] <= p.before_s
            known = self._steps.get(place)
            is_known = known is not None and known.time_s == told["time_s"]
            if told["bias"] == name and is_new and not is_known and abs(told["size"]) >= least:
                before = self._before(place, told["time_s"])
                first = now.value - told["size"] if before is None else before.value
                sigma = now.sigma if before is None else before.sigma
                found_s = max(told["found_s"], now.time_s) if known is None else now.time_s
                self._steps[place] = _Step(told["time_s"], first, sigma, found_s)
                self._past.pop(place, None)
        past = self._past.setdefault(place, [])
        if past:
            # The differences of nested estimates vary less than this.
            both = np.hypot(now.sigma, past[0].sigma)
            size = abs(now.value - past[0].value)
            if size >= least and size > p.step_sigma * both:
                if place not in self._steps:
                    first = past[0]
                    self._steps[place] = _Step(
                        now.time_s, first.value, first.sigma, now.time_s
                    )  # fmt: skip
                past.clear()
        if not past or now.time_s - past[-1].time_s >= SAMPLE_S:
            past.append(now)
        while len(past) > 1 and now.time_s - past[0].time_s > p.before_s:
            past.pop(0)

    def _before(self, place: tuple[str, str], time_s: float) -> _Value | None:
        """Return the last estimate from before a time."""
        past = [value for value in self._past.get(place, []) if value.time_s <= time_s]
        return past[-1] if past else None

    def _finding(self, place: tuple[str, str], step: _Step, now: _Value) -> Finding:
        sensor, name = place
        return Finding(
            f"{sensor}-{name}",
            (),
            self.params.severity,
            event_time_s=step.time_s,
            evidence={
                "sensor": sensor,
                "bias": name,
                "before": _figure(step.before),
                "before_sigma": _figure(step.before_sigma),
                "after": _figure(now.value),
                "after_sigma": _figure(now.sigma),
                "step": _figure(now.value - step.before),
            },
        )


def _figure(value: float) -> float:
    return float(f"{value:.4g}")
