"""Whether a unit lives, and whether its picture can be relied on: for those who watch processes.

``/health/live`` says no only where a new start would help, ``/health/ready`` where another unit
should be asked.
"""

from typing import Final, Literal

import msgspec

from skypact.serve.status import Part, UnitStatus

OLD_PICTURE_S: Final = 5.0
"""A unit whose newest picture is older is not ready."""
STUCK_S: Final = 120.0
"""One whose newest picture is older than this hangs: longer than kernels compile."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """A health answer."""

    status: Literal["ok", "degraded", "failing"]
    reasons: tuple[str, ...] = ()


def _state(failing: list[str], degraded: list[str]) -> Health:
    if failing:
        return Health(status="failing", reasons=(*failing, *degraded))
    return Health(status="degraded" if degraded else "ok", reasons=tuple(degraded))


def live(unit: UnitStatus) -> Health:
    """Whether the unit's pipeline still moves."""
    age_s = unit.picture_age_s
    if age_s is not None and age_s > STUCK_S:
        return _state([f"no picture for {age_s:.0f} s"], [])
    return _state([], [])


def ready(unit: UnitStatus) -> Health:
    """Whether the picture is current and whole; what is lost beside it only degrades."""
    failing: list[str] = []
    if unit.role == "standby":
        failing.append("standby: another process is active")
    elif unit.picture_s is None:
        failing.append("no picture yet")
    elif unit.picture_age_s is not None and unit.picture_age_s > OLD_PICTURE_S:
        failing.append(f"no picture for {unit.picture_age_s:.0f} s")
    if unit.overload:
        failing.append(f"overload: {unit.lag_s:.1f} s behind")
    degraded = [
        f"{name} {part.state}" + (f": {part.error}" if part.error else "")
        for name, part in _parts(unit)
        if part.state in ("degraded", "down")
    ]
    degraded += [f"source {s.url} {s.state}" for s in unit.sources if s.state in ("down", "silent")]
    if unit.clock.error:
        degraded.append(f"clock: {unit.clock.error}")
    return _state(failing, degraded)


def _parts(unit: UnitStatus) -> list[tuple[str, Part]]:
    outputs = [(f"output {output.url}", output) for output in unit.outputs]
    beside = [("recorder", unit.recorder), ("store", unit.store), ("checkpoint", unit.checkpoint)]
    rules = [(f"rule {rule.name}", rule) for rule in unit.watch.rules]
    return [*beside, ("watch", unit.watch), ("warnings", unit.warnings), *rules, *outputs]
