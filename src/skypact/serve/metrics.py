"""A unit's figures for monitoring, in Prometheus' text format, read when they are asked for.

Names have base units and end as the format's guidelines say: ``_total`` counters, ``_seconds``,
``_bytes``. Histograms count since the start, cumulatively: Prometheus takes the differences.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from msgspec.structs import replace
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from skypact.serve.access import Tries
from skypact.serve.session import Broadcast
from skypact.serve.status import Durations, Part, UnitStatus, UnitView

PART_STATES: Final = ("off", "waiting", "up", "degraded", "down", "over")
SOURCE_STATES: Final = ("waiting", "up", "silent", "down", "over")
SEVERITIES: Final = ("minor", "moderate", "severe", "extreme")
SENSOR_STATES: Final = ("unknown", "operational", "degraded", "out", "silent")

Rows = Iterable[tuple[str, float | None]]


def _counter(name: str, text: str, label: str, rows: Rows) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for key, value in rows:
        if value is not None:
            family.add_metric([key], value)
    return family


def _gauge(name: str, text: str, label: str, rows: Rows) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in rows:
        if value is not None:
            family.add_metric([key], value)
    return family


def _states(
    name: str, text: str, label: str, known: tuple[str, ...], rows: Iterable[tuple[str, str]]
) -> Metric:
    """One series per state, 1 for the one that holds."""
    family = GaugeMetricFamily(name, text, labels=[label, "state"])
    for key, state in rows:
        for word in (*known, *({state} - set(known))):
            family.add_metric([key, word], float(word == state))
    return family


def _named(urls: Iterable[str]) -> list[str]:
    """Tell rows with one address apart: series with equal labels would void the whole answer."""
    seen: dict[str, int] = {}
    names = []
    for url in urls:
        seen[url] = n = seen.get(url, 0) + 1
        names.append(url if n == 1 else f"{url} ({n})")
    return names


def _picture(unit: UnitStatus) -> Iterator[Metric]:
    info = {"unit": unit.unit, "member": unit.member, "version": unit.version, "role": unit.role}
    yield InfoMetricFamily("skypact_unit", "The unit.", info)
    gauges: tuple[tuple[str, str, float | None], ...] = (
        ("skypact_uptime_seconds", "Time since the unit began.", unit.uptime_s),
        ("skypact_picture_timestamp_seconds", "Time of the newest picture.", unit.picture_s),
        ("skypact_picture_age_seconds", "Age of the newest picture.", unit.picture_age_s),
        ("skypact_lag_seconds", "How far the pipeline is behind.", unit.lag_s),
        ("skypact_overload", "1 while the unit sheds load.", float(unit.overload)),
        ("skypact_clock_off_seconds", "Machine's clock minus the unit's time.", unit.clock.off_s),
        ("skypact_tracks", "Tracks alive.", unit.tracks),
        ("skypact_confirmed_tracks", "Confirmed tracks alive.", unit.confirmed),
        ("skypact_active", "1 where the unit is active, 0 standby.", unit.role == "active"),
    )
    for name, text, value in gauges:
        if value is not None:
            yield GaugeMetricFamily(name, text, value)
    yield CounterMetricFamily("skypact_reports", "Reports to the tracker.", unit.reports)
    yield CounterMetricFamily("skypact_tracks_begun", "Tracks begun.", unit.tracks_begun)
    yield CounterMetricFamily("skypact_clock_steps", "Jumps of the clock.", unit.clock.steps)
    counts = ("skypact_records", "Records read.", "category", unit.records)
    sheds = ("skypact_shed_packets", "Packets left out by overload.", "kind", unit.shed)
    errors = ("skypact_errors", "What could not be read or used.", "kind", unit.errors)
    for name, text, label, by in (counts, sheds, errors):
        yield _counter(name, text, label, by.items())
    recent = [(str(int(name[1:]) / 100), v) for name, v in unit.latency_s.items()]
    text = "Arrival to track, of the last minute."
    yield _gauge("skypact_recent_latency_seconds", text, "quantile", recent)
    yield _histogram("skypact_latency_seconds", "Arrival of a report to its track.", unit.latency)
    yield _histogram("skypact_step_seconds", "Time that a step took.", unit.steps)
    yield _histogram("skypact_watch_look_seconds", "Time that a look took.", unit.looks)


def _histogram(name: str, text: str, taken: Durations) -> Metric:
    family = HistogramMetricFamily(name, text)
    total, buckets = 0, []
    for bound, count in zip((*taken.bounds_s, float("inf")), taken.counts, strict=False):
        total += count
        buckets.append(("+Inf" if bound == float("inf") else repr(bound), float(total)))
    if buckets:
        family.add_metric([], buckets, taken.sum_s)
    return family


def _sources(unit: UnitStatus) -> Iterator[Metric]:
    names = _named(s.url for s in unit.sources)
    rows = [replace(s, url=name) for s, name in zip(unit.sources, names, strict=True)]
    states = [(s.url, s.state) for s in rows]
    yield _states("skypact_source_state", "State of a source.", "source", SOURCE_STATES, states)
    figures: tuple[tuple[str, str, Callable[[Any], float]], ...] = (
        ("packets", "Packets received.", lambda s: s.packets),
        ("received_bytes", "Bytes received.", lambda s: s.bytes),
        ("over_quota_packets", "Packets beyond the quota.", lambda s: s.over_quota),
        ("refused_packets", "Packets of senders not allowed.", lambda s: s.refused),
        ("dropped_packets", "Packets dropped.", lambda s: s.dropped),
        ("shed_packets", "Packets left out by overload.", lambda s: s.shed),
        ("connects", "Connections made.", lambda s: s.connects),
        ("breaks", "Breaks in a stream.", lambda s: s.breaks),
    )
    for name, text, figure in figures:
        yield _counter(f"skypact_source_{name}", text, "source", [(s.url, figure(s)) for s in rows])
    last = [(s.url, s.last_s) for s in rows]
    yield _gauge("skypact_source_last_packet_timestamp_seconds", "Last packet.", "source", last)


def _sensors(unit: UnitStatus) -> Iterator[Metric]:
    rows = unit.sensors
    yield _counter(
        "skypact_sensor_reports", "Target reports.", "sensor", [(s.name, s.reports) for s in rows]
    )
    states = [(s.name, s.state) for s in rows]
    yield _states("skypact_sensor_state", "State of a sensor.", "sensor", SENSOR_STATES, states)
    offsets = [(s.name, s.clock_offset_s) for s in rows]
    yield _gauge("skypact_sensor_clock_offset_seconds", "Receive minus stamp.", "sensor", offsets)


def _parts(unit: UnitStatus) -> Iterator[Metric]:
    recorder, store = unit.recorder, unit.store
    parts: list[tuple[str, Part]] = [
        ("recorder", recorder),
        ("store", store),
        ("checkpoint", unit.checkpoint),
        ("watch", unit.watch),
        ("warnings", unit.warnings),
    ]
    states = [(name, part.state) for name, part in parts]
    yield _states("skypact_part_state", "State of a part.", "part", PART_STATES, states)
    yield CounterMetricFamily("skypact_recorder_packets", "Packets recorded.", recorder.packets)
    yield CounterMetricFamily("skypact_recorder_written_bytes", "Bytes recorded.", recorder.bytes)
    yield CounterMetricFamily("skypact_recorder_dropped_packets", "Not recorded.", recorder.dropped)
    yield GaugeMetricFamily(
        "skypact_recorder_waiting_bytes", "Not written yet.", recorder.waiting_bytes
    )
    yield GaugeMetricFamily("skypact_recorder_lag_seconds", "Not on the disk yet.", recorder.lag_s)
    if recorder.free_bytes is not None:
        yield GaugeMetricFamily(
            "skypact_recorder_free_bytes", "Left on its disk.", recorder.free_bytes
        )
    yield CounterMetricFamily("skypact_store_rows", "Track updates stored.", store.rows)
    yield CounterMetricFamily("skypact_store_dropped_rows", "Updates not stored.", store.dropped)
    yield GaugeMetricFamily("skypact_store_waiting_rows", "Not stored yet.", store.waiting)
    names = _named(o.url for o in unit.outputs)
    rows = [replace(o, url=name) for o, name in zip(unit.outputs, names, strict=True)]
    told = [(o.url, o.state) for o in rows]
    yield _states("skypact_output_state", "State of an output.", "output", PART_STATES, told)
    figures: tuple[tuple[str, str, Callable[[Any], float]], ...] = (
        ("messages", "Messages sent.", lambda o: o.messages),
        ("sent_bytes", "Bytes sent.", lambda o: o.bytes),
        ("dropped_messages", "Messages lost.", lambda o: o.dropped),
        ("unsent_rows", "Rows that a kind cannot hold.", lambda o: o.unsent),
        ("failed_steps", "Steps that could not be said.", lambda o: o.failed),
        ("unsent_alerts", "Alerts that a kind cannot say.", lambda o: o.alerts_unsent),
        ("connects", "Connections made.", lambda o: o.connects),
    )
    for name, text, figure in figures:
        yield _counter(f"skypact_output_{name}", text, "output", [(o.url, figure(o)) for o in rows])
    clients = [(o.url, o.clients) for o in rows]
    yield _gauge("skypact_output_clients", "Receivers connected.", "output", clients)


def _watch(unit: UnitStatus) -> Iterator[Metric]:
    watch, rules = unit.watch, unit.watch.rules
    raised = [(rule.name, rule.raised) for rule in rules]
    yield _counter("skypact_alerts", "Alerts raised.", "rule", raised)
    family = GaugeMetricFamily(
        "skypact_alerts_alive", "Alerts that live.", labels=["rule", "severity"]
    )
    for rule in rules:
        for severity in SEVERITIES:
            family.add_metric([rule.name, severity], rule.alive.get(severity, 0))
    yield family
    yield GaugeMetricFamily(
        "skypact_alerts_unacknowledged", "Alerts that nobody took notice of.", watch.unacknowledged
    )
    yield GaugeMetricFamily("skypact_measures_overdue", "Measures overdue.", watch.overdue)
    told = [(rule.name, rule.state) for rule in rules]
    yield _states("skypact_rule_state", "State of a rule.", "rule", PART_STATES, told)
    faults = [(rule.name, rule.faults) for rule in rules]
    yield _counter("skypact_rule_faults", "Looks at which a rule failed.", "rule", faults)
    yield CounterMetricFamily("skypact_watch_faults", "Looks that failed.", watch.faults)
    yield CounterMetricFamily("skypact_watch_lost_rows", "States not written.", watch.lost)


class WebFigures:
    """What the server itself counts; written by the event loop only."""

    def __init__(self, broadcast: Broadcast, tries: Tries) -> None:
        self._broadcast = broadcast
        self._tries = tries
        self.requests: dict[str, int] = {}
        """Answers by status."""

    def collect(self) -> Iterator[Metric]:
        """Return them as families."""
        broadcast = self._broadcast
        yield GaugeMetricFamily("skypact_viewers", "Streams open.", broadcast.n_viewers)
        yield CounterMetricFamily("skypact_frames", "Frames sent to viewers.", broadcast.n_frames)
        requests = list(self.requests.items())
        yield _counter("skypact_http_requests", "Requests answered.", "status", requests)
        yield CounterMetricFamily("skypact_wrong_tokens", "Wrong tokens.", self._tries.n_wrong)


class UnitCollector(Collector):
    """Reads a unit's status when it is asked for.

    Parameters
    ----------
    unit : callable
        Gives the status.
    web : WebFigures
        The server's own.
    """

    def __init__(self, unit: UnitView, web: WebFigures) -> None:
        self._unit = unit
        self._web = web

    def collect(self) -> Iterator[Metric]:
        """Return all families."""
        unit = self._unit()
        for part in (_picture, _sources, _sensors, _watch, _parts):
            yield from part(unit)
        yield from self._web.collect()

    def describe(self) -> Iterable[Metric]:
        """Nothing: a status is read only when it is asked for."""
        return []


def registry_of(unit: UnitView, web: WebFigures) -> CollectorRegistry:
    """Make the registry that ``/metrics`` writes, with the figures of the process."""
    registry = CollectorRegistry()
    registry.register(UnitCollector(unit, web))
    ProcessCollector(registry=registry)
    return registry
