"""Errors of the reports themselves: what a tracker has to be better than.

Every report is placed at the true height, so that only what the sensor measures in the plane
counts, and compared with the truth at the report's own stamp: noise, biases, time errors, merged
plots and all.

Some reports bear an object's number and are no direct measurement of it: echoes of the pulse
before, reflections, halves of split plots, positions forged by interference. Those further from the
object than `WILD_SIGMAS` times the stated deviation plus `WILD_M` are wild: they are counted, and
left out of everything that a few of them would make meaningless.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from skypact.config import Sensor
from skypact.evaluate.paths import Paths
from skypact.evaluate.places import (
    Bools,
    Sites,
    Truths,
    is_polar,
    is_usable,
    position_sigma,
    reported_places,
    sites_of,
    true_states,
)
from skypact.kernels.geodesy import geodetic_from_ecef
from skypact.model.reports import KINDS, Floats, ReportBatch
from skypact.model.sensors import SMR

WILD_SIGMAS: Final = 8.0
WILD_M: Final = 300.0
"""Room for what the data sheet does not state: biases, time errors, merged plots."""


class RawErrors(NamedTuple):
    """Horizontal errors of n reports, NaN where there is no position or no true object."""

    error_m: Floats
    along_m: Floats
    """Away from the sensor (n,); NaN where a report is no range and azimuth."""
    cross_m: Floats
    """Clockwise across it (n,)."""
    is_wild: Bools
    """Further from its object than a direct measurement can be; False without an object."""


class RawSummary(NamedTuple):
    """Errors of one sensor's reports of one kind; wild ones are in `n`, `wild` and `rms_all_m`."""

    sensor: str
    kind: str
    n: int
    wild: int
    rms_all_m: float
    rms_m: float
    median_m: float
    p95_m: float
    along_mean_m: float
    along_rms_m: float
    cross_mean_m: float
    cross_rms_m: float
    """NaN, as the three before, where no report is a range and azimuth."""


def raw_errors(
    reports: ReportBatch, sensors: Sequence[Sensor], truth: Paths, *, flat: bool
) -> RawErrors:
    """Horizontal error of every report whose object is known.

    Parameters
    ----------
    reports : ReportBatch of n rows
        `target` names the object in the truth.
    sensors : Sensor in the order of the reports' index
    truth : Paths
    flat : bool
        A flat scene (`config.Union.frame`).
    """
    sites = sites_of(sensors, flat=flat)
    states = true_states(reports.target, reports.time_s, truth)
    good = is_usable(reports, sites, flat=flat) & (states.object >= 0)
    height = np.full(len(good), np.nan)
    geodetic = np.zeros((int(good.sum()), 3))
    if not flat:
        geodetic_from_ecef(states.place_m[good], geodetic)
    height[good] = geodetic[:, 2]
    miss = reported_places(reports, sites, height, flat=flat) - states.place_m
    local = np.einsum("nij,nj->ni", states.axes[:, :2], miss)
    local[~good] = np.nan
    ray = _rays(reports, sites, states)
    along = np.einsum("ni,ni->n", local, ray)
    cross = local[:, 0] * ray[:, 1] - local[:, 1] * ray[:, 0]
    error = np.hypot(local[:, 0], local[:, 1])
    return RawErrors(error, along, cross, _wild(reports, sites, states, error, cross, flat=flat))


def raw_summaries(
    errors: RawErrors, reports: ReportBatch, sensors: Sequence[Sensor]
) -> list[RawSummary]:
    """Summaries by sensor and kind, where there is any error to summarise."""
    key = reports.sensor.astype(np.int64) * len(KINDS) + reports.kind
    known = np.isfinite(errors.error_m)
    out = []
    for one in np.unique(key[known]):
        rows = known & (key == one)
        kept = rows & ~errors.is_wild
        along, cross = errors.along_m[kept], errors.cross_m[kept]
        error = errors.error_m[kept]
        out.append(
            RawSummary(
                sensors[int(one) // len(KINDS)].name,
                KINDS[int(one) % len(KINDS)],
                int(rows.sum()),
                int(rows.sum() - kept.sum()),
                rms(errors.error_m[rows]),
                rms(error),
                quantile(error, 0.5),
                quantile(error, 0.95),
                mean(along),
                rms(along),
                mean(cross),
                rms(cross),
            )
        )
    return out


def rms(values: Floats) -> float:
    """Root mean square of what is not NaN; NaN where nothing is left."""
    kept = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(kept**2))) if len(kept) else float("nan")


def mean(values: Floats) -> float:
    """Mean of what is not NaN; NaN where nothing is left."""
    kept = values[np.isfinite(values)]
    return float(np.mean(kept)) if len(kept) else float("nan")


def quantile(values: Floats, share: float) -> float:
    """Quantile of what is not NaN; NaN where nothing is left."""
    kept = values[np.isfinite(values)]
    return float(np.quantile(kept, share)) if len(kept) else float("nan")


def _wild(
    reports: ReportBatch,
    sites: Sites,
    states: Truths,
    error_m: Floats,
    cross_m: Floats,
    *,
    flat: bool,
) -> Bools:
    """Tell reports that cannot be direct measurements: in range or across it, or as positions.

    The range is compared by itself, not along the ground: overhead, a range some metres too long
    is a place far away.
    """
    sensor = reports.sensor
    polar = is_polar(reports, sites) & (sites.table.kind[sensor] != SMR)
    range_miss = reports.range_m - np.linalg.norm(states.place_m - sites.place_m[sensor], axis=1)
    across = sites.table.sigma_azimuth_rad[sensor] * reports.range_m
    wild = np.abs(range_miss) > WILD_SIGMAS * sites.table.sigma_range_m[sensor] + WILD_M
    wild |= np.abs(cross_m) > WILD_SIGMAS * across + WILD_M
    placed = error_m > WILD_SIGMAS * position_sigma(reports, sites, flat=flat) + WILD_M
    return np.asarray(np.where(polar, wild, placed) & np.isfinite(error_m))


def _rays(reports: ReportBatch, sites: Sites, states: Truths) -> Floats:
    """Give unit vectors (n, 2), east and north at the object, that lead away from the sensor."""
    line = states.place_m - sites.place_m[reports.sensor]
    ray = np.einsum("nij,nj->ni", states.axes[:, :2], line)
    length = np.hypot(ray[:, 0], ray[:, 1])
    length[~(is_polar(reports, sites) & (length > 0.0))] = np.nan
    return np.asarray(ray / length[:, None])
