"""Datagrams of a sensor: records packed in time order, with their arrival and their origin."""

from typing import Final, NamedTuple

import numpy as np

from skypact.encode.packing import Octets, block
from skypact.errors import ConfigError
from skypact.model.reports import (
    Floats,
    Ints,
    Longs,
    ReportBatch,
    concat_reports,
    take_reports,
)
from skypact.simulate.parts import Fault
from skypact.simulate.scenario import Scenario
from skypact.units import DAY, NANOSECONDS

CLUTTER = -1
"""Origin of a record that no target caused."""
_PER_DATAGRAM: Final = 20
_LARGEST: Final = 60_000
"""Octets of records in one datagram: a data block's length (two octets) and a UDP datagram end
near 65,500, and a message and headers follow."""


class Origins(NamedTuple):
    """Where target records came from, one row per record in the order of the bytes."""

    packet: Ints
    """Packet of the slice that holds the record."""
    target: Ints
    """Flight, or `CLUTTER`."""
    time_s: Floats
    """True time of the measurement."""
    ecef_m: Floats
    """True position then (n, 3); NaN for clutter."""


class Datagram(NamedTuple):
    """One datagram on its way."""

    received_ns: int
    link: int
    payload: bytes
    target: Ints
    time_s: Floats
    ecef_m: Floats
    reports: ReportBatch | None = None
    """Of sensors that no ASTERIX category serves (remote identification, bearings) and of radars
    that hand over reports; then there is no payload and the origins are of these."""


class Records(NamedTuple):
    """Packed records of one sensor, in time order."""

    octets: list[bytes]
    """None where `reports` stand for them."""
    target: Ints
    time_s: Floats
    ecef_m: Floats
    """(n, 3)"""
    reports: ReportBatch | None = None
    """Of a sensor that hands over reports, not ASTERIX."""


def no_records() -> Records:
    """Make an empty table."""
    return Records([], np.empty(0, np.int32), np.empty(0), np.empty((0, 3)))


def split_rows(packed: Octets) -> list[bytes]:
    """Rows of packed records as byte strings."""
    data, size = packed.tobytes(), packed.shape[1]
    return [data[i : i + size] for i in range(0, len(data), size)]


def take(records: Records, index: slice | Longs) -> Records:
    """Select records by a slice or by an order."""
    if isinstance(index, slice):
        octets = records.octets[index]
    else:
        octets = [records.octets[i] for i in index.tolist()] if records.octets else []
    reports = None if records.reports is None else take_reports(records.reports, index)
    origin = (records.target[index], records.time_s[index], records.ecef_m[index])
    return Records(octets, *origin, reports)


def concat(parts: list[Records]) -> Records:
    """Join tables in the order given."""
    if not parts:
        return no_records()
    reports = [part.reports for part in parts if part.reports is not None]
    return Records(
        [octets for part in parts for octets in part.octets],
        np.concatenate([part.target for part in parts]),
        np.concatenate([part.time_s for part in parts]),
        np.concatenate([part.ecef_m for part in parts]),
        concat_reports(reports) if reports else None,
    )


def time_of_day(time_s: Floats | float) -> Floats:
    """Seconds since midnight as stamped: whole 1/128 s, wrapped at midnight."""
    return np.asarray(np.rint((np.asarray(time_s) % DAY) * 128.0) / 128.0 % DAY)


class Line:
    """The line from a sensor to us: what is sent arrives later, in order, unless it has faults.

    Faults draw from a stream of their own, and what is lost was drawn like what is not: a scene
    with faults holds the same measurements as the one without.
    """

    def __init__(
        self,
        link: int,
        category: int,
        delay_s: tuple[float, float],
        rng: np.random.Generator,
        fault: Fault | None = None,
        start_s: float = 0.0,
    ) -> None:
        self._link = link
        self._category = category
        self._fault = Fault() if fault is None else fault
        self._delay_s = _delays(delay_s, self._fault)
        self._rng = rng
        self._chance = rng.spawn(1)[0]
        self._start_s = start_s
        self._last_ns = 0

    def stamp_s(self, time_s: Floats) -> Floats:
        """Return times (k,) by the sensor's clock, which may have jumped."""
        at_s = self._fault.clock_step_at_s
        if at_s is None:
            return time_s
        jumped = time_s - self._start_s >= at_s
        return np.asarray(time_s + np.where(jumped, self._fault.clock_step_s, 0.0))

    def send(self, time_s: float, records: Records, service: bytes = b"") -> list[Datagram]:
        """Datagrams that come of what leaves at `time_s`: records and then a service block.

        More records than one block holds leave in several datagrams, the service block last.
        """
        parts = _blocks_of(records)
        sent = [datagram for part in parts[:-1] for datagram in self._send(time_s, part, b"")]
        return sent + self._send(time_s, parts[-1], service)

    def _send(self, time_s: float, records: Records, service: bytes) -> list[Datagram]:
        """Datagrams that come of one with at most one block of records."""
        body = block(self._category, b"".join(records.octets)) if records.octets else b""
        origin = (records.target, records.time_s, records.ecef_m)
        return [
            Datagram(arrival, self._link, body + service, *origin)
            for arrival in self._arrivals(time_s)
        ]

    def send_reports(
        self, time_s: float, reports: ReportBatch, true_s: Floats, ecef_m: Floats
    ) -> list[Datagram]:
        """Datagrams that come of one leaving at `time_s` with reports that have no category.

        One without reports is not sent, but draws its delay like any other.
        """
        out = []
        arrivals = self._arrivals(time_s)
        for arrival in arrivals if len(true_s) else []:
            stamped = np.full(len(true_s), arrival, np.int64)
            batch = reports._replace(received_ns=stamped)
            out.append(
                Datagram(arrival, self._link, b"", reports.target, true_s, ecef_m, reports=batch)
            )
        return out

    def _arrivals(self, time_s: float) -> list[int]:
        """When what leaves at `time_s` arrives: once, late, twice or never."""
        delay_s = self._rng.uniform(*self._delay_s)
        lost, late, twice = self._chance.random(3)
        fault = self._fault
        since_s = time_s - self._start_s
        if any(begin <= since_s < end for begin, end in fault.outage) or lost < fault.loss_share:
            return []
        arrival = _nanoseconds(time_s, delay_s)
        if late < fault.late_share:
            # Others overtake it, so that it does not hold up the order of the line.
            arrival += round(fault.late_s * NANOSECONDS)
        else:
            arrival = self._last_ns = max(self._last_ns + 1, arrival)
        copies = [arrival]
        if twice < fault.duplicate_share:
            copies.append(arrival + max(1, round(fault.duplicate_delay_s * NANOSECONDS)))
        return copies


def _blocks_of(records: Records) -> list[Records]:
    """Cut records into parts that fit a data block; there is at least one."""
    ends = np.cumsum([len(octets) for octets in records.octets])
    if not len(ends) or ends[-1] <= _LARGEST:
        return [records]
    parts, first = [], 0
    while first < len(ends):
        before = ends[first] - len(records.octets[first])
        last = int(np.searchsorted(ends, before + _LARGEST, side="right"))
        parts.append(take(records, slice(first, last)))
        first = last
    return parts


def line_of(
    link: int,
    scenario: Scenario,
    category: int,
    delay_s: tuple[float, float],
    rng: np.random.Generator,
) -> Line:
    """Line of a sensor of a scenario, with what the scenario says goes wrong on it."""
    name = scenario.sensor[link].name
    fault = scenario.fault.get(name)
    if fault is not None:
        _check(fault, f"scenario: fault.{name}")
    return Line(link, category, delay_s, rng, fault, scenario.start_s)


def _check(fault: Fault, where: str) -> None:
    """Check what types cannot say: ends after beginnings."""
    low, high = fault.delay_min_s, fault.delay_max_s
    if low is not None and high is not None and high < low:
        raise ConfigError(
            f"{where}.delay_max_s: expected at least delay_min_s {low:g}, got {high:g}"
        )
    for index, (begin, end) in enumerate(fault.outage):
        if end <= begin:
            raise ConfigError(
                f"{where}.outage[{index}]: expected an end after the start {begin:g}, got {end:g}"
            )


def _delays(usual_s: tuple[float, float], fault: Fault) -> tuple[float, float]:
    """Least and greatest delay; a fault's own bound moves the other one where they would cross."""
    low, high = fault.delay_min_s, fault.delay_max_s
    if low is None:
        low = usual_s[0] if high is None else min(usual_s[0], high)
    if high is None:
        high = max(usual_s[1], low)
    return low, high


def _nanoseconds(time_s: float, delay_s: float) -> int:
    # Whole seconds apart: a float of nanoseconds since 1970 has steps of 256 ns.
    whole, rest = divmod(time_s, 1.0)
    return int(whole) * NANOSECONDS + round((rest + delay_s) * NANOSECONDS)


def send_in_parts(line: Line, end_s: float, records: Records) -> list[Datagram]:
    """Put records in datagrams of a size that networks carry whole, sent when the tick ends."""
    return [
        datagram
        for i in range(0, len(records.octets), _PER_DATAGRAM)
        for datagram in line.send(end_s, take(records, slice(i, i + _PER_DATAGRAM)))
    ]
