"""Checkpoints beside a running unit."""

from pathlib import Path

import numpy as np
import pytest

from skypact.record.checkpoint_file import read_checkpoint
from skypact.runtime import keeping
from skypact.runtime.keeping import Keeper
from skypact.runtime.runs import RUNS, Run, note_run, read_runs


def kept(path: Path) -> list[int]:
    return read_checkpoint(path).arrays["a"].tolist()


def test_a_state_is_copied_before_it_changes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next step writes to the same arrays while the last state is still being packed."""
    path, array = tmp_path / "state", np.arange(3)
    pack, changed = keeping.pack, []

    def late_pack(arrays, about):
        array[:] = 9
        changed.append(True)
        return pack(arrays, about)

    monkeypatch.setattr(keeping, "pack", late_pack)
    keeper = Keeper(path)
    assert keeper.keep({"a": array}, {"what": "run"})
    assert keeper._thread is not None
    keeper._thread.join()
    assert kept(path) == [0, 1, 2]
    keeper.finish({"a": np.zeros(1, np.int64)}, {"what": "run"})
    assert len(changed) == 2
    assert keeper.n_kept == 2
    assert kept(path) == [0]


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "state"
    keeper = Keeper(path)
    keeper.finish({"a": np.arange(2)}, {"what": "run"})
    assert (keeper.n_kept, keeper.n_failed) == (0, 1)
    assert "No such file" in keeper.error
    path.parent.mkdir()
    keeper.finish({"a": np.arange(2)}, {"what": "run"})
    assert (keeper.n_kept, keeper.n_failed, keeper.error) == (1, 1, "")
    path.with_name("state.part").mkdir()  # nothing can be written there
    keeper.finish({"a": np.arange(5)}, {"what": "run"})
    assert keeper.n_failed == 2
    assert kept(path) == [0, 1]


@pytest.mark.parametrize("damage", [b"\xb5\xff", b'{"begun_ns":', b'{"x":' + b"[" * 9_999, b"[]"])
def test_a_damaged_line_of_starts_costs_only_itself(tmp_path: Path, damage: bytes) -> None:
    runs = [Run(begun_ns=n, anew=n == 1, union_sha256="ab") for n in (1, 2)]
    note_run(tmp_path, runs[0])
    with (tmp_path / RUNS).open("ab") as file:
        file.write(damage + b"\n")
    note_run(tmp_path, runs[1])
    assert read_runs(tmp_path) == runs
