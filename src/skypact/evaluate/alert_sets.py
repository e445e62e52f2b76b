"""Alerts of two rule sets over one picture: what both raise, what only one does, and when.

Tracks have the same numbers in both, so that an alert has its like in an alert of the same rule
that lives at the same time and is about the same matter or shares a track with it.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from skypact.evaluate.warned import LivedAlert, spread

APART_S: Final = 30.0
"""Between the lives of two alerts that are still alike."""
MOST: Final = 100
"""Alerts of only one side that are listed for each rule."""


def compared(first: Sequence[LivedAlert], second: Sequence[LivedAlert]) -> list[dict[str, Any]]:
    """Compare two sets rule by rule, as JSON holds it; `later_s` is the second minus the first.

    Parameters
    ----------
    first, second : sequence of LivedAlert
        In order of their beginnings.
    """
    out = []
    for rule in sorted({alert.rule for alert in (*first, *second)}):
        a, b = ([one for one in side if one.rule == rule] for side in (first, second))
        pairs = _pairs(a, b)
        later = [b[j].raised_s - a[i].raised_s for i, j in pairs]
        longer = [_length_s(b[j]) - _length_s(a[i]) for i, j in pairs]
        only_a = _others(a, {i for i, _ in pairs})
        only_b = _others(b, {j for _, j in pairs})
        out.append(
            {
                "rule": rule,
                "both": len(pairs),
                "only_first": len(only_a),
                "only_second": len(only_b),
                "later_s": spread(later),
                "longer_s": spread([s for s in longer if np.isfinite(s)]),
                "first": [_told(one) for one in only_a[:MOST]],
                "second": [_told(one) for one in only_b[:MOST]],
            }
        )
    return out


def _pairs(a: list[LivedAlert], b: list[LivedAlert]) -> list[tuple[int, int]]:
    """Pairs of alerts that are alike, each once, the nearest in time first."""
    alike = [
        (abs(x.raised_s - y.raised_s), i, j)
        for i, x in enumerate(a)
        for j, y in enumerate(b)
        if _is_alike(x, y)
    ]
    used: tuple[set[int], set[int]] = set(), set()
    pairs = []
    for _, i, j in sorted(alike):
        if i not in used[0] and j not in used[1]:
            used[0].add(i)
            used[1].add(j)
            pairs.append((i, j))
    return sorted(pairs)


def _is_alike(x: LivedAlert, y: LivedAlert) -> bool:
    meets = x.raised_s <= y.over_s + APART_S and y.raised_s <= x.over_s + APART_S
    return meets and (_matter(x) == _matter(y) or bool(x.tracks & y.tracks))


def _matter(alert: LivedAlert) -> str:
    """Rule and key of an alert: its id without the time at the end."""
    return alert.id.rpartition("-")[0]


def _length_s(alert: LivedAlert) -> float:
    return alert.over_s - alert.raised_s


def _others(alerts: list[LivedAlert], paired: set[int]) -> list[LivedAlert]:
    return [one for k, one in enumerate(alerts) if k not in paired]


def _told(alert: LivedAlert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "severity": alert.severity,
        "raised_s": alert.raised_s,
        "over_s": alert.over_s if np.isfinite(alert.over_s) else None,
        "tracks": sorted(alert.tracks),
    }
