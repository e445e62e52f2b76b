"""The project tests itself: each rule of the house, and that each rule can fail."""

import ast
import importlib
import re
from pathlib import Path

import pytest

import skypact

MAX_ARGUMENTS = 8
MAX_LINES = 600
MAX_FUNCTION_LINES = 80


def package(root: Path) -> Path:
    return root / "src" / "skypact"


def sources(root: Path) -> list[Path]:
    return sorted(package(root).rglob("*.py"))


# --- checks: each takes text and returns what is wrong -------------------------------------------


def imports_of_root(text: str) -> list[int]:
    """Lines that import public names from the package root (its modules may be)."""
    lines = []
    for node in ast.walk(ast.parse(text)):
        is_plain = isinstance(node, ast.Import) and any(a.name == "skypact" for a in node.names)
        is_from = isinstance(node, ast.ImportFrom) and node.module == "skypact"
        is_from = is_from and any(a.name in skypact.__all__ for a in node.names)
        if is_plain or is_from:
            lines.append(node.lineno)
    return lines


def decorator_names(function: ast.FunctionDef) -> set[str]:
    names = set()
    for decorator in function.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        names.add(target.id if isinstance(target, ast.Name) else getattr(target, "attr", ""))
    return names


def wide_kernels(text: str) -> list[str]:
    """Kernels and helpers with more arguments than allowed."""
    return [
        f"{node.name} has {len(node.args.args)} arguments"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        and decorator_names(node) & {"kernel", "allocating_kernel", "helper", "inlined"}
        and len(node.args.args) > MAX_ARGUMENTS
    ]


def numba_names(text: str) -> list[str]:
    """Words of numba's own decorators."""
    return re.findall(r"\b(?:njit|jit|vectorize|guvectorize|cfunc|stencil|prange)\b", text)


def long_functions(text: str) -> list[str]:
    return [
        f"{node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION_LINES
    ]


def kernel_names(text: str) -> list[str]:
    return [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        and decorator_names(node) & {"kernel", "allocating_kernel"}
    ]


def untwinned(stem: str, naive: Path, tests: str) -> bool:
    """Whether no twin module named after a kernel module is used by the tests' text."""
    return not any(re.search(rf"naive[. ].*\b{p.stem}\b", tests) for p in naive.glob(f"{stem}*.py"))


def is_generated(text: str) -> bool:
    return "generated" in text[:400].lower()


# --- the rules hold -------------------------------------------------------------------------------


def test_public_names_are_sorted_and_load_from_where_they_live():
    assert skypact.__all__ == sorted(skypact.__all__)
    assert set(skypact._HOME) == set(skypact.__all__)
    for name in skypact.__all__:
        home = importlib.import_module(skypact._HOME[name])
        assert getattr(skypact, name) is getattr(home, name)


def test_an_unknown_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = skypact.Nothing


def test_the_version_is_the_one_of_the_package_file(root):
    text = (root / "pyproject.toml").read_text("utf-8")
    assert f'\nversion = "{skypact.__version__}"\n' in text


def test_no_module_imports_from_the_package_root(root):
    wrong = {str(p): imports_of_root(p.read_text("utf-8")) for p in sources(root)}
    assert {path: lines for path, lines in wrong.items() if lines} == {}


def test_compiled_code_takes_at_most_eight_arguments(root):
    found = [w for p in sources(root) for w in wide_kernels(p.read_text("utf-8"))]
    assert found == []


def test_numba_decorators_appear_only_in_the_jit_module(root):
    jit = package(root) / "kernels" / "_jit.py"
    wrong = {str(p): numba_names(p.read_text("utf-8")) for p in sources(root) if p != jit}
    assert {path: names for path, names in wrong.items() if names} == {}


def test_compiled_code_lives_only_in_kernels(root):
    kernels = package(root) / "kernels"
    outside = [p for p in sources(root) if kernels not in p.parents]
    assert [str(p) for p in outside if kernel_names(p.read_text("utf-8"))] == []


def test_files_stay_under_the_hard_limit(root):
    texts = {str(p): p.read_text("utf-8") for p in sources(root)}
    long = {n: t.count("\n") for n, t in texts.items() if t.count("\n") > MAX_LINES}
    assert {n: lines for n, lines in long.items() if not is_generated(texts[n])} == {}


def test_functions_stay_under_the_hard_limit(root):
    wrong = {str(p): long_functions(p.read_text("utf-8")) for p in sources(root)}
    assert {path: names for path, names in wrong.items() if names} == {}


def test_every_kernel_module_has_a_plain_twin_that_a_test_uses(root):
    tests = "\n".join(p.read_text("utf-8") for p in (root / "tests").glob("*/test_*.py"))
    modules = (root / "src" / "skypact" / "kernels").glob("*.py")
    stems = [p.stem for p in modules if kernel_names(p.read_text("utf-8"))]
    twins = {stem: untwinned(stem, root / "tests" / "naive", tests) for stem in stems}
    assert stems
    assert [stem for stem, lacking in twins.items() if lacking] == []


def test_no_machine_path_or_address_is_in_a_lock_file(root):
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (root / name).read_text("utf-8")
        assert re.findall(r"https?://|file:|--index-url|--find-links", text) == [], name
    assert '"resolved"' not in (root / "web" / "package-lock.json").read_text("utf-8")


def test_every_locked_python_package_has_hashes(root):
    for name in ("requirements.lock", "requirements-dev.lock"):
        entries = re.split(r"\n(?=\S)", (root / name).read_text("utf-8").strip())
        assert [e for e in entries if "==" not in e or "--hash=sha256:" not in e] == []


def test_the_development_lock_holds_the_run_time_pins(root):
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^([\w.-]+==[\w.]+)", (root / name).read_text("utf-8"), re.M))

    assert pins("requirements.lock") <= pins("requirements-dev.lock")


# --- and each check can fail ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "wrong", "right"),
    [
        (imports_of_root, "from skypact import Tracker", "from skypact.track import Tracker"),
        (imports_of_root, "import skypact", "import skypact.units"),
        (wide_kernels, "@kernel\ndef f(a,b,c,d,e,f,g,h,i): ...", "@kernel\ndef f(a): ..."),
        (wide_kernels, "@helper\ndef f(a,b,c,d,e,f,g,h,i): ...", "def f(a,b,c,d,e,f,g,h,i): ..."),
        (numba_names, "@njit(cache=True)", "@kernel"),
        (long_functions, "def f():\n" + "    x = 1\n" * 90, "def f():\n    x = 1\n"),
        (kernel_names, "@kernel\ndef f(): ...", "def f(): ..."),
    ],
)
def test_each_source_rule_tells_wrong_from_right(check, wrong, right):
    assert check(wrong)
    assert not check(right)


def test_a_kernel_module_without_a_used_twin_is_found(tmp_path):
    (tmp_path / "kalman.py").write_text("")
    assert not untwinned("kalman", tmp_path, "from tests.naive import kalman")
    assert not untwinned("kalman", tmp_path, "from tests.naive.kalman import predict")
    assert untwinned("kalman", tmp_path, "nothing")
    assert untwinned("imm", tmp_path, "from tests.naive import imm")
