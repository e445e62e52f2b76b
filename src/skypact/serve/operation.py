"""What an operation of the interface for programs is: a plain function of what the unit knows."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import urlencode

import msgspec

from skypact.model.alerts import NoWatch, WatchDesk
from skypact.model.store import AlertQuery, AlertRecord
from skypact.serve.access import Role
from skypact.serve.archive import Archive
from skypact.serve.deciding import NoWarnings, WarningDesk
from skypact.serve.history import TrackHistory
from skypact.serve.query import Parameter
from skypact.serve.status import UnitView

JSON: Final = "application/json"
Audit = Callable[[str, dict[str, Any]], None]
"""Writes what somebody did into the unit's log: what, and its figures."""
GEOJSON: Final = "application/geo+json"


def no_audit(what: str, figures: dict[str, Any]) -> None:
    """Write nothing: a demo or a replay has no log."""


class Knowledge(NamedTuple):
    """What operations read; everything in it can be read from any thread."""

    name: str
    """Of the unit."""
    history: TrackHistory
    unit: UnitView
    archive: Archive
    alerts: Callable[[AlertQuery], Sequence[AlertRecord]]
    watch: WatchDesk = NoWatch()
    audit: Audit = no_audit
    warnings: WarningDesk = NoWarnings()


class Call(NamedTuple):
    """One request."""

    values: dict[str, Any]
    base: str
    """Scheme and host, without a slash at the end."""
    path: str
    query: list[tuple[str, str]]
    who: str = ""
    """Who asks, as tokens are told apart."""
    address: str = ""
    """From where."""
    body: Any = None
    """What was sent along, of the operation's type."""
    role: str = ""
    """What who asks may do."""

    def link(self, **changed: str | None) -> str:
        """Return the request's own address with parameters changed; None leaves one out."""
        kept = [(name, text) for name, text in self.query if name not in changed]
        query = urlencode([*kept, *((k, v) for k, v in changed.items() if v is not None)])
        return f"{self.base}{self.path}" + (f"?{query}" if query else "")


class Answer(NamedTuple):
    """The body of an answer; a struct becomes JSON."""

    value: Any
    media_type: str = JSON
    status: int = 200


class Operation(NamedTuple):
    """One operation: its route and its place in the API's document come from here."""

    path: str
    """Below ``/api/v1``."""
    name: str
    """Its operationId."""
    tag: str
    text: str
    run: Callable[[Knowledge, Call], Answer]
    answer: Any
    """Type of the answer's value."""
    media_type: str = JSON
    parameters: tuple[Parameter, ...] = ()
    problems: tuple[str, ...] = ()
    """Kinds of problems beside those of every operation."""
    role: Role = "view"
    pin: Callable[[Knowledge, Call], str] | None = None
    """Fixes what the answer depends on in the call's values and returns it as text, from which the
    answer's entity tag is made."""
    method: Literal["GET", "POST"] = "GET"
    body: type[msgspec.Struct] | None = None
    """Type of what may be sent along, JSON; must be, where a field has no default."""
    accepted: str = ""
    """What 202 means, where that may be the answer."""
    denied: Callable[[Knowledge, Call], None] | None = None
    """Is told of a request of somebody whose role is not enough."""

    @property
    def needs_body(self) -> bool:
        """Whether something must be sent along."""
        fields = () if self.body is None else msgspec.structs.fields(self.body)
        return any(field.required for field in fields)

    @property
    def reads_past(self) -> bool:
        """Whether it asks the store, which may be slow."""
        return "no-store" in self.problems or self.tag == "history"
