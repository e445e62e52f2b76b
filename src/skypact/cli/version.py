"""``skypact --version``."""

import argparse
import sys
from importlib.metadata import version


def run(args: argparse.Namespace) -> int:
    """Print the version."""
    sys.stdout.write(f"skypact {version('skypact')}\n")
    return 0
