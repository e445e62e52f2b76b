"""The picture at common instants: the figures that compare all objects with all tracks."""

from typing import Any

import numpy as np

from skypact.evaluate.gospa import gospa, gospa_summary
from skypact.evaluate.ospa import ospa, ospa2, ospa_summary
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
    figures["tgospa"] = tgospa_summary(
        tgospa(
            found,
            c_m=params.gospa_c_m,
            p=order,
            gamma_m=params.tgospa_gamma_m or params.gospa_c_m,
            dimensions=dimensions,
        ),
        order,
    )
    c_m, p = params.ospa_c_m, params.ospa_p
    figures["ospa"] = ospa_summary(ospa(found, c_m=c_m, p=p, dimensions=dimensions), p)
    window = max(1, round(params.ospa2_window_s / params.step_s))
    windowed = ospa2(found, c_m=c_m, p=p, window=window, dimensions=dimensions)
    figures["ospa2"] = ospa_summary(windowed, p)
    return figures, over_time
