"""Steps of sensors' biases; learning and drifting are none."""

import pytest
from tests.naive.looks import RADAR
from tests.naive.skies import START_S, sky

from skypact.rules.bias import BiasParams
from skypact.watch.bias import BiasRule

KNOWN = ["azimuth_deg", "range_m"]


def run(values, rule=None, every_s=20, **more):
    """Findings at each time, of azimuth biases and their sigmas."""
    rule = BiasRule(BiasParams()) if rule is None else rule
    out = []
    for k, (value, sigma) in enumerate(values):
        at_s = float(k * every_s)
        biases = {"azimuth_deg": [value, sigma], "observable": KNOWN, **more}
        out.append(rule.look(sky(at_s=at_s, sensors=(RADAR._replace(biases=biases),))))
    return out


def test_a_step_is_told_with_before_and_after():
    found = run([(0.05, 0.01)] * 10 + [(0.55, 0.02)] * 3)
    assert not any(found[:10])
    (one,) = found[10]
    assert one.key == "north-azimuth_deg"
    assert one.event_time_s == START_S + 200.0
    assert one.evidence == {
        "sensor": "north", "bias": "azimuth_deg", "before": 0.05, "before_sigma": 0.01,
        "after": 0.55, "after_sigma": 0.02, "step": 0.5,
    }  # fmt: skip


def test_it_is_over_after_its_time():
    rule = BiasRule(BiasParams(hold_s=200.0))
    found = run([(0.0, 0.01)] * 10 + [(0.5, 0.02)] * 30, rule)
    assert found[10]
    assert found[19]
    assert not any(found[22:])


def test_learning_is_no_step():
    learnt = [(0.3 * (1 - 0.5**k), 0.1 * 0.8**k) for k in range(20)]
    assert not any(run(learnt))


def test_a_slow_drift_is_no_step():
    assert not any(run([(0.001 * k, 0.01) for k in range(100)]))


@pytest.mark.parametrize("after", [(0.09, 0.001), (0.5, 0.12)])
def test_small_ones_and_uncertain_ones_are_no_steps(after):
    assert not any(run([(0.0, 0.001)] * 10 + [after] * 10))


def test_what_cannot_be_observed_does_not_count():
    found = run([(0.0, 0.01)] * 10 + [(0.5, 0.01)] * 5, observable=["range_m"])
    assert not any(found)


def test_a_step_that_the_registration_found_is_told_once():
    rule = BiasRule(BiasParams())
    run([(0.0, 0.01)] * 10, rule)
    step = {"bias": "azimuth_deg", "time_s": START_S + 180.0, "found_s": START_S + 260.0,
            "size": 0.4}  # fmt: skip
    told = []
    for k in range(13, 100):
        biases = {"azimuth_deg": [0.4, 0.02], "observable": KNOWN, "steps": [step]}
        sensors = (RADAR._replace(biases=biases),)
        told.append(rule.look(sky(at_s=20.0 * k, sensors=sensors)))
    (one,) = told[0]
    assert one.event_time_s == START_S + 180.0
    assert one.evidence["before"] == 0.0
    assert one.evidence["step"] == pytest.approx(0.4)
    assert told[-1] == []


def test_an_old_step_is_not_told_when_a_watch_begins():
    step = {"bias": "azimuth_deg", "time_s": START_S - 900.0, "found_s": START_S - 800.0,
            "size": 0.4}  # fmt: skip
    assert not any(run([(0.4, 0.01)] * 5, steps=[step]))


def test_sensors_without_estimates_are_silent():
    assert BiasRule(BiasParams()).look(sky(sensors=(RADAR,))) == []


def test_little_is_kept():
    rule = BiasRule(BiasParams())
    run([(0.0, 0.01)] * 5_000, rule, every_s=1)
    assert sum(len(values) for values in rule._past.values()) < 20
