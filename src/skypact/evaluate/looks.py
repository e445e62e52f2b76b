"""Looks: every occasion on which a sensor reported an object or could have, with what it tells.

What an object was in sight of is read from its reports: as long as two reports of one sensor are no
more than `LONGEST_GAP` periods apart, the sensor looked once a period between them and missed. This
holds for any horizon, outage, cone of silence and equipment, simulated or recorded. What an object
says itself comes when it comes: those looks are its reports, and nothing was missed.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np

from skypact.config import Sensor
from skypact.evaluate.paths import Paths
from skypact.evaluate.places import (
    Bools,
    Sites,
    is_polar,
    is_self_reported,
    is_usable,
    position_sigma,
    sites_of,
    true_states,
)
from skypact.evaluate.scans import Scans, missed_times, turns_between, uneven_scans
from skypact.kernels.told import LEAST_GAP_S
from skypact.model.reports import Floats, Longs, ReportBatch, take_reports
from skypact.model.sensors import SMR

LONGEST_GAP: Final = 10
"""Periods without a report after which an object was out of sight; with a detection probability
of a half, one gap in a thousand is longer by chance."""
SAME_LOOK: Final = 0.5
"""Reports nearer than this share of a period come from one look; the first one counts."""
DOUBLED: Final = 0.02
"""Share of a period, 7 degrees of a turn, within which reports are never two looks."""
SHORTER: Final = 0.75
LONGER: Final = 1.5
"""Share of the data sheet's period from which times between reports say that it is wrong."""
LEAST_REVISITS: Final = 20
_SAME_S: Final = 1e-6
BIN_LOOKS: Final = 200
"""Looks from which the detection probability at a range is measured, and at most so many bins."""
MOST_BINS: Final = 12
SELF_REPORT_MEMORY_S: Final = 10.0
"""Self-reported positions nearer in time share their error, and count for their share of this time.
About what the tracker takes for middling ones (`kernels.told.error_memory`)."""


class Looks(NamedTuple):
    """N looks, by object and time."""

    object: Longs
    """Object in the truth's `Paths`."""
    time_s: Floats
    sensor: Longs
    report: Longs
    """Row of the report table, -1 where the look brought nothing."""
    p_detection: Floats
    clutter: Floats
    """False reports per whitened volume, see `evaluate.reduction`."""
    slope: Floats
    """Jacobian of the two components measured, to east and north of the place (n, 2, 2)."""
    variance: Floats
    """Of the two components (n, 2)."""
    place_m: Floats
    """True place in the frame of the paths (n, 3)."""
    velocity_mps: Floats
    """True velocity, east and north (n, 2)."""


class Evidence(NamedTuple):
    """What was assumed about detection and false reports."""

    p_detection: float | None = None
    """The same for all looks; None: measured by sensor and range."""
    clutter_density: float | None = None
    """See `evaluate.flatmodel.FlatModel`; None: from the data sheets."""


def looks_of(
    reports: ReportBatch,
    sensors: Sequence[Sensor],
    truth: Paths,
    *,
    flat: bool,
    evidence: Evidence | None = None,
) -> Looks:
    """All looks at all objects of the truth.

    Notes
    -----
    The detection probability of a sensor is the share of looks that brought a report, in bins of
    equal numbers of looks by range (200 looks or more in each); the first look of a time in sight
    is a report by construction: it does not count, and its own probability is 1. A sensor with
    fewer than 200 looks has the probability of its data sheet. False reports rival only those
    without address and code. Uneven scans of a flat scene are looks at the times of all their
    reports (`evaluate.scans`), not once a period.
    """
    evidence = Evidence() if evidence is None else evidence
    sites = sites_of(sensors, flat=flat)
    known = np.isin(reports.target, truth.number) & is_usable(reports, sites, flat=flat)
    rows = np.flatnonzero(known)
    rows = rows[
        np.lexsort((reports.time_s[rows], reports.sensor[rows], reports.target[rows]))
    ]  # fmt: skip
    scans = uneven_scans(reports, sites.table.period_s) if flat else {}
    rows = rows[_first_of_look(take_reports(reports, rows), sites, scans)]
    seen, inner, time_s, hit = _with_missed(take_reports(reports, rows), sites, truth, scans)
    states = true_states(reports.target[rows[seen]], time_s, truth)
    there = states.object >= 0
    seen, inner, time_s, hit = seen[there], inner[there], time_s[there], hit[there]
    part = take_reports(reports, rows[seen])
    place, axes = states.place_m[there], states.axes[there]
    slope, variance = _measured(part, sites, place, axes, flat=flat)
    self_reported = is_self_reported(part)
    line = place - sites.place_m[part.sensor]
    range_m = np.nan_to_num(np.linalg.norm(line, axis=1))
    chance = _detection(part, sites, range_m, hit, inner, evidence)
    chance = np.where(self_reported | ~inner, 1.0, chance)
    looks = Looks(
        states.object[there],
        time_s,
        part.sensor.astype(np.int64),
        np.where(hit, rows[seen], -1),
        chance,
        _clutter(part, sites, variance, flat=flat, density=evidence.clutter_density),
        slope,
        variance,
        place,
        np.einsum("nij,nj->ni", axes[:, :2], states.velocity_mps[there]),
    )
    looks = _remembered(looks, self_reported)
    order = np.lexsort((looks.sensor, looks.time_s, looks.object))
    return Looks._make(column[order] for column in looks)


def observed_periods(
    reports: ReportBatch, sensors: Sequence[Sensor], *, flat: bool
) -> dict[int, float]:
    """Revisit times of sensors whose reports belie the data sheet, by index.

    A sensor's are the times between its successive reports of an object, doubled plots left out.
    Misses make them longer, never shorter: the sheet is wrong where a fifth of them are below
    `SHORTER` periods, or where nine in ten are above `LONGER`. Then the revisit time is the median
    of those no longer than `LONGER` times that quantile; so it is found down to detection
    probabilities of a fifth. Fewer than `LEAST_REVISITS` tell nothing.
    """
    sites = sites_of(sensors, flat=flat)
    rows = np.flatnonzero((reports.target >= 0) & is_usable(reports, sites, flat=flat))
    rows = rows[~is_self_reported(take_reports(reports, rows))]
    rows = rows[
        np.lexsort((reports.time_s[rows], reports.sensor[rows], reports.target[rows]))
    ]  # fmt: skip
    part = take_reports(reports, rows)
    period_s = sites.table.period_s[part.sensor[1:]]
    gap_s = np.diff(part.time_s)
    revisit = (np.diff(_groups(part)) == 0) & (gap_s > DOUBLED * period_s)
    found = {}
    for sensor in np.unique(part.sensor).tolist():
        gaps = gap_s[revisit & (part.sensor[1:] == sensor)]
        if len(gaps) < LEAST_REVISITS:
            continue
        sheet = sites.table.period_s[sensor]
        tenth, fifth = np.quantile(gaps, (0.1, 0.2))
        low = fifth if fifth < SHORTER * sheet else tenth
        if not SHORTER * sheet <= low <= LONGER * sheet:
            found[sensor] = float(np.median(gaps[gaps <= LONGER * low]))
    return found


def with_periods(sensors: Sequence[Sensor], period_s: Mapping[int, float]) -> list[Sensor]:
    """Sensors with other periods where they are given."""
    return [
        msgspec.structs.replace(sensor, period_s=period_s.get(k, sensor.period_s))
        for k, sensor in enumerate(sensors)
    ]


def ranks(number: Longs) -> tuple[Longs, Longs]:
    """Order rows sorted by object so that all first rows of objects come first, then all second.

    Returns the order and the bounds of each rank in it.
    """
    n = len(number)
    starts = np.flatnonzero(np.append(np.ones(min(n, 1), bool), number[1:] != number[:-1]))
    rank = np.arange(n) - np.repeat(starts, np.diff(np.append(starts, n)))
    order = np.argsort(rank, kind="stable")
    bounds = np.append(np.flatnonzero(np.diff(rank[order], prepend=-1)), n)
    return order, bounds


def _groups(part: ReportBatch) -> Longs:
    """Give each report the number of its run of one target and one sensor (n,)."""
    new = (part.target[1:] != part.target[:-1]) | (part.sensor[1:] != part.sensor[:-1])
    return np.append(0, np.cumsum(new))[: len(part.time_s)].astype(np.int64)


def _first_of_look(part: ReportBatch, sites: Sites, scans: Scans) -> Bools:
    """Leave out reports of the same look: split and doubled ones. Sorted by target and sensor.

    A look begins with the first report and lasts `SAME_LOOK`; the next begins with the first after.
    """
    n = len(part.time_s)
    group = _groups(part)
    least = SAME_LOOK * sites.table.period_s[part.sensor]
    least[is_self_reported(part) | np.isin(part.sensor, list(scans))] = 1e-3
    keep = np.zeros(n, bool)
    if not n:
        return keep
    # Times of each group on a stretch of its own, so that one search serves all.
    age_s = part.time_s - part.time_s.min()
    key = group * (age_s.max() + least.max() + 1.0) + age_s
    after = np.searchsorted(key, key + least - _SAME_S)
    front = np.flatnonzero(np.diff(group, prepend=-1))
    while len(front):
        keep[front] = True
        onward = np.maximum(after[front], front + 1)
        there = onward < n
        there[there] = group[onward[there]] == group[front[there]]
        front = onward[there]
    return keep


def _with_missed(
    part: ReportBatch, sites: Sites, truth: Paths, scans: Scans
) -> tuple[Longs, Bools, Floats, Bools]:
    """Insert the missed looks.

    Returns, for each look, the row of the report it is or follows, whether it counts for the
    detection probability, its time, and whether it is a report.
    """
    n = len(part.time_s)
    period = sites.table.period_s[part.sensor]
    follows = np.zeros(n, bool)
    follows[1:] = (part.target[1:] == part.target[:-1]) & (part.sensor[1:] == part.sensor[:-1])
    is_last = np.append(~follows[1:], np.ones(min(n, 1), bool))
    index = np.searchsorted(truth.number, part.target)
    end_s = truth.time_s[truth.first[index + 1] - 1]
    next_s = np.where(is_last, end_s, np.append(part.time_s[1:], np.nan))
    gap_s = np.maximum(next_s - part.time_s, 0.0)
    turns = np.where(is_last, np.floor(gap_s / period + 1e-6) + 1.0, np.rint(gap_s / period))
    for sensor, times in scans.items():
        own = part.sensor == sensor
        turns[own] = turns_between(times, part.time_s[own], next_s[own], is_last[own])
    turns = np.maximum(turns, 1.0)
    in_sight = turns <= LONGEST_GAP
    missed = np.where(in_sight & ~is_self_reported(part), turns - 1.0, 0.0).astype(np.int64)
    step_s = np.where(is_last, period, gap_s / turns)
    seen = np.repeat(np.arange(n), missed + 1)
    place = np.arange(len(seen)) - np.repeat(np.cumsum(missed + 1) - missed - 1, missed + 1)
    hit = place == 0
    again = follows.copy()
    again[1:] &= in_sight[:-1]
    time_s = part.time_s[seen] + place * step_s[seen]
    for sensor, times in scans.items():
        own = ~hit & (part.sensor[seen] == sensor)
        time_s[own] = missed_times(times, part.time_s[seen[own]], place[own])
    return seen, again[seen] | ~hit, time_s, hit


def _measured(
    part: ReportBatch, sites: Sites, place: Floats, axes: Floats, *, flat: bool
) -> tuple[Floats, Floats]:
    """Jacobians (n, 2, 2) and variances (n, 2) of what the reports measure at true places."""
    n = len(part.time_s)
    slope = np.broadcast_to(np.eye(2), (n, 2, 2)).copy()
    variance = np.repeat(position_sigma(part, sites, flat=flat)[:, None] ** 2, 2, axis=1)
    rows = np.flatnonzero(is_polar(part, sites) & (sites.table.kind[part.sensor] != SMR))
    if not len(rows):
        return slope, variance
    sensor = part.sensor[rows]
    line = place[rows] - sites.place_m[sensor]
    local = np.einsum("nij,nj->ni", sites.axes[sensor, :2], line)
    ground2 = np.maximum((local**2).sum(1), 1.0)
    ray = line / np.linalg.norm(line, axis=1)[:, None]
    side = (
        local[:, 1:] * sites.axes[sensor, 0] - local[:, :1] * sites.axes[sensor, 1]
    ) / ground2[:, None]  # fmt: skip
    level = axes[rows, :2]
    slope[rows, 0] = np.einsum("nij,nj->ni", level, ray)
    slope[rows, 1] = np.einsum("nij,nj->ni", level, side)
    variance[rows, 0] = sites.table.sigma_range_m[sensor] ** 2
    variance[rows, 1] = sites.table.sigma_azimuth_rad[sensor] ** 2
    return slope, variance


def _detection(
    part: ReportBatch,
    sites: Sites,
    range_m: Floats,
    hit: Bools,
    inner: Bools,
    evidence: Evidence,
) -> Floats:
    """Give the detection probability of each look."""
    if evidence.p_detection is not None:
        return np.full(len(hit), evidence.p_detection)
    out = sites.table.p_detection[part.sensor].copy()
    for sensor in np.unique(part.sensor):
        rows = np.flatnonzero(part.sensor == sensor)
        counted = rows[inner[rows]]
        bins = min(MOST_BINS, len(counted) // BIN_LOOKS)
        if not bins:
            continue
        inside = np.linspace(0.0, 1.0, bins + 1)[1:-1]
        edges = np.quantile(range_m[counted], inside)
        at = np.searchsorted(edges, range_m)
        looks = np.bincount(at[counted], minlength=bins)
        hits = np.bincount(at[counted], hit[counted], minlength=bins)
        out[rows] = (hits / np.maximum(looks, 1))[at[rows]]
    return out


def _clutter(
    part: ReportBatch, sites: Sites, variance: Floats, *, flat: bool, density: float | None
) -> Floats:
    """Give the false reports per whitened volume at each look."""
    table, sensor = sites.table, part.sensor
    reach = table.range_max_m[sensor]
    polar = is_polar(part, sites) & (table.kind[sensor] != SMR)
    volume = np.where(polar, 2.0 * np.pi * reach, np.pi * reach**2)
    per_volume = table.clutter_per_scan[sensor] / volume
    if density is not None:
        per_volume = np.full(len(volume), density)
    named = (part.icao >= 0) | (part.mode3a >= 0) | is_self_reported(part)
    return np.where(named & (not flat), 0.0, per_volume * np.sqrt(variance.prod(axis=1)))


def _remembered(looks: Looks, self_reported: Bools) -> Looks:
    """Give successive self-reported positions their share of the memory of their error."""
    rows = np.flatnonzero(self_reported)
    rows = rows[np.lexsort((looks.time_s[rows], looks.object[rows]))]
    gap_s = np.full(len(rows), np.inf)
    same = looks.object[rows][1:] == looks.object[rows][:-1]
    gap_s[1:] = np.where(same, np.diff(looks.time_s[rows]), np.inf)
    factor = SELF_REPORT_MEMORY_S / np.clip(gap_s, LEAST_GAP_S, SELF_REPORT_MEMORY_S)
    looks.variance[rows] *= factor[:, None]
    return looks
