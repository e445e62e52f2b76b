"""Union files, written: what a simulation gives to whoever tracks its reports."""

from typing import Any

import msgspec
import tomli_w

from skypact.config import Union


def union_to_toml(union: Union) -> str:
    """Text of a union file that `config.union_from_toml` reads as `union`.

    Values that are the default are left out.
    """
    return tomli_w.dumps(_changed(union))


def _changed(struct: msgspec.Struct) -> dict[str, Any]:
    """Fields that differ from their default, nested structs as dictionaries."""
    out: dict[str, Any] = {}
    for field in msgspec.structs.fields(struct):
        value = getattr(struct, field.name)
        if value == field.default:
            continue
        if isinstance(value, msgspec.Struct):
            out[field.name] = _changed(value)
        elif isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct):
            out[field.name] = [_changed(entry) for entry in value]
        else:
            out[field.name] = value
    return out
