"""Sixty seconds of two hundred tracks, and clients of the application that shows them."""

from functools import cache
from pathlib import Path

import numpy as np
from starlette.testclient import TestClient
from tests.browser.synthetic_sky import START_S, SyntheticSky, baltic_scene

from skypact.model.store import AlertRecord
from skypact.model.tracks import TrackRows
from skypact.rules.doctrine import Entry, Recipient
from skypact.runtime.desk import AlertDesk
from skypact.runtime.durations import STEP_BOUNDS_S, DurationMeter
from skypact.serve.access import Access
from skypact.serve.app import UnitParts, create_app
from skypact.serve.history import TrackHistory
from skypact.serve.status import (
    ClockStatus,
    OutputStatus,
    RecorderStatus,
    RuleStatus,
    SensorStatus,
    SourceStatus,
    StoreStatus,
    UnitStatus,
    WatchStatus,
)
from skypact.watch.doctrine import Doctrine
from skypact.watch.life import Alert

N_TRACKS = 200
N_TICKS = 600
END_S = START_S + (N_TICKS - 1) * 0.1
BASE = "http://127.0.0.1:8600"
RECIPIENTS = (Recipient(name="duty officer", channels=("api",)),)
ENTRIES = (Entry(name="emergencies", tell=("duty officer",), acknowledge_within_s=60.0),)
ALERT = AlertRecord(
    "a-1",
    "north",
    "emergency",
    "raised",
    START_S + 5,
    float("nan"),
    (3,),
    "high",
    None,
    {"code": 7},
)


def alert(number: int = 1, severity: str = "severe", **changed: object) -> Alert:
    """One that lives."""
    values: dict[str, object] = {
        "id": f"emergency-{number}-7700-1767262505000", "rule": "emergency",
        "key": f"{number}-7700", "state": "raised", "raised_s": START_S + 5.0 + number,
        "told_s": START_S + 5.0 + number, "seen_s": START_S + 9.0, "tracks": (number,),
        "severity": severity, "event_time_s": None, "area": None, "evidence": {"code": 7700},
    }  # fmt: skip
    return Alert(**(values | changed))  # type: ignore[arg-type]


def desk(n: int = 2) -> AlertDesk:
    """A watch's desk with alerts that live and a measure."""
    made, doctrine = AlertDesk(), Doctrine(ENTRIES, RECIPIENTS, ("emergency",), "north")
    living = [alert(number) for number in range(1, n + 1)]
    told = [a.record("north", a.told_s, a.state) for a in living]
    made.publish(told, living, "north")
    doctrine.step(START_S + 6.0, told)
    made.publish_measures(doctrine.measures)
    return made


@cache
def sky() -> SyntheticSky:
    return SyntheticSky(N_TRACKS)


@cache
def history() -> TrackHistory:
    made = TrackHistory()
    for tick in range(N_TICKS):
        sky().step(made, tick)
    return made


def batches() -> list[tuple[TrackRows, float]]:
    """The same updates, step by step."""
    times = [(tick, START_S + tick * 0.1) for tick in range(N_TICKS)]
    return [(sky().rows_at(t, sky().phase == tick % 40), t) for tick, t in times]


def unit_status(**changed: object) -> UnitStatus:
    meter = DurationMeter(STEP_BOUNDS_S)
    meter.add([0.004, 0.03, 0.03, 9.0], 0.0)
    latency = DurationMeter()
    latency.add([0.1, 0.15, 0.3], 0.0)
    values: dict[str, object] = {
        "unit": "north",
        "member": "Latvia",
        "version": "0.1.0",
        "uptime_s": 60.0,
        "picture_s": END_S,
        "picture_age_s": 0.2,
        "reports": 3000,
        "records": {"048": 4000},
        "tracks": N_TRACKS,
        "confirmed": 180,
        "shed": {"adsb": 7},
        "errors": {"late": 2},
        "latency_s": {"p50": 0.1, "p95": 0.2, "p99": 0.3},
        "clock": ClockStatus(off_s=0.0, steps=1),
        "recorder": RecorderStatus(state="up", packets=4000, bytes=160_000, free_bytes=10**9),
        "store": StoreStatus(state="up", url="parquet:picture", rows=3000),
        "sources": (
            SourceStatus(url="udp://239.0.0.1:8600", state="up", packets=4000, bytes=160_000,
                         last_s=END_S),
        ),
        "sensors": (
            SensorStatus(name="Riga", kind="radar", reports=1500, state="operational",
                         clock_offset_s=0.1, biases={"azimuth_deg": [0.05, 0.01]}),
        ),
        "outputs": (OutputStatus(url="udp://239.0.0.2:8601", kind="asterix", state="up"),),
        "watch": WatchStatus(
            state="up", looked_s=END_S, alive=3, unacknowledged=2, overdue=1,
            rules=(
                RuleStatus(name="border", state="up", raised=7,
                           alive={"moderate": 2, "extreme": 1}),
                RuleStatus(name="emergency", state="up", faults=4),
            ),
        ),
        "steps": meter.read(),
        "looks": meter.read(),
        "latency": latency.read(),
    }  # fmt: skip
    return UnitStatus(**(values | changed))  # type: ignore[arg-type]


def page_folder(folder: Path) -> Path:
    """A stand-in for the built page, so that these tests need no Node."""
    (folder / "index.html").write_text("<!doctype html><title>page</title>")
    return folder


def client(
    folder: Path, parts: UnitParts | None = None, access: Access | None = None, base: str = BASE
) -> TestClient:
    parts = parts or UnitParts(unit_status)
    static = page_folder(folder)
    app = create_app(history(), baltic_scene("live"), dict, static, unit=parts, access=access)
    return TestClient(app, base_url=base, follow_redirects=False, raise_server_exceptions=False)


def ended() -> np.ndarray:
    return np.empty(0, np.int64)
