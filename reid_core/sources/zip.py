"""Zip archives of pictures, read in place."""

from __future__ import annotations

import bz2
import lzma
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from reid_core.errors import Damaged, Refused
from reid_core.images import MAX_FILE_BYTES, BadImage, MissingFile, check_size
from reid_core.records import is_unsafe_path
from reid_core.sources.zip_directory import (
    BZIP2,
    DEFLATE,
    LOCAL_BYTES,
    STORED,
    Entry,
    NoZip,
    data_start,
    read_directory,
)

MAX_ARCHIVE_BYTES = 64 * 2**30  # unpacked, by the archive's own word
MAX_COMPRESSION = 200  # photographs do not shrink; 200:1 is a bomb
SMALL = 2**20  # bytes; no bomb, however well it is compressed


class ZipSource:
    """A zip archive, read in place. Entries that could do harm are refused one by one, by name.

    Names have forward slashes, whatever the program that made the archive wrote; of entries with one name the first
    counts. Safe from many threads.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with ExitStack() as opened:
                self._file = opened.enter_context(open(path, "rb"))
                self._entries = read_directory(self._file)
                opened.pop_all()  # it stays open until `close`
        except (NoZip, OSError) as error:
            raise Damaged(f"{path} is not a readable zip archive ({error}). Make the archive again.") from error
        self._by_name = {entry.name: entry for entry in reversed(self._entries)}
        total = sum(entry.size for entry in self._entries if entry.refusal is None)
        if total > MAX_ARCHIVE_BYTES:
            self.close()
            raise Refused(
                f"{path} would unpack to {total / 2**30:.0f} GB, more than {MAX_ARCHIVE_BYTES // 2**30} GB: "
                "it looks like a zip bomb. Divide it, or unpack it and give the folder."
            )

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
        if is_unsafe_path(name):
            raise BadImage("the path leads out of the archive")
        if (entry := self._by_name.get(name)) is None:
            raise MissingFile(f"it is not in {self.path.name}")
        if entry.refusal is not None:
            raise BadImage(entry.refusal)
        check_size(entry.size, limit)
        if entry.size > max(MAX_COMPRESSION * entry.packed, SMALL):
            raise BadImage("it is compressed like a zip bomb")
        if entry.packed > 2 * entry.size + SMALL:
            raise BadImage("it is damaged: it is larger packed than unpacked")
        try:
            data = _unpacked(entry, self._packed(entry))
        except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, struct.error) as error:
            raise BadImage(f"it cannot be unpacked: {error}") from error
        if len(data) != entry.size or zlib.crc32(data) != entry.checksum:
            raise BadImage("it cannot be unpacked: it is damaged or cut short")
        return data

    def close(self) -> None:
        self._file.close()

    def _packed(self, entry: Entry) -> bytes:
        file = self._file.fileno()
        start = data_start(os.pread(file, LOCAL_BYTES, entry.start), entry.start)
        if start is None:
            raise ValueError("its header is damaged")
        return os.pread(file, entry.packed, start)


def _unpacked(entry: Entry, packed: bytes) -> bytes:
    """At most one byte more than the entry says that it has, whatever the packed bytes hold."""
    most = entry.size + 1
    if entry.method == STORED:
        return packed
    if entry.method == DEFLATE:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most)
    if entry.method == BZIP2:
        return bz2.BZ2Decompressor().decompress(packed, most)
    return _lzma_of(packed, most).decompress(packed[9:], most)


def _lzma_of(packed: bytes, most: int) -> lzma.LZMADecompressor:
    """By the properties in front of the data: 2 bytes of version, 2 of length, then 5 of LZMA's own."""
    _, length, settings, window = struct.unpack_from("<HHBL", packed)
    if length != 5 or settings >= 9 * 5 * 5:
        raise ValueError("its LZMA settings are damaged")
    rest, lc = divmod(settings, 9)
    pb, lp = divmod(rest, 5)
    window = max(4096, min(window, most))  # memory; no byte lies further back than there are bytes
    return lzma.LZMADecompressor(
        lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": window, "lc": lc, "lp": lp, "pb": pb}]
    )
