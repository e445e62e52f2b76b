"""Frames to columns and to reports, with what must be remembered of the aircraft between them."""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.errors import BAD_PARITY, OK, TRUNCATED, UNKNOWN_ADDRESS, UNKNOWN_FORMAT
from skypact.kernels import fleet as following
from skypact.kernels import modes as kernel
from skypact.model.modes import (
    FORMAT,
    LONG_FRAME,
    N_LABELS,
    N_NUMBERS,
    N_PLACED,
    N_PLACED_LABELS,
    R_ALARM,
    R_BARO,
    R_CODE,
    R_FOREIGN,
    R_FRAME,
    R_GEO,
    R_GROUND,
    R_ICAO,
    R_KIND,
    R_LAT,
    R_LON,
    R_NACP,
    R_NIC,
    R_SIGMA,
    R_SIL,
    R_SPEED,
    R_SPI,
    R_TRACK,
    R_VE,
    R_VN,
    R_VU,
    Floats,
    Frames,
    FrameTable,
    Longs,
    Placed,
    empty_fleet,
)
from skypact.model.reports import REPORT_DTYPES, ReportBatch, empty_reports

FLEET_ROWS: Final = 1 << 14
"""Aircraft that one receiver's decoder remembers; the whole sky has about 12,000 at a time."""
REACH: Final = 1.2
"""A receiver may hear so much farther than its data sheet says."""
KIND_OF_COUNT: Final = {
    TRUNCATED: "truncated",
    BAD_PARITY: "bad_parity",
    UNKNOWN_FORMAT: "unknown_format",
    UNKNOWN_ADDRESS: "unknown_address",
    following.JUMP: "position_jump",
    following.NO_REFERENCE: "no_reference",
    following.REPEATED: "duplicates",
    following.OUT_OF_REACH: "out_of_reach",
    following.CROWDED: "fleet_full",
}
"""Words under which counts of the kernels are told."""
_NUMBERS: Final = {
    "lat_rad": R_LAT, "lon_rad": R_LON, "baro_altitude_m": R_BARO, "geo_altitude_m": R_GEO,
    "vn_mps": R_VN, "ve_mps": R_VE, "vu_mps": R_VU, "ground_speed_mps": R_SPEED,
    "track_angle_rad": R_TRACK, "sigma_m": R_SIGMA,
}  # fmt: skip
_LABELS: Final = {
    "kind": R_KIND, "mode3a": R_CODE, "nic": R_NIC, "nacp": R_NACP, "sil": R_SIL, "spi": R_SPI,
    "emergency": R_ALARM,
}  # fmt: skip


class FrameColumns(NamedTuple):
    """What frames say, one row each, in their order."""

    table: FrameTable
    """Status, labels, numbers and callsigns (`model.modes`)."""
    place_rad: Floats
    """Latitude and longitude of position messages, (n, 2); NaN where none is sure."""
    placed: Placed
    """One row per position found."""
    counts: Longs
    """(`fleet.N_COUNTS`,)."""

    def records(self) -> dict[str, int]:
        """Count frames that could be read, by downlink format: ``DF17``."""
        status = self.table.status
        read = (status == OK) | (status == UNKNOWN_ADDRESS)
        found = np.bincount(self.table.labels[read, FORMAT], minlength=1)
        return {f"DF{form:02}": n for form, n in enumerate(found.tolist()) if n}

    def comm_b(self) -> Longs:
        """Rows of replies with a register (formats 20 and 21) whose sender is known."""
        form = self.table.labels[:, FORMAT]
        return np.flatnonzero((self.table.status == OK) & ((form == 20) | (form == 21)))

    def errors(self) -> dict[str, int]:
        """Count what was wrong, by kind."""
        counts = self.counts
        return {name: int(counts[i]) for i, name in KIND_OF_COUNT.items() if counts[i]}


def empty_table(n: int) -> FrameTable:
    """Make room for `n` frames."""
    return FrameTable(
        np.empty(n, np.int8),
        np.empty((n, N_LABELS), np.int32),
        np.empty((n, N_NUMBERS)),
        np.empty(n, np.int64),
    )


def empty_placed(n: int) -> Placed:
    """Make room for `n` positions."""
    return Placed(
        np.empty((n, N_PLACED_LABELS), np.int64), np.empty((n, N_PLACED)), np.empty(n, np.int64)
    )


class FrameDecoder:
    """Decodes the frames of one receiver, batch by batch, in order of arrival.

    Parameters
    ----------
    near_deg : (float, float) or None
        Latitude and longitude of the receiver: without it, aircraft on the ground have no place
        until they were heard in the air.
    range_max_m : float
        Farthest aircraft that the receiver hears; used only with `near_deg`.
    rows : int
        Aircraft to remember, a power of two.
    """

    def __init__(
        self,
        near_deg: tuple[float, float] | None = None,
        range_max_m: float = np.inf,
        rows: int = FLEET_ROWS,
    ) -> None:
        lat, lon = near_deg or (np.nan, np.nan)
        self._receiver = np.array([lat, lon, REACH * range_max_m])
        self._fleet = empty_fleet(rows)

    def decode(self, frames: Frames, time_ns: Longs) -> FrameColumns:
        """Read frames and follow their senders.

        Parameters
        ----------
        frames : Frames of n rows
        time_ns : (n,) int64
            When each was received.
        """
        n = frames.length.size
        table, placed = empty_table(n), empty_placed(n)
        place_rad = np.empty((n, 2))
        counts = np.zeros(following.N_COUNTS, np.int64)
        octets = np.ascontiguousarray(frames.octets).reshape(n, LONG_FRAME)
        kernel.read_frames(octets, frames.length, table)
        k = following.follow(
            table, time_ns, frames.origin, self._fleet, self._receiver, placed, place_rad, counts
        )
        found = Placed(placed.labels[:k], placed.numbers[:k], placed.callsign[:k])
        return FrameColumns(table, place_rad, found, counts)


def reports_of(
    placed: Placed, time_ns: Longs, received_ns: Longs, known: npt.NDArray[Any]
) -> ReportBatch:
    """Make target reports of positions; one whose time nobody knows is no measurement (`coast`).

    Parameters
    ----------
    placed : Placed of k rows
    time_ns, received_ns : (n,) int64
        Of all frames: time of reception, and arrival of the bytes.
    known : (n,) bool
        Whether the time is known.
    """
    frame = placed.labels[:, R_FRAME]
    foreign = placed.labels[:, R_FOREIGN] == 1
    address = placed.labels[:, R_ICAO]
    values: dict[str, npt.NDArray[Any]] = {
        "time_s": time_ns[frame] * 1e-9,
        "received_ns": received_ns[frame],
        "icao": np.where(foreign, -1, address),
        "track_number": np.where(foreign, address, -1),
        "callsign": placed.callsign,
        "coast": ~known[frame],
    }
    values |= {name: placed.numbers[:, place] for name, place in _NUMBERS.items()}
    values |= {name: placed.labels[:, place] for name, place in _LABELS.items()}
    typed = {name: v.astype(REPORT_DTYPES[name]) for name, v in values.items()}
    return empty_reports(frame.size)._replace(**typed)


def on_ground(placed: Placed) -> npt.NDArray[np.bool_]:
    """Whether each position is of an aircraft on the ground."""
    return np.asarray(placed.labels[:, R_GROUND] == 1, np.bool_)
