"""Warnings of a unit: alerts in, signed messages out, each step kept.

A message that no file takes is sent all the same: people come before records. What failed is
counted.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np

from skypact.encode.cap import CapMessage, cap_xml
from skypact.errors import RecordingError, WarningError
from skypact.model.store import AlertRecord
from skypact.record.capsign import SigningKey, sign
from skypact.record.warning_files import WarningFiles
from skypact.watch.release import Desk, Draft, Outcome, Step, Waiting

MOST_UNKEPT: Final = 100
"""Messages that no file took, kept in memory: people decide with a full disk, too."""
MOST_DENIALS: Final = 60
"""Denied tries that are logged within `DENIALS_S`; more are counted: each costs the disk a write
that warnings would wait for."""
DENIALS_S: Final = 60.0
MOST_DELAYS: Final = 10_000
"""Of which percentiles are made, the latest."""


class Written(NamedTuple):
    """A message that was signed and written."""

    alert: str
    """Id of the alert that it is of."""
    message: CapMessage
    xml: bytes
    heard_s: float
    """When the report that led to it was received, UTC seconds since 1970."""
    written_s: float


Outlet = Callable[[Written], None]
"""Takes messages that are out; must not block."""


class Delays:
    """How long it took from a report received to its message written."""

    def __init__(self) -> None:
        self._delays_s: deque[float] = deque(maxlen=MOST_DELAYS)

    def add(self, written: Written) -> None:
        """Count one message."""
        self._delays_s.append(written.written_s - written.heard_s)

    def percentile_s(self, share: float) -> float | None:
        """Return the delay that a share of messages stays under; None without any."""
        if not self._delays_s:
            return None
        return float(np.quantile(np.array(self._delays_s), share))


class Warnings:
    """A desk with its key, its files and those who get its messages.

    Parameters
    ----------
    desk : Desk
    key : SigningKey
    files : WarningFiles
        The desk takes up what they kept.
    outlets : sequence of callables
        Get each message, drafts too: look at its ``scope``.
    heard_s : callable, optional
        When the report behind an alert was received (`runtime.heard.Heard`); left out, the time of
        its look.
    clock : callable, optional
        UTC seconds.

    Raises
    ------
    RecordingError
        The state that was kept is broken.
    """

    def __init__(
        self,
        desk: Desk,
        key: SigningKey,
        files: WarningFiles,
        outlets: Sequence[Outlet] = (),
        heard_s: Callable[[AlertRecord], float] = lambda alert: alert.time_s,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._desk, self._key, self._files = desk, key, files
        self._outlets, self._heard_s, self._clock = list(outlets), heard_s, clock
        self._lock = threading.Lock()
        self.delays = Delays()
        """Of drafts: releases wait for people."""
        self._unkept: deque[tuple[str, bytes]] = deque(maxlen=MOST_UNKEPT)
        self._denials_s: deque[float] = deque(maxlen=MOST_DENIALS)
        self.n_denied = 0
        """Tries of people who may not, those that are not in the log, too."""
        self.n_failed = 0
        """Messages that could not be made, and writes that failed."""
        self.error = ""
        """What went wrong last."""
        kept = files.load()
        if kept is not None:
            try:
                desk.load(kept)
            except ValueError as error:
                raise RecordingError(f"expected the state of a warning desk: {error}") from error

    def append_alerts(self, alerts: Sequence[AlertRecord]) -> None:
        """Take states of alerts, the oldest first."""
        with self._lock:
            for alert in alerts:
                for written in self._settle(self._desk.take(alert), self._heard_s(alert)):
                    if written.message.scope != "Public":
                        self.delays.add(written)

    def release(self, alert_id: str, who: str, role: str, now_s: float) -> Outcome:
        """Release what waits (`Desk.release`)."""
        with self._lock:
            before = self._desk.pack()
            outcome = self._desk.release(alert_id, who, role, now_s)
            done = self._decided(outcome, now_s)
            if any(step.action == "failed" for step in done.steps):
                self._desk.load(before)  # nothing went out: it still waits
            return done

    def refuse(self, alert_id: str, who: str, role: str, why: str, now_s: float) -> Outcome:
        """Decide not to release what waits (`Desk.refuse`)."""
        with self._lock:
            outcome = self._desk.refuse(alert_id, who, role, why, now_s)
            return self._decided(outcome, now_s)

    def waiting(self) -> list[Waiting]:
        """Return the drafts that wait for a person, the oldest first."""
        with self._lock:
            return self._desk.waiting()

    def draft(self, alert_id: str) -> Draft | None:
        """Return the draft of an alert that waits, with its bytes; None where none waits."""
        with self._lock:
            found = [one for one in self._desk.waiting() if one.alert.id == alert_id]
            unkept = dict(self._unkept)
        if not found:
            return None
        identifier = found[0].identifier
        xml = unkept.get(identifier) or self._files.read_draft(identifier)
        return Draft(found[0], xml)

    def is_released(self, alert_id: str) -> bool:
        """Whether the public was warned of an alert."""
        with self._lock:
            return self._desk.is_released(alert_id)

    def _decided(self, outcome: Outcome, now_s: float) -> Outcome:
        """Do what a person decided; the outcome tells what failed, too."""
        if self._is_flood(outcome, now_s):
            return outcome
        steps = list(outcome.steps)
        self._settle(outcome, now_s, steps)
        return outcome._replace(steps=tuple(steps))

    def _is_flood(self, outcome: Outcome, now_s: float) -> bool:
        """Count a denied try; whether there are too many of them to write each down."""
        if not any(step.action == "denied" for step in outcome.steps):
            return False
        self.n_denied += 1
        told = self._denials_s
        if len(told) == MOST_DENIALS and 0.0 <= now_s - told[0] < DENIALS_S:
            return True
        told.append(now_s)
        return False

    def _settle(
        self, outcome: Outcome, heard_s: float, steps_out: list[Step] | None = None
    ) -> list[Written]:
        """Sign, keep and send what follows from a call; failures are added to its steps."""
        if not outcome.steps:
            return []
        done: list[Written] = []
        steps = list(outcome.steps) if steps_out is None else steps_out
        alerts = {step.identifier: step.alert for step in steps}
        for message in outcome.messages:
            try:
                xml = sign(cap_xml(message), self._key)
            except WarningError as error:
                self._fail(str(error))
                failed = Step(message.sent_s, "", "failed", "", "", message.identifier, str(error))
                steps.append(failed)
                continue
            kept = self._kept(message, xml)
            done.append(Written(alerts[message.identifier], message, kept, heard_s, self._clock()))
        self._keep_state(steps)  # first: a chain must not forget what was sent
        for written in done:
            for outlet in self._outlets:
                self._hand(written, outlet)
        return done

    def _hand(self, written: Written, outlet: Outlet) -> None:
        try:
            outlet(written)
        except Exception as error:  # one outlet at fault must not silence the others
            self._fail(f"{type(error).__name__}: {error}; please report it")

    def _kept(self, message: CapMessage, xml: bytes) -> bytes:
        try:
            return self._files.keep(message, xml)
        except OSError as error:
            self._fail(error.strerror or str(error))
            self._unkept.append((message.identifier, xml))
            return xml

    def _keep_state(self, steps: Sequence[Step]) -> None:
        try:
            self._files.note(steps)
            self._files.save(self._desk.pack())
        except OSError as error:
            self._fail(error.strerror or str(error))

    def _fail(self, error: str) -> None:
        self.n_failed += 1
        self.error = error
