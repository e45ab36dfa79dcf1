"""An index kept in one file, so that opening a gallery of a million crops takes a second and not a rebuild.

A snapshot is a disposable cache of the catalogue: whatever is wrong with it, it is thrown away. It is written beside
its place and put there by one rename, so that a crash leaves the old one, the new one or none. The file is

    body:    the vectors (n, D) float16, then ids, then each column; each section starts at a multiple of 64 bytes
    footer:  JSON: model, dimension, seq, names of the labels, where each section lies, length and CRC-32 of each block
    trailer: length and CRC-32 of the footer, version, magic

all little-endian. The checksums cover every byte, padding too. They are verified by reading, block by block, and the
vectors are then mapped: the system keeps of them in memory what it has room for.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import re
import struct
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import ReidError, why
from reid_core.json_text import read_json
from reid_core.retrieval.exact.columns import CodedColumns
from reid_core.retrieval.exact.segments import BaseSegment, Contents
from reid_core.retrieval.filters import LABELS, NUMBERS
from reid_core.temporary import is_temporary, remove_abandoned, temporary_file

VERSION = 3
NAME = "index.snapshot"
_OLD_PARTIAL = re.compile(r"index\.snapshot\.[0-9a-f]{32}\.partial")  # ours in folders of indexes only
_MAGIC = b"REIDSNAP"
_TRAILER = struct.Struct("<QII8s")  # length and CRC-32 of the footer, version, magic
_BLOCK = 4 << 20  # bytes
_ALIGNMENT = 64
_VERIFIERS = 2
_TYPES: dict[str, np.dtype[Any]] = {
    "vectors": np.dtype("<f2"),
    "ids": np.dtype("<i8"),
    **{name: np.dtype("<i4") for name in LABELS},
    **{name: np.dtype(kind).newbyteorder("<") for name, kind in NUMBERS.items()},
}


class _Invalid(Exception):
    """The file is not a snapshot that can be used."""


def write_snapshot(folder: Path, contents: Contents, seq: int) -> None:
    """Keep what an index holds in `folder`, in place of the snapshot there.

    The index has seen all changes of the catalogue up to `seq`; having seen more is harmless, as changes can be
    applied again. Of several writers the last one wins. Raises ReidError when the file cannot be written; then
    the one that was there still is.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remove_abandoned(partials(folder))
        with temporary_file(folder / NAME) as (file, partial):
            _write(file, contents, seq)
            file.flush()
            os.fsync(file.fileno())
            os.replace(partial, folder / NAME)
        _sync_folder(folder)
    except OSError as error:
        raise ReidError(
            f"The index of {len(contents.ids):,} crops could not be kept in {folder}: {why(error)}. Make room there or "
            "let it be written; searches go on without it."
        ) from error


def read_snapshot(folder: Path, model: str) -> tuple[BaseSegment, int] | None:
    """What an index of `model` kept in `folder` and the `seq` that it has seen.

    None when there is none, or one that is damaged, of another model or another version; that one is removed.
    """
    path = folder / NAME
    try:
        with path.open("rb") as file:
            return _read(file, model)
    except FileNotFoundError:
        return None
    except (_Invalid, ReidError, OSError, ValueError):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        return None


def snapshot_seq(folder: Path) -> int | None:
    """Up to which change the snapshot in `folder` has seen the catalogue; None when there is none to be used."""
    try:
        with (folder / NAME).open("rb") as file:
            return int(_footer(file)["seq"])
    except (_Invalid, OSError, ValueError):
        return None


def remove_snapshots(folder: Path) -> None:
    """Remove every snapshot in `folder`, and those being written: their writers then fail. Other files stay.

    Raises ReidError when a file cannot be removed.
    """
    try:
        remove_partials(folder)
        (folder / NAME).unlink(missing_ok=True)
        if folder.is_dir():
            _sync_folder(folder)
    except OSError as error:
        raise ReidError(
            f"The index kept in {folder} could not be removed: {error.strerror or error}. Remove the folder by hand."
        ) from error


def remove_partials(folder: Path) -> None:
    """Remove what is being written, or was when its process died; a writer that is alive then fails."""
    for partial in partials(folder):
        partial.unlink(missing_ok=True)


def remove_stale(folder: Path, last_deletion: int) -> None:
    """Remove a snapshot that has not seen the last deletion, for it holds what was deleted, and half-written ones."""
    remove_partials(folder)
    seq = snapshot_seq(folder)
    if seq is None or seq < last_deletion:
        (folder / NAME).unlink(missing_ok=True)


def partials(folder: Path) -> list[Path]:
    """Snapshots in the folder that are half written, under the names of earlier versions, too."""
    return [path for path in folder.glob("*") if is_temporary(path.name) or _OLD_PARTIAL.fullmatch(path.name)]


def _sync_folder(folder: Path) -> None:
    """Make a rename or removal in the folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(file: BinaryIO, contents: Contents, seq: int) -> None:
    blocks: list[tuple[int, int]] = []
    sections: dict[str, tuple[int, int]] = {}

    def write(data: memoryview) -> None:
        for start in range(0, len(data), _BLOCK):
            block = data[start : start + _BLOCK]
            file.write(block)
            blocks.append((len(block), zlib.crc32(block)))

    def begin(name: str) -> None:
        write(memoryview(bytes(-file.tell() % _ALIGNMENT)))
        sections[name] = (file.tell(), len(contents.ids))

    begin("vectors")
    for vectors in contents.blocks(max(1, _BLOCK // max(1, 2 * contents.dimension))):
        write(_bytes(vectors, "vectors"))
    for name, array in {"ids": contents.ids, **contents.columns.arrays}.items():
        begin(name)
        write(_bytes(array, name))
    footer = json.dumps(
        {
            "model": contents.model,
            "dimension": contents.dimension,
            "seq": int(seq),
            "names": contents.columns.names,
            "sections": sections,
            "blocks": blocks,
        }
    ).encode()
    file.write(footer)
    file.write(_TRAILER.pack(len(footer), zlib.crc32(footer), VERSION, _MAGIC))


def _bytes(array: NDArray[Any], name: str) -> memoryview:
    return np.ascontiguousarray(array, dtype=_TYPES[name]).reshape(-1).view(np.uint8).data


def _read(file: BinaryIO, model: str) -> tuple[BaseSegment, int]:
    footer = _footer(file)
    if footer["model"] != model or set(footer["sections"]) != set(_TYPES):
        raise _Invalid("another model, or of other columns")
    _verify(file, footer["blocks"])
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def section(name: str) -> NDArray[Any]:
        start, rows = footer["sections"][name]
        numbers = rows * footer["dimension"] if name == "vectors" else rows
        return np.frombuffer(mapped, _TYPES[name], numbers, start)

    vectors = section("vectors").reshape(-1, footer["dimension"])
    arrays = {name: section(name).astype(_TYPES[name].newbyteorder("=")) for name in (*LABELS, *NUMBERS)}
    return BaseSegment(section("ids"), vectors, CodedColumns(arrays, footer["names"])), footer["seq"]


def _footer(file: BinaryIO) -> dict[str, Any]:
    """Once its checksum holds, what it says of the body is what was written."""
    size = file.seek(0, os.SEEK_END)
    if size < _TRAILER.size:
        raise _Invalid("too short")
    file.seek(size - _TRAILER.size)
    length, checksum, version, magic = _TRAILER.unpack(file.read(_TRAILER.size))
    if magic != _MAGIC or version != VERSION or length > size - _TRAILER.size:
        raise _Invalid("another format")
    file.seek(size - _TRAILER.size - length)
    data = file.read(length)
    if zlib.crc32(data) != checksum:
        raise _Invalid("the footer is damaged")
    footer: dict[str, Any] = read_json(data)
    if sum(block for block, _ in footer["blocks"]) != size - _TRAILER.size - length:
        raise _Invalid("the body has another length")
    return footer


def _verify(file: BinaryIO, blocks: list[tuple[int, int]]) -> None:
    """Reads rather than maps: memory is not filled, and a bad sector is an error, not a dead process."""
    remaining, lock = iter(blocks), threading.Lock()
    file.seek(0)

    def all_good(_: int) -> bool:
        while True:
            with lock:
                length, checksum = next(remaining, (0, 0))
                data = file.read(length)
            if not length:
                return True
            if zlib.crc32(data) != checksum or len(data) != length:
                return False

    with ThreadPoolExecutor(_VERIFIERS) as pool:
        if not all(pool.map(all_good, range(_VERIFIERS))):
            raise _Invalid("a block is damaged")
