"""A folder of pictures on disk."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path

from reid_core.images import MAX_FILE_BYTES, BadImage, printable, read_regular
from reid_core.records import is_unsafe_path


class FolderSource:
    """A folder on disk. Links that lead out of it are refused; the folder itself may be a link."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._root = os.path.realpath(path)

    def names(self) -> Iterator[str]:
        return (name for name, refusal in self.entries() if refusal is None)

    def entries(self) -> Iterator[tuple[str, str | None]]:
        """Each file's relative POSIX path, and why it is never read, or None. Sorted by path."""
        found: list[tuple[str, str | None]] = []
        folders = [""]
        while folders:
            folder = folders.pop()
            try:
                with os.scandir(os.path.join(self._root, folder)) as listing:
                    inside = list(listing)
            except OSError as error:
                found.append((printable(folder) or ".", f"the folder cannot be opened: {error.strerror or error}"))
                continue
            for entry in inside:
                name = f"{folder}/{entry.name}" if folder else entry.name
                if printable(name) != name:
                    found.append((printable(name), "its name is not valid UTF-8; rename it"))
                elif is_unsafe_path(name):
                    found.append((name, "its name reads like a path that leads out of the folder; rename it"))
                elif entry.is_symlink() and self._leads_outside(name):
                    found.append((name, "it is a link that leads out of the folder"))
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(name)
                else:
                    found.append((name, _why_refused(entry)))
        yield from sorted(found, key=itemgetter(0))

    def read(self, name: str, *, limit: int = MAX_FILE_BYTES) -> bytes:
        if is_unsafe_path(name) or self._leads_outside(name):
            raise BadImage("the path leads out of its folder")
        return read_regular(os.path.join(self._root, name), limit)

    def close(self) -> None:
        pass

    def _leads_outside(self, name: str) -> bool:
        real = os.path.realpath(os.path.join(self._root, name))
        return os.path.commonpath([self._root, real]) != self._root


def _why_refused(entry: os.DirEntry[str]) -> str | None:
    """Why something that is no folder is never read; None for a file and for a link to one."""
    try:
        mode = entry.stat().st_mode
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "it is a link that leads in a circle"
        is_gone = isinstance(error, FileNotFoundError) and entry.is_symlink()
        return "it is a link to nothing" if is_gone else f"it cannot be read: {error.strerror or error}"
    if stat.S_ISREG(mode):
        return None
    if stat.S_ISDIR(mode):
        return "it is a link to a folder, which is read where it lies"
    kinds = {stat.S_ISFIFO: "a named pipe", stat.S_ISSOCK: "a socket"}
    kind = next((words for is_kind, words in kinds.items() if is_kind(mode)), "a device")
    return f"it is {kind}, not a file"
