"""Inputs to reports: what every command that reads sensors' bytes shares."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from skypact.cli.console import existing_files, say
from skypact.cli.receivers import Receivers, format_of
from skypact.config import Sensor, Tracking, Union, union_from_toml
from skypact.decode.asterix.reports import Decoder
from skypact.decode.asterix.sensors import SensorSeen
from skypact.decode.asterix.services import STATUSES
from skypact.decode.feeds import Heard
from skypact.decode.framing.framed import no_packets
from skypact.decode.recognise import FORMATS
from skypact.errors import ConfigError, RecordingError, SourceError
from skypact.model.packets import PacketBatch, take_packets
from skypact.model.reports import (
    Ints,
    Longs,
    ReportBatch,
    empty_reports,
    in_arrival_order,
    take_reports,
)
from skypact.model.site import Site
from skypact.record.blocks import join_packets
from skypact.record.recording import Recording, is_recording
from skypact.record.sensors import need_site, sensors_in_force, sensors_of_reports
from skypact.record.tables import reports_from_arrow
from skypact.register.site import FoundSite, find_site
from skypact.sources.file import FileSource
from skypact.units import DEGREE, NANOSECONDS


def add_counts(total: dict[str, int], more: dict[str, int]) -> None:
    """Add counts by name."""
    for name, n in more.items():
        total[name] = total.get(name, 0) + n


def existing_inputs(paths: list[Path]) -> list[Path]:
    """Return the same paths: files, and folders of units' recordings.

    Raises
    ------
    ConfigError
        One of them is missing, or is another directory.
    """
    existing_files([path for path in paths if not (path.is_dir() and is_recording(path))])
    return paths


def read_union(path: Path | None) -> Union | None:
    """Read a union file, if one is given.

    Raises
    ------
    ConfigError
        It is missing or wrong.
    """
    if path is None:
        return None
    try:
        union = union_from_toml(existing_files([path])[0].read_text("utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: expected TOML in UTF-8, got {error}") from error
    if union.tracking != Tracking():
        _check_tracking(union, path)
    return union


def _check_tracking(union: Union, path: Path) -> None:
    """See whether the tracker can be set up so; only it knows its parameters."""
    from skypact.track.datasheet import area_motions, tracker_params

    try:
        tracker_params(union)
        area_motions(union)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def midnight_s(day: date | None) -> float | None:
    """Return the start of a day, UTC seconds."""
    if day is None:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


class Intake:
    """Decodes packets or reads reports, and keeps count.

    Parameters
    ----------
    union : Union or None
        Sensors known beforehand.
    sites : sequence of Site
        Where sensors stand, as given by a person.
    date_s : float or None
        UTC midnight of recordings that hold only the time of day.
    kept : sequence of Sensor
        Data sheets of an earlier run that this one goes on from.
    """

    def __init__(
        self,
        union: Union | None,
        sites: Sequence[Site] = (),
        date_s: float | None = None,
        kept: Sequence[Sensor] = (),
    ) -> None:
        self.records: dict[str, int] = {}
        self.errors: dict[str, int] = {}
        self._union = union
        self._sites = sites
        self._kept = kept
        self._found: dict[str, dict[str, float]] = {}
        """Sites estimated from the recording itself, by sensor name."""
        self._decoder = Decoder(union.sensor if union else (), date_s=date_s)
        self._receivers = Receivers(union, date_s)
        self._tables: list[SensorSeen] = []
        self._in_tables: dict[str, int] = {}
        """Rows of tables and messages of receivers, by the name of their sensor."""
        self._targets: dict[str, int] = {}
        """Reports among them."""
        self._services: list[tuple[Ints, Longs]] = []
        """Sensors and arrivals of service messages."""

    @property
    def seen(self) -> list[SensorSeen]:
        """Every sensor in the order of its index in the reports."""
        heard = {s.name: s for s in self._receivers.seen}
        senders = [heard.get(s.name, s) if not s.records else s for s in self._decoder.sensors]
        own = [s.records for s in self._decoder.sensors] + [0] * len(self._tables)
        targets = [s.reports for s in self._decoder.sensors] + [0] * len(self._tables)
        return [
            s._replace(
                records=n + self._in_tables.get(s.name, 0),
                reports=m + self._targets.get(s.name, 0),
            )
            for s, n, m in zip((*senders, *self._tables), own, targets, strict=True)
        ]

    @property
    def sensors(self) -> list[Sensor]:
        """Data sheets of the sensors, in the order of `seen`."""
        return [
            msgspec.structs.replace(sensor, **self._found.get(sensor.name, {}))
            for sensor in sensors_in_force(self.seen, self._union, self._sites, self._kept)
        ]

    def decode(self, packets: PacketBatch) -> ReportBatch:
        """Decode packets; errors are counted."""
        decoded = self._decoder.decode(packets)
        add_counts(self.records, decoded.records)
        add_counts(self.errors, decoded.errors)
        self._services.append((decoded.services.sensor, decoded.services.received_ns))
        return decoded.reports

    def services(self, moved_s: Mapping[int, float]) -> dict[str, Longs]:
        """Arrival of service messages by sensor, nanoseconds UTC.

        Parameters
        ----------
        moved_s : mapping of int to float
            By how much sensors' reports arrived off their own stamps, where they arrive by these.
        """
        out = {}
        for i, sensor in enumerate(self.sensors):
            mine = [at_ns[who == i] for who, at_ns in self._services]
            at_ns = np.concatenate([np.zeros(0, np.int64), *mine])
            at_ns = at_ns[at_ns > 0] - round(moved_s.get(i, 0.0) * NANOSECONDS)
            out[sensor.name] = at_ns
        return out

    def read(self, paths: Sequence[Path], date_s: float | None) -> ReportBatch:
        """Read recordings, of radars and receivers, and report tables; in order of arrival.

        Captures with receive stamps are merged before they are decoded, so that what was recorded
        on two lines is recognised as one.
        """
        units = [path for path in paths if is_recording(path)]
        others = [path for path in paths if path not in units]
        heard = {path: form for path in others if (form := format_of(path)) is not None}
        tables = [path for path in others if path.suffix == ".parquet" and path not in heard]
        stamped, batches = [], []
        found: list[tuple[str, Heard]] = []
        for path in units:
            packets, receptions = self._recorded(path)
            found += receptions
            if packets.start.size:
                stamped.append(packets)
        for path in others:
            is_other = path in tables or path in heard
            packets = no_packets() if is_other else self._packets(path, date_s)
            if packets.start.size and packets.received_ns.min() >= 0:
                stamped.append(packets)
            else:
                batches.append(self.decode(packets))
        if stamped:
            batches.append(self.decode(merged(stamped)))
        found += self._receivers.read(list(heard.items()))
        batches += self._placed(found)
        batches += [self._table(path) for path in tables]
        return in_arrival_order(batches)

    def _recorded(self, path: Path) -> tuple[PacketBatch, list[tuple[str, Heard]]]:
        """Read a unit's recording: its ASTERIX as packets, what receivers sent as heard."""
        try:
            recording = Recording(path)
            packets = join_packets(list(recording.packets()))
        except (RecordingError, OSError) as error:
            self._unreadable(error)
            return no_packets(), []
        for trouble in recording.trouble:
            self._unreadable(RecordingError(f"{path}: {trouble}"))
        found = []
        is_asterix = np.ones(len(recording.sources), np.bool_)
        for row, source in enumerate(recording.sources):
            form = next((known for known in FORMATS if known == source.format), None)
            if form is not None:
                is_asterix[row] = False
                mine = take_packets(packets, packets.link == row)
                found += self._receivers.take(source.name, form, mine)
        return take_packets(packets, is_asterix[packets.link]), found

    def _packets(self, path: Path, date_s: float | None) -> PacketBatch:
        """Read one recording; one that cannot be read is told of and counted."""
        try:
            framed = FileSource(path, date_s).read()
        except SourceError as error:
            self._unreadable(error)
            return no_packets()
        add_counts(self.errors, framed.errors)
        return framed.packets

    def _unreadable(self, error: Exception) -> None:
        say(f"skypact: {error}")
        add_counts(self.errors, {"unreadable": 1})

    def _table(self, path: Path) -> ReportBatch:
        """Read one report table; its sensors follow those of the recordings."""
        try:
            reports, names = reports_from_arrow(pq.read_table(path))
        except (pa.ArrowException, OSError, RecordingError) as error:
            self._unreadable(RecordingError(f"{path}: expected a table of reports: {error}"))
            return empty_reports(0)
        new = sensors_of_reports(names, reports)
        self._join(new)
        place = {s.name: i for i, s in enumerate(self.seen)}
        rows = np.array([place[name] for name in names] or [0], np.int32)
        return reports._replace(sensor=rows[reports.sensor])

    def _join(self, new: Sequence[SensorSeen]) -> None:
        """Add sensors that are no senders of ASTERIX; those known by name get their counts."""
        known = {s.name for s in self.seen}
        self._tables += [s._replace(records=0, reports=0) for s in new if s.name not in known]
        for s in new:
            add_counts(self._in_tables, {s.name: s.records})
            add_counts(self._targets, {s.name: s.reports})

    def _placed(self, found: Sequence[tuple[str, Heard]]) -> list[ReportBatch]:
        """Count what receivers heard, and give it their places among the sensors."""
        for error in self._receivers.unreadable:
            self._unreadable(error)
        batches = []
        self._join(self._receivers.seen)
        place = {s.name: i for i, s in enumerate(self.seen)}
        for name, heard in found:
            add_counts(self.records, heard.records)
            add_counts(self.errors, heard.errors)
            n = heard.reports.time_s.size
            batches.append(heard.reports._replace(sensor=np.full(n, place[name], np.int32)))
        return batches

    def summary(self, figures: dict[str, Any]) -> dict[str, Any]:
        """Put the stable keys together: sensors and records before, `figures` after."""
        errors = dict(self.errors)
        add_counts(errors, figures.get("errors", {}))
        sensors = {s.name: self._told(s) for s in self.seen if s.records}
        return {"sensors": sensors, "records": self.records, **figures, "errors": errors}

    def _told(self, sensor: SensorSeen) -> dict[str, Any]:
        """Tell what is known of a sensor."""
        told: dict[str, Any] = {"reports": sensor.reports, "clock_offset_s": sensor.clock_offset_s}
        address = f"{sensor.sac}/{sensor.sic}"
        found = self._decoder.editions.items()
        editions = {f"{n:03}": by[address] for n, by in found if address in by}
        if editions:
            told["editions"] = editions
        if sensor.status >= 0:
            told["status"] = STATUSES[sensor.status]
        return told

    @property
    def n_records(self) -> int:
        """Records read; blocks of unknown categories are none."""
        return sum(s.records for s in self.seen)

    def why_nothing(self) -> str:
        """Say why there is no record."""
        if self.errors.get("edition"):
            n = self.errors["edition"]
            return f"no record read: {n:,} blocks are of an edition that is not known"
        return "no record found; expected a recording of surveillance data"

    def warn(self) -> None:
        """Tell people about what they can put right: a date, a clock."""
        if self.errors.get("no_date"):
            say("no date in the recording, times count from 1970-01-01; give --date YYYY-MM-DD")
        if self.errors.get("untimed"):
            n = self.errors["untimed"]
            say(f"{n:,} messages have no time: they are decoded, but cannot be tracked")
        for s in self.seen:
            if s.is_clock_wrong:
                say(f"clock of {s.name} is off by {s.clock_offset_s:+.2f} s; not corrected")

    def _find_sites(self, names: Iterable[str], reports: ReportBatch) -> None:
        """Estimate sites from what other sensors say of the same aircraft, and tell them."""
        place = {sensor.name: i for i, sensor in enumerate(self.sensors)}
        for name in names:
            site = find_site(reports, place[name])
            if site is None:
                continue
            _say_site(name, site)
            self._found[name] = {
                "lat": site.lat_rad / DEGREE, "lon": site.lon_rad / DEGREE,
                "height_m": site.height_m,
            }  # fmt: skip

    def placeable(self, reports: ReportBatch) -> ReportBatch:
        """Leave out, and tell about, reports of radars whose site is unknown."""
        missing = need_site(self.sensors, reports)
        if missing:
            self._find_sites(missing, reports)
            missing = need_site(self.sensors, reports)
        if not missing:
            return reports
        for name, n in missing.items():
            remedy = "give a union file with an entry of that name (--union FILE)"
            if re.fullmatch(r"\d+/\d+", name):
                remedy = f"give --site {name}=LAT,LON,HEIGHT_M or a union file"
            say(f"site of {name} is unknown, so {n:,} reports cannot be placed; {remedy}")
        add_counts(self.errors, {"no_site": sum(missing.values())})
        names = [s.name for s in self.sensors]
        lost = np.isin(reports.sensor, [names.index(name) for name in missing])
        return take_reports(reports, ~(lost & np.isnan(reports.lat_rad)))


def _say_site(name: str, site: FoundSite) -> None:
    lat, lon = site.lat_rad / DEGREE, site.lon_rad / DEGREE
    say(
        f"site of {name} estimated from {site.n_plots:,} plots of aircraft with known positions: "
        f"--site {name}={lat:.5f},{lon:.5f},{site.height_m:.0f} (+-{site.sigma_m:.0f} m)"
    )


def merged(batches: list[PacketBatch]) -> PacketBatch:
    """Join recordings with receive stamps in order of arrival; their links stay apart."""
    if len(batches) == 1:
        return batches[0]
    shift = np.cumsum([0, *(b.data.size for b in batches)])
    links = np.cumsum([0, *(int(b.link.max(initial=-1)) + 1 for b in batches)])
    received_ns = np.concatenate([b.received_ns for b in batches])
    order = np.argsort(received_ns, kind="stable")
    start = np.concatenate([b.start + s for b, s in zip(batches, shift, strict=False)])[order]
    end = np.concatenate([b.end + s for b, s in zip(batches, shift, strict=False)])[order]
    link = np.concatenate([b.link + n for b, n in zip(batches, links, strict=False)])[order]
    # The decoder takes records in the order of the bytes, so the bytes move, too.
    last = np.cumsum(end - start)
    first = last - (end - start)
    octets = np.repeat(start - first, end - start) + np.arange(last[-1])
    data = np.concatenate([b.data for b in batches])[octets]
    return PacketBatch(data, first, last, received_ns[order], link.astype(np.int32))
