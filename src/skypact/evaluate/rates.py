"""Intervals of shares that were counted.

Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
Journal of the American Statistical Association 22 (1927), pages 209 to 212; recommended for few
trials by L. D. Brown, T. T. Cai and A. DasGupta, "Interval estimation for a binomial proportion",
Statistical Science 16 (2001), section 3.1.1.
"""

from statistics import NormalDist

from skypact.errors import ConfigError


def wilson(k: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of a share of which k of n trials were seen; (0, 1) without trials.

    Parameters
    ----------
    k : int
        Successes, from 0 to n.
    n : int
        Trials.
    confidence : float
        Of the interval, between 0 and 1.

    Raises
    ------
    ConfigError
        k is no count of n trials.
    """
    if not 0 <= k <= n:
        raise ConfigError(f"expected successes from 0 to the {n} trials, got {k}")
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + 0.5 * confidence)
    share, square = k / n, z * z / n
    middle = (share + 0.5 * square) / (1.0 + square)
    half = (share * (1.0 - share) * square + 0.25 * square * square) ** 0.5 / (1.0 + square)
    return (0.0 if k == 0 else middle - half), (1.0 if k == n else middle + half)
