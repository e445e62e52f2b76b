"""``skypact token``: a new token for whoever reads a unit over the network."""

import argparse
import sys

from skypact.cli.console import say
from skypact.serve.access import new_token


def run(args: argparse.Namespace) -> int:
    """Write the line for the file to stdout and the token to stderr: it is nowhere else."""
    token, line = new_token(args.role)
    remark = " ".join(args.name.split())
    sys.stdout.write(f"{line}  # {remark}\n" if remark else f"{line}\n")
    sys.stdout.flush()
    say(f"token, shown only here: {token}")
    return 0
