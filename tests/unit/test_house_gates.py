"""The other gates fail when they should: lint, format, types, warnings, missing recordings."""

import os
import subprocess
import sys

import pytest

BAD_TYPES = (
    '"""Module."""\n\n\ndef number() -> int:\n    """Return a number."""\n    return "one"\n'
)
BAD_STYLE = "import os, sys\n"
BAD_FORMAT = '"""Module."""\n\nx = {  "a":1 }\n'


def run(root, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, timeout=240
    )


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (["ruff", "check", "--no-cache"], BAD_STYLE),
        (["ruff", "format", "--check", "--no-cache"], BAD_FORMAT),
        (["mypy", "--strict", "--cache-dir=/dev/null"], BAD_TYPES),
    ],
)
def test_the_gate_fails_on_a_bad_file(root, tmp_path, command, text):
    bad = tmp_path / "bad.py"
    bad.write_text(text)
    config = ["--config", "pyproject.toml"] if command[0] == "ruff" else []
    assert run(root, *command, *config, str(bad)).returncode == 1


def test_a_warning_in_a_test_is_an_error(root, tmp_path):
    bad = tmp_path / "test_bad.py"
    bad.write_text("import warnings\n\n\ndef test_it():\n    warnings.warn('old')\n")
    result = run(root, "pytest", "-c", "pyproject.toml", "-p", "no:cacheprovider", str(bad))
    assert result.returncode == 1
    assert "UserWarning: old" in result.stdout


def test_absent_recordings_fail_in_ci_and_skip_elsewhere(root, tmp_path):
    (tmp_path / "tests").mkdir()
    text = (root / "tests" / "conftest.py").read_text("utf-8")
    (tmp_path / "tests" / "conftest.py").write_text(text)
    (tmp_path / "tests" / "test_data.py").write_text(
        "def test_it(data_dir):\n    assert data_dir\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests"]
    outcomes = {}
    for ci in ("", "1"):
        env = {**os.environ, "CI": ci}
        result = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
        outcomes[ci] = result.stdout.strip().splitlines()[-1]
    assert "1 skipped" in outcomes[""]
    assert "1 error" in outcomes["1"]
