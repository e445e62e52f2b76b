"""The web application: the page, its stream, the interface for programs, monitoring."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from skypact.errors import ConfigError
from skypact.model.alerts import NoWatch, WatchDesk
from skypact.model.store import AlertQuery, AlertRecord
from skypact.serve import health
from skypact.serve.access import Access
from skypact.serve.archive import Archive, RecentArchive
from skypact.serve.deciding import NoWarnings, WarningDesk
from skypact.serve.guard import SUBPROTOCOL, Guard, Penalty, SecurityHeaders
from skypact.serve.history import TrackHistory
from skypact.serve.kitchen import Kitchen
from skypact.serve.login import Login
from skypact.serve.metrics import WebFigures, registry_of
from skypact.serve.openapi import PREFIX, document
from skypact.serve.operation import Audit, Knowledge, no_audit
from skypact.serve.operations import OPERATIONS
from skypact.serve.problem import Problem
from skypact.serve.scene import Scene
from skypact.serve.session import Broadcast, Session
from skypact.serve.status import UnitStatus, UnitView, plain_unit

STATIC: Final = Path(__file__).parent / "static"
"""The built page, put here by the package's build hook."""
_OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.1"

Figures = Callable[[], dict[str, Any]]


def _no_alerts(_: AlertQuery) -> Sequence[AlertRecord]:
    return ()


class UnitParts(NamedTuple):
    """What a unit has beside its picture; a demo or a replay has none of it."""

    status: UnitView
    archive: Archive | None = None
    """The store; None: the page's history stands in."""
    alerts: Callable[[AlertQuery], Sequence[AlertRecord]] = _no_alerts
    watch: WatchDesk = NoWatch()
    audit: Audit = no_audit
    warnings: WarningDesk = NoWarnings()


def _json(value: object) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(msgspec.json.encode(value), media_type="application/json", headers=headers)


def _page_routes(scene: Scene, broadcast: Broadcast, figures: Figures, static: Path) -> list[Route]:
    async def page(_: Request) -> Response:
        return FileResponse(static / "index.html", headers={"cache-control": "no-cache"})

    async def api_scene(_: Request) -> Response:
        return _json({**msgspec.to_builtins(scene), "hold_s": broadcast.history.hold_s})

    async def api_status(_: Request) -> Response:
        return _json(figures())

    return [
        Route("/", page),
        Route("/api/scene", api_scene),
        Route("/api/status", api_status),
    ]


def _stream_route(broadcast: Broadcast, figures: Figures) -> WebSocketRoute:
    async def stream(socket: WebSocket) -> None:
        offered = socket.scope.get("subprotocols", [])
        await socket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        await Session(socket, broadcast, figures).run()

    return WebSocketRoute("/ws", stream)


def _monitoring_routes(unit: UnitView, registry: CollectorRegistry) -> list[Route]:
    async def told(look: Callable[[UnitStatus], health.Health]) -> Response:
        found = look(await asyncio.to_thread(unit))
        status = 503 if found.status == "failing" else 200
        headers = {"cache-control": "no-store"}
        return Response(msgspec.json.encode(found), status, headers, "application/json")

    async def live(_: Request) -> Response:
        return await told(health.live)

    async def ready(_: Request) -> Response:
        return await told(health.ready)

    async def metrics(request: Request) -> Response:
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        body = await asyncio.to_thread(encode, registry)
        headers = {"cache-control": "no-store", "content-type": media_type}
        return Response(body, headers=headers)

    return [
        Route("/health/live", live),
        Route("/health/ready", ready),
        Route("/metrics", metrics),
    ]


def _api_routes(kitchen: Kitchen) -> list[Route]:
    described = msgspec.json.encode(document())

    async def openapi(_: Request) -> Response:
        return Response(described, media_type=_OPENAPI, headers={"cache-control": "no-cache"})

    async def only_posted(request: Request) -> Response:
        raise HTTPException(405, headers={"Allow": "POST"})

    routes = [
        Route(PREFIX + o.path, kitchen.endpoint(o), methods=[o.method], name=o.name)
        for o in OPERATIONS
    ]
    # Else what is asked with another method would go to the page's files and not be found there.
    posted = [Route(PREFIX + o.path, only_posted) for o in OPERATIONS if o.method == "POST"]
    return [*routes, *posted, Route(f"{PREFIX}/openapi.json", openapi)]


def _login_routes(login: Login) -> list[Route]:
    return [
        Route("/login", login.form),
        Route("/login", login.enter, methods=["POST"]),
        Route("/logout", login.leave, methods=["POST"]),
    ]


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response()


async def _http_error(request: Request, error: Exception) -> Response:
    """Say what is wrong with a path or a method; programs get problem details."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    if f"{path}/".startswith("/api/"):
        if error.status_code == 405:
            headers = dict(error.headers or {})
            return Problem(
                "bad-method",
                where=path,
                expected=headers.get("Allow", "GET"),
                got=request.method,
                headers=headers,
            ).response()
        remedy = f"see {PREFIX}/openapi.json"
        return Problem(
            "not-found", where="path", expected="one that exists", got=path, remedy=remedy
        ).response()
    text = "not found" if error.status_code == 404 else error.detail
    return PlainTextResponse(text, error.status_code, dict(error.headers or {}))


async def _internal(request: Request, error: Exception) -> Response:
    """Say that an error of ours happened; what it was is in the server's log, not here."""
    return Problem(
        "internal", where=request.url.path, expected="an answer", got=type(error).__name__,
        remedy="tell whoever runs the unit; its log says where",
    ).response()  # fmt: skip


def create_app(
    history: TrackHistory,
    scene: Scene,
    figures: Figures,
    static: Path = STATIC,
    *,
    unit: UnitParts | None = None,
    access: Access | None = None,
) -> Starlette:
    """Make the application that shows `history`.

    Parameters
    ----------
    history : TrackHistory
        Filled by the pipeline, from any thread.
    scene : Scene
        Title, members, sensors; its mode says whether viewers start at the newest step (live) or
        at the beginning (replay).
    figures : callable
        The summary as plain values; called about once a second and viewer, so keep it cheap.
    static : Path
        Folder of the built page.
    unit : UnitParts or None
        A unit's status and store, where it is one.
    access : Access or None
        How the server is reached and by whom; None: loopback, open.

    Raises
    ------
    ConfigError
        The page has not been built.
    """
    if not (static / "index.html").is_file():
        message = f"expected the built page in {static}, found none; install the package with pip"
        raise ConfigError(message)
    access = Access() if access is None else access
    parts = unit or UnitParts(lambda: plain_unit(scene, history, figures()))
    name = parts.status().unit
    archive = parts.archive or RecentArchive(history, name)
    broadcast = Broadcast(history, parts.watch, is_live=scene.mode == "live")
    known = (name, history, parts.status, archive, parts.alerts, parts.watch, parts.audit)
    kitchen = Kitchen(Knowledge(*known, parts.warnings))
    penalty = Penalty()
    web = WebFigures(broadcast, penalty.tries)
    routes: list[BaseRoute] = [
        *_page_routes(scene, broadcast, figures, static),
        *_api_routes(kitchen),
        *_monitoring_routes(parts.status, registry_of(parts.status, web)),
        *_login_routes(Login(access, penalty)),
        _stream_route(broadcast, figures),
        Mount("/", StaticFiles(directory=static)),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={Problem: _problem, HTTPException: _http_error, 500: _internal},
    )
    app.add_middleware(Guard, access=access, penalty=penalty)
    app.add_middleware(SecurityHeaders, answers=web.requests)
    app.state.access, app.state.kitchen = access, kitchen
    return app
