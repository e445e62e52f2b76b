"""What an operation of the interface for programs is, and how one is served.

An operation is a plain function of what the unit knows and of the request's values. It runs on one
of few threads beside the event loop, so that a large answer delays no viewer's frames.
"""

import asyncio
import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from skypact.errors import StoreError
from skypact.model.store import AlertQuery, AlertRecord
from skypact.serve.access import Role, may
from skypact.serve.archive import Archive
from skypact.serve.history import TrackHistory
from skypact.serve.problem import Problem
from skypact.serve.query import Parameter, values
from skypact.serve.status import UnitView

JSON: Final = "application/json"
GEOJSON: Final = "application/geo+json"
N_THREADS: Final = 2
MOST_WAITING: Final = 64
"""Requests at work or waiting; more are told to come again."""
MOST_KEPT: Final = 8
"""Answers of one picture that are kept for those who ask the same."""
RETRY_S: Final = 1
ROLE_KEY: Final = "skypact.role"
"""Where a request's scope holds what its token may do."""


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


class Kitchen:
    """Runs operations: few at a time, each answer made once for those who ask the same."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._pool = ThreadPoolExecutor(N_THREADS, thread_name_prefix="skypact-api")
        self._n_waiting = 0
        self._kept: OrderedDict[str, asyncio.Future[Response]] = OrderedDict()

    def endpoint(self, operation: Operation) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what serves an operation."""

        async def answer(request: Request) -> Response:
            if not may(request.scope.get(ROLE_KEY), operation.role):
                raise Problem(
                    "forbidden", where=request.url.path, expected=f"the role {operation.role}",
                    remedy="ask for a token of that role",
                )  # fmt: skip
            call = Call(
                values(operation.parameters, request.query_params.multi_items(),
                       request.path_params),
                str(request.base_url).rstrip("/"),
                request.url.path,
                request.query_params.multi_items(),
            )  # fmt: skip
            if operation.pin is None:
                return await self._make(operation, call)
            told = f"{call.link()} {operation.pin(self._knowledge, call)}"
            tag = f'W/"{hashlib.sha256(told.encode()).hexdigest()[:24]}"'
            if tag in request.headers.get("if-none-match", ""):
                return Response(status_code=304, headers={"etag": tag})
            kept = await self._once(tag, operation, call)
            headers = {"etag": tag, "cache-control": "private, no-cache"}
            return Response(kept.body, kept.status_code, headers, kept.media_type)

        return answer

    async def _once(self, tag: str, operation: Operation, call: Call) -> Response:
        """Make an answer, or wait for the same one that is being made."""
        if tag not in self._kept or self._kept[tag].cancelled():
            self._kept[tag] = asyncio.ensure_future(self._make(operation, call))
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        try:
            return await asyncio.shield(self._kept[tag])
        except BaseException:
            self._kept.pop(tag, None)
            raise

    async def _make(self, operation: Operation, call: Call) -> Response:
        if self._n_waiting >= MOST_WAITING:
            raise Problem(
                "busy", where=call.path, expected=f"fewer than {MOST_WAITING} requests at once",
                remedy="come again", headers={"retry-after": str(RETRY_S)},
            )  # fmt: skip
        self._n_waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, self._cook, operation, call)
        finally:
            self._n_waiting -= 1

    def _cook(self, operation: Operation, call: Call) -> Response:
        try:
            answer = operation.run(self._knowledge, call)
        except StoreError as error:
            raise Problem(
                "no-store", where=call.path, expected="an answer of the store", got=str(error),
                remedy="see its state in /api/v1/status", headers={"retry-after": "5"},
            ) from error  # fmt: skip
        body = msgspec.json.encode(answer.value)
        return Response(body, 200, {"cache-control": "no-store"}, answer.media_type)

    def close(self) -> None:
        """End the threads."""
        with contextlib.suppress(RuntimeError):
            self._pool.shutdown(wait=False, cancel_futures=True)
