"""Errors as programs read them: problem details, with what was expected, what came, what to do.

Source: RFC 9457, section 3 (members ``type``, ``title``, ``status``, ``detail``; extensions 3.2).
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.responses import Response

MEDIA_TYPE: Final = "application/problem+json"
MOST_CHARACTERS: Final = 100
"""Of what came, that is told back."""

TITLES: Final = {
    "bad-parameter": (400, "A parameter is wrong"),
    "bad-body": (400, "What was sent along is wrong"),
    "unknown-parameter": (400, "There is no such parameter"),
    "unauthorized": (401, "A token is needed"),
    "forbidden": (403, "The token's role is not enough"),
    "other-origin": (403, "The request comes from another site"),
    "not-found": (404, "There is no such thing"),
    "bad-method": (405, "The method is not allowed"),
    "conflict": (409, "It cannot be done as things stand"),
    "too-long": (413, "The request is too long"),
    "wrong-host": (421, "The request is for another host"),
    "too-many-tries": (429, "Too many wrong tokens"),
    "internal": (500, "Something went wrong here"),
    "busy": (503, "Too many requests wait"),
    "no-store": (503, "The store does not answer"),
}
"""Status and title by the last word of the type."""


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong."""

    type: str
    """``urn:skypact:problem:`` and a word that stays."""
    title: str
    status: int
    detail: str
    """A sentence for people."""
    where: str = ""
    """The parameter or path."""
    expected: str = ""
    got: str = ""
    remedy: str = ""
    """What to do."""


class Problem(Exception):
    """Raised where a request cannot be answered.

    Parameters
    ----------
    kind : str
        A key of `TITLES`.
    where, expected, got, remedy : str
        As they are told.
    headers : mapping
        Further headers of the answer.
    """

    def __init__(
        self,
        kind: str,
        *,
        where: str,
        expected: str,
        got: str = "",
        remedy: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        status, title = TITLES[kind]
        shown = got if len(got) <= MOST_CHARACTERS else got[:MOST_CHARACTERS] + "..."
        shown = shown.encode("utf-8", "replace").decode("utf-8")
        came = f", got {shown}" if shown else ""
        self.status = status
        self.headers = dict(headers or {})
        self.details = ProblemDetails(
            type=f"urn:skypact:problem:{kind}",
            title=title,
            status=status,
            detail=f"{where}: expected {expected}{came}" + (f"; {remedy}" if remedy else ""),
            where=where,
            expected=expected,
            got=shown,
            remedy=remedy,
        )
        super().__init__(self.details.detail)

    def response(self) -> Response:
        """Return the answer."""
        headers = {"cache-control": "no-store", **self.headers}
        body = msgspec.json.encode(self.details)
        return Response(body, self.status, headers, MEDIA_TYPE)
