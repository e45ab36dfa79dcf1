"""Files that a crash or a second process could spoil, or another user read: written whole or not at all, locked while
in use, made for their owner alone."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from reid_core.errors import ReidError
from reid_core.temporary import temporary_file

_FOR_OWNER = 0o077  # what the umask takes from the group and from everybody else
_LOOK_EVERY = 0.05  # seconds between two looks at a lock that is not waited for for ever
_umask_of_user: int | None = None  # as it was before `keep_to_owner`


class Busy(Exception):
    """Somebody else has a lock for longer than was to be waited for."""


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Calls `write` with an open binary file beside `path`, makes it durable, and puts it in place."""
    with temporary_file(path) as (file, temporary):
        write(file)
        file.flush()
        os.fsync(file.fileno())
        temporary.replace(path)


@contextmanager
def only_one_process(lock: Path, what: str) -> Iterator[None]:
    """Holds the lock file while the block runs; the system lets go of it when the process dies.

    Raises ReidError, naming `what`, when another process holds it.
    """
    import fcntl  # Linux and macOS

    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ReidError(f"{what} is in use by another process. Wait for it, or stop it first.") from error
        yield


@contextmanager
def one_at_a_time(lock: Path, seconds: float = math.inf) -> Iterator[None]:
    """Waits until no other process or thread is in such a block with this lock file; the file stays.

    Raises Busy when that takes longer than so many `seconds`.
    """
    import fcntl  # Linux and macOS

    end = time.monotonic() + seconds
    with lock.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if math.isinf(seconds) else fcntl.LOCK_NB))
                break
            except BlockingIOError as error:
                if time.monotonic() >= end:
                    raise Busy from error
                time.sleep(_LOOK_EVERY)
        yield


def keep_to_owner() -> None:
    """From here on, files and folders that this process and its children make are for their owner alone."""
    global _umask_of_user
    before = os.umask(_FOR_OWNER)
    os.umask(before | _FOR_OWNER)
    if before & _FOR_OWNER != _FOR_OWNER:
        _umask_of_user = before


@contextmanager
def by_umask_of_user() -> Iterator[None]:
    """In this block files get the permissions that the user's umask leaves them: what is exported on request.

    The umask is the whole process's, so this is for commands, and not for a server with threads.
    """
    before = os.umask(_FOR_OWNER) if _umask_of_user is None else os.umask(_umask_of_user)
    if _umask_of_user is None:
        os.umask(before)
    try:
        yield
    finally:
        os.umask(before)
