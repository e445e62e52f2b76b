"""The picture at common instants: the figures that compare all objects with all tracks."""

from typing import Any

import numpy as np

from skypact.evaluate.gospa import gospa, gospa_summary
from skypact.evaluate.ospa import ospa, ospa2, ospa_summary
from skypact.evaluate.pairs import TooManyPairs
from skypact.evaluate.params import EvaluateParams
from skypact.evaluate.samples import Samples
from skypact.evaluate.series import Instants
from skypact.evaluate.tgospa import tgospa, tgospa_summary


def compare_sets(found: Samples, params: EvaluateParams) -> tuple[dict[str, Any], Instants]:
    """GOSPA, trajectory GOSPA, OSPA and OSPA(2): summaries, and GOSPA over time."""
    order, dimensions = params.gospa_p, params.dimensions
    sets = gospa(
        found, c_m=params.gospa_c_m, p=order, alpha=params.gospa_alpha, dimensions=dimensions
    )
    figures: dict[str, Any] = {"gospa": gospa_summary(sets, order)}
    root = 1.0 / order
    over_time = Instants(
        found.time_s,
        sets.total,
        sets.localisation**root,
        sets.missed**root,
        sets.false**root,
        np.diff(found.truth_first),
        np.diff(found.track_first),
    )
    del sets
    figures["tgospa"] = _paths_compared(found, params)
    c_m, p = params.ospa_c_m, params.ospa_p
    figures["ospa"] = ospa_summary(ospa(found, c_m=c_m, p=p, dimensions=dimensions), p)
    try:
        windowed = ospa2(found, c_m=c_m, p=p, window=params.ospa2_instants(), dimensions=dimensions)
        figures["ospa2"] = ospa_summary(windowed, p)
    except TooManyPairs as error:
        figures["ospa2"] = {"mean": None, "rms": None, "reason": f"OSPA(2): {error}"}
    return figures, over_time


def _paths_compared(found: Samples, params: EvaluateParams) -> dict[str, Any]:
    """Trajectory GOSPA, or why there is none."""
    try:
        compared = tgospa(
            found,
            c_m=params.gospa_c_m,
            p=params.gospa_p,
            gamma_m=params.tgospa_gamma_m or params.gospa_c_m,
            dimensions=params.dimensions,
        )
    except TooManyPairs as error:
        nothing = dict.fromkeys(("total", "switches", "exact", "lower_bound"))
        return {**nothing, "reason": f"trajectory GOSPA: {error}"}
    return dict(tgospa_summary(compared, params.gospa_p))
