"""Plain twin of kernels/registration.py: derivatives by differences, sums by matrices."""

import numpy as np
from tests.naive import geodesy

from skypact.model.registration import N_BIASES, N_PATH, POLAR_PLOT

RADIUS_M = 6_371_008.8
ACCEPTED = 2.6
SIZES = np.array([1.0, 1.0, 0.1, 0.1, 0.01, 0.01, 1.0, 1e-2, 1e-2])
"""Steps of the differences, by unknown of the path."""
BIAS_SIZES = np.array([1.0, 1e-6, 1e-6, 1e-6, 1e-2, 1.0, 1.0])
AIR_SIZES = np.array([1.0, 1e-4])


class Window:
    """Reports of one object, and what is assumed of its path."""

    def __init__(self, values, sensor, form, setup, bias):
        self.values, self.sensor, self.form = values, sensor, form
        self.setup, self.bias = setup, bias
        self.time_s = 0.5 * (values[0, 0] + values[-1, 0])
        self._heights()
        self._axes()

    def _heights(self):
        told = ~np.isnan(self.values[:, 7])
        by_satellite = bool((self.values[told, 8] > 0).any())
        use = told & (self.values[:, 8] == by_satellite)
        t, h = self.values[use, 0] - self.time_s, self.values[use, 7]
        self.climb = 0.0
        if len(t) >= 3 and np.var(t) > 4.0:
            self.climb = float(np.polyfit(t, h, 1)[0])
        self.height = float(np.mean(h - self.climb * t))
        self.by_level = not by_satellite

    def _axes(self):
        first, k = self.values[0], self.sensor[0]
        if self.form[0] == POLAR_PLOT:
            site, axes = self.setup.site[k], self.setup.axes[k]
            place = geodesy.ecef_from_polar(first[1], first[2], self.height, site, axes)
        else:
            place = first[4:7]
        lat, lon, height = np.ravel(geodesy.geodetic_from_ecef(np.asarray(place)))
        self.axes = geodesy.enu_axes(np.array([lat]), np.array([lon]))[0]
        self.origin = np.asarray(place) + (self.height - height) * self.axes[2]

    def predicted(self, i, path, bias, air):
        """What report i would measure: range, azimuth, elevation, or east and north."""
        f, k = self.values[i], self.sensor[i]
        t = f[0] - bias[4] - self.time_s
        flat = path[0:2] + path[2:4] * t + 0.5 * path[4:6] * t * t
        if self.form[i] != POLAR_PLOT:
            return flat + f[10] * path[7:9]
        up = self.climb * t + path[6] - flat @ flat / (2 * RADIUS_M)
        if self.by_level:
            up -= air[0] + air[1] * self.height
        place = self.origin + flat @ self.axes[:2] + up * self.axes[2]
        sight = self.setup.axes[k] @ (place - self.setup.site[k, :3])
        sight[:2] -= bias[5:7]
        slant, ground = np.linalg.norm(sight), np.hypot(*sight[:2])
        azimuth = np.arctan2(sight[0], sight[1]) + bias[2]
        elevation = np.arctan2(sight[2], ground) + bias[3]
        n = 3 if self.setup.sigma[k, 2] > 0 and not np.isnan(f[3]) else 2
        return np.array([slant * (1 + bias[1]) + bias[0], azimuth, elevation])[:n]

    def measured(self, i):
        f = self.values[i]
        if self.form[i] == POLAR_PLOT:
            n = 3 if self.setup.sigma[self.sensor[i], 2] > 0 and not np.isnan(f[3]) else 2
            return f[1:4][:n]
        return self.axes[:2] @ (f[4:7] - self.origin)

    def variance(self, i):
        k = self.sensor[i]
        if self.form[i] == POLAR_PLOT:
            return self.setup.sigma[k] ** 2
        return np.full(2, self.values[i, 9] ** 2 * self.setup.sigma[k, 0])

    def rows(self, i, path):
        """Residual, and derivatives by path, biases and air (n, 9), (n, 7), (n, 2)."""
        bias, air = self.bias.x[self.sensor[i]], self.bias.x[-1, :2]
        residual = self.measured(i) - self.predicted(i, path, bias, air)
        if self.form[i] == POLAR_PLOT:
            residual[1] = (residual[1] + np.pi) % (2 * np.pi) - np.pi

        def slope(which, size, j):
            shift = np.zeros(len(which))
            shift[j] = size
            at = {"path": path, "bias": bias, "air": air}
            high, low = dict(at), dict(at)
            name = next(n for n, v in at.items() if v is which)
            high[name], low[name] = which + shift, which - shift
            return (self.predicted(i, **high) - self.predicted(i, **low)) / (2 * size)

        by_path = np.array([slope(path, s, j) for j, s in enumerate(SIZES)]).T
        by_bias = np.array([slope(bias, s, j) for j, s in enumerate(BIAS_SIZES)]).T
        by_air = np.array([slope(air, s, j) for j, s in enumerate(AIR_SIZES)]).T
        return residual, by_path, by_bias, by_air


def prior_of_path(window, path):
    """Information on a path beforehand, and its gradient."""
    sigma_h = window.setup.height_sigma_m[0 if window.by_level else 1]
    steady = window.setup.steady_mps2**-2
    weights = np.array([1e-12] * 4 + [steady, steady, sigma_h**-2, 1.0, 1.0])
    gradient = -weights * path
    gradient[:4] = 0.0
    return np.diag(weights), gradient


def stacked(window, path, robust):
    """All scalars: residuals, weights, derivatives by path and by all unknowns (n, 7 (S + 1))."""
    n_sensors = len(window.setup.site)
    residuals, weights, paths, biases = [], [], [], []
    for i, k in enumerate(window.sensor):
        residual, by_path, by_bias, by_air = window.rows(i, path)
        for c, r in enumerate(residual):
            variance = window.variance(i)[c]
            doubt = by_bias[c] ** 2 @ window.bias.variance[k]
            doubt += by_air[c] ** 2 @ window.bias.variance[-1, :2]
            weight = 1.0
            if robust:
                weight = min(1.0, ACCEPTED**2 * (variance + doubt) / max(r * r, 1e-300))
            row = np.zeros((n_sensors + 1, N_BIASES))
            row[k], row[-1, :2] = by_bias[c], by_air[c]
            residuals.append(r)
            weights.append(weight / variance)
            paths.append(by_path[c])
            biases.append(row.ravel())
    return np.array(residuals), np.array(weights), np.array(paths), np.array(biases)


def information_of(window):
    """Information matrix and score of the biases, the path eliminated; None in a turn."""
    path = np.zeros(N_PATH)
    for turn in range(4):
        r, w, H, _ = stacked(window, path, robust=turn > 0)
        N, g = prior_of_path(window, path)
        path = path + np.linalg.solve(N + H.T @ (w[:, None] * H), g + H.T @ (w * r))
        if not np.abs(path[:2]).max() <= 30_000.0:
            return None
        if turn > 0 and not np.abs(path[4:6]).max() <= 4 * window.setup.steady_mps2:
            return None
    r, w, H, B = stacked(window, path, robust=True)
    N, g = prior_of_path(window, path)
    N, g = N + H.T @ (w[:, None] * H), g + H.T @ (w * r)
    cross = H.T @ (w[:, None] * B)
    information = B.T @ (w[:, None] * B) - cross.T @ np.linalg.solve(N, cross)
    score = B.T @ (w * r) - cross.T @ np.linalg.solve(N, g)
    return information, score
