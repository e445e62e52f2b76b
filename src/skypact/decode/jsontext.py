"""JSON objects out of bytes that anybody may have written."""

from typing import Any

import msgspec


def json_object(text: bytes) -> dict[str, Any] | None:
    """Read one JSON object; None where the bytes are none."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
