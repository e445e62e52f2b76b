"""The folder of Parquet files: merging, crashes, full disks, what other readers see."""

import errno
import threading

import numpy as np
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from skypact.errors import StoreError
from skypact.model.store import Area, HistoryQuery
from skypact.record import clustering, hour_files
from skypact.record.hour_files import HourFiles
from skypact.record.judged import read_tracks
from skypact.record.store_parquet import ParquetStore
from skypact.record.store_tables import TRACKS, box_condition
from skypact.record.tables import tracks_from_arrow, tracks_to_arrow
from skypact.testing.contract_store import (
    NONE,
    START_S,
    fill,
    joined,
    keys,
    ordered,
    same,
    some_rows,
)
from skypact.units import DEGREE

ALWAYS = 1e12


def never():
    return False


@pytest.fixture
def files(tmp_path):
    files = HourFiles(tmp_path / "picture", TRACKS)
    files.prepare()
    return files


def batches(files, n, rows=20, first=1):
    made = [some_rows(rows, START_S + i, i) for i in range(n)]
    for i, batch in enumerate(made):
        files.write(first + i, tracks_to_arrow(batch, "north"))
    return made


def names(files):
    return sorted(path.name for path in files._folder.rglob("*.*") if path.is_file())


def read(files):
    rows, _ = tracks_from_arrow(files.read(-np.inf, np.inf))
    return ordered(rows)


def test_an_hour_that_is_over_becomes_one_file_sorted_by_time_and_place(files, monkeypatch):
    monkeypatch.setattr(clustering, "GROUP_ROWS", 16)
    monkeypatch.setattr(clustering, "SLAB_ROWS", 128)
    monkeypatch.setattr(hour_files, "GROUP_ROWS", 16)
    made = batches(files, 40)
    files.merge(ALWAYS, never)
    assert names(files) == ["000000000001-000000000040.parquet"]
    same(read(files), ordered(joined(made)))
    metadata = pq.read_metadata(next(files._folder.rglob("*.parquet")))
    stats = [
        [metadata.row_group(i).column(k).statistics for k in (0, 3)]
        for i in range(metadata.num_row_groups)
    ]
    assert len(stats) == 50
    assert np.mean([s[0].max - s[0].min for s in stats]) < 8.0
    assert np.mean([s[1].max - s[1].min for s in stats]) < 5.0


def test_late_rows_are_sorted_in(files):
    made = [some_rows(9, START_S + t, i) for i, t in enumerate((50.0, 10.0, 11.0, 45.0))]
    for i, batch in enumerate(made):
        files.write(i + 1, tracks_to_arrow(batch, "north"))
    files.merge(ALWAYS, never)
    found = files.read(-np.inf, np.inf)["time_s"].to_numpy()
    assert sorted(found) == sorted(joined(made).time_s)
    assert len(names(files)) == 1


def test_the_running_hour_keeps_few_files(files):
    made = batches(files, 70, rows=2)
    files.merge(START_S + 100.0, never)
    assert len(names(files)) == 1
    batches(files, 3, rows=2, first=71)
    files.merge(START_S + 100.0, never)
    assert len(names(files)) == 4
    assert read(files).time_s.size == 2 * 73
    assert made


def test_a_merge_that_is_stopped_leaves_everything(files):
    made = batches(files, 40)
    files.merge(ALWAYS, lambda: True)
    assert len(names(files)) == 40
    same(read(files), ordered(joined(made)))


def test_after_a_crash_nothing_is_twice_and_no_part_is_left(files):
    made = batches(files, 40)
    copies = {p: p.read_bytes() for p in files._folder.rglob("*.parquet")}
    files.merge(ALWAYS, never)
    for path, content in copies.items():
        path.write_bytes(content)
    part = next(iter(copies)).with_suffix(".part")
    part.write_bytes(b"half")
    again = HourFiles(files._folder, TRACKS)
    assert again.prepare() == 40
    assert names(again) == ["000000000001-000000000040.parquet"]
    same(read(again), ordered(joined(made)))


def test_readers_and_merging_do_not_hinder_each_other(files):
    made = batches(files, 64, rows=3)
    expected = ordered(joined(made)).time_s
    wrong = []

    def look():
        while merging.is_alive():
            found = np.sort(files.read(-np.inf, np.inf)["time_s"].to_numpy())
            if found.tolist() != expected.tolist():
                wrong.append(found)

    merging = threading.Thread(target=files.merge, args=(ALWAYS, never))
    reading = threading.Thread(target=look)
    merging.start()
    reading.start()
    merging.join()
    reading.join()
    assert not wrong


def test_a_damaged_file_is_set_aside_and_told(tmp_path):
    store = ParquetStore(tmp_path)
    fill(store, 3)
    store.close()
    damaged = sorted(tmp_path.rglob("*.parquet"))[1]
    damaged.write_bytes(b"PAR1 no more")
    store = ParquetStore(tmp_path)
    assert store.history(HistoryQuery()).tracks.rows.time_s.size == 20
    assert damaged.name in store.state().error
    assert damaged.with_suffix(".damaged").exists()
    store.close()


def test_a_full_disk_is_told_and_the_batch_comes_later_once(tmp_path, monkeypatch):
    store = ParquetStore(tmp_path)
    fill(store, 2)
    rows = some_rows(5, START_S + 10.0)
    rows.time_s[3:] += 3600.0
    real, calls = hour_files.os.fsync, []

    def full(file):
        calls.append(file)
        if len(calls) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(file)

    with monkeypatch.context() as patched:
        patched.setattr(hour_files.os, "fsync", full)
        with pytest.raises(StoreError, match="No space left"):
            store.write(rows, NONE, "north", START_S + 11.0, 3)
    assert not store.state().is_up
    assert not list(tmp_path.rglob("*.part"))
    store.write(rows, NONE, "north", START_S + 11.0, 3)
    assert store.state().is_up
    assert store.history(HistoryQuery()).tracks.rows.time_s.size == 25
    store.close()


def test_a_store_opened_again_goes_on(tmp_path):
    for run in range(3):
        store = ParquetStore(tmp_path)
        store.write(some_rows(4, START_S + run), NONE, "north", START_S + run, 1)
        assert store.history(HistoryQuery()).tracks.rows.time_s.size == 4 * (run + 1)
        store.close()


def test_one_process_writes_to_a_folder(tmp_path):
    store, other = ParquetStore(tmp_path), ParquetStore(tmp_path)
    store.prepare()
    with pytest.raises(StoreError, match="folder of its own"):
        other.prepare()
    store.close()
    other.prepare()
    other.close()


def test_other_readers_take_the_folder_and_its_files(tmp_path):
    store = ParquetStore(tmp_path)
    fill(store, 3)
    store.write(some_rows(1, START_S + 4.0), np.array([2]), "north", START_S + 5.0, 9)
    assert ds.dataset(tmp_path, format="parquet").to_table().num_rows == 31
    path = min(tmp_path.glob("2026-*/*/*.parquet"))
    assert read_tracks(path, {}).rows.time_s.size == 10
    store.close()


def test_the_condition_of_a_box_lets_row_groups_be_passed_over(files, monkeypatch):
    monkeypatch.setattr(clustering, "GROUP_ROWS", 16)
    monkeypatch.setattr(clustering, "SLAB_ROWS", 256)
    monkeypatch.setattr(hour_files, "GROUP_ROWS", 16)
    batches(files, 40)
    files.merge(ALWAYS, never)
    box = Area(6.0 * DEGREE, 46.0 * DEGREE, 7.0 * DEGREE, 47.0 * DEGREE)
    fragment = next(ds.dataset(next(files._folder.rglob("*.parquet"))).get_fragments())
    left = fragment.split_by_row_group(box_condition(box))
    assert 0 < len(left) < 15 < fragment.num_row_groups


def test_a_background_merge_keeps_pages_whole(tmp_path):
    store = ParquetStore(tmp_path)
    fill(store, 40, 3)
    store.write(some_rows(3, START_S + 7200.0), NONE, "north", START_S + 7200.0, 50)
    assert len(keys(store.history(HistoryQuery()).tracks)) == 123
    store.close()
    store = ParquetStore(tmp_path)
    assert len(keys(store.history(HistoryQuery()).tracks)) == 123
    store.close()
