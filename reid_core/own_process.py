"""A function run in a process of its own, with bounds of memory and time: what it does to itself, it does alone.

The process is a fresh Python, not `multiprocessing`, which would run the program again that asks: a script without
`if __name__ == "__main__"`, a notebook, a Streamlit page. The question goes in pickled, since we ask it. The answer
comes back as JSON: what a process sends that a hostile file has taken over is data, and no more.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import IO, Any

from reid_core.errors import Refused, ReidError
from reid_core.json_text import read_json
from reid_core.packaging.installed import IMPORTED_FROM

MOST_SAID = 2**24  # bytes of an answer
# -P keeps the current folder out; the rest of the path is that of the process that asks, wherever it got it from.
_START = "import sys; sys.path[:] = sys.argv[1:]; from reid_core.own_process import answer; answer()"


def in_own_process(function: Callable[..., object], *arguments: object, memory: int, seconds: float) -> Any:
    """What `function(*arguments)` returns, as plain JSON values, of whatever shape; a ReidError of it is raised here.

    The function is one of a module, and the arguments can be pickled. Raises MemoryError, with the bound in words,
    where it needs more than `memory` bytes (only Linux holds a process to that), TimeoutError after `seconds`, and
    ChildProcessError where the process ends without an answer, or with one that no function gives.
    """
    path = [*filter(None, sys.path), str(IMPORTED_FROM)]
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _START, *path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    said: list[bytes] = []
    assert process.stdin is not None
    assert process.stdout is not None
    too_long = TimeoutError(f"it needs longer than {seconds:,.0f} s")
    question = (memory, seconds, function, arguments)
    asking = threading.Thread(target=_ask, args=(process.stdin, question), daemon=True)
    hearing = threading.Thread(target=_hear, args=(process.stdout, said), daemon=True)
    try:
        asking.start()
        hearing.start()
        hearing.join(seconds)
        if hearing.is_alive():
            raise too_long
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)  # for what ended it
    finally:
        process.kill()
        process.wait()
        asking.join(1)
        hearing.join(1)
    answered = b"".join(said)
    if not answered and sys.platform != "win32" and process.returncode == -signal.SIGXCPU:
        raise too_long
    return _found(answered)


def out_of_memory(error: BaseException) -> bool:
    """Whether the error is that of a process that has reached its bound, in whatever words."""
    words = str(error).lower()
    return isinstance(error, MemoryError) or any(
        part in words for part in ("bad_alloc", "bad alloc", "failed to allocate", "cannot allocate", "out of memory")
    )


def _ask(to: IO[bytes], question: object) -> None:
    with contextlib.suppress(OSError), to:  # it has ended already
        pickle.dump(question, to, protocol=pickle.HIGHEST_PROTOCOL)


def _hear(source: IO[bytes], said: list[bytes]) -> None:
    with source:
        said.append(source.read(MOST_SAID + 1))


def _found(said: bytes) -> Any:
    no_answer = ChildProcessError("it ends the program that runs it")
    try:
        answer = read_json(said) if len(said) <= MOST_SAID else None
    except ValueError as error:
        raise no_answer from error
    match answer:
        case {"found": found, **rest} if not rest:
            return found
        case {"refused": str(sentence), **rest} if not rest:
            raise ReidError(_printable(sentence))
        case {"forbidden": str(sentence), **rest} if not rest:
            raise Refused(_printable(sentence))
        case {"memory": int(bound), **rest} if not rest and 2**20 <= bound < 2**60:
            raise MemoryError(f"{bound / 2**30:.1f} GB")
    raise no_answer


def _printable(sentence: str) -> str:
    return "".join(part if part.isprintable() else repr(part)[1:-1] for part in sentence)


# --- in the process of its own ---


def answer() -> None:
    """Read the question from standard input, and write the answer where standard output was."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the process that waits, and that one ends this
    # What a native library says to the terminal of a file that it cannot read is not for the user; what Python says is.
    with contextlib.suppress(OSError):  # there may be no terminal
        sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, errors="backslashreplace")
    to = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nothing, stream)
    memory, seconds, function, arguments = pickle.load(sys.stdin.buffer)
    bound_memory(memory)
    _bound_time(seconds)
    said: dict[str, object]
    try:
        said = {"found": function(*arguments)}
    except Refused as error:
        said = {"forbidden": str(error)}
    except ReidError as error:
        said = {"memory": _memory_bound(memory)} if _caused_by_memory(error) else {"refused": str(error)}
    except MemoryError:
        said = {"memory": _memory_bound(memory)}
    with to:
        to.write(json.dumps(said).encode())


def bound_memory(memory: int) -> None:
    """Hold this process to so many bytes, or, called again, to as many as it turns out to need."""
    # Not its address space, most of which is only reserved: a stack and an arena for each of a processor's threads.
    _bound("RLIMIT_DATA", memory)


def _bound_time(seconds: float) -> None:
    _bound("RLIMIT_CPU", int(seconds * 4) + 1)
    _bound("RLIMIT_CORE", 0)


def _bound(kind: str, most: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(ValueError, OSError, AttributeError):  # a system that knows no such bound
        _, hard = resource.getrlimit(getattr(resource, kind))
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(getattr(resource, kind), (most, hard))


def _memory_bound(otherwise: int) -> int:
    if sys.platform == "win32":
        return otherwise
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_DATA)
    return otherwise if soft == resource.RLIM_INFINITY else soft


def _caused_by_memory(error: BaseException | None) -> bool:
    while error is not None:
        if out_of_memory(error):
            return True
        error = error.__cause__
    return False
