"""Reports that come late: what a track was then, given what it is now, and back.

A track keeps its moment-matched states of the last seconds, `PAST_EVERY_S` apart. For a report at
time tau, each model's motion links tau over the kept states to the present: with the state kept
before tau predicted to it (mean a, covariance P) and on to the next kept one (b, P_b),
x(tau) = a + G (x_next - b) + e, G = P F' P_b^-1, e ~ N(0, P - G P_b G'). Links are chained, so that
x(tau) = c + Gamma (x_now - b) + e with one covariance of e. The report updates x(tau), and the
joint Gaussian of x(tau) and x_now takes the update to the present, which is the update with H Gamma
for H and H cov(e) H' added to the noise. Where every updated state is kept and one model holds,
this is exact: it equals processing in order (tests/oracle/test_late_against_in_order.py).

Sources: Bar-Shalom, Chen and Mallick, "One-step solution for the multistep out-of-sequence
measurement problem in tracking", IEEE TAES 40 (2004), 27-37 (here in as many steps as states are
kept); Bar-Shalom and Chen, "IMM estimator with out-of-sequence measurements", IEEE TAES 41 (2005),
90-98 (models' probabilities are those of the present); Rauch, Tung and Striebel (1965), the gain G.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.kernels._jit import helper
from skypact.kernels.kalman import frame_up, move_one, turn_blocks
from skypact.kernels.smallmat import add_turned, divide, multiply, multiply_turned
from skypact.model.tracking import (
    FLAT,
    KIND,
    LEAVE_RATE,
    N_MODELS,
    N_STATE,
    PAST_AT,
    PAST_ROWS,
    STATE_TIME,
    TURN,
    Scratch,
    TrackTable,
)

Floats = npt.NDArray[np.float64]

PAST_EVERY_S: Final = 1.5
"""Time between kept states: with `PAST_ROWS` of them the oldest is 10 s old or more."""
(GAMMA, SPREAD, KEPT, AHEAD, MOVE, GAIN, PRODUCT, ROOT) = range(8)
"""Places in ``scratch.late``."""
(CENTRE, FROM, STATE, UP) = range(4)
"""Places in ``scratch.late_line``: c, b, a kept state, the vertical."""


@helper
def forget(tracks: TrackTable, t: int) -> None:
    """Empty the past of a row."""
    tracks.tag[t, PAST_AT] = -1
    for i in range(PAST_ROWS):
        tracks.past[t, i, 0] = math.nan


@helper
def remember(tracks: TrackTable, t: int, x: Floats, P: Floats) -> None:
    """Keep a track's moment-matched state if the last one kept is old enough."""
    last = tracks.tag[t, PAST_AT]
    now_s = tracks.num[t, STATE_TIME]
    if last >= 0 and now_s - tracks.past[t, last, 0] < PAST_EVERY_S:
        return
    slot = (last + 1) % PAST_ROWS
    tracks.tag[t, PAST_AT] = slot
    kept = tracks.past[t, slot]
    kept[0] = now_s
    k = 1 + N_STATE
    for a in range(N_STATE):
        kept[1 + a] = x[a]
        for b in range(a, N_STATE):
            kept[k] = P[a, b]
            k += 1


@helper
def recall(kept: Floats, x_out: Floats, P_out: Floats) -> None:
    """Unpack a kept state."""
    k = 1 + N_STATE
    for a in range(N_STATE):
        x_out[a] = kept[1 + a]
        for b in range(a, N_STATE):
            P_out[a, b] = kept[k]
            P_out[b, a] = kept[k]
            k += 1


@helper
def transition(x: Floats, model: int, dt: float, up: Floats, F: Floats, work: Floats) -> None:
    """Jacobian (7, 7) of a model's motion over dt at state x."""
    for i in range(N_STATE):
        for j in range(N_STATE):
            F[i, j] = 1.0 if i == j else 0.0
    if model == TURN:
        turn_blocks(x, dt, up, work)
        for i in range(6):
            for j in range(4):
                F[i, 3 + j] = work[i, j]
    else:
        for i in range(3):
            F[i, 3 + i] = dt
        F[6, 6] = 0.0


@helper
def carry(
    x: Floats, P: Floats, model: int, dt: float, motion: Floats, s: Scratch, F: Floats
) -> None:
    """Move a kept state on, in place, with its Jacobian."""
    up = s.late_line[UP]
    up[0], up[1], up[2] = frame_up(int(motion[FLAT]), x)
    transition(x, model, dt, up, F, s.work[0])
    move_one(x, P, model, dt, motion, s.work, up)


@helper
def begin_at(
    kept: Floats, is_before: bool, tau_s: float, model: int, motion: Floats, s: Scratch
) -> None:
    """Set the chain at tau, from the state kept before it, or back from the first one there is.

    Going back, x(tau) is what the motion makes of the kept state, and e the noise on the way: the
    track began there and nothing is known from before.
    """
    x = s.late_line[STATE]
    P = s.late[KEPT]
    recall(kept, x, P)
    for a in range(N_STATE):
        s.late_line[FROM, a] = x[a]
        for b in range(N_STATE):
            s.late[GAMMA, a, b] = 1.0 if a == b else 0.0
            s.late[SPREAD, a, b] = 0.0
    if is_before:
        carry(x, P, model, tau_s - kept[0], motion, s, s.late[MOVE])
        for a in range(N_STATE):
            s.late_line[CENTRE, a] = x[a]
            s.late_line[FROM, a] = x[a]
        return
    carry(x, s.late[SPREAD], model, tau_s - kept[0], motion, s, s.late[GAMMA])
    for a in range(N_STATE):
        s.late_line[CENTRE, a] = x[a]
    recall(kept, x, P)


@helper
def chain(x: Floats, P: Floats, dt: float, model: int, motion: Floats, s: Scratch) -> None:
    """Add the link from a state (its filtered x, P; both are moved) to the one dt later."""
    gamma = s.late[GAMMA]
    c = s.late_line[CENTRE]
    for a in range(N_STATE):
        total = 0.0
        for b in range(N_STATE):
            total += gamma[a, b] * (x[b] - s.late_line[FROM, b])
        c[a] += total
    ahead = s.late[AHEAD]
    for a in range(N_STATE):
        for b in range(N_STATE):
            ahead[a, b] = P[a, b]
    carry(x, ahead, model, dt, motion, s, s.late[MOVE])
    multiply_turned(P, s.late[MOVE], s.late[PRODUCT])
    divide(s.late[PRODUCT], ahead, s.late[ROOT], s.late[GAIN])
    add_turned(s.late[GAIN], s.late[PRODUCT], -1.0, P)
    multiply(gamma, P, s.late[PRODUCT])
    add_turned(s.late[PRODUCT], gamma, 1.0, s.late[SPREAD])
    multiply(gamma, s.late[GAIN], s.late[PRODUCT])
    for a in range(N_STATE):
        s.late_line[FROM, a] = x[a]
        for b in range(N_STATE):
            gamma[a, b] = s.late[PRODUCT, a, b]


@helper
def first_kept(tracks: TrackTable, t: int, tau_s: float) -> tuple[int, int]:
    """Find how many states back the newest one at or before tau is, and how many it takes.

    The first is -1 where all are later; then the second counts all.
    """
    at = tracks.tag[t, PAST_AT]
    n = int(0)  # noqa: UP018, RUF046  plain int64, not a literal, to the compiler
    while n < PAST_ROWS and not math.isnan(tracks.past[t, (at - n) % PAST_ROWS, 0]):
        if tracks.past[t, (at - n) % PAST_ROWS, 0] <= tau_s:
            return n, n + 1
        n += 1
    return -1, n


@helper
def retrodict(tracks: TrackTable, t: int, tau_s: float, motion: Floats, s: Scratch) -> bool:
    """States of all models at an earlier time into ``s.x`` and ``s.P``, given the present ones.

    ``s.gain`` gets what brings an update back; False where the track has no past, or is in free
    flight, whose models are not those of this module.
    """
    if motion[KIND] == 1.0:
        return False
    found, n = first_kept(tracks, t, tau_s)
    if n == 0:
        return False
    at = tracks.tag[t, PAST_AT]
    now_s = tracks.num[t, STATE_TIME]
    x = s.late_line[STATE]
    P = s.late[KEPT]
    for model in range(N_MODELS):
        s.predicted[model] = tracks.mu[t, model]
        back = n - 1
        begin_at(tracks.past[t, (at - back) % PAST_ROWS], found >= 0, tau_s, model, motion, s)
        time_s = tau_s if found >= 0 else tracks.past[t, (at - back) % PAST_ROWS, 0]
        while back > 0:
            back -= 1
            later = tracks.past[t, (at - back) % PAST_ROWS]
            if later[0] >= now_s:
                break
            chain(x, P, later[0] - time_s, model, motion, s)
            recall(later, x, P)
            time_s = later[0]
        if time_s < now_s:
            chain(x, P, now_s - time_s, model, motion, s)
        arrive(tracks.x[t, model], tracks.P[t, model], model, s)
    return True


@helper
def arrive(x_now: Floats, P_now: Floats, model: int, s: Scratch) -> None:
    """Close the chain at a model's present state."""
    gamma = s.late[GAMMA]
    for a in range(N_STATE):
        total = s.late_line[CENTRE, a]
        for b in range(N_STATE):
            total += gamma[a, b] * (x_now[b] - s.late_line[FROM, b])
            s.P[model, a, b] = s.late[SPREAD, a, b]
        s.x[model, a] = total
    multiply(gamma, P_now, s.late[PRODUCT])
    add_turned(s.late[PRODUCT], gamma, 1.0, s.P[model])
    multiply_turned(P_now, gamma, s.late[PRODUCT])
    divide(s.late[PRODUCT], s.P[model], s.late[ROOT], s.gain[model])


@helper
def bring_back(
    tracks: TrackTable,
    t: int,
    tau_s: float,
    motion: Floats,
    s: Scratch,
    post: tuple[Floats, Floats, Floats],
) -> None:
    """Turn updated states at tau (x, P, mu of all models) into present ones, in place.

    The mode may have changed since: as far as it has, the report says nothing of today's.
    """
    x, P, mu = post
    rate = 0.0
    for model in range(N_MODELS):
        rate += tracks.mu[t, model] * motion[LEAVE_RATE + model]
    same = math.exp(-rate * (tracks.num[t, STATE_TIME] - tau_s))
    for model in range(N_MODELS):
        mu[model] = same * mu[model] + (1.0 - same) * tracks.mu[t, model]
        B = s.gain[model]
        for a in range(N_STATE):
            total = tracks.x[t, model, a]
            for b in range(N_STATE):
                total += B[a, b] * (x[model, b] - s.x[model, b])
                s.late[PRODUCT, a, b] = P[model, a, b] - s.P[model, a, b]
            s.late_line[STATE, a] = total
        multiply(B, s.late[PRODUCT], s.late[GAIN])
        for a in range(N_STATE):
            x[model, a] = s.late_line[STATE, a]
            for b in range(N_STATE):
                P[model, a, b] = tracks.P[t, model, a, b]
        add_turned(s.late[GAIN], B, 1.0, P[model])
