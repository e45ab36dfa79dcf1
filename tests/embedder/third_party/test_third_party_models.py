"""ONNX files from elsewhere: what `reid model add` takes, and the sentences with which it refuses the rest."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
import openvino
import psutil
import pytest
from onnx import TensorProto, helper, numpy_helper

from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.inference import Embedder
from reid_core.embedder.model import model_id
from reid_core.embedder.preprocessing import AS_BYTES
from reid_core.embedder.runtime import openvino_runner
from reid_core.embedder.third_party import copying
from reid_core.embedder.third_party.adding import add_network
from reid_core.embedder.third_party.copying import Stated, memory_for, size_of
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


def _file(
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


def _add(file: Path, name: str = "added") -> Path:
    folder = file.parent / "models" / name
    add_network(file, folder, ModelCard(name, 0, PREPROCESSING))
    return folder


def _refusal(file: Path) -> str:
    """What adding the file says, which must name it and leave nothing behind."""
    with pytest.raises(ReidError, match=r"^theirs\.onnx ") as raised:
        _add(file)
    assert not list((file.parent / "models").glob("*"))
    assert "Exception from" not in str(raised.value)
    return str(raised.value)


def _pictures(count: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, HEIGHT, WIDTH, 3), dtype=np.uint8)


def _expected(pictures: np.ndarray) -> np.ndarray:
    """Mean colour of eight stripes times the matrix, of unit length: channel by channel, stripe by stripe."""
    normalised = (pictures / 255 - 0.5) / 0.25
    means = normalised.reshape(len(pictures), 8, 8, WIDTH, 3).mean(axis=(2, 3))
    vectors = means.transpose(0, 2, 1).reshape(len(pictures), 24) @ MATRIX
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("batch", ["batch", 1, 4, None])
def test_whatever_batch_a_file_states_it_is_run_for_any(tmp_path: Path, batch: str | int | None) -> None:
    folder = _add(_file(tmp_path, [POOL, FLATTEN, PROJECT], takes=(batch, 3, HEIGHT, WIDTH)))
    for count in (1, 3, 9):
        pictures = _pictures(count)
        np.testing.assert_allclose(Embedder(folder, "cpu").embed_pixels(pictures), _expected(pictures), atol=1e-4)


def test_tensors_kept_beside_the_file_are_stored_inside_the_copy(tmp_path: Path) -> None:
    file = _file(tmp_path, [POOL, FLATTEN, PROJECT])
    beside = tmp_path / "theirs.onnx.data"
    onnx.save(onnx.load(file), file, save_as_external_data=True, location=beside.name, size_threshold=0)
    assert beside.stat().st_size >= MATRIX.nbytes
    folder = _add(file)
    beside.unlink()
    file.unlink()
    pictures = _pictures(3)
    np.testing.assert_allclose(Embedder(folder, "cpu").embed_pixels(pictures), _expected(pictures), atol=1e-4)


def test_a_file_named_from_its_own_folder_finds_what_is_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _file(tmp_path, [POOL, FLATTEN, PROJECT])
    onnx.save(onnx.load(file), file, save_as_external_data=True, location="theirs.onnx.data", size_threshold=0)
    monkeypatch.chdir(tmp_path)
    added = add_network(Path(file.name), tmp_path / "added", ModelCard("added", 0, PREPROCESSING))
    assert added.card.embedding_size == SIZE


@pytest.mark.parametrize("damage", [lambda file: file.unlink(), lambda file: file.write_bytes(b"short")])
def test_tensors_that_are_missing_beside_the_file_are_asked_for(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    file = _file(tmp_path, [POOL, FLATTEN, PROJECT])
    onnx.save(onnx.load(file), file, save_as_external_data=True, location="theirs.onnx.data", size_threshold=0)
    damage(tmp_path / "theirs.onnx.data")
    assert "beside it that cannot be read" in _refusal(file)


@pytest.mark.parametrize("content", [b"\n", b"not a model", b"\x08\x09"])
def test_bytes_that_are_no_model_are_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "theirs.onnx"
    file.write_bytes(content)
    assert "is not an ONNX model" in _refusal(file)


def test_of_two_outputs_the_embedding_is_asked_for(tmp_path: Path) -> None:
    scores = helper.make_node("Softmax", ["vectors"], ["scores"])
    assert "--output vectors or" in _refusal(
        _file(tmp_path, [POOL, FLATTEN, PROJECT, scores], gives=("vectors", "scores"))
    )
    file = _file(tmp_path, [POOL, FLATTEN, PROJECT, scores], gives=("scores", "vectors"))
    message = _refusal(file)
    assert "2 outputs ('scores', 'vectors')" in message
    assert "--output" in message
    pictures, folder = _pictures(3), tmp_path / "models" / "chosen"
    add_network(file, folder, ModelCard("chosen", 0, PREPROCESSING), output="vectors")
    np.testing.assert_allclose(Embedder(folder, "cpu").embed_pixels(pictures), _expected(pictures), atol=1e-4)
    with pytest.raises(ReidError, match=r"no output 'logits'. It has: 'scores', 'vectors'"):
        add_network(file, tmp_path / "models" / "other", ModelCard("other", 0, PREPROCESSING), output="logits")


def test_a_batch_folded_into_one_vector_is_refused(tmp_path: Path) -> None:
    fold = helper.make_node("Reshape", ["means", "shape"], ["vectors"])
    assert "(1, 144) for 6 pictures" in _refusal(_file(tmp_path, [POOL, fold], {"shape": np.array([1, -1])}))


def test_a_batch_fixed_inside_a_file_that_says_it_takes_any_is_refused(tmp_path: Path) -> None:
    file = _file(tmp_path, [POOL, RESHAPE, PROJECT], {**WEIGHTS, "shape": np.array([1, 24])})
    assert "batch axis of any length" in _refusal(file)


@pytest.mark.parametrize(("batch", "shape"), [(1, [1, 24]), (1, [1, -1]), (4, [4, 24]), (4, [-1, 24])])
def test_a_file_that_states_a_batch_and_runs_with_no_other_is_run_so(
    tmp_path: Path, batch: int, shape: list[int]
) -> None:
    weights = {**WEIGHTS, "shape": np.array(shape)}
    folder = _add(_file(tmp_path, [POOL, RESHAPE, PROJECT], weights, takes=(batch, 3, HEIGHT, WIDTH)))
    for count in (1, 3, 9):
        pictures = _pictures(count)
        np.testing.assert_allclose(Embedder(folder, "cpu").embed_pixels(pictures), _expected(pictures), atol=1e-4)


@pytest.mark.parametrize("batch", [1, 4])
def test_pictures_are_filled_up_where_a_file_cannot_be_run_with_fewer(tmp_path: Path, batch: int) -> None:
    file = _file(tmp_path, [POOL, FLATTEN, PROJECT, ROWS], {**WEIGHTS, "rows": np.zeros((batch, SIZE), np.float32)},
                 takes=(batch, 3, HEIGHT, WIDTH), gives=("sums",))  # fmt: skip
    folder = _add(file)
    for count in (1, 3, 9):
        pictures = _pictures(count)
        np.testing.assert_allclose(Embedder(folder, "cpu").embed_pixels(pictures), _expected(pictures), atol=1e-4)


def test_a_file_that_insists_on_many_pictures_is_refused(tmp_path: Path) -> None:
    weights = {**WEIGHTS, "rows": np.zeros((65, SIZE), np.float32)}
    file = _file(tmp_path, [POOL, FLATTEN, PROJECT, ROWS], weights, takes=(65, 3, HEIGHT, WIDTH), gives=("sums",))
    assert "65 pictures at once" in _refusal(file)


def test_a_model_that_mixes_the_pictures_of_a_batch_is_refused(tmp_path: Path) -> None:
    middle = helper.make_node("ReduceMean", ["vectors"], ["middle"], axes=[0], keepdims=1)
    twice = helper.make_node("Add", ["vectors", "middle"], ["mixed"])
    message = _refusal(_file(tmp_path, [POOL, FLATTEN, PROJECT, middle, twice], gives=("mixed",)))
    assert "together with others than alone" in message


def test_vectors_as_long_as_the_batch_are_refused(tmp_path: Path) -> None:
    turned = helper.make_node("Transpose", ["vectors"], ["turned"], perm=[1, 0])
    table = helper.make_node("MatMul", ["vectors", "turned"], ["table"])
    message = _refusal(_file(tmp_path, [POOL, FLATTEN, PROJECT, turned, table], gives=("table",)))
    assert "depends on how many pictures" in message


def test_a_model_that_sees_nothing_is_refused(tmp_path: Path) -> None:
    nothing = helper.make_node("Mul", ["flat", "zero"], ["dark"])
    constant = helper.make_node("Add", ["dark", "one"], ["vectors"])
    weights = {"zero": np.zeros(1, np.float32), "one": np.ones(1, np.float32)}
    assert "every picture the same vector" in _refusal(_file(tmp_path, [POOL, FLATTEN, nothing, constant], weights))


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (0.0, "without a direction"),
        (np.nan, "not finite"),
        (np.inf, "finite"),
        (1e25, "cannot be compared"),
        (1e-25, "cannot be compared"),
    ],
)
def test_a_model_that_gives_no_directions_is_refused(tmp_path: Path, factor: float, said: str) -> None:
    message = _refusal(_file(tmp_path, [POOL, FLATTEN, PROJECT], {"matrix": MATRIX * np.float32(factor)}))
    assert said in message


@pytest.mark.parametrize("takes", [None, ("batch", 3), ("batch", 3, 1, HEIGHT, WIDTH)])
def test_an_input_of_another_rank_or_of_none_is_refused(tmp_path: Path, takes: Shape) -> None:
    file = _file(tmp_path, [helper.make_node("Flatten", ["images"], ["vectors"])], {}, takes=takes)
    assert "one input (B, 3, H, W)" in _refusal(file)


def _of_bytes(folder: Path, takes: Shape = ("batch", 3, HEIGHT, WIDTH)) -> Path:
    floats = helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT)
    pool = helper.make_node("AveragePool", ["floats"], ["means"], kernel_shape=[8, WIDTH], strides=[8, WIDTH])
    return _file(folder, [floats, pool, FLATTEN, PROJECT], kind=TensorProto.UINT8, takes=takes)


def _expected_of_bytes(pictures: np.ndarray) -> np.ndarray:
    means = pictures.reshape(len(pictures), 8, 8, WIDTH, 3).mean(axis=(2, 3))
    vectors = means.transpose(0, 2, 1).reshape(len(pictures), 24) @ MATRIX
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_an_input_of_bytes_with_a_mean_is_refused_as_it_would_be_normalised_twice(tmp_path: Path) -> None:
    assert "takes u8 numbers" in _refusal(_of_bytes(tmp_path))


@pytest.mark.parametrize("preprocessing", [Preprocessing(HEIGHT, WIDTH), Preprocessing(HEIGHT, WIDTH, *AS_BYTES)])
def test_an_input_of_bytes_gets_the_bytes(tmp_path: Path, preprocessing: Preprocessing) -> None:
    folder, pictures = tmp_path / "added", _pictures(5)
    card = ModelCard("added", 0, preprocessing)
    added = add_network(_of_bytes(tmp_path), folder, card, stated=Stated(normalisation=False))
    assert added.card.preprocessing.input_type == "uint8"
    assert "bytes as they are (uint8)" in added.taken
    np.testing.assert_allclose(Embedder(folder, "cpu").embed_pixels(pictures), _expected_of_bytes(pictures), atol=1e-4)


@pytest.mark.parametrize("kind", [TensorProto.INT32, TensorProto.INT64, TensorProto.BOOL])
def test_an_input_of_other_whole_numbers_is_refused(tmp_path: Path, kind: int) -> None:
    floats = helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT)
    pool = helper.make_node("AveragePool", ["floats"], ["means"], kernel_shape=[8, WIDTH], strides=[8, WIDTH])
    assert "an embedder takes" in _refusal(_file(tmp_path, [floats, pool, FLATTEN, PROJECT], kind=kind))


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
    file, pictures = tmp_path / "theirs.onnx", _pictures(3)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), file)
    np.testing.assert_allclose(Embedder(_add(file), "cpu").embed_pixels(pictures), _expected(pictures), atol=5e-3)


LAST = helper.make_node("Transpose", ["images"], ["turned"], perm=[0, 3, 1, 2])
POOL_TURNED = helper.make_node("AveragePool", ["turned"], ["means"], kernel_shape=[8, WIDTH], strides=[8, WIDTH])


@pytest.mark.parametrize("takes", [("batch", HEIGHT, WIDTH, 3), (1, HEIGHT, WIDTH, 3), (None, None, None, 3)])
def test_colours_last_are_seen_in_the_file_and_fed_so(tmp_path: Path, takes: Shape) -> None:
    folder, pictures = _add(_file(tmp_path, [LAST, POOL_TURNED, FLATTEN, PROJECT], takes=takes)), _pictures(5)
    embedder = Embedder(folder, "cpu")
    assert embedder.card.preprocessing.layout == "nhwc"
    np.testing.assert_allclose(embedder.embed_pixels(pictures), _expected(pictures), atol=1e-4)


def test_where_the_file_leaves_open_where_the_colours_are_both_ways_are_tried(tmp_path: Path) -> None:
    kernel = np.random.default_rng(3).normal(size=(8, 3, 3, 3)).astype(np.float32)
    convolve = helper.make_node("Conv", ["turned", "kernel"], ["features"])
    mean = helper.make_node("GlobalAveragePool", ["features"], ["means"])
    flat = helper.make_node("Flatten", ["means"], ["vectors"])
    file = _file(tmp_path, [LAST, convolve, mean, flat], {"kernel": kernel}, takes=("b", None, None, None))
    assert ModelCard.read(_add(file)).preprocessing.layout == "nhwc"


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
    file, pictures = tmp_path / "theirs.onnx", _pictures(9)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), file)
    np.testing.assert_allclose(Embedder(_add(file), "cpu").embed_pixels(pictures), _expected(pictures), atol=1e-4)


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
    assert "not give one vector per picture" in _refusal(file)


def test_colours_in_the_order_of_opencv_are_turned_after_the_normalisation(tmp_path: Path) -> None:
    mean, std = (0.1, 0.4, 0.7), (0.2, 0.3, 0.5)
    preprocessing = Preprocessing(HEIGHT, WIDTH, mean, std, colours="bgr")
    file, folder, pictures = _file(tmp_path, [POOL, FLATTEN, PROJECT]), tmp_path / "bgr", _pictures(3)
    add_network(file, folder, ModelCard("bgr", 0, preprocessing))
    normalised = ((pictures / 255 - mean) / std)[..., ::-1]  # blue first, with the mean and std of blue
    means = normalised.reshape(3, 8, 8, WIDTH, 3).mean(axis=(2, 3))
    vectors = means.transpose(0, 2, 1).reshape(3, 24) @ MATRIX
    expected = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(Embedder(folder, "cpu").embed_pixels(pictures), expected, atol=1e-4)


def test_sizes_that_were_not_stated_are_those_of_the_file(tmp_path: Path) -> None:
    card = ModelCard("added", 0, Preprocessing(mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25)))
    file, pictures = _file(tmp_path, [POOL, FLATTEN, PROJECT]), _pictures(2)
    added = add_network(file, tmp_path / "added", card, stated=Stated(size=False))
    assert added.taken == (f"size {HEIGHT}x{WIDTH}",)
    vectors = Embedder(tmp_path / "added", "cpu").embed_pixels(pictures)
    np.testing.assert_allclose(vectors, _expected(pictures), atol=1e-4)


def test_weights_that_do_not_fit_the_pictures_size_are_refused(tmp_path: Path) -> None:
    file = _file(tmp_path, [POOL, FLATTEN, PROJECT], {"matrix": MATRIX[:20]}, takes=("batch", 3, None, None))
    assert "cannot be run" in _refusal(file)


def test_an_operation_that_the_runtime_does_not_know_is_named(tmp_path: Path) -> None:
    strange = helper.make_node("Frobnicate", ["images"], ["means"], domain="elsewhere")
    assert "elsewhere.Frobnicate" in _refusal(_file(tmp_path, [strange, FLATTEN, PROJECT]))


def test_a_model_file_that_fails_while_it_runs_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(request: openvino.InferRequest, inputs: object) -> None:
        raise RuntimeError("Check 'fits' failed")

    run = openvino_runner(_file(tmp_path, [POOL, FLATTEN, PROJECT]), PREPROCESSING)
    monkeypatch.setattr(openvino.InferRequest, "infer", fail)
    with pytest.raises(ReidError, match=r"theirs\.onnx cannot be run"):
        run(_pictures(3))


def test_of_several_that_take_one_name_at_once_one_gets_it_and_the_others_are_told(tmp_path: Path) -> None:
    file = _file(tmp_path, [POOL, FLATTEN, PROJECT])
    start, said = threading.Barrier(4), []

    def add() -> None:
        start.wait()
        try:
            _add(file, "wanted")
        except BaseException as error:
            said.append(error)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(error) for error in said] == [ReidError] * 3, said
    assert all(str(error).startswith("There is a model wanted already") for error in said)
    assert [folder.name for folder in (tmp_path / "models").iterdir()] == ["wanted"]
    assert Embedder(tmp_path / "models" / "wanted", "cpu").embed_pixels(_pictures(2)).shape == (2, SIZE)


def test_one_file_added_twice_has_one_id(tmp_path: Path) -> None:
    file = _file(tmp_path, [POOL, FLATTEN, PROJECT])
    assert model_id(_add(file, "one")) == model_id(_add(file, "two"))


def test_a_name_that_is_taken_is_complained_of_after_what_is_wrong_with_the_file(tmp_path: Path) -> None:
    _add(_file(tmp_path, [POOL, FLATTEN, PROJECT]), "taken")
    unread = tmp_path / "theirs.onnx"
    unread.write_bytes(b"not a model")
    with pytest.raises(ReidError, match="is not an ONNX model"):
        _add(unread, "taken")
    with pytest.raises(ReidError, match="There is a model taken already"):
        _add(_file(tmp_path, [POOL, FLATTEN, PROJECT]), "taken")


def test_a_card_that_says_another_length_is_that_of_another_model(tmp_path: Path) -> None:
    file = _file(tmp_path, [POOL, FLATTEN, PROJECT])
    with pytest.raises(ReidError, match="vectors of 16 numbers, and the card that is given with it says 512"):
        add_network(file, tmp_path / "added", ModelCard("added", 512, PREPROCESSING))
    assert not (tmp_path / "added").exists()


# --- OpenVINO's own format ---


def _ir(folder: Path, onnx_file: Path, conversion: dict[str, str] | None = None) -> Path:
    model = openvino.Core().read_model(onnx_file)
    for parameter, value in (conversion or {}).items():
        model.set_rt_info(value, ["conversion_parameters", parameter])
    openvino.save_model(model, folder / "theirs.xml", compress_to_fp16=False)
    return folder / "theirs.xml"


def test_an_ir_is_taken_with_its_weights_and_runs_when_they_are_gone(tmp_path: Path) -> None:
    file = _ir(tmp_path, _file(tmp_path, [POOL, FLATTEN, PROJECT]))
    folder, pictures = _add(file), _pictures(5)
    ids = model_id(folder), model_id(_add(file, "again"))
    assert ids[0] == ids[1]
    file.unlink()
    file.with_suffix(".bin").unlink()
    np.testing.assert_allclose(Embedder(folder, "cpu").embed_pixels(pictures), _expected(pictures), atol=1e-4)
    (folder / "model.bin").write_bytes(bytes(MATRIX.nbytes))
    assert model_id(folder) != ids[0]


def test_of_an_ir_with_two_outputs_one_is_kept(tmp_path: Path) -> None:
    scores = helper.make_node("Softmax", ["vectors"], ["scores"])
    file = _ir(tmp_path, _file(tmp_path, [POOL, FLATTEN, PROJECT, scores], gives=("scores", "vectors")))
    folder, pictures = tmp_path / "chosen", _pictures(3)
    with pytest.raises(ReidError, match="2 outputs"):
        add_network(file, folder, ModelCard("chosen", 0, PREPROCESSING))
    add_network(file, folder, ModelCard("chosen", 0, PREPROCESSING), output="vectors")
    np.testing.assert_allclose(Embedder(folder, "cpu").embed_pixels(pictures), _expected(pictures), atol=1e-4)


def test_what_an_ir_says_of_its_conversion_is_taken_unless_it_was_stated(tmp_path: Path) -> None:
    said = {"mean_values": "data[123.675,116.28,103.53]", "scale_values": "data[58,57,57]"}
    file = _ir(tmp_path, _file(tmp_path, [POOL, FLATTEN, PROJECT]), {**said, "reverse_input_channels": "True"})
    card = ModelCard("added", 0, Preprocessing(HEIGHT, WIDTH))
    unstated = Stated(normalisation=False, colours=False)
    taken = add_network(file, tmp_path / "one", card, stated=unstated).card.preprocessing
    assert (taken.mean, taken.std, taken.colours) == (*AS_BYTES, "bgr")
    assert add_network(file, tmp_path / "two", card).card.preprocessing == Preprocessing(HEIGHT, WIDTH)


def test_an_ir_without_its_weights_or_another_xml_is_refused(tmp_path: Path) -> None:
    file = _ir(tmp_path, _file(tmp_path, [POOL, FLATTEN, PROJECT]))
    weights = file.with_suffix(".bin").read_bytes()
    file.with_suffix(".bin").unlink()
    with pytest.raises(ReidError, match=r"has no theirs\.bin next to it"):
        _add(file)
    file.with_suffix(".bin").write_bytes(weights[:10])
    with pytest.raises(ReidError, match=r"^theirs\.xml "):
        _add(file)
    file.write_text("<annotations/>")
    with pytest.raises(ReidError, match="not an OpenVINO model"):
        _add(file)


# --- files that would harm ---


def test_memory_is_bounded_by_the_files_of_the_network_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = _file(tmp_path, [POOL, FLATTEN, PROJECT])
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
    file = _file(tmp_path, [POOL, FLATTEN, PROJECT])
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
    assert "ends the program that runs it" in _refusal(_file(tmp_path, [POOL, FLATTEN, PROJECT]))


def test_a_file_that_promises_a_huge_result_is_refused_before_it_is_made(tmp_path: Path) -> None:
    repeat = helper.make_node("Tile", ["vectors", "times"], ["many"])
    file = _file(
        tmp_path, [POOL, FLATTEN, PROJECT, repeat], {**WEIGHTS, "times": np.array([1, 2**26])}, gives=("many",)
    )
    assert "more memory than an embedder needs" in _refusal(file)


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
    message = _refusal(_file(tmp_path, nodes, weights, gives=("many",)))
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
    message = _refusal(_file(tmp_path, [POOL, FLATTEN, PROJECT, loop], weights, gives=("turned",)))
    assert "needs longer than 3 s" in message
