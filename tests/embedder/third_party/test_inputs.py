"""What a network takes: bytes, halves, colours last, any batch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.inference import Embedder
from reid_core.embedder.preprocessing import AS_BYTES
from reid_core.embedder.third_party.adding import add_network
from reid_core.embedder.third_party.copying import Stated
from tests.embedder.third_party.networks import (
    FLATTEN,
    HEIGHT,
    MATRIX,
    POOL,
    PROJECT,
    SIZE,
    WIDTH,
    Shape,
    add,
    expected,
    onnx_of,
    pictures_of,
    refusal,
)


@pytest.mark.parametrize("takes", [None, ("batch", 3), ("batch", 3, 1, HEIGHT, WIDTH)])
def test_an_input_of_another_rank_or_of_none_is_refused(tmp_path: Path, takes: Shape) -> None:
    file = onnx_of(tmp_path, [helper.make_node("Flatten", ["images"], ["vectors"])], {}, takes=takes)
    assert "one input (B, 3, H, W)" in refusal(file)


def _of_bytes(folder: Path, takes: Shape = ("batch", 3, HEIGHT, WIDTH)) -> Path:
    floats = helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT)
    pool = helper.make_node("AveragePool", ["floats"], ["means"], kernel_shape=[8, WIDTH], strides=[8, WIDTH])
    return onnx_of(folder, [floats, pool, FLATTEN, PROJECT], kind=TensorProto.UINT8, takes=takes)


def _expected_of_bytes(pictures: np.ndarray) -> np.ndarray:
    means = pictures.reshape(len(pictures), 8, 8, WIDTH, 3).mean(axis=(2, 3))
    vectors = means.transpose(0, 2, 1).reshape(len(pictures), 24) @ MATRIX
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_an_input_of_bytes_with_a_mean_is_refused_as_it_would_be_normalised_twice(tmp_path: Path) -> None:
    assert "takes u8 numbers" in refusal(_of_bytes(tmp_path))


@pytest.mark.parametrize("preprocessing", [Preprocessing(HEIGHT, WIDTH), Preprocessing(HEIGHT, WIDTH, *AS_BYTES)])
def test_an_input_of_bytes_gets_the_bytes(tmp_path: Path, preprocessing: Preprocessing) -> None:
    folder, pictures = tmp_path / "added", pictures_of(5)
    card = ModelCard("added", 0, preprocessing)
    added = add_network(_of_bytes(tmp_path), folder, card, stated=Stated(normalisation=False))
    assert added.card.preprocessing.input_type == "uint8"
    assert "bytes as they are (uint8)" in added.taken
    np.testing.assert_allclose(Embedder(folder, "cpu").embed_pixels(pictures), _expected_of_bytes(pictures), atol=1e-4)


@pytest.mark.parametrize("kind", [TensorProto.INT32, TensorProto.INT64, TensorProto.BOOL])
def test_an_input_of_other_whole_numbers_is_refused(tmp_path: Path, kind: int) -> None:
    floats = helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT)
    pool = helper.make_node("AveragePool", ["floats"], ["means"], kernel_shape=[8, WIDTH], strides=[8, WIDTH])
    assert "an embedder takes" in refusal(onnx_of(tmp_path, [floats, pool, FLATTEN, PROJECT], kind=kind))


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.DOUBLE])
def test_halves_and_doubles_are_taken_as_input_and_output(tmp_path: Path, kind: int) -> None:
    floats = helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT)
    pool = helper.make_node("AveragePool", ["floats"], ["means"], kernel_shape=[8, WIDTH], strides=[8, WIDTH])
    back = helper.make_node("Cast", ["vectors"], ["out"], to=kind)
    graph = helper.make_graph(
        [floats, pool, FLATTEN, PROJECT, back],
        "embedder",
        [helper.make_tensor_value_info("images", kind, ["batch", 3, HEIGHT, WIDTH])],
        [helper.make_tensor_value_info("out", kind, ["batch", SIZE])],
        [numpy_helper.from_array(MATRIX, "matrix")],
    )
    file, pictures = tmp_path / "theirs.onnx", pictures_of(3)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), file)
    np.testing.assert_allclose(Embedder(add(file), "cpu").embed_pixels(pictures), expected(pictures), atol=5e-3)


LAST = helper.make_node("Transpose", ["images"], ["turned"], perm=[0, 3, 1, 2])
POOL_TURNED = helper.make_node("AveragePool", ["turned"], ["means"], kernel_shape=[8, WIDTH], strides=[8, WIDTH])


@pytest.mark.parametrize("takes", [("batch", HEIGHT, WIDTH, 3), (1, HEIGHT, WIDTH, 3), (None, None, None, 3)])
def test_colours_last_are_seen_in_the_file_and_fed_so(tmp_path: Path, takes: Shape) -> None:
    folder, pictures = add(onnx_of(tmp_path, [LAST, POOL_TURNED, FLATTEN, PROJECT], takes=takes)), pictures_of(5)
    embedder = Embedder(folder, "cpu")
    assert embedder.card.preprocessing.layout == "nhwc"
    np.testing.assert_allclose(embedder.embed_pixels(pictures), expected(pictures), atol=1e-4)


def test_where_the_file_leaves_open_where_the_colours_are_both_ways_are_tried(tmp_path: Path) -> None:
    kernel = np.random.default_rng(3).normal(size=(8, 3, 3, 3)).astype(np.float32)
    convolve = helper.make_node("Conv", ["turned", "kernel"], ["features"])
    mean = helper.make_node("GlobalAveragePool", ["features"], ["means"])
    flat = helper.make_node("Flatten", ["means"], ["vectors"])
    file = onnx_of(tmp_path, [LAST, convolve, mean, flat], {"kernel": kernel}, takes=("b", None, None, None))
    assert ModelCard.read(add(file)).preprocessing.layout == "nhwc"


@pytest.mark.parametrize("axes", [[2, 3], [1, 2], [2], [1]])
def test_axes_of_length_one_are_dropped(tmp_path: Path, axes: list[int]) -> None:
    more = helper.make_node("Unsqueeze", ["vectors", "axes"], ["more"])
    nodes = [POOL, FLATTEN, PROJECT, more]
    graph = helper.make_graph(
        nodes,
        "embedder",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, HEIGHT, WIDTH])],
        [helper.make_tensor_value_info("more", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(MATRIX, "matrix"), numpy_helper.from_array(np.array(axes), "axes")],
    )
    file, pictures = tmp_path / "theirs.onnx", pictures_of(9)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), file)
    np.testing.assert_allclose(Embedder(add(file), "cpu").embed_pixels(pictures), expected(pictures), atol=1e-4)


def test_a_map_of_features_is_no_vector(tmp_path: Path) -> None:
    pool = helper.make_node("AveragePool", ["images"], ["map"], kernel_shape=[8, 8], strides=[8, 8])
    graph = helper.make_graph(
        [pool],
        "embedder",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, HEIGHT, WIDTH])],
        [helper.make_tensor_value_info("map", TensorProto.FLOAT, ["batch", 3, 8, 4])],
    )
    file = tmp_path / "theirs.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), file)
    assert "not give one vector per picture" in refusal(file)


def test_colours_in_the_order_of_opencv_are_turned_after_the_normalisation(tmp_path: Path) -> None:
    mean, std = (0.1, 0.4, 0.7), (0.2, 0.3, 0.5)
    preprocessing = Preprocessing(HEIGHT, WIDTH, mean, std, colours="bgr")
    file, folder, pictures = onnx_of(tmp_path, [POOL, FLATTEN, PROJECT]), tmp_path / "bgr", pictures_of(3)
    add_network(file, folder, ModelCard("bgr", 0, preprocessing))
    normalised = ((pictures / 255 - mean) / std)[..., ::-1]  # blue first, with the mean and std of blue
    means = normalised.reshape(3, 8, 8, WIDTH, 3).mean(axis=(2, 3))
    vectors = means.transpose(0, 2, 1).reshape(3, 24) @ MATRIX
    expected = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(Embedder(folder, "cpu").embed_pixels(pictures), expected, atol=1e-4)
