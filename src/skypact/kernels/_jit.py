"""The two decorators of compiled code. Flags appear nowhere else.

`helper` is compiled into its callers; `kernel` is an entry point from Python, cached on disk.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def helper(function: F) -> F:
    """Compile `function` into the kernels that call it."""
    return cast("F", njit(error_model="numpy")(function))


def kernel(function: F) -> F:
    """Compile `function` as an entry point, cached, without the interpreter lock."""
    return cast("F", njit(cache=True, error_model="numpy", nogil=True)(function))
