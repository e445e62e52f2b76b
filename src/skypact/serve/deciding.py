"""The desk on which people decide on warnings of the public, as the server knows it."""

import math
from collections.abc import Sequence
from typing import Protocol

from skypact.watch.release import NO_DRAFT, Draft, Outcome, Step, Waiting


class WarningDesk(Protocol):
    """Where people decide on warnings; any thread may ask."""

    def waiting(self) -> Sequence[Waiting]:
        """Return the drafts that wait for a person, the oldest first."""
        ...

    def draft(self, alert: str) -> Draft | None:
        """Return the draft of an alert that waits; None where none waits."""
        ...

    def release(self, alert: str, who: str, role: str) -> Outcome:
        """Release what waits."""
        ...

    def refuse(self, alert: str, who: str, role: str, why: str) -> Outcome:
        """Decide not to release what waits."""
        ...


class NoWarnings:
    """The desk of a run that warns nobody."""

    def waiting(self) -> Sequence[Waiting]:
        """Return none."""
        return ()

    def draft(self, alert: str) -> Draft | None:
        """Know of none."""
        return None

    def release(self, alert: str, who: str, role: str) -> Outcome:
        """Know of none."""
        return _unknown(alert, who, role)

    def refuse(self, alert: str, who: str, role: str, why: str) -> Outcome:
        """Know of none."""
        return _unknown(alert, who, role)


def _unknown(alert: str, who: str, role: str) -> Outcome:
    return Outcome((Step(math.nan, alert, "denied", who, role, "", NO_DRAFT),))
