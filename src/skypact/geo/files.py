"""Reads the data files that the package's build hook puts beside this module."""

from importlib.resources import files

from skypact.errors import ConfigError


def read_data(name: str) -> bytes:
    """Bytes of a data file.

    Raises
    ------
    ConfigError
        The file is not there: the package was not built with its hook.
    """
    path = files("skypact.geo") / "data" / name
    if not path.is_file():
        raise ConfigError(f"expected {name} in skypact/geo/data, found none; install with pip")
    return path.read_bytes()
