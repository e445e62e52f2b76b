"""GeoJSON files that union and rule files name."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from skypact.decode.jsontext import NOT_JSON
from skypact.errors import ConfigError


def geojson_reader(folder: Path) -> Callable[[str], Mapping[str, Any]]:
    """Return a reader of GeoJSON files by their names, relative ones from `folder` on."""

    def read(name: str) -> Mapping[str, Any]:
        path = folder / name
        try:
            return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror or error}") from error
        except NOT_JSON as error:
            raise ConfigError(f"{path}: expected GeoJSON, got {error}") from error

    return read
