"""Serves operations: on few threads, each answer made once for those who ask the same.

Nothing of it runs on the event loop, so that a large answer delays no viewer's frames; the past has
threads of its own, so that a slow store delays nothing live. What is made and not yet taken is
bounded.
"""

import asyncio
import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from skypact.decode.jsontext import NOT_JSON
from skypact.errors import ConfigError, StoreError
from skypact.serve.access import may
from skypact.serve.operation import Call, Knowledge, Operation
from skypact.serve.problem import Problem
from skypact.serve.query import values

ROLE_KEY: Final = "skypact.role"
"""Where a request's scope holds what its token may do."""
WHO_KEY: Final = "skypact.who"
"""Where it holds whose token it is."""
MOST_BODY_BYTES: Final = 16_384
"""Of what is sent along."""
N_THREADS: Final = 2
"""For the present, and as many for the past."""
MOST_WAITING: Final = 64
"""Requests at work or waiting for threads; more are told to come again."""
MOST_KEPT: Final = 8
"""Answers of one picture that are kept for those who ask the same."""
MOST_UNTAKEN_BYTES: Final = 256 * 1024 * 1024
"""Of answers that are being sent."""
CHUNK_BYTES: Final = 65_536
SENDING_S: Final = 60.0
"""Who has not taken an answer by then is left."""
RETRY_S: Final = 1

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def _busy(where: str, expected: str) -> Problem:
    headers = {"retry-after": str(RETRY_S)}
    return Problem("busy", where=where, expected=expected, remedy="come again", headers=headers)


class Line:
    """Threads for one kind of operations, and how many requests wait for them."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(N_THREADS, thread_name_prefix=f"skypact-{name}")
        self._n_waiting = 0

    async def run(self, make: Callable[[Call], Response], call: Call) -> Response:
        """Make an answer on a thread.

        Raises
        ------
        Problem
            Too many wait.
        """
        if self._n_waiting >= MOST_WAITING:
            raise _busy(call.path, f"fewer than {MOST_WAITING} requests at once")
        self._n_waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, make, call)
        finally:
            self._n_waiting -= 1

    def close(self) -> None:
        """End the threads."""
        with contextlib.suppress(RuntimeError):
            self._pool.shutdown(wait=False, cancel_futures=True)


class Untaken:
    """Octets of answers that are on their way."""

    def __init__(self) -> None:
        self.n_bytes = 0


class Portion(Response):
    """An answer that is sent piece by piece, as fast as it is taken, and counted until then."""

    def __init__(self, answer: Response, headers: dict[str, str], untaken: Untaken) -> None:
        super().__init__(bytes(answer.body), answer.status_code, headers, answer.media_type)
        self._untaken = untaken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, or give up after `SENDING_S`."""
        body = memoryview(self.body)
        if self._untaken.n_bytes + len(body) > MOST_UNTAKEN_BYTES:
            problem = _busy(scope["path"], "others to take their answers")
            return await problem.response()(scope, receive, send)
        self._untaken.n_bytes += len(body)
        try:
            # Left without its end: the server then closes the connection.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._send(body, send), SENDING_S)
        finally:
            self._untaken.n_bytes -= len(body)

    async def _send(self, body: memoryview, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        for first in range(0, len(body), CHUNK_BYTES):
            part = bytes(body[first : first + CHUNK_BYTES])
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class Kitchen:
    """Runs operations.

    Parameters
    ----------
    knowledge : Knowledge
        What they read.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._present, self._past = Line("present"), Line("past")
        self._kept: OrderedDict[str, asyncio.Future[Response]] = OrderedDict()
        self.untaken = Untaken()

    def endpoint(self, operation: Operation) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what serves an operation."""

        async def answer(request: Request) -> Response:
            if not may(request.scope.get(ROLE_KEY), operation.role):
                await self._deny(operation, request)
            call = _call(operation, request)
            call = call._replace(body=await _body(request, operation.body))
            if operation.pin is None:
                made = await self._make(operation, call)
                return Portion(made, {"cache-control": "no-store"}, self.untaken)
            told = f"{call.link()} {operation.pin(self._knowledge, call)}"
            tag = f'W/"{hashlib.sha256(told.encode()).hexdigest()[:24]}"'
            headers = {"etag": tag, "cache-control": "private, no-cache"}
            if tag in request.headers.get("if-none-match", ""):
                return Response(status_code=304, headers=headers)
            return Portion(await self._once(tag, operation, call), headers, self.untaken)

        return answer

    async def _deny(self, operation: Operation, request: Request) -> None:
        """Refuse a request whose token's role is not enough.

        Raises
        ------
        Problem
            Always.
        """
        denied = operation.denied
        if denied is not None:

            def note(call: Call) -> Response:
                denied(self._knowledge, call)
                return Response()

            await self._present.run(note, _call(operation, request))
        raise Problem(
            "forbidden", where=request.url.path, expected=f"the role {operation.role}",
            remedy="ask for a token of that role",
        )  # fmt: skip

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
        def cook(call: Call) -> Response:
            try:
                answer = operation.run(self._knowledge, call)
            except (StoreError, ConfigError) as error:
                raise Problem(
                    "no-store", where=call.path, expected="an answer of the store",
                    got=str(error), remedy="see its state in /api/v1/status",
                    headers={"retry-after": "5"},
                ) from error  # fmt: skip
            return Response(
                msgspec.json.encode(answer.value), answer.status, None, answer.media_type
            )

        line = self._past if operation.reads_past else self._present
        return await line.run(cook, call)

    def close(self) -> None:
        """End the threads."""
        self._present.close()
        self._past.close()


async def _body(request: Request, kind: type[msgspec.Struct] | None) -> Any:  # noqa: ANN401
    """Read what was sent along; nothing is an empty object.

    Raises
    ------
    Problem
        It is too long, or not what is expected.
    """
    if kind is None:
        return None
    text = b""
    async for part in request.stream():
        text += part
        if len(text) > MOST_BODY_BYTES:
            raise Problem(
                "too-long", where=request.url.path, expected=f"at most {MOST_BODY_BYTES} bytes"
            )
    try:
        return msgspec.json.decode(text or b"{}", type=kind)
    except NOT_JSON as error:
        raise Problem(
            "bad-body", where="body", expected="JSON as in the document of the interface",
            got=str(error), remedy="see /api/v1/openapi.json",
        ) from error  # fmt: skip


def _call(operation: Operation, request: Request) -> Call:
    """Read a request, but for what is sent along.

    Raises
    ------
    Problem
        A parameter is wrong.
    """
    query = request.query_params.multi_items()
    return Call(
        values(operation.parameters, query, request.path_params),
        str(request.base_url).rstrip("/"),
        request.url.path,
        query,
        request.scope.get(WHO_KEY, ""),
        request.client.host if request.client else "",
        role=request.scope.get(ROLE_KEY) or "",
    )
