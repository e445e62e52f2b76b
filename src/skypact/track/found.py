"""What the tracker has found of its sensors, beside what their data sheets say."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.kernels.maps import FATE_TURNS, MEMORY_TURNS
from skypact.model.sensors import SensorTable
from skypact.model.tracking import FALSE_SUM, FALSE_TURN, HIT_SUM, LOOK_SUM, TURNS, Geometry

Floats = npt.NDArray[np.float64]

LEAST_LOOKS: Final = 100
"""Looks from which a detection probability is stated: its standard error is below 0.05."""
LEAST_TURNS: Final = 20
"""Turns from which a number of false reports is stated."""


class FoundFigures(NamedTuple):
    """Figures of S sensors as the reports show them, NaN where too few told."""

    p_detection: Floats
    """Share of the looks at confirmed tracks that were answered (S,)."""
    p_detection_sigma: Floats
    """Its standard deviation (S,), looks taken as independent."""
    clutter_per_scan: Floats
    """Reports per turn that no track explains, those of new objects included (S,)."""
    looks: Floats
    """Looks that count, faded (S,)."""


def found_figures(geometry: Geometry) -> FoundFigures:
    """Read the learned maps of all sensors; cell 0 of each holds the whole sensor."""
    hits, looks = geometry.look_map[:, 0, HIT_SUM], geometry.look_map[:, 0, LOOK_SUM]
    turns = geometry.turns[:, TURNS]
    age = turns[:, None] - geometry.false_map[:, :, 0, FALSE_TURN]
    false = (geometry.false_map[:, :, 0, FALSE_SUM] * np.exp(-age / MEMORY_TURNS)).sum(1)
    exposure = MEMORY_TURNS * (1.0 - np.exp(-np.maximum(0.0, turns - FATE_TURNS) / MEMORY_TURNS))
    with np.errstate(invalid="ignore", divide="ignore"):
        detection = np.where(looks >= LEAST_LOOKS, hits / looks, np.nan)
        clutter = np.where(turns >= LEAST_TURNS, false / exposure, np.nan)
        sigma = np.sqrt((hits + 1) * (looks - hits + 1) / (looks + 2) ** 3)
    return FoundFigures(detection, np.where(looks >= LEAST_LOOKS, sigma, np.nan), clutter, looks)


def beside_data_sheets(
    found: FoundFigures, table: SensorTable, names: Sequence[str]
) -> dict[str, dict[str, list[float]]]:
    """Put found figures beside stated ones, for the summary.

    Parameters
    ----------
    found : FoundFigures of S sensors
    table : SensorTable
        What their data sheets say.
    names : sequence of str
        What they are called.

    Returns
    -------
    dict
        By sensor: ``p_detection`` as stated, found, and the found one's deviation;
        ``clutter_per_scan`` as stated and found. What too few reports told is left out.
    """
    rows: dict[str, dict[str, list[float]]] = {}
    for i, name in enumerate(names):
        row = {}
        if np.isfinite(found.p_detection[i]):
            row["p_detection"] = [
                round(float(column[i]), 4)
                for column in (table.p_detection, found.p_detection, found.p_detection_sigma)
            ]
        if np.isfinite(found.clutter_per_scan[i]):
            row["clutter_per_scan"] = [
                round(float(column[i]), 3)
                for column in (table.clutter_per_scan, found.clutter_per_scan)
            ]
        if row:
            rows[name] = row
    return rows
