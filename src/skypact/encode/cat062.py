"""Tracks to system track messages: category 062, many records at once.

Source: EUROCONTROL-SPEC-0149 Part 9, edition 1.21 (item table `decode/asterix/cat062.py`). Records
that hold the same items are written together; there are a few dozen such kinds in a picture. What
the category cannot hold is left out, never bent: heights above 150,000 ft, places that are not
geodetic; ages and accuracies stop at their largest value, as the standard says.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.encode.ages import TrackAges, no_ages
from skypact.encode.datagrams import Sender
from skypact.encode.packing import Layout, Part, layout, pack
from skypact.kernels.geodesy import ECCENTRICITY2, SEMI_MAJOR_M
from skypact.model.tracks import CLASSES, TrackRows
from skypact.units import DAY, DEGREE, FEET_PER_MINUTE, FLIGHT_LEVEL, FOOT

Array = npt.NDArray[np.generic]
Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Columns = dict[str, Array | float | int]

NUMBER: Final = 62
OLD_S: Final = 16.0
"""Age above which a sensor kind's update is flagged as old in I062/080: four turns of a terminal
radar, two of an en-route one."""
_GEOMETRIC_FT: Final = (-1_500.0, 150_000.0)
"""Limits of I062/130."""
_BAROMETRIC_FL: Final = (-15.0, 1_500.0)
"""Limits of I062/135 and I062/136."""
_FASTEST_MPS: Final = 8_191.75
"""Limit of I062/185."""
_LEVEL_MPS: Final = 2.5
"""Vertical speed, about 500 ft/min, below which flight is level (I062/200)."""
_MANOEUVRE: Final = 0.5
_UNDETERMINED: Final = 3
_EMERGENCY: Final = ((7700, 1), (7600, 4), (7500, 5))
"""Mode A codes and the emergency status of I062/080 EMS that they stand for."""
_SURFACE: Final = CLASSES.index("surface")


class TrackNotes(NamedTuple):
    """What a track message says beside the track itself, one row per track."""

    number: Longs
    """System track number, 1 to 32,767."""
    ages: TrackAges
    begins: Mask
    """The first message of the track."""
    ends: Mask
    """Its last."""
    partner_unit: Longs
    """(n, k) units that have the track under their own numbers, -1 where fewer (I062/510)."""
    partner_number: Longs
    """(n, k) the numbers."""


def plain_notes(number: Longs) -> TrackNotes:
    """Make notes that say nothing but the track numbers."""
    no, none = np.zeros(number.size, np.bool_), np.empty((number.size, 0), np.int64)
    return TrackNotes(number, no_ages(number.size), no, no, none, none)


def _metres_per_radian(lat_rad: Floats) -> tuple[Floats, Floats]:
    """Return metres north and east per radian of latitude and longitude, on the ellipsoid."""
    w2 = 1.0 - ECCENTRICITY2 * np.sin(lat_rad) ** 2
    normal = SEMI_MAJOR_M / np.sqrt(w2)
    return normal * (1.0 - ECCENTRICITY2) / w2, normal * np.cos(lat_rad)


def _place(rows: TrackRows) -> Columns:
    north, east = _metres_per_radian(rows.lat_rad)
    covariance = rows.corr_ne * rows.sigma_n_m * rows.sigma_e_m
    return {
        "105.LAT": rows.lat_rad / DEGREE,
        "105.LON": (rows.lon_rad / DEGREE + 180.0) % 360.0 - 180.0,
        "185.VX": rows.ve_mps,
        "185.VY": rows.vn_mps,
        "500/APC.X": rows.sigma_e_m,
        "500/APC.Y": rows.sigma_n_m,
        "500/COV.COV": np.sign(covariance) * np.sqrt(np.abs(covariance)),
        "500/APW.LAT": rows.sigma_n_m / north / DEGREE,
        "500/APW.LON": rows.sigma_e_m / east / DEGREE,
        "500/AGA.AGA": rows.sigma_u_m / FOOT,
        "500/ATV.X": rows.sigma_ve_mps,
        "500/ATV.Y": rows.sigma_vn_mps,
    }


def _status(rows: TrackRows, notes: TrackNotes) -> Columns:
    ages = notes.ages
    updates = [ages.psr_s, ages.ssr_s, ages.modes_s, ages.adsb_s, ages.mlat_s]
    fresh = [age <= OLD_S for age in updates]
    cooperative = fresh[1] | fresh[2] | fresh[3] | fresh[4]
    told = ~np.isnan(np.array(updates)).all(axis=0)
    data = np.where(cooperative, np.where(fresh[0], 0, 1), np.where(fresh[0], 2, _UNDETERMINED))
    return {
        "080.MON": rows.n_sensors <= 1,
        "080.MRH": np.isnan(rows.baro_altitude_m),
        "080.SRC": np.where(fresh[3], 1, np.where(fresh[4], 7, 0)),
        "080.CNF": rows.confirmed != 1,
        "080.TSE": notes.ends,
        "080.TSB": notes.begins,
        "080.CST": told & ~(cooperative | fresh[0]),
        "080.PSR": ~fresh[0] & told,
        "080.SSR": ~fresh[1] & told,
        "080.MDS": ~fresh[2] & told,
        "080.ADS": ~fresh[3] & told,
        "080.SDS": data,
        "080.EMS": _emergency(rows),
        "080.SFC": rows.target_class == _SURFACE,
    }


def _emergency(rows: TrackRows) -> Longs:
    out = np.zeros(rows.mode3a.size, np.int64)
    for code, status in _EMERGENCY:
        out[rows.mode3a == code] = status
    return out


def _movement(rows: TrackRows) -> Columns:
    turning = rows.p_manoeuvre >= _MANOEUVRE
    vertical = np.where(np.abs(rows.vu_mps) < _LEVEL_MPS, 0, np.where(rows.vu_mps > 0, 1, 2))
    return {
        "200.TRANS": np.where(turning, _UNDETERMINED, 0),
        "200.LONG": _UNDETERMINED,
        "200.VERT": np.where(np.isnan(rows.vu_mps), _UNDETERMINED, vertical),
    }


_AGE_SUBITEMS: Final = (
    ("290/PSR.PSR", "psr_s"),
    ("290/SSR.SSR", "ssr_s"),
    ("290/MDS.MDS", "modes_s"),
    ("290/ES.ES", "adsb_s"),
    ("290/MLT.MLT", "mlat_s"),
    ("295/MFL.MFL", "level_s"),
    ("295/MDA.MDA", "mode3a_s"),
)


def _optional(rows: TrackRows, notes: TrackNotes) -> dict[str, tuple[Mask, Columns]]:
    """Return items and subitems that not every record holds: which records do, and their values."""
    height_ft, level = rows.altitude_m / FOOT, rows.baro_altitude_m / FLIGHT_LEVEL
    measured = notes.ages.level_m / FLIGHT_LEVEL
    low, high = _BAROMETRIC_FL
    out: dict[str, tuple[Mask, Columns]] = {
        "130": (
            (height_ft >= _GEOMETRIC_FT[0]) & (height_ft <= _GEOMETRIC_FT[1]),
            {"130.130": height_ft},
        ),
        "135": ((level >= low) & (level <= high), {"135.CTB": level}),
        "136": ((measured >= low) & (measured <= high), {"136.136": measured}),
        "220": (~np.isnan(rows.vu_mps), {"220.220": rows.vu_mps / FEET_PER_MINUTE}),
        "060": (rows.mode3a >= 0, {"060.MODE3A": rows.mode3a}),
        "245": (rows.callsign >= 0, {"245.CHR": rows.callsign}),
        "380/ADR": (rows.icao >= 0, {"380/ADR.ADR": rows.icao}),
        "380/ID": (rows.callsign >= 0, {"380/ID.ID": rows.callsign}),
    }
    for slot, name in _AGE_SUBITEMS:
        age = getattr(notes.ages, name)
        out[slot.partition(".")[0]] = (~np.isnan(age), {slot: age})
    return out


def _composed(notes: TrackNotes, own_unit: int) -> dict[str, tuple[Mask, Columns]]:
    """Return the composed track number: our own unit's first, then those of the partners."""
    first: Columns = {"510[0].IDENT": own_unit, "510[0].TRACK": notes.number}
    out = {"510[0]": (np.ones(notes.number.size, np.bool_), first)}
    for k in range(notes.partner_unit.shape[1]):
        unit, number = notes.partner_unit[:, k], notes.partner_number[:, k]
        slots: Columns = {f"510[{k + 1}].IDENT": unit, f"510[{k + 1}].TRACK": number}
        out[f"510[{k + 1}]"] = (unit >= 0, slots)
    return out


_ALWAYS: Final[dict[str, Part]] = {
    "010": 1, "015": 1, "070": 1, "105": 1, "185": 1, "040": 1, "080": 6, "200": 1,
    "290": ("TRK",), "500": ("APC", "COV", "APW", "AGA", "ATV"),
}  # fmt: skip
"""What every record holds."""


@lru_cache(maxsize=512)
def _layout(present: tuple[str, ...]) -> Layout:
    """Return the layout of records that hold some of the optional items."""
    items: dict[str, Part] = dict(_ALWAYS)
    for name in present:
        item, _, sub = name.partition("/")
        if sub:
            old = items.get(item, ())
            items[item] = (*(old if isinstance(old, tuple) else ()), sub)
        elif item.startswith("510["):
            items["510"] = int(item[4:-1]) + 1
        else:
            items[item] = 1
    return layout(NUMBER, items)


def _take(columns: Mapping[str, Array | float | int], rows: Longs) -> Columns:
    return {k: v[rows] if isinstance(v, np.ndarray) else v for k, v in columns.items()}


def can_be_sent(rows: TrackRows) -> Mask:
    """Mark tracks (n,) with a place on the earth, a speed within I062/185 and their accuracies."""
    needed = ("time_s", "lat_rad", "lon_rad", "vn_mps", "ve_mps", "sigma_n_m", "sigma_e_m")
    known = np.isfinite(np.array([getattr(rows, name) for name in needed])).all(axis=0)
    fastest = np.maximum(np.abs(rows.vn_mps), np.abs(rows.ve_mps))
    return np.asarray(known & (fastest <= _FASTEST_MPS), np.bool_)


def track_records(rows: TrackRows, notes: TrackNotes, sender: Sender) -> list[bytes]:
    """Return the records of tracks, in their order; every row must be one that `can_be_sent`.

    Parameters
    ----------
    rows : TrackRows (n,)
        One row per track.
    notes : TrackNotes (n,)
        What else is said of each.
    sender : Sender
        Who sends.
    """
    n = rows.time_s.size
    finite = rows._replace(
        **{name: np.nan_to_num(getattr(rows, name)) for name in ("corr_ne", "sigma_u_m")},
        sigma_vn_mps=np.nan_to_num(rows.sigma_vn_mps),
        sigma_ve_mps=np.nan_to_num(rows.sigma_ve_mps),
    )
    always: Columns = {
        "010.SAC": sender.sac,
        "010.SIC": sender.sic,
        "015.015": sender.service,
        "070.070": np.rint(rows.time_s % DAY * 128.0) % (DAY * 128) / 128.0,
        "040.040": notes.number,
        "290/TRK.TRK": np.nan_to_num(rows.age_s),
        **_place(finite),
        **_status(rows, notes),
        **_movement(rows),
    }
    optional = _optional(rows, notes)
    if sender.unit:
        optional |= _composed(notes, sender.unit)
    names = tuple(optional)
    held = np.zeros(n, np.int64)
    for bit, (mask, _) in enumerate(optional.values()):
        held |= mask.astype(np.int64) << bit
    out: list[bytes] = [b""] * n
    for kind in np.unique(held).tolist():
        mine = np.flatnonzero(held == kind)
        present = tuple(name for bit, name in enumerate(names) if kind >> bit & 1)
        columns = _take(always, mine)
        for name in present:
            columns |= _take(optional[name][1], mine)
        records = pack(_layout(present), columns, mine.size)
        for i, record in zip(mine.tolist(), records, strict=True):
            out[i] = record.tobytes()
    return out
