"""JSON objects out of bytes that anybody may have written."""

from typing import Any, Final

import msgspec

NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises where bytes are no JSON of the type that is wanted."""


def json_object(text: bytes) -> dict[str, Any] | None:
    """Read one JSON object; None where the bytes are none."""
    try:
        value = msgspec.json.decode(text)
    except NOT_JSON:
        return None
    return value if isinstance(value, dict) else None
