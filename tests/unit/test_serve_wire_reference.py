"""The reference page tells what the code does."""

import re
from pathlib import Path

import pytest

from skypact.serve import wire

TYPES = {"<f8": "f64", "<f4": "f32", "<i4": "i32", "<u4": "u32", "<u2": "u16", "|u1": "u8"}
PAGE = Path("docs/reference/wire.md")


@pytest.fixture
def text(root: Path) -> str:
    return (root / PAGE).read_text(encoding="utf-8")


def test_the_header_table_matches_every_offset(text: str) -> None:
    documented = re.findall(r"^\| (\d+) \| (\w+) \| (\w+) \|", text, re.MULTILINE)
    fields = wire.HEADER.fields
    assert fields is not None
    coded = [(str(off), TYPES[kind.str], name) for name, (kind, off, *_) in fields.items()]
    assert documented == coded


@pytest.mark.parametrize("section", wire.SECTIONS)
def test_each_section_lists_its_columns_in_order(text: str, section: str) -> None:
    title = {"trail": "Trails"}.get(section, section.capitalize())
    part = re.search(rf"^### \d\. {title}$(.*?)^##", text, re.MULTILINE | re.DOTALL)
    assert part is not None
    documented = re.findall(r"^\| (\w\d+) \| (\w+) \|", part.group(1), re.MULTILINE)
    dtype = wire.SECTIONS[section]
    assert documented == [(TYPES[dtype[name].str], name) for name in dtype.names or ()]


def test_the_row_sizes_are_told(text: str) -> None:
    for section in ("kinematics", "identities", "trail"):
        assert f"{wire.SECTIONS[section].itemsize} bytes a row" in text
