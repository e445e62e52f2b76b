"""Runs the application: on the calling thread, or on its own beside the pipeline."""

import socket
import threading
import time
from types import TracebackType
from typing import Final, Self

import uvicorn
from starlette.applications import Starlette

from skypact.errors import ConfigError
from skypact.serve.access import Access

START_TIMEOUT_S: Final = 10.0
STOP_TIMEOUT_S: Final = 5.0
MOST_MESSAGE_BYTES: Final = 65_536
"""Of what a viewer sends."""
MOST_CONNECTIONS: Final = 1_000


def listen(access: Access) -> socket.socket:
    """Open the listening socket; port 0 lets the system choose.

    Raises
    ------
    ConfigError
        The address is not a loopback one and a certificate or tokens are missing, or the address
        is not this machine's, or the port is taken or not allowed.
    """
    access.check()
    host, port = access.host, access.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(256)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        text = f"port: expected {host}:{port} to be free, got '{reason}'"
        remedy = "choose another with --port, or in server.listen"
        raise ConfigError(f"{text}; {remedy}") from error
    return listener


class Server:
    """A running server; use it as a context manager, or `start` and `stop` it.

    Parameters
    ----------
    app : Starlette
        Made by `create_app`; its access says where to listen and with which certificate.
    host : str or None
        Another address than the access has.
    port : int or None
        Another port; 0 lets the system choose; `port` then tells which.
    """

    def __init__(self, app: Starlette, host: str | None = None, port: int | None = None) -> None:
        access: Access = app.state.access
        access = access._replace(
            host=access.host if host is None else host, port=access.port if port is None else port
        )
        self._access, self._app = access, app
        certificate = access.certificate
        self._tls = None if certificate is None else certificate.context()
        self._listener = listen(access)
        self.host = access.host
        self.port: int = self._listener.getsockname()[1]
        tls = self._tls
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws_per_message_deflate=False,
            ws_max_size=MOST_MESSAGE_BYTES,
            timeout_graceful_shutdown=1,
            limit_concurrency=MOST_CONNECTIONS,
            proxy_headers=False,
            server_header=False,
            ssl_context_factory=None if tls is None else lambda _config, _default: tls,
        )
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the page is; of a server on every address, where this machine finds it."""
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}
        host = everywhere.get(self.host, self.host)
        host = f"[{host}]" if ":" in host else host
        return f"http{'s' if self._tls else ''}://{host}:{self.port}"

    def reload(self) -> None:
        """Read certificate, key and tokens again; connections that are open stay.

        Raises
        ------
        ConfigError
            One of them is wrong; what was in force stays in force.
        """
        certificate = self._access.certificate
        if certificate is not None and self._tls is not None:
            certificate.context()
            certificate.load(self._tls)
        self._access.reload()

    def start(self) -> None:
        """Serve from a background thread; return when connections are accepted."""
        self._thread = threading.Thread(target=self.run, name="skypact-serve", daemon=True)
        self._thread.start()
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline_s:
                raise ConfigError(f"expected a server at {self.url}, it did not start")
            time.sleep(0.01)

    def run(self) -> None:
        """Serve on the calling thread until `stop`, or until interrupted if it is the main one."""
        try:
            self._server.run(sockets=[self._listener])
        finally:
            self._listener.close()

    def stop(self) -> None:
        """End connections and the background thread."""
        self._server.should_exit = True
        self._app.state.kitchen.close()
        if self._thread is None:
            self._listener.close()
        elif self._thread is not threading.current_thread():
            self._thread.join(STOP_TIMEOUT_S)

    def __enter__(self) -> Self:
        """Start in the background."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()


def serve(app: Starlette, host: str | None = None, port: int | None = None) -> None:
    """Serve on the calling thread until interrupted."""
    Server(app, host, port).run()
