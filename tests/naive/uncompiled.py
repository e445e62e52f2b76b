"""Kernel modules a second time, uncompiled: beside the compiled ones, in the same process."""

import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any
from unittest.mock import patch

import numpy as np


def _as_it_is(function):
    return function


def _undecorated() -> ModuleType:
    """Stand-in for `kernels._jit`, whose decorators change nothing."""
    jit = ModuleType("skypact.kernels._jit")
    for name in ("kernel", "allocating_kernel", "helper", "inlined"):
        setattr(jit, name, _as_it_is)
    return jit


def uncompiled(*stems: str) -> list[ModuleType]:
    """Load kernel modules uncompiled, each after those that it takes helpers from."""
    loaded = []
    with patch.dict(sys.modules, {"skypact.kernels._jit": _undecorated()}):
        for stem in stems:
            spec = find_spec(f"skypact.kernels.{stem}")
            assert spec is not None
            assert spec.loader is not None
            module = sys.modules[spec.name] = module_from_spec(spec)
            spec.loader.exec_module(module)
            loaded.append(module)
    return loaded


def through(
    users: Iterable[ModuleType], name: str, module: ModuleType, call: Callable[[], Any]
) -> Any:
    """Call with another module in place of the one that `users` know by `name`."""
    before = [(user, getattr(user, name)) for user in users]
    try:
        for user, _ in before:
            setattr(user, name, module)
        with np.errstate(all="ignore"):
            return call()
    finally:
        for user, known in before:
            setattr(user, name, known)
