"""The documentation says what the code does, and the checks of it can fail."""

import importlib.util
import re
import shlex

import pytest

from skypact.cli.args import parser
from skypact.errors import STATUS_TEXT


@pytest.fixture(scope="module")
def generator(root):
    spec = importlib.util.spec_from_file_location("generate", root / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def commands():
    action = next(a for a in parser()._actions if isinstance(a.choices, dict))
    return action.choices


def test_the_generated_pages_are_what_the_code_says(generator, root):
    for name, text in generator.pages().items():
        message = f"docs/{name} is old: run `make docs`"
        assert (root / "docs" / name).read_text("utf-8") == text, message


def test_no_link_of_the_documentation_is_broken(generator, root):
    assert generator.broken_links(root / "docs") == []


def test_a_broken_link_is_found(generator, tmp_path):
    (tmp_path / "page.md").write_text("[here](page.md) [there](nowhere.md) [web](https://x.org)")
    assert generator.broken_links(tmp_path) == ["page.md: nowhere.md"]


def test_every_command_has_its_file_and_ends_its_help_with_examples(commands, root):
    known = {
        "demo", "run", "replay", "record", "decode", "simulate", "evaluate", "token", "doctor",
    }  # fmt: skip
    assert set(commands) == known
    for name, command in commands.items():
        assert (root / "src" / "skypact" / "cli" / f"{name}.py").is_file()
        examples = command.format_help().split("examples:\n")[1].strip().splitlines()
        assert len(examples) == 5
        assert all(line.strip().startswith(f"skypact {name}") for line in examples)


def test_every_example_of_the_help_is_a_command_line_that_parses(commands):
    top = parser()
    for command in commands.values():
        for line in command.format_help().split("examples:\n")[1].strip().splitlines():
            words = shlex.split(re.split(r"[|>]", line)[0])[1:]
            assert top.parse_args(words).command == words[0]


def test_every_status_code_has_a_meaning_and_a_row_in_the_reference(root):
    from skypact import errors

    codes = {v for n, v in vars(errors).items() if n.isupper() and isinstance(v, int)}
    page = (root / "docs" / "reference" / "errors.md").read_text("utf-8")
    assert codes == set(STATUS_TEXT)
    assert all(f"| {code} | " in page for code in codes)


def test_the_glossary_is_in_alphabetical_order(root):
    text = (root / "docs" / "reference" / "glossary.md").read_text("utf-8")
    terms = re.findall(r"^\*\*(.+?)\*\*", text, re.M)
    assert len(terms) >= 20
    assert terms == sorted(terms, key=str.lower)


def test_every_run_time_dependency_is_defended(root):
    project = (root / "pyproject.toml").read_text("utf-8")
    block = re.search(r"\ndependencies = \[(.*?)\n\]", project, re.S)[1]
    note = (root / "design" / "0001-dependencies.md").read_text("utf-8")
    names = re.findall(r'"([a-z-]+)', block)
    assert names
    assert [n for n in names if f"**{n}**" not in note] == []
