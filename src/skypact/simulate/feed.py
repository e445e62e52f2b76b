"""Datagrams of a sensor: records packed in time order, with their arrival and their origin."""

from typing import NamedTuple

import numpy as np

from skypact.model.reports import Floats, Ints, Longs, ReportBatch
from skypact.simulate.packing import Octets, block
from skypact.units import DAY, NANOSECONDS

CLUTTER = -1
"""Origin of a record that no target caused."""


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
    """Of sensors that no ASTERIX category serves (remote identification, bearings); then there is
    no payload and the origins are of these."""


class Records(NamedTuple):
    """Packed records of one sensor, in time order."""

    octets: list[bytes]
    target: Ints
    time_s: Floats
    ecef_m: Floats
    """(n, 3)"""


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
        octets = [records.octets[i] for i in index.tolist()]
    return Records(octets, records.target[index], records.time_s[index], records.ecef_m[index])


def concat(parts: list[Records]) -> Records:
    """Join tables in the order given."""
    if not parts:
        return no_records()
    return Records(
        [octets for part in parts for octets in part.octets],
        np.concatenate([part.target for part in parts]),
        np.concatenate([part.time_s for part in parts]),
        np.concatenate([part.ecef_m for part in parts]),
    )


def time_of_day(time_s: Floats | float) -> Floats:
    """Seconds since midnight as stamped: whole 1/128 s, wrapped at midnight."""
    return np.asarray(np.rint((np.asarray(time_s) % DAY) * 128.0) / 128.0 % DAY)


class Line:
    """The line from a sensor to us: what is sent arrives later, in order."""

    def __init__(
        self, link: int, category: int, delay_s: tuple[float, float], rng: np.random.Generator
    ) -> None:
        self._link = link
        self._category = category
        self._delay_s = delay_s
        self._rng = rng
        self._last_ns = 0

    def send(self, time_s: float, records: Records, service: bytes = b"") -> Datagram:
        """Datagram leaving at `time_s` with records and then a service block."""
        delay_s = self._rng.uniform(*self._delay_s)
        # Whole seconds apart: a float of nanoseconds since 1970 has steps of 256 ns.
        whole, rest = divmod(time_s, 1.0)
        arrival = int(whole) * NANOSECONDS + round((rest + delay_s) * NANOSECONDS)
        self._last_ns = max(self._last_ns + 1, arrival)
        body = block(self._category, b"".join(records.octets)) if records.octets else b""
        return Datagram(
            self._last_ns, self._link, body + service, records.target, records.time_s,
            records.ecef_m,
        )  # fmt: skip
