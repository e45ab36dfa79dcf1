"""Memory that one step frees is kept for the next."""

from __future__ import annotations

import contextlib
import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # glibc's malloc.h


def keep_freed_memory() -> None:
    """Tell glibc's malloc not to give large blocks back to the system as soon as they are free; elsewhere do nothing.

    A training step on a processor allocates the same hundreds of megabytes each time. By default each block is mapped
    anew, and the kernel clears every page of it. It holds for the whole process, from now on.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(AttributeError, OSError):  # another C library has no mallopt
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)
