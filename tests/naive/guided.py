"""Fuzzing that follows the branches of the plain code: ``python -m tests.naive.guided``.

``NUMBA_BOUNDSCHECK=1 python -m tests.naive.guided TARGET SECONDS [SEED] [--keep]``: an input that
takes a branch which no other took is kept, and others are made of it (libFuzzer, by atheris,
``pip install .[fuzz]``). Every input goes through the check of its target (`fuzz_targets`). One
that fails, or takes over ten seconds, is printed in hexadecimal and ends the run with status 1.
With ``--keep`` few inputs that do all that was done go to tests/property/fuzzed.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType

from tests.naive.fuzz_targets import TARGETS, Target

CORPORA = Path(__file__).parent.parent / "property" / "fuzzed"
"""One file a target; one input a line, hexadecimal."""
LONGEST = 2048
"""Octets of an input."""
PATIENCE_S = 10
Line = tuple[CodeType, int]
Step = tuple[CodeType, int, int]
"""From one line to the next one that is run."""


def corpus_of(name: str) -> list[bytes]:
    """Inputs that are kept of a target."""
    path = CORPORA / f"{name}.txt"
    if not path.exists():
        return []
    return [bytes.fromhex(line) for line in path.read_text("ascii").splitlines()]


def functions_of(module: ModuleType | FunctionType) -> Iterator[FunctionType]:
    """Functions and methods that a module defines; a function itself."""
    if isinstance(module, FunctionType):
        yield module
        return
    for value in vars(module).values():
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            yield value
        elif isinstance(value, type) and value.__module__ == module.__name__:
            for member in vars(value).values():
                inner = getattr(member, "fget", None) or getattr(member, "__func__", member)
                is_own = isinstance(inner, FunctionType)
                if is_own and inner.__code__.co_filename == module.__file__:
                    yield inner


def lines_of(code: CodeType) -> set[Line]:
    """All lines of a function and of those within it."""
    own = {(code, line) for *_, line in code.co_lines() if line and line != code.co_firstlineno}
    inner = (lines_of(c) for c in code.co_consts if isinstance(c, CodeType))
    return own.union(*inner)


def steps_of(target: Target, data: bytes, codes: set[CodeType]) -> set[Step]:
    """What an input does in the followed code."""
    found: set[Step] = set()
    before: dict[FrameType, int] = {}

    def at_line(frame: FrameType, event: str, _: object):
        if event == "line":
            found.add((frame.f_code, before.get(frame, 0), frame.f_lineno))
            before[frame] = frame.f_lineno
        elif event == "return":
            before.pop(frame, None)
        return at_line

    def at_call(frame: FrameType, *_: object):
        return at_line if frame.f_code in codes else None

    tracer = sys.gettrace()
    sys.settrace(at_call)
    try:
        target.check(data)
    finally:
        sys.settrace(tracer)
    return found


def smallest(target: Target, inputs: list[bytes]) -> tuple[list[bytes], int, int]:
    """Few short inputs that do all that any does; how many lines they reach, and of how many."""
    functions = [f for module in target.followed for f in functions_of(module)]
    every = set().union(*(lines_of(f.__code__) for f in functions))
    codes = {code for code, _ in every}
    steps = {data: steps_of(target, data, codes) for data in sorted(set(inputs), key=len)}
    missing = set().union(*steps.values())
    n_lines, kept = len({(code, line) for code, _, line in missing} & every), []
    while missing:
        best = max(steps, key=lambda data: len(steps[data] & missing) / (len(data) + 64))
        kept.append(best)
        missing -= steps[best]
    return sorted(kept, key=lambda data: (len(data), data)), n_lines, len(every)


def follow(name: str, folder: str, seconds: int, seed: int) -> None:
    """Fuzz until the time is over; this process ends."""
    import atheris

    target = TARGETS[name]
    for data in target.seeds()[:3]:  # what is compiled or made once takes its time here
        target.check(data)
    for module in target.followed:
        for function in functions_of(module):
            atheris.instrument_func(function)
    options = {
        "max_total_time": seconds, "seed": seed, "max_len": LONGEST, "timeout": PATIENCE_S,
        "artifact_prefix": f"{folder}.failed-", "print_final_stats": 1, "verbosity": 1,
        "len_control": 20, "rss_limit_mb": 3000,
    }  # fmt: skip
    words = [f"-{option}={value}" for option, value in options.items()]
    atheris.Setup([name, *words, folder], target.check)
    atheris.Fuzz()


def main(words: list[str]) -> int:
    """Run a child that follows, then look at what it kept."""
    keep = "--keep" in words
    name, seconds, *seed = [word for word in words if word != "--keep"]
    target = TARGETS[name]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "inputs"
        folder.mkdir()
        inputs = [*target.seeds(), *corpus_of(name)]
        for i, data in enumerate(inputs):
            folder.joinpath(f"seed{i}").write_bytes(data)
        code = "import sys; from tests.naive import guided as g; a = sys.argv[1:];"
        code += "g.follow(a[0], a[1], int(a[2]), int(a[3]))"
        command = [sys.executable, "-c", code, name, str(folder), seconds, *(seed or ["1"])]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        failed = [path.read_bytes() for path in Path(scratch).glob("inputs.failed-*")]
        if failed or done.returncode:
            print(done.stdout[-6000:], *(data.hex() for data in failed), sep="\n")
            return 1
        n_runs, n_new = (
            int(re.search(rf"{figure}: +(\d+)", done.stdout)[1])
            for figure in ("number_of_executed_units", "new_units_added")
        )
        kept = [path.read_bytes() for path in folder.iterdir()]
        least, n_lines, n_all = smallest(target, kept)
    if keep:
        CORPORA.mkdir(exist_ok=True)
        text = "".join(f"{data.hex()}\n" for data in least)
        CORPORA.joinpath(f"{name}.txt").write_text(text, "ascii")
    print(
        f"{name}: {n_runs:,} inputs in {seconds} s, {n_new:,} took new branches; lines reached"
        f" {n_lines} of {n_all}, by {len(least)} inputs of {sum(map(len, least)):,} octets"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
