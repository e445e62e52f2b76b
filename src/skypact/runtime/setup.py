"""What a run is set up with, and in what another setup differs: for runs that are taken up again.

A checkpoint keeps the setup it was made under. A later run may have another one; from there on the
new one holds, and every difference is told.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from skypact.config import RegistrationParams, Sensor
from skypact.errors import RecordingError
from skypact.track.areas import AreaMotion
from skypact.track.params import TrackerParams


class Setup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that people say about a run beforehand."""

    sensors: tuple[Sensor, ...]
    params: TrackerParams
    areas: tuple[AreaMotion, ...]
    registration: RegistrationParams


def differences(before: Setup, now: Setup) -> list[str]:
    """Tell in what a setup differs from one before it, a line for each figure.

    The sensors before are the first of those now, in their order; what is added is no difference.

    Raises
    ------
    RecordingError
        What cannot change in a run: the room for tracks, or the frame.
    """
    for field in ("capacity", "frame"):
        old, new = getattr(before.params, field), getattr(now.params, field)
        if old != new:
            raise RecordingError(
                f"expected {field} {old} as in the checkpoint, got {new}; set it so under"
                " [tracking.parameters], or begin anew without the checkpoint"
            )
    found: list[str] = []
    for old, new in zip(before.sensors, now.sensors, strict=False):
        found += _fields(f"sensor {old.name}: ", _plain(old), _plain(new))
    found += _fields("tracking: ", _plain(before.params), _plain(now.params))
    found += _fields("registration: ", _plain(before.registration), _plain(now.registration))
    return found + _areas(before.areas, now.areas)


def _plain(value: msgspec.Struct) -> dict[str, Any]:
    return msgspec.structs.asdict(value)


def _fields(start: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name, value in old.items():
        if new[name] != value:
            yield f"{start}{name} was {_said(value)}, is {_said(new[name])}"


def _said(value: object) -> str:
    """Words for a value: nothing that fills the screen."""
    text = "not given" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _areas(before: tuple[AreaMotion, ...], now: tuple[AreaMotion, ...]) -> list[str]:
    old, new = ({entry.area.name: entry for entry in some} for some in (before, now))
    lines = []
    for name in old | new:
        if name not in new:
            lines.append(f"tracking.area {name}: there was one, is none now")
        elif name not in old:
            lines.append(f"tracking.area {name}: there was none, is one now")
        elif old[name] != new[name]:
            lines.append(f"tracking.area {name}: is another one now")
    if not lines and list(old) != list(new):
        lines.append("tracking.area: they come in another order now")
    return lines
