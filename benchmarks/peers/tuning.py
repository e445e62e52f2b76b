"""Search for Stone Soup's best settings: ``python -m benchmarks.peers.tuning [SCENE [METHOD]]``.

The lowest mean GOSPA counts, on seeds that the comparison does not use. First the grid of
acceleration density and gate; then, from its best, every other setting by itself, each
kept where it betters. ``tuned.toml`` gets the best and everything tried.
"""

import itertools
import json
import sys
import tomllib
from pathlib import Path
from typing import Any, get_args

import msgspec
import numpy as np
from benchmarks.peers.judge import Score, score
from benchmarks.peers.scenes import FLAT, SKY, PeerScene, simulated
from benchmarks.peers.stone_soup import Method, Settings, track

TUNED = Path(__file__).with_name("tuned.toml")
SEEDS = {SKY: (7_001,), FLAT: (7_001, 7_002, 7_003)}
"""Far from those of the comparison."""
GRID: dict[str, dict[str, tuple[float, ...]]] = {
    SKY: {"accel_psd": (1.0, 4.0), "gate": (5.0, 7.0)},
    FLAT: {"accel_psd": (2.0, 8.0, 32.0), "gate": (3.0, 4.0, 5.0)},
}
"""A first search over the sky found 0.3 m^2/s^3, gates of 3 and 4, and six plots to confirm worse:
2,249 to 3,050 m where a gate of 5 gave 2,029 m."""
LINES: dict[str, dict[str, tuple[float, ...]]] = {
    SKY: {
        "min_points": (3, 5),
        "hold_s": (10.0, 20.0),
        "height_m": (5_000.0,),
        "slice_s": (1.0,),
    },
    FLAT: {
        "min_points": (2, 3),
        "hold_s": (10.0, 25.0),
        "delete_s": (20.0, 45.0),
        "start_speed_mps": (75.0, 250.0),
    },
}
JPDA_LINES: dict[str, tuple[float, ...]] = {
    "p_detection": (0.75, 0.97),
    "clutter_factor": (0.3, 3.0),
}


def cost(scenes: list[PeerScene], settings: Settings, method: Method) -> float:
    """Mean GOSPA over the scenes; without any track the scene cannot be judged and is infinite."""
    found: list[Score] = []
    for scene in scenes:
        rows = track(scene, settings, method).rows
        if not len(rows.time_s):
            return float("inf")
        found.append(score(rows, scene))
    return float(np.mean([one.gospa_m for one in found]))


def search(name: str, method: Method) -> dict[str, Any]:
    """Best settings of a scene and a method, with all that was tried."""
    scenes = [simulated(name, seed) for seed in SEEDS[name]]
    tried: list[dict[str, Any]] = []

    def tell(changed: dict[str, float], settings: Settings) -> float:
        gospa_m = round(cost(scenes, settings, method), 1)
        tried.append({**changed, "gospa_m": gospa_m})
        print(name, method, json.dumps(tried[-1]), file=sys.stderr, flush=True)
        return gospa_m

    best, least = Settings(), np.inf
    for values in itertools.product(*GRID[name].values()):
        changed = dict(zip(GRID[name], values, strict=True))
        settings = msgspec.structs.replace(Settings(), **changed)
        gospa_m = tell(changed, settings)
        if gospa_m < least:
            best, least = settings, gospa_m
    lines = LINES[name] | (JPDA_LINES if method == "jpda" else {})
    for key, line in lines.items():
        for settings in [msgspec.structs.replace(best, **{key: value}) for value in line]:
            gospa_m = tell({key: getattr(settings, key)}, settings)
            if gospa_m < least:
                best, least = settings, gospa_m
    return {
        "gospa_m": least,
        "seeds": list(SEEDS[name]),
        "best": msgspec.to_builtins(best),
        "tried": tried,
    }


def tuned(name: str, method: Method) -> Settings:
    """Settings that the search found."""
    return msgspec.convert(tomllib.loads(TUNED.read_text("utf-8"))[name][method]["best"], Settings)


def text_of(found: dict[str, dict[str, Any]]) -> str:
    """The searches as TOML; its numbers and lists are written as JSON writes them."""
    lines = ["# Made by python -m benchmarks.peers.tuning; not to be edited."]
    for name, methods in sorted(found.items()):
        for method, result in sorted(methods.items()):
            lines += ["", f"[{name}.{method}]"]
            lines += [f"{key} = {json.dumps(result[key])}" for key in ("gospa_m", "seeds")]
            lines.append("tried = [")
            for one in result["tried"]:
                cells = ", ".join(f"{key} = {json.dumps(value)}" for key, value in one.items())
                lines.append(f"    {{ {cells} }},")
            lines += ["]", "", f"[{name}.{method}.best]"]
            lines += [f"{key} = {json.dumps(value)}" for key, value in result["best"].items()]
    return "\n".join(lines) + "\n"


def main(names: list[str]) -> None:
    """Search what is named, or everything, and keep the rest of the file."""
    for name in names[:1] or [SKY, FLAT]:
        for method in names[1:] or list(get_args(Method)):
            result = search(name, method)
            found = tomllib.loads(TUNED.read_text("utf-8")) if TUNED.exists() else {}
            found.setdefault(name, {})[method] = result
            TUNED.write_text(text_of(found), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
