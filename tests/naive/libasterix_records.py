"""libasterix (MIT) as a reader of records: every item of a record as leaves that can be compared.

libasterix knows the editions used here (129 excepted). Its RawDatablock.parse exhausts the stack
near 1,000 blocks, so blocks are split first.
"""

import math
from functools import cache
from typing import Any

Leaf = tuple[str, int | bytes, Any]


@cache
def oracle() -> tuple[Any, Any]:
    from asterix import base, generated

    return base, generated


def oracle_table(number: int, edition: str = "") -> Any:
    """libasterix's class of an edition; the newest one where none is named."""
    _, generated = oracle()
    tables = generated.manifest["CATS"][number]
    named = [one for one in tables if ".".join(map(str, one.cv_edition)) == edition]
    return named[0] if edition else tables[-1]


def oracle_records(number: int, data: bytes, edition: str = "") -> list[Any]:
    """A block's records as libasterix reads them."""
    base, _ = oracle()
    table = oracle_table(number, edition)
    bits = base.Bits.from_bytes(data[3:])
    if number == 1:
        (records,) = [
            one for one in table.cv_uap.parse_any_uap(bits, 100) if all(map(is_of_its_profile, one))
        ]
        return records
    records = table.cv_uap.parse(bits)
    assert not isinstance(records, ValueError), (number, data.hex(), records)
    return records


def is_of_its_profile(record: Any) -> bool:
    """libasterix tries both profiles of category 001; the record's own TYP bit says which holds."""
    _, generated = oracle()
    profiles = generated.Cat_001_1_4.cv_uap.cv_uaps
    is_track = record.items_regular["020"].unparse().to_bytes()[0] >> 7
    return isinstance(record, profiles["track" if is_track else "plot"])


def element_leaf(element: Any, path: str, siblings: dict[str, int]) -> list[Leaf]:
    base, _ = oracle()
    bits = element.as_uint()
    rule = element._get_rule()
    if isinstance(rule, base.RuleContentDependent):
        name = rule.cv_depends_on[0][-1]
        content = rule._get_content([siblings[name]])
    else:
        content = rule._get_content()
    if isinstance(content, base.ContentQuantity):
        return [(path, bits, content._as_quantity())]
    if isinstance(content, base.ContentInteger):
        return [(path, bits, content.as_integer())]
    if isinstance(content, base.ContentString):
        text = content.as_string()
        is_octal = content.cv_string_type is base.StringOctal
        return [(path, bits, int(text) if is_octal else text.rstrip(" "))]
    if isinstance(content, base.ContentBds) and len(element.bs) == 64:
        return [(path + "/MB", bits >> 8, bits >> 8), (path + "/BDS", bits & 255, bits & 255)]
    return [(path, bits, bits)]


def group_leaves(items: list[Any], path: str, join: str) -> list[Leaf]:
    base, _ = oracle()
    out: list[Leaf] = []
    siblings: dict[str, int] = {}
    named = [item for item in items if item is not None and not isinstance(item, base.Spare)]
    for item in named:
        name = item.arg.cv_name
        if isinstance(variation_of(item.arg), base.Element):
            siblings[name] = variation_of(item.arg).as_uint()
        out += leaves(variation_of(item.arg), f"{path}{join}{name}", siblings)
    if len(out) == 3 and out[2][0].endswith("BDS2"):
        code = out[1][1] << 4 | out[2][1]
        out = [(f"{path}/MB", out[0][1], out[0][1]), (f"{path}/BDS", code, code)]
    if len(out) == 1 and path.endswith(out[0][0][len(path) :]):
        out = [(path, out[0][1], out[0][2])]
    return out


def leaves(variation: Any, path: str, siblings: dict[str, int] | None = None) -> list[Leaf]:
    base, _ = oracle()
    if isinstance(variation, base.Element):
        return element_leaf(variation, path, siblings or {})
    if isinstance(variation, base.Group):
        inner = siblings is not None
        return group_leaves(variation.arg, path, "_" if inner else "/")
    if isinstance(variation, base.Extended):
        return group_leaves([item for part in variation.arg for item in part], path, "/")
    if isinstance(variation, base.Repetitive):
        return [leaf for i, one in enumerate(variation.arg) for leaf in leaves(one, f"{path}[{i}]")]
    if isinstance(variation, base.Explicit):
        return [(path, variation.get_bytes(), variation.get_bytes())]
    assert isinstance(variation, base.Compound)
    return [
        leaf
        for name, sub in variation.arg.items()
        for leaf in leaves(variation_of(sub), f"{path}/{name}")
    ]


def variation_of(item: Any) -> Any:
    """An item's variation; where it depends on another item, its plain bits."""
    base, _ = oracle()
    rule = item.arg
    if isinstance(rule, base.RuleVariationDependent):
        return rule.cv_default_variation._parse(rule.bs)[0]
    return rule.arg


def our_leaves(raw: Any, value: Any, path: str) -> list[Leaf]:
    if isinstance(raw, dict):
        return [
            leaf for name in raw for leaf in our_leaves(raw[name], value[name], f"{path}/{name}")
        ]
    if isinstance(raw, list):
        pairs = enumerate(zip(raw, value, strict=True))
        return [leaf for i, (r, v) in pairs for leaf in our_leaves(r, v, f"{path}[{i}]")]
    return [(path, raw, value)]


def same_value(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-15)
    if isinstance(theirs, str) and isinstance(ours, str):
        shortened = ours.replace("?", "").rstrip(" ")  # it drops codes without a character
        return theirs in (ours, shortened)
    return bool(ours == theirs)


def assert_same_record(raw: Any, value: Any, theirs: Any) -> int:
    ours = our_leaves(raw, value, "")
    expected = [
        leaf
        for name, sub in theirs.items_regular.items()
        for leaf in leaves(variation_of(sub), f"/{name}")
    ]
    assert [leaf[:2] for leaf in ours] == [leaf[:2] for leaf in expected]
    assert all(same_value(a[2], b[2]) for a, b in zip(ours, expected, strict=True)), (
        ours,
        expected,
    )
    return len(ours)
