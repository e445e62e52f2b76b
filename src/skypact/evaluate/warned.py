"""Alerts judged by what really happened: found and missed, right and in vain, and how early.

An alert is right when an event of its rule, about the same objects, sensor or ground, happens while
it lives or ended shortly before it was raised. It is a nuisance otherwise, and undecided where the
recording, or the truth of all its objects, ends while it lives. An event is found when an alert is
right by it. Crossings, areas, conflicts and low flights that begin before the truth has known their
objects for `SETTLE_S` are not asked for, and neither is what the truth marks so.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import shapely
import shapely.geometry
from shapely.geometry.base import BaseGeometry

from skypact.evaluate.encounters import conflict_events, swarm_events
from skypact.evaluate.flown import Flown, Whose
from skypact.evaluate.happened import (
    Grounds,
    area_events,
    ballistic_events,
    border_events,
    silent_events,
    slow_events,
    terrain_events,
)
from skypact.evaluate.rates import wilson
from skypact.model.events import TrueEvent, Witnessed
from skypact.rules import Watching
from skypact.rules.common import RuleParams
from skypact.units import DEGREE

LATE_S: Final = 60.0
"""An alert may be raised so long after its event is over."""
SETTLE_S: Final = 60.0
"""An object's tracks and alerts need so long."""
PERCENTILES: Final = (5, 25, 50, 75, 95)
AHEAD_S: Final = (30, 60, 120)
"""Events are counted whose alert came so long before them, or could have."""
_AHEAD: Final = ("area", "ballistic", "border", "conflict", "slow", "terrain")
"""Their alerts tell of what is still to come."""
_SETTLED: Final = ("area", "border", "conflict", "terrain")
"""Their events should be told ahead, so that objects must have been there before."""
_BOTH: Final = 2
_PAIRS: Final = ("conflict", "swarm")
"""Two objects of an event must be those of the alert."""
_NAMES: Final = ("sensor", "icao", "address", "area", "object", "place")
"""Words of the evidence that name what an alert is about."""


class LivedAlert(NamedTuple):
    """An alert from its first state to its last."""

    id: str
    rule: str
    severity: str
    """The gravest, as last told."""
    raised_s: float
    over_s: float
    """When it was cleared; infinite where it lived to the end."""
    tracks: frozenset[int]
    targets: frozenset[int]
    """Objects of the truth that its tracks stand for."""
    names: frozenset[str]
    places: tuple[tuple[float, float], ...]
    """Longitude and latitude of its tracks, degrees."""
    area: Mapping[str, Any] | None


def true_events(
    flown: Flown,
    watching: Watching,
    grounds: Grounds,
    given: Sequence[TrueEvent] = (),
    covered: Collection[str] = (),
) -> dict[str, list[TrueEvent]]:
    """Events of each rule that can be judged, in order of time.

    Parameters
    ----------
    flown : Flown
        The truth.
    watching : Watching
        Whose limits say what is an event.
    grounds : Grounds
        Borders, areas and heights of it; rules without their ground are not judged.
    given : sequence of TrueEvent
        What paths do not tell.
    covered : collection of str
        Rules that `given` has all events of; they are judged, too.
    """
    made: dict[str, Callable[[], list[TrueEvent]]] = {
        "ballistic": lambda: ballistic_events(flown),
        "conflict": lambda: conflict_events(flown, watching.conflict, grounds.zones),
        "slow": lambda: slow_events(flown, watching.slow, grounds),
        "swarm": lambda: swarm_events(flown, watching.swarm),
    }
    territory, floor_m = grounds.territory, grounds.floor_m
    if territory is not None:
        made["border"] = lambda: border_events(flown, watching.border, territory)
    if grounds.areas:
        made["area"] = lambda: area_events(flown, grounds.areas)
    if floor_m is not None:
        made["terrain"] = lambda: terrain_events(flown, watching.terrain, floor_m)
    enabled = enabled_rules(watching)
    events = {rule: make() for rule, make in made.items() if rule in enabled}
    events |= {rule: [] for rule in enabled if rule in covered and rule not in events}
    for event in given:
        if event.rule in events:
            events[event.rule] += _each(flown, event, watching, grounds)
    return {rule: sorted(found, key=lambda e: e.begin_s) for rule, found in sorted(events.items())}


def enabled_rules(watching: Watching) -> list[str]:
    """Names of the rules that look at all."""
    parts = {name: getattr(watching, name) for name in watching.__struct_fields__}
    return [name for name, p in parts.items() if isinstance(p, RuleParams) and p.enabled]


def _each(flown: Flown, event: TrueEvent, watching: Watching, grounds: Grounds) -> list[TrueEvent]:
    """Make one event for each object that a given one is about, where paths decide that."""
    if event.rule == "noncooperative":
        return silent_events(flown, event, watching.noncooperative, grounds)
    if event.rule != "drift" or event.area is None or event.targets:
        return [event]
    shape = shapely.geometry.shape(dict(event.area))
    inside = shapely.contains_xy(shape, flown.lon_rad / DEGREE, flown.lat_rad / DEGREE)
    inside &= (flown.time_s >= event.begin_s) & (flown.time_s <= event.end_s)
    found = []
    for target in np.unique(flown.target[inside]).tolist():
        own = np.flatnonzero(flown.target == target)
        times = flown.time_s[own[inside[own]]]
        known_s, begin_s, end_s = (float(t) for t in (flown.time_s[own[0]], times[0], times[-1]))
        found.append(
            event._replace(begin_s=begin_s, end_s=end_s, targets=(target,), known_s=known_s)
        )
    return found


def lived(states: Sequence[Witnessed], whose: Whose | None = None) -> list[LivedAlert]:
    """Join the states of alerts to lives, in order of their beginnings."""
    of: dict[str, list[Witnessed]] = {}
    for state in states:
        of.setdefault(state.record.id, []).append(state)
    return sorted(
        (_life(told, whose) for told in of.values()), key=lambda one: (one.raised_s, one.id)
    )


def _life(told: list[Witnessed], whose: Whose | None) -> LivedAlert:
    first, last = told[0].record, told[-1].record
    targets: set[int] = set()
    names: set[str] = set()
    places = []
    for state in told:
        names |= _names_of(state.record.evidence)
        names |= {f"{icao:06X}" for icao in state.icao if icao >= 0}
        for time_s, lat, lon, icao in zip(*state[1:], strict=True):
            places.append((lon / DEGREE, lat / DEGREE))
            if whose is not None:
                targets |= {whose.near(time_s, lat, lon), *whose.named(icao)}
    areas = [state.record.area for state in told if state.record.area is not None]
    return LivedAlert(
        first.id, first.rule, last.severity, first.time_s,
        last.time_s if last.state == "cleared" else float("inf"),
        frozenset(t for state in told for t in state.record.tracks),
        frozenset(targets - {-1}), frozenset(names), tuple(places), areas[0] if areas else None,
    )  # fmt: skip


def _names_of(evidence: Mapping[str, Any]) -> set[str]:
    return {v for key in _NAMES if isinstance(v := evidence.get(key), str)}


def is_about(alert: LivedAlert, event: TrueEvent) -> bool:
    """Whether an alert is about an event: its objects, sensors, addresses or ground."""
    if event.targets:
        least = min(_BOTH if event.rule in _PAIRS else 1, len(event.targets))
        same = len(alert.targets.intersection(event.targets)) >= least
        return same and (not event.names or bool(alert.names.intersection(event.names)))
    if event.names:
        return bool(alert.names.intersection(event.names))
    if event.area is None:
        return True
    shape: BaseGeometry = shapely.geometry.shape(dict(event.area))
    if alert.area is not None:
        return bool(shapely.geometry.shape(dict(alert.area)).intersects(shape))
    return any(shape.intersects(shapely.Point(*place)) for place in alert.places)


class Verdict(NamedTuple):
    """What became of one rule's alerts and events."""

    alerts: tuple[LivedAlert, ...]
    right: tuple[bool | None, ...]
    """Of each alert; None is undecided."""
    events: tuple[TrueEvent, ...]
    """Those that are asked for."""
    delay_s: tuple[float | None, ...]
    """From the begin of each to its first alert, negative ahead of it; None is missed."""


def verdict_of(
    alerts: Sequence[LivedAlert],
    events: Sequence[TrueEvent],
    end_s: float,
    ends_s: Mapping[int, float],
) -> Verdict:
    """Judge the alerts of one rule by its events.

    Parameters
    ----------
    alerts, events
        Of one rule.
    end_s : float
        Of the truth.
    ends_s : mapping
        When the truth of each object ends.
    """
    right: list[bool | None] = [False] * len(alerts)
    asked = [
        e for e in events
        if e.is_needed and (e.rule not in _SETTLED or e.begin_s - e.known_s >= SETTLE_S)
    ]  # fmt: skip
    found_s: dict[int, float] = {}
    for event in events:
        for k, alert in enumerate(alerts):
            meets = alert.raised_s <= event.end_s + LATE_S and alert.over_s >= event.begin_s
            if meets and is_about(alert, event):
                right[k] = True
                found_s[id(event)] = min(alert.raised_s, found_s.get(id(event), np.inf))
    for k, alert in enumerate(alerts):
        gone_s = max((ends_s.get(t, end_s) for t in alert.targets), default=end_s)
        if not right[k] and alert.rule in _AHEAD and alert.over_s >= min(gone_s, end_s):
            right[k] = None
    delays = tuple(found_s[id(e)] - e.begin_s if id(e) in found_s else None for e in asked)
    return Verdict(tuple(alerts), tuple(right), tuple(asked), delays)


def _ahead(verdict: Verdict, ahead_s: int) -> list[int]:
    """Events found so long ahead, and those whose objects were known `SETTLE_S` before that."""
    delays = [
        delay
        for event, delay in zip(verdict.events, verdict.delay_s, strict=True)
        if event.begin_s - event.known_s >= ahead_s + SETTLE_S
    ]
    return [sum(d is not None and d <= -ahead_s for d in delays), len(delays)]


def spread(values: Sequence[float]) -> dict[str, float] | None:
    """Percentiles of values; None without any."""
    if not values:
        return None
    return {f"p{p}": float(np.percentile(values, p)) for p in PERCENTILES}


def figures_of(rule: str, verdict: Verdict | None, n_alerts: int, hours: float) -> dict[str, Any]:
    """Figures of one rule, as JSON holds them; what truth does not decide is null."""
    told: dict[str, Any] = {
        "rule": rule, "alerts": n_alerts, "alerts_per_hour": n_alerts / hours if hours else None,
    }  # fmt: skip
    if verdict is None:
        return told | {"judged": False}
    n_right = sum(r is True for r in verdict.right)
    n_vain = sum(r is False for r in verdict.right)
    delays = [d for d in verdict.delay_s if d is not None]
    n_asked = len(verdict.events)
    return told | {
        "judged": True,
        "right": n_right,
        "nuisance": n_vain,
        "undecided": sum(r is None for r in verdict.right),
        "nuisance_share": n_vain / (n_right + n_vain) if n_right + n_vain else None,
        "nuisance_95": list(wilson(n_vain, n_right + n_vain)),
        "nuisance_per_hour": n_vain / hours if hours else None,
        "events": n_asked,
        "found": len(delays),
        "found_share": len(delays) / n_asked if n_asked else None,
        "found_95": list(wilson(len(delays), n_asked)),
        "found_ahead": {f"{s}_s": _ahead(verdict, s) for s in AHEAD_S},
        "delay_s": spread(delays),
        "delays_s": [round(delay, 1) for delay in delays],
    }


def tuning_report(
    states: Sequence[Witnessed],
    hours: float,
    rules: Sequence[str],
    flown: Flown | None = None,
    events: Mapping[str, Sequence[TrueEvent]] | None = None,
) -> tuple[list[dict[str, Any]], dict[str, Verdict]]:
    """Figures of every rule, and the verdicts of those that are judged.

    Parameters
    ----------
    states : sequence of Witnessed
        All that was told.
    hours : float
        Of the recording.
    rules : sequence of str
        Names, in the order of the report.
    flown : Flown, optional
        The truth.
    events : mapping, optional
        Events of the rules that are judged.
    """
    whose = None if flown is None else Whose(flown)
    alerts = lived(states, whose)
    ends_s: dict[int, float] = {}
    if flown is not None:
        last = np.append(flown.target[1:] != flown.target[:-1], True)
        ends_s = dict(zip(flown.target[last].tolist(), flown.time_s[last].tolist(), strict=True))
    end_s = max(ends_s.values(), default=np.inf)
    verdicts, figures = {}, []
    for rule in rules:
        own = [alert for alert in alerts if alert.rule == rule]
        verdict = None
        if events is not None and rule in events:
            verdict = verdicts[rule] = verdict_of(own, events[rule], end_s, ends_s)
        figures.append(figures_of(rule, verdict, len(own), hours))
    return figures, verdicts
