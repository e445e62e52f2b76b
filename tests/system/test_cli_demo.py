"""The demonstration: sensors' bytes to tracks, live, with its summary."""

import json
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

pytestmark = pytest.mark.live

CODE = "import sys; from skypact.cli import main; sys.exit(main(sys.argv[1:]))"
OVERLOADED_S = 3.0
"""A picture that lags more has not kept up (what the lag is, the README measures)."""


@pytest.fixture(scope="module")
def headless() -> tuple[int, dict, str]:
    """Exit code, summary and words of eight seconds."""
    command = [sys.executable, "-c", CODE, "demo", "--headless", "--seconds", "8"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=280)
    return result.returncode, json.loads(result.stdout), result.stderr


def test_a_headless_demo_prints_its_summary_and_exits_0(headless):
    code, summary, words = headless
    assert code == 0, words
    assert set(summary) >= {
        "sensors", "records", "reports", "reports_per_s", "tracks", "confirmed", "alerts",
        "latency_s", "biases", "errors", "picture_hash",
    }  # fmt: skip


def test_its_sensors_are_radars_adsb_and_multilateration_of_real_bytes(headless):
    _, summary, _ = headless
    assert {"021", "034", "048", "020"} <= set(summary["records"])
    assert len(summary["sensors"]) >= 8
    assert summary["errors"] == {}


def test_it_tracks_its_three_hundred_aircraft(headless):
    _, summary, _ = headless
    assert 250 <= summary["confirmed"] <= 350


def test_it_is_watched(headless):
    _, summary, words = headless
    assert summary["alerts"] > 0
    assert " border" in words


def test_it_keeps_up_with_the_sensors(headless):
    _, summary, _ = headless
    assert summary["reports_per_s"] > 500
    assert summary["latency_s"]["p95"] < OVERLOADED_S


def test_sigterm_ends_a_demo_with_its_summary_and_exit_code_0():
    command = [sys.executable, "-c", CODE, "demo", "--port", "0"]
    process = subprocess.Popen(command, stdout=-1, stderr=-1, text=True)
    line = next(line for line in process.stderr if line.startswith("map at "))
    url = line.split()[2]
    time.sleep(1.0)
    with urllib.request.urlopen(f"{url}/api/scene", timeout=10) as answer:
        scene = json.load(answer)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out)["confirmed"] > 0
    assert len(scene["members"]) == 3
