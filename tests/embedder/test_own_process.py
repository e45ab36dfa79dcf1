"""A function in a process of its own: what it does to itself it does alone, within bounds of memory and time."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest

from reid_core.embedder.own_process import in_own_process
from reid_core.errors import ReidError

GB = 2**30


def _answer(values: list[int]) -> dict[str, object]:
    return {"sum": sum(values), "process": os.getpid()}


def _refuse() -> None:
    raise ReidError("theirs.onnx is no embedder.")


def _fill(count: int) -> float:
    return float(np.ones(count, np.float64).sum())


def _refuse_for_memory() -> None:
    try:
        raise RuntimeError("Check failed: std::bad_alloc")
    except RuntimeError as error:
        raise ReidError("theirs.onnx cannot be run.") from error


def _run(function: object, *arguments: object, seconds: float = 60, memory: int = 4 * GB) -> object:
    bounds = {"memory": memory, "seconds": seconds, "called": "theirs.onnx", "cure": "Export it again."}
    return in_own_process(function, *arguments, **bounds)  # type: ignore[arg-type]


def test_it_answers_from_another_process() -> None:
    found = _run(_answer, [1, 2, 3])
    assert isinstance(found, dict)
    assert found["sum"] == 6
    assert found["process"] != os.getpid()


def test_its_sentence_is_raised_here() -> None:
    with pytest.raises(ReidError, match=r"^theirs\.onnx is no embedder\.$"):
        _run(_refuse)


def test_a_process_that_ends_itself_is_a_sentence() -> None:
    with pytest.raises(ReidError, match="ends the program that runs it. Export it again"):
        _run(os.abort)


def test_one_that_needs_more_memory_than_it_may_is_a_sentence() -> None:
    with pytest.raises(ReidError, match=r"needs more than 2\.0 GB of memory"):
        _run(_fill, GB, memory=2 * GB)  # 8 GB
    with pytest.raises(ReidError, match=r"needs more than 4\.0 GB of memory"):
        _run(_refuse_for_memory)


def test_one_that_takes_too_long_is_ended() -> None:
    began = time.monotonic()
    with pytest.raises(ReidError, match="needs longer than 2 s"):
        _run(time.sleep, 600, seconds=2)
    assert time.monotonic() - began < 60
