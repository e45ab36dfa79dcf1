"""ONNX networks that give the same outputs for every picture: they stand in for detectors of each format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SIDE = 64  # pixels of the input
CELLS = {8: 64, 16: 16, 32: 4, 64: 1}  # by stride
FEW, SURE = 0.05, 0.9  # scores
Arrays = Mapping[str, NDArray[Any]]


def write_network(
    file: Path,
    outputs: Arrays,
    *,
    size: tuple[int | str, int | str] = (SIDE, SIDE),
    picture: str = "images",
    sizes: str = "",
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """An ONNX file whose outputs are these arrays. `size` is height and width, `sizes` a second input, (1, 2) int64."""
    nodes = [
        helper.make_node("ReduceMean", [picture], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["zero"]),  # so that outputs hang on the input
    ]
    constants = [numpy_helper.from_array(np.zeros((), np.float32), "nothing")]
    for name, values in outputs.items():
        whole = values.dtype == np.int64
        constants.append(numpy_helper.from_array(values.astype(np.float32), f"{name}_values"))
        nodes.append(helper.make_node("Add", [f"{name}_values", "zero"], [f"{name}_sum" if whole else name]))
        if whole:
            nodes.append(helper.make_node("Cast", [f"{name}_sum"], [name], to=TensorProto.INT64))
    inputs = [helper.make_tensor_value_info(picture, TensorProto.FLOAT, (1, 3, *size))]
    if sizes:
        inputs.append(helper.make_tensor_value_info(sizes, TensorProto.INT64, (1, 2)))
    graph = helper.make_graph(
        nodes,
        "drawn",
        inputs,
        [
            helper.make_tensor_value_info(
                name, TensorProto.INT64 if values.dtype == np.int64 else TensorProto.FLOAT, values.shape
            )
            for name, values in outputs.items()
        ],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, dict(metadata or {}))
    onnx.save(model, file)
    return file


def nanodet() -> Arrays:
    """Of one person, class 0 of 80: the cell in row 2 and column 3 of stride 8, whose middle is at 28, 20 px.

    Its sides are 2, 1, 3 and 4 strides away: left 12, top 12, right 52, bottom 52.
    """
    scores = {stride: np.full((1, CELLS[stride], 80), FEW, np.float32) for stride in (8, 16, 32)}
    bins = {stride: np.zeros((1, CELLS[stride], 44), np.float32) for stride in (8, 16, 32)}
    scores[8][0, 2 * 8 + 3, 0] = SURE
    for side, distance in enumerate((2, 1, 3, 4)):
        bins[8][0, 2 * 8 + 3, side * 11 + distance] = 100.0
    return {f"cls_{one}": scores[one] for one in scores} | {f"dis_{one}": bins[one] for one in bins}


def nanodet_plus() -> Arrays:
    """The same cell and distances, measured from the cell's top left corner, 24, 16 px: 8, 8, 48, 48."""
    table = np.zeros((1, sum(CELLS.values()), 80 + 32), np.float32)
    table[0, :, :80] = FEW
    table[0, 2 * 8 + 3, 0] = SURE
    for side, distance in enumerate((2, 1, 3, 4)):
        table[0, 2 * 8 + 3, 80 + side * 8 + distance] = 100.0
    return {"output": table}


def yolox(classes: int = 80, *, decoded: bool = False) -> Arrays:
    """Of one person in that cell: centre 28, 18 px, 16 wide, 32 high: 20, 2, 36, 34; 0.9 × 0.8 = 0.72."""
    table = np.zeros((1, 84, 5 + classes), np.float32)
    if decoded:
        y, x = np.mgrid[:8, :8]
        table[0, :64, 0], table[0, :64, 1], table[0, :64, 2:4] = x.ravel() * 8 + 4, y.ravel() * 8 + 4, 8
        y, x = np.mgrid[:4, :4]
        table[0, 64:80, 0], table[0, 64:80, 1], table[0, 64:80, 2:4] = x.ravel() * 16 + 8, y.ravel() * 16 + 8, 16
    table[0, 19, :4] = (28, 18, 16, 32) if decoded else (0.5, 0.25, np.log(2), np.log(4))
    table[0, 19, 4:6] = SURE, 0.8
    return {"output": table}


def rtdetr_of_its_authors() -> Arrays:
    """A person at 20, 2, 36, 34 px, and another thing."""
    return {
        "labels": np.array([[2, 0]], np.int64),
        "boxes": np.array([[[1, 1, 60, 60], [20, 2, 36, 34]]], np.float32),
        "scores": np.array([[0.95, 0.72]], np.float32),
    }


def shares_and_logits(boxes: str, logits: str, classes: int, person: int) -> Arrays:
    """A person (logit 2: score 0.881) at a quarter to half of the width and the upper half of the height."""
    values = np.full((1, 3, classes), -9.0, np.float32)
    values[0, 1, person] = 2.0
    values[0, 2, person + 1] = 5.0  # another thing
    where = np.tile(np.array([0.375, 0.25, 0.25, 0.5], np.float32), (1, 3, 1))
    return {boxes: where, logits: values}


def ssd(person: int = 1) -> Arrays:
    """A person at a quarter to half of the width, another thing, and what stands after the end of the list."""
    row = [0.25, 0.0, 0.5, 0.5]
    rows = [[0, person, 0.8, *row], [0, person + 1, 0.9, *row], [-1, 0, 0, 0, 0, 0, 0], [0, person, 0.99, *row]]
    return {"detection_out": np.array(rows, np.float32)[None, None]}


def ultralytics() -> Arrays:
    """A person at 20, 2, 36, 34 px with a score of 0.72; a column for each box."""
    table = np.zeros((1, 84, 84), np.float32)
    table[0, :5, 19] = 28, 18, 16, 32, 0.72
    return {"output0": table}
