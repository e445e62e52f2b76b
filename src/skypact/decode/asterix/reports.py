"""ASTERIX packets to target reports, service messages and counts.

`Decoder` holds what must be remembered between packets: the sensors, where their clocks stand,
which records came before, which feeds are of an edition we do not read. It is pure: the same
packets give the same reports; there is no clock in it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from skypact.config import Sensor
from skypact.decode.asterix.clocks import SensorClocks, time_of_day
from skypact.decode.asterix.columns import Blocks, find_blocks
from skypact.decode.asterix.duplicates import nothing_seen, repeats
from skypact.decode.asterix.echoes import echoes, nothing_heard
from skypact.decode.asterix.editions import EditionChooser
from skypact.decode.asterix.feeds import FeedReader, Part
from skypact.decode.asterix.fields import Extras, empty_extras, extra_values
from skypact.decode.asterix.heights import SEA_HEIGHT, configured_sites, elevations
from skypact.decode.asterix.reading import GRAIN
from skypact.decode.asterix.records import decode_block
from skypact.decode.asterix.registry import EDITIONS, category
from skypact.decode.asterix.sensors import SensorRegistry, SensorSeen
from skypact.decode.asterix.services import Services, service_values
from skypact.errors import ConfigError
from skypact.model.packets import PacketBatch
from skypact.model.reports import (
    REPORT_DTYPES,
    ReportBatch,
    concat_reports,
    empty_reports,
    take_reports,
)

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

_SURFACE: Final = 10
_PAIRS: Final = 15
_TARGET_REPORT: Final = 1
_NORTH: Final = 1
_SURFACE_SERVICE: Final = ("message", "nogo", "overload", "time_invalid")
_MARKS: Final = (2, 34)
"""Categories whose message 1 is a north mark."""
_VERSIONS: Final = 247


class Decoded(NamedTuple):
    """What a batch of packets held."""

    reports: ReportBatch
    """Target reports in order of arrival; extrapolated ones are marked `coast`."""
    records: dict[str, int]
    """Records by category (``"048"``) before duplicates are removed; of categories without a
    table, blocks."""
    sensors: dict[str, int]
    """Target reports by sensor name."""
    services: Services
    errors: dict[str, int]
    """Counted by kind; ``duplicates`` are records that came over two networks, ``echoes`` positions
    that another kind of sensor, or the same sensor, had reported already."""
    extras: Extras
    """One row per report; filled where the decoder was asked for it."""
    record: Array
    """Place of each report's record among the target records of the batch in the order of their
    bytes, repeats included: what a simulator knows of its records is found by it."""


class _Chosen(NamedTuple):
    """Reports of one part."""

    place: Array
    """Place of each in the stream."""
    reports: ReportBatch
    extras: Extras
    grain: Array
    """How finely each position is counted, radians; NaN where there is none."""


class _Stream(NamedTuple):
    """Records of all categories in order of arrival."""

    part: Array
    """Which part each record is in, and its row there."""
    row: Array
    sensor: Array
    time_s: Array
    received_ns: Array
    repeat: Mask


class Decoder:
    """Decodes packets batch by batch.

    Parameters
    ----------
    sensors : sequence of config.Sensor
        The configured sensors; `ReportBatch.sensor` is a row of these, unknown ones follow.
    date_s : float, optional
        UTC midnight of the first record's day, for recordings without receive times. Left out,
        they are dated 1970-01-01 and ``no_date`` is counted once.
    editions : mapping of category to edition, optional
        Where not found out from the bytes; a sensor's own entry (`config.Sensor.editions`) goes
        first.
    withhold : set of str
        Report columns to blank (tests of tracking without addresses, say).
    with_extras : bool
        Decode transponder registers to `Decoded.extras`.
    clock_corrections_s : mapping of sensor name to seconds, optional
        Added to a sensor's stamps. Clocks are never corrected without being told to.
    """

    def __init__(
        self,
        sensors: Sequence[Sensor] = (),
        *,
        date_s: float | None = None,
        editions: Mapping[int, str] | None = None,
        withhold: frozenset[str] = frozenset(),
        with_extras: bool = False,
        clock_corrections_s: Mapping[str, float] | None = None,
    ) -> None:
        unknown = withhold - set(REPORT_DTYPES)
        if unknown:
            raise ConfigError(f"withhold: expected report columns, got {sorted(unknown)[0]!r}")
        self._registry = SensorRegistry(sensors)
        self._sites = configured_sites(sensors)
        self._clocks = SensorClocks(self._registry, date_s, clock_corrections_s or {})
        self._feeds = FeedReader(with_extras=with_extras)
        self._withhold = withhold
        self._with_extras = with_extras
        self._seen = nothing_seen()
        self._heard = nothing_heard()
        self._editions = EditionChooser(editions or {}, _editions_of(sensors))

    @property
    def sensors(self) -> tuple[SensorSeen, ...]:
        """Every sensor, in the order of the rows of `ReportBatch.sensor`."""
        return tuple(entry.seen() for entry in self._registry.entries)

    @property
    def recent_delays(self) -> list[list[tuple[float, float]]]:
        """Of each sensor, times of arrival and delays of its last reports, seconds."""
        return [list(entry.recent) for entry in self._registry.entries]

    @property
    def n_sensors(self) -> int:
        """How many sensors there are."""
        return len(self._registry.entries)

    @property
    def editions(self) -> dict[int, dict[str, str]]:
        """By category with several layouts, the edition that each sensor's bytes were read with."""
        out: dict[int, dict[str, str]] = {}
        for (number, source), table in self._editions.found.items():
            out.setdefault(number, {})[f"{source >> 8}/{source & 255}"] = table.edition
        return out

    def decode(self, packets: PacketBatch) -> Decoded:
        """Decode a batch of packets; whatever is wrong with them is counted."""
        blocks = find_blocks(packets)
        errors = dict(blocks.errors)
        records: dict[str, int] = {}
        parts = []
        numbers = np.unique(blocks.rows[:, 0]).tolist()
        if _VERSIONS in numbers:
            self._hear_versions(packets, blocks)
        for number in numbers:
            mine = blocks.rows[blocks.rows[:, 0] == number]
            if number not in EDITIONS:
                records[f"{number:03}"] = mine.shape[0]
                continue
            for table, rows in self._editions.split(number, packets.data, mine):
                if table is None:
                    errors["edition"] = errors.get("edition", 0) + rows.shape[0]
                    continue
                part = self._feeds.read(packets, table, Blocks(rows, {}), errors)
                if part.start.size:
                    name = f"{number:03}"
                    records[name] = records.get(name, 0) + part.start.size
                    parts.append(part)
        stream = self._stream(packets, parts, errors)
        chosen = [self._targets(part, i, stream, errors) for i, part in enumerate(parts)]
        reports, extras, record = self._heard_once(
            *self._joined(chosen), _places(parts, stream, chosen), errors
        )
        blank = empty_reports(reports.time_s.size)
        reports = reports._replace(**{name: getattr(blank, name) for name in self._withhold})
        self._note(parts, stream, reports)
        names = [entry.name for entry in self._registry.entries]
        counts = np.bincount(reports.sensor, minlength=len(names)).tolist()
        seen = {name: n for name, n in zip(names, counts, strict=True) if n}
        services = self._services(parts, stream)
        return Decoded(reports, records, seen, services, errors, extras, record)

    def _hear_versions(self, packets: PacketBatch, blocks: Blocks) -> None:
        """Note what sensors say of their editions."""
        for _, first, last, _ in blocks.rows[blocks.rows[:, 0] == _VERSIONS].tolist():
            for record in decode_block(packets.data[first:last].tobytes()).records:
                if "010" in record:
                    source = record["010"]["SAC"] << 8 | record["010"]["SIC"]
                    self._editions.tell(source, record.get("550", ()))

    def _stream(self, packets: PacketBatch, parts: list[Part], errors: dict[str, int]) -> _Stream:
        """Bring records of all categories in order, with sensor, time and repeats."""
        start = np.concatenate([np.empty(0, np.int64), *(p.start for p in parts)])
        came_in = np.concatenate([np.empty(0, np.int64), *(p.packet for p in parts)])
        order = np.lexsort((start, came_in)) if len(parts) > 1 else np.arange(start.size)

        def ordered(columns: list[Array], dtype: type[Any]) -> Array:
            return np.concatenate([np.empty(0, dtype), *columns])[order]

        number = ordered([np.full(p.start.size, p.number) for p in parts], np.int64)
        end = ordered([p.end for p in parts], np.int64)
        packet = ordered([p.packet for p in parts], np.int64)
        keys = [p.columns["sac"].astype(np.int64) << 8 | p.columns["sic"] for p in parts]
        tod_s = ordered([time_of_day(p.columns) for p in parts], np.float64)
        sensor = self._registry.rows(ordered(keys, np.int64))
        received_ns = packets.received_ns[packet] if packet.size else np.empty(0, np.int64)
        time_s = self._clocks.times(number, sensor, tod_s, received_ns, errors)
        missing = received_ns < 0
        arrival = np.where(missing, np.round(time_s * 1e9).astype(np.int64), received_ns)
        rows = np.column_stack([number, start[order], end])
        repeat = repeats(packets.data, rows, arrival, self._seen)
        if repeat.any():
            errors["duplicates"] = errors.get("duplicates", 0) + int(repeat.sum())
        part = ordered([np.full(p.start.size, i) for i, p in enumerate(parts)], np.int64)
        row = ordered([np.arange(p.start.size) for p in parts], np.int64)
        return _Stream(part, row, sensor, time_s, arrival, repeat)

    def _targets(
        self, part: Part, i: int, stream: _Stream, errors: dict[str, int]
    ) -> _Chosen | None:
        """Make the reports of one category, and say where they stand in the stream."""
        if part.target is None:
            return None
        place = np.flatnonzero((stream.part == i) & ~stream.repeat)
        if part.number == _SURFACE:
            place = place[part.columns["message"][stream.row[place]] == _TARGET_REPORT]
        row = stream.row[place]
        is_all = row.size == part.start.size and bool((row == np.arange(row.size)).all())
        columns = part.columns if is_all else {k: v[row] for k, v in part.columns.items()}
        batch = empty_reports(place.size)
        values = part.target.values(columns, errors)
        grain = values.pop(GRAIN, np.full(place.size, np.nan))
        if SEA_HEIGHT in values:
            sites, sensor = self._known_sites(), stream.sensor[place]
            values["elevation_rad"] = elevations(values, sites, sensor, errors)
            del values[SEA_HEIGHT]
        values["time_s"] = stream.time_s[place]
        values["received_ns"] = stream.received_ns[place]
        values["sensor"] = stream.sensor[place]
        typed = {name: v.astype(REPORT_DTYPES[name], copy=False) for name, v in values.items()}
        extras = empty_extras(0)
        if self._with_extras:
            extras = extra_values(columns, place.size, errors)
        return _Chosen(place, batch._replace(**typed), extras, grain)

    def _known_sites(self) -> Array:
        """Latitude, longitude and height (rows, 3) of every sensor: as configured, else as sent."""
        sent = np.array([entry.site for entry in self._registry.entries]).reshape(-1, 3)
        own = np.array(self._sites).reshape(-1, 3)
        sent[: len(own)] = np.where(np.isnan(own), sent[: len(own)], own)
        return sent

    def _joined(self, chosen: list[_Chosen | None]) -> tuple[ReportBatch, Extras, Array]:
        """Join the reports of all categories in order of arrival, with their grains."""
        found = [entry for entry in chosen if entry is not None]
        if len(found) == 1:
            return found[0].reports, found[0].extras, found[0].grain
        batch = concat_reports([entry.reports for entry in found])
        none = np.empty(0, np.int64)
        order = np.argsort(np.concatenate([none, *(one.place for one in found)]), kind="stable")
        reports = take_reports(batch, order)
        grain = np.concatenate([np.empty(0), *(entry.grain for entry in found)])[order]
        if not self._with_extras or not found:
            return reports, empty_extras(0), grain
        columns = zip(*(entry.extras for entry in found), strict=True)
        return reports, Extras(*(np.concatenate(column)[order] for column in columns)), grain

    def _heard_once(
        self,
        reports: ReportBatch,
        extras: Extras,
        grain: Array,
        record: Array,
        errors: dict[str, int],
    ) -> tuple[ReportBatch, Extras, Array]:
        """Leave out positions that were reported before, by whatever sensor."""
        again = echoes(reports, grain, self._heard)
        if not again.any():
            return reports, extras, record
        errors["echoes"] = errors.get("echoes", 0) + int(again.sum())
        if extras[0].size:
            extras = Extras(*(column[~again] for column in extras))
        return take_reports(reports, ~again), extras, record[~again]

    def _note(self, parts: list[Part], stream: _Stream, reports: ReportBatch) -> None:
        """Keep what the records say of their sensors."""
        for i, part in enumerate(parts):
            mine = np.flatnonzero(stream.part == i)
            sensor = stream.sensor[mine]
            self._registry.note_records(part.number, sensor)
            if part.number == _SURFACE:
                self._registry.note_surface(sensor, part.columns["typ"][stream.row[mine]])
            elif part.number == _PAIRS:
                self._registry.note_pairs(sensor, part.columns["momu"][stream.row[mine]])
        self._registry.note_reports(reports.sensor)
        named = (reports.icao >= 0) | (reports.track_number >= 0)
        key = np.where(reports.icao >= 0, reports.icao, (1 << 24) + reports.track_number)
        use = named & (reports.coast == 0)
        if use.any():
            self._registry.note_revisits(reports.sensor[use], key[use], reports.time_s[use])

    def _services(self, parts: list[Part], stream: _Stream) -> Services:
        """Service messages of all categories in order of arrival, without repeats."""
        tables: list[dict[str, Array]] = []
        for i, part in enumerate(parts):
            place = np.flatnonzero((stream.part == i) & ~stream.repeat)
            columns = part.columns
            if part.number == _SURFACE:
                place = place[columns["message"][stream.row[place]] != _TARGET_REPORT]
                columns = {name: columns[name] for name in _SURFACE_SERVICE}
            elif part.target is not None:
                continue
            row = stream.row[place]
            values = service_values({k: v[row] for k, v in columns.items()}, place.size)
            values.update(
                category=np.full(place.size, part.number, np.int16),
                sensor=stream.sensor[place],
                time_s=stream.time_s[place],
                received_ns=stream.received_ns[place],
                first=part.start[row],
                last=part.end[row],
                place=place,
            )
            north = (values["message"] == _NORTH) & (part.number in _MARKS)
            self._registry.note_service(values["sensor"], north, values["time_s"], values)
            tables.append(values)
        if not tables:
            tables = [service_values({}, 0) | _no_service()]
        order = np.argsort(np.concatenate([t["place"] for t in tables]), kind="stable")
        joined = {k: np.concatenate([t[k] for t in tables])[order] for k in Services._fields}
        return Services(**joined)


def _editions_of(sensors: Sequence[Sensor]) -> dict[tuple[int, int], str]:
    """Editions that sensors were given, by category and address."""
    out = {}
    for sensor in sensors:
        for number, edition in sensor.editions.items():
            try:
                category(int(number), edition)
            except ConfigError as error:
                raise ConfigError(f"sensor {sensor.name}: editions: {error}") from None
            out[int(number), sensor.sac << 8 | sensor.sic] = edition
    return out


def _places(parts: list[Part], stream: _Stream, chosen: list[_Chosen | None]) -> Array:
    """Place of each report among the target records of the stream."""
    targets = np.array([part.target is not None for part in parts], np.bool_)
    number = np.cumsum(targets[stream.part]) - 1 if stream.part.size else np.empty(0, np.int64)
    places = [entry.place for entry in chosen if entry is not None]
    return np.asarray(number[np.sort(np.concatenate([np.empty(0, np.int64), *places]))])


def _no_service() -> dict[str, Array]:
    none = np.empty(0, np.int64)
    return {
        "category": none.astype(np.int16),
        "sensor": none.astype(np.int32),
        "time_s": none.astype(np.float64),
        "received_ns": none,
        "first": none,
        "last": none,
        "place": none,
    }
