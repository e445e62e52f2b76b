"""Figures for monitoring and health answers."""

import re
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families as families
from tests.contract.api_sky import client
from tests.contract.api_sky import unit_status as status

from skypact.serve.app import UnitParts
from skypact.serve.status import (
    ClockStatus,
    OutputStatus,
    RecorderStatus,
    RuleStatus,
    SourceStatus,
    StoreStatus,
    UnitStatus,
    WatchStatus,
)

BASE_UNITS = ("seconds", "bytes", "packets", "messages", "rows", "tracks")
NO_UNIT = (
    "unit", "overload", "active", "viewers", "reports", "records", "frames", "errors", "state",
    "alerts", "alive", "unacknowledged", "overdue", "faults",
    "connects", "steps", "requests", "tokens", "begun", "fds", "clients", "breaks",
)  # fmt: skip


@pytest.fixture
def scraped(tmp_path) -> dict:
    with client(tmp_path) as api:
        api.get("/api/v1/nothing")
        answer = api.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {family.name: family for family in families(answer.text)}


def value(scraped: dict, name: str, **labels: str) -> float:
    samples = [s for f in scraped.values() for s in f.samples if s.name == name]
    return next(s.value for s in samples if labels.items() <= s.labels.items())


def test_the_unit_s_figures_are_told(scraped):
    assert value(scraped, "skypact_reports_total") == 3000
    assert value(scraped, "skypact_records_total", category="048") == 4000
    assert value(scraped, "skypact_shed_packets_total", kind="adsb") == 7
    source = {"source": "udp://239.0.0.1:8600"}
    assert value(scraped, "skypact_source_received_bytes_total", **source) == 160_000
    assert value(scraped, "skypact_source_state", **source, state="up") == 1
    assert value(scraped, "skypact_source_state", **source, state="down") == 0
    assert value(scraped, "skypact_sensor_clock_offset_seconds", sensor="Riga") == 0.1
    assert value(scraped, "skypact_part_state", part="store", state="up") == 1
    assert value(scraped, "skypact_http_requests_total", status="404") == 1
    assert value(scraped, "skypact_lag_seconds") == 0
    assert value(scraped, "skypact_alerts_total", rule="border") == 7
    extreme = {"rule": "border", "severity": "extreme"}
    assert value(scraped, "skypact_alerts_alive", **extreme) == 1
    assert value(scraped, "skypact_alerts_alive", **{**extreme, "severity": "minor"}) == 0
    assert value(scraped, "skypact_alerts_unacknowledged") == 2
    assert value(scraped, "skypact_measures_overdue") == 1
    assert value(scraped, "skypact_rule_faults_total", rule="emergency") == 4
    assert value(scraped, "skypact_rule_state", rule="border", state="up") == 1
    assert value(scraped, "skypact_watch_look_seconds_count") == 4
    assert value(scraped, "process_resident_memory_bytes") > 1e6


def test_steps_are_a_cumulative_histogram(scraped):
    samples = [s for s in scraped["skypact_step_seconds"].samples if s.name.endswith("_bucket")]
    counts = {s.labels["le"]: s.value for s in samples}
    assert counts["0.005"] == 1
    assert counts["0.035"] == 3
    assert counts["3.0"] == 3
    assert counts["+Inf"] == value(scraped, "skypact_step_seconds_count") == 4
    assert value(scraped, "skypact_step_seconds_sum") == pytest.approx(9.064)


def test_latencies_are_a_cumulative_histogram_and_percentiles_of_late(scraped):
    samples = [s for s in scraped["skypact_latency_seconds"].samples if s.name.endswith("_bucket")]
    counts = {s.labels["le"]: s.value for s in samples}
    assert (counts["0.05"], counts["0.1"], counts["0.2"], counts["0.3"]) == (0, 1, 2, 3)
    assert counts["+Inf"] == value(scraped, "skypact_latency_seconds_count") == 3
    assert value(scraped, "skypact_latency_seconds_sum") == pytest.approx(0.55)
    assert value(scraped, "skypact_recent_latency_seconds", quantile="0.95") == 0.2


def test_names_follow_the_conventions(scraped):
    ours = [f for f in scraped.values() if not f.name.startswith(("process_", "python_"))]
    assert len(ours) > 30
    for family in ours:
        assert re.fullmatch(r"skypact_[a-z][a-z_]*[a-z]", family.name), family.name
        assert family.documentation
        words = set(family.name.removesuffix("_info").split("_"))
        assert words & {*BASE_UNITS, *NO_UNIT}, family.name
        assert not words & {"ms", "ns", "kb", "mib", "minutes", "percent"}
        if family.type == "counter":
            assert all(s.name.endswith("_total") for s in family.samples)


def test_openmetrics_is_written_to_who_asks_for_it(tmp_path):
    with client(tmp_path) as api:
        accept = "application/openmetrics-text; version=1.0.0"
        answer = api.get("/metrics", headers={"accept": accept})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert "skypact_reports" in {family.name for family in open_families(answer.text)}


def test_labels_may_hold_anything(tmp_path):
    url = 'tcp://h:1?x="\\\n'
    odd = status(sources=(SourceStatus(url=url, state="strange"),))
    with client(tmp_path, UnitParts(lambda: odd)) as api:
        text = api.get("/metrics").text
    scraped = {family.name: family for family in families(text)}
    assert value(scraped, "skypact_source_state", source=url, state="strange") == 1


def test_rows_with_one_address_are_told_apart(tmp_path):
    twice = (SourceStatus(url="udp://h:1", state="up"), SourceStatus(url="udp://h:1", state="down"))
    outputs = (OutputStatus(url="udp://h:2", kind="cot"), OutputStatus(url="udp://h:2", kind="tak"))
    with client(tmp_path, UnitParts(lambda: status(sources=twice, outputs=outputs))) as api:
        text = api.get("/metrics").text
    series = [line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.startswith("#")]
    assert len(series) == len(set(series))
    assert 'skypact_source_state{source="udp://h:1 (2)",state="down"} 1.0' in text


def health(tmp_path: Path, name: str, unit: UnitStatus) -> tuple[int, dict]:
    with client(tmp_path, UnitParts(lambda: unit)) as api:
        answer = api.get(f"/health/{name}")
    return answer.status_code, answer.json()


def test_a_unit_that_is_well_is_live_and_ready(tmp_path):
    for name in ("live", "ready"):
        assert health(tmp_path, name, status()) == (200, {"status": "ok", "reasons": []})


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"picture_s": None, "picture_age_s": None}, "no picture yet"),
        ({"picture_age_s": 31.0}, "no picture for 31 s"),
        ({"overload": True, "lag_s": 4.2}, "overload: 4.2 s behind"),
        ({"role": "standby"}, "standby"),
    ],
)
def test_what_keeps_a_unit_from_being_ready_is_said(tmp_path, changed, word):
    code, told = health(tmp_path, "ready", status(**changed))
    assert code == 503
    assert told["status"] == "failing"
    assert word in told["reasons"][0]
    assert health(tmp_path, "live", status(**changed))[0] == 200


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"recorder": RecorderStatus(state="down", error="disk full")}, "recorder down: disk full"),
        ({"store": StoreStatus(state="degraded")}, "store degraded"),
        ({"outputs": (OutputStatus(url="tcp://h:1", state="down"),)}, "output tcp://h:1 down"),
        ({"sources": (SourceStatus(url="udp://h:2", state="silent"),)}, "source udp://h:2 silent"),
        ({"watch": WatchStatus(state="degraded", error="no room")}, "watch degraded: no room"),
        (
            {"watch": WatchStatus(rules=(RuleStatus(name="x", state="degraded", error="E: y"),))},
            "rule x degraded: E: y",
        ),
        ({"clock": ClockStatus(off_s=-2.0, error="was set")}, "clock: was set"),
    ],
)
def test_what_is_lost_beside_the_picture_degrades_only(tmp_path, changed, word):
    code, told = health(tmp_path, "ready", status(**changed))
    assert (code, told) == (200, {"status": "degraded", "reasons": [word]})


def test_a_pipeline_that_hangs_is_not_live(tmp_path):
    code, told = health(tmp_path, "live", status(picture_age_s=200.0))
    assert (code, told["status"]) == (503, "failing")
