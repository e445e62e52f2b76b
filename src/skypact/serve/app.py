"""The web application: the page, what does not move, the summary, the stream."""

from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from skypact.errors import ConfigError
from skypact.serve.history import TrackHistory
from skypact.serve.scene import Scene
from skypact.serve.session import Broadcast, Session

STATIC: Final = Path(__file__).parent / "static"
"""The built page, put here by the package's build hook."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

HEADERS: Final = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; "
        b"img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; base-uri 'none'; "
        b"form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class SecurityHeaders:
    """Adds the headers that keep foreign code and foreign frames out."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; add the headers to the response's start."""

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *HEADERS]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _json(value: object) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(msgspec.json.encode(value), media_type="application/json", headers=headers)


def is_same_origin(socket: WebSocket) -> bool:
    """Whether the page that opens the socket came from this server (or no browser opens it)."""
    origin = socket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == socket.headers.get("host")


def create_app(
    history: TrackHistory, scene: Scene, status: Callable[[], dict[str, Any]], static: Path = STATIC
) -> Starlette:
    """Make the application that shows `history`.

    Parameters
    ----------
    history : TrackHistory
        Filled by the pipeline, from any thread.
    scene : Scene
        Title, members, sensors; its mode says whether viewers start at the newest step (live) or
        at the beginning (replay).
    status : callable
        The summary as plain values; called about once a second and viewer, so keep it cheap.
    static : Path
        Folder of the built page.

    Raises
    ------
    ConfigError
        The page has not been built.
    """
    if not (static / "index.html").is_file():
        message = f"expected the built page in {static}, found none; install the package with pip"
        raise ConfigError(message)
    broadcast = Broadcast(history, is_live=scene.mode == "live")

    async def page(_: Request) -> Response:
        return FileResponse(static / "index.html", headers={"cache-control": "no-cache"})

    async def api_scene(_: Request) -> Response:
        return _json({**msgspec.to_builtins(scene), "hold_s": history.hold_s})

    async def api_status(_: Request) -> Response:
        return _json(status())

    async def stream(socket: WebSocket) -> None:
        if not is_same_origin(socket):
            await socket.close(1008, "another origin")
            return
        await socket.accept()
        await Session(socket, broadcast, status).run()

    async def not_found(_: Request, __: Exception) -> Response:
        return PlainTextResponse("not found", 404)

    app = Starlette(
        routes=[
            Route("/", page),
            Route("/api/scene", api_scene),
            Route("/api/status", api_status),
            WebSocketRoute("/ws", stream),
            Mount("/", StaticFiles(directory=static)),
        ],
        exception_handlers={404: not_found},
    )
    app.add_middleware(SecurityHeaders)
    return app
