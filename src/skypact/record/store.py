"""Opens the store that an address names."""

from pathlib import Path
from urllib.parse import urlsplit

from skypact.errors import ConfigError
from skypact.model.ports import Store
from skypact.record.postgres_link import SCHEMES, shown_url
from skypact.record.store_parquet import ParquetStore
from skypact.record.store_postgis import PostgisStore


def open_store(url: str, folder: Path | None = None) -> Store:
    """Make a store; nothing is opened before it is first used or its `prepare` is called.

    Parameters
    ----------
    url : str
        ``parquet:DIR`` or ``postgresql://USER@HOST/NAME``.
    folder : Path or None
        What a relative DIR is relative to.

    Raises
    ------
    ConfigError
        The address is neither.
    MissingExtraError
        A database is asked for and its driver is not installed.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "parquet" and rest and not rest.startswith("//"):
        return ParquetStore((folder or Path()) / rest)
    if scheme in SCHEMES and rest.startswith("//"):
        try:
            urlsplit(url).port  # noqa: B018 - a wrong one is found by asking for it
        except ValueError:
            raise ConfigError(f"store {shown_url(url)}: expected a number as port") from None
        return PostgisStore(url)
    got = shown_url(url) if "//" in url else url
    raise ConfigError(
        f"store: expected parquet:DIR or postgresql://USER@HOST/NAME, got {got!r}; see "
        "docs/how-to/store.md"
    )
