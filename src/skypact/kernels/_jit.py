"""The decorators of compiled code. Flags appear nowhere else.

`helper` is compiled into its callers; `kernel` is an entry point from Python, cached on disk;
`allocating_kernel` is one that makes arrays of its own. The first two count no references to
arrays: counting them, an atomic operation at every view, was two thirds of the tracker's step. An
array made in one of them does not compile ("requires NRT"). `inlined` is a `helper` that is a part
of its one or two callers: tables are passed by value, and a call that stays one copies kilobytes.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from llvmlite.binding import get_host_cpu_name
from numba import njit

from skypact.kernels import cache_folder, source_hash

F = TypeVar("F", bound=Callable[..., Any])

_UNCOUNTED: Final[dict[str, Any]] = {"error_model": "numpy", "_nrt": False}
"""Options of code without reference counts; numba's stubs do not know `_nrt`."""
_INNER: Final[dict[str, Any]] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""A helper is never called from Python: its two wrappers were a third of the compilation."""


def helper(function: F) -> F:
    """Compile `function` into the kernels that call it; it makes no array.

    Python cannot call it; tests go through kernels around it (tests/naive/compiled.py).
    """
    return cast("F", njit(**_UNCOUNTED, **_INNER)(function))


def inlined(function: F) -> F:
    """Compile `function` into its callers in full: large ones with few callers (design/0003)."""
    return cast("F", njit(forceinline=True, **_UNCOUNTED, **_INNER)(function))


def kernel(function: F) -> F:
    """Compile `function` as an entry point, cached, without the interpreter lock; no new arrays."""
    return cast("F", njit(cache=True, nogil=True, **_UNCOUNTED)(function))


def allocating_kernel(function: F) -> F:
    """Compile `function` as `kernel` does, with arrays of its own, which cost some time."""
    return cast("F", njit(cache=True, error_model="numpy", nogil=True)(function))


def warm_mark() -> Path:
    """File that is there once all that a unit runs is compiled, for this processor."""
    return cache_folder() / f"unit-{source_hash()}-{get_host_cpu_name()}"
