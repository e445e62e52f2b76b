"""Tracks smoothed after the fact: each one's reports filtered forward and smoothed backward.

For reconstruction: what happened, by all that was ever reported, not what could be known at the
time. Which report went to which track is what the tracker's pass over the stream decided.
"""

from typing import Final, NamedTuple

import numpy as np

from skypact.kernels.backward import Passage, empty_branches, smooth_backward
from skypact.kernels.prepare import prepare
from skypact.kernels.smooth import (
    LEFT_OUT,
    WILD,
    empty_passage,
    export_path,
    filter_forward,
    judge_again,
)
from skypact.model.reports import Floats, Longs, ReportBatch
from skypact.model.tracking import (
    ADDRESS,
    AREA,
    BARO_M,
    BORN,
    CALLSIGN,
    CODE,
    CONFIRMED,
    CRUISE,
    FADED,
    HIGH_WATER,
    LAST_SELF,
    MEMORY,
    NUMBER,
    PLACE,
    PSD_H,
    SIGMA,
    SIGMA_V,
    STATE,
    STATE_TIME,
    TENTATIVE,
    TRACKER_MADE,
    VELOCITY_S,
    VISIBLE,
    VN,
    Geometry,
    Measurements,
    empty_scratch,
    empty_tracks,
)
from skypact.model.tracks import TRACK_DTYPES, TrackRows, concat_rows
from skypact.track.considered import density_of_velocities, error_memory_s
from skypact.track.tracker import StepEvents, Tracker, empty_measurements, rows_from

ROUNDS: Final = 3
"""How often a track is smoothed at most; each time its reports are judged by the path found."""
BLOCK: Final = 20_000
"""Reports that are gathered before ended tracks are smoothed."""
MOST: Final = 2_048
"""A track with so many reports is smoothed as far as its newest reports cannot reach."""
REACH_S: Final = 240.0
"""What is reported this much later moves a state no more: many times the filter's memory."""
SIGMA_N, SIGMA_E, CORR_NE = (
    list(TRACK_DTYPES).index(name) for name in ("sigma_n_m", "sigma_e_m", "corr_ne")
)
ORIGIN_LABEL: Final = 6
"""Column of the labels that says where a position comes from."""
LEAST_REPORTS: Final = 2
"""A track with fewer reports is no trajectory."""


class Pending(NamedTuple):
    """Reports of tracks not smoothed yet, n rows, as `Tracker.inputs` gives them."""

    piece: Longs
    """Index of the piece that each report is of (n,)."""
    f: Floats
    labels: Longs
    ground: Floats


class Piece:
    """What one row of the tracker's table was while it followed one object."""

    def __init__(self, number: int, birth_s: float) -> None:
        self.number = number
        """Its latest public number."""
        self.birth_s = birth_s
        self.until_s = np.inf
        """From here on another piece has the number."""
        self.exists = 0.0
        """Largest probability of existence that the tracker gave it."""
        self.confirmed = False
        self.over = False
        self.is_told: bool | None = None
        """Whether it is written as another tracker tells it; None until its first part is."""
        self.carried: Carried | None = None


class Carried(NamedTuple):
    """Where a track whose older part is smoothed and written goes on."""

    passage: Passage
    """One filtered state, before the reports still pending."""
    num: Floats
    tag: Longs


def join(parts: list[Pending]) -> Pending:
    """Join parts in order; at least one."""
    return Pending._make(np.concatenate(columns) for columns in zip(*parts, strict=True))


def pick(pending: Pending, rows: Longs | slice) -> Pending:
    """Rows selected, in that order."""
    return Pending._make(column[rows] for column in pending)


def without_double(reports: Pending, end: int, settled: bool | None) -> tuple[Pending, int, bool]:
    """Keep what one pass may use: measurements, or else another tracker's estimates alone.

    Estimates cannot be smoothed, since nobody knows what their errors share. A track that most of
    its reports are estimates of is written as these tell it, one by one; of any other they are
    left out. What a long track's first part `settled` holds for all of it, so that it does not turn
    from one into the other and back; only a part that has nothing of that kind is of the other.

    Returns
    -------
    (Pending, int, bool)
        The reports, how many of the first `end` are left, and whether they are estimates.
    """
    made = reports.labels[:, ORIGIN_LABEL] == TRACKER_MADE
    is_mixed = bool(made.any()) and not bool(made.all())
    is_told = bool(2 * np.count_nonzero(made) > len(made))
    if is_mixed and settled is not None:
        is_told = settled
    keep = made if is_told else ~made
    return pick(reports, np.flatnonzero(keep)), int(np.count_nonzero(keep[:end])), is_told


class Smoother:
    """Smoothed tracks of a recording, beside the tracker that follows it.

    Parameters
    ----------
    tracker : Tracker
        The one that is stepped; its sensors, parameters and learned tables are used, never changed.

    Notes
    -----
    A track is smoothed some time after it ended, so memory holds the reports of live tracks only,
    at most about `MOST` of each. Rows come track by track.
    """

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._held: list[Pending] = []
        self._held_from = 0
        self._done = np.zeros(0, np.bool_)
        self._parts: list[Pending] = []
        self._gathered = 0
        self._limit = BLOCK
        self._pieces: dict[int, Piece] = {}
        self._n_pieces = 0
        self._of_number: dict[int, int] = {}
        self._scratch, self._branches = empty_scratch(), empty_branches()
        self._spare = empty_passage(1)
        self._row = empty_tracks(1, len(tracker.sensors.kind), buckets=1)
        self.counts = dict.fromkeys(
            ("tracks", "rows", "reports", "left_out", "wild", "begun_anew"), 0
        )
        """What became of the reports: used ones, those left out because they do not fit, those
        used with the noise of wild ones; and how often a track was begun anew."""

    def take(self, batch: ReportBatch, events: StepEvents) -> TrackRows:
        """Note what a step of the tracker did with its reports.

        Parameters
        ----------
        batch : ReportBatch
            As given to the step; empty for `Tracker.flush`.
        events : StepEvents
            As the step returned it.

        Returns
        -------
        TrackRows
            Smoothed rows of tracks that are over, most often none.
        """
        if len(batch.time_s):
            nobody = np.full(len(batch.time_s), -1, np.int64)
            self._held.append(Pending(nobody, *self._tracker.inputs(batch)))
            self._done = np.concatenate([self._done, np.zeros(len(batch.time_s), np.bool_)])
        last = max(np.max(events.report_part, initial=0), np.max(events.ended_part, initial=0))
        for part in range(int(last) + 1):
            mine = events.report_part == part
            self._settle(events.report_index[mine], events.report_track[mine])
            self._note(events.rows)
            gone = events.ended_part == part
            ends = zip(events.ended[gone].tolist(), events.heirs[gone].tolist(), strict=True)
            for number, heir in ends:
                self._end(number, heir)
        return self._smooth_ready() if self._gathered >= self._limit else concat_rows([])

    def finish(self) -> TrackRows:
        """Smooth every track that is left: the recording has ended."""
        return self._smooth_ready(everything=True)

    def _settle(self, index: Longs, track: Longs) -> None:
        """Move processed reports, by their running numbers, from the held ones to their tracks."""
        if not len(index):
            return
        held = self._held[0] if len(self._held) == 1 else join(self._held)
        place = index - self._held_from
        self._done[place] = True
        tracked = track >= 0
        if tracked.any():
            part = pick(held, place[tracked])
            piece = self._piece_of(track[tracked], part.f[:, 0])
            self._parts.append(part._replace(piece=piece))
            self._gathered += len(piece)
        left = np.flatnonzero(~self._done)
        first = int(left[0]) if left.size else len(self._done)
        self._held = [pick(held, slice(first, None))]
        self._done = self._done[first:]
        self._held_from += first

    def _piece_of(self, number: Longs, time_s: Floats) -> Longs:
        """Pieces that have the public numbers (n,) of reports now; new ones where there is none."""
        distinct, first, index = np.unique(number, return_index=True, return_inverse=True)
        pieces = np.empty(len(distinct), np.int64)
        for i, value in enumerate(distinct.tolist()):
            if value not in self._of_number:
                self._of_number[value] = self._n_pieces
                self._pieces[self._n_pieces] = Piece(value, float(time_s[first[i]]))
                self._n_pieces += 1
            pieces[i] = self._of_number[value]
        return np.asarray(pieces[index])

    def _note(self, rows: TrackRows) -> None:
        """Remember how sure the tracker ever was of each track."""
        for number, exists, confirmed in zip(
            rows.track.tolist(), rows.existence.tolist(), rows.confirmed.tolist(), strict=True
        ):
            if number in self._of_number:
                piece = self._pieces[self._of_number[number]]
                piece.exists = max(piece.exists, exists)
                piece.confirmed |= confirmed > 0

    def _end(self, number: int, heir: int) -> None:
        """Take note that a number ended, and under which one its track goes on, -1 for none."""
        ended = self._of_number.pop(number, -1)
        if ended < 0:
            return
        piece = self._pieces[ended]
        if heir < 0:
            piece.over = True
            return
        older = self._of_number.get(heir, -1)
        if older >= 0:
            self._pieces[older].over = True
            self._pieces[older].until_s = piece.birth_s
        piece.number = heir
        self._of_number[heir] = ended

    def _smooth_ready(self, *, everything: bool = False) -> TrackRows:
        """Smooth what is over, and the older part of what is long; keep the rest."""
        if not self._parts:
            return concat_rows([])
        pending = join(self._parts)
        pending = pick(pending, np.lexsort((pending.f[:, 0], pending.piece)))
        first = np.flatnonzero(np.diff(pending.piece, prepend=-1))
        last = np.append(first[1:], len(pending.piece))
        geometry = Geometry._make(np.copy(column) for column in self._tracker.geometry)
        keep = np.ones(len(pending.piece), np.bool_)
        rows = []
        for a, b in zip(first.tolist(), last.tolist(), strict=True):
            piece = self._pieces[int(pending.piece[a])]
            over = everything or piece.over
            if not over and b - a < MOST:
                continue
            end = b - a if over else settled_part(pending.f[a:b, 0])
            rows.append(self._smoothed(pick(pending, slice(a, b)), end, piece, geometry))
            keep[a : a + end] = False
        self._pieces = {i: piece for i, piece in self._pieces.items() if not piece.over}
        left = pick(pending, np.flatnonzero(keep))
        self._parts = [left] if len(left.piece) else []
        self._gathered = len(left.piece)
        self._limit = max(BLOCK, self._gathered + self._gathered // 2)
        return concat_rows(rows)

    def _smoothed(self, reports: Pending, end: int, piece: Piece, geometry: Geometry) -> TrackRows:
        """Smooth one piece's reports, sorted by time, and return the rows of the first `end`."""
        reports, end, is_told = without_double(reports, end, piece.is_told)
        piece.is_told = is_told if piece.is_told is None else piece.is_told
        n = len(reports.piece)
        m = empty_measurements(n)
        params = self._tracker.kernel_params
        order = np.arange(n, dtype=np.int64)
        n = prepare(reports.f, reports.labels, order, reports.ground, geometry, params, m)
        end = int(np.searchsorted(m.serial[:n], end))
        path = empty_passage(n)
        path.begins[:] = is_told
        anew = 0
        for _ in range(ROUNDS):
            self._begin(piece, m, n)
            motion = params.motion[int(self._row.tag[0, AREA])]
            args = (self._row, m, n, geometry, params, self._scratch)
            anew += filter_forward(*args, path)
            going_on = self._state_at(path, end - 1) if 0 < end < n else None
            smooth_backward(m, n, motion, self._scratch, path, self._branches)
            fate = path.fate.copy()
            if not judge_again(*args, path, self._spare):
                break
        path.fate[:] = fate
        self._count(path.fate[:end], anew)
        self._begin(piece, m, n)
        rows = self._export(m, end, geometry, path, piece)
        if going_on is not None:
            num, tag = self._row.num.copy(), self._row.tag.copy()
            num[0, STATE_TIME] = m.time_s[end - 1]
            piece.carried = Carried(going_on, num[0], tag[0])
        return rows

    def _state_at(self, path: Passage, k: int) -> Passage:
        return Passage._make(column[k : k + 1].copy() for column in path)

    def _begin(self, piece: Piece, m: Measurements, n: int) -> None:
        """Put the state before a track's first report into the one row of the kernels' table."""
        row = self._row
        if row.seen_s.shape[1] != len(self._tracker.sensors.kind):
            row = self._row = empty_tracks(1, len(self._tracker.sensors.kind), buckets=1)
        row.seen_s[:] = np.nan
        row.counters[HIGH_WATER] = 1
        carried = piece.carried
        if carried is not None:
            row.num[0], row.tag[0] = carried.num, carried.tag
            row.x[0], row.P[0], row.mu[0] = (column[0] for column in carried.passage[:3])
            self._settle_area(m, n)
            return
        row.num[0, [STATE_TIME, LAST_SELF, VELOCITY_S, BARO_M]] = np.nan
        row.num[0, BORN] = m.time_s[0] if n else np.nan
        row.num[0, VISIBLE] = piece.exists
        row.num[0, FADED] = 0.0
        row.tag[0, [CODE, CALLSIGN]] = -1
        row.tag[0, AREA] = 0
        address, votes = np.unique(m.icao[:n][m.icao[:n] >= 0], return_counts=True)
        row.tag[0, ADDRESS] = address[np.argmax(votes)] if len(address) else -1
        self._settle_area(m, n)

    def _settle_area(self, m: Measurements, n: int) -> None:
        """Let the one row move as in the area of its middle report."""
        placed = np.flatnonzero(np.isfinite(m.z[:n, PLACE]))
        self._row.tag[0, STATE] = CONFIRMED
        if placed.size:
            middle = placed[placed.size // 2]
            self._row.pos[0] = m.z[middle, PLACE : PLACE + 3]
            self._tracker.settle_areas(self._row)

    def _export(
        self, m: Measurements, end: int, geometry: Geometry, path: Passage, piece: Piece
    ) -> TrackRows:
        out = np.empty((end, len(TRACK_DTYPES)))
        params = self._tracker.kernel_params
        self._row.tag[0, NUMBER] = piece.number
        self._row.tag[0, STATE] = CONFIRMED if piece.confirmed else TENTATIVE
        k = export_path(self._row, m, (0, end), geometry, params, self._scratch, path, out)
        self._widen(out[:k], m, end, path)
        out = out[:k][out[:k, 0] < piece.until_s]
        if len(out) < LEAST_REPORTS:
            return concat_rows([])
        self.counts["rows"] += len(out)
        self.counts["tracks"] += piece.carried is None
        return rows_from(out)

    def _widen(self, out: Floats, m: Measurements, end: int, path: Passage) -> None:
        """State what self-reported positions share, in place.

        Their errors stay the same for minutes, while the filter takes each for worth its share of
        their memory. With nothing else, a path smoothed through them would state p = sqrt(sqrt(q)
        r^(3/2) / 8) for white noise of density r = memory R and acceleration noise of density q,
        or sqrt(r s) / 2 where velocities of density s lead, less than the R they have. The share
        of the information that is theirs is at most the stated variance over p; its square of what
        lacks to R is added.

        Source of p: the steady smoother of an integrated velocity, Bar-Shalom et al. (2001), 8.2.3
        and 8.5, in continuous time.
        """
        used = np.flatnonzero((path.fate[:end] != LEFT_OUT) & (path.mu[:end].sum(1) > 0.5))
        own = np.flatnonzero((m.z[:end, MEMORY] > 0.0) & (path.fate[:end] != LEFT_OUT))
        if not len(own):
            return
        after = np.clip(np.searchsorted(own, used), 0, len(own) - 1)
        before = np.maximum(after - 1, 0)
        gap_s = np.abs(m.time_s[own[after]] - m.time_s[used])
        is_before = np.abs(m.time_s[own[before]] - m.time_s[used]) < gap_s
        nearest = own[np.where(is_before, before, after)]
        fix = m.z[nearest, SIGMA] ** 2
        params = self._tracker.kernel_params
        motion = params.motion[self._row.tag[0, AREA]]
        apart_s = np.diff(m.time_s[own], prepend=m.time_s[own[0]])
        apart_s[0] = apart_s[min(1, len(own) - 1)]
        led = density_of_velocities(m.z[own, SIGMA_V], apart_s, params)
        led = np.where(np.isnan(m.z[own, VN]), np.inf, led)[np.where(is_before, before, after)]
        memory_s = error_memory_s(fix, led, motion, params.self_report_memory_s)
        near = np.abs(m.time_s[nearest] - m.time_s[used]) < memory_s
        q = motion[PSD_H + CRUISE]
        alone = np.sqrt(np.sqrt(q) * (fix * memory_s) ** 1.5 / 8.0)
        alone = np.minimum(alone, 0.5 * np.sqrt(led * fix * memory_s))
        stated = 0.5 * (out[:, SIGMA_N] ** 2 + out[:, SIGMA_E] ** 2)
        share = np.minimum(1.0, stated / alone)
        more = np.where(near, share**2 * np.maximum(0.0, fix - alone), 0.0)
        plain = out[:, CORR_NE] * out[:, SIGMA_N] * out[:, SIGMA_E]
        out[:, SIGMA_N] = np.sqrt(out[:, SIGMA_N] ** 2 + more)
        out[:, SIGMA_E] = np.sqrt(out[:, SIGMA_E] ** 2 + more)
        out[:, CORR_NE] = plain / (out[:, SIGMA_N] * out[:, SIGMA_E])

    def _count(self, fate: np.ndarray, anew: int) -> None:
        self.counts["reports"] += len(fate)
        self.counts["left_out"] += int(np.sum(fate == LEFT_OUT))
        self.counts["wild"] += int(np.sum(fate == WILD))
        self.counts["begun_anew"] += anew


def settled_part(time_s: Floats) -> int:
    """How many of a long track's reports (n,), sorted by time, need not wait for later ones."""
    reached = int(np.searchsorted(time_s, time_s[-1] - REACH_S))
    return max(1, reached, len(time_s) // 2)
