"""Small tables in MATLAB 5 files: whole numbers, and cells of text.

The MathWorks, "MAT-File Format", level 5: a header of 128 bytes, then elements of a type, a length and data, where type
15 is another element, deflated. Only vectors of numbers and of texts are read here, by hand, with a limit on all that
is unpacked: general readers follow cells in cells as deep as a hostile file says.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np

MAX_UNPACKED_BYTES = 64 * 2**20
_COMPRESSED, _MATRIX = 15, 14
_CELL, _CHARACTERS = 1, 4
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8", 16: "u1"}
_NUMBERS |= {17: "u2", 18: "u4"}  # UTF-8, UTF-16, UTF-32


def read_mat5(data: bytes) -> dict[str, list[int] | list[str]]:
    """Name -> values, column by column, of the variables that are vectors of whole numbers or cells of text.

    Raises ValueError, with the reason, when the file is damaged or unpacks to too much.
    """
    try:
        return _read(data)
    except (zlib.error, struct.error, OverflowError) as error:
        raise ValueError(f"it is damaged: {error}") from error


def _read(data: bytes) -> dict[str, list[int] | list[str]]:
    if data[124:128] not in (b"\x00\x01IM", b"\x01\x00MI"):
        raise ValueError("it is not a MATLAB 5 file")
    order = "<" if data[126:128] == b"IM" else ">"
    found: dict[str, list[int] | list[str]] = {}
    left = MAX_UNPACKED_BYTES
    for kind, content in _elements(data[128:], order):
        if kind == _COMPRESSED:
            unpacked = zlib.decompressobj().decompress(content, left)
            left -= len(unpacked)
            if left <= 0:
                raise ValueError(f"it unpacks to more than {MAX_UNPACKED_BYTES // 2**20} MB")
            kind, content = next(_elements(unpacked, order), (0, b""))
        if kind == _MATRIX:
            name, values = _read_variable(content, order)
            if values is not None:
                found[name] = values
    return found


def _read_variable(content: bytes, order: str) -> tuple[str, list[int] | list[str] | None]:
    """The name of a matrix and its values, None where it is of another kind."""
    parts = _elements(content, order)
    kind, name = _read_heading(parts, order)
    if kind == _CELL:
        texts = [_read_text(inner, order) for place, inner in parts if place == _MATRIX]
        return name, texts
    if kind == _CHARACTERS or kind < 6:
        return name, None
    numbers = _values(*next(parts, (0, b"")), order).astype(np.float64)
    if not np.isfinite(numbers).all() or not np.array_equal(numbers, np.rint(numbers)):
        return name, None
    return name, [int(number) for number in numbers]


def _read_text(content: bytes, order: str) -> str:
    parts = _elements(content, order)
    kind, _ = _read_heading(parts, order)
    if kind != _CHARACTERS:
        raise ValueError("a cell holds something that is no text")
    return "".join(chr(code) for code in _values(*next(parts, (2, b"")), order).tolist())


def _read_heading(parts: Iterator[tuple[int, bytes]], order: str) -> tuple[int, str]:
    """Class and name of a matrix; its dimensions are not needed, because all data is read as one column."""
    (_, flags), _, (_, name) = (next(parts, (0, b"")) for _ in range(3))
    if len(flags) != 8:
        raise ValueError("a matrix is cut short")
    return struct.unpack(f"{order}I", flags[:4])[0] & 0xFF, name.decode("latin-1")


def _elements(data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Type and data of each element. One of up to 4 bytes is kept with its type, in 8 bytes altogether."""
    place = 0
    while place + 8 <= len(data):
        kind, size = struct.unpack_from(f"{order}II", data, place)
        if kind >> 16:
            kind, size, start, place = kind & 0xFFFF, kind >> 16, place + 4, place + 8
            if size > 4:
                raise ValueError("an element is damaged")
        else:
            start = place + 8
            # Deflated elements alone are not filled up to 8 bytes.
            place = start + (size if kind == _COMPRESSED else -(-size // 8) * 8)
        if start + size > len(data):
            raise ValueError("it is cut short")
        yield kind, data[start : start + size]


def _values(kind: int, data: bytes, order: str) -> np.ndarray:
    if kind not in _NUMBERS:
        raise ValueError("a matrix holds something that is no number")
    values = np.dtype(f"{order}{_NUMBERS[kind]}")
    return np.frombuffer(data[: len(data) // values.itemsize * values.itemsize], values)
