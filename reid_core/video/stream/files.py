"""The file under a recording: read from an offset on, and waited for while it still grows."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reid_core.errors import Damaged, why

POLL = 0.2  # seconds between two looks at a file that grows


@dataclass(frozen=True)
class Following:
    """Reads on at the end of a file that grows, until nothing has come for `patience` seconds or `stop` says so."""

    patience: float = 30.0  # seconds
    stop: Callable[[], bool] = lambda: False


class RecordingFile:
    """What FFmpeg reads from: nothing but this file can be opened through it."""

    def __init__(self, path: Path, skip: int = 0, following: Following | None = None) -> None:
        """`skip`: bytes at the front that are hidden."""
        self.name = os.fspath(path)
        self._skip = skip
        self._following = following
        self._has_ended = following is None
        self._file = path.open("rb", buffering=0)
        self._file.seek(skip)

    def read(self, size: int) -> bytes:
        """Raises ReidError where the disk gives no more: FFmpeg would take that for the end of the recording."""
        try:
            return self._read(size)
        except OSError as error:
            raise Damaged(
                f"{self.name} cannot be read any further ({why(error)}). Check the disk or network that it lies on, and"
                " run the same command to go on; what was found so far is kept."
            ) from error

    def _read(self, size: int) -> bytes:
        data = self._file.read(size)
        if data or self._has_ended or self._following is None:
            return data or b""
        until = time.monotonic() + self._following.patience
        while time.monotonic() < until and not self._following.stop():
            time.sleep(POLL)
            if data := self._file.read(size):
                return data
        self._has_ended = True  # it is not waited for again
        return b""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """The new place, or -1 for one before the start."""
        try:
            place = self._file.seek(offset + self._skip if whence == os.SEEK_SET else offset, whence)
        except OSError:
            return -1
        return place - self._skip

    def tell(self) -> int:
        return self._file.tell() - self._skip

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
