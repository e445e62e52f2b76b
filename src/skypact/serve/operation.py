"""What an operation of the interface for programs is: a plain function of what the unit knows."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from skypact.model.store import AlertQuery, AlertRecord
from skypact.serve.access import Role
from skypact.serve.archive import Archive
from skypact.serve.history import TrackHistory
from skypact.serve.query import Parameter
from skypact.serve.status import UnitView

JSON: Final = "application/json"
GEOJSON: Final = "application/geo+json"


class Knowledge(NamedTuple):
    """What operations read; everything in it can be read from any thread."""

    name: str
    """Of the unit."""
    history: TrackHistory
    unit: UnitView
    archive: Archive
    alerts: Callable[[AlertQuery], Sequence[AlertRecord]]


class Call(NamedTuple):
    """One request."""

    values: dict[str, Any]
    base: str
    """Scheme and host, without a slash at the end."""
    path: str
    query: list[tuple[str, str]]

    def link(self, **changed: str | None) -> str:
        """Return the request's own address with parameters changed; None leaves one out."""
        kept = [(name, text) for name, text in self.query if name not in changed]
        query = urlencode([*kept, *((k, v) for k, v in changed.items() if v is not None)])
        return f"{self.base}{self.path}" + (f"?{query}" if query else "")


class Answer(NamedTuple):
    """The body of an answer; a struct becomes JSON."""

    value: Any
    media_type: str = JSON


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
