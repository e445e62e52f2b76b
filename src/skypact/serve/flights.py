"""Which flight plan a track is of: by address, callsign or Mode A code, in the time of the plan.

An identity that several valid plans have decides nothing, and a plan that contradicts what the
track says of itself is not its plan.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.decode.flightplans import FlightLines, read_flights
from skypact.errors import DecodeError
from skypact.model.flights import NO_PLAN, FlightPlan
from skypact.model.reports import unpack_callsign
from skypact.model.tracks import TrackRows

Longs = npt.NDArray[np.int64]

SHARED_CODES: Final = frozenset({0, 1000, 2000, 7000, 7500, 7600, 7700, 7777})
"""Mode A codes that are nobody's own."""
MOST_HEARD: Final = 20_000
"""Plans that others send; beyond it the oldest are forgotten."""


class FlightList:
    """Plans that tracks are compared with.

    Parameters
    ----------
    plans : sequence of FlightPlan
        `match` returns places in it.
    """

    def __init__(self, plans: Sequence[FlightPlan] = ()) -> None:
        self.plans = tuple(plans)
        self._by_icao: dict[int, list[int]] = {}
        self._by_callsign: dict[str, list[int]] = {}
        self._by_code: dict[int, list[int]] = {}
        for i, plan in enumerate(self.plans):
            if plan.icao >= 0:
                self._by_icao.setdefault(plan.icao, []).append(i)
            if plan.callsign:
                self._by_callsign.setdefault(plan.callsign, []).append(i)
            if plan.mode3a >= 0 and plan.mode3a not in SHARED_CODES:
                self._by_code.setdefault(plan.mode3a, []).append(i)

    def match(self, rows: TrackRows) -> Longs:
        """Return the place of the plan of each row (n,), `NO_PLAN` where none or several fit."""
        out = np.full(rows.track.size, NO_PLAN, np.int64)
        if not self.plans:
            return out
        said = zip(
            rows.time_s.tolist(),
            rows.icao.tolist(),
            rows.callsign.tolist(),
            rows.mode3a.tolist(),
            strict=True,
        )
        for row, (time_s, icao, packed, code) in enumerate(said):
            out[row] = self._one(time_s, icao, unpack_callsign(packed), code)
        return out

    def plans_of(self, rows: TrackRows) -> list[FlightPlan | None]:
        """Return the plan of each row."""
        return [None if i == NO_PLAN else self.plans[i] for i in self.match(rows).tolist()]

    def _one(self, time_s: float, icao: int, callsign: str, code: int) -> int:
        candidates = (
            self._by_icao.get(icao, []),
            self._by_callsign.get(callsign, []) if callsign else [],
            self._by_code.get(code, []),
        )
        for found in candidates:
            fits = [i for i in found if self._fits(i, time_s, icao, callsign)]
            if len(fits) > 1 and callsign:
                named = [i for i in fits if self.plans[i].callsign == callsign]
                fits = named or fits
            if fits:
                return fits[0] if len(fits) == 1 else NO_PLAN
        return NO_PLAN

    def _fits(self, i: int, time_s: float, icao: int, callsign: str) -> bool:
        """Whether a plan is valid and says nothing else than the track."""
        plan = self.plans[i]
        return (
            plan.from_s <= time_s <= plan.until_s
            and (plan.icao < 0 or icao < 0 or plan.icao == icao)
            and (not plan.callsign or not callsign or plan.callsign == callsign)
        )


class FileState(NamedTuple):
    """How one list fares."""

    path: str
    n_plans: int
    n_wrong: int
    errors: tuple[str, ...]
    """What is wrong with it; where the whole cannot be read, the plans read before still hold."""


class FlightFiles:
    """Lists of flights in files, read again when they change; and plans that others send.

    Parameters
    ----------
    paths : sequence of str
        CSV or JSON (`decode.flightplans`).
    """

    def __init__(self, paths: Sequence[str] = ()) -> None:
        self._paths = [Path(path) for path in paths]
        self._read: dict[Path, FlightLines] = {}
        self._stamp: dict[Path, tuple[int, int]] = {}
        self._failed: dict[Path, str] = {}
        self._heard: dict[tuple[str, int, int], FlightPlan] = {}
        self._lock = threading.Lock()
        self.list = FlightList()
        """The plans in force; replaced as a whole, so that any thread may use it."""
        self.look()

    def look(self) -> bool:
        """Read what has changed; returns whether anything did. A missing file is told, no error."""
        is_new = False
        for path in self._paths:
            try:
                found = path.stat()
                stamp = found.st_mtime_ns, found.st_size
                if self._stamp.get(path) == stamp:
                    continue
                self._read[path] = read_flights(path.read_bytes(), path.name)
                self._failed.pop(path, None)
                self._stamp[path] = stamp
                is_new = True
            except DecodeError as error:
                self._failed[path], self._stamp[path] = str(error), stamp
            except OSError as error:
                self._failed[path] = f"{path.name}: expected a file to read, got '{error.strerror}'"
        if is_new:
            self._renew()
        return is_new

    def hear(self, plans: Sequence[FlightPlan]) -> None:
        """Take plans that a flight data system sends; of one flight the last holds."""
        new = {(plan.callsign, plan.icao, plan.mode3a): plan for plan in plans}
        if any(self._heard.get(key) != plan for key, plan in new.items()):
            with self._lock:
                for key, plan in new.items():
                    self._heard.pop(key, None)
                    self._heard[key] = plan
                for key in list(self._heard)[:-MOST_HEARD]:
                    del self._heard[key]
            self._renew()

    def _renew(self) -> None:
        with self._lock:
            filed = [plan for path in self._paths if path in self._read
                     for plan in self._read[path].plans]  # fmt: skip
            known = set(filed)
            self.list = FlightList(filed + [p for p in self._heard.values() if p not in known])

    def plans_of(self, rows: TrackRows) -> Sequence[FlightPlan | None]:
        """Return the plan of each row, None where it has none."""
        return self.list.plans_of(rows)

    def states(self) -> list[FileState]:
        """Return how each list fares, in their order."""
        out = []
        for path in self._paths:
            held = self._read.get(path, FlightLines((), 0, ()))
            failed = (self._failed[path],) if path in self._failed else ()
            out.append(FileState(str(path), len(held.plans), held.n_wrong, failed + held.errors))
        return out
