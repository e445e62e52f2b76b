"""The tutorial runs as printed, block by block, in an empty folder."""

import re
import shlex
import subprocess
import sys

import pytest

CLI = "import sys; from skypact.cli import main; sys.exit(main(sys.argv[1:]))"


def commands(language: str, text: str) -> list[list[str]]:
    """Command lines of one block."""
    if language == "python":
        return [[sys.executable, "-c", text]]
    lines = [shlex.split(line) for line in text.strip().splitlines()]
    assert all(words[0] == "skypact" for words in lines)
    return [[sys.executable, "-c", CLI, *words[1:]] for words in lines]


@pytest.mark.parametrize(
    ("page", "made"),
    [
        ("replay", "run/tracks.parquet"),
        ("judge", "picture/tracks.parquet"),
        ("watch", "watched/tuning.json"),
    ],
)
def test_every_block_of_the_tutorial_runs(root, tmp_path, page, made):
    text = (root / "docs" / "tutorial" / f"{page}.md").read_text("utf-8")
    blocks = re.findall(r"```(python|sh)\n(.*?)```", text, re.S)
    assert len(blocks) >= 5
    for language, block in blocks:
        for command in commands(language, block):
            result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
            assert result.returncode == 0, f"{block}\n{result.stderr}"
    assert (tmp_path / made).is_file()
