"""Cost of the shipped border scene: run with `python benchmarks/simulate.py [SECONDS]`.

Bar: 300 aircraft, six radars, multilateration and ADS-B in under 15 % of one core in real time.
"""

import json
import sys
import time

from skypact.simulate import Scene, load_scenario

BAR_SHARE = 0.15


def measure(seconds: float, step_s: float, seed: int = 1) -> dict[str, float]:
    """Processor time of `seconds` of scene, played in steps, after five seconds of warming up."""
    scene = Scene(load_scenario("border"), seed)
    start_s = scene.time_s + 5.0
    scene.advance(start_s)
    began = time.process_time()
    records = octets = 0
    for k in range(round(seconds / step_s)):
        part = scene.advance(start_s + (k + 1) * step_s)
        records += len(part.origins.target)
        octets += len(part.packets.data)
    share = (time.process_time() - began) / seconds
    return {"share": share, "records_per_s": records / seconds, "bytes_per_s": octets / seconds}


def rows(seconds: float = 60.0) -> list[dict[str, object]]:
    """Rows of the benchmark table (DESIGN 2.1)."""
    table: list[dict[str, object]] = []
    for step_s in (0.1, 1.0):
        found = measure(seconds, step_s)
        row = {"name": f"simulate border, steps of {step_s} s", "unit": "% of one core"}
        ratio = round(found["share"] / BAR_SHARE, 3)
        table.append(row | {"value": round(100 * found["share"], 2), "peer": "bar", "ratio": ratio})
    row = {"name": "simulate border, target records", "unit": "1/s"}
    table.append(row | {"value": round(found["records_per_s"]), "peer": None, "ratio": None})
    return table


if __name__ == "__main__":
    for row in rows(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0):
        print(json.dumps(row))
