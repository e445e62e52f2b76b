"""Run every benchmark and write ``benchmarks/results.md``: ``make bench``.

A benchmark is a module beside this one that prints rows as JSON lines (name, value, unit, peer,
ratio). Those in `NEED_RECORDINGS` take the folder of the recordings as their argument; those in
`TAKE_HOURS` run only where they are named.
"""

import json
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
RECORDINGS = HERE.parent.parent / "shared" / "data" / "asterix"
TAKE_HOURS = {"ballistic", "quiet_sky", "soak"}
"""Run where they are named only."""
NEED_RECORDINGS = {"asterix", "fuzz_modes", "modes", "real", "replay"}


def processor() -> str:
    """Name of the processor, where the system tells."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0]}, {len(names)} cores" if names else platform.processor() or "unknown"


def run(name: str, arguments: list[str]) -> list[dict[str, object]]:
    """Rows of one benchmark; it runs in a process of its own."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
    result = subprocess.run(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def table(rows: dict[str, list[dict[str, object]]]) -> str:
    """Results as Markdown."""
    versions = ", ".join(f"{p} {version(p)}" for p in ("numba", "numpy"))
    lines = [
        "# Measured\n",
        f"`make bench`, {datetime.now(UTC):%Y-%m-%d}, {processor()}, "
        f"Python {platform.python_version()}, {versions}.\n",
        "| what | value | unit | compared with | ratio |",
        "|---|---|---|---|---|",
    ]
    for row in (row for part in rows.values() for row in part):
        value = f"{row['value']:,}" if isinstance(row["value"], int) else row["value"]
        cells = [row["name"], value, row["unit"], row.get("peer") or "", row.get("ratio") or ""]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all."""
    found = sorted(p.stem for p in HERE.glob("*.py") if not p.stem.startswith("_"))
    found = [name for name in found if name not in TAKE_HOURS]
    rows = {}
    for name in names or found:
        if name in NEED_RECORDINGS and not RECORDINGS.is_dir():
            print(f"{name}: left out, there are no recordings at {RECORDINGS}", file=sys.stderr)
            continue
        print(f"{name} ...", file=sys.stderr)
        rows[name] = run(name, [str(RECORDINGS)] if name in NEED_RECORDINGS else [])
    (HERE / "results.md").write_text(table(rows), "utf-8")
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
