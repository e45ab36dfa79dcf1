"""Ctrl-C and SIGTERM as a question that a long loop asks, instead of an exception in the middle of a write."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopRequest:
    """`requested` turns true at the first signal; Ctrl-C after that ends the process at once.

    Another SIGTERM changes nothing: whoever sends it (a button pressed twice, a service manager) wants the same end.
    """

    requested = False


@contextmanager
def stop_on_signal() -> Iterator[StopRequest]:
    """Catches SIGINT and SIGTERM while the block runs (in the main thread; elsewhere it changes nothing)."""
    stop = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def request(number: int, frame: FrameType | None) -> None:
        if stop.requested and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.requested = True

    before = {number: signal.signal(number, request) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
