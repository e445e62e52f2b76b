"""Scenario and seed in, truth and sensor bytes out; pure, the same seed gives the same bytes."""

from skypact.simulate.feed import CLUTTER, Origins
from skypact.simulate.scenario import (
    Scenario,
    load_scenario,
    scenario_from_toml,
    shipped_scenarios,
)
from skypact.simulate.scene import Scene, Slice
from skypact.simulate.truth import TruthRows

__all__ = [
    "CLUTTER",
    "Origins",
    "Scenario",
    "Scene",
    "Slice",
    "TruthRows",
    "load_scenario",
    "scenario_from_toml",
    "shipped_scenarios",
]
