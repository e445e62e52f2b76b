"""What a tracker may expect of a flat scene: its true model as parameters of a union file.

A published filter is given the births, the survival and the motion of its scene; so is whoever
tracks its reports with the union file that the simulator writes.
"""

import math
from typing import Any, Final

from skypact.config import Tracking
from skypact.simulate.flat.schema import Birth, FlatScenario

POINTS: Final[dict[str, Any]] = {
    "learn_sensors": False,
    "fade": 0.0,
    "reappear": 0.0,
    "loss": 0.0,
    "confirm_hits": 1,
    "confirm_at": 0.5,
    "drop_at": 1e-4,
    "drop_confirmed_at": 0.1,
    "join_doubles": False,
    "gate": 12.0,
}
"""Objects are points that vanish at a rate and do not fade; data sheets are right."""
ONE_MODEL: Final[dict[str, Any]] = {"start_turn": 0.0, "steady_s": 1e12}
"""Nearly constant velocity alone."""


def tracking_of(scenario: FlatScenario) -> Tracking:
    """Make the `tracking` part of the union file; empty where the scene states no births."""
    model = scenario.model
    if not model.birth:
        return Tracking()
    step_s = scenario.step_s
    psd = model.accel_psd_m2ps3 or model.accel_mps2**2 * step_s
    parameters = POINTS | {"birth_density_hz": 0.0}
    if psd > 0.0:
        parameters["cruise_accel_psd"] = psd
    if model.motion == "cv":
        parameters |= ONE_MODEL
    parameters["death_hz"] = model.death_rate_hz or -math.log(model.survival) / step_s
    total = sum(birth.weight for birth in model.birth)
    parameters["birth_spots"] = [
        _spot(birth, scenario, birth.weight / total) for birth in model.birth
    ]
    return Tracking(parameters=parameters)


def _spot(birth: Birth, scenario: FlatScenario, share: float) -> dict[str, float]:
    """Place where objects appear: the density's mean, its deviations averaged over the axes."""
    model = scenario.model
    rate_hz = model.birth_rate_hz * share or birth.weight / scenario.step_s
    first = model.initial_weight * share or rate_hz * scenario.step_s
    x_m, _, y_m, _ = birth.mean[:4]
    sigma_x_m, sigma_vx, sigma_y_m, sigma_vy = birth.std[:4]
    return {
        "x_m": x_m,
        "y_m": y_m,
        "sigma_m": math.sqrt((sigma_x_m**2 + sigma_y_m**2) / 2.0),
        "sigma_mps": math.sqrt((sigma_vx**2 + sigma_vy**2) / 2.0),
        "rate_hz": rate_hz,
        "first": first,
    }
