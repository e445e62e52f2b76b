"""Every item of every recorded ASTERIX record, compared once with libasterix (MIT).

libasterix knows the editions used here: 001 1.4, 010 1.1, 021 2.7, 034 1.29, 048 1.32, 062 1.21,
063 1.7, 065 1.6, and 002 1.2. It has no table of the 2008 layout of category 062, which nobody can
read here: `tests/unit/test_asterix_editions.py` shows that it is refused. Its RawDatablock.parse
exhausts the stack near 1,000 blocks, so blocks are split first.
"""

import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.naive.asterix_files import blocks

from skypact.decode.asterix.records import decode_block
from skypact.decode.asterix.registry import EDITIONS

pytestmark = [pytest.mark.recordings, pytest.mark.timeout(600)]

BLOCKS_PER_CASE = 10_000
CASES = [
    *[("201002-lebl-080001_mlat.ast", first) for first in range(0, 120_000, BLOCKS_PER_CASE)],
    *[("201002-lebl-080001_smr.ast", first) for first in range(0, 60_000, BLOCKS_PER_CASE)],
    *[("230502-est-080001_BCN_60MN_08_09.ast", first) for first in range(0, 50_000, 10_000)],
    *[("jade_cat062.ff", first) for first in range(0, 20_000, BLOCKS_PER_CASE)],
    ("jahorina_cat034_048.raw", 0),
    ("artas_cat062.ff", 0),
    ("seven_radars_two_lans.pcap", 0),
    ("oradis_cat001_002.pcap", 0),
    ("mixed_unknown_categories.pcap", 0),
    ("cat_062_065.pcap", 0),
    ("cat21_re.ast", 0),
    ("small_simulated.pcapng", 0),
]

Leaf = tuple[str, int | bytes, Any]


@cache
def oracle() -> tuple[Any, Any]:
    from asterix import base, generated

    return base, generated


@cache
def recording(path: Path) -> list[tuple[int, bytes]]:
    return list(blocks(path))


def oracle_records(number: int, data: bytes) -> list[Any]:
    base, generated = oracle()
    table = {1: generated.Cat_001_1_4, 2: generated.Cat_002_1_2}.get(number)
    table = table or generated.manifest["CATS"][number][-1]
    assert table.cv_category == number
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
        if isinstance(item.arg.arg.arg, base.Element):
            siblings[name] = item.as_uint() if hasattr(item, "as_uint") else item.arg.as_uint()
        out += leaves(item.arg.arg.arg, f"{path}{join}{name}", siblings)
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
        for leaf in leaves(sub.arg.arg, f"{path}/{name}")
    ]


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
        return ours.replace("?", "").rstrip(" ") == theirs  # it drops codes without a character
    return bool(ours == theirs)


def assert_same_record(raw: Any, value: Any, theirs: Any) -> int:
    ours = our_leaves(raw, value, "")
    expected = [
        leaf
        for name, sub in theirs.items_regular.items()
        for leaf in leaves(sub.arg.arg, f"/{name}")
    ]
    assert [leaf[:2] for leaf in ours] == [leaf[:2] for leaf in expected]
    assert all(same_value(a[2], b[2]) for a, b in zip(ours, expected, strict=True)), (
        ours,
        expected,
    )
    return len(ours)


@pytest.mark.parametrize(("name", "first"), CASES)
def test_every_item_of_every_record_agrees_with_libasterix(data_dir, name, first):
    part = recording(data_dir / "asterix" / name)[first : first + BLOCKS_PER_CASE]
    n_leaves = 0
    for number, data in part:
        if number not in EDITIONS:
            continue
        raw, scaled = decode_block(data, raw=True), decode_block(data)
        assert raw.error is None
        theirs = oracle_records(number, data)
        assert len(theirs) == len(raw.records)
        for triple in zip(raw.records, scaled.records, theirs, strict=True):
            n_leaves += assert_same_record(*triple)
    assert n_leaves > 0


@pytest.mark.parametrize("name", sorted({name for name, _ in CASES}))
def test_the_cases_above_cover_the_whole_recording(data_dir, name):
    covered = sum(BLOCKS_PER_CASE for case, _ in CASES if case == name)
    assert len(recording(data_dir / "asterix" / name)) <= covered
