"""What the page can show: every track update of the last hours, in step order.

The pipeline appends from its own thread; every viewer reads at its own playhead. Live and replay
are the same: a live viewer's playhead follows the newest step.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from skypact.model.tracks import TrackRows
from skypact.serve.identity import IdentityTable
from skypact.serve.steplog import StepLog, Structured
from skypact.units import DEGREE

DEGREES_E7: Final = 1e7
"""Positions are kept in units of 1e-7 degrees: 11 mm on the ground."""

CONFIRMED: Final = 1
MANOEUVRE: Final = 2
BALLISTIC: Final = 4
IDENTITY_CHANGED: Final = 128

ROW: Final = np.dtype(
    [("step_s", "<f8"), ("time_s", "<f8"), ("track", "<i8"), ("callsign", "<i8"), ("born_s", "<f8")]
    + [(name, "<i4") for name in ("lat_e7", "lon_e7", "icao", "mode3a")]
    + [(n, "<f4") for n in ("altitude_m", "baro_altitude_m", "vn_mps", "ve_mps", "vu_mps")]
    + [("sigma_m", "<f4")]
    + [(name, "u1") for name in ("existence", "flags", "target_class", "n_sensors")]
)
"""One track update as it is kept: 84 bytes."""

ENDED: Final = np.dtype([("step_s", "<f8"), ("track", "<i8")])


def picture_rows(rows: TrackRows, step_s: float) -> Structured:
    """Compact form of track rows; rows without a finite position are left out.

    Parameters
    ----------
    rows : TrackRows of n rows
        SI and radians.
    step_s : float
        Time of the step that made them, UTC seconds.

    Returns
    -------
    (m,) ROW, m <= n
        Degrees times 1e7; existence in 1/255; the sigma is the root mean square per axis.
    """
    ok = np.isfinite(rows.lat_rad) & np.isfinite(rows.lon_rad) & np.isfinite(rows.time_s)
    out = np.zeros(int(np.count_nonzero(ok)), ROW)
    out["step_s"] = step_s
    for name in ("time_s", "track", "callsign", "icao", "mode3a", "altitude_m", "baro_altitude_m"):
        out[name] = getattr(rows, name)[ok]
    for name in ("vn_mps", "ve_mps", "vu_mps"):
        out[name] = getattr(rows, name)[ok]
    out["born_s"] = rows.time_s[ok] - np.nan_to_num(rows.age_s[ok])
    out["lat_e7"] = np.rint(rows.lat_rad[ok] / DEGREE * DEGREES_E7)
    lon_deg = (rows.lon_rad[ok] / DEGREE + 180.0) % 360.0 - 180.0
    out["lon_e7"] = np.rint(lon_deg * DEGREES_E7)
    out["sigma_m"] = np.sqrt((rows.sigma_n_m[ok] ** 2 + rows.sigma_e_m[ok] ** 2) / 2.0)
    out["existence"] = np.rint(np.clip(np.nan_to_num(rows.existence[ok]), 0.0, 1.0) * 255.0)
    flags = np.where(rows.confirmed[ok] > 0, CONFIRMED, 0)
    flags |= np.where(rows.p_manoeuvre[ok] > 0.5, MANOEUVRE, 0)
    out["flags"] = flags | np.where(rows.p_ballistic[ok] > 0.5, BALLISTIC, 0)
    out["target_class"] = np.clip(rows.target_class[ok], 0, 255)
    out["n_sensors"] = np.clip(rows.n_sensors[ok], 0, 255)
    return out


def last_per_track(rows: Structured) -> Structured:
    """Keep the newest row of each track, sorted by track number; `rows` are in step order."""
    if not rows.size:
        return rows
    order = np.argsort(rows["track"], kind="stable")
    track = rows["track"][order]
    is_last = np.ones(track.size, np.bool_)
    is_last[:-1] = track[1:] != track[:-1]
    return rows[order[is_last]]


class TrackHistory:
    """Track updates of the last `max_s` seconds, appended step by step, read at any time.

    Parameters
    ----------
    max_s : float
        Older updates are forgotten, a block at a time.
    max_rows : int
        Bound on memory: 84 bytes each, so the default is about 340 MB.
    hold_s : float
        A track not updated for this long is no longer shown.
    """

    def __init__(
        self, max_s: float = 6 * 3600.0, max_rows: int = 4_000_000, hold_s: float = 60.0
    ) -> None:
        self.hold_s = hold_s
        self.complete = False
        """True when the recording has been processed to its end (`finish`)."""
        self.n_unplaced = 0
        """Rows that had no finite position and are not shown."""
        self._max_s = max_s
        self._rows = StepLog(ROW, max_rows)
        self._ended = StepLog(ENDED, max_rows)
        self._identity = IdentityTable()
        self._first_s = np.nan
        self._last_s = np.nan

    def append(self, rows: TrackRows, ended: npt.NDArray[np.int64], now_s: float) -> None:
        """Add one step's updates and the tracks it ended. Call it for empty steps, too: time moves.

        Parameters
        ----------
        rows : TrackRows of n rows
            Updates of this step.
        ended : (k,) int64
            Numbers of tracks that exist no more.
        now_s : float
            Time of the step, UTC seconds; never before the last one.
        """
        picture = picture_rows(rows, now_s)
        self.n_unplaced += rows.time_s.size - picture.size
        self._identity.forget_before(now_s - self.hold_s)
        picture["flags"] |= np.where(self._identity.changed(picture), IDENTITY_CHANGED, 0).astype(
            "u1"
        )
        gone = np.zeros(ended.size, ENDED)
        gone["step_s"], gone["track"] = now_s, ended
        self._rows.append(picture)
        self._ended.append(gone)
        if ended.size:
            self._identity.forget(ended)
        for log in (self._rows, self._ended):
            log.forget_before(now_s - self._max_s)
        self._last_s = now_s
        if np.isnan(self._first_s):
            self._first_s = now_s
        elif self._rows.n_dropped:
            self._first_s = max(self._first_s, self._rows.first_step_s())

    def finish(self) -> None:
        """Say that no more steps will come: the recording is at its end."""
        self.complete = True

    @property
    def first_s(self) -> float:
        """Oldest time that can be shown, UTC seconds; NaN before the first step."""
        return self._first_s

    @property
    def last_s(self) -> float:
        """Newest step, UTC seconds; NaN before the first step."""
        return self._last_s

    def __len__(self) -> int:
        """Rows kept."""
        return len(self._rows)

    def rows_between(self, after_s: float, until_s: float) -> Structured:
        """Read the updates with ``after_s < step_s <= until_s`` in step order, (n,) ROW."""
        return self._rows.between(after_s, until_s)

    def rows_parts(self, after_s: float, until_s: float) -> list[Structured]:
        """Read the same updates in parts that are not copied; they are not to be written."""
        return self._rows.parts(after_s, until_s)

    def ended_between(self, after_s: float, until_s: float) -> npt.NDArray[np.int64]:
        """Numbers of the tracks that ended with ``after_s < step_s <= until_s``."""
        return np.ascontiguousarray(self._ended.between(after_s, until_s)["track"])

    def state_at(self, time_s: float) -> Structured:
        """Last update of every track alive at `time_s` and not silent for `hold_s`, (n,) ROW."""
        after_s = time_s - self.hold_s
        rows = last_per_track(self.rows_between(after_s, time_s))
        return rows[~np.isin(rows["track"], self.ended_between(after_s, time_s))]

    def trails_at(
        self, time_s: float, tracks: npt.NDArray[np.int64], trail_s: float, every_s: float
    ) -> Structured:
        """Past updates of `tracks`, at most one per `every_s`, sorted by track and then by step.

        Parameters
        ----------
        time_s : float
            End of the trails, UTC seconds.
        tracks : (k,) int64
            Whose trails; others are left out.
        trail_s, every_s : float
            Length of the trails and least spacing of their points, seconds.
        """
        rows = self.rows_between(time_s - trail_s, time_s)
        rows = rows[np.isin(rows["track"], tracks)]
        rows = rows[np.argsort(rows["track"], kind="stable")]
        bucket = np.floor(rows["step_s"] / every_s)
        is_last = np.ones(rows.size, np.bool_)
        is_last[:-1] = (np.diff(rows["track"]) != 0) | (np.diff(bucket) != 0)
        return rows[is_last]
