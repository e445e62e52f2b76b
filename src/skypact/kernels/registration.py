"""What reports of several sensors on one object say of the sensors' biases.

In a window of some seconds an object flies along a parabola in its local plane, with a small
acceleration, at a height told by levels or satellites. Reports of all sensors are fitted with that
path, robustly; then the path is eliminated (Schur complement of the normal equations), and what is
left is information on biases alone: every report counts once, whatever the number of sensors, and
what a path can explain is no evidence. Sources: normal equations with nuisance parameters
eliminated, e.g. Bar-Shalom, Li and Kirubarajan, "Estimation with Applications to Tracking and
Navigation" (2001), section 3.4 (least squares); Huber, "Robust Statistics" (1981), section 7.8
(iterated weights). The same twin in NumPy: tests/naive/registration.py.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper, kernel
from skypact.kernels.geodesy import (
    ecef_from_polar_one,
    enu_axes_one,
    geodetic_from_ecef_one,
)
from skypact.kernels.registration_rows import (
    FIRST_EAST,
    FIRST_NORTH,
    FRAME_CLIMB,
    FRAME_HEIGHT,
    FRAME_LEVEL,
    FRAME_TIME,
    fill_rows,
    weight_of,
)
from skypact.model.registration import (
    FITTED,
    MOST_PLOTS,
    N_BIASES,
    N_PATH,
    PLOT_AZIMUTH,
    PLOT_GEOMETRIC,
    PLOT_HEIGHT,
    PLOT_RANGE,
    PLOT_SHARED,
    PLOT_TIME,
    PLOT_X,
    POLAR_PLOT,
    ROWS_DOUBTED,
    ROWS_USED,
    STEADY,
    BiasState,
    Plots,
    Scratch,
    Setup,
    Sums,
)

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

NEAREST_M: Final = 3_000.0
"""Nearer plots say little of an azimuth and much of a height."""
STEEPEST: Final = 0.6
"""Rise over slant range beyond which a plot is not used."""
SELF_GAP_S: Final = 2.5
"""Self-reports share their error: one receiver's are used this far apart."""
PLAIN_GAP_S: Final = 0.9
"""Other reports of one sensor are used this far apart."""
LEAST_SCALARS: Final = 7
ROUNDS: Final = 4
"""Fits of a path; the first takes all reports as they are, the others weigh them."""
LOOSE: Final = 1e-12
"""Information on position and speed beforehand: none, but the normal matrix has an inverse."""
TURNING: Final = 4.0
"""Acceleration, in standard deviations of steady flight, from which a window is left out."""
FAR_M: Final = 30_000.0
"""A path that leads so far from its first report is no object's."""


@helper
def choose(plots: Plots, g: int, s: Scratch) -> int:
    """Choose rows of group g and number their sensors; returns how many rows there are.

    The number of sensors is left in `s.slot`, the members in `s.members`.
    """
    count = int(0)  # noqa: UP018, RUF046
    for i in range(plots.first[g], plots.first[g + 1]):
        f = plots.values[i]
        k = plots.sensor[i]
        if count >= MOST_PLOTS:
            break
        if s.slot[k] >= 0:
            gap = SELF_GAP_S if f[PLOT_SHARED] > 0.0 else PLAIN_GAP_S
            if f[PLOT_TIME] - s.last_s[k] < gap:
                continue
        if plots.form[i] == POLAR_PLOT and f[PLOT_RANGE] < NEAREST_M:
            continue
        s.slot[k] = 1
        s.last_s[k] = f[PLOT_TIME]
        s.chosen[count] = i
        count += 1
    for i in range(plots.first[g], plots.first[g + 1]):
        s.slot[plots.sensor[i]] = -1
    return count


@helper
def number_sensors(plots: Plots, n: int, s: Scratch) -> int:
    """Count the sensors of the chosen rows, and give them numbers from zero."""
    count = int(0)  # noqa: UP018, RUF046
    for c in range(n):
        k = plots.sensor[s.chosen[c]]
        if s.slot[k] < 0:
            s.slot[k] = count
            s.members[count] = k
            count += 1
    return count


@helper
def height_line(plots: Plots, n: int, frame: Floats, s: Scratch) -> bool:
    """Fit the height as a line in time, by satellite heights where there are any, else by levels.

    Whether there is any height.
    """
    geometric = 0.0
    for c in range(n):
        f = plots.values[s.chosen[c]]
        if f[PLOT_GEOMETRIC] > 0.0 and not math.isnan(f[PLOT_HEIGHT]):
            geometric = 1.0
    w = 0.0
    wt = 0.0
    wtt = 0.0
    wh = 0.0
    wth = 0.0
    for c in range(n):
        f = plots.values[s.chosen[c]]
        if math.isnan(f[PLOT_HEIGHT]) or f[PLOT_GEOMETRIC] != geometric:
            continue
        t = f[PLOT_TIME] - frame[FRAME_TIME]
        w += 1.0
        wt += t
        wtt += t * t
        wh += f[PLOT_HEIGHT]
        wth += t * f[PLOT_HEIGHT]
    if w < 1.0:
        return False
    spread = w * wtt - wt * wt
    slope = 0.0
    if w >= 3.0 and spread > w * w * 4.0:
        slope = (w * wth - wt * wh) / spread
    frame[FRAME_CLIMB] = slope
    frame[FRAME_HEIGHT] = (wh - slope * wt) / w
    frame[FRAME_LEVEL] = 1.0 - geometric
    return True


@helper
def set_frame(plots: Plots, n: int, setup: Setup, s: Scratch) -> bool:
    """Set the time, height and local axes of a window; whether it can be fitted."""
    frame = s.frame
    first = plots.values[s.chosen[0], PLOT_TIME]
    frame[FRAME_TIME] = 0.5 * (first + plots.values[s.chosen[n - 1], PLOT_TIME])
    if not height_line(plots, n, frame, s):
        return False
    i = s.chosen[0]
    f = plots.values[i]
    k = plots.sensor[i]
    if plots.form[i] == POLAR_PLOT:
        x, y, z = ecef_from_polar_one(
            f[PLOT_RANGE], f[PLOT_AZIMUTH], frame[FRAME_HEIGHT], setup.site[k], setup.axes[k]
        )
    else:
        x, y, z = f[PLOT_X], f[PLOT_X + 1], f[PLOT_X + 2]
    lat, lon, height = geodetic_from_ecef_one(x, y, z)
    axes = s.normal[:3, :3]
    enu_axes_one(lat, lon, axes)
    for a in range(3):
        frame[FIRST_EAST + a] = axes[0, a]
        frame[FIRST_NORTH + a] = axes[1, a]
        frame[9 + a] = axes[2, a]
    rise = frame[FRAME_HEIGHT] - height
    frame[0] = x + rise * axes[2, 0]
    frame[1] = y + rise * axes[2, 1]
    frame[2] = z + rise * axes[2, 2]
    for a in range(N_PATH):
        s.path[a] = 0.0
    return True


@helper
def factor(N: Floats, n: int) -> None:
    """Cholesky factor of a positive definite matrix, in place, lower triangle."""
    for i in range(n):
        for j in range(i + 1):
            total = N[i, j]
            for k in range(j):
                total -= N[i, k] * N[j, k]
            N[i, j] = math.sqrt(max(total, 1e-30)) if i == j else total / N[j, j]


@helper
def forward(L: Floats, b: Floats, n: int) -> None:
    """Solve L y = b in place."""
    for i in range(n):
        for k in range(i):
            b[i] -= L[i, k] * b[k]
        b[i] /= L[i, i]


@helper
def backward(L: Floats, y: Floats, n: int) -> None:
    """Solve L^T x = y in place."""
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            y[i] -= L[k, i] * y[k]
        y[i] /= L[i, i]


@helper
def begin_normal(setup: Setup, s: Scratch) -> None:
    """Put what is known of a path beforehand into its normal equations."""
    N = s.normal
    g = s.right[0]
    sigma_h = setup.height_sigma_m[0] if s.frame[FRAME_LEVEL] > 0.5 else setup.height_sigma_m[1]
    for a in range(N_PATH):
        g[a] = 0.0
        for b in range(N_PATH):
            N[a, b] = 0.0
        N[a, a] = LOOSE
    N[4, 4] = 1.0 / (setup.steady_mps2 * setup.steady_mps2)
    N[5, 5] = N[4, 4]
    N[6, 6] = 1.0 / (sigma_h * sigma_h)
    N[7, 7] = 1.0
    N[8, 8] = 1.0
    for a in range(4, N_PATH):
        g[a] = -N[a, a] * s.path[a]


@helper
def add_scalar(s: Scratch, channel: int, weight: float) -> None:
    """Add one scalar of the filled rows to the normal equations."""
    h = s.row[channel]
    r = s.residual[channel] * weight
    for a in range(N_PATH):
        if h[a] == 0.0:
            continue
        s.right[0, a] += h[a] * r
        wa = weight * h[a]
        for b in range(a + 1):
            s.normal[a, b] += wa * h[b]


@helper
def doubt(s: Scratch, bias: BiasState, k: int, channel: int) -> float:
    """Variance of a scalar's residual that the biases still bring."""
    total = 0.0
    for b in range(N_BIASES):
        total += s.bias[channel, b] * s.bias[channel, b] * bias.variance[k, b]
    v = bias.x.shape[0] - 1
    for b in range(2):
        total += s.air[channel, b] * s.air[channel, b] * bias.variance[v, b]
    return total


@helper
def fit_path(plots: Plots, n: int, setup: Setup, bias: BiasState, s: Scratch) -> bool:
    """Fit the path by iterated weighted least squares; whether it is a steady flight's.

    A turn shows before its reports are given less and less weight, so each round looks for it.
    """
    most = TURNING * setup.steady_mps2
    for turn in range(ROUNDS):
        begin_normal(setup, s)
        for c in range(n):
            i = s.chosen[c]
            k = plots.sensor[i]
            m = fill_rows(plots.values[i], k, plots.form[i], setup, bias, s)
            for channel in range(m):
                if s.variance[channel] <= 0.0:
                    continue
                weight = 1.0
                if turn > 0:
                    spread = s.variance[channel] + doubt(s, bias, k, channel)
                    weight = weight_of(s.residual[channel], spread)
                add_scalar(s, channel, weight / s.variance[channel])
        factor(s.normal, N_PATH)
        forward(s.normal, s.right[0], N_PATH)
        backward(s.normal, s.right[0], N_PATH)
        for a in range(N_PATH):
            s.path[a] += s.right[0, a]
        # What is not a number fails each of these.
        if not (abs(s.path[0]) <= FAR_M and abs(s.path[1]) <= FAR_M):
            return False
        if turn > 0 and not (abs(s.path[4]) <= most and abs(s.path[5]) <= most):
            return False
    return True


@helper
def clear_cross(n_members: int, s: Scratch) -> None:
    """Forget the cross terms of earlier windows."""
    for m in range(n_members):
        for a in range(N_PATH):
            for b in range(N_BIASES):
                s.cross[m, a, b] = 0.0


@helper
def add_information(s: Scratch, k: int, channel: int, weight: float, sums: Sums) -> None:
    """Add one scalar's information on the biases, the path taken as known, and its cross terms."""
    v = sums.fit.shape[0]
    m = s.slot[k]
    r = s.residual[channel] * weight
    for b in range(N_BIASES):
        hb = s.bias[channel, b] * weight
        if hb == 0.0:
            continue
        kb = N_BIASES * k + b
        sums.score[kb] += s.bias[channel, b] * r
        for d in range(N_BIASES):
            sums.information[kb, N_BIASES * k + d] += hb * s.bias[channel, d]
        for a in range(N_PATH):
            s.cross[m, a, b] += s.row[channel, a] * hb
        for d in range(2):
            both = hb * s.air[channel, d]
            sums.information[kb, N_BIASES * v + d] += both
            sums.information[N_BIASES * v + d, kb] += both
    if s.slot[v] < 0:
        return
    for b in range(2):
        hb = s.air[channel, b] * weight
        vb = N_BIASES * v + b
        sums.score[vb] += s.air[channel, b] * r
        for d in range(2):
            sums.information[vb, N_BIASES * v + d] += hb * s.air[channel, d]
        for a in range(N_PATH):
            s.cross[s.slot[v], a, b] += s.row[channel, a] * hb


@helper
def eliminate(n_members: int, s: Scratch, sums: Sums) -> None:
    """Take out what the path can explain; `s.right[0]` holds L^-1 of its gradient."""
    for m in range(n_members):
        for b in range(N_BIASES):
            column = s.cross[m, :, b]
            forward(s.normal, column, N_PATH)
    for m in range(n_members):
        km = N_BIASES * s.members[m]
        for b in range(N_BIASES):
            total = 0.0
            for a in range(N_PATH):
                total += s.cross[m, a, b] * s.right[0, a]
            sums.score[km + b] -= total
        for q in range(m + 1):
            kq = N_BIASES * s.members[q]
            for b in range(N_BIASES):
                for d in range(N_BIASES):
                    total = 0.0
                    for a in range(N_PATH):
                        total += s.cross[m, a, b] * s.cross[q, a, d]
                    sums.information[km + b, kq + d] -= total
                    if q < m:
                        sums.information[kq + d, km + b] -= total


@helper
def note_fit(n_scalars: int, s: Scratch, sums: Sums) -> None:
    """Sum how large the residuals are against what they should be."""
    y = s.right[1]
    for a in range(N_PATH):
        y[a] = s.right[0, a]
    backward(s.normal, y, N_PATH)
    for j in range(n_scalars):
        left = s.scalars[j, 0]
        for a in range(N_PATH):
            left -= s.rows[j, a] * y[a]
        forward(s.normal, s.rows[j], N_PATH)
        leverage = 0.0
        for a in range(N_PATH):
            leverage += s.rows[j, a] * s.rows[j, a]
        weight = s.scalars[j, 1]
        variance = s.scalars[j, 2]
        k = int(s.scalars[j, 4])
        channel = int(s.scalars[j, 5])
        expected = 1.0 - min(1.0, leverage * weight) + s.scalars[j, 3] / variance
        sums.fit[k, channel, 0] += weight * left * left
        sums.fit[k, channel, 1] += expected


@helper
def inform(plots: Plots, n: int, setup: Setup, bias: BiasState, s: Scratch, sums: Sums) -> None:
    """Add the information of one fitted window."""
    v = sums.fit.shape[0]
    n_members = number_sensors(plots, n, s)
    if s.frame[FRAME_LEVEL] > 0.5:
        s.slot[v] = n_members
        s.members[n_members] = v
        n_members += 1
    clear_cross(n_members, s)
    begin_normal(setup, s)
    j = int(0)  # noqa: UP018, RUF046
    for c in range(n):
        i = s.chosen[c]
        k = plots.sensor[i]
        m = fill_rows(plots.values[i], k, plots.form[i], setup, bias, s)
        for channel in range(m):
            variance = s.variance[channel]
            if variance <= 0.0:
                continue
            share = doubt(s, bias, k, channel)
            weight = weight_of(s.residual[channel], variance + share)
            sums.counts[ROWS_USED] += 1
            if weight < 1.0:
                sums.counts[ROWS_DOUBTED] += 1
            add_scalar(s, channel, weight / variance)
            add_information(s, k, channel, weight / variance, sums)
            for a in range(N_PATH):
                s.rows[j, a] = s.row[channel, a]
            s.scalars[j, 0] = s.residual[channel]
            s.scalars[j, 1] = weight / variance
            s.scalars[j, 2] = variance
            s.scalars[j, 3] = share
            s.scalars[j, 4] = k
            s.scalars[j, 5] = channel if plots.form[i] == POLAR_PLOT else 0
            j += 1
    factor(s.normal, N_PATH)
    forward(s.normal, s.right[0], N_PATH)
    eliminate(n_members, s, sums)
    note_fit(j, s, sums)
    for m in range(n_members):
        s.slot[s.members[m]] = -1


@helper
def sensors_and_scalars(plots: Plots, n: int, s: Scratch) -> tuple[int, int]:
    """Sensors of the chosen rows, and scalars they give."""
    n_sensors = number_sensors(plots, n, s)
    for m in range(n_sensors):
        s.slot[s.members[m]] = -1
    return n_sensors, 2 * n


@kernel
def gather(plots: Plots, setup: Setup, bias: BiasState, scratch: Scratch, sums: Sums) -> int:
    """Add what the groups of a window of time say of the biases; returns the windows used.

    Parameters
    ----------
    plots : Plots
        Reports by object.
    setup, bias : Setup, BiasState
        Sensors; the estimates at which all is linearised.
    scratch : Scratch
        Working memory for as many sensors.
    sums : Sums
        Added to.
    """
    used = int(0)  # noqa: UP018, RUF046
    for g in range(plots.first.shape[0] - 1):
        n = choose(plots, g, scratch)
        n_sensors, n_scalars = sensors_and_scalars(plots, n, scratch)
        if n_sensors < 2 or n_scalars < LEAST_SCALARS:
            continue
        if not set_frame(plots, n, setup, scratch):
            continue
        sums.counts[FITTED] += 1
        if not fit_path(plots, n, setup, bias, scratch):
            continue
        inform(plots, n, setup, bias, scratch, sums)
        sums.counts[STEADY] += 1
        used += 1
    return used
