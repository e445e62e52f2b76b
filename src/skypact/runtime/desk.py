"""The desk of a watch: what server threads see of it, and what they tell it, bounded."""

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from skypact.model.alerts import Acknowledgement, Asked, Delivery, LiveAlert, MeasureRecord, Notice
from skypact.model.store import AlertRecord
from skypact.watch.life import Alert

MOST_NOTICES: Final = 1_000
"""That wait for the next look; acknowledgements beyond are told to come again."""
MOST_CHANGES: Final = 1_000
"""That are kept for pages; who is further behind sees everything anew."""


class AlertDesk:
    """Where people and programs meet a watch (`model.alerts.WatchDesk`).

    One thread, that of the watch, calls `collect` and `publish`; any may call the others.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._notices: deque[Notice] = deque()
        self._alive: dict[str, LiveAlert] = {}
        self._changes: deque[LiveAlert] = deque(maxlen=MOST_CHANGES)
        self._n_changes = 0
        self._measures: tuple[MeasureRecord, ...] = ()

    def alive(self) -> Sequence[LiveAlert]:
        """Return the alerts that live, the oldest first."""
        return list(self._alive.values())

    def changes(self, after: int) -> tuple[int, Sequence[LiveAlert] | None]:
        """Return what was told after a number, and the number to go on from.

        None: too long ago, or a number that was never given; see `alive`.
        """
        with self._lock:
            n_new = self._n_changes - after
            if not 0 <= n_new <= len(self._changes):
                return self._n_changes, None
            newest = islice(reversed(self._changes), n_new)
            return self._n_changes, list(newest)[::-1]

    def measures(self) -> Sequence[MeasureRecord]:
        """Return the state of each measure that is not long over, the oldest first."""
        return self._measures

    def acknowledge(self, asked: Acknowledgement) -> Asked:
        """Let an acknowledgement wait for the next look."""
        with self._lock:
            alert = self._alive.get(asked.alert)
            if alert is None:
                return "unknown"
            if asked.by in alert.acknowledged_by:
                return "known"
            waiting = [n for n in self._notices if isinstance(n, Acknowledgement)]
            if any((n.alert, n.by) == (asked.alert, asked.by) for n in waiting):
                return "accepted"
            if len(self._notices) >= MOST_NOTICES:
                return "full"
            self._notices.append(asked)
            return "accepted"

    def receive(self, receipt: Delivery) -> Asked:
        """Let the receipt of a measure wait for the next look.

        However many wait: each is of something that the unit sent itself.
        """
        with self._lock:
            self._notices.append(receipt)
        return "accepted"

    def find(self, name: str) -> LiveAlert | None:
        """Return an alert that lives, None where none does by that id."""
        return self._alive.get(name)

    def collect(self) -> list[Notice]:
        """Take what waits, in order of arrival."""
        with self._lock:
            taken = list(self._notices)
            self._notices.clear()
        return taken

    def publish(self, told: Sequence[AlertRecord], alive: Iterable[Alert], unit: str) -> None:
        """Show the alerts that live, and what was told since the last time.

        An alert of which nothing was told is taken to be as it was.
        """
        new = {record.id for record in told}
        now = {
            a.id: self._alive[a.id] if a.id in self._alive and a.id not in new else _live(a, unit)
            for a in alive
        }
        changed = [self._changed(record, now) for record in told]
        with self._lock:
            self._alive = now
            self._changes.extend(changed)
            self._n_changes += len(changed)

    def _changed(self, record: AlertRecord, now: dict[str, LiveAlert]) -> LiveAlert:
        if record.id in now:
            return now[record.id]
        before = self._alive.get(record.id, LiveAlert(record, record.time_s))
        return before._replace(record=record)

    def publish_measures(self, measures: Sequence[MeasureRecord]) -> None:
        """Show how the measures stand."""
        self._measures = tuple(measures)


def _live(alert: Alert, unit: str) -> LiveAlert:
    record = alert.record(unit, alert.told_s, alert.state)
    return LiveAlert(record, alert.raised_s, alert.acknowledged_by)
