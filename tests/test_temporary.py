"""What a killed process was writing goes; what a living one writes stays; nothing else is touched."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path
from typing import Any

import pytest

from reid_core.files import write_atomically
from reid_core.temporary import is_ours, is_temporary, sweep, temporary_file, temporary_folder

PROCESSES = multiprocessing.get_context("fork")


def write_for_ever(place: Path, folder: bool) -> None:
    if folder:
        with temporary_folder(place) as path:
            (path / "half").write_bytes(b"zelda-quux")
            time.sleep(60)
    with temporary_file(place) as (file, _):
        file.write(b"zelda-quux")
        file.flush()
        time.sleep(60)


def writer(place: Path, folder: bool) -> Any:
    process = PROCESSES.Process(target=write_for_ever, args=(place, folder))
    process.start()
    end = time.monotonic() + 90
    while not any(b"zelda" in f.read_bytes() for f in place.parent.rglob("*") if f.is_file()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return process


@pytest.mark.parametrize("folder", [False, True])
def test_a_living_writer_keeps_what_it_writes_and_a_killed_one_does_not(tmp_path: Path, folder: bool) -> None:
    process = writer(tmp_path / "report.json", folder)
    (path,) = tmp_path.iterdir()
    assert sweep([path], at_once=True) == [path]
    assert path.exists()
    process.kill()
    process.join()
    assert sweep([path]) == []
    assert list(tmp_path.iterdir()) == []


def test_a_temporary_name_tells_nothing_of_what_is_written(tmp_path: Path) -> None:
    with temporary_file(tmp_path / "zelda-quux.json") as (_, path):
        assert is_ours(path.name)
        assert "zelda" not in path.name
        assert path.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_a_name_as_long_as_a_file_system_takes_can_be_written(tmp_path: Path) -> None:
    place = tmp_path / ("n" * 255)
    write_atomically(place, lambda file: file.write(b"whole"))
    assert place.read_bytes() == b"whole"


def test_a_writer_that_a_sweep_saw_too_early_begins_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between making the file and locking it there is a moment in which it looks abandoned."""
    from reid_core import temporary

    real = temporary._lock
    swept: list[Path] = []

    def late(handle: int, *, wait: bool) -> bool:
        if wait and not swept:
            (path,) = tmp_path.iterdir()
            swept.append(path)
            assert sweep([path]) == []
        return real(handle, wait=wait)

    monkeypatch.setattr(temporary, "_lock", late)
    write_atomically(tmp_path / "report.json", lambda file: file.write(b"whole"))
    assert swept
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"whole"]


DEAD = 4_194_305  # one more than Linux' largest number of a process
OLD_NAMES = [f".report.json.{DEAD}", f".stripes.{'0a' * 16}", ".records.parquet.part", "index.snapshot.ab12.partial"]


@pytest.mark.parametrize("name", OLD_NAMES)
def test_what_earlier_versions_left_goes_too(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.mkdir()
    (path / "half").write_bytes(b"zelda-quux")
    os.utime(path, (time.time() - 7200,) * 2)
    assert sweep([path]) == []
    assert not path.exists()


@pytest.mark.parametrize("name", OLD_NAMES[1:])
def test_a_name_without_its_writer_is_given_an_hour_unless_a_deletion_asks(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"half")
    assert sweep([path]) == [path]
    assert sweep([path], at_once=True) == []
    assert not path.exists()


def test_an_earlier_versions_process_that_lives_keeps_what_it_writes(tmp_path: Path) -> None:
    path = tmp_path / f".report.json.{os.getpid()}"
    path.write_bytes(b"half")
    assert sweep([path], at_once=True) == [path]
    os.utime(path, (1_600_000_000,) * 2)  # before this process began: its number was another's then
    assert sweep([path]) == []
    assert not path.exists()


@pytest.mark.parametrize(
    "name",
    [
        "report.json",
        ".gitignore",
        "photo.1234.jpg",
        ".hidden.jpg",
        "notes.2026",
        ".writing-list",
        "catalogue.sqlite-wal",
    ],
)
def test_other_files_are_not_temporary(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"kept")
    assert not is_temporary(name)
    assert sweep([tmp_path / name], at_once=True) == []
    assert (tmp_path / name).read_bytes() == b"kept"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_bytes(b"kept")
    link = tmp_path / f".link.{DEAD}"
    link.symlink_to(tmp_path / "precious")
    assert sweep([link], at_once=True) == []
    assert (tmp_path / "precious" / "file").read_bytes() == b"kept"
