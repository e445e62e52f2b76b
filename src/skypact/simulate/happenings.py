"""What a scenario lets happen that the paths of its truth do not tell, as events of rules.

Outages of sensors (`feed`), steps of their biases and clocks (`bias`), areas without satellite
navigation (`gnss`) and with forged positions (`drift`, each object in them), aircraft that are
not there (`unconfirmed`; those with the address of a real flight also `identity`), and aircraft
without a transponder (`noncooperative`). No simulated pilot sets an emergency code.
"""

from typing import Any, Final

import numpy as np

from skypact.kernels.geodesy import MEAN_RADIUS_M
from skypact.model.events import TrueEvent
from skypact.simulate.parts import Gnss
from skypact.simulate.scene import Scene
from skypact.units import DEGREE

_CORNERS: Final = 36
TOLD_OF: Final = ("bias", "drift", "emergency", "feed", "gnss", "noncooperative", "unconfirmed")
"""Rules that `true_events` has all events of."""


def true_events(scene: Scene, end_s: float) -> list[TrueEvent]:
    """Events of a scene that was played until `end_s` (seconds UTC), in order of time.

    Steps of biases last to the end, as nobody takes them back.
    """
    scenario, start_s = scene.scenario, scene.scenario.start_s
    found: list[TrueEvent] = []
    for name, fault in scenario.fault.items():
        for begin_s, until_s in fault.outage:
            found.append(TrueEvent("feed", start_s + begin_s, start_s + until_s, names=(name,)))
        if fault.clock_step_at_s is not None and fault.clock_step_s:
            found.append(TrueEvent("bias", start_s + fault.clock_step_at_s, end_s, names=(name,)))
    for name, radar in scenario.radar.items():
        if radar.drift.step_at_s is not None:
            found.append(TrueEvent("bias", start_s + radar.drift.step_at_s, end_s, names=(name,)))
    for area in scenario.gnss:
        rule = "drift" if area.kind == "forged" else "gnss"
        found.append(
            TrueEvent(rule, start_s + area.start_s, start_s + area.end_s, area=_circle(area))
        )
    for ghost, icao in zip(scenario.ghost, scene.ghost_addresses(), strict=True):
        names = (f"{icao:06X}",)
        span_s = start_s + ghost.start_s, start_s + ghost.end_s
        rules = ("unconfirmed", "identity") if ghost.copies else ("unconfirmed",)
        found += [TrueEvent(rule, *span_s, names=names) for rule in rules]
    found += [
        TrueEvent("noncooperative", first_s, last_s, (target,))
        for target, (first_s, last_s) in scene.silent.items()
    ]
    kept = [e._replace(end_s=min(e.end_s, end_s)) for e in found if e.begin_s < end_s]
    return sorted(kept, key=lambda e: (e.begin_s, e.rule, e.names))


def _circle(area: Gnss) -> dict[str, Any]:
    """Polygon of an area, a corner each ten degrees."""
    turn = np.linspace(0.0, 2.0 * np.pi, _CORNERS + 1)
    reach_deg = area.radius_m / MEAN_RADIUS_M / DEGREE
    north = area.lat + reach_deg * np.cos(turn)
    east = area.lon + reach_deg * np.sin(turn) / np.cos(area.lat * DEGREE)
    ring = [[round(float(x), 6), round(float(y), 6)] for x, y in zip(east, north, strict=True)]
    return {"type": "Polygon", "coordinates": [[*ring[:-1], ring[0]]]}
