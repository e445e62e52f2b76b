"""Exit codes and voices of the command line: never a traceback, JSON on stdout, words on stderr."""

import json
import os
import subprocess
import sys

import pytest

from skypact.cli import FAILED, MISSING_EXTRA, OK, USAGE, main, report
from skypact.errors import ConfigError, MissingExtraError, RecordingError


def skypact(*words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command in its own process."""
    code = "import sys; from skypact.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, *words]
    full = {**os.environ, **(env or {})}
    return subprocess.run(command, capture_output=True, text=True, timeout=240, env=full)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["fly"],
        ["decode"],
        ["decode", "x.ast", "--date", "yesterday"],
        ["replay", "x.ast", "--site", "20/129"],
        ["replay", "x.ast", "--site", "20/129=91,0,0"],
        ["replay", "x.ast", "--speed", "0"],
        ["replay", "x.ast", "--speed", "nan"],
        ["replay", "x.ast", "--withhold", "everything"],
        ["demo", "--seconds", "-1"],
        ["demo", "--port", "65536"],
        ["doctor", "missing.toml"],
    ],
)
def test_a_wrong_command_line_exits_2_and_says_what_was_expected(words, capsys):
    assert main(words) == USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "expected" in captured.err or "required" in captured.err or "invalid" in captured.err


@pytest.mark.parametrize("command", ["decode", "replay"])
def test_a_missing_path_and_a_directory_exit_2(command, tmp_path, capsys):
    assert main([command, str(tmp_path / "nothing.ast")]) == USAGE
    assert "found none at" in capsys.readouterr().err
    assert main([command, str(tmp_path)]) == USAGE
    assert "directory" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["decode", "replay"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.ast", b""),
        ("empty.pcap", b""),
        ("random.bin", bytes(range(7, 250)) * 40),
        ("zeros.ast", b"\0" * 5000),
        ("text.pcap", b"this is not a capture\n" * 50),
        ("header.pcap", bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000")),
        ("cut.pcap", bytes.fromhex("d4c3b2a1020004000000000000000000ffff0000010000000102")),
        (
            "header.pcapng",
            bytes.fromhex("0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000"),
        ),
        ("cut.ast", bytes.fromhex("300100fd")),
    ],
)
def test_a_file_without_records_exits_1_without_a_traceback(command, name, content, tmp_path):
    path = tmp_path / name
    path.write_bytes(content)
    words = [command, str(path)] + (["--json"] if command == "decode" else [])
    result = skypact(*words)
    assert result.returncode == FAILED, result.stderr
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("skypact: ") or "skypact: " in result.stderr


def test_a_broken_table_exits_1_in_replay_and_is_refused_by_decode(tmp_path, capsys):
    path = tmp_path / "broken.parquet"
    path.write_bytes(b"PAR1broken")
    assert main(["replay", str(path)]) == FAILED
    assert "expected a table of reports" in capsys.readouterr().err
    assert main(["decode", str(path)]) == USAGE
    assert "replay reads it" in capsys.readouterr().err


def test_help_is_immediate_and_loads_nothing_heavy():
    code = (
        "import sys; from skypact.cli import main; code = main(['--help']); "
        "heavy = {'numba', 'numpy', 'pyarrow', 'starlette', 'rich'} & set(sys.modules); "
        "assert not heavy, heavy; sys.exit(code)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == OK, result.stderr
    assert "examples:" in result.stdout


def test_doctor_needs_no_kernels():
    code = (
        "import sys; from skypact.cli import main; main(['doctor', '--json']); "
        "sys.exit(3 if 'numba' in sys.modules else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0
    assert json.loads(result.stdout)["checks"]


def test_doctor_finds_what_is_wrong_in_a_union_file(tmp_path, capsys):
    union = tmp_path / "union.toml"
    union.write_text('[[sensor]]\nname = "a"\nsource = "http://x"\n')
    assert main(["doctor", str(union), "--json"]) == FAILED
    checks = {c["check"]: c for c in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["feed of a"]["status"] == "fail"
    assert checks["site of a"]["status"] == "warn"
    assert "udp://" in checks["feed of a"]["remedy"]


def test_doctor_finds_those_whom_a_unit_cannot_tell(tmp_path, capsys):
    told = '[[watch.recipient]]\nname = "{}"\nchannels = ["webhook", "cap"]\n'
    hook = 'url = "http://127.0.0.1:9/"\nsecret = "s"\nrecipients = ["civil"]\n'
    union = tmp_path / "union.toml"
    union.write_text(
        told.format("civil") + told.format("ministry") + told.format("untold")
        + '[[watch.doctrine]]\nname = "a"\ntell = ["civil"]\n'
        + '[[watch.doctrine.escalate]]\ntell = ["ministry"]\n'
        + f'[[unit]]\nname = "north"\n[[unit.webhook]]\n{hook}'
    )  # fmt: skip
    assert main(["doctor", str(union), "--json"]) == OK
    checks = json.loads(capsys.readouterr().out)["checks"]
    found = [(c["check"], c["detail"]) for c in checks if "tells" in c["check"]]
    assert found == [
        ("north tells civil", "it makes no warnings"),
        ("north tells ministry", "no webhook leads to them"),
        ("north tells ministry", "it makes no warnings"),
    ]


@pytest.mark.parametrize("text", ["[[sensor]\n", '[[sensor]]\nname = "a"\nspeed = 1\n', "\xff"])
def test_doctor_refuses_a_union_file_that_is_none(text, tmp_path, capsys):
    union = tmp_path / "union.toml"
    union.write_bytes(text.encode("latin-1"))
    assert main(["doctor", str(union)]) == FAILED
    assert "fail  union file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("x"), USAGE),
        (RecordingError("x"), FAILED),
        (MissingExtraError("x"), MISSING_EXTRA),
        (PermissionError(13, "Permission denied", "x"), FAILED),
        (ZeroDivisionError("x"), FAILED),
    ],
)
def test_every_error_is_one_line_with_its_exit_code(error, code, capsys):
    assert report(error) == code
    err = capsys.readouterr().err
    assert err.startswith("skypact: ")
    assert err.count("\n") == 1


def test_the_version_is_printed(capsys):
    assert main(["--version"]) == OK
    assert capsys.readouterr().out.startswith("skypact ")


def test_the_package_runs_as_a_module_like_the_command():
    command = [sys.executable, "-m", "skypact"]
    result = subprocess.run([*command, "--version"], capture_output=True, text=True, timeout=240)
    assert (result.returncode, result.stdout.split()[0]) == (OK, "skypact")
    assert subprocess.run([*command, "fly"], capture_output=True, timeout=240).returncode == USAGE
