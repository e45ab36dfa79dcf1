"""Work on a large matrix done block by block of its rows, on all cores, without ever holding it.

BLAS is kept to one thread meanwhile and the blocks are shared out among threads of our own. Left alone, BLAS splits
each product over its own threads, and these go on spinning while the interpreter works on the block: that was measured
to cost as much CPU time as the work itself.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

Result = TypeVar("Result")

_ROWS = 256  # of a block at most
_NUMBERS = 12_000_000  # in all blocks at once: 48 MB of float32
_SMALL = 1_000_000  # numbers of a lone block that are not worth the threads of BLAS

_limited = threading.Lock()


def in_blocks(count: int, width: int, work: Callable[[int, int], Result], rows: int | None = None) -> Iterator[Result]:
    """`work(first, last)` for consecutive blocks of `count` rows of `width` numbers, in order.

    `rows` in a block are chosen so that memory stays small, unless they are given.
    """
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    step = rows or max(1, min(_ROWS, _NUMBERS // max(1, width * workers)))
    spans = [(first, min(first + step, count)) for first in range(0, count, step)]
    if len(spans) == 1:
        with _one_thread_of_blas() if count * width <= _SMALL else nullcontext():
            yield work(*spans[0])
        return
    with _one_thread_of_blas(), ThreadPoolExecutor(max(1, min(workers, len(spans)))) as pool:
        yield from pool.map(lambda span: work(*span), spans)


@contextmanager
def _one_thread_of_blas() -> Iterator[None]:
    """For the whole process. Of two that overlap the first sets and lifts the limit, and the other may be slower: were
    both to do so, the last would put back what it found, which is the limit of the first."""
    if not _limited.acquire(blocking=False):
        yield
        return
    try:
        with _controller().limit(limits=1, user_api="blas"):
            yield
    finally:
        _limited.release()


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
