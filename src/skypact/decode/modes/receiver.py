"""A Mode S receiver's stream to reports: Beast, AVR, or frames in lines of text."""

from typing import Literal, Protocol

import numpy as np

from skypact.decode.feeds import Heard
from skypact.decode.modes.clock import CounterKind, FrameClock
from skypact.decode.modes.frames import FrameDecoder, reports_of
from skypact.decode.modes.lines import LineParser
from skypact.decode.modes.streams import StreamParser
from skypact.model.modes import Frames, Octets

ModesFormat = Literal["beast", "avr", "frames"]


class _Parser(Protocol):
    def feed(self, data: Octets, received_ns: int = -1) -> tuple[Frames, dict[str, int]]: ...

    def finish(self) -> tuple[Frames, dict[str, int]]: ...


class ModesFeed:
    """One receiver's frames, followed by aircraft.

    Parameters
    ----------
    form : str
        ``beast``, ``avr``, or ``frames`` (lines of JSON or CSV).
    near_deg, range_max_m
        Where the receiver is and how far it hears, see `FrameDecoder`.
    date_s : float or None
        UTC midnight of the first day, where only a counter tells the time.
    counter : str
        What the counter counts, see `FrameClock`.
    """

    def __init__(
        self,
        form: ModesFormat = "beast",
        *,
        near_deg: tuple[float, float] | None = None,
        range_max_m: float = np.inf,
        date_s: float | None = None,
        counter: CounterKind = "auto",
    ) -> None:
        self._parser: _Parser = LineParser() if form == "frames" else StreamParser(form)
        self._is_dated = date_s is not None
        self._clock = FrameClock(date_s, counter)
        self._decoder = FrameDecoder(near_deg, range_max_m)

    def feed(self, data: Octets, received_ns: int = -1) -> Heard:
        """Take the next piece of the stream."""
        return self.take(*self._parser.feed(data, received_ns))

    def finish(self) -> Heard:
        """End the stream."""
        return self.take(*self._parser.finish())

    def take(self, frames: Frames, errors: dict[str, int]) -> Heard:
        """Decode frames that were found elsewhere; `errors` is added to."""
        time_ns, known = self._clock.times(frames, errors)
        columns = self._decoder.decode(frames, time_ns)
        for kind, n in columns.errors().items():
            errors[kind] = errors.get(kind, 0) + n
        if not known.all():
            errors["untimed"] = int((~known).sum())
        if not self._is_dated and (known & (frames.received_ns < 0)).any():
            self._is_dated = True
            errors["no_date"] = 1
        arrived_ns = np.where(frames.received_ns < 0, time_ns, frames.received_ns)
        reports = reports_of(columns.placed, time_ns, arrived_ns, known)
        return Heard(reports, columns.records(), errors)
