"""Connections to a database of pictures, its schema brought up to date when one is first made."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.resources import files
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from skypact.errors import ConfigError, MissingExtraError, StoreError

SCHEMES: Final = ("postgresql", "postgres")
CONNECT_S: Final = 10.0
COMMAND_S: Final = 60.0
"""A statement that takes longer counts as failed."""
MOST_READERS: Final = 3
"""Connections for questions; further ones wait."""
_SETTINGS: Final = {
    "application_name": "skypact",
    "timezone": "UTC",
    "plan_cache_mode": "force_custom_plan",
}
"""Questions are planned with their values: which partitions and indices serve depends on them."""
_LOCK: Final = 0x536B7950616374
"""Key of the advisory lock under which tables are changed."""
_VERSIONS: Final = """
CREATE SCHEMA IF NOT EXISTS skypact;
CREATE TABLE IF NOT EXISTS skypact.schema_version (
    version    integer PRIMARY KEY,
    name       text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
"""


def asyncpg() -> Any:  # noqa: ANN401 - a module that may be absent
    """Return the driver.

    Raises
    ------
    MissingExtraError
        It is not installed.
    """
    try:
        import asyncpg as module
    except ImportError as error:
        raise MissingExtraError(
            "a store in PostgreSQL needs asyncpg: pip install 'skypact[postgis]'"
        ) from error
    return module


def shown_url(url: str) -> str:
    """Address of a database without its password."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    query = [(key, value) for key, value in parse_qsl(parts.query) if key != "password"]
    netloc = user.partition(":")[0] + at + host
    return urlunsplit(parts._replace(netloc=netloc, query=urlencode(query, safe="/")))


def _secrets(url: str) -> list[str]:
    parts = urlsplit(url)
    password = parts.netloc.rpartition("@")[0].partition(":")[2]
    found = [password, unquote(password), dict(parse_qsl(parts.query)).get("password", "")]
    return [secret for secret in found if secret]


def migrations() -> list[tuple[int, str, str]]:
    """Numbered changes of the schema: number, name, statements."""
    folder = files("skypact.record") / "migrations"
    found = []
    for file in folder.iterdir():
        match = re.fullmatch(r"(\d{4})_(\w+)\.sql", file.name)
        if match:
            found.append((int(match[1]), match[2], file.read_text("utf-8")))
    return sorted(found)


class Link:
    """Makes connections; all methods run in one loop.

    Parameters
    ----------
    url : str
        ``postgresql://USER:PASSWORD@HOST:PORT/NAME``; what is left out is as in libpq.
    """

    def __init__(self, url: str) -> None:
        self._asyncpg = asyncpg()
        self._url = url
        self.shown = shown_url(url)
        self._readers: Any = None
        self._writer: Any = None
        self._is_ready = False

    @contextmanager
    def told(self) -> Iterator[None]:
        """Raise what goes wrong as `StoreError` or `ConfigError`, never with a password."""
        pg = self._asyncpg
        mend = (
            pg.InvalidAuthorizationSpecificationError,
            pg.InvalidCatalogNameError,
            pg.InsufficientPrivilegeError,
            pg.ClientConfigurationError,
        )
        try:
            yield
        except mend as error:
            raise ConfigError(self._message(error)) from None
        except (OSError, pg.PostgresError, pg.InterfaceError) as error:
            if isinstance(error, StoreError):
                raise
            raise StoreError(self._message(error)) from None

    def _message(self, error: Exception) -> str:
        reason = str(error) or type(error).__name__
        if isinstance(error, TimeoutError):
            reason = "it does not answer in time"
        for secret in _secrets(self._url):
            reason = reason.replace(secret, "***")
        return f"{self.shown}: {reason}"

    async def _connect(self) -> Any:  # noqa: ANN401 - the driver is optional
        connection = await self._asyncpg.connect(
            self._url,
            timeout=CONNECT_S,
            command_timeout=COMMAND_S,
            server_settings=_SETTINGS,
        )
        if not self._is_ready:
            try:
                await self._migrate(connection)
            except BaseException:
                connection.terminate()
                raise
            self._is_ready = True
        return connection

    async def _migrate(self, connection: Any) -> None:  # noqa: ANN401
        known = migrations()
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            await self._need_postgis(connection)
            await connection.execute(_VERSIONS)
            found = await connection.fetchval("SELECT max(version) FROM skypact.schema_version")
            newest = known[-1][0]
            if (found or 0) > newest:
                raise ConfigError(
                    f"{self.shown}: expected a schema of version {newest} or older, got {found}; "
                    "it was made by a newer Skypact: install that one, or use another database"
                )
            for number, name, statements in known:
                if number > (found or 0):
                    await connection.execute(statements)
                    await connection.execute(
                        "INSERT INTO skypact.schema_version (version, name) VALUES ($1, $2)",
                        number,
                        name,
                    )

    async def _need_postgis(self, connection: Any) -> None:  # noqa: ANN401
        has = "SELECT 1 FROM pg_extension WHERE extname = 'postgis'"
        if await connection.fetchval(has):
            return
        pg = self._asyncpg
        try:
            await connection.execute("CREATE EXTENSION postgis")
        except (pg.InsufficientPrivilegeError, pg.FeatureNotSupportedError, pg.UndefinedFileError):
            raise ConfigError(
                f"{self.shown}: expected PostGIS in this database; install it on the server and let"
                " an administrator run CREATE EXTENSION postgis"
            ) from None

    @asynccontextmanager
    async def locked(self, connection: Any) -> AsyncIterator[None]:  # noqa: ANN401
        """Open a transaction in which nobody else changes tables."""
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            yield

    @asynccontextmanager
    async def writer(self) -> AsyncIterator[Any]:
        """Lend the connection for writing; one that failed is not used again."""
        if self._writer is None or self._writer.is_closed():
            self._writer = await self._connect()
        try:
            yield self._writer
        except BaseException:
            self._writer.terminate()
            self._writer = None
            raise

    async def fetch(self, query: str, values: list[Any]) -> list[Any]:
        """Rows that answer a question; asked again where the connection turns out to be dead."""
        if self._readers is None:
            if not self._is_ready:
                await (await self._connect()).close()
            self._readers = await self._asyncpg.create_pool(
                self._url,
                min_size=0,
                max_size=MOST_READERS,
                timeout=CONNECT_S,
                command_timeout=COMMAND_S,
                server_settings=_SETTINGS,
            )
        for left in reversed(range(MOST_READERS + 1)):
            try:
                found: list[Any] = await self._readers.fetch(query, *values)
            except (self._asyncpg.PostgresConnectionError, self._asyncpg.InterfaceError):
                if not left:
                    raise
            else:
                return found
        raise AssertionError

    async def close(self) -> None:
        """End all connections."""
        if self._writer is not None:
            self._writer.terminate()
        if self._readers is not None:
            self._readers.terminate()
