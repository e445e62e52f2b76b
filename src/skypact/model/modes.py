"""Mode S frames and what is read from them, as tables: one row is one frame.

Columns are named by the integers below. Integers are -1 and floats NaN where a frame does not say.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Octets = npt.NDArray[np.uint8]
Bytes = npt.NDArray[np.int8]
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LONG_FRAME: Final = 14
SHORT_FRAME: Final = 7
"""Octets of a frame: formats from 16 on are long."""

RECEIVED: Final = 0
COMPUTED: Final = 1
"""Where a frame comes from (`Frames.origin`): the air, or a multilateration server made it."""


class Frames(NamedTuple):
    """Frames in order of arrival, n rows."""

    octets: Octets
    """(n, 14); short frames are filled with zeros."""
    length: Bytes
    """Octets that were received, (n,)."""
    received_ns: Longs
    """Arrival, nanoseconds UTC since 1970; -1 where nobody wrote it down, (n,)."""
    stamp: Longs
    """The receiver's own counter, -1 where it sends none, (n,)."""
    origin: Bytes
    """`RECEIVED` or `COMPUTED`, (n,)."""


def empty_frames(n: int) -> Frames:
    """Make `n` frames of zeros without stamps."""
    return Frames(
        np.zeros((n, LONG_FRAME), np.uint8),
        np.zeros(n, np.int8),
        np.full(n, -1, np.int64),
        np.full(n, -1, np.int64),
        np.zeros(n, np.int8),
    )


def concat_frames(parts: list[Frames]) -> Frames:
    """Join frames in the order given."""
    if not parts:
        return empty_frames(0)
    return Frames._make(np.concatenate(columns) for columns in zip(*parts, strict=True))


(
    FORMAT, ADDRESS, AUX, INTERROGATOR, TYPE, SUBTYPE, CODE, ODD, CPR_LAT, CPR_LON, SPI, GROUND,
    NIC_A, NIC_B, NIC_C, VERSION, NACP, NACV, SIL, GVA, SDA, EMERGENCY, CATEGORY, IS_GNSS, FOREIGN,
) = range(25)  # fmt: skip
N_LABELS: Final = 25
"""Columns of integers. FORMAT: downlink format. ADDRESS: 24 bits, stated or recovered from the
parity. AUX: flight status (4 5 20 21), capability (11 17), control field (18), vertical status (0
16). INTERROGATOR: code overlaid on format 11, 0 none. TYPE, SUBTYPE: of an extended squitter. CODE:
Mode A, as people say it. ODD, CPR_LAT, CPR_LON: compact position. GROUND: 1 on the ground, 0 in the
air. IS_GNSS: 1 where the position message gives a GNSS height. FOREIGN: 1 where the address is not
the aircraft's 24-bit address. The rest as in ED-102A."""

(
    BARO_M, GEO_M, SPEED_MPS, TRACK_RAD, VN_MPS, VE_MPS, VU_MPS, DIFFERENCE_M, AIRSPEED_MPS,
    HEADING_RAD, SELECTED_M,
) = range(11)  # fmt: skip
N_NUMBERS: Final = 11
"""Columns of floats. SPEED, TRACK: over ground. DIFFERENCE: GNSS height minus pressure altitude.
HEADING, AIRSPEED: as sent, true or magnetic, indicated or true. SELECTED: altitude of format 29."""


class FrameTable(NamedTuple):
    """What the frames say, n rows, before anything is known of their senders."""

    status: Bytes
    """Codes of `errors.STATUS_TEXT`, (n,)."""
    labels: Ints
    """(n, `N_LABELS`)."""
    numbers: Floats
    """(n, `N_NUMBERS`)."""
    callsign: Longs
    """Packed as `model.reports.pack_callsign` does, (n,)."""


(
    SEEN, EVEN, ODDS, FIXED, MOVED, NAMED, CODED, RATED, LEVELLED, DIFFERED, ALARMED,
) = range(11)  # fmt: skip
(
    EVEN_LAT, EVEN_LON, ODD_LAT, ODD_LON, EVEN_GROUND, ODD_GROUND, CALLSIGN, SQUAWK, MOPS,
    NIC_SUP_A, NIC_SUP_C, ACCURACY, INTEGRITY, ALARM, CONFLICTS, TRUST,
) = range(11, 27)  # fmt: skip
N_MARKS: Final = 27
"""Integers kept of an aircraft: first times, nanoseconds (`SEEN`: last frame with a clean parity;
`EVEN`, `ODDS`: compact positions; `FIXED`: place), then the last values."""
(LAT_DEG, LON_DEG, NORTH_MPS, EAST_MPS, UP_MPS, OVER_MPS, COURSE_RAD, LEVEL_M, GAP_M) = range(9)
N_MEANS: Final = 9
"""Floats kept of an aircraft."""
NEVER: Final = -(1 << 62)


class Fleet(NamedTuple):
    """Aircraft that were heard, a hash table of C rows; C is a power of two."""

    key: Longs
    """Address and what kind of address it is; -1: free, (C,)."""
    marks: Longs
    """(C, `N_MARKS`)."""
    means: Floats
    """(C, `N_MEANS`)."""
    here: Floats
    """(4,): latitude and longitude [degrees] of a place that the receiver hears, NaN while there is
    none; infinity; 1 where it hears places so far apart that none tells where it is."""


def empty_fleet(capacity: int) -> Fleet:
    """Make a fleet that has heard nobody.

    Parameters
    ----------
    capacity : int
        Rows, a power of two.
    """
    return Fleet(
        np.full(capacity, -1, np.int64),
        np.full((capacity, N_MARKS), NEVER, np.int64),
        np.full((capacity, N_MEANS), np.nan),
        np.array([np.nan, np.nan, np.inf, 0.0]),
    )


(R_FRAME, R_ICAO, R_CODE, R_NIC, R_NACP, R_SIL, R_SPI, R_ALARM, R_KIND, R_FOREIGN, R_GROUND) = (
    range(11)
)
N_PLACED_LABELS: Final = 11
(R_LAT, R_LON, R_BARO, R_GEO, R_VN, R_VE, R_VU, R_SPEED, R_TRACK, R_SIGMA) = range(10)
N_PLACED: Final = 10


class Placed(NamedTuple):
    """Positions found in a batch of frames with what else is known of the aircraft then, k rows."""

    labels: Longs
    """(k, `N_PLACED_LABELS`): row of the frame, address, ... R_KIND as in `model.reports.KINDS`."""
    numbers: Floats
    """(k, `N_PLACED`): radians, metres, metres a second."""
    callsign: Longs
    """(k,)."""
