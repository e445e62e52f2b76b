"""Do reports lie where tracks expect them? Normalised innovation squared (NIS).

Source: Y. Bar-Shalom, X. R. Li and T. Kirubarajan, "Estimation with Applications to Tracking and
Navigation", Wiley 2001, section 5.4.2, equation 5.4.2-8. A tracker's own innovations are not in its
tables, so they are made again: each report of a known object against the latest earlier row of the
object's track, moved at constant velocity to the report's time.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from skypact.config import Sensor
from skypact.evaluate.consistency import Consistency, consistency
from skypact.evaluate.errors import Errors
from skypact.evaluate.looks import looks_of
from skypact.evaluate.paths import Paths, latest, predict
from skypact.evaluate.places import (
    is_self_reported,
    position_sigma,
    reported_places,
    sites_of,
    true_states,
)
from skypact.kernels.geodesy import geodetic_from_ecef
from skypact.model.reports import KINDS, Floats, Longs, ReportBatch, take_reports
from skypact.model.tracks import TrackRows

CORRELATION: Final = 0.65
"""Of position and velocity errors, which tables do not hold: that of the steady-state alpha-beta
filter is 0.68 to 0.56 for alpha from 0.3 to 0.8 (P. R. Kalata, "The tracking index", IEEE
Transactions on Aerospace and Electronic Systems 20 (1984), equations 10 to 18)."""
AGE_MAX_S: Final = 15.0
"""Reports later than this after the latest row say more about the flight than about the track."""

GATE: Final = -2.0 * math.log(1e-6)
"""Chi-square quantile of two degrees of freedom."""


class Innovations(NamedTuple):
    """NIS of n reports."""

    nis: Floats
    """NaN where the track states no covariance (n,)."""
    object: Longs
    """Object in the truth's `Paths` (n,)."""
    report: Longs
    """Row of the report table (n,)."""


def nis(
    reports: ReportBatch,
    sensors: Sequence[Sensor],
    truth: Paths,
    tracks: Paths,
    table: TrackRows,
    updates: Errors,
    *,
    flat: bool,
) -> Innovations:
    """NIS of the horizontal position of every report whose object has a track.

    The covariance is that of the report by its data sheet plus that of the row, grown by its
    velocity sigmas over the time between; process noise is left out, since tables do not hold it,
    which makes the figure somewhat high in turns.

    Parameters
    ----------
    reports : with the object known in `target`; others are left out.
    updates : `errors.update_errors` of the tracks.
    """
    looks = looks_of(reports, sensors, truth, flat=flat)
    heard = looks.report >= 0
    order = np.lexsort((updates.time_s, updates.truth))
    first = np.searchsorted(updates.truth[order], np.arange(len(truth.number) + 1))
    none = np.empty((0, 3))
    rows = Paths(truth.number, first, updates.time_s[order], none, none, none, order)
    before = latest(rows, looks.object, np.nextafter(looks.time_s, -np.inf))
    last_s = updates.time_s[order[before]] if len(order) else looks.time_s
    heard &= (before >= 0) & (looks.time_s - last_s <= AGE_MAX_S)
    looks = type(looks)._make(column[heard] for column in looks)
    row = updates.row[order[before[heard]]]
    state = np.empty(len(table.time_s), np.int64)
    state[tracks.row] = np.arange(len(tracks.row))
    shown = np.empty((len(row), 3))
    predict(tracks, state[row], looks.time_s, shown)

    part, sites = take_reports(reports, looks.report), sites_of(sensors, flat=flat)
    geodetic = np.zeros((len(row), 3))
    if not flat:
        geodetic_from_ecef(np.ascontiguousarray(looks.place_m), geodetic)
    said = reported_places(part, sites, geodetic[:, 2].copy(), flat=flat)
    axes = true_states(part.target, looks.time_s, truth).axes[:, :2]
    residual = np.einsum("nij,nj->ni", axes, said - shown)
    variance = looks.variance.copy()
    own = is_self_reported(part)
    variance[own] = position_sigma(part, sites, flat=flat)[own, None] ** 2
    back = np.linalg.inv(looks.slope)
    total = np.einsum("nik,nk,njk->nij", back, variance, back)
    total += _grown(table, row, looks.time_s - table.time_s[row])
    values = np.einsum("ni,nij,nj->n", residual, np.linalg.inv(total), residual)
    return Innovations(np.asarray(values), looks.object, looks.report)


def summarise_nis(found: Innovations, reports: ReportBatch) -> dict[str, Consistency]:
    """NIS by its dimension with bands, over all and by kind of report; 1 is perfect.

    Beyond `GATE` (chance 1e-6) are reflections and other reports that no tracker should have used:
    they do not enter the mean; their share among all is `beyond_gate`.
    """
    kinds = reports.kind[found.report]
    parts = {"all": np.ones(len(kinds), bool)}
    parts |= {KINDS[kind]: kinds == kind for kind in np.unique(kinds)}
    out: dict[str, Consistency] = {}
    for name, keep in parts.items():
        values, target = found.nis[keep], found.object[keep]
        known = np.isfinite(values)
        far = values > GATE
        share = float(far[known].mean()) if known.any() else None
        out[name] = {**consistency(values[~far], target[~far]), "beyond_gate": share}
    return out


def _grown(table: TrackRows, row: Longs, age_s: Floats) -> Floats:
    """Covariance, east and north, of rows after some time (n, 2, 2); NaN where none is stated."""
    out = np.empty((len(row), 2, 2))
    sigmas = (table.sigma_e_m, table.sigma_ve_mps), (table.sigma_n_m, table.sigma_vn_mps)
    for axis, (place, speed) in enumerate(sigmas):
        moved = age_s * np.nan_to_num(speed[row])
        out[:, axis, axis] = place[row] ** 2 + moved * (2.0 * CORRELATION * place[row] + moved)
    corr = np.nan_to_num(table.corr_ne[row])
    out[:, 0, 1] = corr * np.sqrt(out[:, 0, 0] * out[:, 1, 1])
    out[:, 1, 0] = out[:, 0, 1]
    return out
