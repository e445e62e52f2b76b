"""Plain twin of kernels/doubles.py: two tracks as dictionaries, vectors instead of sums."""

import numpy as np
from tests.naive import kalman

TENTATIVE, CONFIRMED = 1, 2


def same_object(a, b, now_s, params, flat):
    """Within each other's horizontal errors in place and velocity, and near in height."""
    place_a, place_b = (t["pos"] + (now_s - t["time_s"]) * t["vel"] for t in (a, b))
    up = kalman.vertical(a["pos"], flat)
    gap, slip = place_a - place_b, a["vel"] - b["vel"]
    rise = up @ gap
    level, slide = gap - rise * up, slip - (up @ slip) * up
    near = level @ level < 4 * (a["level_m"] ** 2 + b["level_m"] ** 2) + params.same_place_m**2
    slow = slide @ slide < a["level_mps"] ** 2 + b["level_mps"] ** 2 + params.same_speed_mps**2
    return near and slow and rise**2 < 4 * (a["spread_m"] ** 2 + b["spread_m"] ** 2) + 150.0**2


def outranks(a, b):
    """Whether a should live on: named, then confirmed, then more reports, then the older number.

    Two serial numbers are two drones. Of two addresses, the one that two reports at most bore was
    garbled, if ten bore the other.
    """
    if a["serial"] and b["serial"] and a["serial"] != b["serial"]:
        return False
    names = a["address"] >= 0, b["address"] >= 0
    if all(names) and a["address"] != b["address"]:
        return a["named"] >= 10 and b["named"] <= 2
    rank_a, rank_b = (
        (t["address"] >= 0, t["state"] == CONFIRMED, t["hits"], -t["number"]) for t in (a, b)
    )
    return rank_a > rank_b


def odds_after(odds, together):
    """Log odds that two tracks are two objects, after a report on one of them."""
    return float(np.clip(odds + (5.4 if together else -1.6), -6.0, 6.0))


def heirs(heir, t):
    """Number, birth and state of the heir, and the number that ends."""
    if t["state"] == CONFIRMED and t["born_s"] < heir["born_s"]:
        return t["number"], t["born_s"], CONFIRMED, heir["number"]
    return heir["number"], heir["born_s"], heir["state"], t["number"]
