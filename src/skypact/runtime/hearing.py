"""What a unit hears: packets of several sources to reports, sensor by sensor.

ASTERIX of all sources goes through one decoder, so that what came on two lines is recognised as
one; every other feed has a decoder of its own. Decoding a tick's packets in one call makes the same
reports whenever it is done: live, and again from the recording.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, cast

import msgspec
import numpy as np

from skypact.config import KIND_DEFAULTS, Sensor, Union
from skypact.decode.asterix.reports import Decoder
from skypact.decode.asterix.sensors import SensorSeen
from skypact.decode.feeds import Feed, Heard
from skypact.decode.recognise import FORMATS, FeedFormat, open_feed
from skypact.deploy import Unit
from skypact.errors import ConfigError
from skypact.model.packets import PacketBatch, take_packets
from skypact.model.reports import ReportBatch, empty_reports, take_reports
from skypact.record.replay import in_arrival_order
from skypact.record.sensors import need_site, sensors_in_force

ASTERIX: Final = "asterix"
STATED_FORMATS: Final = (ASTERIX, *FORMATS)


class LiveFeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source of a unit."""

    url: str
    format: str = ASTERIX
    sensor: str = ""
    """Whose it is, where it is not ASTERIX, which names its senders itself."""


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
    """Arrival of its last report, UTC seconds; NaN before the first."""


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


def sensors_of_unit(union: Union, unit: Unit) -> tuple[Sensor, ...]:
    """List the sensors that a unit takes in, in the order of the file.

    Raises
    ------
    ConfigError
        A sensor or the member is not in the file.
    """
    where = f"unit {unit.name}"
    members = {member.name for member in union.member} | {s.member for s in union.sensor}
    if unit.member and unit.member not in members:
        raise ConfigError(f"{where}: member: expected one of the file, got {unit.member}")
    unknown = sorted(set(unit.sensors) - {sensor.name for sensor in union.sensor})
    if unknown:
        raise ConfigError(f"{where}: sensors: expected names of [[sensor]], got {unknown[0]}")
    if unit.sensors:
        return tuple(s for s in union.sensor if s.name in unit.sensors)
    return tuple(s for s in union.sensor if not unit.member or s.member == unit.member)


def feeds_of(unit: Unit, sensors: Sequence[Sensor]) -> tuple[LiveFeed, ...]:
    """List a unit's sources: those of its sensors, each address once, then its own.

    Raises
    ------
    ConfigError
        There is none; a format is unknown; a feed that is not ASTERIX has two sensors.
    """
    feeds: dict[str, LiveFeed] = {}
    for sensor in sensors:
        if not sensor.source:
            continue
        if sensor.format not in STATED_FORMATS:
            raise ConfigError(
                f"sensor {sensor.name}: format: expected one of {', '.join(STATED_FORMATS)}, got"
                f" {sensor.format}"
            )
        mine = "" if sensor.format == ASTERIX else sensor.name
        feed = LiveFeed(url=sensor.source, format=sensor.format, sensor=mine)
        if feeds.setdefault(feed.url, feed) != feed:
            raise ConfigError(
                f"sensor {sensor.name}: source: expected a URL of its own, since not every sensor"
                f" on it is ASTERIX; got {feed.url} twice"
            )
    for url in unit.source:
        feeds.setdefault(url, LiveFeed(url=url))
    if not feeds:
        raise ConfigError(
            f"unit {unit.name}: expected a source; give its sensors `source` URLs, or the unit"
        )
    return tuple(feeds.values())


class Hearing:
    """Decodes what a unit's sources bring, and keeps count.

    Parameters
    ----------
    sensors : sequence of Sensor
        The unit's, in order; senders of ASTERIX that are none of them follow as they are heard.
    feeds : sequence of LiveFeed
        Row i is the source that packets of link i came by.
    """

    def __init__(self, sensors: Sequence[Sensor], feeds: Sequence[LiveFeed]) -> None:
        self.records: dict[str, int] = {}
        self.errors: dict[str, int] = {}
        self._sensors = tuple(sensors)
        self._decoder = Decoder(self._sensors)
        self._feeds = {
            link: (_row_of(feed, self._sensors), _opened(feed, self._sensors))
            for link, feed in enumerate(feeds)
            if feed.format != ASTERIX
        }
        self._in_force: list[Sensor] = list(self._sensors)
        self._counts: dict[int, list[int]] = {}
        """Messages and reports of each feed that is not ASTERIX, by row."""
        self._last_ns: dict[int, int] = {}

    @property
    def sensors(self) -> list[Sensor]:
        """Data sheets in force, in the order of their index in the reports."""
        return self._in_force

    def decode(self, packets: PacketBatch) -> ReportBatch:
        """Decode packets in order of arrival; what cannot be used is counted."""
        others = np.isin(packets.link, list(self._feeds))
        batches = [self._asterix(take_packets(packets, ~others))]
        batches += [self._piece(packets, i) for i in np.flatnonzero(others).tolist()]
        reports = self._placeable(in_arrival_order(batches))
        for row in np.unique(reports.sensor).tolist():
            self._last_ns[row] = int(reports.received_ns[reports.sensor == row].max())
        return reports

    def refresh(self) -> None:
        """Take over what sensors have told of themselves: sites, turns, senders not known before.

        Called at stated times, so that a recording makes the same picture.
        """
        self._in_force = sensors_in_force(self._decoder.sensors, Union(sensor=self._sensors))

    def told(self) -> list[HeardSensor]:
        """Sum up every sensor, in the order of `sensors`."""
        return [
            self._told(i, s) for i, s in enumerate(self._decoder.sensors[: len(self._in_force)])
        ]

    def _told(self, row: int, seen: SensorSeen) -> HeardSensor:
        records, reports = self._counts.get(row, (seen.records, seen.reports))
        last_s = self._last_ns[row] / 1e9 if row in self._last_ns else float("nan")
        sheet = self._in_force[row]
        return HeardSensor(sheet, records, reports, seen.clock_offset_s, seen.status, last_s)

    def _asterix(self, packets: PacketBatch) -> ReportBatch:
        if not packets.start.size:
            return empty_reports(0)
        before = self._decoder.n_sensors
        decoded = self._decoder.decode(packets)
        _add(self.records, decoded.records)
        _add(self.errors, decoded.errors)
        if self._decoder.n_sensors != before:
            self.refresh()
        return decoded.reports

    def _piece(self, packets: PacketBatch, i: int) -> ReportBatch:
        row, feed = self._feeds[int(packets.link[i])]
        octets = packets.data[packets.start[i] : packets.end[i]]
        heard = feed.feed(octets, int(packets.received_ns[i]))
        return self._counted(row, heard)

    def _counted(self, row: int, heard: Heard) -> ReportBatch:
        _add(self.records, heard.records)
        _add(self.errors, heard.errors)
        n = heard.reports.time_s.size
        counts = self._counts.setdefault(row, [0, 0])
        counts[0] += sum(heard.records.values())
        counts[1] += n
        return heard.reports._replace(sensor=np.full(n, row, np.int32))

    def _placeable(self, reports: ReportBatch) -> ReportBatch:
        """Leave out reports of radars whose site is not known (yet)."""
        n_known = len(self._in_force)
        missing = need_site(self._in_force, take_reports(reports, reports.sensor < n_known))
        if not missing:
            return reports
        _add(self.errors, {"no_site": sum(missing.values())})
        lost = [i for i, sensor in enumerate(self._in_force) if sensor.name in missing]
        return take_reports(reports, ~(np.isin(reports.sensor, lost) & np.isnan(reports.lat_rad)))


def _add(total: dict[str, int], more: dict[str, int]) -> None:
    for name, n in more.items():
        total[name] = total.get(name, 0) + n


def _row_of(feed: LiveFeed, sensors: Sequence[Sensor]) -> int:
    return next(i for i, sensor in enumerate(sensors) if sensor.name == feed.sensor)


def _opened(feed: LiveFeed, sensors: Sequence[Sensor]) -> Feed:
    """Open the decoder of a feed that is not ASTERIX, near its receiver."""
    sheet = sensors[_row_of(feed, sensors)]
    near = None if sheet.lat is None or sheet.lon is None else (sheet.lat, sheet.lon)
    reach_m = sheet.range_max_m or KIND_DEFAULTS[sheet.kind].range_max_m
    return open_feed(cast("FeedFormat", feed.format), near, reach_m if near else np.inf)
