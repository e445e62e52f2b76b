"""Do tracks err as much as they say? Normalised estimation error squared (NEES) with its bands.

Source: Y. Bar-Shalom, X. R. Li and T. Kirubarajan, "Estimation with Applications to Tracking and
Navigation", Wiley 2001, section 5.4.2, equations 5.4.2-3 and 5.4.2-19. All figures are NEES divided
by its dimension: 1 is perfect, above 1 the tracks claim too much.
"""

import math
from typing import Final

import numpy as np

from skypact.evaluate.errors import Errors
from skypact.evaluate.paths import Bools
from skypact.evaluate.phases import is_straight
from skypact.model.reports import Floats, Longs
from skypact.model.tracks import TrackRows

NORMAL_995: Final = 2.5758293035489004
"""Standard normal quantile at 0.995: two-sided 99 %."""
ELLIPSE_95: Final = -2.0 * math.log(0.05)
"""Chi-square quantile at 0.95 for two degrees of freedom, in closed form."""
DRAWS: Final = 1000
MOST_DRAWN: Final = 10_000
"""Targets up to which the bootstrap draws."""
SEED: Final = 1

Consistency = dict[str, float | int | None]
"""mean, low and high (99 % bootstrap over targets), band_low and band_high (99 % of the mean if the
hypothesis holds and all errors are independent, which those of one track are not), inside_95 (share
of errors inside the stated 95 % ellipse) and n."""


def position_nees(errors: Errors, table: TrackRows) -> Floats:
    """NEES of the horizontal position, two dimensions (m,); NaN where no covariance is stated.

    An absent correlation counts as 0; a covariance that is not positive definite as absent.
    """
    row = errors.row
    corr = np.where(np.isfinite(table.corr_ne[row]), table.corr_ne[row], 0.0)
    return _nees(errors.north_m, errors.east_m, table.sigma_n_m[row], table.sigma_e_m[row], corr)


def velocity_nees(errors: Errors, table: TrackRows) -> Floats:
    """NEES of the horizontal velocity (m,), north and east taken as independent."""
    row = errors.row
    sigma_n, sigma_e = table.sigma_vn_mps[row], table.sigma_ve_mps[row]
    return _nees(errors.north_mps, errors.east_mps, sigma_n, sigma_e, np.zeros(len(row)))


def consistency(
    nees: Floats, target: Longs, *, draws: int = DRAWS, seed: int = SEED
) -> Consistency:
    """Mean of two-dimensional NEES, divided by 2, with its bands.

    Parameters
    ----------
    nees : (m,) NaN where absent.
    target : (m,) object of each; whole objects are drawn in the bootstrap, since the errors of one
        object hang together. With one object low and high are None.
    draws, seed : of the bootstrap (B. Efron, "Bootstrap methods: another look at the jackknife",
        Annals of Statistics 7 (1979)), percentile interval.
    """
    good = np.isfinite(nees)
    nees, target = nees[good], target[good]
    n = len(nees)
    names = ("mean", "low", "high", "band_low", "band_high", "inside_95")
    if not n:
        return {**dict.fromkeys(names), "n": 0}
    low, high = bootstrap(0.5 * nees, target, draws=draws, seed=seed)
    dof = 2 * n
    band = [chi_square_quantile(dof, z) / dof for z in (-NORMAL_995, NORMAL_995)]
    values = (float(nees.mean()) / 2.0, low, high, *band, float(np.mean(nees <= ELLIPSE_95)))
    return {**dict(zip(names, values, strict=True)), "n": n}


def summarise_consistency(errors: Errors, table: TrackRows) -> dict[str, dict[str, Consistency]]:
    """Position and velocity, each over all, straight and turn."""
    straight = is_straight(errors.phase)
    everything: Bools = np.ones(len(straight), bool)
    parts = {"all": everything, "straight": straight, "turn": ~straight}
    columns = {
        "position": position_nees(errors, table),
        "velocity": velocity_nees(errors, table),
    }
    return {
        name: {part: consistency(nees[keep], errors.truth[keep]) for part, keep in parts.items()}
        for name, nees in columns.items()
    }


def bootstrap(
    values: Floats, target: Longs, *, draws: int, seed: int
) -> tuple[float | None, float | None]:
    """99 % percentile interval of the mean when whole targets are drawn with replacement.

    Above 10,000 targets its limit for many takes its place: a normal interval with the variance of
    the ratio of two sums (W. G. Cochran, "Sampling Techniques", 3rd edition, Wiley 1977, chapter
    6).
    """
    _, group = np.unique(target, return_inverse=True)
    sums, counts = np.bincount(group, values), np.bincount(group)
    n = len(sums)
    if n < 2:
        return None, None
    if n > MOST_DRAWN:
        mean = float(sums.sum() / counts.sum())
        half = NORMAL_995 * float(np.linalg.norm(sums - mean * counts) / counts.sum())
        return mean - half, mean + half
    random = np.random.default_rng(seed)
    means = np.empty(draws)
    for k in range(draws):
        drawn = random.integers(0, n, n)
        means[k] = sums[drawn].sum() / counts[drawn].sum()
    low, high = np.quantile(means, (0.005, 0.995))
    return float(low), float(high)


def chi_square_quantile(dof: int, normal: float) -> float:
    """Chi-square quantile at the probability of a standard normal quantile.

    Source: E. B. Wilson and M. M. Hilferty, "The distribution of chi-square", PNAS 17 (1931),
    684-688; within 1 % above ten degrees of freedom and 0.1 % above a hundred at 99 %.
    """
    spread = 2.0 / (9.0 * dof)
    return float(dof * max(0.0, 1.0 - spread + normal * math.sqrt(spread)) ** 3)


def _nees(north: Floats, east: Floats, sigma_n: Floats, sigma_e: Floats, corr: Floats) -> Floats:
    good: Bools = (sigma_n > 0.0) & (sigma_e > 0.0) & (np.abs(corr) < 1.0)
    u = np.where(good, north, np.nan) / np.where(good, sigma_n, 1.0)
    v = np.where(good, east, np.nan) / np.where(good, sigma_e, 1.0)
    corr = np.where(good, corr, 0.0)
    return np.asarray((u * u - 2.0 * corr * u * v + v * v) / (1.0 - corr * corr))
