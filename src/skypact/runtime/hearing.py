"""What a unit hears: packets of several sources to reports, sensor by sensor.

Decoding a tick's packets in one call makes the same reports whenever it is done: live, and again
from the recording.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.config import Sensor, Union, resolve
from skypact.decode.asterix.flightplans import plans_in
from skypact.decode.asterix.reports import Decoded
from skypact.decode.asterix.sensors import SensorSeen
from skypact.decode.asterix.services import STATUSES
from skypact.decode.links import Link, LinkDecoder
from skypact.deploy import Unit
from skypact.errors import ConfigError
from skypact.model.flights import FlightPlan
from skypact.model.packets import PacketBatch, take_packets
from skypact.model.reports import ReportBatch, take_reports
from skypact.record.header import RecordedSource
from skypact.record.sensors import need_site, sensors_in_force
from skypact.sources.unit import UnitSource, unit_sources

ASTERIX: Final = "asterix"


class HeardSensor(NamedTuple):
    """One sensor as it fares."""

    sheet: Sensor
    records: int
    reports: int
    clock_offset_s: float
    """Median of receive time minus stamp, lately; NaN where nobody knows."""
    status: int
    """What it last said of itself, a place in `services.STATUSES`; -1 where nothing."""
    last_s: float
    """Arrival of its last record, UTC seconds; NaN before the first."""


SILENT_PERIODS: Final = 5.0
"""A sensor of which nothing is heard for so many of its periods is silent."""
LEAST_SILENCE_S: Final = 10.0


def sensor_word(sensor: HeardSensor, now_s: float) -> str:
    """Say how a sensor fares: a word of `STATUSES`, ``silent``, or ``unknown`` before its first.

    An empty sky is not a dead sensor: service messages count as well as reports.
    """
    if not sensor.records:
        return "unknown"
    period_s = resolve(sensor.sheet, "period_s")
    if now_s - sensor.last_s > max(LEAST_SILENCE_S, SILENT_PERIODS * period_s):
        return "silent"
    return STATUSES[sensor.status] if sensor.status >= 0 else "operational"


def unit_of(union: Union, name: str) -> Unit:
    """Find a unit of a union file.

    Raises
    ------
    ConfigError
        There is none of this name.
    """
    for unit in union.unit:
        if unit.name == name:
            return unit
    known = ", ".join(unit.name for unit in union.unit) or "none; add a [[unit]] entry"
    raise ConfigError(f"--unit: expected a unit of the union file ({known}), got {name}")


def sources_of(unit: Unit, sensors: Sequence[Sensor]) -> list[UnitSource]:
    """List a unit's sources.

    Raises
    ------
    ConfigError
        There is none, or one is wrong.
    """
    sources = unit_sources(unit, sensors)
    if not sources:
        raise ConfigError(
            f"unit {unit.name}: expected a source, got none; give its sensors `source` URLs, or the"
            " unit"
        )
    return sources


def recorded_sources(sources: Sequence[UnitSource]) -> list[RecordedSource]:
    """Name each source: by its sensor where only one sends by it, else by its URL."""
    return [
        RecordedSource(
            source.sensors[0] if len(source.sensors) == 1 else source.spec.url,
            source.spec.url,
            source.spec.format,
        )
        for source in sources
    ]


class Hearing:
    """Decodes what a unit's sources bring, and keeps count.

    Parameters
    ----------
    sensors : sequence of Sensor
        The unit's, in order; senders of ASTERIX that are none of them follow as they are heard.
    feeds : sequence of RecordedSource
        Row i is the source that packets of link i came by; one that is not ASTERIX bears the name
        of its sensor.
    extras : sequence of Sensor
        Senders that an earlier run of the unit had heard of beside its own, as they were then; that
        holds until something is heard of them again.

    Raises
    ------
    ConfigError
        A source that is not ASTERIX has no sensor of its own.
    """

    def __init__(
        self,
        sensors: Sequence[Sensor],
        feeds: Sequence[RecordedSource],
        extras: Sequence[Sensor] = (),
    ) -> None:
        self._sensors = tuple(sensors)
        self._extras = tuple(extras)
        self._rows = {
            link: _row_of(feed, self._sensors)
            for link, feed in enumerate(feeds)
            if feed.format != ASTERIX
        }
        """Row of the sensor whose feed comes by a link."""
        sheets = {link: self._sensors[row] for link, row in self._rows.items()}
        links = [Link(feed.format, sheets.get(link)) for link, feed in enumerate(feeds)]
        self._decoder = LinkDecoder((*self._sensors, *self._extras), links)
        self.records, self.errors = self._decoder.records, self._decoder.errors
        self._in_force: list[Sensor] = [*self._sensors, *self._extras]
        self._counts: dict[int, list[int]] = {}
        """Messages and reports of each feed that is not ASTERIX, by row."""
        self._last_ns: dict[int, int] = {}
        self.on_plans: Callable[[list[FlightPlan]], None] | None = None
        """Gets the flight plans that other systems' tracks carry."""

    @property
    def sensors(self) -> list[Sensor]:
        """Data sheets in force, in the order of their index in the reports."""
        return self._in_force

    def decode(self, packets: PacketBatch) -> ReportBatch:
        """Decode packets in order of arrival; what cannot be used is counted."""
        before = self._decoder.asterix.n_sensors
        found = self._decoder.decode(packets)
        if found.decoded is not None:
            self._take_services(packets, found.decoded)
        if self._decoder.asterix.n_sensors != before:
            self.refresh()
        for link, heard in found.heard:
            counts = self._counts.setdefault(self._rows[link], [0, 0])
            counts[0] += sum(heard.records.values())
            counts[1] += heard.reports.time_s.size
        reports = found.joined(self._rows)
        self._note(reports.sensor, reports.received_ns)
        return self._placeable(reports)

    def _note(self, sensor: npt.NDArray[np.int32], received_ns: npt.NDArray[np.int64]) -> None:
        """Note when something of each sensor came last."""
        for row in np.unique(sensor).tolist():
            last_ns = int(received_ns[sensor == row].max())
            self._last_ns[row] = max(last_ns, self._last_ns.get(row, 0))

    def refresh(self) -> None:
        """Take over what sensors have told of themselves: sites, turns, senders not known before.

        Called at stated times, so that a recording makes the same picture.
        """
        seen = self._decoder.asterix.sensors
        in_force = sensors_in_force(seen, Union(sensor=self._sensors))
        begin = len(self._sensors)
        for row, sensor in enumerate(self._extras, begin):
            in_force[row] = in_force[row] if seen[row].records else sensor
        self._in_force = in_force

    def delays(self) -> list[list[tuple[float, float]]]:
        """Of each sensor that stamps its reports, when the last ones came and how late."""
        return self._decoder.asterix.recent_delays[: len(self._in_force)]

    def told(self) -> list[HeardSensor]:
        """Sum up every sensor, in the order of `sensors`."""
        seen = self._decoder.asterix.sensors[: len(self._in_force)]
        return [self._told(i, s) for i, s in enumerate(seen)]

    def _told(self, row: int, seen: SensorSeen) -> HeardSensor:
        records, reports = self._counts.get(row, (seen.records, seen.reports))
        last_s = self._last_ns[row] / 1e9 if row in self._last_ns else float("nan")
        sheet = self._in_force[row]
        return HeardSensor(sheet, records, reports, seen.clock_offset_s, seen.status, last_s)

    def _take_services(self, packets: PacketBatch, decoded: Decoded) -> None:
        """Take notice of what ASTERIX tells beside reports."""
        if self.on_plans is not None and "062" in decoded.records:
            asterix = ~np.isin(packets.link, list(self._rows))
            self.on_plans(plans_in(take_packets(packets, asterix)))
        self._note(decoded.services.sensor, decoded.services.received_ns)

    def _placeable(self, reports: ReportBatch) -> ReportBatch:
        """Leave out reports of radars whose site is not known (yet)."""
        n_known = len(self._in_force)
        missing = need_site(self._in_force, take_reports(reports, reports.sensor < n_known))
        if not missing:
            return reports
        self.errors["no_site"] = self.errors.get("no_site", 0) + sum(missing.values())
        lost = [i for i, sensor in enumerate(self._in_force) if sensor.name in missing]
        return take_reports(reports, ~(np.isin(reports.sensor, lost) & np.isnan(reports.lat_rad)))


def _row_of(feed: RecordedSource, sensors: Sequence[Sensor]) -> int:
    for row, sensor in enumerate(sensors):
        if sensor.name == feed.name:
            return row
    raise ConfigError(
        f"source {feed.url}: expected one sensor of its own, since it is not ASTERIX but"
        f" {feed.format}; got {feed.name}"
    )
