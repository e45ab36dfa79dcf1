"""Small networks as ONNX files, with every trait that a tool which made them may give them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.third_party.adding import add_network
from reid_core.errors import ReidError

HEIGHT, WIDTH, SIZE = 64, 32, 16
PREPROCESSING = Preprocessing(HEIGHT, WIDTH, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
MATRIX = np.random.default_rng(7).normal(size=(24, SIZE)).astype(np.float32)
Shape = Sequence[str | int | None] | None
POOL = helper.make_node("AveragePool", ["images"], ["means"], kernel_shape=[8, WIDTH], strides=[8, WIDTH])
FLATTEN = helper.make_node("Flatten", ["means"], ["flat"])
RESHAPE = helper.make_node("Reshape", ["means", "shape"], ["flat"])
PROJECT = helper.make_node("MatMul", ["flat", "matrix"], ["vectors"])
ROWS = helper.make_node("Add", ["vectors", "rows"], ["sums"])
WEIGHTS = {"matrix": MATRIX}


def onnx_of(
    folder: Path,
    nodes: Sequence[onnx.NodeProto],
    weights: dict[str, np.ndarray] = WEIGHTS,
    *,
    takes: Shape = ("batch", 3, HEIGHT, WIDTH),
    kind: int = TensorProto.FLOAT,
    gives: Sequence[str] = ("vectors",),
) -> Path:
    """An ONNX file of those nodes, from `images` to `gives`, whose shapes it leaves open."""
    graph = helper.make_graph(
        list(nodes),
        "embedder",
        [helper.make_tensor_value_info("images", kind, takes)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, None]) for name in gives],
        [numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    file = folder / "theirs.onnx"
    onnx.save(model, file)
    return file


def add(file: Path, name: str = "added") -> Path:
    folder = file.parent / "models" / name
    add_network(file, folder, ModelCard(name, 0, PREPROCESSING))
    return folder


def refusal(file: Path) -> str:
    """What adding the file says, which must name it and leave nothing behind."""
    with pytest.raises(ReidError, match=r"^theirs\.onnx ") as raised:
        add(file)
    assert not list((file.parent / "models").glob("*"))
    assert "Exception from" not in str(raised.value)
    return str(raised.value)


def pictures_of(count: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, HEIGHT, WIDTH, 3), dtype=np.uint8)


def expected(pictures: np.ndarray) -> np.ndarray:
    """Mean colour of eight stripes times the matrix, of unit length: channel by channel, stripe by stripe."""
    normalised = (pictures / 255 - 0.5) / 0.25
    means = normalised.reshape(len(pictures), 8, 8, WIDTH, 3).mean(axis=(2, 3))
    vectors = means.transpose(0, 2, 1).reshape(len(pictures), 24) @ MATRIX
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
