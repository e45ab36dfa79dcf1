"""Files that a crash or a second process could spoil: written whole or not at all, and locked while in use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from reid_core.errors import ReidError
from reid_core.temporary import temporary_file


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
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Waits until no other process or thread is in such a block with this lock file; the file stays."""
    import fcntl  # Linux and macOS

    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
