"""Five reports in a hundred come 1 to 10 s late: the live picture hardly suffers.

Four radars and 150 aircraft, where it must stay near the picture in order; one radar of 10 s a turn
and 60 aircraft, where leaving the late reports out is seen. 120 s, eight seeds each;
`benchmarks/late.py` has more ways and scenes.
"""

import numpy as np
from benchmarks import late

SEEDS = range(50, 58)
SHARE = 0.05


def gospa(kind, names):
    """Mean GOSPA by seed (8,) of ways to meet late reports."""
    before, late.SECONDS = late.SECONDS, 120
    steps = [k for k in range(240) if (k + 1) * late.STEP_S > late.FROM_S]
    found = {name: [] for name in names}
    for seed in SEEDS:
        made = late.make(kind, seed)
        rng = np.random.default_rng([seed, 1])
        n = len(made.reports.time_s)
        wait_s = np.where(rng.random(n) < SHARE, rng.uniform(1.0, 10.0, n), 0.0)
        ways = {"in order": (made.reports.time_s, late.SHIPPED)}
        ways |= {name: (made.reports.time_s + wait_s, p) for name, p in late.CASES.items()}
        for name in names:
            points = late.run(made, *ways[name]).points
            found[name].append(late.judged(made, [points[k] for k in steps], steps)[0].mean())
    late.SECONDS = before
    return [np.array(values) for values in found.values()]


def test_with_four_radars_gospa_stays_within_three_percent_of_the_picture_in_order():
    in_order, with_late = gospa("four radars", ("in order", "late"))
    assert np.mean(with_late / in_order - 1.0) < 0.03


def test_with_one_slow_radar_late_reports_are_better_used_than_ignored():
    """Upper end of the mean's one-sided 95 % interval."""
    ignored, with_late = gospa("one slow radar", ("ignored", "late"))
    excess = with_late / ignored - 1.0
    assert excess.mean() + 1.895 * excess.std(ddof=1) / np.sqrt(len(excess)) < -0.02
