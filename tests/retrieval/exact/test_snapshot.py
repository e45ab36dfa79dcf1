"""Snapshots of an index: what comes back, and that nothing damaged, interrupted or foreign ever does."""

from __future__ import annotations

import errno
import os
import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reid_core.errors import ReidError
from reid_core.retrieval.exact import snapshot
from reid_core.retrieval.exact.index import ExactIndex
from reid_core.retrieval.exact.snapshot import read_snapshot, remove_snapshots, write_snapshot
from reid_core.retrieval.filters import Columns, Filter

DIMENSION = 16
SNAPSHOT = "index.snapshot"


def vectors_of(count: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def labels(*values: str | None) -> np.ndarray:
    return np.array(values, dtype=object)


def sample(count: int = 40, seed: int = 0) -> ExactIndex:
    index = ExactIndex("model", DIMENSION)
    numbers = np.arange(count)
    columns = Columns(
        camera=labels(*(["a", "b", None][n % 3] for n in range(count))),
        identity=labels(*(f"p{n // 2}" for n in range(count))),
        split=labels(*["gallery"] * count),
        time=np.where(numbers % 5, numbers / 4, np.nan),
        height=(numbers * 3).astype(np.int32),
        sharpness=np.where(numbers % 4, numbers / 64, np.nan).astype(np.float32),
    )
    index.add(numbers[::-1] + 100, vectors_of(count, seed), columns)
    return index


def opened(folder: Path, model: str = "model") -> tuple[ExactIndex, int]:
    result = read_snapshot(folder, model)
    assert result is not None
    base, seq = result
    return ExactIndex(model, base.vectors.shape[1], base), seq


FILTERS = [
    Filter(),
    Filter(cameras=frozenset({"a"})),
    Filter(exclude_cameras=frozenset({"b"}), identities=frozenset({"p1", "p4", "p7"})),
    Filter(after=2.0, before=6.0),
    Filter(splits=frozenset({"query"})),
    Filter(min_height=60, min_sharpness=0.2, exclude_ids=frozenset({110, 111, 112})),
]


def assert_same(index: ExactIndex, other: ExactIndex) -> None:
    assert len(index) == len(other)
    for where in FILTERS:
        ours, theirs = (each.search(vectors_of(3, seed=9), 50, where) for each in (index, other))
        assert np.array_equal(ours.ids, theirs.ids)
        assert np.array_equal(ours.similarities, theirs.similarities, equal_nan=True)


def test_what_was_kept_comes_back_and_goes_on_changing(tmp_path: Path):
    index = sample()
    write_snapshot(tmp_path, index.contents(), 17)
    again, seq = opened(tmp_path)
    assert (again.model, again.dimension, seq) == ("model", DIMENSION, 17)
    assert_same(index, again)
    crops = np.arange(100, 140)
    assert np.array_equal(again.vectors(crops), index.vectors(crops))
    for each in (index, again):
        each.remove([100, 105])
        each.add(np.array([105, 500]), vectors_of(2, seed=3), Columns.unknown(2))
        each.relabel(
            np.array([101, 500]), Columns(labels("b", "a"), labels("p4", "p4"), labels(None, None), np.ones(2))
        )
    assert_same(index, again)
    write_snapshot(tmp_path, again.contents(), 18)
    last, seq = opened(tmp_path)
    assert_same(index, last)
    assert (seq, last.stats().dead, last.stats().grown) == (18, 0, 0)


def test_an_empty_index_comes_back_empty(tmp_path: Path):
    write_snapshot(tmp_path / "new" / "folder", ExactIndex("model", 8).contents(), 0)
    index, seq = opened(tmp_path / "new" / "folder")
    assert (len(index), index.dimension, seq) == (0, 8, 0)
    index.add(np.arange(2), np.eye(8, dtype=np.float32)[:2], Columns.unknown(2))
    assert index.search(np.eye(8, dtype=np.float32)[:1], 1).ids.tolist() == [[0]]


def test_labels_of_any_script_come_back_and_unused_ones_are_not_kept(tmp_path: Path):
    index = ExactIndex("model", DIMENSION)
    names = labels("gate", 'quote " and\nline', "köln 東京 \ud800", None)
    index.add(np.arange(4), vectors_of(4), Columns(names, names, names, np.zeros(4)))
    index.remove([0])
    write_snapshot(tmp_path, index.contents(), 1)
    assert b"gate" not in (tmp_path / SNAPSHOT).read_bytes()
    again, _ = opened(tmp_path)
    for crop in (1, 2):
        where = Filter(identities=frozenset({names[crop]}))
        assert again.search(vectors_of(1), 4, where).ids[0].tolist() == [crop, -1, -1, -1]


def test_a_removed_crops_vector_is_not_in_the_file(tmp_path: Path):
    index = sample()
    code = index.vectors(np.array([120])).astype("<f2").tobytes()
    write_snapshot(tmp_path, index.contents(), 1)
    assert code in (tmp_path / SNAPSHOT).read_bytes()
    index, _ = opened(tmp_path)
    index.remove([120])
    write_snapshot(tmp_path, index.contents(), 2)
    assert code not in (tmp_path / SNAPSHOT).read_bytes()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshot, "_BLOCK", 512)
        write_snapshot(folder, sample().contents(), 17)
    assert_same(sample(), opened(folder)[0])  # of many blocks
    return (folder / SNAPSHOT).read_bytes()


def assert_refused(folder: Path, data: bytes) -> None:
    folder.mkdir(exist_ok=True)
    (folder / SNAPSHOT).write_bytes(data)
    assert read_snapshot(folder, "model") is None
    assert list(folder.iterdir()) == []


def test_a_flipped_bit_anywhere_is_noticed(tmp_path: Path, kept: bytes):
    for place in range(len(kept)):
        damaged = bytearray(kept)
        damaged[place] ^= 1 << (place % 8)
        assert_refused(tmp_path, bytes(damaged))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_of_any_kind_is_noticed(tmp_path: Path, kept: bytes, data: st.DataObject):
    start = data.draw(st.integers(0, len(kept) - 1))
    stop = data.draw(st.integers(start + 1, len(kept)))
    written = data.draw(st.binary(max_size=64))
    damaged = kept[:start] + written + kept[stop:]
    if damaged != kept:
        assert_refused(tmp_path / "damaged", damaged)


def test_a_file_that_ends_elsewhere_is_noticed(tmp_path: Path, kept: bytes):
    for damaged in [kept[:length] for length in (*range(0, len(kept), 7), -1)] + [kept + b"\0"]:
        assert_refused(tmp_path, damaged)


@pytest.mark.parametrize(("model", "version"), [("other", snapshot.VERSION), ("model", snapshot.VERSION + 1)])
def test_another_models_or_versions_snapshot_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, version: int
):
    write_snapshot(tmp_path, sample().contents(), 1)
    monkeypatch.setattr(snapshot, "VERSION", version)
    assert read_snapshot(tmp_path, model) is None
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_there_is_none_and_a_folder_that_cannot_be_is_named(tmp_path: Path):
    assert read_snapshot(tmp_path, "model") is None
    assert read_snapshot(tmp_path / "nowhere", "model") is None
    (tmp_path / SNAPSHOT).mkdir()
    assert read_snapshot(tmp_path, "model") is None
    with pytest.raises(ReidError, match=r"40 crops could not be kept in .*snapshot"):
        write_snapshot(tmp_path / SNAPSHOT / "x" / ("long" * 99), sample().contents(), 1)


def test_the_mapped_vectors_and_ids_cannot_be_written_to(tmp_path: Path):
    write_snapshot(tmp_path, sample().contents(), 1)
    index, _ = opened(tmp_path)
    for array in (index._base.vectors, index._base.ids):
        assert not array.flags.writeable
        with pytest.raises(ValueError, match="read-only|WRITEABLE"):
            array.flags.writeable = True
    before = (tmp_path / SNAPSHOT).read_bytes()
    index.relabel(np.arange(100, 140), Columns.unknown(40))
    assert (tmp_path / SNAPSHOT).read_bytes() == before


class Killed(BaseException):
    """Stands for the process dying at that moment."""


@pytest.mark.parametrize("step", ["write", "fsync", "replace", "folder"])
@pytest.mark.parametrize("how", [Killed(), OSError(errno.ENOSPC, "No space left on device"), OSError(errno.EIO, "I/O")])
def test_a_write_that_stops_at_any_step_leaves_the_old_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, how: BaseException
):
    write_snapshot(tmp_path, sample().contents(), 1)

    def fail(*_: Any) -> None:
        raise how

    if step == "write":
        real, calls = snapshot._bytes, iter(range(100))
        monkeypatch.setattr(snapshot, "_bytes", lambda *given: fail() if next(calls) == 2 else real(*given))
    else:
        monkeypatch.setattr(*((snapshot, "_sync_folder") if step == "folder" else (os, step)), fail)
    reason = "disk is full" if isinstance(how, OSError) and how.errno == errno.ENOSPC else "I/O"
    with pytest.raises(ReidError, match=reason) if isinstance(how, OSError) else pytest.raises(Killed):
        write_snapshot(tmp_path, sample(50, seed=1).contents(), 2)
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == [SNAPSHOT]
    expected = (sample(50, seed=1), 2) if step == "folder" else (sample(), 1)
    assert opened(tmp_path)[1] == expected[1]
    assert_same(opened(tmp_path)[0], expected[0])


def test_what_a_killed_writer_left_is_not_believed_and_goes_in_time(tmp_path: Path):
    write_snapshot(tmp_path, sample().contents(), 1)
    left, fresh = (tmp_path / f"{SNAPSHOT}.{digit * 32}.partial" for digit in "ab")
    shutil.copy(tmp_path / SNAPSHOT, fresh)
    (tmp_path / SNAPSHOT).rename(left)
    os.utime(left, (time.time() - 7200,) * 2)
    assert read_snapshot(tmp_path, "model") is None
    write_snapshot(tmp_path, sample().contents(), 2)
    assert not left.exists()
    assert fresh.exists()


def test_removing_takes_snapshots_and_those_being_written_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    remove_snapshots(tmp_path / "nowhere")
    write_snapshot(tmp_path, sample().contents(), 1)
    (tmp_path / "notes.txt").write_text("kept")
    real = snapshot._bytes

    def removed_meanwhile(*given: Any) -> memoryview:
        remove_snapshots(tmp_path)
        return real(*given)

    monkeypatch.setattr(snapshot, "_bytes", removed_meanwhile)
    with pytest.raises(ReidError, match="could not be kept"):
        write_snapshot(tmp_path, sample().contents(), 2)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_an_open_index_outlives_its_file(tmp_path: Path):
    write_snapshot(tmp_path, sample().contents(), 1)
    index, _ = opened(tmp_path)
    write_snapshot(tmp_path, sample(60, seed=1).contents(), 2)
    remove_snapshots(tmp_path)
    assert_same(index, sample())
    assert list(tmp_path.iterdir()) == []


def write_often(folder: Path, seq: int) -> int:
    for _ in range(15):
        write_snapshot(folder, sample(30 + seq, seed=seq).contents(), seq)
        result = read_snapshot(folder, "model")
        assert result is not None
        assert len(result[0]) == 30 + result[1]
    return seq


def test_of_two_processes_that_write_at_once_the_last_wins_and_neither_breaks(tmp_path: Path):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        running = [pool.submit(write_often, tmp_path, seq) for seq in (1, 2)]
        assert [future.result() for future in running] == [1, 2]
    index, seq = opened(tmp_path)
    assert_same(index, sample(30 + seq, seed=seq))
    assert [path.name for path in tmp_path.iterdir()] == [SNAPSHOT]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's account of memory")
def test_opening_does_not_read_the_vectors_into_memory(tmp_path: Path):
    rows, dimension = 60_000, 512  # 61 MB of vectors
    index = ExactIndex("model", dimension)
    vectors = np.ones((rows, dimension), dtype=np.float16)
    index.add(np.arange(rows), vectors, Columns.unknown(rows))
    write_snapshot(tmp_path, index.contents(), 1)

    def resident() -> int:
        return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) << 10

    before = resident()
    again, _ = opened(tmp_path)
    assert resident() - before < vectors.nbytes / 2
    assert len(again) == rows
