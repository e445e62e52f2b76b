"""The tracker's configuration: a frozen struct with limits, made into arrays once.

Defaults follow what aircraft can do, not a scenario: a standard-rate turn is 3 degrees a second,
light aircraft and fast jets turn at up to about 3 g, airliners climb at up to 30 m/s.
"""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

from skypact.kernels.geodesy import ecef_from_geodetic
from skypact.model.tracking import (
    BIRTH_FIRST,
    BIRTH_HZ,
    BIRTH_M,
    BIRTH_Z,
    CLIMB_RATE,
    ENTER,
    FLAT,
    KIND,
    LEAVE_RATE,
    LIMIT_CLIMB,
    LIMIT_HEIGHT,
    LIMIT_SPEED,
    LOG_BALLISTIC,
    MOTION_WIDTH,
    PSD_ACROSS,
    PSD_H,
    PSD_V,
    TURN_PSD,
    TURN_VAR,
    TrackParams,
)
from skypact.units import DEGREE

Positive = Annotated[float, Meta(gt=0)]
Share = Annotated[float, Meta(gt=0, lt=1)]
NotCertain = Annotated[float, Meta(ge=0, lt=1)]
NotNegative = Annotated[float, Meta(ge=0)]


class BirthSpot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place where objects appear: an airfield, a gate of a published scene."""

    lat: Annotated[float, Meta(ge=-90, le=90)] | None = None
    """Degrees north; with `lon`, for the real sky."""
    lon: Annotated[float, Meta(ge=-180, le=180)] | None = None
    x_m: float = 0.0
    """Place in a flat scene."""
    y_m: float = 0.0
    height_m: float = 0.0
    sigma_m: Positive
    """Standard deviation of the place, per horizontal axis."""
    sigma_mps: Positive = 150.0
    """Standard deviation of the first velocity, per axis."""
    rate_hz: NotNegative
    """New objects per second."""
    first: NotNegative = 0.0
    """Objects expected there before the first look."""


FALLBACK_CLIMB_PSD: Final = 30.0
"""Vertical acceleration density of flight as an aircraft in the ballistic mode, m^2/s^3."""
LOG_BALLISTIC_SIGMA: Final = 1.0
"""Deviation of the logarithm of an unknown ballistic parameter: a factor of e either way."""
LOG_BALLISTIC_WALK: Final = 0.02
"""Its walk, per root second: the drag coefficient changes with the Mach number."""
COAST_S: Final = 3_000.0
THRUST_S: Final = 40.0
FALLBACK_S: Final = 100.0
"""Mean times of free flight, thrust, and flight as an aircraft in the ballistic mode."""


class TrackerParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the tracker believes objects move, appear and vanish; `parameters` set any by name."""

    frame: Literal["ecef", "flat"] = "ecef"
    """ECEF for the real sky; a flat Cartesian frame for published scenarios."""
    cruise_accel_psd: Positive = 0.08
    """Horizontal acceleration density of steady flight along its course, m^2/s^3."""
    cruise_across: Annotated[float, Meta(gt=0, le=1)] = 0.3
    """Density across the course as a share of that: aircraft hold their course better than their
    speed. In a flat scene both are the same."""
    climb_accel_hz: NotNegative = 0.007
    """What climbing adds to the density along the course, times the squared vertical rate, 1/s:
    true airspeed and wind change by some 15 m/s a kilometre, and climbs last half a minute."""
    turn_accel_psd: Positive = 0.5
    """Horizontal acceleration density beside a coordinated turn, m^2/s^3."""
    manoeuvre_accel_psd: Positive = 150.0
    """Horizontal acceleration density of a strong manoeuvre, m^2/s^3: 6 m/s^2 held for 4 s."""
    cruise_climb_psd: Positive = 0.2
    """Vertical acceleration density of steady flight, m^2/s^3."""
    turn_climb_psd: Positive = 4.0
    """Vertical acceleration density beside a coordinated turn, m^2/s^3: with no turn this model is
    the climb, level flight changing to it and back (design/0006)."""
    manoeuvre_climb_psd: Positive = 4.0
    """Vertical acceleration density of a strong manoeuvre, m^2/s^3."""
    turn_rate_deg_s: Positive = 2.0
    """Standard deviation of an unknown turn rate, degrees a second."""
    turn_rate_walk_deg: Positive = 0.6
    """Random walk of the turn rate, degrees a second per root second."""
    steady_s: Positive = 200.0
    """Mean time an object flies steadily."""
    turn_s: Positive = 25.0
    """Mean time a coordinated turn lasts."""
    manoeuvre_s: Positive = 8.0
    """Mean time a strong manoeuvre lasts."""
    highest_speed_mps: Positive = 1_000.0
    """Ground speed that nothing that flies exceeds."""
    highest_climb_mps: Positive = 450.0
    """Vertical rate, up or down, that nothing that flies exceeds: zoom climbs reach 350 m/s."""
    highest_flight_m: Positive = 60_000.0
    """Height that nothing that flies exceeds: balloons have reached 54 km."""
    coast_accel_psd: Positive = 0.005
    """Acceleration density of ballistic coasting, m^2/s^3; unsteady lift in the air adds to it."""
    thrust_along_psd: Positive = 12_000.0
    """Acceleration density of powered flight along the velocity, m^2/s^3: 35 m/s^2 held for
    10 s."""
    thrust_across_psd: Positive = 1_500.0
    """The same across the velocity."""
    ballistic_kgpm2: Positive = 3_000.0
    """Ballistic parameter m / (C_d A) of a new ballistic object."""
    start_speed_mps: Positive = 150.0
    """Standard deviation per axis of the horizontal velocity of a new object."""
    start_climb_mps: Positive = 8.0
    """Standard deviation of the vertical velocity of a new object."""
    gate: Positive = 9.0
    """Squared-distance limit beside four per component: 17 for two, 21 for three."""
    gate_same_address: Positive = 3.0
    """Factor on the gate where the addresses agree."""
    births_per_scan: Positive = 0.3
    """New objects expected per sensor and turn."""
    sigma_level_m: Positive = 20.0
    """Standard deviation of a reported level: 25 or 100 ft steps and the encoder."""
    sigma_velocity_mps: Positive = 1.0
    """Standard deviation per axis of a reported velocity: a category of 3 m/s (95 %) is 1.2."""
    velocity_memory_s: Positive = 1.5
    """Time over which self-reported velocities share their error in steady flight: with the
    deviation above, positions reckoned by them drift as those of recorded traffic do."""
    velocity_lag_s: NotNegative = 1.0
    """Mean age of the velocities of ADS-B, 0.2 to 1.9 s in recorded traffic; taken out by the
    acceleration that they tell."""
    velocity_lag_sigma_s: NotNegative = 0.5
    """Standard deviation of that age from one aircraft to another."""
    velocity_lag_memory_s: Positive = 10.0
    """Time over which the error that an unknown age makes of an acceleration lasts."""
    sigma_tracked_mps: Positive = 6.0
    """Standard deviation per axis of a velocity that another tracker reports (design/0007)."""
    sigma_climb_mps: Positive = 1.5
    """Standard deviation of a reported vertical rate."""
    self_report_memory_s: Positive = 3_600.0
    """Longest time over which self-reported positions share their error: a satellite fix is off
    the same way for minutes, and several receivers hear one message. Shorter for good positions
    and rare reports, so that a track of them alone is as sure as one of them."""
    address_garble: Share = 1e-6
    """Probability that a decoded 24-bit address belongs to another aircraft."""
    code_garble: Share = 0.02
    """Probability that a Mode A code is wrong or was just changed."""
    number_garble: Share = 0.02
    """Probability that another tracker gives an object a new number, or a number to another
    object."""
    start_turn: Annotated[float, Meta(ge=0, le=0.3)] = 0.15
    """Probability of each manoeuvre model at the start; 0 and `steady_s` very large: one model."""
    birth_density_hz: NotNegative | None = None
    """New objects per second and square metre; None: `births_per_scan` over each sensor's disc."""
    first_density: NotNegative = 0.0
    """Objects per square metre that are there before the first look, with `birth_density_hz`."""
    birth_spots: tuple[BirthSpot, ...] = ()
    """Places where objects appear, besides."""
    death_hz: NotNegative = 0.0
    """Rate at which objects vanish: minus the logarithm of the survival, over its time."""
    confirm_hits: Annotated[int, Meta(ge=1, le=20)] = 3
    """Reports that a track needs to be confirmed, whatever its existence says."""
    confirm_at: Share = 0.999
    """Existence from which a track is confirmed."""
    drop_at: Share = 0.002
    """Existence below which a tentative track ends; a first plot among twenty false ones starts at
    0.015 and must live to see the second."""
    drop_confirmed_at: Share = 0.3
    """Existence below which a confirmed track ends."""
    fade: NotCertain = 0.03
    """Probability per look that an object drops out of sight."""
    reappear: NotCertain = 0.2
    """Probability per look that it is back."""
    loss: NotCertain = 0.002
    """Probability per missed look that it is gone for good."""
    join_doubles: bool = True
    """Tracks that turn out to be one object become one; false where no sensor reports an object
    twice, as in published scenes."""
    same_place_m: NotNegative = 25.0
    """Two tracks this close, beside their errors, may be one object: an echo's centre and the
    antenna of a large aircraft are that far apart."""
    same_speed_mps: NotNegative = 2.0
    """Likewise of their velocities."""
    coast_max_s: Positive = 75.0
    """Longest time without a report."""
    spread_max_m: Positive = 40_000.0
    """Largest position uncertainty of a coasting track."""
    sweep_s: Positive = 0.5
    """How often missed looks are counted."""
    reorder_s: Annotated[float, Meta(ge=0, le=10)] = 0.3
    """Reports wait this long for earlier ones that are still on their way."""
    late_max_s: Annotated[float, Meta(gt=0, le=10)] = 10.0
    """A report older than the picture by more than this is left out and counted; it stays in the
    recording. States of that many seconds are kept."""
    late_s: Positive = 0.3
    """A report further behind its track than this is taken back over the track's kept states; a
    nearer one, of another sensor's turn in the same batch, by its motion alone."""
    early_max_s: Positive = 10.0
    """A report stamped further ahead than this is kept out and counted: its clock is wrong."""
    learn_sensors: bool = True
    """Learn from the data how often each sensor detects and where it reports falsely; else its data
    sheet is believed."""
    capacity: Annotated[int, Meta(gt=0, le=1_000_000)] = 4096
    """Rows of the track table."""


def address_ratio(garble: float) -> float:
    """Log likelihood ratio of an agreeing address, kept below the one in 2^24 it could claim."""
    return float(np.log((1.0 - garble) * 1e5))


MOTION_FIGURES: Final = frozenset(
    (
        "cruise_accel_psd",
        "cruise_across",
        "climb_accel_hz",
        "turn_accel_psd",
        "manoeuvre_accel_psd",
        "cruise_climb_psd",
        "turn_climb_psd",
        "manoeuvre_climb_psd",
        "turn_rate_walk_deg",
        "turn_rate_deg_s",
        "steady_s",
        "turn_s",
        "manoeuvre_s",
        "highest_speed_mps",
        "highest_climb_mps",
        "highest_flight_m",
    )
)
"""Values of `TrackerParams` that say how objects move: those an area can have of its own."""


def motion_row(params: TrackerParams) -> npt.NDArray[np.float64]:
    """How objects move, in the columns of `TrackParams.motion`."""
    row = np.zeros(MOTION_WIDTH)
    row[FLAT] = params.frame == "flat"
    row[PSD_H:PSD_V] = (
        params.cruise_accel_psd,
        params.turn_accel_psd,
        params.manoeuvre_accel_psd,
    )
    row[PSD_V:TURN_PSD] = (
        params.cruise_climb_psd,
        params.turn_climb_psd,
        params.manoeuvre_climb_psd,
    )
    row[TURN_PSD] = (params.turn_rate_walk_deg * DEGREE) ** 2
    row[TURN_VAR] = (params.turn_rate_deg_s * DEGREE) ** 2
    row[LEAVE_RATE:ENTER] = 1.0 / params.steady_s, 1.0 / params.turn_s, 1.0 / params.manoeuvre_s
    row[ENTER:KIND] = np.array([[0.0, 0.6, 0.4], [0.7, 0.0, 0.3], [0.6, 0.4, 0.0]]).ravel()
    row[LOG_BALLISTIC] = 0.0
    row[LIMIT_SPEED] = params.highest_speed_mps
    row[LIMIT_CLIMB] = params.highest_climb_mps
    row[LIMIT_HEIGHT] = params.highest_flight_m
    row[PSD_ACROSS] = 1.0 if params.frame == "flat" else params.cruise_across
    row[CLIMB_RATE] = 0.0 if params.frame == "flat" else params.climb_accel_hz
    return row


def ballistic_row(params: TrackerParams) -> npt.NDArray[np.float64]:
    """How the ballistic mode moves, in the same columns."""
    row = motion_row(params)
    row[KIND] = 1.0
    row[PSD_H:PSD_V] = params.coast_accel_psd, params.thrust_across_psd, params.manoeuvre_accel_psd
    row[PSD_V:TURN_PSD] = params.coast_accel_psd, params.thrust_along_psd, FALLBACK_CLIMB_PSD
    row[LOG_BALLISTIC] = np.log(params.ballistic_kgpm2)
    row[TURN_VAR] = LOG_BALLISTIC_SIGMA**2
    row[TURN_PSD] = LOG_BALLISTIC_WALK**2
    row[LEAVE_RATE:ENTER] = 1.0 / COAST_S, 1.0 / THRUST_S, 1.0 / FALLBACK_S
    row[ENTER:KIND] = np.array([[0.0, 0.7, 0.3], [0.9, 0.0, 0.1], [0.5, 0.5, 0.0]]).ravel()
    return row


def birth_rows(params: TrackerParams) -> npt.NDArray[np.float64]:
    """Where objects appear, in the columns of `TrackParams.births`."""
    rows = np.zeros((1 + len(params.birth_spots), BIRTH_FIRST + 1))
    everywhere = params.birth_density_hz
    rows[0, BIRTH_HZ] = np.nan if everywhere is None else everywhere
    rows[0, BIRTH_FIRST] = params.first_density
    for row, spot in zip(rows[1:], params.birth_spots, strict=True):
        if params.frame == "flat" or spot.lat is None or spot.lon is None:
            row[: BIRTH_Z + 1] = spot.x_m, spot.y_m, spot.height_m
        else:
            place = np.empty((1, 3))
            lat, lon = np.array([spot.lat * DEGREE]), np.array([spot.lon * DEGREE])
            ecef_from_geodetic(lat, lon, np.array([spot.height_m]), place)
            row[: BIRTH_Z + 1] = place[0]
        row[BIRTH_M:] = spot.sigma_m, spot.sigma_mps, spot.rate_hz, spot.first
    return rows


def track_params(params: TrackerParams, areas: Sequence[TrackerParams] = ()) -> TrackParams:
    """Arrays of the configuration, SI and radians; `areas` add rows of motion."""
    same_code = float(np.log((1.0 - params.code_garble) * 200.0))
    gate = np.array([params.gate_same_address, *(params.gate + 4.0 * n for n in range(1, 9))])
    existence = np.array(
        [
            params.confirm_at,
            params.drop_at,
            params.drop_confirmed_at,
            params.fade,
            params.reappear,
            params.loss,
            params.coast_max_s,
            params.spread_max_m,
            params.confirm_hits,
            params.death_hz,
            params.same_place_m if params.join_doubles else np.nan,
            params.same_speed_mps,
        ]
    )
    identity = [
        address_ratio(params.address_garble),
        float(np.log(params.address_garble)),
        same_code,
        float(np.log(params.code_garble)),
        float(np.log(3.0)),
        float(np.log((1.0 - params.number_garble) * 1e3)),
        float(np.log(params.number_garble)),
    ]
    return TrackParams(
        flat=int(params.frame == "flat"),
        motion=np.array([*(motion_row(p) for p in (params, *areas)), ballistic_row(params)]),
        start_sigma=np.array([params.start_speed_mps, params.start_climb_mps, params.start_turn]),
        gate=gate,
        identity=np.array(identity),
        births_per_scan=params.births_per_scan,
        births=birth_rows(params),
        sigma_baro_m=params.sigma_level_m,
        self_report_memory_s=params.self_report_memory_s,
        sigma_velocity_mps=params.sigma_velocity_mps,
        velocity_memory_s=params.velocity_memory_s,
        velocity_lag_s=params.velocity_lag_s,
        velocity_lag_sigma_s=params.velocity_lag_sigma_s,
        velocity_lag_memory_s=params.velocity_lag_memory_s,
        sigma_tracked_mps=params.sigma_tracked_mps,
        sigma_climb_mps=params.sigma_climb_mps,
        existence=existence,
        learn=int(params.learn_sensors),
        late_s=params.late_s,
    )
