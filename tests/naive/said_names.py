"""Every name that stands in what the project says, accepts or offers, by where it stands.

Collected from the code: from types, tables, parsers and the interface's document, never from a
list that somebody keeps.
"""

import argparse
import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args, get_origin

import msgspec

import skypact.cli
import skypact.evaluate
import skypact.runtime
import skypact.watch
from skypact.cli.args import parser
from skypact.config import Union
from skypact.decode.asterix.registry import category
from skypact.encode import cap, capalert, cot, cotarea, geojson, lines, tak
from skypact.encode.cap import CapArea, CapInfo, CapMessage
from skypact.encode.cat004 import MESSAGES
from skypact.model.alerts import MeasureRecord
from skypact.model.reports import empty_reports
from skypact.model.store import AlertRecord
from skypact.model.tracks import empty_rows
from skypact.model.truth import concat_truth
from skypact.record.notice_file import _Line
from skypact.record.store_tables import ALERTS, ENDED, SENSORS
from skypact.record.tables import reports_to_arrow, tracks_to_arrow, truth_to_arrow
from skypact.serve import webhook, wire
from skypact.serve.openapi import document
from skypact.serve.scene import Scene
from skypact.serve.webhook import Receipt
from skypact.watch.release import Step

Names = dict[str, list[str]]
WRITTEN = (4, 62, 63, 65)
"""Categories that units send."""


def collected() -> Names:
    """Every name, by the place where it stands."""
    places: Names = {}
    for part in (_api, _asterix, _cot, _cap, _tables, _files, _webhook, _cli):
        places |= part()
    places |= {f"union file {k}": v for k, v in structs(Union).items()}
    places |= {f"page {k}": v for k, v in structs(Scene).items()}
    places["stream"] = [f"{part}.{n}" for part, d in wire.SECTIONS.items() for n in d.names]
    places["stream"] += list(wire.HEADER.names or ())
    places["evidence"] = evidence(skypact.watch, ("memory",))
    places["summary"] = evidence(skypact.runtime) + evidence(skypact.cli)
    places["evaluation"] = evidence(skypact.evaluate, ("plots", "report_html"))
    places["metrics"] = _metrics()
    return {place: sorted(set(names)) for place, names in places.items()}


def structs(struct: type[msgspec.Struct]) -> Names:
    """Fields of a struct and of all that it holds; of enumerations the words, too."""
    found: Names = {}
    todo: list[Any] = [struct]
    while todo:
        kind = todo.pop()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            if kind.__name__ not in found:
                fields = msgspec.structs.fields(kind)
                found[kind.__name__] = [f.encode_name for f in fields]
                found[kind.__name__] += [
                    f"{f.encode_name} = {w}" for f in fields for w in _words(f.type)
                ]
                todo += [f.type for f in fields]
        else:
            todo += get_args(kind)
    return found


def _words(kind: Any) -> list[str]:
    if get_origin(kind) is Literal:
        return [str(word) for word in get_args(kind)]
    return [word for part in get_args(kind) for word in _words(part)]


def _api() -> Names:
    told = document()
    operations = [f"{m.upper()} {path}" for path, of in told["paths"].items() for m in of]
    parameters = [
        p["name"] for of in told["paths"].values() for o in of.values() for p in o["parameters"]
    ]
    schemas = {
        f"interface {name}": list(schema.get("properties", {}))
        for name, schema in told["components"]["schemas"].items()
    }
    return {"operations": operations, "parameters": parameters, **schemas}


def _asterix() -> Names:
    items = [f"{n:03}/{item.name} {item.title}" for n in WRITTEN for item in category(n).items]
    return {"asterix": items, "safety net messages": list(MESSAGES)}


def _strings(module: ModuleType, pattern: str) -> list[str]:
    """What a pattern finds in the text of a module's strings."""
    return re.findall(pattern, inspect.getsource(module))


def _cot() -> Names:
    kinds = [*cot.TYPES.values(), cot.UNKNOWN_AIR, cot.DELETION, cotarea.SHAPE]
    kinds += _strings(tak, r"t-x-takp-\w")
    sources = (cot, cotarea, tak)
    elements = [e for m in sources for e in _strings(m, r"<([A-Za-z_]+)[ />]")]
    return {
        "cursor on target types": kinds,
        "cursor on target hows": [cot.FUSED, cot.GENERATED],
        "cursor on target elements": elements,
    }


def _cap() -> Names:
    return {
        "warnings": [
            f"{t.__name__}.{n}" for t in (CapMessage, CapInfo, CapArea) for n in t._fields
        ],
        "warning parameters": [p for m in (cap, capalert) for p in _strings(m, r"skypact:\w+")],
    }


def _tables() -> Names:
    return {
        "reports.parquet": reports_to_arrow(empty_reports(0), []).schema.names,
        "tracks.parquet": tracks_to_arrow(empty_rows(0), "").schema.names,
        "truth.parquet": truth_to_arrow(concat_truth([])).schema.names,
        "store ended": ENDED.names,
        "store sensors": SENSORS.names,
        "store alerts": ALERTS.names,
        "output csv": list(lines.CSV_COLUMNS),
        **{f"output geojson {k}": v for k, v in structs(geojson.TrackFeature).items()},
        **{f"output geojson {k}": v for k, v in structs(geojson.PlannedProperties).items()},
    }


def _files() -> Names:
    return {
        "alerts.jsonl": list(AlertRecord._fields),
        "doctrine.jsonl": list(MeasureRecord._fields),
        "steps.jsonl": list(Step._fields),
        "receipts.jsonl": list(Receipt._fields),
        "acknowledgements.jsonl": list(_Line.__struct_fields__),
    }


def _webhook() -> Names:
    alert = webhook.alert_delivery({})
    measure = webhook.measure_delivery("", {"id": "", "times": {"owed": 0.0}}, (), None)
    return {
        f"webhook {made.kind}": list(msgspec.json.decode(made.body)) for made in (alert, measure)
    }


def _cli() -> Names:
    actions = next(a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    return {
        f"skypact {name}": [word for a in command._actions for word in a.option_strings or [a.dest]]
        for name, command in actions.choices.items()
    }


def evidence(package: ModuleType, but: tuple[str, ...] = ()) -> list[str]:
    """Keys of the tables that a package's modules write, as in the evidence of alerts."""
    return [
        key
        for path in sorted(Path(str(package.__path__[0])).glob("*.py"))
        if path.stem not in but
        for key in _keys(ast.parse(path.read_text("utf-8")))
    ]


def _keys(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        keys: list[ast.expr | None] = node.keys if isinstance(node, ast.Dict) else []
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            keys = [node.slice]
        for key in keys:
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value


def _metrics() -> list[str]:
    source = Path(inspect.getfile(wire)).with_name("metrics.py").read_text("utf-8")
    named = re.findall(r"skypact_[a-z_]+(?:\{\w+\})?[a-z_]*", source)
    return named
