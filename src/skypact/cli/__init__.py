"""The command line: arguments, and one file per command. Importing it loads nothing heavy."""

import os
import sys
from importlib import import_module

from skypact.cli.allocator import keep_little
from skypact.cli.args import parse
from skypact.errors import ConfigError, MissingExtraError, SkypactError

OK, FAILED, USAGE, MISSING_EXTRA = range(4)
"""Exit codes."""
LASTING = ("run", "demo")
"""Commands that go on for months, or until someone ends them."""


def main(argv: list[str]) -> int:
    """Run one command; returns the exit code and never raises, unless SKYPACT_TRACEBACK is set."""
    try:
        args = parse(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    try:
        if args.command in LASTING:
            keep_little()
        command = import_module(f"skypact.cli.{args.command}")
        return int(command.run(args))
    except KeyboardInterrupt:
        return OK
    except BrokenPipeError:
        # The reader of our output has gone; keep the interpreter from flushing into the void.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:
        if os.environ.get("SKYPACT_TRACEBACK"):
            raise
        return report(error)


def report(error: Exception) -> int:
    """Tell a person what went wrong, on stderr; returns the exit code for it."""
    if isinstance(error, (SkypactError, OSError)):
        text = str(error)
    else:
        kind = type(error).__name__
        text = (
            f"internal error: {kind}: {error}; set SKYPACT_TRACEBACK=1 to see where, and report it"
        )
    sys.stderr.write(f"skypact: {text}\n")
    if isinstance(error, ConfigError):
        return USAGE
    return MISSING_EXTRA if isinstance(error, MissingExtraError) else FAILED


def run() -> None:
    """Entry point of the ``skypact`` script."""
    sys.exit(main(sys.argv[1:]))
