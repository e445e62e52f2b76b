"""The life of alerts: what rules find is raised, told anew, acknowledged and cleared.

A finding must hold for a while before it is told, and be gone for a while before it is over, so
that what flickers is one alert. All of it follows from the looks and their times: the same picture
makes the same alerts.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from skypact.model.store import AlertRecord
from skypact.rules.common import RuleParams
from skypact.watch.memory import changed_memory, memory_of, remember, unpacked
from skypact.watch.sky import Finding, Sky

RANKS: Final = {"minor": 0, "moderate": 1, "severe": 2, "extreme": 3}
EVENT_MOVED_S: Final = 5.0
"""An event that is expected so much earlier or later is news at once."""
MOST_NAMES: Final = 16
"""Of those who acknowledged one alert."""
BY_SENSOR: Final = ("coverage", "drift", "feed", "gnss", "noncooperative", "unconfirmed")
"""Rules that remember sensors by their place in the union file; where sensors have changed, what
these remember is of others."""


class Rule(Protocol):
    """Looks at the picture and says what it finds; depends on the looks alone."""

    @property
    def name(self) -> str:
        """A word, as in the ``rule`` of alerts."""
        ...

    @property
    def params(self) -> RuleParams:
        """How its alerts live."""
        ...

    def look(self, sky: Sky) -> Sequence[Finding]:
        """Return what is found; looks come in order of time."""
        ...


class Alert(msgspec.Struct, kw_only=True):
    """An alert that lives."""

    id: str
    rule: str
    key: str
    state: str
    """``raised``, ``updated``, ``acknowledged``."""
    raised_s: float
    told_s: float
    """When it was last told."""
    seen_s: float
    """When it was last found."""
    tracks: tuple[int, ...]
    severity: str
    event_time_s: float | None
    area: dict[str, Any] | None
    evidence: dict[str, Any]
    acknowledged_by: tuple[str, ...] = ()
    """Who has taken notice since it was raised or became more severe than anybody has taken notice
    of, the first first."""
    noticed: str = ""
    """The gravest severity that somebody has taken notice of."""
    note: str = ""
    """What the last of them said."""

    def record(self, unit: str, time_s: float, state: str) -> AlertRecord:
        """Return the line that tells of it."""
        event_s = math.nan if self.event_time_s is None else self.event_time_s
        evidence = dict(self.evidence)
        if self.acknowledged_by:
            evidence["acknowledged_by"] = ", ".join(self.acknowledged_by)
        if self.note:
            evidence["note"] = self.note
        return AlertRecord(
            self.id, unit, self.rule, state, time_s, event_s, self.tracks, self.severity,
            self.area, evidence,
        )  # fmt: skip


class _Waiting(msgspec.Struct):
    """Something found that has not held for long enough yet."""

    since_s: float
    seen_s: float


class RuleRecord(msgspec.Struct):
    """What a rule has done so far."""

    n_raised: int = 0
    """Alerts ever raised."""
    n_faults: int = 0
    """Looks at which it failed."""
    fault: str = ""
    """How it failed last; empty where it never did."""
    fault_s: float = 0.0
    """When that was."""


class _State(msgspec.Struct):
    """All that lives, for checkpoints."""

    alerts: list[Alert]
    waiting: dict[str, dict[str, _Waiting]]
    rules: dict[str, RuleRecord]
    memory: dict[str, dict[str, bytes]] = {}
    """What each rule remembers."""
    sensors: tuple[str, ...] = ()
    """Names of the sensors of the last look."""


class Watch:
    """Applies rules to looks and keeps the alerts.

    Parameters
    ----------
    rules : sequence of Rule
        Each name once.
    unit : str
        Whose alerts they are.
    """

    def __init__(self, rules: Sequence[Rule], unit: str) -> None:
        self._rules = [rule for rule in rules if rule.params.enabled]
        self.unit = unit
        self._alive: dict[tuple[str, str], Alert] = {}
        self._waiting: dict[str, dict[str, _Waiting]] = {rule.name: {} for rule in self._rules}
        self.rules: dict[str, RuleRecord] = {rule.name: RuleRecord() for rule in self._rules}
        """What each rule has done, those of an earlier run, too."""
        self._begun = {rule.name: memory_of(rule) for rule in self._rules}
        self._sensors: tuple[str, ...] = ()
        self._looked_s = 0.0
        self._earlier: _State | None = None
        """Of an earlier run, until the first look says which sensors there are."""

    @property
    def n_raised(self) -> int:
        """Alerts ever raised."""
        return sum(record.n_raised for record in self.rules.values())

    @property
    def alive(self) -> list[Alert]:
        """Alerts that are not over, the oldest first."""
        return list(self._alive.values())

    def look(self, sky: Sky) -> list[AlertRecord]:
        """Look with all rules; what has changed, in the order of rules and findings.

        A rule that fails is noted in `rules` and changes nothing at this look: its alerts stay as
        they are, and the other rules go on.
        """
        self._take_up(tuple(sensor.name for sensor in sky.sensors))
        self._looked_s = sky.now_s
        told = self._of_gone_rules(sky.now_s)
        for rule in self._rules:
            try:
                findings = _each_once(rule.look(sky))
            except Exception as error:  # whatever it is, the other rules must go on
                self._failed(rule, error, sky.now_s)
                continue
            told += self._take(rule, findings, sky.now_s)
        return told

    def _failed(self, rule: Rule, error: Exception, now_s: float) -> None:
        record = self.rules[rule.name]
        record.n_faults += 1
        record.fault, record.fault_s = f"{type(error).__name__}: {error}", now_s

    def acknowledge(
        self, alert_id: str, who: str, time_s: float, note: str = ""
    ) -> AlertRecord | None:
        """Note who has taken notice of an alert; None where it is over or they have already."""
        for alert in self._alive.values():
            if alert.id == alert_id:
                if who in alert.acknowledged_by or len(alert.acknowledged_by) >= MOST_NAMES:
                    return None
                alert.acknowledged_by += (who,)
                alert.noticed = max(alert.noticed, alert.severity, key=_rank)
                alert.note, alert.state, alert.told_s = note, "acknowledged", time_s
                return alert.record(self.unit, time_s, "acknowledged")
        return None

    def _take(self, rule: Rule, findings: list[Finding], now_s: float) -> list[AlertRecord]:
        told = []
        for finding in findings:
            record = self._found(rule, finding, now_s)
            if record is not None:
                told.append(record)
        waiting = self._waiting[rule.name]
        for key in [k for k, w in waiting.items() if w.seen_s < now_s]:
            del waiting[key]
        for place in [p for p in self._alive if p[0] == rule.name]:
            alert = self._alive[place]
            if now_s - alert.seen_s >= rule.params.clear_after_s and alert.seen_s < now_s:
                del self._alive[place]
                told.append(alert.record(self.unit, now_s, "cleared"))
        return told

    def _found(self, rule: Rule, finding: Finding, now_s: float) -> AlertRecord | None:
        alert = self._alive.get((rule.name, finding.key))
        if alert is not None:
            return self._renewed(rule, alert, finding, now_s)
        if not finding.holds:
            return None
        waiting = self._waiting[rule.name].setdefault(finding.key, _Waiting(now_s, now_s))
        waiting.seen_s = now_s
        if now_s - waiting.since_s < rule.params.raise_after_s:
            return None
        del self._waiting[rule.name][finding.key]
        alert = Alert(
            id=f"{rule.name}-{_plain(finding.key)}-{round(now_s * 1000.0)}", rule=rule.name,
            key=finding.key, state="raised", raised_s=now_s, told_s=now_s, seen_s=now_s,
            **_content(finding),
        )  # fmt: skip
        self._alive[rule.name, finding.key] = alert
        self.rules[rule.name].n_raised += 1
        return alert.record(self.unit, now_s, "raised")

    def _renewed(
        self, rule: Rule, alert: Alert, finding: Finding, now_s: float
    ) -> AlertRecord | None:
        alert.seen_s = now_s
        new = _content(finding)
        is_worse = RANKS[new["severity"]] > RANKS[alert.severity]
        is_news = (
            new["tracks"] != alert.tracks
            or is_worse
            or _has_moved(alert.event_time_s, new["event_time_s"])
        )
        is_due = now_s - alert.told_s >= rule.params.update_s
        has_changed = any(getattr(alert, name) != value for name, value in new.items())
        if not (is_news or (is_due and has_changed)):
            return None
        for name, value in new.items():
            setattr(alert, name, value)
        alert.told_s = now_s
        if RANKS[alert.severity] > _rank(alert.noticed):  # who took notice of less has not of this
            alert.acknowledged_by, alert.note, alert.noticed = (), "", ""
            alert.state = "updated"
        alert.state = "updated" if alert.state == "raised" else alert.state
        return alert.record(self.unit, now_s, "updated")

    def pack(self) -> bytes:
        """Bytes of all that lives and of what rules remember, for checkpoints.

        A rule that remembers what cannot be kept is noted in `rules` and begins anew.
        """
        state = _State(self.alive, self._waiting, self.rules)
        if self._earlier is not None:  # nothing was looked at since
            state.memory, state.sensors = self._earlier.memory, self._earlier.sensors
            return msgspec.msgpack.encode(state)
        seen: set[int] = set()
        for rule in self._rules:
            try:
                state.memory[rule.name] = changed_memory(rule, self._begun[rule.name], seen)
            except TypeError as error:
                self._failed(rule, error, self._looked_s)
        state.sensors = self._sensors
        return msgspec.msgpack.encode(state)

    def load(self, packed: bytes) -> None:
        """Take up what `pack` gave; what rules that are gone had found is over at the first look.

        Raises
        ------
        ValueError
            It is none of that.
        """
        state = msgspec.msgpack.decode(packed, type=_State)
        for memory in state.memory.values():
            for data in memory.values():
                unpacked(data)
        self._alive = {(a.rule, a.key): a for a in state.alerts}
        self._waiting |= {name: w for name, w in state.waiting.items() if name in self._waiting}
        self.rules |= state.rules
        self._earlier = state
        self._remember(state.memory, by_sensor=False)

    def _remember(self, memory: Mapping[str, Mapping[str, bytes]], *, by_sensor: bool) -> None:
        for rule in self._rules:
            if (rule.name in BY_SENSOR) == by_sensor:
                remember(rule, memory.get(rule.name, {}))

    def _take_up(self, sensors: tuple[str, ...]) -> None:
        """Let rules remember the sensors of an earlier run where they are those of now."""
        earlier, self._earlier, self._sensors = self._earlier, None, sensors
        if earlier is None:
            return
        if sensors[: len(earlier.sensors)] == earlier.sensors:
            self._remember(earlier.memory, by_sensor=True)

    def _of_gone_rules(self, now_s: float) -> list[AlertRecord]:
        """Clear the alerts of rules that nobody applies any more."""
        gone = [place for place in self._alive if place[0] not in self._waiting]
        return [self._alive.pop(place).record(self.unit, now_s, "cleared") for place in gone]


def _each_once(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings in order; of several under one key the gravest, in place of the first."""
    best: dict[str, Finding] = {}
    for finding in findings:
        other = best.get(finding.key)
        if other is None or _weight(finding) > _weight(other):
            best[finding.key] = finding
    return list(best.values())


def _rank(severity: str) -> int:
    return RANKS.get(severity, -1)


def _weight(finding: Finding) -> tuple[bool, int]:
    return finding.holds, RANKS[finding.severity]


def _plain(key: str) -> str:
    """Return a key without slashes, as it can stand in an address (RFC 6901, section 3)."""
    return key.replace("~", "~0").replace("/", "~1")


def _content(finding: Finding) -> dict[str, Any]:
    event_s = None if math.isnan(finding.event_time_s) else finding.event_time_s
    return {
        "tracks": finding.tracks,
        "severity": finding.severity,
        "event_time_s": event_s,
        "area": None if finding.area is None else dict(finding.area),
        "evidence": dict(finding.evidence),
    }


def _has_moved(before_s: float | None, now_s: float | None) -> bool:
    if before_s is None or now_s is None:
        return before_s is not now_s
    return abs(before_s - now_s) >= EVENT_MOVED_S
