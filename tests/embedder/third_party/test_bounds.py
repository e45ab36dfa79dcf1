"""A network that takes all memory, all time, or answers with something else is ended and refused."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
import psutil
import pytest
from onnx import TensorProto, helper

from reid_core.embedder.third_party import copying
from reid_core.embedder.third_party.copying import Stated, memory_for, size_of
from tests.embedder.third_party.networks import (
    FLATTEN,
    MATRIX,
    POOL,
    PREPROCESSING,
    PROJECT,
    WEIGHTS,
    onnx_of,
    refusal,
)
from tests.embedder.third_party.test_openvino_ir import _ir


def test_memory_is_bounded_by_the_files_of_the_network_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = onnx_of(tmp_path, [POOL, FLATTEN, PROJECT])
    with (tmp_path / "theirs.iso").open("wb") as archive:
        archive.truncate(50 * 2**30)
    assert size_of(file) == file.stat().st_size
    ir = _ir(tmp_path, file)
    assert size_of(ir) == ir.stat().st_size + ir.with_suffix(".bin").stat().st_size
    free = psutil.virtual_memory()._replace(available=2**40)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    assert memory_for(100) == 3 * 2**30 + 800 + (os.cpu_count() or 1) * 2**24
    assert memory_for(2**38) == 2**40  # 2 TiB would be eight times as much, and 1 TiB is free


def test_tensors_in_files_of_any_name_may_have_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = onnx_of(tmp_path, [POOL, FLATTEN, PROJECT])
    onnx.save(onnx.load(file), file, save_as_external_data=True, location="weights.data", size_threshold=0)
    sizes: list[int] = []

    def recorded(size: int) -> int:
        sizes.append(size)
        return memory_for(size)

    monkeypatch.setattr(copying, "memory_for", recorded)
    monkeypatch.setattr(copying, "bound_memory", lambda memory: None)
    (tmp_path / "copy").mkdir()
    copying.copy_and_try(file, tmp_path / "copy", PREPROCESSING, Stated(), "")
    assert sizes == [file.stat().st_size + MATRIX.nbytes]


@pytest.mark.parametrize(
    "found",
    [None, [], {}, 3, {"size": 16}, {"size": "16", "warning": ""}, {"size": 0, "warning": ""},
     {"size": 16, "warning": 1}, {"size": 16, "warning": "", "taken": 3}, {"size": 16, "warning": "", "taken": [{}]},
     {"size": 16, "warning": "", "more": 1}],
)  # fmt: skip
def test_a_trial_that_answers_with_something_else_is_no_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: object
) -> None:
    monkeypatch.setattr("reid_core.embedder.third_party.adding.in_own_process", lambda *arguments, **bounds: found)
    assert "ends the program that runs it" in refusal(onnx_of(tmp_path, [POOL, FLATTEN, PROJECT]))


def test_a_file_that_promises_a_huge_result_is_refused_before_it_is_made(tmp_path: Path) -> None:
    repeat = helper.make_node("Tile", ["vectors", "times"], ["many"])
    file = onnx_of(
        tmp_path, [POOL, FLATTEN, PROJECT, repeat], {**WEIGHTS, "times": np.array([1, 2**26])}, gives=("many",)
    )
    assert "more memory than an embedder needs" in refusal(file)


def test_a_file_that_makes_a_huge_result_from_the_pixels_is_held_to_its_memory(tmp_path: Path) -> None:
    """How long it gets is known only while it runs: the largest pixel times sixty million."""
    nodes = [
        POOL, FLATTEN, PROJECT,
        helper.make_node("ReduceMax", ["images"], ["largest"], keepdims=0),
        helper.make_node("Ceil", ["largest"], ["whole"]),
        helper.make_node("Cast", ["whole"], ["number"], to=TensorProto.INT64),
        helper.make_node("Mul", ["number", "million"], ["count"]),
        helper.make_node("Reshape", ["count", "one"], ["counts"]),
        helper.make_node("Concat", ["one", "counts"], ["times"], axis=0),
        helper.make_node("Tile", ["vectors", "times"], ["many"]),
    ]  # fmt: skip
    weights = {**WEIGHTS, "million": np.array(600_000_000), "one": np.array([1])}
    message = refusal(onnx_of(tmp_path, nodes, weights, gives=("many",)))
    assert "memory" in message or "ends the program" in message or "cannot be run" in message


def test_a_file_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reid_core.embedder.third_party.adding.SECONDS", 3.0)
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Sin", ["before"], ["after"])],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("before", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("after", TensorProto.FLOAT, None),
        ],
    )
    loop = helper.make_node("Loop", ["turns", "true", "vectors"], ["turned"], body=body)
    weights = {**WEIGHTS, "turns": np.array(2**40), "true": np.array(True)}
    message = refusal(onnx_of(tmp_path, [POOL, FLATTEN, PROJECT, loop], weights, gives=("turned",)))
    assert "needs longer than 3 s" in message
