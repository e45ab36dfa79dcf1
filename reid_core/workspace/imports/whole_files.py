"""Reading a whole file, which may have a hundred gigabytes: what is read is told, and a stop is obeyed in between."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import BinaryIO

from reid_core.signals import StopRequest

PART = 1 << 23  # bytes read at a time
LARGE = 1 << 27  # bytes from which it is worth a word

Watch = Callable[[str], None]
_watched: ContextVar[tuple[StopRequest, Watch] | None] = ContextVar("watched", default=None)


class Stopped(Exception):
    """A stop was requested before the file was read to its end."""


@contextmanager
def watching(stop: StopRequest, on_part: Watch) -> Iterator[None]:
    """In this block, on this thread, whole files are read until `stop` says otherwise, and `on_part` hears how far.

    It reaches all that is called in the block, as files are hashed in places that know neither.
    """
    token = _watched.set((stop, on_part))
    try:
        yield
    finally:
        _watched.reset(token)


def parts(file: BinaryIO, doing: str, size: int | None = None) -> Iterator[bytes]:
    """The file from where it stands, or so many bytes of it; `doing` is what is said of it: "hashing gate.mp4".

    Raises Stopped.
    """
    watched = _watched.get()
    total = os.fstat(file.fileno()).st_size if size is None else size
    done, told = 0, -1
    while part := file.read(PART if size is None else min(PART, size - done)):
        if watched is not None:
            stop, on_part = watched
            if stop.requested:
                raise Stopped
            share = 100 * done // max(total, 1)
            if total >= LARGE and share > told:
                told = share
                on_part(f"{doing}: {share} % of {total / 1e9:.1f} GB")
        yield part
        done += len(part)
