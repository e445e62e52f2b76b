"""Plain twin of kernels/beam.py: the beam's line as a two-state Kalman filter with matrices."""

import math

import numpy as np

PLOT_TURNS, OFF_LINE, MEMORY = 0.004, 16.0, 20.0


class Beam:
    """Phase and rate of one antenna, and how busy its sensor is."""

    def __init__(self, period_s):
        self.period_s, self.plots, self.spread2 = period_s, 0, 0.0
        self.x, self.P, self.time_s = np.zeros(2), np.zeros((2, 2)), math.nan
        self.heard_s, self.back_s, self.load = math.nan, math.nan, 0.0
        self.sectors = np.zeros(24)

    def due(self, silent_s):
        """Reports of the sectors swept whole in a silence; without a line, after a whole turn."""
        if not self.is_locked:
            return self.load / 5 * max(0.0, silent_s / self.period_s - 1)
        begin = (self.x[0] + (self.heard_s - self.time_s) * self.x[1]) * 24
        end = begin + 24 * silent_s * self.x[1]
        whole = [k for k in range(int(begin) - 30, int(end) + 30) if begin <= k and k + 1 <= end]
        return sum(self.sectors[k % 24] for k in whole) / 5

    def hear(self, time_s, turn=math.nan):
        """Count a report; those of the last five turns weigh. Long silences are one turn."""
        gap = 0.0 if math.isnan(self.heard_s) else max(0.0, time_s - self.heard_s)
        due = (
            self.due(gap) - max(1, gap / self.period_s)
            if self.plots
            else (self.load / 5 - 1) * gap / self.period_s
        )
        should = due > 5.0
        turns = gap / self.period_s
        fade = math.exp(-(min(turns, 1.0) if should or turns >= 5 else turns) / 5)
        self.load, self.sectors = self.load * fade, self.sectors * fade
        self.back_s = time_s if should else self.back_s
        self.load += 1
        if math.isfinite(turn):
            self.sectors[math.floor(turn * 24) % 24] += 1
        self.heard_s = np.fmax(self.heard_s, time_s)

    def follow(self, time_s, turn):
        """Take a plot; one off the line changes nothing but the spread."""
        if self.plots == 0:
            rate = 1 / self.period_s
            self.x, self.P = np.array([turn, rate]), np.diag([PLOT_TURNS**2, (0.03 * rate) ** 2])
            self.spread2, self.time_s, self.plots = 1 / 12, time_s, 1
            return
        if self.P[0, 0] > 0.05:
            self.x[0], self.time_s, self.plots = turn, time_s, self.plots + 1
            self.P = np.diag([PLOT_TURNS**2, self.P[1, 1]])
            return
        dt = time_s - self.time_s
        if dt < 0:
            return
        F = np.array([[1, dt], [0, 1]])
        self.x, self.time_s = F @ self.x, time_s
        self.P = F @ self.P @ F.T + np.diag([0.0, dt * (1e-5 / self.period_s) ** 2])
        off = (turn - self.x[0] + 0.5) % 1.0 - 0.5
        self.spread2 += (off**2 - self.spread2) / MEMORY
        self.plots += 1
        S = self.P[0, 0] + PLOT_TURNS**2
        if off**2 > OFF_LINE * S:
            return
        K = self.P[:, 0] / S
        self.x = self.x + K * off
        self.P = self.P - np.outer(K, self.P[0])

    @property
    def is_locked(self):
        """Whether the line can be used."""
        return self.plots >= 30 and self.spread2 < 0.02**2
