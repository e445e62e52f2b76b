"""Parts of a scenario file: what flies, the air, the radars' and other sensors' options, faults.

Every part is a frozen struct with its limits; unknown keys are errors (`simulate.scenario`).
Angles are degrees and lengths metres, as in every file that people write.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from skypact.config import Height, Latitude, Longitude, NotNegative, Positive

Share = Annotated[float, Meta(ge=0, le=1)]
Weight = Annotated[float, Meta(gt=0)]
Course = Annotated[float, Meta(ge=0, lt=360)]
FleetKind = Literal["airliner", "light", "helicopter", "fast", "drone"]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all parts: frozen, keyword-only, unknown keys refused."""


# What flies


class Place(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named point: where transit routes begin and end, or a fix between them."""

    name: Annotated[str, Meta(min_length=1)]
    lat: Latitude
    lon: Longitude


class Airport(Place, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A threshold, and the course on which aircraft depart and approach."""

    height_m: Height
    """Threshold above the WGS-84 ellipsoid."""
    runway_deg: Course = 0.0
    weight: Weight = 1.0
    """Share of the movements, relative to the other airports."""


class Area(Place, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A training area of fast aircraft, with the base in its middle."""

    height_m: Height
    radius_m: Annotated[float, Meta(ge=5_000, le=200_000)]


class Pad(Place, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where drones start, and how far from it they work."""

    height_m: Height
    radius_m: Annotated[float, Meta(ge=100, le=30_000)] = 2_000.0


class Fleet(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many aircraft of a kind are in the air at any time, and what they carry."""

    kind: FleetKind
    count: Annotated[int, Meta(ge=0, le=200_000)]
    transponder: Share | None = None
    """Share with a transponder; the others are seen by primary radar only. None: 1, drones 0."""
    modes: Share = 1.0
    """Share of those with a transponder whose transponder is Mode S."""
    adsb: Share = 0.9
    """Share of those with Mode S that broadcast ADS-B."""
    remote_id: Share = 0.9
    """Share of drones that broadcast a remote identification."""


class Traffic(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How airliners' flights are shared among kinds of route."""

    transit: Share = 0.55
    """From one entry point to another."""
    domestic: Share = 0.1
    """Between two airports of the scenario; the rest arrive or depart, half and half."""
    hold: Share = 0.08
    """Share of arrivals that hold before the approach."""


class Balloon(Place, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Balloons released at one place, which rise and drift with the wind."""

    height_m: Height
    """Where they are released, above the ellipsoid."""
    count: Annotated[int, Meta(ge=1, le=10_000)] = 1
    start_s: NotNegative = 0.0
    """First release after the scene's start."""
    interval_s: NotNegative = 60.0
    """Between two releases."""
    scatter_m: NotNegative = 200.0
    """Standard deviation of the place of release, per axis."""
    ascent_mps: Annotated[float, Meta(gt=0, le=20)] = 5.0
    float_m: Annotated[float, Meta(gt=0, le=40_000)] = 12_000.0
    """Height at which they stop to rise, or burst."""
    bursts: bool = False
    """Burst there and fall; else float on at that height."""
    cross_section: Annotated[float, Meta(gt=0, le=10)] = 0.02
    """Radar cross-section against an airliner's."""


class Ballistic(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ballistic flight between two places, or several on like paths."""

    name: Annotated[str, Meta(min_length=1)]
    from_lat: Latitude
    from_lon: Longitude
    to_lat: Latitude
    to_lon: Longitude
    start_s: NotNegative = 60.0
    """Launch after the scene's start."""
    count: Annotated[int, Meta(ge=1, le=1_000)] = 1
    interval_s: NotNegative = 30.0
    scatter_m: NotNegative = 0.0
    """Standard deviation of both ends, per axis."""
    flight_s: Annotated[float, Meta(ge=60, le=5_400)] | None = None
    """Time of free flight; longer than the least-energy path's is lofted. None: least energy."""
    ballistic_kgpm2: Annotated[float, Meta(ge=500, le=100_000)] = 8_000.0
    """Mass over drag area (ballistic parameter)."""
    boost_s: Annotated[float, Meta(ge=0, le=300)] = 60.0
    """Coarse powered phase, shown to the sensors before free flight begins; 0 leaves it out."""
    cross_section: Annotated[float, Meta(gt=0, le=10)] = 0.01


class Satellite(Place, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Satellites on circular orbits, each passing over a place or near it; seen by echo alone."""

    height_m: Annotated[float, Meta(ge=200_000, le=2_000_000)] = 550_000.0
    course_deg: Course | None = None
    """Of the inertial velocity over the place. None: drawn, any."""
    count: Annotated[int, Meta(ge=1, le=1_000)] = 1
    start_s: NotNegative = 600.0
    """When the first is over its place."""
    interval_s: NotNegative = 300.0
    scatter_m: NotNegative = 100_000.0
    """Standard deviation of the place, per axis."""
    cross_section: Annotated[float, Meta(gt=0, le=10)] = 0.05


class Zoom(Place, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Zoom climbs of fast aircraft: a pull-up, free fall over the top, a pull-out."""

    level_m: Annotated[float, Meta(ge=3_000, le=18_000)] = 13_000.0
    """Height above the ellipsoid from which it pulls up."""
    top_m: Annotated[float, Meta(ge=5_000, le=40_000)] = 20_000.0
    """Highest point above the ellipsoid."""
    speed_mps: Annotated[float, Meta(ge=200, le=900)] = 443.0
    """Before the pull-up; Mach 1.5 above 11 km."""
    course_deg: Course | None = None
    """Over ground. None: drawn, any."""
    count: Annotated[int, Meta(ge=1, le=1_000)] = 1
    start_s: NotNegative = 60.0
    """Beginning of the first one's level run, 90 s before its pull-up."""
    interval_s: NotNegative = 300.0
    scatter_m: NotNegative = 20_000.0
    """Standard deviation of where the level run begins, per axis."""
    transponder: Share = 0.5
    modes: Share = 0.7
    adsb: Share = 0.0
    cross_section: Annotated[float, Meta(gt=0, le=10)] = 0.1


class Recorded(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Trajectories recorded in the real world, flown again as truth."""

    file: Annotated[str, Meta(min_length=1)]
    """Relative to the scenario file: ``.json.gz`` or ``.csv`` as in the trajectory collections, or
    ``.parquet`` with the columns of ``truth.parquet``."""
    start_s: NotNegative = 0.0
    """When the recording's first instant is played, after the scene's start."""
    skip_s: NotNegative = 0.0
    """Left out at the recording's beginning."""
    gap_s: Positive = 60.0
    """A pause longer than this ends a trajectory; the rest is another flight."""
    limit: Annotated[int, Meta(ge=1)] | None = None
    """At most so many trajectories, the first ones."""
    transponder: Share = 1.0
    modes: Share = 1.0
    adsb: Share = 0.9


class Flock(Place, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Birds on their way: slow, low, seen by primary radar alone, and no objects of the truth."""

    count: Annotated[int, Meta(ge=1, le=10_000)]
    height_m: Height = 600.0
    spread_m: Positive = 20_000.0
    """Standard deviation of the birds' places, per axis."""
    course_deg: Course = 45.0
    speed_mps: Annotated[float, Meta(gt=0, le=40)] = 16.0
    cross_section: Annotated[float, Meta(gt=0, le=1)] = 0.001


# The air


class Air(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands between pressure altitude and height above the ellipsoid, and the ground."""

    undulation_m: Annotated[float, Meta(ge=-110, le=90)] = 45.0
    """Geoid above the ellipsoid in the scene, which is also where the sea lies."""
    ground_m: Height = 150.0
    """Ground above the ellipsoid, for the radio horizon."""
    offset_m: Annotated[float, Meta(ge=-500, le=500)] = 40.0
    """Height above mean sea level minus pressure altitude, at sea level, on average."""
    wave_m: Annotated[float, Meta(ge=0, le=300)] = 30.0
    """Amplitude of its slow change over some 600 km and 6 hours."""
    warm: Annotated[float, Meta(ge=-0.1, le=0.1)] = 0.008
    """Growth per metre of height: a column warmer than the standard atmosphere is taller."""


class Wind(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Wind by height, linear between the levels, and gusts about it; balloons drift with it."""

    height_m: tuple[Height, ...] = (0.0, 3_000.0, 10_000.0, 20_000.0, 35_000.0)
    speed_mps: tuple[NotNegative, ...] = (4.0, 10.0, 28.0, 12.0, 20.0)
    from_deg: tuple[Course, ...] = (250.0, 270.0, 280.0, 285.0, 90.0)
    """Where the wind blows from."""
    gust_mps: Annotated[float, Meta(ge=0, le=20)] = 1.5
    """Standard deviation per axis of what is added, correlated over `gust_s` and some 50 km."""
    gust_s: Positive = 300.0


class Gnss(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An area and time in which satellite positions are lost or forged."""

    kind: Literal["loss", "forged"] = "loss"
    lat: Latitude
    lon: Longitude
    radius_m: Positive
    start_s: NotNegative = 0.0
    """After the scene's start."""
    end_s: Positive = 86_400.0
    shift_north_m: float = 0.0
    """What a forged position is off by; it grows to this over `ramp_s`."""
    shift_east_m: float = 0.0
    ramp_s: NotNegative = 60.0


class Ghost(Place, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An aircraft that is not there: a transmitter on the ground sends its ADS-B messages.

    `lat` and `lon` are where the transmitter stands, which decides who receives it.
    """

    from_lat: Latitude
    from_lon: Longitude
    course_deg: Course
    speed_mps: Positive = 230.0
    level_m: Height = 10_000.0
    start_s: NotNegative = 0.0
    end_s: Positive = 86_400.0
    icao: Annotated[int, Meta(ge=1, le=0xFFFFFF)] | None = None
    """Its address; None draws one, and 'the first flight's address' is ``copies``."""
    copies: bool = False
    """Send the address of a real flight in the scene."""


# Errors of sensors


class Noise(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How measurements stray beyond their data sheet."""

    outlier_share: Share = 0.02
    """Share of radar and multilateration measurements that are heavy-tailed."""
    outlier_scale: Positive = 3.0
    """Those follow Student's t with 2 degrees of freedom, of this many sigmas."""


class BiasDraw(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standard deviations from which the biases of every radar are drawn, beside its own ones."""

    sigma_range_m: NotNegative = 0.0
    sigma_range_gain: NotNegative = 0.0
    sigma_azimuth_deg: NotNegative = 0.0
    sigma_elevation_deg: NotNegative = 0.0
    sigma_time_s: NotNegative = 0.0


class Hotspot(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place with more false plots than elsewhere: a town, a wind farm, a coast."""

    range_m: Positive
    azimuth_deg: Course
    radius_m: Positive = 3_000.0
    """Standard deviation per axis of the plots' places."""
    per_scan: Positive = 2.0
    """False plots a turn."""


class Reflector(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A surface that sends secondary replies back by a detour: the aircraft is seen twice."""

    range_m: Positive
    """Distance of the surface from the radar."""
    azimuth_deg: Course
    facing_deg: Course
    """Where the surface faces (its normal)."""
    width_deg: Annotated[float, Meta(gt=0, le=60)] = 4.0
    """Azimuths over which the beam illuminates it."""
    share: Share = 0.3
    """Probability that a reply by this way is detected."""


class Drift(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Biases that change: a rate each, and one step at one time."""

    range_m_per_h: float = 0.0
    azimuth_deg_per_h: float = 0.0
    time_s_per_h: float = 0.0
    step_at_s: NotNegative | None = None
    """After the scene's start."""
    step_range_m: float = 0.0
    step_azimuth_deg: float = 0.0
    step_time_s: float = 0.0


class RadarOptions(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a data sheet leaves open: the channels of a radar, how it sends, how it errs.

    A radar measures elevation and range rate where its data sheet gives their sigmas
    (``sigma_elevation_deg``, ``sigma_range_rate_mps`` of the ``[[sensor]]`` entry).
    """

    primary: bool = False
    secondary: bool = True
    modes: bool = True
    """The secondary channel selects by Mode S address; else it knows Mode A and C only."""
    primary_range_m: Positive = 111_120.0
    """Where primary detection of an airliner falls to a half; clutter reaches as far."""
    sectors: Annotated[int, Meta(ge=4, le=256)] = 32
    """Sectors per turn, one datagram each."""
    cone_deg: Annotated[float, Meta(gt=0, le=90)] = 45.0
    """Elevation above which nothing is seen."""
    delay_min_s: NotNegative = 0.1
    delay_max_s: NotNegative = 0.4
    cell_range_m: NotNegative = 0.0
    """Two echoes nearer than this and `cell_azimuth_deg` make one plot between them; 0: never."""
    cell_azimuth_deg: NotNegative = 1.5
    split_share: Share = 0.0
    """Share of plots that come out as two."""
    garble_share: Share = 0.0
    """Share of code and altitude replies garbled where two aircraft reply at once (within 20.3
    microseconds of range and the beam's width); Mode S replies are not garbled."""
    code_error_share: Share = 0.0
    """Share of Mode A codes and Mode C levels with a wrong bit, anywhere."""
    unambiguous_m: Positive | None = None
    """Primary range beyond which echoes come back in the next pulse's time: second-trip echoes
    appear so much too near. None: there are none."""
    hotspot: tuple[Hotspot, ...] = ()
    reflector: tuple[Reflector, ...] = ()
    drift: Drift = Drift()


class AdsbOptions(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an ADS-B ground station is sent wrongly."""

    wrong_altitude_share: Share = 0.0
    """Share of messages whose altitudes are absurd: anything that the items can hold."""
    broken_share: Share = 0.0
    """Share of aircraft whose altitudes run away: up and down between the ground and 38 km."""
    broken_mps: Positive = 1_000.0
    """How fast these run."""


class Station(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One receiver of a multilateration system."""

    lat: Latitude
    lon: Longitude
    height_m: Height


class MlatOptions(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Stations of a multilateration system; accuracy follows from where they stand."""

    station: tuple[Station, ...] = ()
    """None: the same accuracy (``sigma_position_m``) everywhere."""
    sigma_time_ns: Positive = 15.0
    """Standard deviation of one station's time of arrival."""
    least_stations: Annotated[int, Meta(ge=3, le=20)] = 4
    station_detection: Share = 0.95
    """Probability that a station in sight receives one transmission."""
    worst_sigma_m: Positive = 350.0
    """A solution worse than this is not sent."""


class Fault(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes wrong on one sensor's way to us. Times count from the scene's start."""

    outage: tuple[tuple[NotNegative, Positive], ...] = ()
    """Pairs of start and end: nothing is sent."""
    loss_share: Share = 0.0
    """Datagrams lost."""
    delay_min_s: NotNegative | None = None
    """Instead of the usual delay of this kind of sensor."""
    delay_max_s: NotNegative | None = None
    late_share: Share = 0.0
    """Datagrams that take `late_s` longer, and are overtaken by others: reordering."""
    late_s: NotNegative = 3.0
    duplicate_share: Share = 0.0
    """Datagrams that arrive twice: 1 is a second network with all of them."""
    duplicate_delay_s: NotNegative = 0.02
    clock_step_at_s: NotNegative | None = None
    clock_step_s: float = 0.0
    """What the sensor's stamps jump by."""
