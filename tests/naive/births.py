"""Plain twin of kernels/births.py: undetected objects by the text's words."""

import math

import numpy as np


def unreported(rate_hz, first, watched_s, looks, death_hz):
    """Objects no look has reported yet, just before the look at `watched_s`.

    `looks` are (period, detection probability) of the sensors that see the place. Their looks are
    spread evenly, so that one with the mean probability comes every 1 / sum(1 / period) seconds.
    """
    if not looks:
        return first
    often = sum(1.0 / period for period, _ in looks)
    detected = sum(p / period for period, p in looks) / often
    left = (1.0 - detected) * math.exp(-death_hz / often)
    # A geometric series: those of the last interval, of the one before it that were missed, ...
    settled = rate_hz / often / (1.0 - left)
    return settled + (first - settled) * left ** (watched_s * often)


def looks_at(place, slack_m, sites, table):
    """(period, detection probability) of the sensors in whose range a place is."""
    reach = table.range_max_m + slack_m
    near = ~(np.linalg.norm(sites[:, :3] - place, axis=1) > reach)
    return list(zip(table.period_s[near], table.p_detection[near], strict=True))


def normal_density(z, form, place, sigma_m):
    """Density per m^2 at a report's place of a normal spot blurred by the report's noise."""
    gap = z[0:3] - place
    level2 = gap @ gap - (gap @ z[3:6]) ** 2
    total = sigma_m**2 + (z[9] * z[6] * z[10] if form == 0 else z[9] ** 2)
    return math.exp(-0.5 * level2 / total) / (2 * math.pi * total)


def appearances(report, watched_s, sites, table, rows, death_hz, learn):
    """(density of false reports, of first reports, row of `births`) of a prepared report (dict)."""
    s, z, form = report["sensor"], report["z"], report["form"]
    far = table.range_max_m[s]
    disc = 2 * math.pi * far if form == 0 else math.pi * far**2
    clutter = report["clutter"]
    if not (math.isnan(table.false_area[s]) or (learn and form == 0)):
        clutter *= disc / table.false_area[s]
    if form == 2 or (len(rows) == 1 and math.isnan(rows[0][5])):
        return clutter, report["birth"], 0
    # Content beside the position makes densities smaller, as it does those of false reports.
    share = report["share"] * (z[6] if form == 0 else 1.0)
    parts = [report["birth"] / table.p_detection[s]]
    if not math.isnan(rows[0][5]):
        looks = looks_at(z[0:3], 0.0, sites, table)
        parts = [share * unreported(*rows[0][5:7], watched_s, looks, death_hz)]
    for row in rows[1:]:
        looks = looks_at(row[:3], row[3], sites, table)
        weight = unreported(*row[5:7], watched_s, looks, death_hz)
        parts.append(share * weight * normal_density(z, form, row[:3], row[3]))
    return clutter, sum(parts) * table.p_detection[s], int(np.argmax(parts))
