"""Learned maps of a sensor: how often it sees what is there, and where its false reports fall.

Both are kept over polar cells about the antenna. False reports are counted with the probability
that no track explains them, per turn, against a gamma prior; detections against looks, against a
beta prior. Old counts fade with the turns, so that weather and broken filters come and go. Source:
Bar-Shalom and Li, "Multitarget-Multisensor Tracking" (1995), 3.4 (clutter density from counts);
Gelman et al., "Bayesian Data Analysis" (2013), 2.4 and 2.6 (conjugate priors of a probability and a
rate).
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.model.tracking import (
    FALSE_SUM,
    FALSE_TURN,
    HIT_SUM,
    LAST_REPORT_S,
    LOOK_SUM,
    N_CELLS,
    N_RINGS,
    N_SECTORS,
    TURNS,
)

Floats = npt.NDArray[np.float64]

MEMORY_TURNS: Final = 400.0
"""Turns after which false reports are forgotten to a third: half an hour of a 5 s antenna."""
FATE_TURNS: Final = 3.0
"""Turns after which it is known whether a report began a track for nothing, and is counted."""
SENSOR_COUNTS: Final = 4.0
"""What the data sheet's number of false reports counts for: as that many false reports seen."""
CELL_COUNTS: Final = 1.0
"""What the sensor's mean counts for in a cell: as one false report seen there."""
MEMORY_LOOKS: Final = 500.0
"""Looks that a cell remembers."""
SHEET_LOOKS: Final = 20.0
"""Looks that the data sheet's detection probability counts for."""
CELL_LOOKS: Final = 20.0
"""Looks that the sensor's mean counts for in a cell."""
MOST_MISSED: Final = 4
"""After more missed looks the object may have been out of cover."""
SILENT_TURNS: Final = 2.0
"""A sensor silent for longer did not turn, as far as its maps go."""
LEAST_DETECTION: Final = 0.05
MOST_DETECTION: Final = 0.995


@helper
def cell_of(range_m: float, azimuth_rad: float, range_max_m: float) -> int:
    """Find the number of the polar cell of a place, from 1; 0 stands for the whole sensor."""
    share = range_m / range_max_m
    if not (share >= 0.0 and abs(azimuth_rad) < math.inf):  # NaN too
        return 0
    ring = int(min(N_RINGS - 1.0, N_RINGS * share))
    turn = azimuth_rad / (2.0 * math.pi)
    sector = min(N_SECTORS - 1, int(N_SECTORS * (turn - math.floor(turn))))
    return 1 + ring * N_SECTORS + sector


@helper
def cell_of_place(
    x: float, y: float, z: float, site: Floats, axes: Floats, range_max_m: float
) -> int:
    """Cell that a place in the frame in force lies in; 0 where the antenna's is unknown."""
    if math.isnan(site[0]):
        return 0
    dx = x - site[0]
    dy = y - site[1]
    dz = z - site[2]
    east = axes[0, 0] * dx + axes[0, 1] * dy + axes[0, 2] * dz
    north = axes[1, 0] * dx + axes[1, 1] * dy + axes[1, 2] * dz
    distance = math.sqrt(dx * dx + dy * dy + dz * dz)
    return cell_of(distance, math.atan2(east, north), range_max_m)


@helper
def count_turns(state: Floats, time_s: float, period_s: float) -> None:
    """Let a sensor's turns (2,) pass up to a report's time; silence does not count."""
    gap_s = time_s - state[LAST_REPORT_S]
    if math.isnan(gap_s):
        state[LAST_REPORT_S] = time_s
        state[TURNS] = 0.0
    elif gap_s > 0.0:
        state[TURNS] += min(SILENT_TURNS, gap_s / period_s)
        state[LAST_REPORT_S] = time_s


@helper
def faded_sum(cell: Floats, turns: float) -> float:
    """Count of a cell (4,) as it is worth now."""
    return cell[FALSE_SUM] * math.exp((cell[FALSE_TURN] - turns) / MEMORY_TURNS)


@helper
def exposure(turns: float) -> float:
    """Give the turns that counts with this memory have gathered over, but for the last ones."""
    return MEMORY_TURNS * (1.0 - math.exp(-max(0.0, turns - FATE_TURNS) / MEMORY_TURNS))


@helper
def false_per_turn(cells: Floats, turns: float, sheet: float) -> float:
    """Expect false reports of the whole sensor in a turn; `sheet` is the data sheet's."""
    seen = faded_sum(cells[0], turns)
    return (SENSOR_COUNTS + seen) / (SENSOR_COUNTS / sheet + exposure(turns))


@helper
def false_in_cell(cells: Floats, cell: int, turns: float, sheet: float) -> float:
    """Expect false reports in a cell in a turn, no fewer than the sensor's mean.

    A cell that happened to stay empty is not known to be quiet: taken so, its next false report
    starts a track too easily (one false track an hour instead of none).
    """
    mean = false_per_turn(cells, turns, sheet) / (N_RINGS * N_SECTORS)
    seen = faded_sum(cells[cell], turns)
    return max(mean, (CELL_COUNTS + seen) / (CELL_COUNTS / mean + exposure(turns)))


@helper
def note_false(cells: Floats, cell: int, weight: float, turns: float) -> None:
    """Count a report that is false with probability `weight`, in its cell and for the sensor."""
    for i in range(1 if cell == 0 else 2):
        c = cell * i
        cells[c, FALSE_SUM] = faded_sum(cells[c], turns) + weight
        cells[c, FALSE_TURN] = turns


@helper
def origin_of(sensor: int, coded: int, cell: int) -> int:
    """One number for a place in the maps of false reports."""
    return (2 * sensor + coded) * (N_CELLS + 1) + cell


@helper
def note_false_start(false_map: Floats, turns: Floats, origin: int, reports: int) -> None:
    """Count the reports of a track that came to nothing as false, where its first one was.

    Counted when they come, ten thousand aircraft that appear at once would be taken for clutter,
    and never be begun.
    """
    if origin < 0:
        return
    place = origin // (N_CELLS + 1)
    sensor = place // 2
    cells = false_map[sensor, place % 2]
    note_false(cells, origin % (N_CELLS + 1), float(max(1, reports)), turns[sensor, TURNS])


@helper
def note_look(cells: Floats, cell: int, hit: float) -> None:
    """Count a look at an object that is there: `hit` is 1 where it was reported, else 0."""
    for i in range(1 if cell == 0 else 2):
        c = cell * i
        keep = 1.0
        if cells[c, LOOK_SUM] >= MEMORY_LOOKS:
            keep = 1.0 - 1.0 / MEMORY_LOOKS
        cells[c, HIT_SUM] = keep * cells[c, HIT_SUM] + hit
        cells[c, LOOK_SUM] = keep * cells[c, LOOK_SUM] + 1.0


@helper
def note_unseen(cells: Floats, cell: int) -> None:
    """Count a look at a cell that the sensor does not see; that says nothing of its other cells."""
    if cells[cell, LOOK_SUM] >= MEMORY_LOOKS:
        cells[cell, HIT_SUM] *= 1.0 - 1.0 / MEMORY_LOOKS
        cells[cell, LOOK_SUM] *= 1.0 - 1.0 / MEMORY_LOOKS
    cells[cell, LOOK_SUM] += 1.0


@helper
def note_looks(cells: Floats, cell: int, gap_s: float, period_s: float) -> None:
    """Count a report on an object `gap_s` after its last one, and the looks missed in between.

    Misses count when the object is seen again: one that has landed or left cover was not missed.
    Many in a row are a gap of cover, to be counted where it is (`existence.note_gap`).
    """
    missed = int(gap_s / period_s + 0.5) - 1
    if missed > MOST_MISSED:
        return
    for _ in range(missed):
        note_look(cells, cell, 0.0)
    note_look(cells, cell, 1.0)


@helper
def detection_of_sensor(cells: Floats, sheet: float) -> float:
    """Estimate the detection probability of the whole sensor; `sheet` is the data sheet's."""
    found = (SHEET_LOOKS * sheet + cells[0, HIT_SUM]) / (SHEET_LOOKS + cells[0, LOOK_SUM])
    return min(MOST_DETECTION, max(LEAST_DETECTION, found))


@helper
def detection_in_cell(cells: Floats, cell: int, sheet: float) -> float:
    """Estimate the detection probability in a cell, in cell 0 of the whole sensor."""
    mean = detection_of_sensor(cells, sheet)
    if cell == 0:
        return mean
    found = (CELL_LOOKS * mean + cells[cell, HIT_SUM]) / (CELL_LOOKS + cells[cell, LOOK_SUM])
    return min(MOST_DETECTION, max(LEAST_DETECTION, found))
