"""``python -m skypact`` is the ``skypact`` command."""

from skypact.cli import run

if __name__ == "__main__":
    run()
