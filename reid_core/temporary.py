"""How a file or folder is named while it is written, and the sweep that removes what a dead process left of one.

A writer holds a lock on what it writes until it is in place or gone, and the system lets go of the lock when the
process dies: what can be locked has no writer. The number of a process would not say as much, for two containers that
share a disk give the same numbers. The name says nothing of what is written, for file names name people.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import psutil

_NAME = re.compile(r"\.writing-[0-9a-f]{32}")
# Names that versions before November 2026 gave, which hold no lock: with the number of the writer, or without.
_WITH_WRITER = re.compile(r"\..+\.(?P<writer>\d{1,10})")
_WITHOUT_WRITER = re.compile(r"\..+\.[0-9a-f]{32}|\..+\.part")
_ABANDONED = 3600.0  # seconds without a write after which a writer without a lock is taken for dead
_CLOCKS = 2.0  # seconds by which two clocks of one machine may differ


@contextmanager
def temporary_file(place: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A new, empty file in the folder of `place`, open for writing: rename it to `place`. It is gone afterwards."""
    while True:
        path = _beside(place)
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666), "w+b") as file:
            if not _claim(file.fileno(), path):
                continue  # a sweep saw it in the moment before it was locked
            try:
                yield file, path
            except BaseException:  # what waits to be written may not fit on the disk either: the first error is told
                with suppress(OSError):
                    file.close()
                raise
            finally:
                path.unlink(missing_ok=True)
            return


@contextmanager
def temporary_folder(place: Path) -> Iterator[Path]:
    """A new, empty folder beside `place`: fill it and rename it to `place`. It is gone afterwards."""
    while True:
        path = _beside(place)
        path.mkdir(parents=True)
        try:
            handle = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue  # as with a file
        try:
            if not _claim(handle, path):
                continue
            try:
                yield path
            finally:
                shutil.rmtree(path, ignore_errors=True)
            return
        finally:
            os.close(handle)


def sweep(found: Iterable[Path], *, at_once: bool = False) -> list[Path]:
    """Remove those of the paths that have a temporary name and no writer; gives those that have one, or stay anyway.

    What is named as earlier versions did, or lies where nothing can be locked, is removed when its writer is dead,
    nothing was written for an hour, or `at_once`.
    """
    return remove_abandoned((path for path in found if is_temporary(path.name)), at_once=at_once)


def remove_abandoned(named: Iterable[Path], *, at_once: bool = False) -> list[Path]:
    """The same of paths that are known to be temporary."""
    return [path for path in named if not path.is_symlink() and not _remove(path, at_once)]  # we make no links


def is_temporary(name: str) -> bool:
    """Never of a name that people may give: those begin with no dot."""
    if not name.startswith("."):  # as nearly every file of a large folder
        return False
    return any(pattern.fullmatch(name) for pattern in (_NAME, _WITH_WRITER, _WITHOUT_WRITER))


def is_ours(name: str) -> bool:
    """Whether nothing but this module gives such a name: a user's own file may be called like the older ones."""
    return _NAME.fullmatch(name) is not None


def has_writer(path: Path) -> bool:
    """Whether somebody holds the lock of a file that is `is_ours`: it is being written now."""
    try:
        handle = _open(path)
    except OSError:
        return False
    try:
        return _lock(handle, wait=False) is False
    finally:
        os.close(handle)


def _remove(path: Path, at_once: bool) -> bool:
    """Whether it is gone. It is removed under its lock, so that no writer can take it for its own meanwhile."""
    try:
        handle = _open(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        locked = _lock(handle, wait=False)
        if locked is False or (not at_once and not (locked and is_ours(path.name)) and _is_being_written(path)):
            return False
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        return not os.path.lexists(path)
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    """To be locked: some file systems, such as NFS, lock only what may be written, and no folders."""
    flags = os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        return os.open(path, os.O_RDWR | flags)
    except (IsADirectoryError, PermissionError):
        return os.open(path, os.O_RDONLY | flags)


def _is_being_written(path: Path) -> bool:
    """Whether a process without a lock may be writing it: one of an earlier version, or one that could lock nothing.

    The number in an older name is no proof that its writer lives: in a container it is another process'.
    """
    try:
        written = max(part.stat().st_mtime for part in (path, *(path.iterdir() if path.is_dir() else ())))
    except OSError:  # something of it, or all, went in this moment
        return os.path.lexists(path)
    if time.time() - written >= _ABANDONED:
        return False
    if (named := _WITH_WRITER.fullmatch(path.name)) is None:
        return True
    with suppress(psutil.Error):  # that process is dead, or the number is another's, which began later
        return psutil.Process(int(named["writer"])).create_time() < written + _CLOCKS
    return False


def _beside(place: Path) -> Path:
    return place.with_name(f".writing-{secrets.token_hex(16)}")


def _claim(handle: int, path: Path) -> bool:
    """Lock what was just made, unless a sweep has removed it."""
    _lock(handle, wait=True)
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _lock(handle: int, *, wait: bool) -> bool | None:
    """False where another process has the lock, None where the file system gives none."""
    import fcntl  # Linux and macOS

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True
