"""How the watch of a unit fares, as its status says it."""

from collections import Counter
from collections.abc import Sequence

from skypact.record.alert_file import StateFile
from skypact.record.notice_file import NoticeFile
from skypact.runtime.watching import FAILING_S, WatchSink
from skypact.serve.status import RuleStatus, WatchStatus
from skypact.watch.doctrine import ENDS
from skypact.watch.life import RuleRecord


def watch_status(watching: WatchSink, files: Sequence[StateFile | NoticeFile] = ()) -> WatchStatus:
    """Sum up a watch and the files that keep what it tells; called by the thread that looks."""
    alive = watching.watch.alive
    by_rule: dict[str, Counter[str]] = {}
    for alert in alive:
        by_rule.setdefault(alert.rule, Counter())[alert.severity] += 1
    error = next((file.error for file in files if file.error), "")
    if watching.is_failing:
        error = error or watching.fault
    measures = watching.doctrine.measures
    return WatchStatus(
        state="degraded" if error else "up",
        error=error,
        looked_s=watching.looked_s if watching.looked_s > 0.0 else None,
        alive=len(alive),
        unacknowledged=sum(not alert.acknowledged_by for alert in alive),
        overdue=sum("overdue" in m.times and m.state not in ENDS for m in measures),
        faults=watching.n_faults,
        lost=sum(file.n_lost for file in files),
        rules=tuple(
            _rule(name, record, by_rule.get(name, Counter()), watching.looked_s)
            for name, record in watching.watch.rules.items()
        ),
    )


def _rule(name: str, record: RuleRecord, alive: Counter[str], looked_s: float) -> RuleStatus:
    is_failing = bool(record.n_faults) and looked_s - record.fault_s < FAILING_S
    return RuleStatus(
        name=name,
        state="degraded" if is_failing else "up",
        error=record.fault if is_failing else "",
        raised=record.n_raised,
        alive=dict(sorted(alive.items())),
        faults=record.n_faults,
    )
