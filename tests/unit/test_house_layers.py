"""The import layers of DESIGN 1 hold, and the gate that says so can fail."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    env = {**os.environ, "PYTHONPATH": str(folder / "src"), "NO_COLOR": "1"}
    return subprocess.run(
        [*command, "--no-cache"], cwd=folder, env=env, capture_output=True, text=True, timeout=240
    )


@pytest.fixture
def copy(root, tmp_path):
    """Return a copy of the sources in which a rule can be broken."""
    ignore = shutil.ignore_patterns("static", "data", "__pycache__")
    shutil.copytree(root / "src", tmp_path / "src", ignore=ignore)
    shutil.copy(root / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_layers_hold(root):
    result = lint_imports(root)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("place", "line", "contract"),
    [
        ("units.py", "import skypact.config", "layers BROKEN"),
        ("decode/__init__.py", "import pathlib", "pure stages BROKEN"),
        ("track/__init__.py", "import time", "pure stages BROKEN"),
        ("record/__init__.py", "import numba", "numba stays in kernels BROKEN"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(copy, place, line, contract):
    path = copy / "src" / "skypact" / place
    path.write_text(path.read_text("utf-8") + f"\n{line}\n")
    result = lint_imports(copy)
    assert result.returncode == 1
    assert contract in result.stdout


def test_a_package_without_a_layer_breaks_the_contract(copy):
    (copy / "src" / "skypact" / "elsewhere.py").write_text("")
    result = lint_imports(copy)
    assert result.returncode == 1
    assert "elsewhere" in result.stdout
