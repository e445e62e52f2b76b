"""What people and programs see of a watch while it runs, and what they tell it."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from skypact.model.store import AlertRecord

Asked = Literal["accepted", "known", "unknown", "full"]
"""What becomes of an acknowledgement: served at the next look; there already; of no alert that
lives; too many wait."""


class Acknowledgement(NamedTuple):
    """Somebody has taken notice of an alert."""

    alert: str
    """Its id."""
    by: str
    """Who, as tokens are told apart."""
    note: str = ""
    """What they say."""


class Delivery(NamedTuple):
    """The receipt of a measure: a recipient has got what was sent."""

    measure: str
    """Its id."""
    recipient: str
    channel: str


Notice = Acknowledgement | Delivery


class LiveAlert(NamedTuple):
    """An alert as it was last told."""

    record: AlertRecord
    raised_s: float
    """When it was raised, UTC seconds since 1970."""
    acknowledged_by: tuple[str, ...] = ()


class MeasureRecord(NamedTuple):
    """One state in the life of a measure, a line of ``doctrine.jsonl``."""

    id: str
    unit: str
    time_s: float
    """When it got into this state, the picture's time."""
    state: str
    """``owed``, ``told``, ``acknowledged``, ``overdue``, ``escalated``, ``closed``."""
    alert: str
    """Id of the alert that it is for."""
    rule: str
    severity: str
    """Of the alert when the measure began."""
    doctrine: str
    """Name of the entry."""
    step: int
    """0 the entry's own measure, then its escalations."""
    turn: int
    """0 the first time, then repetitions of the step."""
    recipients: tuple[str, ...]
    channels: tuple[str, ...]
    tell_by_s: float
    acknowledge_by_s: float | None
    """None: nobody need acknowledge."""
    acknowledged_by: str
    """Who did, empty before."""
    missing: tuple[str, ...]
    """What is not done in time: ``recipient by channel`` not told, or ``acknowledgement``."""
    times: dict[str, float]
    """When it got into each state so far."""


class WatchDesk(Protocol):
    """Where people and programs meet a watch; any thread may ask."""

    def alive(self) -> Sequence[LiveAlert]:
        """Return the alerts that live, the oldest first."""
        ...

    def changes(self, after: int) -> tuple[int, Sequence[LiveAlert] | None]:
        """Return what was told after a number, and the number to go on from.

        None: too long ago, see `alive`.
        """
        ...

    def acknowledge(self, asked: Acknowledgement) -> Asked:
        """Let an acknowledgement wait for the next look."""
        ...

    def measures(self) -> Sequence[MeasureRecord]:
        """Return the state of each measure that is not long over, the oldest first."""
        ...


class NoWatch:
    """The desk of a run that watches nothing."""

    def alive(self) -> Sequence[LiveAlert]:
        """Return none."""
        return ()

    def changes(self, after: int) -> tuple[int, Sequence[LiveAlert] | None]:
        """Return none."""
        return max(after, 0), ()

    def acknowledge(self, asked: Acknowledgement) -> Asked:
        """Know of no alert."""
        return "unknown"

    def measures(self) -> Sequence[MeasureRecord]:
        """Return none."""
        return ()
