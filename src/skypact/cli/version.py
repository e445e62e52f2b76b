"""``skypact --version``."""

import argparse
import sys

from skypact import __version__


def run(args: argparse.Namespace) -> int:
    """Print the version."""
    sys.stdout.write(f"skypact {__version__}\n")
    return 0
