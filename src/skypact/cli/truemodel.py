"""The true model of a flat scenario in the form in which `evaluate` computes floors."""

import numpy as np

from skypact.evaluate.flatmodel import TURN, FlatModel, with_births
from skypact.simulate.flat.schema import FlatScenario, FlatSensor
from skypact.units import DEGREE


def true_model(scenario: FlatScenario) -> FlatModel | None:
    """Motion, first states, detection and clutter as the scenario states them.

    Returns None where the scenario states no noise of motion, or where its objects turn by a rule
    that is no motion model (`scenario.crowd`): a filter without noise would lose them. Detection
    and clutter are taken where they are the same for all sensors; floors measure them elsewhere.
    """
    model = scenario.model
    accel = model.accel_mps2 or model.accel_psd_m2ps3
    if not accel or any(crowd.turn_dps for crowd in scenario.crowd):
        return None
    discrete, turns = model.accel_mps2 > 0.0, model.motion == "ct"
    turn_noise = model.turn_accel_dps2 * DEGREE
    if not discrete:
        # A turn acceleration that holds over each step, as the random walk with the same variance.
        turn_noise *= scenario.step_s**0.5
    found = FlatModel(
        accel=accel,
        discrete=discrete,
        turns=turns,
        turn_noise=turn_noise if turns else 0.0,
        clutter_density=_same([clutter_density(sensor) for sensor in scenario.sensor]),
        p_detection=_same([sensor.p_detection for sensor in scenario.sensor]),
    )
    if not model.birth:
        return found
    means, sigmas = (np.array([getattr(b, key) for b in model.birth]) for key in ("mean", "std"))
    if turns:
        means[:, TURN] *= DEGREE
        sigmas[:, TURN] *= DEGREE
    return with_births(found, means, sigmas)


def clutter_density(sensor: FlatSensor) -> float:
    """Count false reports per scan and m^2, or per scan and m rad of a polar sensor."""
    if sensor.measures == "polar":
        (near_m, far_m), (left, right) = sensor.range_m or (0.0, 1.0), sensor.azimuth_deg
        return sensor.clutter_mean / ((far_m - near_m) * (right - left) * DEGREE)
    (west, east), (south, north) = sensor.area_x_m or (0.0, 1.0), sensor.area_y_m or (0.0, 1.0)
    return sensor.clutter_mean / ((east - west) * (north - south))


def _same(values: list[float | None]) -> float | None:
    """Value of all, None where they differ or one has none."""
    return values[0] if len(set(values)) == 1 else None
