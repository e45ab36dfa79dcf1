"""A function run in a process of its own, with bounds of memory and time: what it does to itself, it does alone."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from reid_core.errors import ReidError

MOST_SAID = 2**20  # bytes of an answer


def in_own_process(
    function: Callable[..., Any], *arguments: Any, memory: int, seconds: float, called: str, cure: str
) -> Any:
    """What `function(*arguments)` returns, as plain JSON values; a ReidError of it is raised here.

    The function is one of a module, and the arguments can be pickled. Raises ReidError, which names `called` and ends
    with `cure`, when it needs more than `memory` bytes (where the system can hold a process to that: Linux) or
    `seconds`, or ends its process. The answer comes as JSON: what a process sends that a hostile file has taken over is
    data, and no more.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(theirs, function, arguments, memory, seconds), daemon=True)
    too_long = ReidError(f"{called} needs longer than {seconds:,.0f} s for a few pictures. {cure}")
    process.start()
    theirs.close()
    try:
        if not ours.poll(seconds):
            raise too_long
        answer = json.loads(ours.recv_bytes(MOST_SAID))
    except (EOFError, OSError) as error:
        process.join(5)
        if process.exitcode == -signal.SIGXCPU:
            raise too_long from error
        raise ReidError(f"{called} ends the program that runs it. {cure}") from error
    finally:
        process.kill()
        process.join()
        ours.close()
    if answer.get("memory"):
        raise ReidError(f"{called} needs more than {memory / 2**30:.1f} GB of memory for a few pictures. {cure}")
    if "refused" in answer:
        raise ReidError(str(answer["refused"]))
    return answer["found"]


def out_of_memory(error: BaseException) -> bool:
    """Whether the error is that of a process that has reached its bound, in whatever words."""
    words = str(error).lower()
    return isinstance(error, MemoryError) or any(
        part in words for part in ("bad_alloc", "bad alloc", "failed to allocate", "cannot allocate", "out of memory")
    )


def _run(to: Connection, function: Callable[..., Any], arguments: tuple[Any, ...], memory: int, seconds: float) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the process that waits, and that one ends this
    # What a native library says to the terminal of a file that it cannot read is not for the user; what Python says is.
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    _bound(memory, seconds)
    try:
        answer = {"found": function(*arguments)}
    except ReidError as error:
        answer = {"memory": True} if _caused_by_memory(error) else {"refused": str(error)}
    except MemoryError:
        answer = {"memory": True}
    to.send_bytes(json.dumps(answer).encode())
    to.close()


def _caused_by_memory(error: BaseException | None) -> bool:
    while error is not None:
        if out_of_memory(error):
            return True
        error = error.__cause__
    return False


def _bound(memory: int, seconds: float) -> None:
    if sys.platform == "win32":
        return
    import resource

    # Not its address space, most of which is only reserved: a stack and an arena for each of a processor's threads.
    for kind, most in ((resource.RLIMIT_DATA, memory), (resource.RLIMIT_CPU, int(seconds * 4) + 1)):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):  # a system that knows no such bound
            resource.setrlimit(kind, (most, hard))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
