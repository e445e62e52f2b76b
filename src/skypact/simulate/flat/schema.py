"""Scenario files of flat scenes: the true model, the targets, the sensors, with their limits.

States are (x, vx, y, vy), and the turn rate counter-clockwise as a fifth for coordinated turns. In
files a turn rate is in degrees a second. Steps are counted from `first_step`; step k is at
``start_s + k * step_s`` where sampling is regular; uneven scans begin after `start_s`.
"""

import math
from typing import Annotated, Literal

from msgspec import Meta

from skypact.config import NotNegative, Positive
from skypact.errors import ConfigError
from skypact.simulate.parts import Part, Share

State = Annotated[tuple[float, ...], Meta(min_length=4, max_length=5)]
Deviations = Annotated[tuple[NotNegative, ...], Meta(min_length=4, max_length=5)]
Span = tuple[float, float]
StepNumber = Annotated[int, Meta(ge=0, le=100_000)]
MOTION_SIZE = {"cv": 4, "ct": 5}
"""Length of the state by motion model."""


class Birth(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where objects appear: a normal density and its weight."""

    weight: Positive = 1.0
    """Expected objects per step; at a rate per second, the share of this density."""
    mean: State
    """Mean of the first state."""
    std: Deviations
    """Standard deviation of each component."""


class Model(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How objects really move, appear and vanish: what a clairvoyant filter may know."""

    motion: Literal["cv", "ct"] = "cv"
    """Nearly constant velocity, or coordinated turn."""
    accel_psd_m2ps3: NotNegative = 0.0
    """Density of continuous white acceleration per axis."""
    accel_mps2: NotNegative = 0.0
    """Standard deviation of an acceleration that is constant over a step, per axis."""
    turn_accel_dps2: NotNegative = 0.0
    """Standard deviation of a turn acceleration that is constant over a step."""
    survival: Share = 0.99
    """Probability that an object is still there at the next step."""
    birth_rate_hz: NotNegative = 0.0
    """Objects that appear per second, in continuous time; then births have no weight per step."""
    death_rate_hz: NotNegative = 0.0
    """Share of the objects that vanishes per second, in continuous time."""
    initial_weight: NotNegative = 0.0
    """Expected objects before the first step."""
    bernoulli: bool = False
    """Each birth density bears at most one object per step; otherwise their number is Poisson."""
    birth: tuple[Birth, ...] = ()
    """Where objects appear."""


class Leg(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stretch of a path at one turn rate."""

    duration_s: Positive
    """How long it lasts."""
    turn_dps: float = 0.0
    """Turn rate on it, counter-clockwise."""


class Target(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One object that moves exactly as its model says, without noise."""

    state: State
    """(x, vx, y, vy), m and m/s."""
    turn_dps: float = 0.0
    """Turn rate, counter-clockwise."""
    born: StepNumber = 1
    """First step on which it is there."""
    last: StepNumber | None = None
    """Last step on which it is there; None: it stays."""
    leg: tuple[Leg, ...] = ()
    """Turn rates one after another instead of `turn_dps`; the last one goes on."""


class Mirror(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One more object: another one's mirror image, x -> `x_sum_m` - x."""

    target: Annotated[int, Meta(ge=1)]
    """Which one, counted from 1."""
    x_sum_m: float
    """Twice the place of the mirror."""


class Crowd(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Many objects of one kind, anywhere in an area and on any course, that turn now and then."""

    count: Annotated[int, Meta(ge=1, le=200_000)]
    """How many there are, from the first step to the last."""
    kind: Literal["unknown", "airliner", "light", "helicopter", "fast", "drone"] = "unknown"
    """Target class in the truth."""
    area_x_m: Span
    """Where they start."""
    area_y_m: Span
    """Where they start."""
    speed_mps: Span
    """Speeds are uniform in between."""
    turn_dps: NotNegative = 0.0
    """Rate of their turns, either way."""
    straight_s: Positive = 300.0
    """Mean time between turns."""
    turn_s: Positive = 30.0
    """Mean length of a turn."""


class Meeting(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Objects that all meet at one step; their paths are drawn forward and backward from there.

    Source: Williams, "Marginal multi-Bernoulli filters", IEEE Trans. AES 51(3), 2015, section V.
    """

    step: StepNumber
    """When they meet."""
    state: State
    """Mean state at the meeting."""
    variance: NotNegative
    """Of every component of the state at the meeting."""
    born: Annotated[tuple[StepNumber, ...], Meta(min_length=1)]
    """First step of each object."""
    last: Annotated[tuple[StepNumber, ...], Meta(min_length=1)]
    """Last step of each object."""


class FlatSensor(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sensor of a flat scene: positions over a rectangle, or range and azimuth over a sector."""

    name: Annotated[str, Meta(min_length=1)]
    """Unique in the file."""
    member: str = ""
    """Whose it is."""
    measures: Literal["position", "polar"] = "position"
    """Positions relative to its place, or range and azimuth."""
    x_m: float = 0.0
    """Its place."""
    y_m: float = 0.0
    """Its place."""
    sigma_position_m: Positive | None = None
    """Standard deviation of a position, per axis."""
    area_x_m: Span | None = None
    """Where false reports fall, in the scene's coordinates."""
    area_y_m: Span | None = None
    """Where false reports fall, in the scene's coordinates."""
    sigma_range_m: Positive | None = None
    """Standard deviation of the range."""
    sigma_azimuth_deg: Positive | None = None
    """Standard deviation of the azimuth."""
    kappa: Positive | None = None
    """Concentration of a von Mises azimuth error, instead of `sigma_azimuth_deg`."""
    range_m: Span | None = None
    """Ranges over which false reports are uniform."""
    azimuth_deg: Span = (0.0, 360.0)
    """Azimuths over which they are, clockwise from +y."""
    p_detection: Annotated[float, Meta(gt=0, le=1)] | None = None
    """Probability that an object is reported in a scan."""
    detection_range_m: Positive | None = None
    """Detection falls as exp(-range / this), instead of `p_detection`."""
    clutter_per_scan: NotNegative | None = None
    """Expected false reports per scan; their number is Poisson."""
    clutter_per_m_rad: NotNegative | None = None
    """Density of false reports of a polar sensor, instead of `clutter_per_scan`."""
    late_every: Annotated[int, Meta(ge=0)] = 0
    """Every so manieth scan comes late; 0: none."""
    late_mean_scans: NotNegative = 0.0
    """By how many scans it comes late: Poisson with this mean."""

    @property
    def clutter_mean(self) -> float:
        """Expected false reports per scan."""
        if self.clutter_per_scan is not None:
            return self.clutter_per_scan
        (near_m, far_m), (left, right) = self.range_m or (0.0, 0.0), self.azimuth_deg
        return (self.clutter_per_m_rad or 0.0) * (far_m - near_m) * math.radians(right - left)

    @property
    def sigma_azimuth_rad(self) -> float:
        """Standard deviation of the azimuth; of a von Mises error, that of its normal limit."""
        if self.kappa is not None:
            return 1.0 / math.sqrt(self.kappa)
        return math.radians(self.sigma_azimuth_deg or 0.0)


class FlatScenario(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scenario file with ``frame = "flat"``."""

    frame: Literal["flat"] = "flat"
    """Tells a flat scene from the real sky; needed."""
    title: str = ""
    """Text for people."""
    source: str = ""
    """Paper and code that the figures are from."""
    start_s: NotNegative = 0.0
    """Time of step 0, seconds UTC since 1970."""
    step_s: Positive = 1.0
    """Time between scans; its mean where sampling is exponential."""
    steps: Annotated[int, Meta(ge=1, le=100_000)]
    """Scans with targets."""
    first_step: StepNumber = 1
    """Number of the first one."""
    empty_steps: Annotated[int, Meta(ge=0, le=10_000)] = 0
    """Scans after the last step, without targets."""
    sampling: Literal["regular", "exponential"] = "regular"
    """Scans at equal intervals, or at intervals with an exponential distribution."""
    lead_steps: Annotated[int, Meta(ge=0, le=10)] = 0
    """Steps that an object has moved from its given state when it is born."""
    model: Model = Model()
    """The true model."""
    target: tuple[Target, ...] = ()
    """Objects one by one."""
    mirror: tuple[Mirror, ...] = ()
    """Mirror images of targets, numbered after them."""
    meeting: Meeting | None = None
    """Objects that all meet, instead of `target`."""
    crowd: tuple[Crowd, ...] = ()
    """Many objects drawn at random, instead of `target`."""
    random: bool = False
    """Objects are born and die at random, as the model says, instead of `target`."""
    sensor: Annotated[tuple[FlatSensor, ...], Meta(min_length=1)]
    """Who looks."""

    @property
    def last_step(self) -> int:
        """Last step with targets."""
        return self.first_step + self.steps - 1


def check(scenario: FlatScenario, where: str) -> None:
    """Check what types cannot say.

    Raises
    ------
    ConfigError
        The message names the key, the value and the range.
    """
    ways = [
        bool(scenario.target),
        scenario.meeting is not None,
        bool(scenario.crowd),
        scenario.random,
    ]
    if sum(ways) != 1:
        raise ConfigError(
            f"{where}: expected targets given in one way (target, meeting, crowd or random), "
            f"got {sum(ways)}"
        )
    names = [sensor.name for sensor in scenario.sensor]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ConfigError(f"{where}: sensor: expected each name once, got {twice[0]} twice")
    for i, sensor in enumerate(scenario.sensor):
        _check_sensor(sensor, f"{where}: sensor[{i}]")
    _check_model(scenario, f"{where}: model")
    _check_targets(scenario, where)


def _one_of(sensor: FlatSensor, keys: tuple[str, ...], where: str) -> None:
    given = [key for key in keys if getattr(sensor, key) is not None]
    if len(given) != 1:
        raise ConfigError(
            f"{where}: expected one of {', '.join(keys)}, got {' and '.join(given) or 'none'}"
        )


def _check_sensor(sensor: FlatSensor, where: str) -> None:
    _one_of(sensor, ("p_detection", "detection_range_m"), where)
    needs: tuple[str, ...]
    others: tuple[str, ...]
    if sensor.measures == "position":
        needs = ("sigma_position_m", "area_x_m", "area_y_m", "clutter_per_scan")
        others = ("sigma_range_m", "sigma_azimuth_deg", "kappa", "range_m", "clutter_per_m_rad")
    else:
        needs, others = ("sigma_range_m", "range_m"), ("sigma_position_m", "area_x_m", "area_y_m")
        _one_of(sensor, ("sigma_azimuth_deg", "kappa"), where)
        _one_of(sensor, ("clutter_per_scan", "clutter_per_m_rad"), where)
    for key in needs:
        if getattr(sensor, key) is None:
            raise ConfigError(f"{where}.{key}: expected a value ({sensor.measures}), got none")
    for key in others:
        if getattr(sensor, key) is not None:
            raise ConfigError(
                f"{where}.{key}: expected none of a sensor that measures {sensor.measures}, "
                f"got {getattr(sensor, key)!r}"
            )
    for key in ("area_x_m", "area_y_m", "range_m", "azimuth_deg"):
        span = getattr(sensor, key)
        if span is not None and not span[0] < span[1]:
            raise ConfigError(f"{where}.{key}: expected [low, high], got {list(span)}")
    if sensor.range_m is not None and sensor.range_m[0] < 0.0:
        raise ConfigError(f"{where}.range_m: expected at least 0, got {sensor.range_m[0]:g}")
    if sensor.azimuth_deg[1] - sensor.azimuth_deg[0] > 360.0:
        raise ConfigError(
            f"{where}.azimuth_deg: expected at most 360 from low to high, "
            f"got {list(sensor.azimuth_deg)}"
        )


def _check_model(scenario: FlatScenario, where: str) -> None:
    model = scenario.model
    size = MOTION_SIZE[model.motion]
    for i, birth in enumerate(model.birth):
        for key in ("mean", "std"):
            got = len(getattr(birth, key))
            if got != size:
                raise ConfigError(
                    f"{where}.birth[{i}].{key}: expected {size} numbers ({model.motion}), got {got}"
                )
    if model.accel_psd_m2ps3 and model.accel_mps2:
        raise ConfigError(
            f"{where}: expected one of accel_psd_m2ps3 and accel_mps2, got "
            f"{model.accel_psd_m2ps3:g} and {model.accel_mps2:g}"
        )
    if scenario.random and not model.birth:
        raise ConfigError(f"{where}.birth: expected where objects appear (random), got none")
    if (model.birth_rate_hz > 0.0) != (model.death_rate_hz > 0.0):
        raise ConfigError(
            f"{where}: expected birth_rate_hz and death_rate_hz together, got "
            f"{model.birth_rate_hz:g} and {model.death_rate_hz:g}"
        )
    if scenario.sampling == "exponential" and not (scenario.random and model.birth_rate_hz):
        raise ConfigError(
            f"{where}.birth_rate_hz: expected a rate above 0 and random targets where sampling is "
            f"exponential, got {model.birth_rate_hz:g}"
        )


def _check_targets(scenario: FlatScenario, where: str) -> None:
    first, end = scenario.first_step, scenario.last_step
    for i, target in enumerate(scenario.target):
        last = end if target.last is None else target.last
        if not first <= target.born <= last <= end:
            raise ConfigError(
                f"{where}: target[{i}]: expected {first} <= born <= last <= {end}, got "
                f"born {target.born}, last {last}"
            )
        if len(target.state) != 4:
            raise ConfigError(
                f"{where}: target[{i}].state: expected 4 numbers, got 5; use turn_dps"
            )
    for i, crowd in enumerate(scenario.crowd):
        for key in ("area_x_m", "area_y_m", "speed_mps"):
            low, high = getattr(crowd, key)
            if not low <= high or (key == "speed_mps" and low < 0.0):
                raise ConfigError(
                    f"{where}: crowd[{i}].{key}: expected [low, high]"
                    f"{' from 0' if key == 'speed_mps' else ''}, got {[low, high]}"
                )
    for i, mirror in enumerate(scenario.mirror):
        if mirror.target > len(scenario.target):
            raise ConfigError(
                f"{where}: mirror[{i}].target: expected 1 to {len(scenario.target)}, "
                f"got {mirror.target}"
            )
    meeting = scenario.meeting
    if meeting is None:
        return
    if not first <= meeting.step <= end:
        raise ConfigError(f"{where}: meeting.step: expected {first} to {end}, got {meeting.step}")
    if scenario.model.motion != "cv" or len(meeting.state) != 4:
        raise ConfigError(
            f"{where}: meeting: expected motion cv and 4 numbers in state, got "
            f"{scenario.model.motion} and {len(meeting.state)}"
        )
    if len(meeting.born) != len(meeting.last):
        raise ConfigError(
            f"{where}: meeting.last: expected {len(meeting.born)} numbers as in born, "
            f"got {len(meeting.last)}"
        )
    for born, last in zip(meeting.born, meeting.last, strict=True):
        if not first <= born <= last <= end:
            raise ConfigError(
                f"{where}: meeting: expected {first} <= born <= last <= {end}, got "
                f"born {born}, last {last}"
            )
