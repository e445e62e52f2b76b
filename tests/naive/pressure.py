"""Plain twin of kernels/pressure.py and geo/pressure.py: dictionaries, one place at a time."""

import math

import numpy as np

RADIUS_M = 6_371_008.8
STEP = math.radians(1.5)


class Field:
    """What is known of the field: nodes (121, 240, 6, 2), witnesses by address, tiles asked for."""

    def __init__(self, nodes=None):
        self.nodes, self.witnesses, self.asked = nodes, {}, set()

    def note(self, address, time_s, lat, lon, baro, difference):
        """Let an aircraft with both heights tell the difference; 16 reports are averaged."""
        limit = 4 * math.sqrt(120.0**2 + (0.012 * baro) ** 2 + 15.0**2)
        if not abs(difference) < limit or math.isnan(lat + lon):
            return
        last_s, *_, mean, n = self.witnesses.get(address, (-math.inf, 0, 0, 0, 0, 0))
        if abs(time_s - last_s) > 300:
            last_s, mean, n = time_s, 0.0, 0
        n = min(16, n + 1)
        mean += (difference - mean) / n
        self.witnesses[address] = (max(last_s, time_s), lat, lon, baro, mean, n)

    def at(self, lat, lon, baro):
        """Value and variance between the eight nodes about a place."""
        if math.isnan(lat + lon):
            return 0.0, 120.0**2 + (0.012 * baro) ** 2 + 15.0**2
        y, x = (lat + math.pi / 2) / STEP, (lon % (2 * math.pi)) / STEP
        h = min(max(baro / 3_000, 0), 5)
        total = np.zeros(2)
        for i in (min(int(y), 119), min(int(y), 119) + 1):
            for j in (int(x), int(x) + 1):
                self.asked.add(i // 4 * 60 + j % 240 // 4)
                for k in (min(int(h), 4), min(int(h), 4) + 1):
                    share = (1 - abs(y - i)) * (1 - abs(x - j)) * (1 - abs(h - k))
                    total += share * self.nodes[i, j % 240, k]
        return tuple(total)


def covariance(one, other):
    """Of the field at two places (lat, lon, level)."""
    vectors = [
        np.array([math.cos(a) * math.cos(o), math.cos(a) * math.sin(o), math.sin(a)])
        for a, o, _ in (one, other)
    ]
    d = RADIUS_M * np.linalg.norm(vectors[0] - vectors[1])
    wide = (120.0**2 + 0.012**2 * one[2] * other[2]) * (1 + d / 4e5) * math.exp(-d / 4e5)
    apart = abs(one[2] - other[2]) / 3e3
    return wide + 15.0**2 * (1 + d / 1.5e5) * math.exp(-d / 1.5e5 - apart)


def posterior(told, variances, places, at):
    """Mean and variance at a place, by joint normal distributions (conditional, Schur form)."""
    n = len(told)
    every = [*places, at]
    joint = np.array([[covariance(a, b) for b in every] for a in every])
    joint[:n, :n] += np.diag(variances)
    gain = np.linalg.solve(joint[:n, :n], joint[:n, n])
    return gain @ told, joint[n, n] - gain @ joint[:n, n]
