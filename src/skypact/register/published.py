"""Estimated biases as `summary.json` tells them (DESIGN 2.1)."""

from typing import Any, Final

from skypact.model.registration import (
    AZIMUTH_BIAS,
    ELEVATION_BIAS,
    RANGE_BIAS,
    RANGE_GAIN,
    SITE_EAST,
    SITE_NORTH,
    TIME_BIAS,
)
from skypact.register.registration import Registration
from skypact.register.surface import AZIMUTH, BEHIND, EAST, NORTH, RANGE, TIME, Surface
from skypact.units import DEGREE

_KEYS: Final = (
    ("azimuth_deg", AZIMUTH_BIAS, 1.0 / DEGREE),
    ("range_m", RANGE_BIAS, 1.0),
    ("range_gain", RANGE_GAIN, 1.0),
    ("elevation_deg", ELEVATION_BIAS, 1.0 / DEGREE),
    ("time_s", TIME_BIAS, 1.0),
)
_SURFACE_KEYS: Final = (
    ("azimuth_deg", AZIMUTH, 1.0 / DEGREE),
    ("range_m", RANGE, 1.0),
    ("time_s", TIME, 1.0),
    ("east_m", EAST, 1.0),
    ("north_m", NORTH, 1.0),
    ("behind_m", BEHIND, 1.0),
)
_MISPLACED_M: Final = 100.0
_MISPLACED_SIGMA: Final = 4.0
"""A site's shift is told when it is larger than both."""


def _figure(value: float) -> float:
    return float(f"{value:.4g}")


def _surface_entry(surface: Surface, i: int) -> dict[str, Any]:
    """Return what is told of surface radar i, relative to those that tell positions."""
    x, sigma, seen = surface.x[i], surface.sigma[i], surface.observable[i]
    entry: dict[str, Any] = {
        key: [_figure(x[at] * unit), _figure(sigma[at] * unit)] for key, at, unit in _SURFACE_KEYS
    }
    entry["observable"] = [key for key, at, _ in _SURFACE_KEYS if seen[at]]
    return entry


def biases_of(registration: Registration) -> dict[str, dict[str, Any]]:
    """Biases by sensor: value and sigma of each, which of them are observable, and what is wrong.

    ``steps`` are jumps found, with the time of each; ``site_shift_m`` is the true site minus the
    configured one, where the two differ. Surface radars have ``east_m`` and ``north_m``, by which
    their plots are off, and ``behind_m``, by which they lie behind antennas. Sensors that
    nothing was learnt of are left out.
    """
    values, sigmas = registration.values, registration.sigmas
    priors, observable = registration.priors, registration.observable
    told: dict[str, dict[str, Any]] = {}
    for i, name in enumerate(registration.names):
        if registration.surface.n[i] > 0:
            told[name] = _surface_entry(registration.surface, i)
        if not registration.is_informed(i):
            continue
        entry: dict[str, Any] = {}
        for key, at, unit in _KEYS:
            if priors[i, at] > 0:
                entry[key] = [_figure(values[i, at] * unit), _figure(sigmas[i, at] * unit)]
        entry["observable"] = [k for k, at, _ in _KEYS if priors[i, at] > 0 and observable[i, at]]
        entry["noise_ratio"] = [_figure(v**0.5) for v in registration.noise[i, :2].tolist()]
        steps = [s for s in registration.steps if s.sensor == i]
        if steps:
            entry["steps"] = [
                {"bias": key, "time_s": round(s.time_s, 1), "found_s": round(s.found_s, 1),
                 "size": _figure(s.size * unit)}
                for s in steps for key, at, unit in _KEYS if at == s.bias
            ]  # fmt: skip
        shift = [(float(values[i, at]), float(sigmas[i, at])) for at in (SITE_EAST, SITE_NORTH)]
        if any(abs(v) > max(_MISPLACED_M, _MISPLACED_SIGMA * s) for v, s in shift):
            entry["site_shift_m"] = {
                side: [_figure(v), _figure(s)]
                for side, (v, s) in zip(("east", "north"), shift, strict=True)
            }
        told[name] = entry
    return told
