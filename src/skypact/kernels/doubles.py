"""Two tracks of one object: found by their places, decided by their reports.

Two objects without identity can fly side by side or cross; two tracks of one object (split plots,
sensors that disagree) lie in one place, too. What tells them apart is that a sensor reports an
object once a look. The log odds are a sequential probability ratio test. Source: Wald, "Sequential
tests of statistical hypotheses", Annals of Mathematical Statistics 16 (1945), 117-186.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.kernels.grid import (
    COARSE,
    FAST_CELL,
    FINE,
    bucket_of,
    column_in_row,
    column_span,
    east_share,
    key_of,
    north_m,
    side_of,
)
from skypact.kernels.kalman import frame_up
from skypact.model.filing import AFTER, BUCKET, CELL, NEAR_SPREAD, NEAR_TIME, NEAR_VEL
from skypact.model.tracking import (
    ADDRESS,
    BORN,
    CONFIRMED,
    FREE,
    HITS,
    LAST_HIT,
    LEVEL_M,
    LEVEL_MPS,
    N_CONFIRMED,
    NAMED,
    NUMBER,
    PARTNER,
    PARTNER_NUMBER,
    SAME_PLACE_M,
    SAME_SPEED_MPS,
    SERIALS,
    SOURCE,
    SOURCE_SHIFT,
    SPREAD_M,
    STATE,
    STATE_TIME,
    TWO_OBJECTS,
    Measurements,
    TrackParams,
    TrackTable,
)

Floats = npt.NDArray[np.float64]

FRESH_S: Final = 15.0
"""A track that was not updated for this long takes no other one in."""
AROUND_M: Final = 1_500.0
"""A track's double is filed this near to it: each where it was when last reported."""
SAME_HEIGHT_M: Final = 150.0
"""Two tracks this close in height, beside their errors, may be one object."""
TOGETHER: Final = 5.4
ALONE: Final = -1.6
"""What a report on one of two tracks that lie in one place adds to the log odds that they are two
objects: the same look reported the other one too, which a single object's split plots do twice in a
hundred looks, or has not (yet), where one of two is missed in two looks of ten."""
ESTABLISHED: Final = 6.0
ESTABLISHED_HITS: Final = 8
"""Log odds to begin with, and the reports that both need for it: two tracks that were sure before
they met are hardly one object."""
OFTEN: Final = 10
SELDOM: Final = 2
"""An address that no more than these few reports bore was garbled, where the track of another one,
borne by these many, lies in its place."""
ONE_OBJECT: Final = -3.0
MOST_ODDS: Final = 6.0
"""Log odds at which two tracks become one, and their limit."""


@helper
def has_serial(tracks: TrackTable, t: int) -> bool:
    """Whether the object itself has told its serial number."""
    return tracks.tag[t, SOURCE] >> SOURCE_SHIFT == SERIALS


@helper
def are_two_drones(tracks: TrackTable, a: int, b: int) -> bool:
    """Whether two tracks have different serial numbers."""
    both = has_serial(tracks, a) and has_serial(tracks, b)
    return both and tracks.tag[a, SOURCE] != tracks.tag[b, SOURCE]


@helper
def weigh_partner(tracks: TrackTable, t: int, m: Measurements, j: int, period_s: Floats) -> None:
    """Weigh by report j on track t whether t and its partner are two objects.

    A sensor reports an object once a look: who gets two reports of one look is two objects. Reports
    that name the object can come several to a look and say nothing of the kind.
    """
    other = tracks.tag[t, PARTNER]
    if other < 0:
        return
    if tracks.tag[other, NUMBER] != tracks.tag[t, PARTNER_NUMBER]:
        tracks.tag[t, PARTNER] = -1
        return
    s = m.sensor[j]
    named = m.icao[j] >= 0 and m.icao[j] == tracks.tag[other, ADDRESS]
    named |= has_serial(tracks, other) and m.source[j] == tracks.tag[other, SOURCE]
    both = abs(m.time_s[j] - tracks.seen_s[other, s]) < 0.5 * period_s[s] and not named
    odds = tracks.num[t, TWO_OBJECTS] + (TOGETHER if both else ALONE)
    tracks.num[t, TWO_OBJECTS] = min(MOST_ODDS, max(-MOST_ODDS, odds))


@helper
def same_object(tracks: TrackTable, a: int, b: int, now_s: float, p: TrackParams) -> bool:
    """Whether two tracks are within each other's horizontal errors in place and velocity."""
    up_x, up_y, up_z = frame_up(p.flat, tracks.pos[a])
    dt_a = now_s - tracks.num[a, STATE_TIME]
    dt_b = now_s - tracks.num[b, STATE_TIME]
    distance2 = 0.0
    speed2 = 0.0
    rise = 0.0
    climb = 0.0
    for i in range(3):
        up = up_x if i == 0 else (up_y if i == 1 else up_z)
        gap = (
            tracks.pos[a, i] - tracks.pos[b, i] + dt_a * tracks.vel[a, i] - dt_b * tracks.vel[b, i]
        )
        slip = tracks.vel[a, i] - tracks.vel[b, i]
        distance2 += gap * gap
        speed2 += slip * slip
        rise += up * gap
        climb += up * slip
    distance2 -= rise * rise
    speed2 -= climb * climb
    room = (
        4.0 * (tracks.num[a, LEVEL_M] ** 2 + tracks.num[b, LEVEL_M] ** 2)
        + p.existence[SAME_PLACE_M] ** 2
    )
    slowest = p.existence[SAME_SPEED_MPS]
    speed_room = tracks.num[a, LEVEL_MPS] ** 2 + tracks.num[b, LEVEL_MPS] ** 2 + slowest * slowest
    high = tracks.num[a, SPREAD_M] ** 2 + tracks.num[b, SPREAD_M] ** 2
    return distance2 < room and speed2 < speed_room and rise * rise < 4.0 * high + SAME_HEIGHT_M**2


@helper
def outranks(tracks: TrackTable, a: int, b: int) -> bool:
    """Whether track a should live on where a and b are one object."""
    if are_two_drones(tracks, a, b):
        return False
    named_a = tracks.tag[a, ADDRESS] >= 0
    named_b = tracks.tag[b, ADDRESS] >= 0
    if named_a != named_b:
        return named_a
    if named_a and tracks.tag[a, ADDRESS] != tracks.tag[b, ADDRESS]:
        return tracks.tag[a, NAMED] >= OFTEN and tracks.tag[b, NAMED] <= SELDOM
    if (tracks.tag[a, STATE] == CONFIRMED) != (tracks.tag[b, STATE] == CONFIRMED):
        return tracks.tag[a, STATE] == CONFIRMED
    if tracks.tag[a, HITS] != tracks.tag[b, HITS]:
        return tracks.tag[a, HITS] > tracks.tag[b, HITS]
    return tracks.tag[a, NUMBER] < tracks.tag[b, NUMBER]


@helper
def inherit(tracks: TrackTable, heir: int, t: int) -> int:
    """Give the older of two numbers to `heir`, track t being the same object; the other number."""
    if tracks.tag[t, STATE] != CONFIRMED or tracks.num[t, BORN] >= tracks.num[heir, BORN]:
        return tracks.tag[t, NUMBER]
    number = tracks.tag[heir, NUMBER]
    tracks.tag[heir, NUMBER] = tracks.tag[t, NUMBER]
    tracks.num[heir, BORN] = tracks.num[t, BORN]
    if tracks.tag[heir, STATE] != CONFIRMED:
        tracks.tag[heir, STATE] = CONFIRMED
        tracks.counters[N_CONFIRMED] += 1
    return number


@helper
def make_partner(tracks: TrackTable, t: int, other: int) -> None:
    """Begin to weigh whether track t is the same object as another one."""
    sure = min(tracks.tag[t, HITS], tracks.tag[other, HITS]) >= ESTABLISHED_HITS
    tracks.tag[t, PARTNER] = other
    tracks.tag[t, PARTNER_NUMBER] = tracks.tag[other, NUMBER]
    tracks.num[t, TWO_OBJECTS] = ESTABLISHED if sure else 0.0


@helper
def is_partner(tracks: TrackTable, t: int, other: int) -> bool:
    """Whether it is being weighed by t's reports if t and the other one are two objects."""
    number = tracks.tag[other, NUMBER]
    return tracks.tag[t, PARTNER] == other and tracks.tag[t, PARTNER_NUMBER] == number


@helper
def is_one(tracks: TrackTable, t: int, other: int) -> bool:
    """Whether the reports say that two tracks in one place are one object."""
    if not is_partner(tracks, t, other):
        make_partner(tracks, t, other)
        if tracks.tag[other, PARTNER] < 0:
            make_partner(tracks, other, t)
            tracks.num[other, TWO_OBJECTS] = 0.0
        return False
    odds = tracks.num[t, TWO_OBJECTS]
    if is_partner(tracks, other, t):
        odds += tracks.num[other, TWO_OBJECTS]
    return odds < ONE_OBJECT


@helper
def is_far(near_a: Floats, near_b: Floats, now_s: float, place_m: float) -> bool:
    """Whether two tracks are too far apart to be one object, as the index knows them.

    Never true where `same_object` is: spreads are wider than their horizontal parts. One row is
    read of what mostly has nothing to do with the other.
    """
    gap2 = 0.0
    for i in range(3):
        gap = near_a[i] - near_b[i] + (now_s - near_a[NEAR_TIME]) * near_a[NEAR_VEL + i]
        gap -= (now_s - near_b[NEAR_TIME]) * near_b[NEAR_VEL + i]
        gap2 += gap * gap
    room = near_a[NEAR_SPREAD] ** 2 + near_b[NEAR_SPREAD] ** 2
    return gap2 > 1.01 * (8.0 * room + place_m * place_m + SAME_HEIGHT_M * SAME_HEIGHT_M)


@helper
def double_in_bucket(
    tracks: TrackTable, t: int, bucket: int, key: int, now_s: float, p: TrackParams, found: int
) -> int:
    """Track of one cell in the place of t that should live on, its partner rather than others."""
    other = tracks.head[bucket]
    while other >= 0:
        near = tracks.links[other, CELL] == key and other != t
        if near and is_far(tracks.near[t], tracks.near[other], now_s, p.existence[SAME_PLACE_M]):
            near = False
        if near and tracks.tag[other, HITS] >= 2:
            fresh = now_s - tracks.num[other, LAST_HIT] < FRESH_S
            if fresh and outranks(tracks, other, t) and same_object(tracks, other, t, now_s, p):
                better = found < 0 or is_partner(tracks, t, other)
                found = other if better else found
        other = tracks.links[other, AFTER]
    return found


@helper
def double_of(tracks: TrackTable, t: int, now_s: float, p: TrackParams) -> int:
    """Track around t that is the same object and should live on, -1 where none.

    Being in one place is not enough: the reports that follow must not come in pairs.
    """
    if tracks.links[t, BUCKET] < 0 or tracks.tag[t, HITS] < 2:
        return int(-1)  # noqa: UP018, RUF046
    found = int(-1)  # noqa: UP018, RUF046
    n_buckets = tracks.head.shape[0] - 1
    if tracks.head[n_buckets] >= 0:
        found = double_in_bucket(tracks, t, n_buckets, FAST_CELL, now_s, p, found)
    dt = now_s - tracks.num[t, STATE_TIME]
    x = tracks.pos[t, 0] + dt * tracks.vel[t, 0]
    y = tracks.pos[t, 1] + dt * tracks.vel[t, 1]
    north = north_m(p.flat, x, y, tracks.pos[t, 2] + dt * tracks.vel[t, 2])
    share = east_share(p.flat, x, y)
    for size in range(FINE, COARSE + 1):
        side = side_of(size)
        last_row = math.floor((north + AROUND_M) / side)
        for row in range(math.floor((north - AROUND_M) / side), last_row + 1):
            first, last, around = column_span(p.flat, size, row, north, share, AROUND_M)
            for c in range(first, last + 1):
                column = column_in_row(p.flat, c, around)
                bucket = bucket_of(size, row, column, n_buckets)
                if tracks.head[bucket] >= 0:
                    key = key_of(size, row, column)
                    found = double_in_bucket(tracks, t, bucket, key, now_s, p, found)
    if found >= 0 and not is_one(tracks, t, found):
        found = -1
    return found


@helper
def partner_in_place(tracks: TrackTable, t: int, now_s: float, p: TrackParams) -> int:
    """Partner of a starved track t that lies in its place, -1 where none.

    Which of two tracks of one object starves is chance; the older number should not.
    """
    other = tracks.tag[t, PARTNER]
    if other < 0 or not is_partner(tracks, t, other) or tracks.tag[other, STATE] == FREE:
        return int(-1)  # noqa: UP018, RUF046
    named = tracks.tag[t, ADDRESS] >= 0 and tracks.tag[other, ADDRESS] >= 0
    differ = named and tracks.tag[t, ADDRESS] != tracks.tag[other, ADDRESS]
    differ |= are_two_drones(tracks, t, other)
    if differ and not outranks(tracks, other, t):
        return int(-1)  # noqa: UP018, RUF046
    if now_s - tracks.num[other, LAST_HIT] >= FRESH_S:
        return int(-1)  # noqa: UP018, RUF046
    return other if same_object(tracks, other, t, now_s, p) else int(-1)  # noqa: UP018, RUF046
