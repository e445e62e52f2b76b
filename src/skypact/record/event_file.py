"""``events.jsonl``: what really happened that paths do not tell, a line for each event.

The first line may name the rules that the file covers, ``{"covers": ["feed", ...]}``: where it has
no event of one of them, there was none. Rules that it has events of are covered, too.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from skypact.decode.jsontext import NOT_JSON
from skypact.errors import RecordingError
from skypact.model.events import TrueEvent

T = TypeVar("T")


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    """An event as the file holds it."""

    rule: Annotated[str, Meta(min_length=1)]
    begin_s: float
    end_s: float
    targets: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    area: Mapping[str, Any] | None = None
    is_needed: bool = True


class _First(msgspec.Struct, forbid_unknown_fields=True):
    """Which rules the file covers."""

    covers: tuple[str, ...]


def read_events(path: Path, rules: Iterable[str]) -> tuple[list[TrueEvent], frozenset[str]]:
    """Read events, and the rules that are covered.

    Parameters
    ----------
    path : Path
    rules : iterable of str
        Names of all rules.

    Raises
    ------
    RecordingError
        A line is no event, or of no rule; names the line.
    """
    known, events = sorted(rules), []
    covered: set[str] = set()
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise RecordingError(f"cannot read {path}: {error}") from error
    for number, text in enumerate(lines, 1):
        where = f"{path} line {number}"
        if number == 1 and b'"covers"' in text:
            covered.update(_known(_read(text, _First, where).covers, known, where))
            continue
        line = _read(text, _Line, where)
        covered.update(_known((line.rule,), known, where))
        if line.end_s < line.begin_s:
            raise RecordingError(
                f"{where}: expected end_s at or after begin_s {line.begin_s:.1f}, got "
                f"{line.end_s:.1f}"
            )
        events.append(TrueEvent(**msgspec.structs.asdict(line)))
    return events, frozenset(covered)


def _read(text: bytes, kind: type[T], where: str) -> T:
    try:
        return msgspec.json.decode(text, type=kind)
    except NOT_JSON as error:
        raise RecordingError(f"{where}: expected an event as JSON, got {error}") from error


def _known(named: tuple[str, ...], known: list[str], where: str) -> tuple[str, ...]:
    for rule in named:
        if rule not in known:
            raise RecordingError(f"{where}: expected a rule ({', '.join(known)}), got {rule}")
    return named


def write_events(path: Path, events: Iterable[TrueEvent], covers: Iterable[str]) -> None:
    """Write events, and which rules they are all events of.

    Raises
    ------
    RecordingError
        The file cannot be written.
    """
    names = _Line.__struct_fields__
    lines: list[_First | _Line] = [_First(tuple(sorted(covers)))]
    lines += [_Line(*(getattr(event, name) for name in names)) for event in events]
    try:
        path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    except OSError as error:
        raise RecordingError(f"cannot write {path}: {error}") from error
