"""The union file of docs/how-to/watch.md is one, and its rules can be made."""

import re
from pathlib import Path

from skypact.config import union_from_toml
from skypact.record.geojson_file import geojson_reader
from skypact.watch.rules import rules_of

MEMBER = '[[member]]\nname = "north"\ncountries = ["040"]\n\n'
ALONE = (
    "border", "emergency", "conflict", "noncooperative", "identity", "kinematics", "unconfirmed",
    "drift", "gnss", "swarm", "slow", "feed", "coverage", "bias", "ballistic",
)  # fmt: skip
"""Rules that the page says need nothing."""


def test_the_file_of_the_page_makes_its_rules(root: Path) -> None:
    text = (root / "docs" / "how-to" / "watch.md").read_text("utf-8")
    found = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    assert found is not None
    union = union_from_toml(MEMBER + found.group(1))
    assert [area.name for area in union.watch.area.area] == ["power station", "firing range"]
    rules = rules_of(union.watch, union, geojson_reader(root), None)
    names = {rule.name for rule in rules if rule.params.enabled}
    assert {"area", "border", "conflict", "slow"} <= names
    assert "swarm" not in names


def test_without_a_file_the_rules_of_the_page_look(root: Path) -> None:
    union = union_from_toml(MEMBER)
    rules = rules_of(union.watch, union, geojson_reader(root), None)
    assert {rule.name for rule in rules} == set(ALONE)
