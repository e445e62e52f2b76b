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
from skypact.decode.asterix.columns import Blocks, decode_columns, find_blocks
from skypact.decode.asterix.duplicates import nothing_seen, repeats
from skypact.decode.asterix.fields import Extras, empty_extras, register_values
from skypact.decode.asterix.heights import SEA_HEIGHT, configured_sites, elevations
from skypact.decode.asterix.plan import Column
from skypact.decode.asterix.registry import EDITIONS, category
from skypact.decode.asterix.sensors import SensorRegistry, SensorSeen
from skypact.decode.asterix.services import SERVICES, Services, service_values
from skypact.decode.asterix.targets import TARGETS
from skypact.decode.asterix.timeofday import (
    TRUNCATED_PERIOD_S,
    fill_forward,
    nearest,
    nearest_truncated,
    unwrap,
)
from skypact.errors import ConfigError
from skypact.model.packets import PacketBatch
from skypact.model.reports import (
    REPORT_DTYPES,
    ReportBatch,
    concat_reports,
    empty_reports,
    take_reports,
)
from skypact.units import DAY

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

MIN_BAD_BLOCKS: Final = 4
MAX_BAD_SHARE: Final = 0.6
"""A feed of which more blocks are damaged or nonsense is of another edition: it is refused."""
_SURFACE: Final = 10
_TRUNCATED_TIME: Final = 1
_TARGET_REPORT: Final = 1
_NORTH: Final = 1


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
    """Counted by kind."""
    extras: Extras
    """One row per report; filled where the decoder was asked for it."""
    record: Array
    """Place of each report's record among the target records of the batch in the order of their
    bytes, repeats included: what a simulator knows of its records is found by it."""


class _Part(NamedTuple):
    """Records of one category, refused ones left out."""

    number: int
    columns: dict[str, Array]
    start: Array
    end: Array
    packet: Array


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
        Where not the newest one.
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
        self._date_s = date_s
        self._is_undated = False
        self._withhold = withhold
        self._with_extras = with_extras
        self._corrections = dict(clock_corrections_s or {})
        self._seen = nothing_seen()
        self._feeds: dict[tuple[int, int], list[int]] = {}
        self._tables = {n: category(n, (editions or {}).get(n)) for n in EDITIONS}

    @property
    def sensors(self) -> tuple[SensorSeen, ...]:
        """Every sensor, in the order of the rows of `ReportBatch.sensor`."""
        return tuple(entry.seen() for entry in self._registry.entries)

    def decode(self, packets: PacketBatch) -> Decoded:
        """Decode a batch of packets; whatever is wrong with them is counted."""
        blocks = find_blocks(packets)
        errors = dict(blocks.errors)
        records: dict[str, int] = {}
        parts = []
        for number in np.unique(blocks.rows[:, 0]).tolist():
            columns = self._columns(number)
            if number not in self._tables or not columns:
                records[f"{number:03}"] = int((blocks.rows[:, 0] == number).sum())
                continue
            part = self._read(packets, number, columns, blocks, errors)
            if part.start.size:
                records[f"{number:03}"] = part.start.size
                parts.append(part)
        stream = self._stream(packets, parts, errors)
        chosen = [self._targets(part, i, stream, errors) for i, part in enumerate(parts)]
        reports, extras = self._joined(chosen, stream)
        self._note(parts, stream, reports)
        names = [entry.name for entry in self._registry.entries]
        counts = np.bincount(reports.sensor, minlength=len(names)).tolist()
        seen = {name: n for name, n in zip(names, counts, strict=True) if n}
        services = self._services(parts, stream)
        record = _places(parts, stream, chosen)
        return Decoded(reports, records, seen, services, errors, extras, record)

    def _columns(self, number: int) -> tuple[Column, ...]:
        if number in TARGETS:
            target = TARGETS[number]
            return target.columns + (target.extras if self._with_extras else ())
        return SERVICES.get(number, ())

    def _read(
        self,
        packets: PacketBatch,
        number: int,
        columns: tuple[Column, ...],
        blocks: Blocks,
        errors: dict[str, int],
    ) -> _Part:
        """Read one category; leave out nonsense, and feeds of another edition altogether."""
        table = decode_columns(packets, self._tables[number], columns, blocks)
        for kind, count in table.errors.items():
            errors[kind] = errors.get(kind, 0) + count
        nonsense = _nonsense(table.columns)
        bad = table.damaged.copy()
        bad[table.block[nonsense]] = True
        link = packets.link[table.block_packet]
        refused = self._refused(number, link, bad)
        if refused.any():
            errors["edition"] = errors.get("edition", 0) + int(refused.sum())
        keep = ~nonsense & ~refused[table.block]
        odd = int((nonsense & ~refused[table.block]).sum())
        if odd:
            errors["nonsense"] = errors.get("nonsense", 0) + odd
        if keep.all():
            return _Part(number, table.columns, table.start, table.end, table.packet)
        kept = {name: values[keep] for name, values in table.columns.items()}
        return _Part(number, kept, table.start[keep], table.end[keep], table.packet[keep])

    def _refused(self, number: int, link: Array, bad: Mask) -> Mask:
        """Blocks of feeds that are mostly damaged or nonsense, all batches so far considered."""
        refused = np.zeros(bad.size, np.bool_)
        for line in np.unique(link).tolist():
            mine = link == line
            tally = self._feeds.setdefault((number, line), [0, 0])
            tally[0] += int(bad[mine].sum())
            tally[1] += int(mine.sum())
            refused |= mine & (tally[0] >= MIN_BAD_BLOCKS) & (tally[0] > MAX_BAD_SHARE * tally[1])
        return refused

    def _stream(self, packets: PacketBatch, parts: list[_Part], errors: dict[str, int]) -> _Stream:
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
        tod_s = ordered([_time_of_day(p.columns) for p in parts], np.float64)
        sensor = self._registry.rows(ordered(keys, np.int64))
        received_ns = packets.received_ns[packet] if packet.size else np.empty(0, np.int64)
        time_s = self._times(number, sensor, tod_s, received_ns, errors)
        missing = received_ns < 0
        arrival = np.where(missing, np.round(time_s * 1e9).astype(np.int64), received_ns)
        rows = np.column_stack([number, start[order], end])
        repeat = repeats(packets.data, rows, arrival, self._seen)
        if repeat.any():
            errors["duplicates"] = errors.get("duplicates", 0) + int(repeat.sum())
        part = ordered([np.full(p.start.size, i) for i, p in enumerate(parts)], np.int64)
        row = ordered([np.arange(p.start.size) for p in parts], np.int64)
        return _Stream(part, row, sensor, time_s, arrival, repeat)

    def _times(
        self,
        number: Array,
        sensor: Array,
        tod_s: Array,
        received_ns: Array,
        errors: dict[str, int],
    ) -> Array:
        """UTC seconds of records in order of arrival."""
        if not number.size:
            return tod_s
        order = np.argsort(sensor, kind="stable")
        back = np.empty_like(order)
        back[order] = np.arange(order.size)
        is_short = number == _TRUNCATED_TIME
        is_known = received_ns >= 0
        received_s = received_ns * 1e-9
        group = sensor[order]
        before = self._before(sensor, tod_s, is_short)[group]
        whole = fill_forward(np.where(is_short, np.nan, tod_s)[order], group)
        whole_s = unwrap(np.where(np.isnan(whole), before, whole), group, before, DAY)
        short = fill_forward(np.where(is_short, tod_s, np.nan)[order], group)
        short = np.where(np.isnan(short), before, short)
        alone_s = unwrap(short, group, before, TRUNCATED_PERIOD_S)
        full_s = np.where(is_known[order], nearest(whole, received_s[order]), whole_s)
        reference = np.where(np.isnan(full_s), received_s[order], full_s)
        has_none = np.isnan(whole) & ~is_known[order]
        short_s = np.where(has_none, alone_s, nearest_truncated(short, reference))
        time_s = np.where(is_short, short_s[back], full_s[back])
        lost = np.isnan(tod_s)
        time_s = np.where(lost & is_known, received_s, time_s)
        if lost.any():
            errors["no_time"] = errors.get("no_time", 0) + int(lost.sum())
        if not is_known.all() and self._date_s is None and not self._is_undated:
            self._is_undated = True
            errors["no_date"] = errors.get("no_date", 0) + 1
        self._registry.note_times(*_last_of_each(sensor, time_s))
        timed = is_known & ~lost
        self._registry.note_offsets(sensor[timed], received_s[timed] - time_s[timed])
        names = [entry.name for entry in self._registry.entries]
        shift = np.array([self._corrections.get(name, 0.0) for name in names])
        return np.asarray(time_s + shift[sensor])

    def _before(self, sensor: Array, tod_s: Array, is_short: Mask) -> Array:
        """Where each sensor's time stood; for one that is new, where the whole stream stands."""
        everyone = np.zeros(sensor.size, np.int8)
        whole = fill_forward(np.where(is_short, np.nan, tod_s), everyone)
        date_s = self._date_s or 0.0
        if np.isnan(whole).any():
            whole = np.zeros(sensor.size)
        last_s = self._registry.last_s()
        stood = np.nanmax(last_s) if not np.isnan(last_s).all() else date_s + whole[0]
        stream_s = unwrap(whole, everyone, np.full(sensor.size, stood), DAY)
        values, first = np.unique(sensor, return_index=True)
        appeared = np.full(last_s.size, stood)
        appeared[values] = stream_s[first]
        return np.asarray(np.where(np.isnan(last_s), appeared, last_s))

    def _targets(
        self, part: _Part, i: int, stream: _Stream, errors: dict[str, int]
    ) -> tuple[Array, ReportBatch, Extras] | None:
        """Make the reports of one category, and say where they stand in the stream."""
        if part.number not in TARGETS:
            return None
        place = np.flatnonzero((stream.part == i) & ~stream.repeat)
        if part.number == _SURFACE:
            place = place[part.columns["message"][stream.row[place]] == _TARGET_REPORT]
        row = stream.row[place]
        is_all = row.size == part.start.size and bool((row == np.arange(row.size)).all())
        columns = part.columns if is_all else {k: v[row] for k, v in part.columns.items()}
        batch = empty_reports(place.size)
        values = TARGETS[part.number].values(columns, errors)
        if SEA_HEIGHT in values:
            sites, sensor = self._known_sites(), stream.sensor[place]
            values["elevation_rad"] = elevations(values, sites, sensor, errors)
            del values[SEA_HEIGHT]
        values["time_s"] = stream.time_s[place]
        values["received_ns"] = stream.received_ns[place]
        values["sensor"] = stream.sensor[place]
        for name in self._withhold:
            values.pop(name, None)
        typed = {name: v.astype(REPORT_DTYPES[name], copy=False) for name, v in values.items()}
        extras = empty_extras(0)
        if self._with_extras:
            names = ("bds40", "bds50", "bds60")
            none = np.full(place.size, -1, np.int64)
            extras = register_values(*(columns.get(name, none) for name in names))
        return place, batch._replace(**typed), extras

    def _known_sites(self) -> Array:
        """Latitude, longitude and height (rows, 3) of every sensor: as configured, else as sent."""
        sent = np.array([entry.site for entry in self._registry.entries]).reshape(-1, 3)
        own = np.array(self._sites).reshape(-1, 3)
        sent[: len(own)] = np.where(np.isnan(own), sent[: len(own)], own)
        return sent

    def _joined(
        self, chosen: list[tuple[Array, ReportBatch, Extras] | None], stream: _Stream
    ) -> tuple[ReportBatch, Extras]:
        """Join the reports of all categories in order of arrival."""
        found = [entry for entry in chosen if entry is not None]
        if len(found) == 1:
            return found[0][1], found[0][2]
        batch = concat_reports([entry[1] for entry in found])
        places = np.concatenate([np.empty(0, np.int64), *(entry[0] for entry in found)])
        order = np.argsort(places, kind="stable")
        reports = take_reports(batch, order)
        if not self._with_extras or not found:
            return reports, empty_extras(0)
        columns = zip(*(entry[2] for entry in found), strict=True)
        return reports, Extras(*(np.concatenate(column)[order] for column in columns))

    def _note(self, parts: list[_Part], stream: _Stream, reports: ReportBatch) -> None:
        """Keep what the records say of their sensors."""
        for i, part in enumerate(parts):
            mine = np.flatnonzero(stream.part == i)
            sensor = stream.sensor[mine]
            self._registry.note_records(part.number, sensor)
            if part.number == _SURFACE:
                self._registry.note_surface(sensor, part.columns["typ"][stream.row[mine]])
        self._registry.note_reports(reports.sensor)
        named = (reports.icao >= 0) | (reports.track_number >= 0)
        key = np.where(reports.icao >= 0, reports.icao, (1 << 24) + reports.track_number)
        use = named & (reports.coast == 0)
        if use.any():
            self._registry.note_revisits(reports.sensor[use], key[use], reports.time_s[use])

    def _services(self, parts: list[_Part], stream: _Stream) -> Services:
        """Service messages of all categories in order of arrival, without repeats."""
        tables: list[dict[str, Array]] = []
        for i, part in enumerate(parts):
            place = np.flatnonzero((stream.part == i) & ~stream.repeat)
            if part.number == _SURFACE:
                place = place[part.columns["message"][stream.row[place]] != _TARGET_REPORT]
            elif part.number not in SERVICES:
                continue
            columns = {k: v[stream.row[place]] for k, v in part.columns.items()}
            kept = columns if part.number in SERVICES else {"message": columns["message"]}
            values = service_values(kept, place.size)
            values.update(
                category=np.full(place.size, part.number, np.int16),
                sensor=stream.sensor[place],
                time_s=stream.time_s[place],
                received_ns=stream.received_ns[place],
                place=place,
            )
            if part.number in (2, 34):
                north = values["message"] == _NORTH
                self._registry.note_service(values["sensor"], north, values["time_s"], values)
            tables.append(values)
        if not tables:
            tables = [service_values({}, 0) | _no_service()]
        order = np.argsort(np.concatenate([t["place"] for t in tables]), kind="stable")
        joined = {k: np.concatenate([t[k] for t in tables])[order] for k in Services._fields}
        return Services(**joined)


def _places(
    parts: list[_Part], stream: _Stream, chosen: list[tuple[Array, ReportBatch, Extras] | None]
) -> Array:
    """Place of each report among the target records of the stream."""
    targets = np.array([part.number in TARGETS for part in parts], np.bool_)
    number = np.cumsum(targets[stream.part]) - 1 if stream.part.size else np.empty(0, np.int64)
    places = [entry[0] for entry in chosen if entry is not None]
    return np.asarray(number[np.sort(np.concatenate([np.empty(0, np.int64), *places]))])


def _no_service() -> dict[str, Array]:
    none = np.empty(0, np.int64)
    return {
        "category": none.astype(np.int16),
        "sensor": none.astype(np.int32),
        "time_s": none.astype(np.float64),
        "received_ns": none,
        "place": none,
    }


def _time_of_day(columns: dict[str, Array]) -> Array:
    """Seconds since midnight; of I021/071, /073 and /077 the first that is there."""
    time_s = columns["tod_s"]
    if "tod_position_s" in columns:
        position = columns["tod_position_s"]
        time_s = np.where(np.isnan(position), time_s, position)
        time_s = np.where(np.isnan(time_s), columns["tod_sent_s"], time_s)
    return time_s


def _nonsense(columns: dict[str, Array]) -> Mask:
    """Find records without a source, or with a time past midnight or a place not on the earth."""
    bad = (columns["sac"] < 0) | (columns["tod_s"] >= DAY)
    if "lat_rad" in columns:
        bad |= (np.abs(columns["lat_rad"]) > np.pi / 2) | (np.abs(columns["lon_rad"]) > np.pi)
    return np.asarray(bad, np.bool_)


def _last_of_each(sensor: Array, time_s: Array) -> tuple[Array, Array]:
    """Each sensor and the time of its last row."""
    values, place = np.unique(sensor[::-1], return_index=True)
    return values, time_s[::-1][place]
