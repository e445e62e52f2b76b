"""How the watch of a unit fares, as its status says it."""

from collections import Counter
from collections.abc import Callable, Sequence

from skypact.record.alert_file import StateFile
from skypact.record.notice_file import NoticeFile
from skypact.record.warnings import Warnings
from skypact.runtime.watching import FAILING_S, WatchSink
from skypact.serve.status import PartState, RuleStatus, WarningsStatus, WatchStatus
from skypact.serve.webhook import Hook
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


def warnings_status(
    warnings: Warnings | None, hooks: Sequence[Hook], *, is_losing: Callable[[int], bool]
) -> WarningsStatus:
    """Sum up the warnings of a unit and its webhooks; called by the thread that looks.

    Parameters
    ----------
    warnings : Warnings or None
    hooks : sequence of Hook
    is_losing : callable
        Whether a count of what failed has risen lately.
    """
    undelivered = sum(h.n_refused + h.n_given_up + h.n_dropped for h in hooks)
    waiting = sum(hook.n_waiting for hook in hooks)
    failed = 0 if warnings is None else warnings.n_failed
    is_bad = is_losing(undelivered + failed)
    error = next((hook.error for hook in hooks if hook.error), "")
    if warnings is not None and is_bad:
        error = warnings.error or error
    state: PartState = "degraded" if is_bad or error else "up"
    if warnings is None:
        return WarningsStatus(
            state=state if hooks else "off", error=error, undelivered=undelivered,
            undelivered_yet=waiting,
        )  # fmt: skip
    return WarningsStatus(
        state=state,
        error=error,
        waiting=len(warnings.waiting()),
        failed=failed,
        denied=warnings.n_denied,
        delay_p95_s=warnings.delays.percentile_s(0.95),
        undelivered=undelivered,
        undelivered_yet=waiting,
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
