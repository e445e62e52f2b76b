"""The page where a person gives a token, which a cookie then carries.

Source: draft-ietf-httpbis-rfc6265bis, 4.1.2.7 (SameSite), 4.1.3.2 (``__Host-``).

The cookie holds the token itself, so that a second process of the unit knows it, too, and its line
in the file is all there is to remove.
"""

import base64
import hashlib
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from skypact.serve.access import Access
from skypact.serve.guard import Penalty, cookie_name
from skypact.serve.problem import Problem

MOST_BYTES: Final = 4096
COOKIE_S: Final = 12 * 3600
"""A watch's length; then the token is asked for again."""

_STYLE: Final = (
    "body{background:#10161d;color:#d8e0e8;font:16px/1.5 system-ui,sans-serif;display:grid;"
    "place-content:center;min-height:100vh;margin:0}form{display:grid;gap:.75rem;width:20rem}"
    "input,button{font:inherit;padding:.5rem;border:1px solid #46586a;border-radius:4px;"
    "background:#18222c;color:inherit}button{cursor:pointer}p{margin:0}"
)
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_PAGE: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Skypact: log in</title><link rel="icon" href="data:,"><style>{style}</style></head>
<body><form method="post" action="/login">
<h1>Skypact</h1>
<p role="status">{text}</p>
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Log in</button>
</form></body>
</html>
"""


def _page(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    told = {"content-security-policy": POLICY, "cache-control": "no-store", **(headers or {})}
    return HTMLResponse(_PAGE.format(style=_STYLE, text=text), status, told)


async def _token(request: Request) -> str:
    """Read the form's token.

    Raises
    ------
    Problem
        The form is too long.
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise Problem("too-long", where="/login", expected=f"at most {MOST_BYTES} bytes")
    fields = parse_qs(body.decode("ascii", "replace"), max_num_fields=10)
    return fields.get("token", [""])[0].strip()


class Login:
    """The log-in page's two answers.

    Parameters
    ----------
    access : Access
        Knows the tokens.
    penalty : Penalty
        Of wrong ones.
    """

    def __init__(self, access: Access, penalty: Penalty) -> None:
        self._access = access
        self._penalty = penalty

    async def form(self, _: Request) -> Response:
        """Show the form, or the map where no token is needed."""
        if self._access.tokens is None:
            return RedirectResponse("/", 303)
        return _page("Give the token that you were given.")

    async def enter(self, request: Request) -> Response:
        """Take a token; a right one goes into a cookie."""
        tokens = self._access.tokens
        if tokens is None:
            return RedirectResponse("/", 303)
        try:
            token = await _token(request)
        except ValueError:
            token = ""
        if tokens.role(token) is None:
            try:
                await self._penalty.wrong(request.scope)
            except Problem as problem:
                text = "This token is not known."
                if problem.status == 429:
                    text += f" Wait {problem.headers['retry-after']} seconds."
                return _page(text, problem.status, problem.headers)
        answer = RedirectResponse("/", 303, {"cache-control": "no-store"})
        answer.set_cookie(
            cookie_name(request.scope),
            token,
            max_age=COOKIE_S,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return answer

    async def leave(self, request: Request) -> Response:
        """Forget the cookie."""
        answer = RedirectResponse("/login", 303, {"cache-control": "no-store"})
        answer.delete_cookie(
            cookie_name(request.scope),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return answer
