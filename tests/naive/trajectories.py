"""Plain twin of kernels/trajectories.py: windows added up, matchings compared two by two."""

import numpy as np


def mean_distance(gain_m, is_truth, is_track, k, window, cut_m):
    """Mean cut-off distance of two objects over the window that ends at instant k.

    `gain_m` maps instants to cut-off minus distance; `is_truth` and `is_track` are the sets of
    instants at which the objects are there.
    """
    instants = [t for t in range(max(0, k - window + 1), k + 1) if t in is_truth or t in is_track]
    return float(np.mean([cut_m - gain_m.get(t, 0.0) for t in instants]))


def follow(value, masks, gain, half_switch):
    """Least cost of every matching (a set of bits) after instants with such gains (K, n)."""
    apart = np.array([[(a ^ b).bit_count() for b in masks] for a in masks])
    for row in gain:
        earned = [sum(g for bit, g in enumerate(row) if mask >> bit & 1) for mask in masks]
        value = np.min(value[:, None] + half_switch * apart, axis=0) - earned
    return value
