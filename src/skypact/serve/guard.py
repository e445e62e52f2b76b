"""Stands before everything: the host that was meant, the site that asks, the token.

Sources: RFC 6750, section 2.1 (bearer tokens); RFC 9110, 15.5.20 (421, a request for another host).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response

from skypact.serve.access import ROLES, Access, Role, Tries, is_loopback, named
from skypact.serve.kitchen import ROLE_KEY, WHO_KEY
from skypact.serve.problem import Problem

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN_PATHS: Final = ("/login", "/logout")
SUBPROTOCOL: Final = "skypact"
"""What a program offers beside ``bearer.TOKEN`` where it can set no other header."""
BEARER: Final = "bearer."
LOCAL: Final = "local"
"""Who asks where no tokens are."""
DELAY_S: Final = 1.0
"""An answer to a wrong token waits so long, beyond the free tries."""
MOST_DELAYED: Final = 100

HEADERS: Final = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; "
        b"img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; base-uri 'none'; "
        b"form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    # Without a referrer browsers call the origin of a form null, and it would look foreign.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class SecurityHeaders:
    """Adds the headers that keep foreign code and foreign frames out; counts answers.

    Parameters
    ----------
    app : ASGI application
        What answers; a header that it sets itself stays.
    answers : dict
        Counts by status.
    """

    def __init__(self, app: App, answers: dict[str, int]) -> None:
        self._app = app
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; add the headers to the response's start."""

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                given = list(message.get("headers", []))
                names = {name.lower() for name, _ in given}
                message["headers"] = [*given, *(h for h in HEADERS if h[0] not in names)]
                status = str(message["status"])
                self._answers[status] = self._answers.get(status, 0) + 1
            await send(message)

        await self._app(scope, receive, send_with_headers)


def cookie_name(scope: Scope) -> str:
    """Name of the cookie that holds a token; the prefix binds it to this host over TLS."""
    return "__Host-skypact" if scope.get("scheme") in ("https", "wss") else "skypact"


def _host(headers: Headers) -> str:
    """Return the host that the request names, without its port."""
    try:
        return urlsplit(f"//{headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def is_same_origin(headers: Headers) -> bool:
    """Whether the page that asks came from this server, or no browser asks."""
    origin = headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == headers.get("host")
    except ValueError:
        return False


def _offered(headers: Headers) -> Iterable[str]:
    """Return the tokens that a request brings."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        yield token.strip()
    for protocol in headers.get("sec-websocket-protocol", "").split(","):
        if protocol.strip().startswith(BEARER):
            yield protocol.strip().removeprefix(BEARER)


def _cookie(scope: Scope, headers: Headers) -> str:
    try:
        jar = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    name = cookie_name(scope)
    return jar[name].value if name in jar else ""


def address_of(scope: Scope) -> str:
    """Return who asks."""
    client = scope.get("client")
    return client[0] if client else ""


class Penalty:
    """What becomes of those who bring wrong tokens."""

    def __init__(self) -> None:
        self.tries = Tries()
        self._n_delayed = 0

    async def wrong(self, scope: Scope) -> None:
        """Count a wrong token, and let whoever goes on guessing wait.

        Raises
        ------
        Problem
            Always.
        """
        wait_s = self.tries.add(address_of(scope), time.monotonic())
        if not wait_s:
            raise Problem(
                "unauthorized", where=scope["path"], expected="a token of the server's file",
                got="another", remedy="`skypact token view` makes a token and its line",
                headers={"www-authenticate": 'Bearer realm="skypact", error="invalid_token"'},
            )  # fmt: skip
        if self._n_delayed < MOST_DELAYED:
            self._n_delayed += 1
            try:
                await asyncio.sleep(DELAY_S)
            finally:
                self._n_delayed -= 1
        raise Problem(
            "too-many-tries", where=scope["path"], expected="a token of the server's file",
            got="another once more", remedy=f"wait {wait_s:.0f} s",
            headers={"retry-after": f"{wait_s:.0f}"},
        )  # fmt: skip


class Guard:
    """Lets through who may, and says to the others what is missing.

    Parameters
    ----------
    app : ASGI application
        What is guarded.
    access : Access
        How it is reached.
    penalty : Penalty
        Of wrong tokens.
    """

    def __init__(self, app: App, access: Access, penalty: Penalty) -> None:
        self._app = app
        self._access = access
        self._penalty = penalty

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        try:
            scope[ROLE_KEY], scope[WHO_KEY] = await self._role(scope, Headers(scope=scope))
        except Problem as problem:
            return await self._refuse(problem, scope, receive, send)
        return await self._app(scope, receive, send)

    async def _role(self, scope: Scope, headers: Headers) -> tuple[Role | None, str]:
        """Return what the request may do, None only where it needs no token; and who asks.

        Raises
        ------
        Problem
            It may do nothing.
        """
        host, path = _host(headers), scope["path"]
        if self._access.tokens is None and not is_loopback(host):
            raise Problem(
                "wrong-host", where="Host", expected="localhost, 127.0.0.1 or [::1]", got=host,
                remedy="open the page by one of these names",
            )  # fmt: skip
        is_change = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        if is_change and not is_same_origin(headers):
            raise Problem(
                "other-origin", where="Origin", expected="a page of this server",
                got=headers.get("origin", ""), remedy="ask from a program or from the page",
            )  # fmt: skip
        if self._access.tokens is None:
            return ROLES[-1], LOCAL
        offered = list(_offered(headers))
        tokens = [(self._access.tokens.role(token), token) for token in offered[:2]]
        if not offered and (cookie := _cookie(scope, headers)):
            # A cookie outlives its token; that is nobody's wrong try.
            tokens.append((self._access.tokens.role(cookie), cookie))
        elif offered and not any(role for role, _ in tokens):
            await self._penalty.wrong(scope)
        known = [(role, token) for role, token in tokens if role is not None]
        if not known and path not in OPEN_PATHS:
            raise Problem(
                "unauthorized", where=path, expected="a token", remedy="send Authorization: "
                "Bearer TOKEN, or log in at /login; `skypact token view` makes a token",
                headers={"www-authenticate": 'Bearer realm="skypact"'},
            )  # fmt: skip
        if not known:
            return None, ""
        role, token = max(known, key=lambda one: ROLES.index(one[0]))
        return role, named(role, token)

    async def _refuse(self, problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
        answer: Response = problem.response()
        headers = Headers(scope=scope)
        if scope["type"] == "websocket":
            if "websocket.http.response" not in scope.get("extensions", {}):
                await send({"type": "websocket.close", "code": 1008, "reason": "not allowed"})
                return
        elif problem.status == 401 and _is_page(scope, headers):
            answer = RedirectResponse("/login", 303, {"cache-control": "no-store"})
        await answer(scope, receive, send)


def _is_page(scope: Scope, headers: Headers) -> bool:
    """Whether a person's browser asks for a page."""
    return scope["method"] == "GET" and "text/html" in headers.get("accept", "")
