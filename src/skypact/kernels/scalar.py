"""Update of a 7-state with one scalar: what every measurement model is made of.

Source: Bar-Shalom, Li and Kirubarajan, "Estimation with Applications to Tracking and Navigation"
(2001), 5.2.3; scalars in sequence give the joint update exactly when they are linear and
independent (7.4.1).
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper

Floats = npt.NDArray[np.float64]

LOG_2PI: Final = math.log(2.0 * math.pi)


@helper
def scalar_update(
    x: Floats, P: Floats, H: Floats, residual: float, variance: float, ph: Floats
) -> tuple[float, float]:
    """Update with one scalar, in place; H (7,) has no turn-rate part.

    Returns the squared normalised residual and the log density of the residual.
    """
    return considered_update(x, P, H, residual, variance, 0.0, ph)


@helper
def considered_update(
    x: Floats, P: Floats, H: Floats, residual: float, variance: float, bias_var: float, ph: Floats
) -> tuple[float, float]:
    """Update with one scalar whose sensor may be biased, in place.

    `bias_var` is what the biases that the track has not absorbed yet add to the variance of the
    residual. It weighs the report and leaves the gain alone (kernels/consider.py says why).
    """
    s = variance
    for i in range(7):
        total = 0.0
        for j in range(6):
            total += P[i, j] * H[j]
        ph[i] = total
    for j in range(6):
        s += H[j] * ph[j]
    gain = residual / s
    for i in range(7):
        x[i] += ph[i] * gain
        scaled = ph[i] / s
        for j in range(i, 7):
            P[i, j] -= scaled * ph[j]
            P[j, i] = P[i, j]
    s += bias_var
    distance2 = residual * residual / s
    return distance2, -0.5 * (distance2 + math.log(s) + LOG_2PI)


@helper
def direction_row(H: Floats, a: float, b: float, c: float, first: int) -> None:
    """Set H to a direction in position (`first` 0) or velocity (3)."""
    for i in range(7):
        H[i] = 0.0
    H[first] = a
    H[first + 1] = b
    H[first + 2] = c
