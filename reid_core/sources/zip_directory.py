"""A zip archive's table of contents, parsed by hand: one bad entry costs that entry, where `zipfile` gives up on all.

PKWARE, APPNOTE.TXT 6.3.10, chapters 4.3 to 4.5. What a header claims is compared with the size of the file before
anything is read, and entries whose bytes overlap (Fifield, "A better zip bomb", WOOT 2019) are refused.
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from reid_core.records import is_unsafe_path
from reid_core.sources.names import name_in_archive

STORED, DEFLATE, BZIP2, LZMA = 0, 8, 12, 14
MAX_DIRECTORY_BYTES = 2**30  # about ten million entries
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_UNIX = 3  # the system that made an entry: its mode says what kind of file it is
_IN_ZIP64 = 0xFFFFFFFF


class NoZip(ValueError):
    """The file is no zip archive, or its end is damaged; the message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in the archive. `packed` and `size` are bytes as stored and as read, `start` is where its header is."""

    name: str
    refusal: str | None
    start: int
    packed: int
    size: int
    method: int
    checksum: int


def read_directory(file: BinaryIO) -> list[Entry]:
    """All entries but folders, in the archive's order. Raises NoZip, and OSError.

    Names have forward slashes, no "./" in front and no empty parts. An entry that could do harm has a refusal; after
    damage in the middle the last entry says so.
    """
    total = file.seek(0, os.SEEK_END)
    start, size, count, shift = _find(file, total)
    if size > MAX_DIRECTORY_BYTES:
        raise NoZip(f"its table of contents has {size / 2**30:.0f} GB")
    file.seek(start)
    directory = file.read(size)
    if count and directory[:4] != b"PK\1\2":
        raise NoZip("its table of contents is not where the end of the archive says")
    return _without_overlaps(list(_entries(directory, count, shift, total)))


def data_start(header: bytes, start: int) -> int | None:
    """Where an entry's data begins, by its own header of 30 bytes; None where that is none."""
    if len(header) != _LOCAL.size or header[:4] != b"PK\3\4":
        return None
    *_, name, extra = _LOCAL.unpack(header)
    return int(start + _LOCAL.size + name + extra)


LOCAL_BYTES = _LOCAL.size


def _find(file: BinaryIO, total: int) -> tuple[int, int, int, int]:
    """Where the directory begins, its bytes, its entries, and how far all offsets are shifted by what lies in front.

    The shift is negative where bytes are missing: the entries behind the gap can still be read.
    """
    tail_start = max(0, total - _END.size - 0xFFFF)
    file.seek(tail_start)
    tail = file.read()
    place = tail.rfind(b"PK\5\6")
    if place < 0 or len(tail) - place < _END.size:
        raise NoZip("it has no end of a zip archive; it is another kind of file, or cut short")
    _, _, _, _, count, size, offset, _ = _END.unpack_from(tail, place)
    end = tail_start + place
    if (wide := _find64(file, end)) is not None:
        end, count, size, offset = wide
    shift = end - size - offset
    if size > end:
        raise NoZip("its end says that its table of contents begins before the file does")
    return end - size, size, count, shift


def _find64(file: BinaryIO, end: int) -> tuple[int, int, int, int] | None:
    """The end of a large archive: where it is, its entries, the directory's bytes and offset; None of another."""
    if end < _LOCATOR.size + _END64.size:
        return None
    file.seek(end - _LOCATOR.size)
    signature, _, place, _ = _LOCATOR.unpack(file.read(_LOCATOR.size))
    if signature != b"PK\6\7":
        return None
    for at in (end - _LOCATOR.size - _END64.size, place):  # the first also where something lies in front of it all
        if at > end - _LOCATOR.size - _END64.size:
            continue
        file.seek(at)
        signature, _, _, _, _, _, _, count, size, offset = _END64.unpack(file.read(_END64.size))
        if signature == b"PK\6\6":
            return at, count, size, offset
    raise NoZip("the end of a large archive is not where it says")


def _entries(directory: bytes, count: int, shift: int, total: int) -> Iterator[Entry]:
    place = number = 0
    while place < len(directory):
        number += 1
        if directory[place : place + 4] != b"PK\1\2" or len(directory) - place < _CENTRAL.size:
            break
        fields = _CENTRAL.unpack_from(directory, place)
        name_end = place + _CENTRAL.size + fields[10]
        extra_end = name_end + fields[11]
        if extra_end > len(directory):
            break
        raw, extra = directory[place + _CENTRAL.size : name_end], directory[name_end:extra_end]
        if (entry := _entry(number, fields, raw, extra, shift, total)) is not None:
            yield entry
        place = extra_end + fields[12]
    if place < len(directory) or number < count:
        why = "the archive's table of contents is damaged; what follows cannot be read"
        yield Entry(f"entry {max(number, 1)} of {count:,}", why, 0, 0, 0, STORED, 0)


def _entry(number: int, fields: tuple, raw: bytes, extra: bytes, shift: int, total: int) -> Entry | None:
    """None for a folder."""
    made_by, flags, method, checksum = fields[1], fields[3], fields[4], fields[7]
    packed, size, start = _wide(extra, fields[8], fields[9], fields[16])
    text = raw.decode("utf-8", "surrogateescape") if flags & 0x800 else raw.decode("cp437")
    text = text.replace("\\", "/")
    if text.endswith("/") and not size and not is_unsafe_path(text):
        return None
    kind = stat.S_IFMT(fields[15] >> 16) if made_by >> 8 == _UNIX else 0
    name, refusal = name_in_archive(text, number)
    if refusal is None:
        refusal = _why_refused(kind, flags, method)
    if refusal is None and (packed < 0 or start + shift < 0 or start + shift + _LOCAL.size + packed > total):
        refusal = "it is cut short: the archive ends before it does"
    return Entry(name, refusal, start + shift, packed, size, method, checksum)


def _why_refused(kind: int, flags: int, method: int) -> str | None:
    if kind not in (0, stat.S_IFREG):
        return "it is a link" if kind == stat.S_IFLNK else "it is not a file"
    if flags & 1:
        return "it is encrypted; make the archive without a password"
    if method not in (STORED, DEFLATE, BZIP2, LZMA):
        return f"it is compressed by method {method}, which cannot be read; use Deflate"
    return None


def _wide(extra: bytes, packed: int, size: int, start: int) -> tuple[int, int, int]:
    """Packed and unpacked size and offset, from the zip64 field where they do not fit; packed is −1 where it lies."""
    if _IN_ZIP64 not in (packed, size, start):
        return packed, size, start
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, place)
        if kind == 1:
            field = extra[place + 4 : place + 4 + length]
            values = iter(struct.unpack_from(f"<{len(field) // 8}Q", field))
            size = next(values, -1) if size == _IN_ZIP64 else size
            packed = next(values, -1) if packed == _IN_ZIP64 else packed
            start = next(values, -1) if start == _IN_ZIP64 else start
            return (packed, size, start) if min(packed, size, start) >= 0 else (-1, 0, 0)
        place += 4 + length
    return -1, 0, 0


def _without_overlaps(entries: list[Entry]) -> list[Entry]:
    """An entry that begins before an earlier one ends is refused: honest archives store every byte once."""
    end = 0
    for place in sorted(range(len(entries)), key=lambda place: entries[place].start):
        entry = entries[place]
        if entry.refusal is not None:
            continue
        if entry.start < end:
            entries[place] = replace(entry, refusal="its bytes are those of another entry too, as in a zip bomb")
        end = max(end, entry.start + _LOCAL.size + entry.packed)
    return entries
