"""Runs the application: on the calling thread, or on its own beside the pipeline."""

import socket
import threading
import time
from types import TracebackType
from typing import Final, Self

import uvicorn
from starlette.applications import Starlette

from skypact.errors import ConfigError

START_TIMEOUT_S: Final = 10.0
STOP_TIMEOUT_S: Final = 5.0
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket; port 0 lets the system choose.

    Raises
    ------
    ConfigError
        The address is not a loopback one, or the port is taken or not allowed.
    """
    if host not in LOOPBACK:
        text = f"host: expected one of {', '.join(LOOPBACK)}, got {host}"
        raise ConfigError(f"{text}; the page has no log-in yet, so reach it through a tunnel")
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
        raise ConfigError(f"{text}; choose another with --port") from error
    return listener


class Server:
    """A running server; use it as a context manager, or `start` and `stop` it.

    Parameters
    ----------
    app : Starlette
        Made by `create_app`.
    host : str
        A loopback address.
    port : int
        0 lets the system choose; `port` then tells which.
    """

    def __init__(self, app: Starlette, host: str = "127.0.0.1", port: int = 8600) -> None:
        self._listener = listen(host, port)
        self.host = host
        self.port: int = self._listener.getsockname()[1]
        config = uvicorn.Config(
            app,
            log_level="warning",
            lifespan="off",
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the page is."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

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


def serve(app: Starlette, host: str = "127.0.0.1", port: int = 8600) -> None:
    """Serve on the calling thread until interrupted."""
    Server(app, host, port).run()
