"""A function in a process of its own: what it does to itself it does alone, within bounds of memory and time."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.own_process import MOST_SAID, bound_memory, in_own_process

GB = 2**30
PROJECT = Path(__file__).resolve().parents[1]


def _answer(values: list[int]) -> dict[str, object]:
    return {"sum": sum(values), "process": os.getpid()}


def _refuse() -> None:
    raise ReidError("theirs.onnx is no \x1b[31membedder.")


def _fill(count: int) -> float:
    return float(np.ones(count, np.float64).sum())


def _fill_with_more(count: int) -> float:
    bound_memory(6 * GB)
    return _fill(count)


def _refuse_for_memory() -> None:
    try:
        raise RuntimeError("Check failed: std::bad_alloc")
    except RuntimeError as error:
        raise ReidError("theirs.onnx cannot be run.") from error


def _say_instead(said: bytes, seconds: float = 0) -> None:
    """As a file that has taken its process over would: the answer goes to each pipe that the process has."""
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/self/fd/{number}").startswith("pipe:"):
                os.write(int(number), said)
    time.sleep(seconds)
    os._exit(0)


def _print_natively() -> int:
    os.write(1, b"a native library speaks\n")
    os.write(2, b"a native library speaks\n")
    print("so does Python")
    return 7


def _run(function: object, *arguments: object, seconds: float = 60, memory: int = 4 * GB) -> object:
    assert callable(function)
    return in_own_process(function, *arguments, memory=memory, seconds=seconds)


def test_it_answers_from_another_process() -> None:
    found = _run(_answer, [1, 2, 3])
    assert isinstance(found, dict)
    assert found["sum"] == 6
    assert found["process"] != os.getpid()


def test_its_sentence_is_raised_here_in_characters_that_can_be_printed() -> None:
    with pytest.raises(ReidError, match=r"^theirs\.onnx is no \\x1b\[31membedder\.$"):
        _run(_refuse)


def test_a_process_that_ends_itself_is_an_error_of_its_own() -> None:
    with pytest.raises(ChildProcessError):
        _run(os.abort)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its data")
def test_one_that_needs_more_memory_than_it_may_says_how_much_it_had() -> None:
    with pytest.raises(MemoryError, match=r"^2\.0 GB"):
        _run(_fill, GB, memory=2 * GB)  # 8 GB
    with pytest.raises(MemoryError, match=r"^4\.0 GB"):
        _run(_refuse_for_memory)
    with pytest.raises(MemoryError, match=r"^6\.0 GB"):
        _run(_fill_with_more, GB)


def test_one_that_takes_too_long_is_ended() -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError, match="longer than 2 s"):
        _run(time.sleep, 600, seconds=2)
    assert time.monotonic() - began < 60


@pytest.mark.skipif(sys.platform != "linux", reason="looks its pipes up in /proc")
@pytest.mark.parametrize(
    "said",
    [b"", b"[1", b"[1]", b"{}", b"[" * 200_000, b"9" * 5_000, b"\xff", b'{"found": 1, "refused": "x"}', b"null",
     b'{"refused": 3}', b'{"memory": true}', b'{"memory": "much"}', b'{"memory": 1' + b"0" * 99 + b"}",
     b'{"found": "' + b"x" * MOST_SAID + b'"}'],
)  # fmt: skip
def test_an_answer_of_another_shape_is_none(said: bytes) -> None:
    with pytest.raises(ChildProcessError, match="ends the program"):
        _run(_say_instead, said)


@pytest.mark.skipif(sys.platform != "linux", reason="looks its pipes up in /proc")
def test_half_an_answer_is_not_waited_for_beyond_the_deadline() -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        _run(_say_instead, b'{"found": ', 600.0, seconds=3)
    assert time.monotonic() - began < 60


_SCRIPT = """
import os
from reid_core.own_process import in_own_process
from tests.test_own_process import _print_natively
print("it runs once")
print(in_own_process(_print_natively, memory=2**32, seconds=60))
"""


@pytest.mark.parametrize("way", ["script", "stdin"])
def test_a_plain_script_and_standard_input_can_ask_and_print_only_what_they_print(tmp_path: Path, way: str) -> None:
    """Neither has `if __name__ == "__main__"`, and a name in the current folder is not imported in place of ours."""
    (tmp_path / "json.py").write_text("raise SystemExit('not this one')")
    script = tmp_path / "scripts" / "script.py"
    script.parent.mkdir()
    script.write_text(_SCRIPT)
    command = [sys.executable, *([str(script)] if way == "script" else ["-P", "-"])]
    given = None if way == "script" else _SCRIPT
    ended = subprocess.run(command, input=given, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(PROJECT)},
                           capture_output=True, text=True, timeout=200)  # fmt: skip
    assert ended.stdout == "it runs once\n7\n", ended.stderr
    assert ended.stderr == ""
