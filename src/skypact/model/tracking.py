"""The tracker's tables: every track, every prepared report and every pair as arrays.

Capacity is fixed, rows are reused, and no object stands for a track. State vector, per model:
position (3) [m], velocity (3) [m/s] in the frame in force (ECEF, or a flat scene's axes) and the
turn rate about the local vertical [rad/s, counter-clockwise seen from above]; in the ballistic mode
the logarithm of the ballistic parameter [kg/m^2].
"""

from typing import Final, NamedTuple

import numpy as np

from skypact.model.cluster import Cluster, empty_cluster
from skypact.model.filing import LINKS_WIDTH, NEAR_WIDTH
from skypact.model.reports import Bytes, Floats, Ints, Longs

N_STATE: Final = 7
N_MODELS: Final = 3
(CRUISE, TURN, MANOEUVRE) = range(N_MODELS)
"""Models: nearly constant velocity, coordinated turn with estimated rate, strong manoeuvre."""
(COAST, THRUST, AS_AIRCRAFT) = range(N_MODELS)
"""Models of the ballistic mode: free flight, powered flight, flight as an aircraft."""

(FREE, TENTATIVE, CONFIRMED) = range(3)
"""States of a row."""

NUM_WIDTH: Final = 19
(
    STATE_TIME,
    SPREAD_M,
    SPREAD_MPS,
    VISIBLE,
    FADED,
    BORN,
    LAST_HIT,
    BARO_M,
    LEVEL_M,
    LEVEL_MPS,
    LAST_SELF,
    PRIOR_M,
    PRIOR_VAR,
    TWO_OBJECTS,
    EXISTENCE_S,
    EVIDENCE_S,
    VELOCITY_S,
    SLOW_VN,
    SLOW_VE,
) = range(NUM_WIDTH)
"""Columns of `TrackTable.num`: time of the state; roots of the traces of the position and velocity
covariances; probability that the object exists in sight, and out of sight; times of birth and of
the last report [s]; last pressure altitude [m]; the spreads again, horizontal part alone; time of
the last self-reported position [s]; height that is assumed, and the variance of the assumption (NaN
where a height was reported); log odds that this track and its partner are two objects; time of the
existence [s]; time of the last evidence of ballistic flight [s]; time of the last self-reported
velocity [s], and what such velocities have been of late, see `kernels.told` [m/s]."""

TAG_WIDTH: Final = 18
(
    STATE,
    NUMBER,
    HITS,
    ADDRESS,
    CODE,
    CALLSIGN,
    RIVAL,
    RIVAL_NUMBER,
    AREA,
    PARTNER,
    PARTNER_NUMBER,
    HOME,
    EVIDENCE,
    WOKEN,
    PAST_AT,
    NAMED,
    ORIGIN,
    SOURCE,
) = range(TAG_WIDTH)
"""Columns of `TrackTable.tag`: see `FREE`; public number; reports so far; 24-bit address, Mode A
code and packed callsign (-1 none); row and number of an older track with the same address nearby
(-1 none); row of `TrackParams.motion` that it moves by now (-1 the ballistic mode's); row and
number of a track that may be the same object (-1 none); row that it moves by as an aircraft;
reports that say it is none (waking.py); 1 where it is called ballistic; place of the newest kept
state in `TrackTable.past` (-1 none); reports that bore its address; where its first report counts
as a false one should nothing come of it (maps.py; -1 nowhere); another tracker's number of the
object, see `Measurements.source` (-1 none)."""

(N_FREE, NEXT_NUMBER, HIGH_WATER, N_LIVE, N_CONFIRMED, N_CROWDED) = range(6)
"""Places in `TrackTable.counters`."""

(MEASURED, SELF_REPORTED, TRACKER_MADE) = range(3)
"""Where a report's position comes from: a sensor, the object itself, another tracker."""

(POLAR, PLANE, BEARING) = range(3)
"""Forms of a prepared report: slant range and azimuth, horizontal position, azimuth alone (which
begins no track)."""

SOURCE_SHIFT: Final = 48
SERIALS: Final = 0x7FFF
"""Stands for the sensor where the object itself has told its serial number."""

PLACE: Final = 0
"""First of three: reported position in the frame in force, at the reported or assumed height."""
UP: Final = 3
"""First of three: local vertical at that place."""
RANGE: Final = 6
AZIMUTH: Final = 7
HEIGHT: Final = 8
"""Height above the ellipsoid (flat scenes: z); NaN where not reported."""
SIGMA: Final = 9
"""Standard deviation of range (polar) or of position per axis (plane)."""
SIGMA_AZIMUTH: Final = 10
SIGMA_HEIGHT: Final = 11
VN: Final = 12
VE: Final = 13
SIGMA_V: Final = 14
MEMORY: Final = 15
"""Longest time in seconds over which errors of successive self-reported positions are taken to be
the same (see kernels/gate.py), 0 for others."""
EXTRAS: Final = 16
"""How many of the next three the report has; 0 spares the filter looking."""
ELEVATION: Final = 17
"""Of the straight line from the antenna; NaN where not reported, as the next two."""
RANGE_RATE: Final = 18
"""Positive where the range grows."""
VU: Final = 19
SIGMA_ELEVATION: Final = 20
SIGMA_RANGE_RATE: Final = 21
SIGMA_VU: Final = 22
BIAS_VAR_RANGE: Final = 23
"""What the sensor's bias that a track has not absorbed adds to the variance of the residual of
range (plane reports: of each axis), and of azimuth; set per pair, 0 in a report."""
BIAS_VAR_AZIMUTH: Final = 24
ASSUMED: Final = 25
"""Height above the ellipsoid of the place; NaN in a flat scene."""
TRACKED: Final = 26
"""1 where the report is another tracker's estimate, else 0; see kernels/intersect.py."""
LEVEL_VAR: Final = 27
"""Variance of what turned a reported level into its height, which all levels of the place share."""
AGE: Final = 28
"""Mean age of a self-reported velocity; 0 of drones, of which it is not known."""
Z_WIDTH: Final = 29
"""Columns of `Measurements.z`."""

(N_RINGS, N_SECTORS) = (32, 60)
"""Cells of a sensor's learned maps: rings of its greatest range, sectors of 6 degrees."""
N_CELLS: Final = N_RINGS * N_SECTORS

(TURNS, LAST_REPORT_S) = range(2)
"""Columns of `Geometry.turns`."""
(FALSE_SUM, FALSE_TURN) = range(2)
"""Columns of `Geometry.false_map`: false reports, faded, and the turn they were last counted in."""
(HIT_SUM, LOOK_SUM) = range(2)
"""Columns of `Geometry.look_map`: detections and looks, faded."""

PAST_ROWS: Final = 8
"""Kept states of a track."""
PAST_WIDTH: Final = 1 + N_STATE + N_STATE * (N_STATE + 1) // 2
"""Columns of one: time (NaN where empty), mean, upper triangle of the covariance."""

N_BIASES: Final = 4
(BIAS_RANGE, BIAS_AZIMUTH, BIAS_TIME, BIAS_ELEVATION) = range(N_BIASES)
"""A sensor's biases, measured minus true: m, rad, s (stamp minus true time), rad."""
BYTES_PER_SENSOR: Final = 8 * (2 + 6 * N_BIASES)
"""What a track has for each sensor: `look_s`, `seen_s` and `bias_gain`."""


class TrackTable(NamedTuple):
    """All tracks, capacity N, with M models of a 7-state and S sensors.

    Few, wide arrays: a table of one array per field cost three times as much to compile and to call
    (design/0003), and what belongs to one track stays in one cache line.
    """

    x: Floats
    """Means (N, M, 7)."""
    P: Floats
    """Covariances (N, M, 7, 7), symmetric."""
    mu: Floats
    """Model probabilities (N, M)."""
    pos: Floats
    """Moment-matched position (N, 3), for the gate."""
    vel: Floats
    """Moment-matched velocity (N, 3)."""
    num: Floats
    """Numbers of each track, see `STATE_TIME` and its neighbours (N, NUM_WIDTH)."""
    tag: Longs
    """Integers of each track, see `STATE` and its neighbours (N, TAG_WIDTH)."""
    near: Floats
    """What the search reads of a track, as last filed, see `model.filing` (N, NEAR_WIDTH)."""
    links: Longs
    """Where each track is filed, see `model.filing` (N, LINKS_WIDTH)."""
    past: Floats
    """Moment-matched states of the last seconds, in turn overwritten (N, 8, 36); see late.py."""
    look_s: Floats
    """Per sensor, time of the last look that counted, NaN where it never saw the track (N, S)."""
    seen_s: Floats
    """Per sensor, time of its last report on the track, NaN where none (N, S)."""
    bias_gain: Floats
    """Sensitivity of position and velocity to each sensor's biases (N, S, 4, 6), if considered."""
    head: Longs
    """First track of each bucket (H,), -1 where empty; the last holds what is too fast."""
    free: Longs
    """Stack of free rows (N,)."""
    by_address: Longs
    """Row last updated under a 24-bit address, by its low 16 bits (65536,), -1 none."""
    counters: Longs
    """Scalars, see `N_FREE` and its neighbours (8,)."""
    watch_s: Floats
    """Times of the first report, of the last sweep, and of the newest state; NaN before (3,)."""


class Geometry(NamedTuple):
    """Sensors as the tracker uses them, S rows."""

    site: Floats
    """Antenna in the frame in force, and its height (S, 4); NaN where unknown."""
    axes: Floats
    """Rows east, north, up of the local frame (S, 3, 3)."""
    range_max_m: Floats
    period_s: Floats
    sigma_range_m: Floats
    sigma_azimuth_rad: Floats
    sigma_position_m: Floats
    p_detection: Floats
    clutter_per_scan: Floats
    height_m: Floats
    """Height assumed for a report that gives none, and its standard deviation (S, 2)."""
    on_surface: Bytes
    """1 where a report without height means the ground."""
    sigma_elevation_rad: Floats
    """NaN where elevations are not used, as the next."""
    sigma_range_rate_mps: Floats
    at_once: Bytes
    """1 where all reports of a look are of one instant: what is not among them was missed."""
    false_area: Floats
    """Area of false reports, m^2 or, of ranges and azimuths, m rad; NaN: that of `range_max_m`."""
    bias_sigma: Floats
    """Standard deviations of what is not known of each sensor's biases, see `BIAS_RANGE` (S, 4);
    sensors that report positions have the time alone."""
    considers: Bytes
    """1 where any of them is above 0 (1,); see kernels/consider.py."""
    level_nodes: Floats
    level_witnesses: Floats
    level_tiles: Floats
    """What turns levels into heights; see `model.pressure`."""
    turns: Floats
    """Turns that each sensor has made, silence left out, and time of its last report (S, 2)."""
    false_map: Floats
    """Learned false reports, bare ones and coded ones, per cell; 0 is all (S, 2, 1 + cells, 2)."""
    look_map: Floats
    """Learned detections per cell; cell 0 is the whole sensor (S, 1 + cells, 2)."""
    beam: Floats
    """Where each sensor's beam is, see `model.beam` (S, 37)."""


LEARNED: Final = (
    "level_nodes", "level_witnesses", "level_tiles", "turns", "false_map", "look_map", "beam",
    "bias_sigma", "considers",
)  # fmt: skip
"""Fields of `Geometry` that are learned: they outlive new sensors and are in checkpoints."""


class Measurements(NamedTuple):
    """Reports made ready for the filter, n rows in processing order."""

    time_s: Floats
    sensor: Longs
    form: Bytes
    z: Floats
    """What the filter uses, see `PLACE` and its neighbours (n, Z_WIDTH)."""
    clutter: Floats
    """False-report density in the measurement's own units (n,)."""
    birth: Floats
    """Density of first reports of new objects, same units (n,)."""
    icao: Ints
    mode3a: Ints
    callsign: Longs
    source: Longs
    """Of another tracker's report, its sensor and track number, `SOURCE_SHIFT` bits apart; of a
    drone's own, `SERIALS` and its packed identity; -1 of any other (n,)."""
    baro_m: Floats
    cell: Longs
    """Cell of the sensor's learned maps, 0 where it has none (n,)."""
    serial: Longs
    """Running number of the report (n,)."""
    spot: Longs
    """Row of `TrackParams.births` that a new object would most likely be from (n,)."""
    row_out: Longs
    """Track row the report went to, -1 none (n,); written by the step."""
    number_out: Longs
    """Number of that track, -1 none (n,); written by the step."""


class Scratch(NamedTuple):
    """Working memory of the step."""

    work: Floats
    """Matrices (8, 7, 7)."""
    line: Floats
    """Vectors (8, 7)."""
    z: Floats
    """A prepared report as one track should see it (Z_WIDTH,)."""
    predicted: Floats
    """Predicted model probabilities (M,)."""
    x: Floats
    """Predicted means (M, 7)."""
    P: Floats
    """Predicted covariances (M, 7, 7)."""
    x_sum: Floats
    """First moments of a mixture (M, 7)."""
    P_sum: Floats
    """Second moments of a mixture (M, 7, 7)."""
    late: Floats
    """Matrices of `kernels.late` (8, 7, 7)."""
    late_line: Floats
    """Vectors of `kernels.late` (4, 7)."""
    gain: Floats
    """Gains that bring a late report's update to the present (M, 7, 7)."""


class Pairs(NamedTuple):
    """Track-report pairs that passed the gate, capacity K, and the scratch of the step."""

    track: Longs
    report: Longs
    local: Longs
    """Index of the pair's track in `rows` (K,)."""
    x: Floats
    """Posterior means (K, M, 7)."""
    P: Floats
    """Posterior covariances (K, M, 7, 7)."""
    mu: Floats
    """Posterior model probabilities (K, M)."""
    time_s: Floats
    """Time of the posterior: the report's, or the track's where it is late (K,)."""
    psi: Floats
    """Association weight against a miss (K,)."""
    taken: Floats
    """Share by which the report counted: 1, or less of another tracker's estimate (K,)."""
    prob: Floats
    """Marginal association probability (K,)."""
    to_report: Floats
    """Belief-propagation messages (K,)."""
    to_track: Floats
    other: Floats
    """Ones (K,): weights are already divided by each report's other explanations."""
    sum_report: Floats
    """Sums per report of a micro-batch (K,)."""
    sum_track: Floats
    """Sums per track of a micro-batch (K,)."""
    rows: Longs
    """Tracks of the micro-batch (K,)."""
    found: Longs
    """Candidates of one report (256,)."""
    first: Longs
    """First pair of each local track (K,)."""
    after: Longs
    """Next pair of the same track (K,), -1 at the end."""
    slot: Longs
    """Track row to index in `rows`, -1 outside (N,)."""
    cluster: Cluster
    scratch: Scratch


FLAT: Final = 0
"""1: flat Cartesian frame, 0: ECEF; the same in every row, and `TrackParams.flat`."""
PSD_H: Final = 1
"""First of N_MODELS: horizontal white-acceleration density per model [m^2/s^3]."""
PSD_V: Final = PSD_H + N_MODELS
"""First of N_MODELS: vertical white-acceleration density per model [m^2/s^3]."""
TURN_PSD: Final = PSD_V + N_MODELS
"""Density of the turn rate's random walk [rad^2/s^3]."""
TURN_VAR: Final = TURN_PSD + 1
"""Variance of an unknown turn rate [rad^2/s^2]."""
LEAVE_RATE: Final = TURN_VAR + 1
"""First of N_MODELS: rate at which each model is left [1/s]."""
ENTER: Final = LEAVE_RATE + N_MODELS
"""First of N_MODELS squared: where a left model goes, by rows that sum to 1, zero diagonal."""
KIND: Final = ENTER + N_MODELS * N_MODELS
"""0: aircraft; 1: the ballistic mode, with its own models; always the last row, and only that."""
BALLISTIC_ROW: Final = -1
"""Its index, as `AREA` holds it."""
LOG_BALLISTIC: Final = KIND + 1
"""Mean logarithm of an unknown ballistic parameter [kg/m^2]; of it `TURN_VAR` is the variance and
`TURN_PSD` the density of its walk in the ballistic mode, whose `PSD_H` hold across the velocity and
`PSD_V` along it."""
LIMIT_SPEED: Final = LOG_BALLISTIC + 1
LIMIT_CLIMB: Final = LIMIT_SPEED + 1
LIMIT_HEIGHT: Final = LIMIT_CLIMB + 1
"""What nothing that flies exceeds: ground speed and vertical rate [m/s], height [m]."""
PSD_ACROSS: Final = LIMIT_HEIGHT + 1
"""Horizontal density of steady flight across its course, as a share of that along it."""
CLIMB_RATE: Final = PSD_ACROSS + 1
"""What a vertical rate adds to the density along the course, times its square [1/s]."""
MOTION_WIDTH: Final = CLIMB_RATE + 1
"""Columns of `TrackParams.motion`."""


class TrackParams(NamedTuple):
    """Numbers of the tracker, SI; made from `track.params.TrackerParams` once."""

    flat: int
    """1: flat Cartesian frame, 0: ECEF."""
    motion: Floats
    """How objects move, one row per area or class, see `FLAT` and its neighbours (A, MOTION_WIDTH);
    a track's row is its `AREA`; the last row is the ballistic mode's. SI."""
    start_sigma: Floats
    """Standard deviations of an unknown start: horizontal and vertical speed; probability of each
    manoeuvre model (3,)."""
    gate: Floats
    """Squared-distance limits by number of components (9,), then the factor with identity."""
    identity: Floats
    """Log likelihood ratios: address same, differs; code same, differs, shared code; another
    tracker's number same, differs (7,)."""
    births_per_scan: float
    """New objects expected per sensor and turn, where `births` gives no rate."""
    births: Floats
    """Where objects appear, see `BIRTH_X` and its neighbours; the first row is everywhere."""
    sigma_baro_m: float
    """Standard deviation of a reported level, encoding included."""
    self_report_memory_s: float
    """Time over which self-reported positions share their error [s]."""
    sigma_velocity_mps: float
    """Standard deviation of a reported velocity per axis."""
    velocity_memory_s: float
    """Time over which self-reported velocities share their error [s]."""
    velocity_lag_s: float
    """Their mean age, and the deviation of that from one object to another [s]."""
    velocity_lag_sigma_s: float
    velocity_lag_memory_s: float
    """Time over which what is wrong in them by their age lasts [s]."""
    sigma_tracked_mps: float
    """Standard deviation of another tracker's velocity per axis."""
    sigma_climb_mps: float
    """Standard deviation of a reported vertical rate."""
    existence: Floats
    """Thresholds and rates, see `CONFIRM_AT` and its neighbours (12,)."""
    learn: int
    """1: detection and false reports per cell are learned; 0: the data sheet's figures hold."""
    late_s: float
    """A report further behind its track than this is late; a nearer one is met by going back."""


(
    CONFIRM_AT, DROP_AT, DROP_CONFIRMED_AT, FADE, RETURN, LOSS, COAST_MAX_S, SPREAD_MAX_M,
    CONFIRM_HITS, DEATH_HZ, SAME_PLACE_M, SAME_SPEED_MPS,
) = range(12)  # fmt: skip
"""Places in `TrackParams.existence`."""

(BIRTH_X, BIRTH_Y, BIRTH_Z, BIRTH_M, BIRTH_MPS, BIRTH_HZ, BIRTH_FIRST) = range(7)
"""Columns of `TrackParams.births`: place in the frame in force and its standard deviation per
horizontal axis [m]; standard deviation of the first velocity per axis [m/s]; new objects per second
and objects before the first look. In the first row, which is everywhere, the last two are per
square metre, and NaN means `births_per_scan`."""


def empty_tracks(capacity: int, n_sensors: int, buckets: int = 1 << 16) -> TrackTable:
    """Make a table with every row free; the first rows are handed out first."""

    def numbers(*shape: int) -> Floats:
        return np.full((capacity, *shape), np.nan)

    counters = np.zeros(8, np.int64)
    counters[N_FREE] = capacity
    counters[NEXT_NUMBER] = 1
    tag = np.full((capacity, TAG_WIDTH), -1, np.int64)
    tag[:, STATE] = FREE
    tag[:, HITS] = 0
    return TrackTable(
        x=np.zeros((capacity, N_MODELS, N_STATE)),
        P=np.zeros((capacity, N_MODELS, N_STATE, N_STATE)),
        mu=np.zeros((capacity, N_MODELS)),
        pos=np.zeros((capacity, 3)),
        vel=np.zeros((capacity, 3)),
        num=numbers(NUM_WIDTH),
        tag=tag,
        near=np.zeros((capacity, NEAR_WIDTH)),
        links=np.full((capacity, LINKS_WIDTH), -1, np.int64),
        past=np.zeros((capacity, PAST_ROWS, PAST_WIDTH)),
        look_s=numbers(n_sensors),
        seen_s=numbers(n_sensors),
        bias_gain=np.zeros((capacity, n_sensors, N_BIASES, 6)),
        head=np.full(buckets + 1, -1, np.int64),
        free=np.arange(capacity - 1, -1, -1, dtype=np.int64),
        by_address=np.full(1 << 16, -1, np.int64),
        counters=counters,
        watch_s=np.full(3, np.nan),
    )


def empty_pairs(capacity: int, n_tracks: int) -> Pairs:
    """Make the scratch of the step for `capacity` pairs and `n_tracks` track rows."""
    return Pairs(
        track=np.zeros(capacity, np.int64),
        report=np.zeros(capacity, np.int64),
        local=np.zeros(capacity, np.int64),
        x=np.zeros((capacity, N_MODELS, N_STATE)),
        P=np.zeros((capacity, N_MODELS, N_STATE, N_STATE)),
        mu=np.zeros((capacity, N_MODELS)),
        time_s=np.zeros(capacity),
        psi=np.zeros(capacity),
        taken=np.ones(capacity),
        prob=np.zeros(capacity),
        to_report=np.zeros(capacity),
        to_track=np.zeros(capacity),
        other=np.ones(capacity),
        sum_report=np.zeros(capacity),
        sum_track=np.zeros(capacity),
        rows=np.zeros(capacity, np.int64),
        found=np.zeros(256, np.int64),
        first=np.zeros(capacity, np.int64),
        after=np.zeros(capacity, np.int64),
        slot=np.full(n_tracks, -1, np.int64),
        cluster=empty_cluster(capacity),
        scratch=empty_scratch(),
    )


def empty_scratch() -> Scratch:
    """Make the working memory of the filter."""
    return Scratch(
        work=np.zeros((8, N_STATE, N_STATE)),
        line=np.zeros((8, N_STATE)),
        z=np.zeros(Z_WIDTH),
        predicted=np.zeros(N_MODELS),
        x=np.zeros((N_MODELS, N_STATE)),
        P=np.zeros((N_MODELS, N_STATE, N_STATE)),
        x_sum=np.zeros((N_MODELS, N_STATE)),
        P_sum=np.zeros((N_MODELS, N_STATE, N_STATE)),
        late=np.zeros((8, N_STATE, N_STATE)),
        late_line=np.zeros((4, N_STATE)),
        gain=np.zeros((N_MODELS, N_STATE, N_STATE)),
    )
