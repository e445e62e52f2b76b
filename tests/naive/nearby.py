"""Plain twin of kernels/nearby.py and of the set metrics at one instant."""

import numpy as np


def distance_m(place, up, other, dimensions):
    """Distance in space, or across the local vertical."""
    d = np.asarray(other, float) - np.asarray(place, float)
    if dimensions == 2:
        d = d - np.dot(d, up) * np.asarray(up, float)
    return float(np.sqrt(np.dot(d, d)))


def near(samples, c_m, dimensions):
    """All near pairs: {(true entry, track entry): distance}."""
    found = {}
    for k in range(len(samples.time_s)):
        for i in range(samples.truth_first[k], samples.truth_first[k + 1]):
            for j in range(samples.track_first[k], samples.track_first[k + 1]):
                d = distance_m(
                    samples.truth_place_m[i], samples.up[i], samples.track_place_m[j], dimensions
                )
                if d < c_m:
                    found[i, j] = d
    return found
