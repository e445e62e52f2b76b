"""How a unit fares, at one instant: what its runtime fills in and everything here reads.

The interface for programs, the figures for monitoring and the health answers are three views of one
`UnitStatus`. Times are seconds UTC since 1970; None is what is not known.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any, Final, Literal, get_args

import msgspec
import numpy as np

from skypact.config import KindDefaults, Sensor, resolve
from skypact.model.ports import SourceState
from skypact.model.store import StoreState
from skypact.serve.history import CONFIRMED, TrackHistory
from skypact.serve.outputs import OutputState
from skypact.serve.scene import Scene
from skypact.units import NANOSECONDS

PACKAGE: Final = "skypact"
PartState = Literal["off", "waiting", "up", "degraded", "down", "over"]
"""``off``: not configured; ``waiting``: not begun, or nobody is connected; ``degraded``: works, and
something is lost; ``over``: ended."""
Role = Literal["active", "standby"]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """The state of something that a unit runs."""

    state: PartState = "off"
    error: str = ""
    """What went wrong last, empty where nothing did."""


class RecorderStatus(Part, frozen=True, kw_only=True):
    """The recording of what comes in."""

    packets: int = 0
    bytes: int = 0
    dropped: int = 0
    """Packets that were not recorded."""
    waiting_bytes: int = 0
    """That wait to be written."""
    lag_s: float = 0.0
    """Age of the oldest packet that is not on the disk yet."""
    free_bytes: int | None = None
    """Left on its disk."""


class StoreStatus(Part, frozen=True, kw_only=True):
    """Where the picture is kept."""

    url: str = ""
    rows: int = 0
    dropped: int = 0
    """Rows that were not stored."""
    waiting: int = 0
    """Rows that wait to be stored."""


class OutputStatus(Part, frozen=True, kw_only=True):
    """One place that the picture is sent to."""

    url: str
    kind: str = ""
    messages: int = 0
    bytes: int = 0
    dropped: int = 0
    """Messages that a receiver did not get: too slow, not connected, no room."""
    unsent: int = 0
    """Rows that this kind cannot hold or must not tell."""
    failed: int = 0
    """Steps that could not be said."""
    alerts_unsent: int = 0
    """Alerts that this kind was to send and cannot say."""
    clients: int = 0
    """Receivers connected."""
    connects: int = 0


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One live source; see `model.ports.SourceState`."""

    url: str
    state: str
    packets: int = 0
    bytes: int = 0
    last_s: float | None = None
    """Arrival of the last packet."""
    over_quota: int = 0
    """Packets dropped because the source sent more than it may."""
    refused: int = 0
    """Packets and connections from senders that are not allowed."""
    dropped: int = 0
    """Packets dropped because too many were waiting."""
    shed: int = 0
    """Packets left out of the picture because the unit was overloaded."""
    connects: int = 0
    breaks: int = 0
    """How often a stream did not hold together and was taken up again."""
    error: str = ""


class SensorStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One sensor: its data sheet, what it says of itself, what was found out about it."""

    name: str
    kind: str
    member: str = ""
    sac: int = 0
    sic: int = 0
    lat_deg: float | None = None
    lon_deg: float | None = None
    height_m: float = 0.0
    data_sheet: dict[str, float] = {}
    """Figures in force, the kind's where the union file gives none."""
    state: str = "unknown"
    """What it last said of itself: ``operational``, ``degraded``, ``out``; ``silent`` where nothing
    is heard."""
    reports: int = 0
    clock_offset_s: float | None = None
    """Median of receive time minus stamp."""
    editions: dict[str, str] = {}
    """Edition by ASTERIX category, where there are several."""
    biases: dict[str, Any] = {}
    """Estimated biases, each value and sigma; measured minus true."""
    found: dict[str, list[float]] = {}
    """Figures of the data sheet, stated and found."""


class ClockStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How the machine's clock behaves."""

    off_s: float = 0.0
    """How far it is ahead of the unit's time, below 0 behind; more than a second: it was set."""
    steps: int = 0
    """How often the unit's time followed one that was set ahead."""
    error: str = ""
    """What is wrong with it, empty where nothing is."""


class Durations(msgspec.Struct, frozen=True, kw_only=True):
    """How long something took since the start: a histogram."""

    bounds_s: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    """Those that took at most so long, each bound's alone; the last of those that took longer."""
    sum_s: float = 0.0


class RuleStatus(Part, frozen=True, kw_only=True):
    """One rule of the watch: ``degraded`` where it failed within the last minute."""

    name: str
    raised: int = 0
    """Alerts ever raised."""
    alive: dict[str, int] = {}
    """Alerts that live, by severity."""
    faults: int = 0
    """Looks at which it failed."""


class WatchStatus(Part, frozen=True, kw_only=True):
    """The watch: ``degraded`` where it, or what keeps its alerts, failed within the last minute."""

    looked_s: float | None = None
    """Time of the picture at its last look."""
    alive: int = 0
    """Alerts that live."""
    unacknowledged: int = 0
    """Those of them that nobody has taken notice of."""
    overdue: int = 0
    """Measures of the doctrine that were not told or acknowledged in time and still are not."""
    faults: int = 0
    """Looks at which it failed beside the rules."""
    lost: int = 0
    """States of alerts and measures, and acknowledgements, that its files did not take."""
    rules: tuple[RuleStatus, ...] = ()


class WarningsStatus(Part, frozen=True, kw_only=True):
    """Warnings of the public and deliveries to webhooks: ``degraded`` while some fail."""

    waiting: int = 0
    """Drafts that wait for a person."""
    failed: int = 0
    """Messages that could not be made, and writes that failed."""
    denied: int = 0
    """Tries to release or refuse of people who may not."""
    delay_p95_s: float | None = None
    """From a report received to its draft written, of the last ones; None without any."""
    undelivered: int = 0
    """Deliveries to webhooks that were refused, given up or dropped."""
    undelivered_yet: int = 0
    """Those that wait."""


class UnitSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A unit at one instant."""

    unit: str
    member: str = ""
    version: str = ""
    role: Role = "active"
    uptime_s: float = 0.0
    picture_s: float | None = None
    """Time of the newest picture; None before the first one."""
    picture_age_s: float | None = None
    """How long ago by the clock it was made."""
    lag_s: float = 0.0
    """How far the pipeline is behind what has arrived."""
    overload: bool = False
    shed: dict[str, int] = {}
    """Packets left out of the picture because of overload, by kind of sensor."""
    reports: int = 0
    reports_per_s: float = 0.0
    records: dict[str, int] = {}
    """Records read, by category."""
    tracks: int = 0
    """Tracks alive."""
    confirmed: int = 0
    """Those of them that are confirmed."""
    tracks_begun: int = 0
    """Tracks that ever had an update."""
    latency_s: dict[str, float | None] = {}
    """From a report's arrival to its track's update in the last minute: p50, p95, p99; None where
    there was none."""
    errors: dict[str, int] = {}
    """What could not be read or used, by kind."""
    clock: ClockStatus = ClockStatus()
    recorder: RecorderStatus = RecorderStatus()
    store: StoreStatus = StoreStatus()
    checkpoint: Part = Part()
    """The state that the unit would go on from after a crash."""
    watch: WatchStatus = WatchStatus()
    warnings: WarningsStatus = WarningsStatus()

    @classmethod
    def of(cls, status: "UnitStatus") -> "UnitSummary":
        """Return the summary of a unit's status."""
        return cls(**{name: getattr(status, name) for name in cls.__struct_fields__})


class UnitStatus(UnitSummary, frozen=True, kw_only=True):
    """A unit at one instant, with its parts."""

    sources: tuple[SourceStatus, ...] = ()
    sensors: tuple[SensorStatus, ...] = ()
    outputs: tuple[OutputStatus, ...] = ()
    steps: Durations = Durations()
    """Processing times of the pipeline's steps."""
    latency: Durations = Durations()
    """From a report's arrival to its track's update."""
    looks: Durations = Durations()
    """Processing times of the watch's looks."""


UnitView = Callable[[], UnitStatus]
"""Called from any thread, several times a second: keep it cheap."""


def redacted(url: str) -> str:
    """Return a URL without the password that it may hold."""
    return re.sub(r"(//[^/@:\s]*):[^/\s]*@", r"\1:***@", url)


def source_status(state: SourceState, shed: int = 0) -> SourceStatus:
    """Return an inlet's row as it is told."""
    return SourceStatus(
        url=redacted(state.url),
        state=state.state,
        packets=state.n_packets,
        bytes=state.n_bytes,
        last_s=state.last_ns / NANOSECONDS if state.last_ns >= 0 else None,
        over_quota=state.n_over_quota,
        refused=state.n_refused,
        dropped=state.n_dropped,
        shed=shed,
        connects=state.n_connects,
        breaks=state.n_breaks,
        error=redacted(state.error),
    )


def output_status(state: OutputState) -> OutputStatus:
    """Return an output's row as it is told."""
    words = {word: word for word in get_args(PartState)}
    return OutputStatus(
        url=redacted(state.url),
        kind=state.kind,
        state=words.get(state.state, "degraded"),
        error=redacted(state.error),
        messages=state.messages,
        bytes=state.bytes,
        dropped=state.dropped,
        unsent=state.unsent,
        failed=state.failed,
        alerts_unsent=state.alerts_unsent,
        clients=state.clients,
        connects=state.connects,
    )


def store_status(state: StoreState, url: str, is_losing: bool) -> StoreStatus:
    """Return the store's state as it is told; it is degraded while it loses rows."""
    kept: PartState = "degraded" if is_losing else "up"
    return StoreStatus(
        state=kept if state.is_up else "down",
        error=redacted(state.error),
        url=redacted(url),
        rows=state.n_written,
        dropped=state.n_dropped,
        waiting=state.n_waiting,
    )


def sensor_statuses(
    sensors: Sequence[Sensor], figures: Mapping[str, Any], silent: Sequence[str] = ()
) -> tuple[SensorStatus, ...]:
    """Return what is known of each sensor.

    Parameters
    ----------
    sensors : sequence of Sensor
        Their data sheets.
    figures : mapping
        The run's summary (DESIGN 2.1): ``sensors``, ``biases`` and ``found`` by name.
    silent : sequence of str
        Names of those of which nothing is heard.
    """
    sheet = [field.name for field in msgspec.structs.fields(KindDefaults)]
    rows = []
    for s in sensors:
        heard = _heard(figures.get("sensors", {}).get(s.name, {}))
        if s.name in silent:
            heard["state"] = "silent"
        row = SensorStatus(
            name=s.name,
            kind=s.kind,
            member=s.member,
            sac=s.sac,
            sic=s.sic,
            lat_deg=s.lat,
            lon_deg=s.lon,
            height_m=s.height_m,
            data_sheet={name: resolve(s, name) for name in sheet},
            biases=figures.get("biases", {}).get(s.name, {}),
            found=figures.get("found", {}).get(s.name, {}),
            **heard,
        )
        rows.append(row)
    return tuple(rows)


def plain_unit(scene: Scene, history: TrackHistory, figures: Mapping[str, Any]) -> UnitStatus:
    """Return the status of a run that is no unit, as the demo or a replay.

    Parameters
    ----------
    scene : Scene
        Its sensors, and whether it is live.
    history : TrackHistory
        Its picture.
    figures : mapping
        Its summary so far (DESIGN 2.1), or nothing.
    """
    has_picture = history.last_s == history.last_s
    alive = history.state_at(history.last_s) if has_picture else history.state_at(0.0)
    seen = figures.get("sensors", {})
    sensors = tuple(
        SensorStatus(
            name=s.name,
            kind=s.kind,
            member=s.member,
            lat_deg=s.lat_deg,
            lon_deg=s.lon_deg,
            data_sheet={"range_max_m": s.range_max_m, "period_s": s.period_s},
            biases=figures.get("biases", {}).get(s.name, {}),
            found=figures.get("found", {}).get(s.name, {}),
            **_heard(seen.get(s.name, {})),
        )
        for s in scene.sensors
    )
    return UnitStatus(
        unit=scene.mode,
        version=version(PACKAGE),
        picture_s=history.last_s if has_picture else None,
        picture_age_s=time.time() - history.last_s
        if has_picture and scene.mode == "live"
        else None,
        reports=figures.get("reports", 0),
        reports_per_s=figures.get("reports_per_s", 0.0),
        records=figures.get("records", {}),
        tracks=int(alive.size),
        confirmed=int(np.count_nonzero(alive["flags"] & CONFIRMED)),
        tracks_begun=figures.get("tracks", 0),
        errors=figures.get("errors", {}),
        sensors=sensors,
    )


def _heard(seen: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a summary's row of a sensor tells."""
    return {
        "state": seen.get("status", "operational" if seen.get("reports") else "unknown"),
        "reports": seen.get("reports", 0),
        "clock_offset_s": seen.get("clock_offset_s"),
        "editions": seen.get("editions", {}),
    }
