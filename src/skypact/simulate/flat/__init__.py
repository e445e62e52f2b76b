"""Published multi-target scenes in a flat Cartesian frame: their models, truth and reports."""

from skypact.simulate.flat.scene import FlatScene
from skypact.simulate.flat.schema import FlatScenario

__all__ = ["FlatScenario", "FlatScene"]
