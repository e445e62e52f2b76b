"""Scenario and seed in, truth and sensor bytes out; pure, the same seed gives the same bytes."""

from skypact.model.truth import TruthRows
from skypact.simulate.feed import CLUTTER, Origins
from skypact.simulate.scenario import (
    Scenario,
    load_scenario,
    scenario_from_toml,
    shipped_scenarios,
)
from skypact.simulate.scene import Scene, Slice

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
