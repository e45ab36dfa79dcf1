"""Zip archives of pictures, read in place."""

from __future__ import annotations

import struct
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

from reid_core.errors import ReidError
from reid_core.images import MAX_FILE_BYTES, BadImage, NotThere, check_size, printable
from reid_core.records import is_unsafe_path

MAX_ARCHIVE_BYTES = 64 * 2**30  # unpacked, by the archive's own word
MAX_COMPRESSION = 200  # photographs do not shrink; 200:1 is a bomb


class ZipSource:
    """A zip archive, read in place. Entries that could do harm are refused one by one, by name.

    Names have forward slashes, whatever the program that made the archive wrote; of entries with one name the first
    counts.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error, IndexError) as error:
            raise ReidError(f"{path} is not a readable zip archive ({error}). Make the archive again.") from error
        self._lock = threading.Lock()
        # The original name: zipfile cuts its own at a NUL, which makes "x.jpg" of "x.jpg\0.exe".
        self._files = [(e.orig_filename.replace("\\", "/"), e) for e in self._zip.infolist() if not e.is_dir()]
        self._by_name = dict(reversed(self._files))
        total = sum(entry.file_size for _, entry in self._files)
        if total > MAX_ARCHIVE_BYTES:
            self._zip.close()
            raise ReidError(
                f"{path} would unpack to {total / 2**30:.0f} GB, more than {MAX_ARCHIVE_BYTES // 2**30} GB: "
                "it looks like a zip bomb. Divide it, or unpack it and give the folder."
            )

    def names(self) -> Iterator[str]:
        return (name for name, refusal in self.entries() if refusal is None)

    def entries(self) -> Iterator[tuple[str, str | None]]:
        """Each file's relative POSIX path, and why it is never read, or None. In the archive's order."""
        for name, entry in self._files:
            if is_unsafe_path(name) or not name:
                yield printable(name), "the path leads out of the archive"
            elif self._by_name[name] is not entry:
                yield name, "the name appears twice in the archive; the first is used"
            else:
                yield name, None

    def read(self, name: str, *, limit: int = MAX_FILE_BYTES) -> bytes:
        if is_unsafe_path(name):
            raise BadImage("the path leads out of the archive")
        if (entry := self._by_name.get(name)) is None:
            raise NotThere(f"it is not in {self.path.name}")
        check_size(entry.file_size, limit)
        if entry.file_size > max(MAX_COMPRESSION * entry.compress_size, 2**20):
            raise BadImage("it is compressed like a zip bomb")
        try:
            with self._lock:
                return self._zip.read(entry)
        except Exception as error:  # zlib.error, lzma.LZMAError, ...: the decompressors share no base class
            raise BadImage(f"it cannot be unpacked: {error}") from error

    def close(self) -> None:
        self._zip.close()
