"""Reading a whole file, which may have a hundred gigabytes: what is read is told, and a stop is obeyed in between.

And reading a few pieces of it, which tells it from another one in no time.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from reid_core.signals import StopRequest

PART = 1 << 23  # bytes read at a time
LARGE = 1 << 27  # bytes from which it is worth a word
PIECES, PIECE = 8, 1 << 16  # pieces of a file that are compared, and bytes of each


class Stopped(Exception):
    """A stop was requested before the file was read to its end."""


@dataclass(frozen=True)
class Watch:
    """Files are read until `stop` says otherwise, and `on_part` hears how far: "hashing gate.mp4: 12 % of 40.0 GB"."""

    stop: StopRequest
    on_part: Callable[[str], None] = lambda said: None


def parts(file: BinaryIO, doing: str, watch: Watch | None = None, size: int | None = None) -> Iterator[bytes]:
    """The file from where it stands, or so many bytes of it; `doing` is what is said of it: "hashing gate.mp4".

    Raises Stopped.
    """
    total = os.fstat(file.fileno()).st_size if size is None else size
    done, told = 0, -1
    while part := file.read(PART if size is None else min(PART, size - done)):
        if watch is not None:
            if watch.stop.requested:
                raise Stopped
            share = 100 * done // max(total, 1)
            if total >= LARGE and share > told:
                told = share
                watch.on_part(f"{doing}: {share} % of {total / 1e9:.1f} GB")
        yield part
        done += len(part)


def pieces_of(file: BinaryIO, size: int) -> str:
    """The SHA-256, in hex, of eight pieces of the open file of `size` bytes: spread over it, the last one at its end.

    A change in between is not found, which takes the whole file. Raises OSError.
    """
    found = hashlib.sha256()
    for number in range(1, PIECES + 1):
        file.seek(max(0, size * number // PIECES - PIECE))
        found.update(file.read(PIECE))
    return found.hexdigest()
