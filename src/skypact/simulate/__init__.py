"""Scenario and seed in, truth and sensor bytes out; pure, the same seed gives the same bytes."""

from skypact.model.truth import TruthRows
from skypact.simulate.biases import true_biases
from skypact.simulate.feed import CLUTTER, Origins
from skypact.simulate.flat import FlatScenario, FlatScene
from skypact.simulate.happenings import TOLD_OF, true_events
from skypact.simulate.scenario import (
    Scenario,
    load_flat_scenario,
    load_scenario,
    load_sky_scenario,
    scenario_from_toml,
    shipped_scenarios,
)
from skypact.simulate.scene import Scene, Slice

__all__ = [
    "CLUTTER",
    "TOLD_OF",
    "FlatScenario",
    "FlatScene",
    "Origins",
    "Scenario",
    "Scene",
    "Slice",
    "TruthRows",
    "load_flat_scenario",
    "load_scenario",
    "load_sky_scenario",
    "scenario_from_toml",
    "shipped_scenarios",
    "true_biases",
    "true_events",
]
