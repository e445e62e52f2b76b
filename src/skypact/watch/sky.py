"""What rules look at: the picture at one instant, and what was heard since the last look."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from skypact.model.freeflight import FreeStates, no_free_states
from skypact.model.reports import Floats, Longs, ReportBatch, empty_reports
from skypact.model.tracks import TrackRows
from skypact.rules.common import Severity

EARTH_M: Final = 6_371_008.8
"""Mean radius (IUGG)."""
_NAN: Final = float("nan")


class SensorLook(NamedTuple):
    """How one sensor fares."""

    name: str
    kind: str
    state: str
    """``unknown``, ``operational``, ``degraded``, ``out``, ``silent``, as the unit tells it."""
    lat_rad: float = _NAN
    lon_rad: float = _NAN
    height_m: float = _NAN
    range_max_m: float = _NAN
    period_s: float = _NAN
    clock_offset_s: float = _NAN
    p_detection: float = _NAN
    """Probability that a turn detects an object, by the data sheet."""
    sigma_range_m: float = _NAN
    """Standard deviations, by the data sheet."""
    sigma_azimuth_rad: float = _NAN
    sigma_position_m: float = _NAN
    tells_of_itself: bool = True
    """It sends service messages: heard under an empty sky, too."""
    biases: Mapping[str, Any] = {}
    """Estimated, each value and sigma."""


class Sky(NamedTuple):
    """The picture of confirmed tracks at one instant.

    Rows are in order of their track numbers. Places are those of the last update carried on with
    its velocity to `now_s`.
    """

    now_s: float
    """UTC seconds since 1970."""
    rows: TrackRows
    """The newest update of each track, (n,)."""
    lat_rad: Floats
    lon_rad: Floats
    altitude_m: Floats
    """Above the WGS-84 ellipsoid, NaN where unknown."""
    quiet_s: Floats
    """Time since the last update."""
    sensors: tuple[SensorLook, ...] = ()
    reports: ReportBatch = empty_reports(0)
    """Reports that were used since the last look, in order of arrival, (m,)."""
    report_track: Longs = np.zeros(0, np.int64)
    """The track of each, -1 for none."""
    is_overloaded: bool = False
    """Reports are left out: what is not seen may be there."""
    free: FreeStates = no_free_states()
    """Tracks that may be in free flight, not yet confirmed ones as well."""


class Finding(NamedTuple):
    """Something that a rule found at one look.

    What is found again under its key is the same matter; the alert goes on.
    """

    key: str
    tracks: tuple[int, ...] = ()
    severity: Severity = "moderate"
    holds: bool = True
    """False: only enough to go on with an alert that there is, not to raise one."""
    event_time_s: float = _NAN
    """When what it tells of happens or happened."""
    area: Mapping[str, Any] | None = None
    """GeoJSON geometry."""
    evidence: Mapping[str, Any] = {}
    """Figures and words, as JSON holds them; they say why."""


def sky_of(
    rows: TrackRows,
    now_s: float,
    sensors: tuple[SensorLook, ...] = (),
    reports: ReportBatch | None = None,
    report_track: Longs | None = None,
    is_overloaded: bool = False,
) -> Sky:
    """Carry the newest rows of tracks on to `now_s`.

    Parameters
    ----------
    rows : TrackRows (n,)
        One for each track, in order of their numbers.
    now_s : float
        UTC seconds.
    sensors, reports, report_track, is_overloaded
        As in `Sky`.
    """
    quiet_s = now_s - rows.time_s
    north_m, east_m = (np.nan_to_num(v) * quiet_s for v in (rows.vn_mps, rows.ve_mps))
    climbed_m = np.nan_to_num(rows.vu_mps) * quiet_s
    lat_rad, lon_rad = moved(rows.lat_rad, rows.lon_rad, north_m, east_m)
    reports = empty_reports(0) if reports is None else reports
    report_track = np.zeros(0, np.int64) if report_track is None else report_track
    return Sky(
        now_s, rows, lat_rad, lon_rad, rows.altitude_m + climbed_m, quiet_s,
        sensors, reports, report_track, is_overloaded,
    )  # fmt: skip


def moved(
    lat_rad: Floats, lon_rad: Floats, north_m: Floats, east_m: Floats
) -> tuple[Floats, Floats]:
    """Places (n,) so many metres away; on a sphere, for distances of some tens of kilometres.

    Who flies north over the pole comes down on the other side of it.
    """
    lat = lat_rad + north_m / EARTH_M
    lon = lon_rad + east_m / (EARTH_M * np.maximum(1e-6, np.cos(lat_rad)))
    beyond = np.abs(lat) > 0.5 * np.pi
    if beyond.any():
        lon = lon + np.where(beyond & (np.cos(lat) < 0.0), np.pi, 0.0)
        lat = np.where(beyond, np.arcsin(np.sin(lat)), lat)
    return lat, (lon + np.pi) % (2.0 * np.pi) - np.pi
