"""Plain twin of kernels/maps.py: every report remembered, nothing running."""

import math

RINGS, SECTORS = 32, 60
MEMORY_TURNS, SENSOR_COUNTS, CELL_COUNTS = 400.0, 4.0, 1.0
FATE_TURNS = 3.0


def cell(range_m, azimuth_rad, range_max_m):
    """Number of the polar cell, from 1, ring by ring."""
    ring = min(RINGS - 1, math.floor(RINGS * range_m / range_max_m))
    sector = math.floor(SECTORS * ((azimuth_rad / (2 * math.pi)) % 1.0))
    return 1 + ring * SECTORS + min(SECTORS - 1, sector)


class FalseReports:
    """False reports of a sensor: (turn, cell, probability of being false)."""

    def __init__(self, sheet):
        self.sheet, self.seen = sheet, []

    def faded(self, turn, of=None):
        """Sum of probabilities, each worth exp(-age / memory)."""
        return sum(
            w * math.exp((t - turn) / MEMORY_TURNS) for t, c, w in self.seen if of in (None, c)
        )

    def per_turn(self, turn):
        """Gamma prior of the data sheet and what was seen, over the turns it was seen in."""
        turns = MEMORY_TURNS * (1 - math.exp(-max(0.0, turn - FATE_TURNS) / MEMORY_TURNS))
        return (SENSOR_COUNTS + self.faded(turn)) / (SENSOR_COUNTS / self.sheet + turns)

    def in_cell(self, of, turn):
        """Gamma prior of the sensor's mean and what was seen in the cell, at least that mean."""
        mean = self.per_turn(turn) / (RINGS * SECTORS)
        turns = MEMORY_TURNS * (1 - math.exp(-max(0.0, turn - FATE_TURNS) / MEMORY_TURNS))
        return max(mean, (CELL_COUNTS + self.faded(turn, of)) / (CELL_COUNTS / mean + turns))


def detection(hits, looks, sheet, cell_hits=0.0, cell_looks=0.0):
    """Beta priors worth 20 looks: the data sheet's for the sensor, the sensor's for a cell."""
    mean = min(0.995, max(0.05, (20 * sheet + hits) / (20 + looks)))
    return min(0.995, max(0.05, (20 * mean + cell_hits) / (20 + cell_looks)))
