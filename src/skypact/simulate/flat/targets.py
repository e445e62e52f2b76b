"""Truth of a flat scene: given objects, objects that meet, objects born at random."""

import math
from typing import Final, NamedTuple

import numpy as np

from skypact.model.reports import Floats, Ints, Longs
from skypact.model.tracks import CLASSES
from skypact.model.truth import TruthRows
from skypact.simulate.flat.motion import moved, noise_root, transition
from skypact.simulate.flat.schema import (
    MOTION_SIZE,
    Birth,
    Crowd,
    FlatScenario,
    Leg,
    Meeting,
    Model,
    Target,
)
from skypact.units import DEGREE

_LEG_SLACK: Final = 1e-9
"""Share of a step by which a leg may end before a step and still count as flown."""


class Path(NamedTuple):
    """One object's states (n, 4) at successive scans, from scan `first` of the scene on."""

    first: int
    states: Floats
    kind: int = 0
    """Target class, index in `model.tracks.CLASSES`."""


def scan_times(scenario: FlatScenario, rng: np.random.Generator) -> Floats:
    """Draw the times of all scans, the empty ones at the end included."""
    n = scenario.steps + scenario.empty_steps
    if scenario.sampling == "exponential":
        return np.asarray(scenario.start_s + np.cumsum(rng.exponential(scenario.step_s, n)))
    steps = np.arange(scenario.first_step, scenario.first_step + n, dtype=np.float64)
    return np.asarray(scenario.start_s + steps * scenario.step_s)


def paths(scenario: FlatScenario, time_s: Floats, rng: np.random.Generator) -> list[Path]:
    """Every object's path, in the order of their numbers, which count from 1."""
    if scenario.meeting is not None:
        return _meeting_paths(scenario, scenario.meeting, rng)
    if scenario.crowd:
        return [path for crowd in scenario.crowd for path in _crowd_paths(scenario, crowd, rng)]
    if scenario.random:
        rate = scenario.model.birth_rate_hz
        return (_continuous if rate else _stepwise)(scenario, time_s[: scenario.steps], rng)
    given = [_given_path(scenario, target) for target in scenario.target]
    mirrored = []
    for mirror in scenario.mirror:
        path = given[mirror.target - 1]
        image = path.states * [-1.0, -1.0, 1.0, 1.0] + [mirror.x_sum_m, 0.0, 0.0, 0.0]
        mirrored.append(Path(path.first, image))
    return given + mirrored


def _turn_dps(legs: tuple[Leg, ...], since_s: float) -> float:
    """Turn rate in force at a time since the start of the legs."""
    for leg in legs:
        if since_s < leg.duration_s * (1.0 - _LEG_SLACK):
            return leg.turn_dps
        since_s -= leg.duration_s
    return legs[-1].turn_dps


def _given_path(scenario: FlatScenario, target: Target) -> Path:
    last = scenario.last_step if target.last is None else target.last
    state = np.array([[*target.state, target.turn_dps * DEGREE]])
    states = []
    for k in range(scenario.lead_steps + last - target.born + 1):
        states.append(state[0, :4])
        if target.leg:
            state[0, 4] = _turn_dps(target.leg, k * scenario.step_s) * DEGREE
        state = moved(state, scenario.step_s)
    return Path(target.born - scenario.first_step, np.array(states[scenario.lead_steps :]))


def _meeting_paths(
    scenario: FlatScenario, meeting: Meeting, rng: np.random.Generator
) -> list[Path]:
    """Draw the state at the meeting, then walk both ways: x' = F x + w, and back F x = x' + w."""
    step_s, n = scenario.step_s, scenario.steps
    ahead, root = transition(step_s), noise_root(scenario.model, step_s)
    back = transition(-step_s)
    middle = meeting.step - scenario.first_step
    drawn = []
    for born, last in zip(meeting.born, meeting.last, strict=True):
        states = np.empty((n, 4))
        states[middle] = meeting.state + math.sqrt(meeting.variance) * rng.standard_normal(4)
        for k in range(middle + 1, n):
            states[k] = ahead @ states[k - 1] + root @ rng.standard_normal(4)
        for k in range(middle - 1, -1, -1):
            states[k] = back @ (states[k + 1] + root @ rng.standard_normal(4))
        first = born - scenario.first_step
        drawn.append(Path(first, states[first : last - scenario.first_step + 1]))
    return drawn


def _crowd_paths(scenario: FlatScenario, crowd: Crowd, rng: np.random.Generator) -> list[Path]:
    """Straight flights and turns of exponential lengths, with the model's noise."""
    step_s, n, count = scenario.step_s, scenario.steps, crowd.count
    root = noise_root(scenario.model, step_s)
    course = rng.uniform(0.0, 2.0 * np.pi, count)
    speed = rng.uniform(*crowd.speed_mps, count)
    state = np.zeros((count, 5))
    state[:, 0], state[:, 2] = (
        rng.uniform(*crowd.area_x_m, count),
        rng.uniform(*crowd.area_y_m, count),
    )
    state[:, 1], state[:, 3] = speed * np.cos(course), speed * np.sin(course)
    states = np.empty((n, count, 4))
    for k in range(n):
        states[k] = state[:, :4]
        begins = rng.random(count) < -math.expm1(-step_s / crowd.straight_s)
        ends = rng.random(count) < -math.expm1(-step_s / crowd.turn_s)
        side = np.where(rng.random(count) < 0.5, -1.0, 1.0) * crowd.turn_dps * DEGREE
        turning = state[:, 4] != 0.0
        state[:, 4] = np.where(turning, np.where(ends, 0.0, state[:, 4]), np.where(begins, side, 0))
        state = moved(state, step_s)
        state[:, :4] += rng.standard_normal((count, 4)) @ root[:4, :4].T
    kind = CLASSES.index(crowd.kind)
    return [Path(0, states[:, i], kind) for i in range(count)]


def _appeared(model: Model, birth: Birth, rng: np.random.Generator) -> Floats:
    """State of an object at the instant it appears, (1, 4 or 5)."""
    state = birth.mean + np.array(birth.std) * rng.standard_normal(MOTION_SIZE[model.motion])
    if model.motion == "ct":
        state[4] *= DEGREE
    return np.asarray(state)[None, :]


def _walked(
    scenario: FlatScenario, first: int, last: int, state: Floats, dt_s: Floats,
    rng: np.random.Generator,
) -> Path:  # fmt: skip
    """Path from a state at scan `first` to scan `last`; `dt_s` are the steps before each scan."""
    states = [state[0, :4]]
    for k in range(first + 1, last + 1):
        step_s = float(dt_s[k])
        noise = noise_root(scenario.model, step_s) @ rng.standard_normal(state.shape[1])
        state = moved(state, step_s) + noise
        states.append(state[0, :4])
    return Path(first, np.array(states))


def _stepwise(scenario: FlatScenario, time_s: Floats, rng: np.random.Generator) -> list[Path]:
    """Births and deaths once a step; objects from before the first step share its births' places.

    A step's births have their densities' weights as means; before the first step the initial weight
    is shared among them.
    """
    model, n = scenario.model, len(time_s)
    dt_s = np.full(n, scenario.step_s)
    total = sum(birth.weight for birth in model.birth)
    drawn = []
    for first in range(n):
        for birth in model.birth:
            extra = model.initial_weight * birth.weight / total if first == 0 else 0.0
            count = rng.poisson(extra) if extra else 0
            born = rng.random() < birth.weight if model.bernoulli else rng.poisson(birth.weight)
            for _ in range(int(born) + count):
                more = rng.geometric(1.0 - model.survival) if model.survival < 1.0 else n
                state = _appeared(model, birth, rng)
                last = min(n - 1, first + int(more) - 1)
                drawn.append(_walked(scenario, first, last, state, dt_s, rng))
    return drawn


def _continuous(scenario: FlatScenario, time_s: Floats, rng: np.random.Generator) -> list[Path]:
    """Births at a rate, exponential lives; an object seen first at a scan appeared a little before.

    Source: Garcia-Fernandez and Maskell, "Continuous-discrete multiple target filtering: PMBM, PHD
    and CPHD filter implementations", IEEE Trans. Signal Process. 68, 2020, section II. The number
    that appeared in the step dt before a scan and are alive at it is Poisson with mean
    (birth / death)(1 - exp(-death dt)); the time since then is exponential, truncated to dt.
    """
    model, n = scenario.model, len(time_s)
    death, rate = model.death_rate_hz, model.birth_rate_hz
    dt_s = np.diff(time_s, prepend=scenario.start_s)
    shares = np.array([birth.weight for birth in model.birth])
    drawn = []
    for first in range(n):
        gone = -math.expm1(-death * dt_s[first])
        for _ in range(rng.poisson(rate / death * gone)):
            birth = model.birth[int(rng.choice(len(shares), p=shares / shares.sum()))]
            lag_s = -math.log1p(-gone * rng.random()) / death
            until_s = time_s[first] + rng.exponential(1.0 / death)
            last = int(np.searchsorted(time_s, until_s)) - 1
            appeared = _appeared(model, birth, rng)
            noise = noise_root(model, lag_s) @ rng.standard_normal(appeared.shape[1])
            state = moved(appeared, lag_s) + noise
            drawn.append(_walked(scenario, first, max(first, last), state, dt_s, rng))
    return drawn


def truth_of(drawn: list[Path], time_s: Floats) -> tuple[TruthRows, Longs]:
    """Truth rows sorted by scan and object, and the scan of each row (n,)."""
    counts = [len(path.states) for path in drawn]
    if not sum(counts):
        nothing = np.empty(0, np.int32)
        return _rows(np.empty(0), nothing, np.empty((0, 4)), nothing), np.empty(0, np.int64)
    scan = np.concatenate(
        [path.first + np.arange(n) for path, n in zip(drawn, counts, strict=True)]
    )
    target = np.repeat(np.arange(1, len(drawn) + 1, dtype=np.int32), counts)
    kind = np.repeat(np.array([path.kind for path in drawn], np.int32), counts)
    order = np.lexsort((target, scan))
    states = np.concatenate([path.states for path in drawn])[order]
    scan = scan[order].astype(np.int64)
    return _rows(time_s[scan], target[order], states, kind[order]), scan


def _rows(time_s: Floats, target: Ints, states: Floats, kind: Ints) -> TruthRows:
    n = len(time_s)
    x, vx, y, vy = np.ascontiguousarray(states.T)
    return TruthRows(
        time_s=time_s,
        target=target,
        lat_rad=y,
        lon_rad=x,
        altitude_m=np.zeros(n),
        vn_mps=vy,
        ve_mps=vx,
        vu_mps=np.zeros(n),
        icao=np.full(n, -1, np.int32),
        baro_altitude_m=np.full(n, np.nan),
        target_class=kind.astype(np.int8),
    )
