"""What a killed process was writing goes; what a living one writes stays; nothing else is touched."""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import resource
import time
from pathlib import Path
from typing import Any

import pytest

from reid_core.errors import ReidError
from reid_core.files import write_atomically
from reid_core.temporary import is_ours, is_temporary, sweep, temporary_file, temporary_folder
from reid_core.workspace.catalogue.rows import check_name

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

    def late(handle: int, *, wait: bool) -> bool | None:
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
OLD_NAMES = [f".report.json.{DEAD}", f".stripes.{'0a' * 16}", ".records.parquet.part"]


@pytest.mark.parametrize("name", OLD_NAMES)
def test_what_earlier_versions_left_goes_too(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.mkdir()
    (path / "half").write_bytes(b"zelda-quux")
    for old in (path / "half", path):
        os.utime(old, (time.time() - 7200,) * 2)
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
    assert sweep([path]) == [path]
    os.utime(path, (1_600_000_000,) * 2)  # before this process began: its number was another's then
    assert sweep([path]) == []
    assert not path.exists()


@pytest.mark.parametrize(("at_once", "age"), [(True, 0), (False, 3700)])
def test_the_number_of_a_process_elsewhere_keeps_nothing_for_ever(tmp_path: Path, at_once: bool, age: float) -> None:
    """As number 1 of a container, which on its host is older than every file."""
    path = tmp_path / ".report.json.1"
    path.write_bytes(b"half")
    os.utime(path, (time.time() - age,) * 2)
    assert sweep([path], at_once=at_once) == []
    assert not path.exists()


@pytest.mark.parametrize(
    "name", ["exp.partial", "a.1234", "x.part", f"index.snapshot.{'0a' * 16}.partial", "é.partial"]
)
def test_no_name_that_people_may_give_is_temporary(name: str) -> None:
    check_name(name, "model")
    assert not is_temporary(name)
    for refused in (f".{name}", ".writing-" + "0" * 32, ".x.12"):
        with pytest.raises(ReidError):
            check_name(refused, "model")


def test_where_nothing_can_be_locked_a_writer_is_known_by_its_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a folder over NFS, of which flock says that it is a bad descriptor."""

    def flock(handle: int, operation: int) -> None:
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(fcntl, "flock", flock)
    with temporary_folder(tmp_path / "stripes") as folder:
        (folder / "card.json").write_bytes(b"half")
        assert sweep([folder]) == [folder]
        os.utime(folder, (time.time() - 3700,) * 2)
        assert sweep([folder]) == [folder], "something in it was just written"
        assert sweep([folder], at_once=True) == []


def test_a_file_is_opened_so_that_it_can_be_locked_where_that_needs_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fcntl.flock

    def flock(handle: int, operation: int) -> None:
        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        real(handle, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    with temporary_file(tmp_path / "report.json") as (_, path):
        assert sweep([path], at_once=True) == [path], "its writer lives"
    left = tmp_path / (".writing-" + "0a" * 16)
    left.write_bytes(b"half")
    assert sweep([left]) == []


def test_a_folder_that_goes_before_it_is_opened_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, made = Path.mkdir, []

    def mkdir(path: Path, *given: object, **named: object) -> None:
        real(path, *given, **named)  # type: ignore[arg-type]
        made.append(path)
        if len(made) == 1:
            assert sweep([path]) == []

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with temporary_folder(tmp_path / "model") as folder:
        assert folder.is_dir()
    assert len(made) == 2


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


def write_more_than_fits(place: Path) -> None:
    with temporary_file(place) as (file, _):
        file.write(bytes(5_000))  # it waits in memory
        raise ReidError("in words")


def test_an_error_while_writing_is_told_and_not_that_the_rest_does_not_fit_either(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))  # as a full disk
    try:
        with pytest.raises(ReidError, match="in words"):
            write_more_than_fits(tmp_path / "film.mp4")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []
