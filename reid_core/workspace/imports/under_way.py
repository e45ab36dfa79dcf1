"""Which recordings are analysed at this moment, by whichever process: it holds a lock, which the system takes from it
when it ends, however it ends.

Whoever analyses holds the lock alone; whoever asks takes it together with others who ask, and only for that moment.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from reid_core.workspace.layout import ANALYSING

_TRIES, _PAUSE = 25, 0.02  # seconds: longer than anybody who asks has the lock


@contextmanager
def under_way(workspace: Path, recording: int) -> Iterator[None]:
    """In this block the recording of that number is analysed, and `is_under_way` says so in other processes.

    Nothing is refused: where another process has the lock, or the file system gives none, the block runs without.
    """
    place = _place(workspace, recording)
    file = _locked(place)
    try:
        yield
    finally:
        if file is not None:
            with suppress(OSError):
                place.unlink()
            file.close()


def is_under_way(workspace: Path, recording: int) -> bool:
    """Whether a process analyses the recording of that number now. Never waits."""
    import fcntl  # Linux and macOS

    try:
        with _place(workspace, recording).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # there is no such file, or no locks
        return False
    return False


def _place(workspace: Path, recording: int) -> Path:
    return workspace / ANALYSING / f"{recording}.lock"


def _locked(place: Path) -> BinaryIO | None:
    """The file, locked; None where that cannot be."""
    import fcntl  # Linux and macOS

    for _ in range(_TRIES):
        try:
            place.parent.mkdir(exist_ok=True)
            file = place.open("wb")
        except OSError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(file.fileno()), place.stat()):
                return file
        except BlockingIOError:
            time.sleep(_PAUSE)
        except FileNotFoundError:  # who had it has removed it in this moment
            pass
        except OSError:
            file.close()
            return None
        file.close()
    return None
