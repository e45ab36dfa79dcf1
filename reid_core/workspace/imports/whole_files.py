"""Reading a whole file, which may have a hundred gigabytes: what is read is told, and a stop is obeyed in between."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from reid_core.signals import StopRequest

PART = 1 << 23  # bytes read at a time
LARGE = 1 << 27  # bytes from which it is worth a word


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
