"""Plain twin of kernels/lifecycle.py: one object per track, existence as a Markov chain's vector.

Taking over and joining are left out: scenes for the whole twin hold none.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from tests.naive import imm, update
from tests.naive.late import LATE_S
from tests.naive.told import Told, note_told

from skypact.model.tracking import FLAT, SERIALS, TURN_VAR

TENTATIVE, CONFIRMED = 1, 2
START_SIGMA_M = 20_000.0


@dataclass
class Track:
    """Everything that is known of one object."""

    mu: np.ndarray
    x: np.ndarray
    P: np.ndarray
    time_s: float
    visible: float
    number: int
    born_s: float
    faded: float = 0.0
    state: int = TENTATIVE
    hits: int = 0
    address: int = -1
    code: int = -1
    callsign: int = -1
    source: tuple | None = None
    """Another tracker and its number of the object."""
    baro_m: float = math.nan
    last_s: float = math.nan
    told: Told = field(default_factory=Told)
    prior: tuple | None = None
    """Assumed height and its variance; None where a height was reported."""
    look_s: dict = field(default_factory=dict)
    seen_s: dict = field(default_factory=dict)
    past: list = field(default_factory=list)
    """Kept states, see naive/late.py."""

    def __post_init__(self):
        """Existence is reckoned from the first report on."""
        self.existence_s = self.time_s

    def moments(self):
        """Mean and covariance over the models."""
        return imm.moments(self.mu, self.x, self.P)


def begin(report, number, chance, params, motion, site, axes):
    """Track from its first report: a broad place, narrowed by it; velocity and turn unknown."""
    z = report["z"]
    up = np.outer(z[3:6], z[3:6])
    vertical = z[11] if math.isnan(z[8]) else START_SIGMA_M
    P = np.zeros((7, 7))
    P[:3, :3] = START_SIGMA_M**2 * (np.eye(3) - up) + vertical**2 * up
    P[3:6, 3:6] = params.start_speed_mps**2 * (np.eye(3) - up) + params.start_climb_mps**2 * up
    P[6, 6] = motion[TURN_VAR]
    x = np.array([*z[:3], 0, 0, 0, 0])
    x, P = update.update(x, P, z, report["form"], site, axes, motion[FLAT] == 1)[:2]
    turn = params.start_turn
    mu = np.array([1 - 2 * turn, turn, turn])
    t = report["time_s"]
    track = Track(mu, np.tile(x, (3, 1)), np.tile(P, (3, 1, 1)), t, chance, number, t)
    if report["form"] == 0 and np.isnan(z[[8, 17, 25]]).tolist() == [True, True, False]:
        track.prior = (z[25], z[11] ** 2)
    return track


def note_hit(track, report, params):
    """Book a report: time, looks, identity, confirmation."""
    track.hits += report["birth"] > 0 or report["form"] == 2 or track.state == CONFIRMED
    s, time_s = report["sensor"], report["time_s"]
    is_old = track.last_s - time_s > LATE_S
    track.last_s = np.fmax(track.last_s, time_s)
    track.look_s[s] = max(track.look_s.get(s, time_s), time_s)
    track.seen_s[s] = max(track.seen_s.get(s, time_s), time_s)
    note_told(track.told, report["z"], time_s)
    track.address = report["icao"] if track.address < 0 else track.address
    track.code = report["mode3a"] if report["mode3a"] >= 0 and not is_old else track.code
    track.callsign = report["callsign"] if report["callsign"] >= 0 else track.callsign
    if report["source"] is not None and (track.source or (0,))[0] != SERIALS:
        track.source = report["source"]
    track.baro_m = track.baro_m if math.isnan(report["baro_m"]) or is_old else report["baro_m"]
    if track.hits >= params.confirm_hits and track.visible + track.faded >= params.confirm_at:
        track.state = CONFIRMED


def is_over(track, now_s, params, period_s):
    """Whether a track should end."""
    limit = params.drop_confirmed_at if track.state == CONFIRMED else params.drop_at
    gap_s = now_s - track.last_s
    P = track.moments()[1]
    spread = math.sqrt(np.trace(P[:3, :3])) + gap_s * math.sqrt(np.trace(P[3:6, 3:6]))
    lost = gap_s > params.coast_max_s or (gap_s > 5.0 and spread > params.spread_max_m)
    gone = track.visible + track.faded < limit
    if track.state == CONFIRMED:
        gone = gone and all(now_s - t >= 2.6 * period_s[s] for s, t in track.seen_s.items())
    return gone or lost
