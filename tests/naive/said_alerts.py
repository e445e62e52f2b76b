"""Alerts as rules tell of them, with the evidence that they give."""

import math

from tests.naive.track_rows import START_S

from skypact.model.store import AlertRecord

SQUARE = {"type": "Polygon", "coordinates": [[[24, 56], [25, 56], [25, 57], [24, 57], [24, 56]]]}


def told(rule="area", state="raised", **changed):
    """A state of an alert."""
    made = AlertRecord(
        f"{rule}-x-1", "north", rule, state, START_S + 5.0, math.nan, (3,), "severe", None, {},
    )  # fmt: skip
    return made._replace(**changed)


def area(state="raised", **changed):
    evidence = {"area": "Riga centre", "phase": "entering", "track": 3, "callsign": "BTI1"}
    values = {"area": SQUARE, "evidence": evidence, "event_time_s": START_S + 35.0}
    return told("area", state, **(values | changed))


def conflict(state="raised", **changed):
    evidence = {
        "phase": "predicted", "probability": 0.85, "time_to_conflict_s": 41.5,
        "time_to_closest_s": 62.0, "distance_m": 21_300, "closest_distance_m": 2_100,
        "least_distance_m": 9_260, "least_height_apart_m": 305, "closing_mps": 410.2,
        "heights": "barometric", "height_apart_m": 250, "closest_height_apart_m": 30,
        "first": {"track": 3, "callsign": "BTI1", "mode3a": "0741"},
        "second": {"track": 5, "mode3a": "7421"},
    }  # fmt: skip
    return told("conflict", state, **({"tracks": (3, 5), "evidence": evidence} | changed))


def terrain(state="raised", **changed):
    evidence = {"phase": "predicted", "probability": 0.7, "time_to_limit_s": 18.5, "track": 4}
    return told("terrain", state, **({"tracks": (4,), "evidence": evidence} | changed))
