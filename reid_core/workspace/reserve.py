"""Room that a workspace keeps for the day when the disk is full: to be opened, to write its log, and to delete.

It is a file that nobody reads. What must work then is done in `with_room`, which gives the file back bit by bit until
there is room, and after it the snapshots of indexes, which are only copies. An import or a training gets none of it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from reid_core.errors import DiskFull, is_full

FILE = "space.reserve"
BYTES = 16 * 2**20  # enough to delete a thousand crops at once
_AT_FIRST = 2**18  # that is given back; each time it was too little, twice as much
Result = TypeVar("Result")


def with_room(workspace: Path, work: Callable[[], Result]) -> Result:
    """What `work` returns. Where the disk is full it is called again with more room: it has to do all or nothing.

    Raises DiskFull when the reserve is used up.
    """
    part = _AT_FIRST
    while True:
        try:
            return work()
        except (OSError, DiskFull) as error:
            if not is_full(error):
                raise
            if not _give(workspace, part):
                raise DiskFull(
                    "The disk is full, and the room that the workspace kept for that is used up. Nothing of this step "
                    "was kept; free some space: remove other files from this disk. Then try again."
                ) from error
            part *= 2


def is_short(workspace: Path) -> bool:
    """Whether the reserve is not whole and the disk has no room to make it so. Makes it whole where there is, and
    where there is little room a quarter of that: on a small disk, too, what was imported can be deleted."""
    try:
        left = _size(workspace)
        if left >= BYTES:
            return False
        free = shutil.disk_usage(workspace).free
        wanted = BYTES if free >= 2 * BYTES else min(BYTES, (left + free) // 4)
        if left < wanted:
            _fill(workspace / FILE, wanted)
        return wanted < BYTES
    except OSError as error:  # it cannot be written here, or there is no such room for this user
        return is_full(error)


def was_used(workspace: Path) -> bool:
    """Whether some of the reserve was given; unlike `is_short` it makes nothing whole."""
    return _size(workspace) < BYTES


def _fill(file: Path, size: int) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(handle, 0, size)
        else:  # macOS
            os.write(handle, bytes(size))
    finally:
        os.close(handle)


def _give(workspace: Path, part: int) -> bool:
    """Whether some room was made."""
    file = workspace / FILE
    if left := _size(workspace):
        if left <= part:
            file.unlink(missing_ok=True)
        else:
            os.truncate(file, left - part)
        return True
    for snapshot in (workspace / "indexes").glob("*/index.snapshot"):
        with suppress(FileNotFoundError):
            snapshot.unlink()
            return True
    return False


def _size(workspace: Path) -> int:
    with suppress(FileNotFoundError):
        return (workspace / FILE).stat().st_size
    return 0
