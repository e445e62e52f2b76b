"""A radar's hour through the whole pipeline: ``python -m benchmarks.replay DATA_DIR``.

Bars: the whole process in under 20 s with warm caches; the steps of a quarter of a second each.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

HOUR = "230502-est-080001_BCN_60MN_08_09.ast"
SITE = "20/129=41.300702,2.102058,76.7"
CLI = "import sys; from skypact.cli import main; sys.exit(main(sys.argv[1:]))"
BAR_S = 20.0
ROUNDS = 3


def replay(path: Path) -> tuple[float, dict[str, object]]:
    """Wall time of one process and its summary."""
    command = [sys.executable, "-c", CLI, "replay", str(path), "--date", "2023-05-02"]
    begin = time.perf_counter()
    result = subprocess.run([*command, "--site", SITE], capture_output=True, text=True, check=True)
    return time.perf_counter() - begin, json.loads(result.stdout)


def main(folder: Path) -> None:
    """Measure; the first run compiles and does not count."""
    replay(folder / HOUR)
    runs = [replay(folder / HOUR) for _ in range(ROUNDS)]
    wall_s = min(wall for wall, _ in runs)
    rate = max(float(str(summary["reports_per_s"])) for _, summary in runs)
    bar = {"peer": f"bar, {BAR_S:.0f} s", "ratio": round(wall_s / BAR_S, 2)}
    rows = [
        {"name": "replay of a radar hour, whole process", "value": round(wall_s, 2), "unit": "s"}
        | bar,
        {"name": "replay of a radar hour, tracking", "value": round(rate), "unit": "reports/s"},
    ]
    for row in rows:
        print(json.dumps({"peer": None, "ratio": None} | row))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
