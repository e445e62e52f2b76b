"""A picture to category 062, step by step: what is new, what goes on, what ended.

Source: EUROCONTROL-SPEC-0149 Part 9, edition 1.21, I062/080 (TSB: first message of a track, TSE:
its last).
"""

import numpy as np
import numpy.typing as npt

from skypact.encode.ages import AgeBook
from skypact.encode.cat062 import NUMBER, can_be_sent, plain_notes, track_records
from skypact.encode.datagrams import MOST_BYTES, Sender, datagrams
from skypact.encode.numbers import TrackNumbers
from skypact.model.reports import ReportBatch
from skypact.model.tracks import TrackRows, concat_rows, empty_rows, latest, take_rows

Longs = npt.NDArray[np.int64]


class PictureEncoder:
    """Writes tracks as they are updated, with the ages of what updated them.

    Parameters
    ----------
    sender : Sender
        Who sends.
    most_bytes : int
        Of a datagram.
    """

    def __init__(self, sender: Sender, most_bytes: int = MOST_BYTES) -> None:
        self._sender = sender
        self._most_bytes = most_bytes
        self._numbers = TrackNumbers()
        self._ages = AgeBook()
        self._last = empty_rows(0)
        """The row sent last of each track that lives, in order of track."""
        self.n_unsent = 0
        """Rows that category 062 cannot hold: no place on the earth, or too fast."""

    def note(self, track: Longs, reports: ReportBatch) -> None:
        """Book reports (n,) and the track that each updated or began (n,), -1 for none."""
        self._ages.note(track, reports)

    def numbers(self, track: Longs, now_s: float) -> Longs:
        """Return the numbers (n,) that tracks have or will have.

        Raises
        ------
        SkypactError
            Every number is in use or resting.
        """
        return self._numbers.numbers(track, now_s)

    def send(self, rows: TrackRows, ended: Longs, now_s: float) -> list[bytes]:
        """Return the datagrams of one step.

        Parameters
        ----------
        rows : TrackRows
            Updates in order of time; of each track the last is sent.
        ended : int64
            Tracks that ended; each is sent a last time, as it was where it has no update.
        now_s : float
            UTC seconds.
        """
        able = can_be_sent(rows)
        self.n_unsent += int(np.count_nonzero(~able))
        rows = take_rows(rows, able)
        rows = take_rows(rows, latest(rows))
        over = take_rows(self._last, np.isin(self._last.track, ended))
        over = take_rows(over, ~np.isin(over.track, rows.track))
        out = self._written(rows, ended, now_s) + self._written(over, ended, now_s)
        gone = np.isin(self._last.track, np.concatenate([rows.track, ended]))
        lives = take_rows(rows, ~np.isin(rows.track, ended))
        self._last = concat_rows([take_rows(self._last, ~gone), lives])
        self._numbers.release(ended, now_s)
        self._ages.drop(ended)
        return datagrams(NUMBER, out, self._most_bytes)

    def _written(self, rows: TrackRows, ended: Longs, now_s: float) -> list[bytes]:
        if not rows.track.size:
            return []
        known = np.isin(rows.track, self._last.track)
        notes = plain_notes(self._numbers.numbers(rows.track, now_s))._replace(
            ages=self._ages.ages(rows.track, rows.time_s),
            begins=~known,
            ends=np.isin(rows.track, ended),
        )
        return track_records(rows, notes, self._sender)
