import numpy as np
import pytest
from tests.naive.warned import NOW_S, alert

from skypact.model.reports import empty_reports
from skypact.model.tracks import empty_rows
from skypact.runtime.heard import Heard
from skypact.units import NANOSECONDS

NONE = np.zeros(0, np.int64)


def step(heard, now_s, **received_s):
    """One step; `t7=x` is a report of track 7 received at x."""
    reports = empty_reports(len(received_s))
    stamps = [round(value * NANOSECONDS) for value in received_s.values()]
    reports = reports._replace(received_ns=np.array(stamps, np.int64))
    heard.note(np.array([int(name[1:]) for name in received_s], np.int64), reports)
    heard.append(empty_rows(0), NONE, now_s)


def test_delay_begins_with_the_first_report_since_the_look_before():
    heard = Heard(1.0)
    step(heard, NOW_S, t7=NOW_S - 0.1)
    step(heard, NOW_S + 0.5, t7=NOW_S + 0.4, t8=NOW_S + 0.1)
    step(heard, NOW_S + 1.0, t7=NOW_S + 0.9)
    assert heard.heard_s(alert(tracks=(7,))) == pytest.approx(NOW_S + 0.4, abs=1e-6)
    assert heard.heard_s(alert(tracks=(7, 8))) == pytest.approx(NOW_S + 0.1, abs=1e-6)


def test_alert_of_what_was_not_heard_begins_with_itself():
    heard = Heard(1.0)
    step(heard, NOW_S)
    assert heard.heard_s(alert()) == NOW_S
    assert heard.heard_s(alert(tracks=())) == NOW_S


def test_steps_are_forgotten():
    heard = Heard(1.0)
    for i in range(100):
        step(heard, NOW_S + i * 0.1, t7=NOW_S + i * 0.1)
    assert len(heard._steps) <= 11
