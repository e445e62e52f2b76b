"""Plain twin of kernels/sweep.py: every pair, its least distance by many instants."""

import numpy as np


def meeting(place, velocity, low, high, reach, ahead_s, n=2_001):
    """Pairs (i, j) whose ways come near and whose heights overlap."""
    times = np.linspace(0.0, ahead_s, n)[:, None]
    found = set()
    for i in range(len(place)):
        for j in range(i + 1, len(place)):
            apart = place[j] - place[i] + times * (velocity[j] - velocity[i])
            least = np.sqrt((apart**2).sum(axis=1)).min()
            if least < reach[i] + reach[j] and low[j] <= high[i] and low[i] <= high[j]:
                found.add((i, j))
    return found
