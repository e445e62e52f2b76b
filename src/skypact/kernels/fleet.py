"""Frames of one receiver followed by aircraft: whose they are, where they are, what is known.

An address recovered from a parity counts only where a frame with a clean parity named it lately.
Positions are decoded in pairs until two of them agree, then each by the one before; a position that
nobody could have flown to is left out. Sources: ED-102A / DO-260B, 2.2.10 (windows of pairs,
reasonableness), 2.2.8.1 (NIC by type and supplements), table N-4 (version 0); ICAO Doc 9871. Times
are int64 nanoseconds. Twin: tests/naive/fleet.py.
"""

import math
from typing import Final

import numpy as np

from skypact.errors import OK, UNKNOWN_ADDRESS
from skypact.kernels._jit import helper, kernel
from skypact.kernels.cpr import (
    UNIT,
    airborne_pair,
    distance_m,
    near_place,
    surface_pair,
    wrapped,
)
from skypact.model.modes import (
    ACCURACY,
    ADDRESS,
    ALARM,
    ALARMED,
    AUX,
    BARO_M,
    CALLSIGN,
    CODE,
    CODED,
    COMPUTED,
    CONFLICTS,
    COURSE_RAD,
    CPR_LAT,
    CPR_LON,
    DIFFERED,
    DIFFERENCE_M,
    EAST_MPS,
    EMERGENCY,
    EVEN,
    EVEN_GROUND,
    EVEN_LAT,
    EVEN_LON,
    FIXED,
    FOREIGN,
    FORMAT,
    GAP_M,
    GEO_M,
    GROUND,
    INTEGRITY,
    IS_GNSS,
    LAT_DEG,
    LEVEL_M,
    LEVELLED,
    LON_DEG,
    MOPS,
    MOVED,
    NACP,
    NAMED,
    NEVER,
    NIC_A,
    NIC_B,
    NIC_C,
    NIC_SUP_A,
    NIC_SUP_C,
    NORTH_MPS,
    ODD,
    OVER_MPS,
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
    RATED,
    SEEN,
    SIL,
    SPEED_MPS,
    SPI,
    SQUAWK,
    TRACK_RAD,
    TRUST,
    TYPE,
    UP_MPS,
    VE_MPS,
    VERSION,
    VN_MPS,
    VU_MPS,
    Bytes,
    Fleet,
    Floats,
    FrameTable,
    Ints,
    Longs,
    Placed,
)
from skypact.model.quality import EPU_M, EPU_SIGMA, LEAST_FIRST_ON_GROUND, MOST_CATEGORY
from skypact.model.reports import ADSB, MLAT, TRACK
from skypact.units import DEGREE, NANOSECONDS

(JUMP, NO_REFERENCE, REPEATED, OUT_OF_REACH, CROWDED) = range(8, 13)
N_COUNTS: Final = 13
"""Counts of `follow`: by status code (`errors`), then these."""

KNOWN_NS: Final = 60 * NANOSECONDS
"""An address that a clean parity named is known for so long."""
PAIR_NS: Final = 10 * NANOSECONDS
SURFACE_PAIR_NS: Final = 25 * NANOSECONDS
"""Longest time between the two positions of a pair; on the surface at more than 25 kt."""
FIX_NS: Final = 60 * NANOSECONDS
SURFACE_FIX_NS: Final = 300 * NANOSECONDS
"""A place serves as reference for so long."""
REPEAT_NS: Final = 300_000_000
"""The same position within this time is one that two receivers heard: they are sent at least
0.4 s apart, and of one parity 0.8 s."""
VELOCITY_NS: Final = NANOSECONDS
"""Velocities are sent twice a second; in a turn of 3 degrees a second an old one is far off. Each
is told once, with the next position: told again it would be taken for another measurement."""
LEVEL_NS: Final = 5 * NANOSECONDS
IDENTITY_NS: Final = 300 * NANOSECONDS
QUALITY_NS: Final = 60 * NANOSECONDS
"""What else is known of an aircraft holds for so long."""
FASTEST_MPS: Final = 900.0
"""No aircraft that sends its position is faster over ground."""
FASTEST_TAXI_MPS: Final = 120.0
SLACK_M: Final = 1_000.0
"""Distances are judged with this much to spare: stamps of whole seconds, rounding, 60 m of code."""
MOST_CONFLICTS: Final = 4
"""After so many impossible positions in a row the place known before is given up."""
PROBES: Final = 16
(NEAR_LAT, NEAR_LON, REACH_M, IS_WIDE) = range(4)
"""The receiver: degrees, NaN where unknown; farthest aircraft that it hears."""
WIDE_DEG: Final = 20.0
"""No antenna hears aircraft so far apart: such a feed is of many receivers."""
COMPUTED_SIGMA_M: Final = 150.0
"""Standard deviation per axis of positions that a multilateration server of receivers around a
town computes; it states none."""
_NIC_OF_TYPE: Final = np.array(
    [0, 0, 0, 0, 0, 11, 10, 8, 0, 11, 10, 8, 7, 6, 5, 4, 2, 1, 0, 0, 11, 10, 0], np.int64
)
"""NIC by type code where no supplement is set."""


@helper
def nic_one(kind: int, a: int, b: int, c: int, version: int) -> int:
    """Navigation integrity category. ED-102A table 2-70; versions 0 and 1 have no B and C."""
    nic = _NIC_OF_TYPE[kind]
    if version < 1 or a < 1:
        if version == 2 and kind == 8 and c == 1:
            return 6
        return nic
    if version == 1:
        return 9 if kind in (7, 11) else (3 if kind == 16 else nic)
    if kind == 7:
        return 9 if c < 1 else nic
    if kind == 8:
        return 7 if c == 1 else 6
    if kind == 11:
        return 9 if b == 1 else nic
    return 3 if kind == 16 and b == 1 else nic


@helper
def sigma_one(kind: int, nacp: int, nic: int, version: int) -> float:
    """Horizontal standard deviation per axis; see `model.quality.accuracy_category`."""
    category = nacp if 0 < nacp <= MOST_CATEGORY else nic
    if category == 0 and kind == 8 and version < 1:
        category = LEAST_FIRST_ON_GROUND
    return EPU_M[category] / EPU_SIGMA


@helper
def is_ground_station(labels: Ints) -> bool:
    """Whether a frame is TIS-B: a ground station tells what its radars see."""
    return labels[FORMAT] == 18 and labels[AUX] in (2, 3, 5)


@helper
def key_one(labels: Ints, origin: int) -> int:
    """Address and kind of sender: positions of different senders do not make pairs."""
    key = int(labels[ADDRESS])
    if labels[FOREIGN] == 1:
        key |= 1 << 24
    if origin == COMPUTED:
        key |= 1 << 25
    if is_ground_station(labels):
        key |= 1 << 26
    if labels[FORMAT] == 18 and labels[AUX] == 6:
        key |= 1 << 27
    return key


@helper
def first_probe(key: int, capacity: int) -> int:
    """Row where the search for a key begins."""
    return ((key * 2_654_435_761) >> 15) & (capacity - 1)


@helper
def find_row(keys: Longs, key: int) -> int:
    """Row of a key, -1 where it is not there."""
    row = first_probe(key, keys.shape[0])
    for _ in range(PROBES):
        if keys[row] == key:
            return row
        if keys[row] < 0:
            return -1
        row = (row + 1) & (keys.shape[0] - 1)
    return -1


@helper
def take_row(fleet: Fleet, key: int, time_ns: int, counts: Longs) -> int:
    """Give a new key a free row, else that of the key not heard for the longest time."""
    capacity = fleet.key.shape[0]
    row = first_probe(key, capacity)
    best = row
    for _ in range(PROBES):
        if fleet.key[row] < 0:
            best = row
            break
        if fleet.marks[row, SEEN] < fleet.marks[best, SEEN]:
            best = row
        row = (row + 1) & (capacity - 1)
    if fleet.key[best] >= 0 and time_ns - fleet.marks[best, SEEN] < KNOWN_NS:
        counts[CROWDED] += 1
    fleet.key[best] = key
    fleet.marks[best] = NEVER
    fleet.marks[best, CONFLICTS] = 0
    fleet.marks[best, TRUST] = 0
    fleet.means[best] = math.nan
    return best


@helper
def note_quality(labels: Ints, time_ns: int, marks: Longs) -> None:
    """Keep what a frame says of how good positions are, and of an emergency."""
    if labels[VERSION] >= 0:
        marks[MOPS] = labels[VERSION]
        marks[NIC_SUP_A] = labels[NIC_A]
        if labels[GROUND] == 1:
            marks[NIC_SUP_C] = labels[NIC_C]
    if labels[NACP] >= 0:
        marks[ACCURACY] = labels[NACP]
        marks[RATED] = time_ns
    if labels[SIL] >= 0:
        marks[INTEGRITY] = labels[SIL]
    if labels[EMERGENCY] >= 0:
        marks[ALARM] = labels[EMERGENCY]
        marks[ALARMED] = time_ns


@helper
def note_frame(
    labels: Ints, numbers: Floats, callsign: int, time_ns: int, marks: Longs, means: Floats
) -> None:
    """Keep what a frame says of its sender."""
    if callsign >= 0:
        marks[CALLSIGN] = callsign
        marks[NAMED] = time_ns
    if labels[CODE] >= 0:
        marks[SQUAWK] = labels[CODE]
        marks[CODED] = time_ns
    if not math.isnan(numbers[BARO_M]):
        means[LEVEL_M] = numbers[BARO_M]
        marks[LEVELLED] = time_ns
    if labels[TYPE] == 19:
        means[NORTH_MPS] = numbers[VN_MPS]
        means[EAST_MPS] = numbers[VE_MPS]
        means[UP_MPS] = numbers[VU_MPS]
        means[OVER_MPS] = numbers[SPEED_MPS]
        means[COURSE_RAD] = numbers[TRACK_RAD]
        marks[MOVED] = time_ns
        if not math.isnan(numbers[DIFFERENCE_M]):
            means[GAP_M] = numbers[DIFFERENCE_M]
            marks[DIFFERED] = time_ns
    if labels[TYPE] >= 28:
        note_quality(labels, time_ns, marks)
    elif labels[NACP] >= 0:
        marks[ACCURACY] = labels[NACP]
        marks[RATED] = time_ns


@helper
def is_within(time_ns: int, other_ns: int, window_ns: int) -> bool:
    """Whether two times are no further apart; NEVER is far from every time."""
    return other_ns != NEVER and abs(time_ns - other_ns) <= window_ns


@helper
def of_pair(marks: Longs, odd: int, receiver: Floats, counts: Longs) -> tuple[bool, float, float]:
    """Place of the newer of the two positions kept."""
    y_even, x_even = marks[EVEN_LAT] * UNIT, marks[EVEN_LON] * UNIT
    y_odd, x_odd = marks[EVEN_LAT + 2] * UNIT, marks[EVEN_LON + 2] * UNIT
    if marks[EVEN_GROUND] == 0:
        return airborne_pair(y_even, x_even, y_odd, x_odd, odd)
    if math.isnan(receiver[NEAR_LAT]):
        counts[NO_REFERENCE] += 1
        return False, math.nan, math.nan
    return surface_pair(y_even, x_even, y_odd, x_odd, odd, receiver)


@helper
def keep_position(labels: Ints, ground: int, time_ns: int, marks: Longs) -> bool:
    """Keep a compact position as the newest of its parity; false where it is a repeat."""
    odd = labels[ODD]
    is_same = (
        marks[EVEN_LAT + 2 * odd] == labels[CPR_LAT]
        and marks[EVEN_LON + 2 * odd] == labels[CPR_LON]
        and marks[EVEN_GROUND + odd] == ground
    )
    if is_same and is_within(time_ns, marks[EVEN + odd], REPEAT_NS):
        return False
    marks[EVEN_LAT + 2 * odd] = labels[CPR_LAT]
    marks[EVEN_LON + 2 * odd] = labels[CPR_LON]
    marks[EVEN_GROUND + odd] = ground
    marks[EVEN + odd] = time_ns
    return True


@helper
def candidate(
    labels: Ints, time_ns: int, marks: Longs, means: Floats, receiver: Floats, counts: Longs
) -> tuple[bool, float, float]:
    """Where a position message may be: by the place before, else by its pair."""
    odd = labels[ODD]
    ground = marks[EVEN_GROUND + odd]
    window_ns = SURFACE_FIX_NS if ground == 1 else FIX_NS
    fixed = is_within(time_ns, marks[FIXED], window_ns)
    if fixed and (marks[TRUST] >= 2 or (ground == 1 and marks[TRUST] >= 1)):
        y, x = labels[CPR_LAT] * UNIT, labels[CPR_LON] * UNIT
        span = 90.0 if ground == 1 else 360.0
        return near_place(y, x, odd, span, means[LAT_DEG], means[LON_DEG])
    window_ns = SURFACE_PAIR_NS if ground == 1 else PAIR_NS
    if marks[EVEN_GROUND + 1 - odd] != ground:
        return False, math.nan, math.nan
    if not is_within(time_ns, marks[EVEN + 1 - odd], window_ns):
        return False, math.nan, math.nan
    return of_pair(marks, odd, receiver, counts)


@helper
def is_reachable(lat: float, lon: float, receiver: Floats, counts: Longs) -> bool:
    """Whether the receiver can hear from there; true where its place is unknown."""
    if math.isnan(receiver[NEAR_LAT]):
        return True
    if distance_m(lat, lon, receiver[NEAR_LAT], receiver[NEAR_LON]) <= receiver[REACH_M]:
        return True
    counts[OUT_OF_REACH] += 1
    return False


@helper
def is_flyable(
    lat: float, lon: float, time_ns: int, ground: int, marks: Longs, means: Floats
) -> bool:
    """Whether an aircraft can have come there from the place before."""
    elapsed_s = abs(time_ns - marks[FIXED]) / NANOSECONDS
    speed = FASTEST_TAXI_MPS if ground == 1 else FASTEST_MPS
    return distance_m(lat, lon, means[LAT_DEG], means[LON_DEG]) <= SLACK_M + speed * elapsed_s


@helper
def locate(
    labels: Ints, time_ns: int, marks: Longs, means: Floats, receiver: Floats, counts: Longs
) -> bool:
    """Find the place of a position message and keep it; true where it is sure.

    A place is sure when two pairs, or a pair and the place before, agree.
    """
    ground = 1 if labels[TYPE] <= 8 else 0
    if not keep_position(labels, ground, time_ns, marks):
        counts[REPEATED] += 1
        return False
    found, lat, lon = candidate(labels, time_ns, marks, means, receiver, counts)
    if not found:
        return False
    window_ns = SURFACE_FIX_NS if ground == 1 else FIX_NS
    if marks[TRUST] >= 1 and is_within(time_ns, marks[FIXED], window_ns):
        if not is_flyable(lat, lon, time_ns, ground, marks, means):
            counts[JUMP] += 1
            marks[CONFLICTS] += 1
            if marks[CONFLICTS] >= MOST_CONFLICTS:
                marks[TRUST] = 0
                marks[CONFLICTS] = 0
            return False
        marks[TRUST] = 2
    elif is_reachable(lat, lon, receiver, counts):
        marks[TRUST] = 1
    else:
        marks[TRUST] = 0
        return False
    marks[CONFLICTS] = 0
    marks[FIXED] = time_ns
    means[LAT_DEG] = lat
    means[LON_DEG] = lon
    return marks[TRUST] >= 2


@helper
def note_here(labels: Ints, means: Floats, here: Floats) -> None:
    """Keep a place that is heard: it tells which quarter of the earth surface positions mean."""
    if labels[TYPE] <= 8 or here[IS_WIDE] == 1.0:
        return
    if math.isnan(here[NEAR_LAT]):
        here[NEAR_LAT] = means[LAT_DEG]
        here[NEAR_LON] = means[LON_DEG]
    elif (
        abs(means[LAT_DEG] - here[NEAR_LAT]) > WIDE_DEG
        or abs(wrapped(means[LON_DEG] - here[NEAR_LON])) > WIDE_DEG
    ):
        here[IS_WIDE] = 1.0
        here[NEAR_LAT] = math.nan


@helper
def held(marks: Longs, since: int, value: int, time_ns: int, window_ns: int) -> int:
    """Give a kept value that is not too old, else -1."""
    return marks[value] if is_within(time_ns, marks[since], window_ns) else -1


@helper
def place_labels(labels: Ints, time_ns: int, marks: Longs, out: Longs) -> None:
    """Write whose position it is and how good."""
    kind = labels[TYPE]
    out[R_ICAO] = labels[ADDRESS]
    out[R_FOREIGN] = max(labels[FOREIGN], 0)
    out[R_GROUND] = 1 if kind <= 8 else 0
    out[R_CODE] = held(marks, CODED, SQUAWK, time_ns, IDENTITY_NS)
    out[R_ALARM] = held(marks, ALARMED, ALARM, time_ns, QUALITY_NS)
    nacp = held(marks, RATED, ACCURACY, time_ns, QUALITY_NS)
    version = marks[MOPS]
    out[R_NACP] = nacp
    out[R_SIL] = held(marks, RATED, INTEGRITY, time_ns, QUALITY_NS) if marks[INTEGRITY] >= 0 else -1
    out[R_NIC] = nic_one(kind, marks[NIC_SUP_A], labels[NIC_B], marks[NIC_SUP_C], version)
    out[R_SPI] = max(labels[SPI], 0)
    out[R_KIND] = TRACK if is_ground_station(labels) else ADSB


@helper
def place_numbers(
    labels: Ints, numbers: Floats, time_ns: int, marks: Longs, means: Floats, out: Floats
) -> None:
    """Write a position and what is known of height and movement then."""
    out[:] = math.nan
    out[R_LAT] = means[LAT_DEG] * DEGREE
    out[R_LON] = means[LON_DEG] * DEGREE
    nacp = held(marks, RATED, ACCURACY, time_ns, QUALITY_NS)
    kind, version = labels[TYPE], marks[MOPS]
    nic = nic_one(kind, marks[NIC_SUP_A], labels[NIC_B], marks[NIC_SUP_C], version)
    out[R_SIGMA] = sigma_one(kind, nacp, nic, version)
    if labels[TYPE] <= 8:
        out[R_VN], out[R_VE] = numbers[VN_MPS], numbers[VE_MPS]
        out[R_SPEED], out[R_TRACK] = numbers[SPEED_MPS], numbers[TRACK_RAD]
        return
    if is_within(time_ns, marks[MOVED], VELOCITY_NS):
        out[R_VN], out[R_VE] = means[NORTH_MPS], means[EAST_MPS]
        out[R_SPEED], out[R_TRACK] = means[OVER_MPS], means[COURSE_RAD]
        out[R_VU] = means[UP_MPS]
        marks[MOVED] = NEVER
    if labels[IS_GNSS] == 1:
        out[R_GEO] = numbers[GEO_M]
        if is_within(time_ns, marks[LEVELLED], LEVEL_NS):
            out[R_BARO] = means[LEVEL_M]
        return
    out[R_BARO] = numbers[BARO_M]
    if is_within(time_ns, marks[DIFFERED], LEVEL_NS):
        out[R_GEO] = numbers[BARO_M] + means[GAP_M]


@helper
def row_of_sender(
    frames_out: FrameTable, i: int, origin: int, time_ns: int, fleet: Fleet, counts: Longs
) -> int:
    """Row of the aircraft that sent frame i, -1 where its address is not known to be right."""
    key = key_one(frames_out.labels[i], origin)
    row = find_row(fleet.key, key)
    if frames_out.status[i] == UNKNOWN_ADDRESS:
        if row < 0 or not is_within(time_ns, fleet.marks[row, SEEN], KNOWN_NS):
            return -1
        frames_out.status[i] = OK
        return row
    if row < 0:
        row = take_row(fleet, key, time_ns, counts)
    fleet.marks[row, SEEN] = time_ns
    return row


@kernel
def follow(
    frames_out: FrameTable,
    time_ns: Longs,
    origin: Bytes,
    fleet: Fleet,
    receiver: Floats,
    placed: Placed,
    place_out: Floats,
    counts_out: Longs,
) -> int:
    """Take frames in order of arrival; returns how many positions were found.

    Parameters
    ----------
    frames_out : FrameTable of n rows
        From `modes.read_frames`; the status of frames whose sender is known becomes OK.
    time_ns : (n,) int64
        When each was received.
    origin : (n,) i1
        `RECEIVED` or `COMPUTED`.
    fleet : Fleet
        Kept between calls, written.
    receiver : (3,) float64
        `NEAR_LAT`, `NEAR_LON` [degrees], `REACH_M`; NaN where the receiver's place is unknown.
    placed : Placed of n rows
        The first rows are written, one for each position found.
    place_out : (n, 2) float64
        Written: latitude and longitude [rad] of each frame, NaN where it gives none.
    counts_out : (N_COUNTS,) int64
        Added to: frames by status, `JUMP` ... `CROWDED`.
    """
    n_placed = int(0)  # noqa: UP018, RUF046
    near = fleet.here if math.isnan(receiver[NEAR_LAT]) else receiver
    for i in range(time_ns.shape[0]):
        place_out[i, 0] = math.nan
        place_out[i, 1] = math.nan
        row = -1
        if frames_out.status[i] in (OK, UNKNOWN_ADDRESS):
            row = row_of_sender(frames_out, i, origin[i], time_ns[i], fleet, counts_out)
        counts_out[frames_out.status[i]] += 1
        if row < 0:
            continue
        labels, numbers = frames_out.labels[i], frames_out.numbers[i]
        marks, means = fleet.marks[row], fleet.means[row]
        note_frame(labels, numbers, frames_out.callsign[i], time_ns[i], marks, means)
        if labels[CPR_LAT] < 0 or not locate(labels, time_ns[i], marks, means, near, counts_out):
            continue
        note_here(labels, means, fleet.here)
        out = placed.labels[n_placed]
        place_labels(labels, time_ns[i], marks, out)
        place_numbers(labels, numbers, time_ns[i], marks, means, placed.numbers[n_placed])
        out[R_FRAME] = i
        if origin[i] == COMPUTED:
            out[R_KIND] = MLAT
            placed.numbers[n_placed, R_SIGMA] = COMPUTED_SIGMA_M
        place_out[i, 0] = placed.numbers[n_placed, R_LAT]
        place_out[i, 1] = placed.numbers[n_placed, R_LON]
        placed.callsign[n_placed] = held(marks, NAMED, CALLSIGN, time_ns[i], IDENTITY_NS)
        n_placed += 1
    return n_placed
