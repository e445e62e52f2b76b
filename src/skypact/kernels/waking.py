"""When a track moves by the ballistic mode, and when it is called ballistic.

Two steps. A plot whose measured elevation puts it nowhere an aircraft must be, and that names
nobody, begins its track undecided: the ballistic mode's models, flight as an aircraft among them,
settle by their likelihoods what it is. To be called ballistic takes more: several reports, seconds
apart, after each of which height, climb or speed is beyond what flies by more sigmas than chance
explains. A track that moves as an aircraft is woken by the same evidence. Evidence is what sensors
measure: levels and places that an object reports of itself are no evidence.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.kernels.ballistic import height_one
from skypact.kernels.kalman import frame_up
from skypact.kernels.late import forget
from skypact.model.tracking import (
    AREA,
    AS_AIRCRAFT,
    BALLISTIC_ROW,
    CONFIRMED,
    ELEVATION,
    EVIDENCE,
    EVIDENCE_S,
    HEIGHT,
    HITS,
    HOME,
    LAST_SELF,
    LEVEL_M,
    LEVEL_MPS,
    LIMIT_CLIMB,
    LIMIT_HEIGHT,
    LIMIT_SPEED,
    LOG_BALLISTIC,
    MEMORY,
    N_MODELS,
    N_STATE,
    SPREAD_M,
    SPREAD_MPS,
    STATE,
    TRACKED,
    TURN_VAR,
    UP,
    WOKEN,
    Measurements,
    TrackParams,
    TrackTable,
)

Floats = npt.NDArray[np.float64]

CERTAIN: Final = 4.0
LIKELY: Final = 2.0
"""Sigmas by which a limit must be passed; where the aircraft's model has lost, fewer do."""
LOST: Final = 0.02
"""Probability of flight as an aircraft below which it has."""
ENOUGH: Final = 3
"""Reports that must say so."""
APART_S: Final = 2.0
"""Reports closer than this say it once."""
OWN_WORD_S: Final = 60.0
"""After a self-reported position a track is no evidence for this long."""
LOW_M: Final = 15_000.0
HIGH_M: Final = 60_000.0
"""Measured heights of which a new object may be anything that flies, and nothing that does."""
OPEN_SPEED: Final = (500.0, 2_500.0)
OPEN_CLIMB: Final = (400.0, 2_000.0)
"""Deviations of the velocity of a new ballistic object [m/s], low and high."""
OPEN_COAST: Final = (0.02, 0.6)
OPEN_THRUST: Final = (0.06, 0.3)
"""Probabilities of the two ballistic models of an undecided start, low and high."""
DECIDED: Final = 0.99
DECIDED_HITS: Final = 3
"""Probability of flight as an aircraft from which an undecided track is one, and its reports."""


@helper
def is_open(z: Floats, icao: int, p: TrackParams) -> bool:
    """Whether a new track at a report begins undecided."""
    return (
        p.flat == 0
        and icao < 0
        and z[MEMORY] == 0.0
        and math.isnan(z[HEIGHT])
        and not math.isnan(z[ELEVATION])
    )


@helper
def open_share(z: Floats) -> float:
    """How far a measured place is out of reach of what flies, 0 to 1."""
    height_m = height_one(z[0], z[1], z[2])
    return min(1.0, max(0.0, (height_m - LOW_M) / (HIGH_M - LOW_M)))


@helper
def between(ends: tuple[float, float], share: float) -> float:
    """Value at a share of the way."""
    return ends[0] + share * (ends[1] - ends[0])


@helper
def open_state(tracks: TrackTable, t: int, z: Floats, p: TrackParams) -> None:
    """Turn the prior of new track t into that of an undecided one.

    The first report has not been taken yet, so that place and velocity are independent.
    """
    tracks.tag[t, AREA] = BALLISTIC_ROW
    motion = p.motion[BALLISTIC_ROW]
    share = open_share(z)
    level = between(OPEN_SPEED, share) ** 2
    rise = between(OPEN_CLIMB, share) ** 2
    for model in range(N_MODELS):
        tracks.x[t, model, 6] = motion[LOG_BALLISTIC]
        tracks.P[t, model, 6, 6] = motion[TURN_VAR]
        if model == AS_AIRCRAFT:
            continue
        for a in range(3):
            for b in range(3):
                own = (rise - level) * z[UP + a] * z[UP + b]
                tracks.P[t, model, 3 + a, 3 + b] = own + (level if a == b else 0.0)


@helper
def open_probabilities(z: Floats, mu_out: Floats) -> None:
    """Model probabilities of an undecided start."""
    share = open_share(z)
    mu_out[0] = between(OPEN_COAST, share)
    mu_out[1] = between(OPEN_THRUST, share)
    mu_out[2] = 1.0 - mu_out[0] - mu_out[1]


@helper
def is_beyond(
    tracks: TrackTable, t: int, limits: tuple[float, float, float], flat: int, sigmas: float
) -> bool:
    """Whether a track's speed, climb or height is beyond limits by so many sigmas."""
    up_x, up_y, up_z = frame_up(flat, tracks.pos[t])
    vx, vy, vz = tracks.vel[t, 0], tracks.vel[t, 1], tracks.vel[t, 2]
    climb = vx * up_x + vy * up_y + vz * up_z
    speed = math.sqrt(max(0.0, vx * vx + vy * vy + vz * vz - climb * climb))
    level_m, level_mps = tracks.num[t, LEVEL_M], tracks.num[t, LEVEL_MPS]
    sigma_m = math.sqrt(max(0.0, tracks.num[t, SPREAD_M] ** 2 - level_m * level_m))
    sigma_mps = math.sqrt(max(0.0, tracks.num[t, SPREAD_MPS] ** 2 - level_mps * level_mps))
    height = height_one(tracks.pos[t, 0], tracks.pos[t, 1], tracks.pos[t, 2])
    return (
        speed - sigmas * level_mps > limits[0]
        or abs(climb) - sigmas * sigma_mps > limits[1]
        or height - sigmas * sigma_m > limits[2]
    )


@helper
def move_home(tracks: TrackTable, t: int, p: TrackParams) -> None:
    """Let track t move as an aircraft again: all models begin where that of the mode is."""
    tracks.tag[t, AREA] = tracks.tag[t, HOME]
    tracks.tag[t, WOKEN] = 0
    tracks.tag[t, EVIDENCE] = 0
    forget(tracks, t)
    turn_var = p.motion[tracks.tag[t, AREA], TURN_VAR]
    spread_models(tracks, t, AS_AIRCRAFT, 0.0, turn_var)
    tracks.mu[t, 0], tracks.mu[t, 1], tracks.mu[t, 2] = 0.6, 0.2, 0.2


@helper
def move_freely(tracks: TrackTable, t: int, p: TrackParams) -> None:
    """Let track t move by the ballistic mode: all models begin where the likeliest one is."""
    motion = p.motion[BALLISTIC_ROW]
    best = 0
    for model in range(1, N_MODELS):
        if tracks.mu[t, model] > tracks.mu[t, best]:
            best = model
    tracks.tag[t, AREA] = BALLISTIC_ROW
    forget(tracks, t)
    spread_models(tracks, t, best, motion[LOG_BALLISTIC], motion[TURN_VAR])
    tracks.mu[t, 0], tracks.mu[t, 1], tracks.mu[t, 2] = 0.6, 0.3, 0.1


@helper
def spread_models(tracks: TrackTable, t: int, model: int, seventh: float, variance: float) -> None:
    """Give all models of a track the place and velocity of one, and a new seventh component."""
    for a in range(N_STATE - 1):
        tracks.P[t, model, a, 6] = 0.0
        tracks.P[t, model, 6, a] = 0.0
    tracks.x[t, model, 6] = seventh
    tracks.P[t, model, 6, 6] = variance
    for other in range(N_MODELS):
        for a in range(N_STATE):
            tracks.x[t, other, a] = tracks.x[t, model, a]
            for b in range(N_STATE):
                tracks.P[t, other, a, b] = tracks.P[t, model, a, b]


@helper
def weigh_evidence(tracks: TrackTable, t: int, m: Measurements, j: int, p: TrackParams) -> None:
    """Weigh what report j, now taken, says of how track t moves; wake it, or let it go back."""
    if p.flat == 1:
        return
    free = tracks.tag[t, AREA] == BALLISTIC_ROW
    home = p.motion[tracks.tag[t, HOME]]
    limits = (home[LIMIT_SPEED], home[LIMIT_CLIMB], home[LIMIT_HEIGHT])
    told = m.z[j, MEMORY] > 0.0 or m.z[j, TRACKED] == 1.0
    if told or not math.isnan(m.z[j, HEIGHT]):
        return
    since_s = m.time_s[j] - tracks.num[t, LAST_SELF]
    sigmas = LIKELY if free and tracks.mu[t, AS_AIRCRAFT] < LOST else CERTAIN
    beyond = not since_s < OWN_WORD_S and is_beyond(tracks, t, limits, p.flat, sigmas)
    if not free and not beyond:
        tracks.tag[t, EVIDENCE] = max(0, tracks.tag[t, EVIDENCE] - 1)
        return
    if beyond and not m.time_s[j] - tracks.num[t, EVIDENCE_S] < APART_S:
        tracks.num[t, EVIDENCE_S] = m.time_s[j]
        tracks.tag[t, EVIDENCE] = min(ENOUGH, tracks.tag[t, EVIDENCE] + 1)
    sure = tracks.tag[t, EVIDENCE] >= ENOUGH and tracks.tag[t, STATE] == CONFIRMED
    if sure and tracks.tag[t, WOKEN] == 0:
        tracks.tag[t, WOKEN] = 1
        if not free:
            move_freely(tracks, t, p)
    elif free and not beyond:
        decided = tracks.mu[t, AS_AIRCRAFT] > DECIDED and tracks.tag[t, HITS] >= DECIDED_HITS
        tracks.tag[t, EVIDENCE] = max(0, tracks.tag[t, EVIDENCE] - 1)
        if decided and tracks.tag[t, EVIDENCE] == 0:
            move_home(tracks, t, p)
