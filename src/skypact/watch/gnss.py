"""Disturbed satellite navigation, by cells: aircraft that told good positions and no longer do.

ADS-B states how good its position is (NACp and NIC, RTCA DO-260B). An aircraft counts after it has
been good for a while, so that old equipment does not; it is bad where its category falls, and where
its positions stop while other sensors go on seeing it, unless the receiver has lost most of its
aircraft. Cells with a large share of bad aircraft are disturbed; neighbours are counted together
and are one area.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import shapely

from skypact.model.quality import accuracy_category
from skypact.model.reports import ADSB, Bytes, Floats, Longs, take_reports
from skypact.rules.gnss import GnssParams
from skypact.units import DEGREE
from skypact.watch.cover import Mask
from skypact.watch.ground import geojson_of
from skypact.watch.keyed import Keyed, keys_of, last_of, name_of
from skypact.watch.sky import Finding, Sky

(TIME, GOOD_SINCE, WAS_GOOD, IS_BAD, LAT, LON, SENSOR, TRACK) = range(8)
FORGET_S: Final = 600.0
"""Aircraft that were not heard for so long."""
RECEIVER_SHARE: Final = 0.5
"""A receiver that lost this share of its aircraft is no witness of disturbed positions."""
LEAST_HEIGHT_M: Final = 1_500.0
"""Lower aircraft leave the sight of receivers: that they stop telling means nothing."""
NEIGHBOURS: Final = tuple((i, k) for i in (-1, 0, 1) for k in (-1, 0, 1))
"""Steps by rows and columns to a cell and those about it."""
_COLUMNS: Final = 1 << 12
"""Cells of a row, at most: 3,600 of 0.1 degrees."""


class _Cell(NamedTuple):
    """A disturbed cell, at one look."""

    n_bad: int
    n: int


class GnssRule:
    """Areas in which positions by satellite have become bad.

    Parameters
    ----------
    params : GnssParams
    """

    name: Final = "gnss"

    def __init__(self, params: GnssParams) -> None:
        self.params = params
        self._aircraft = Keyed(8)
        self._cells = _Presence()
        self._since: dict[int, float] = {}
        """When each disturbed cell became so."""
        self._area_of: dict[int, int] = {}
        """Name of the area that each disturbed cell is part of."""

    def look(self, sky: Sky) -> list[Finding]:
        """One finding for each area of neighbouring cells."""
        p = self.params
        self._note(sky)
        self._aircraft.forget(sky.now_s - FORGET_S)
        keys, lat, lon, bad = self._present(sky)
        self._cells.put(cells_of(p.cell_deg, lat, lon), keys, bad, sky.now_s)
        self._cells.forget(sky.now_s - p.window_s)
        disturbed = self._judge(sky.now_s)
        areas = self._areas(disturbed)
        self._name(areas)
        return [self._finding(area, disturbed) for area in areas]

    def _note(self, sky: Sky) -> None:
        """Take what aircraft tell of their positions."""
        p, reports = self.params, sky.reports
        told = (reports.kind == ADSB) & (reports.icao >= 0) & np.isfinite(reports.lat_rad)
        told &= (reports.coast == 0) & (reports.simulated == 0) & (reports.test == 0)
        at = np.flatnonzero(told)
        category: Bytes = accuracy_category(reports.nacp[at], reports.nic[at])
        at, category = at[category >= 0], category[category >= 0]
        keys = keys_of(reports.icao[at].astype(np.int64), sky.report_track[at])
        last = last_of(keys)
        keys, category, new = keys[last], category[last], take_reports(reports, at[last])
        place, known = self._aircraft.find(keys)
        rows = np.zeros((keys.size, 8))
        rows[:, GOOD_SINCE] = np.nan
        rows[known] = self._aircraft.rows[place[known]]
        good, bad = category >= p.good_from, category < p.bad_below
        since = np.where(np.isnan(rows[:, GOOD_SINCE]), sky.now_s, rows[:, GOOD_SINCE])
        rows[:, GOOD_SINCE] = np.where(good, since, np.where(bad, np.nan, rows[:, GOOD_SINCE]))
        settled = good & (sky.now_s - since >= p.good_s)
        rows[:, WAS_GOOD] = np.maximum(rows[:, WAS_GOOD], settled)
        rows[:, IS_BAD] = np.where(bad, 1.0, np.where(good, 0.0, rows[:, IS_BAD]))
        rows[:, TIME], rows[:, SENSOR] = sky.now_s, new.sensor
        rows[:, LAT], rows[:, LON] = new.lat_rad, new.lon_rad
        rows[:, TRACK] = sky.report_track[at[last]]
        self._aircraft.put(keys, rows)

    def _present(self, sky: Sky) -> tuple[Longs, Floats, Floats, Mask]:
        """Aircraft that count now: keys, places, and whether their positions are bad."""
        p, table = self.params, self._aircraft.rows
        counts = table[:, WAS_GOOD] > 0.0
        keys, table = self._aircraft.keys[counts], table[counts]
        tracks = sky.rows
        place = np.searchsorted(tracks.track, table[:, TRACK])
        place = np.minimum(place, max(0, tracks.track.size - 1))
        alive = np.zeros(keys.size, np.bool_)
        lat, lon = table[:, LAT].copy(), table[:, LON].copy()
        if tracks.track.size:
            high = sky.altitude_m[place] >= LEAST_HEIGHT_M
            alive = (tracks.track[place] == table[:, TRACK]) & (sky.quiet_s[place] < p.absent_s)
            alive &= high
            lat[alive], lon[alive] = sky.lat_rad[place[alive]], sky.lon_rad[place[alive]]
        silent = sky.now_s - table[:, TIME] > p.absent_s
        absent = silent & alive & self._is_witness(sky, table, silent)
        present = ~silent | absent
        bad = (table[:, IS_BAD] > 0.0) | absent
        return keys[present], lat[present], lon[present], bad[present]

    def _is_witness(self, sky: Sky, table: Floats, silent: Mask) -> Mask:
        """Whether the receiver of each aircraft (n,) still hears most of its others."""
        recent = sky.now_s - table[:, TIME] <= self.params.window_s
        fine = np.zeros(table.shape[0], np.bool_)
        for s in np.unique(table[:, SENSOR]).astype(int).tolist():
            mine = table[:, SENSOR] == s
            n, lost = np.count_nonzero(mine & recent), np.count_nonzero(mine & recent & silent)
            is_up = s < len(sky.sensors) and sky.sensors[s].state == "operational"
            fine[mine] = is_up and lost < RECEIVER_SHARE * n
        return fine

    def _judge(self, now_s: float) -> dict[int, _Cell]:
        """Say which cells are disturbed."""
        p = self.params
        cells, n, n_bad = self._cells.counts()
        share = n_bad / np.maximum(n, 1)
        near, near_bad = self._cells.about(cells, columns_of(p.cell_deg))
        raised = (share >= p.raise_share) & (near_bad >= p.raise_share * near)
        raised &= near_bad >= p.least_aircraft
        goes_on = (share >= p.clear_share) & np.isin(cells, list(self._since))
        at = np.flatnonzero(raised | goes_on).tolist()
        disturbed = {int(cells[k]): _Cell(int(n_bad[k]), int(n[k])) for k in at}
        self._since = {cell: self._since.get(cell, now_s) for cell in disturbed}
        return disturbed

    def _areas(self, disturbed: dict[int, _Cell]) -> list[list[int]]:
        """Join neighbouring cells; each area begins with the cell that was disturbed first."""
        n_columns = columns_of(self.params.cell_deg)
        left, areas = set(disturbed), []
        for first in sorted(disturbed, key=lambda cell: (self._since[cell], cell)):
            if first not in left:
                continue
            left.discard(first)
            area, edge = [first], [first]
            while edge:
                cell = edge.pop()
                row, column = divmod(cell, _COLUMNS)
                near = [(row + i) * _COLUMNS + (column + k) % n_columns for i, k in NEIGHBOURS]
                new = [one for one in near if one in left]
                left.difference_update(new)
                area += new
                edge += new
            areas.append(area)
        return areas

    def _name(self, areas: list[list[int]]) -> None:
        """Let areas keep their names as cells join and leave them."""
        names: dict[int, int] = {}
        taken: set[int] = set()
        for area in areas:
            before = [self._area_of[cell] for cell in area if cell in self._area_of]
            name = next(one for one in (*before, *area) if one not in taken)
            taken.add(name)
            names |= dict.fromkeys(area, name)
        self._area_of = names

    def _finding(self, area: list[int], disturbed: dict[int, _Cell]) -> Finding:
        p = self.params
        keys, bad = self._cells.of(area)
        aircraft = sorted(set(keys[bad].tolist()))
        boxes = [box_of(p.cell_deg, cell) for cell in area]
        evidence: dict[str, Any] = {
            "cells": len(area),
            "aircraft": len(set(keys.tolist())),
            "aircraft_bad": len(aircraft),
            "share_bad": round(
                sum(disturbed[c].n_bad for c in area) / sum(disturbed[c].n for c in area), 3
            ),
            "icao_bad": [name_of(key) for key in aircraft[:20]],
        }
        return Finding(
            str(self._area_of[area[0]]), (), p.severity, event_time_s=self._since[area[0]],
            area=geojson_of(shapely.union_all(boxes)), evidence=evidence,
        )  # fmt: skip


class _Presence:
    """Who was in which cell lately, and with what positions."""

    def __init__(self) -> None:
        self._cell: Longs = np.zeros(0, np.int64)
        self._key: Longs = np.zeros(0, np.int64)
        self._seen_s: Floats = np.zeros(0)
        self._bad: Mask = np.zeros(0, np.bool_)

    def put(self, cell: Longs, key: Longs, bad: Mask, now_s: float) -> None:
        """Note where aircraft (n,) are; an earlier stay in the same cell is forgotten."""
        cell, key = np.concatenate([self._cell, cell]), np.concatenate([self._key, key])
        bad = np.concatenate([self._bad, bad])
        seen_s = np.concatenate([self._seen_s, np.full(cell.size - self._seen_s.size, now_s)])
        order = np.lexsort((np.arange(cell.size), key, cell))
        cell, key, bad, seen_s = cell[order], key[order], bad[order], seen_s[order]
        last = np.ones(cell.size, np.bool_)
        last[:-1] = (cell[1:] != cell[:-1]) | (key[1:] != key[:-1])
        self._cell, self._key, self._bad, self._seen_s = (
            cell[last], key[last], bad[last], seen_s[last]
        )  # fmt: skip

    def forget(self, before_s: float) -> None:
        """Leave out stays that ended before."""
        kept = self._seen_s >= before_s
        self._cell, self._key = self._cell[kept], self._key[kept]
        self._bad, self._seen_s = self._bad[kept], self._seen_s[kept]

    def counts(self) -> tuple[Longs, Longs, Longs]:
        """Cells, aircraft in each, and those with bad positions."""
        cells, of = np.unique(self._cell, return_inverse=True)
        n = np.bincount(of, minlength=cells.size)
        return cells, n, np.bincount(of[self._bad], minlength=cells.size)

    def about(self, cells: Longs, n_columns: int) -> tuple[Longs, Longs]:
        """Aircraft that were last in cells (k,) or their neighbours, and those with bad positions.

        Each counts once, where it was last.
        """
        order = np.lexsort((self._seen_s, self._key))
        last = order[last_of(self._key[order])]
        at, of = np.unique(self._cell[last], return_inverse=True)
        n = np.bincount(of, minlength=at.size)
        n_bad = np.bincount(of[self._bad[last]], minlength=at.size)
        row, column = np.divmod(cells, _COLUMNS)
        near, near_bad = np.zeros(cells.size, np.int64), np.zeros(cells.size, np.int64)
        for i, k in NEIGHBOURS if at.size else ():
            cell = (row + i) * _COLUMNS + (column + k) % n_columns
            place = np.minimum(np.searchsorted(at, cell), at.size - 1)
            here = at[place] == cell
            near += np.where(here, n[place], 0)
            near_bad += np.where(here, n_bad[place], 0)
        return near, near_bad

    def of(self, cells: list[int]) -> tuple[Longs, Mask]:
        """Aircraft in some cells, and whether their positions are bad."""
        mine = np.isin(self._cell, cells)
        return self._key[mine], self._bad[mine]


def columns_of(cell_deg: float) -> int:
    """Cells around a circle of latitude."""
    return max(1, round(360.0 / cell_deg))


def cells_of(cell_deg: float, lat_rad: Floats, lon_rad: Floats) -> Longs:
    """Numbers of the cells that places (n,) lie in."""
    n_columns = columns_of(cell_deg)
    row = np.floor((lat_rad / DEGREE + 90.0) / cell_deg).astype(np.int64)
    column = np.floor((lon_rad / DEGREE + 180.0) * n_columns / 360.0).astype(np.int64)
    return np.asarray(row * _COLUMNS + column % n_columns)


def box_of(cell_deg: float, cell: int) -> shapely.Polygon:
    """Outline of a cell."""
    row, column = divmod(cell, _COLUMNS)
    width = 360.0 / columns_of(cell_deg)
    south, west = row * cell_deg - 90.0, column * width - 180.0
    east, north = west + width, min(90.0, south + cell_deg)
    corners = np.round([west, south, east, north], 6).tolist()
    return shapely.Polygon.from_bounds(*corners)
