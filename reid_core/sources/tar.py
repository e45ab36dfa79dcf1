"""Plain tar archives, read in place: one archive, or a folder of shards as WebDataset writes them.

The format is POSIX.1-1988 (ustar) with the long names and sizes of GNU tar and of POSIX.1-2001 (pax). Only headers are
parsed, by hand: what a hostile header claims is compared with the size of the file before anything is read.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from reid_core.errors import Damaged, ReidError
from reid_core.images import MAX_FILE_BYTES, BadImage, MissingFile, check_size, is_hidden, is_image_name
from reid_core.records import is_unsafe_path
from reid_core.sources.folder import FolderSource
from reid_core.sources.names import name_in_archive

BLOCK = 512
MAX_NAME_BYTES = 2**20  # of a header that only holds a long name or other attributes
_COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tar.lz4")
_NAMES_OF_THE_NEXT = (b"L", b"x")  # GNU's long name, pax attributes
_ABOUT_OTHERS = (*_NAMES_OF_THE_NEXT, b"K", b"g")  # GNU's long name of a link, pax attributes of the whole archive
_WITHOUT_DATA = (b"1", b"2", b"3", b"4", b"5", b"6")  # links, devices, folders, pipes
_FILE = (b"0", b"\0", b"7")


def is_compressed_tar(name: str) -> bool:
    return name.lower().endswith(_COMPRESSED)


def is_shard_folder(path: Path) -> bool:
    """Whether a folder holds tar archives and, hidden names apart, neither pictures nor folders."""
    found = False
    try:
        with os.scandir(path) as listing:
            for entry in listing:
                if entry.name.startswith("."):
                    continue
                if is_image_name(entry.name) or entry.is_dir():
                    return False
                found = found or entry.name.lower().endswith(".tar")
    except OSError:
        return False
    return found


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    start: int  # byte in the archive
    size: int  # bytes
    refusal: str | None


class TarSource:
    """A plain tar archive. Its index is made once; entries that could do harm are refused one by one, by name.

    Names have forward slashes and no "./" in front; of entries with one name the first counts.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with open(path, "rb") as file:
                self._version = _version(file)
                self._entries = list(_index(file, path))
        except OSError as error:
            raise ReidError(f"{path} cannot be opened ({error.strerror or error}).") from error
        self._by_name = {entry.name: entry for entry in reversed(self._entries)}

    def names(self) -> Iterator[str]:
        return (name for name, refusal in self.entries() if refusal is None)

    def entries(self) -> Iterator[tuple[str, str | None]]:
        """Each file's relative POSIX path, and why it is never read, or None. In the archive's order."""
        for entry in self._entries:
            if entry.refusal is None and self._by_name[entry.name] is not entry:
                yield entry.name, "the name appears twice in the archive; the first is used"
            else:
                yield entry.name, entry.refusal

    def read(self, name: str, *, limit: int = MAX_FILE_BYTES) -> bytes:
        if (entry := self._by_name.get(name)) is None:
            if is_unsafe_path(name):
                raise BadImage("the path leads out of the archive")
            raise MissingFile(f"it is not in {self.path.name}")
        if entry.refusal is not None:
            raise BadImage(entry.refusal)
        check_size(entry.size, limit)
        try:
            # Opened for each read: thousands of shards would use up the handles that a process may hold.
            with open(self.path, "rb") as file:
                if _version(file) != self._version:
                    raise BadImage(f"{self.path.name} was changed while it was read; try again")
                file.seek(entry.start)
                data = file.read(entry.size)
        except OSError as error:
            raise BadImage(f"it cannot be read: {error.strerror or error}") from error
        if len(data) != entry.size:
            raise BadImage("it is cut short")
        return data

    def close(self) -> None:
        pass


class ShardSource:
    """A folder of tar archives: "shard-0001.tar/000123.jpg". Other files in it are read as from any folder.

    An archive that cannot be read is refused by name, like an entry.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._folder = FolderSource(path)
        self._files = dict(self._folder.entries())
        self._shards: dict[str, TarSource | ReidError] = {}
        self._lock = threading.Lock()

    def names(self) -> Iterator[str]:
        return (name for name, refusal in self.entries() if refusal is None)

    def entries(self) -> Iterator[tuple[str, str | None]]:
        """Each file's relative POSIX path, and why it is never read, or None. Sorted by archive, then as in it."""
        for name, refusal in self._files.items():
            if refusal is not None or not _is_shard(name):
                yield name, refusal
            elif isinstance(shard := self._open(name), ReidError):
                yield name, f"it cannot be read: {shard}"
            else:
                for inside, reason in shard.entries():
                    yield f"{name}/{inside}", reason

    def read(self, name: str, *, limit: int = MAX_FILE_BYTES) -> bytes:
        shard, _, inside = name.partition("/")
        if not inside or not _is_shard(shard):
            return self._folder.read(name, limit=limit)
        if isinstance(opened := self._open(shard), ReidError):
            raise BadImage(str(opened)) from opened
        return opened.read(inside, limit=limit)

    def close(self) -> None:
        pass

    def _open(self, name: str) -> TarSource | ReidError:
        with self._lock:
            if name not in self._shards:
                try:
                    if self._files.get(name, "") is not None:
                        raise ReidError(f"there is no archive {name}")
                    self._shards[name] = TarSource(self.path / name)
                except ReidError as error:
                    self._shards[name] = error
            return self._shards[name]


def _is_shard(name: str) -> bool:
    return name.lower().endswith(".tar") and "/" not in name and not is_hidden(name)


def _version(file: BinaryIO) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def _index(file: BinaryIO, path: Path) -> Iterator[_Entry]:
    """All entries but folders. A damaged header ends the archive; the last entry then says so."""
    total = os.fstat(file.fileno()).st_size
    place = number = 0
    told: dict[str, str] = {}  # what the headers before an entry say of it
    while place < total and len(header := _read_at(file, place, BLOCK)) == BLOCK and any(header):
        size = _number(header[124:136])
        if size is None or not _has_checksum(header):
            if place == 0:
                raise Damaged(f"{path} is not a plain tar archive. Make the archive again, without compression.")
            yield _Entry(path.name, place, 0, f"the archive is damaged at byte {place}; what follows cannot be read")
            return
        kind, start = header[156:157], place + BLOCK
        if kind in _ABOUT_OTHERS:
            if kind in _NAMES_OF_THE_NEXT:
                told |= _attributes(_read_at(file, start, min(size, MAX_NAME_BYTES)), kind)
        else:
            if told.get("size", "").isdecimal() and len(told["size"]) < 20:  # of files over 8 GB
                size = int(told["size"])
            size = 0 if kind in _WITHOUT_DATA else size
            start = _after_sparse_map(file, header, start) if kind == b"S" else start
            name = told.get("path") or _ustar_name(header)
            if kind != b"5" and (size or not name.endswith("/")):
                number += 1
                yield _entry(name, number, _why_refused(kind, told, start + size > total), start, size)
            told = {}
        place = start + -(-size // BLOCK) * BLOCK
    if place == 0:
        raise ReidError(f"{path} is an empty tar archive, or none. Make the archive again.")


def _entry(name: str, number: int, refusal: str | None, start: int, size: int) -> _Entry:
    name, unusable = name_in_archive(name.replace("\\", "/"), number)
    return _Entry(name, start, size, unusable or refusal)


def _why_refused(kind: bytes, told: dict[str, str], is_cut: bool) -> str | None:
    if kind == b"S" or any(key.startswith("GNU.sparse") for key in told):
        return "it is a sparse file"
    if kind not in _FILE:
        return "it is a link" if kind in (b"1", b"2") else "it is not a file"
    return "it is cut short: the archive ends before it does" if is_cut else None


def _after_sparse_map(file: BinaryIO, header: bytes, start: int) -> int:
    """Where the data of GNU's sparse file begins: behind blocks that say where its holes are."""
    more = header[482:483]
    while more not in (b"", b"\0"):
        more = _read_at(file, start, BLOCK)[504:505]
        start += BLOCK
    return start


def _read_at(file: BinaryIO, place: int, size: int) -> bytes:
    file.seek(place)
    return file.read(size)


def _number(field: bytes) -> int | None:
    """Octal digits, or GNU's base 256 with the first bit set; None for anything else, and for negative numbers."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    return int(digits or b"0", 8) if all(digit in b"01234567" for digit in digits) else None


def _has_checksum(header: bytes) -> bool:
    blanked = header[:148] + b" " * 8 + header[156:]
    told, unsigned = _number(header[148:156]), sum(blanked)
    # Some old programs counted bytes as signed: each above 127 is 256 less.
    return told == unsigned or told == unsigned - 256 * sum(byte > 127 for byte in blanked)


def _ustar_name(header: bytes) -> str:
    prefix = header[345:500] if header[257:263] == b"ustar\0" else b""
    parts = [part.partition(b"\0")[0] for part in (prefix, header[:100])]
    return b"/".join(part for part in parts if part).decode("utf-8", "surrogateescape")


def _attributes(data: bytes, kind: bytes) -> dict[str, str]:
    """What a long name or a pax header says: lines of "length key=value", where length counts the whole line."""
    if kind == b"L":
        return {"path": data.rstrip(b"\0").decode("utf-8", "surrogateescape")}
    found: dict[str, str] = {}
    place = 0
    while place < len(data):
        length, _, _ = data[place : place + 20].partition(b" ")
        if not length.isdigit() or not len(length) < int(length) <= len(data) - place:
            break
        key, _, value = data[place + len(length) + 1 : place + int(length) - 1].partition(b"=")
        found[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
        place += int(length)
    return found
