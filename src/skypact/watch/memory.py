"""What rules remember, as bytes: a run that goes on from a checkpoint finds what it would have.

Rules keep their state in attributes, their own and those of the objects of `skypact.watch` that
they hold; several may hold one. An attribute is kept where it differs from what it was when the
rule was made, so that what comes from parameters and files is never kept. Values are numbers, text,
arrays, collections, named tuples and objects of this project; bytes of a checkpoint make nothing
else.
"""

import sys
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import numpy as np

PROJECT: Final = "skypact."
OWN: Final = "skypact.watch."
"""Objects of these modules are looked into."""
Value = Any
"""What an attribute holds, or its form in a checkpoint."""
NUMBERS: Final = "biuf"
"""Kinds of arrays that are kept."""


def memory_of(owner: object) -> dict[str, bytes | None]:
    """Return what an object remembers, by the path of each attribute.

    None stands for what cannot be kept: parameters, grounds, functions.
    """
    return {path: _packed(value) for path, _, _, value in _leaves(owner, set())}


def changed_memory(
    owner: object, begun: Mapping[str, bytes | None], seen: set[int]
) -> dict[str, bytes]:
    """Return what an object remembers beside what it `begun` with.

    Parameters
    ----------
    owner : object
    begun : mapping of path to bytes
        `memory_of` of it when it was made.
    seen : set of int
        Objects that others have told of already; those of this one are added.

    Raises
    ------
    TypeError
        It remembers what cannot be kept.
    """
    changed = {}
    for path, _, _, value in _leaves(owner, seen):
        before = begun.get(path, b"")
        if before is None:
            continue
        packed = _packed(value)
        if packed is None:
            raise TypeError(f"{path}: expected numbers, text and collections, got {value!r:.80}")
        if packed != before:
            changed[path] = packed
    return changed


def remember(owner: object, memory: Mapping[str, bytes]) -> None:
    """Let an object remember what `changed_memory` gave; what it has no place for is left out.

    Raises
    ------
    ValueError
        The bytes hold something else.
    """
    for path, holder, name, _ in list(_leaves(owner, set())):
        if path in memory:
            setattr(holder, name, unpacked(memory[path]))


def packed(value: object) -> bytes:
    """Return the bytes of a value.

    Raises
    ------
    TypeError
        It cannot be kept.
    """
    return msgspec.msgpack.encode(_tree(value))


def unpacked(data: bytes) -> Value:
    """Return the value that `packed` was given.

    Raises
    ------
    ValueError
        The bytes hold something else.
    """
    try:
        return _value(msgspec.msgpack.decode(data))
    except (TypeError, KeyError, AttributeError, IndexError) as error:
        raise ValueError(f"expected what a rule remembers, got {error}") from error


def _packed(value: object) -> bytes | None:
    try:
        return packed(value)
    except TypeError:
        return None


def _leaves(owner: object, seen: set[int], path: str = "") -> Iterator[tuple[str, Any, str, Any]]:
    """Attributes of an object and of those it holds: path, holder, name, value."""
    if id(owner) in seen:
        return
    seen.add(id(owner))
    for name, value in list(vars(owner).items()):
        if _is_own(value):
            yield from _leaves(value, seen, f"{path}{name}.")
        else:
            yield f"{path}{name}", owner, name, value


def _is_own(value: object) -> bool:
    return type(value).__module__.startswith(OWN) and hasattr(value, "__dict__")


def _tree(value: Value) -> Value:
    """Return a value in lists that begin with a word for what it is."""
    if value is None or isinstance(value, bool | str | bytes):
        return value
    if isinstance(value, np.generic):
        value = value.item()
    if type(value) in (int, float):
        return value
    if isinstance(value, np.ndarray) and value.dtype.kind in NUMBERS:
        return ["array", value.dtype.str, list(value.shape), value.tobytes()]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return ["named", _word(type(value)), [_tree(part) for part in value]]
    if isinstance(value, dict):
        return ["dict", [[_tree(key), _tree(part)] for key, part in value.items()]]
    if isinstance(value, set | frozenset):
        return ["set", [_tree(part) for part in sorted(value)]]
    if isinstance(value, deque):
        return ["deque", value.maxlen, [_tree(part) for part in value]]
    if type(value) in (list, tuple):
        return [type(value).__name__, [_tree(part) for part in value]]
    if _is_own(value):
        return ["object", _word(type(value)), _tree(vars(value))]
    raise TypeError(f"expected what can be kept, got {type(value).__name__}")


def _value(tree: Value) -> Value:
    if not isinstance(tree, list):
        return tree
    word, *rest = tree
    if word == "array":
        dtype, shape, data = np.dtype(rest[0]), *rest[1:]
        if dtype.kind not in NUMBERS:
            raise ValueError(f"expected an array of numbers, got one of {dtype}")
        return np.frombuffer(data, dtype).reshape(shape).copy()
    if word == "named":
        return _class(rest[0], tuple)._make(_value(part) for part in rest[1])
    if word == "object":
        made = object.__new__(_class(rest[0], object, OWN))
        vars(made).update(_value(rest[1]))
        return made
    if word == "dict":
        return {_value(key): _value(part) for key, part in rest[0]}
    if word == "deque":
        return deque((_value(part) for part in rest[1]), rest[0])
    return {"list": list, "tuple": tuple, "set": set}[word](_value(part) for part in rest[0])


def _word(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _class(word: str, base: type, within: str = PROJECT) -> type[Value]:
    """Return a class of this project by its name, of modules that are there already."""
    module, _, name = word.partition(":")
    found = getattr(sys.modules.get(module), name, None)
    is_kind = isinstance(found, type) and issubclass(found, base) and found.__module__ == module
    if found is None or not is_kind or not module.startswith(within):
        raise ValueError(f"expected a class of skypact, got {word[:80]!r}")
    kind: type[Value] = found
    return kind
