"""What is said, accepted or offered was reviewed: it watches and warns, and never aims.

``outputs_allowed.toml`` beside this file is the list. Whoever adds a name adds it there, after
having made sure that it neither tasks, aims nor allocates anything that acts on objects, nor gives
a place to meet one or where one started.
"""

import re
import tomllib

import pytest
from tests.naive.said_names import collected, evidence

from skypact.config import EFFECTORS, union_from_toml
from skypact.errors import ConfigError

FORBIDDEN = (
    "weapon", "effector", "launch", "intercept", "aim", "engag", "fire", "firing", "shoot", "gun",
    "munition", "missile", "kill", "strike", "salvo", "lethal", "hostil", "allocat", "ambush",
)  # fmt: skip
"""Beginnings of words that no name may have."""
ACTING = re.compile(r"a-[hsjk]|t-(?!x-)")
"""Types of Cursor on Target that call an object hostile, or that give a task (``t-x``: control of
the protocol and of markers)."""


def faults(said, allowed):
    """What was added without review, and what the list has that is not there any more."""
    for place in sorted(said.keys() | allowed.keys()):
        found, listed = set(said.get(place, [])), set(allowed.get(place, []))
        yield from (f"not reviewed: {place!r}: {name!r}" for name in sorted(found - listed))
        yield from (f"not there: {place!r}: {name!r}" for name in sorted(listed - found))


def words_of(name):
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    return [word for word in re.split(r"[^a-z]+", apart.lower()) if word]


def acting(said):
    """Names that speak of acting on objects."""
    return [
        f"{place}: {name}"
        for place, names in said.items()
        for name in (place, *names)
        if any(word.startswith(FORBIDDEN) for word in words_of(name))
    ]


@pytest.fixture(scope="module")
def said():
    return collected()


@pytest.fixture(scope="module")
def allowed(root):
    path = root / "tests" / "unit" / "outputs_allowed.toml"
    return tomllib.loads(path.read_text("utf-8"))


def test_everything_that_is_said_was_reviewed(said, allowed):
    told = "\n".join(faults(said, allowed))
    assert not told, f"review it, then change tests/unit/outputs_allowed.toml:\n{told}"


def test_no_name_speaks_of_acting_on_objects(said):
    assert acting(said) == []


def test_no_type_of_cursor_on_target_is_hostile_or_a_task(said):
    kinds = said["cursor on target types"]
    assert len(kinds) >= 5
    assert [kind for kind in kinds if ACTING.match(kind)] == []
    assert all(ACTING.match(kind) for kind in ("a-h-A", "a-s-G", "t-k-d", "t-b"))


def test_a_name_that_nobody_reviewed_is_found(said, allowed):
    more = {**said, "tracks.parquet": [*said["tracks.parquet"], "colour"]}
    assert list(faults(more, allowed)) == ["not reviewed: 'tracks.parquet': 'colour'"]
    less = {place: names for place, names in said.items() if place != "receipts.jsonl"}
    assert any(fault.startswith("not there: 'receipts.jsonl'") for fault in faults(less, allowed))


@pytest.mark.parametrize(
    "name",
    ["intercept_lat_deg", "POST /api/v1/engagements", "launchPoint", "aim_deg", "weapons.assigned",
     "004/900 Missile Launch", "--fire", "Effector.kind"],
)  # fmt: skip
def test_a_name_that_speaks_of_acting_is_found(name):
    assert acting({"x": [name]}) == [f"x: {name}"]


@pytest.mark.parametrize("name", ["claim", "reclaimed", "begun_s", "training"])
def test_other_words_are_not_taken_for_such(name):
    assert acting({"x": [name]}) == []


def test_keys_of_evidence_are_found_however_they_are_written(tmp_path):
    (tmp_path / "rule.py").write_text('out = {"one": 1, **{"two": 2}}\nout["three"] = 3\n')

    class Package:
        __path__ = (str(tmp_path),)

    assert sorted(evidence(Package)) == ["one", "three", "two"]


@pytest.mark.parametrize("kind", [*EFFECTORS, "Gun", "fire_control_radar", "sam-battery"])
def test_what_acts_on_objects_is_no_sensor(kind):
    text = f'[[sensor]]\nname = "hill"\nkind = "{kind}"\n'
    with pytest.raises(ConfigError, match="watches and warns") as told:
        union_from_toml(text, "u.toml")
    for word in ("u.toml", "sensor hill", repr(kind), "radar", "leave the entry out"):
        assert word in str(told.value)


def test_other_wrong_kinds_and_files_are_told_as_before():
    for text in ('[[sensor]]\nname = "a"\nkind = "ear"\n', "sensor = 3", "[sensor]\nkind = 1\n"):
        with pytest.raises(ConfigError) as told:
            union_from_toml(text)
        assert "watches and warns" not in str(told.value)
