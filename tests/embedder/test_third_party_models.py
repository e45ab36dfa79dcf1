"""ONNX files from elsewhere: what `reid model add` takes, and the sentences with which it refuses the rest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import onnx
import openvino
import pytest
from onnx import TensorProto, helper, numpy_helper

from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.inference import Embedder
from reid_core.embedder.model import add_onnx, model_id
from reid_core.embedder.runtime import openvino_runner
from reid_core.errors import ReidError

HEIGHT, WIDTH, SIZE = 64, 32, 16
PREPROCESSING = Preprocessing(HEIGHT, WIDTH, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
MATRIX = np.random.default_rng(7).normal(size=(24, SIZE)).astype(np.float32)

Shape = Sequence[str | int | None] | None
POOL = helper.make_node("AveragePool", ["images"], ["means"], kernel_shape=[8, WIDTH], strides=[8, WIDTH])
FLATTEN = helper.make_node("Flatten", ["means"], ["flat"])
RESHAPE = helper.make_node("Reshape", ["means", "shape"], ["flat"])
PROJECT = helper.make_node("MatMul", ["flat", "matrix"], ["vectors"])
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
    add_onnx(file, folder, ModelCard(name, 0, PREPROCESSING))
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
    assert add_onnx(Path(file.name), tmp_path / "added", ModelCard("added", 0, PREPROCESSING)).embedding_size == SIZE


@pytest.mark.parametrize("damage", [lambda file: file.unlink(), lambda file: file.write_bytes(b"short")])
def test_tensors_that_are_missing_beside_the_file_are_asked_for(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    file = _file(tmp_path, [POOL, FLATTEN, PROJECT])
    onnx.save(onnx.load(file), file, save_as_external_data=True, location="theirs.onnx.data", size_threshold=0)
    damage(tmp_path / "theirs.onnx.data")
    assert "beside it that cannot be read" in _refusal(file)


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x09"])
def test_bytes_that_are_no_model_are_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "theirs.onnx"
    file.write_bytes(content)
    assert "is not an ONNX model" in _refusal(file)


def test_two_outputs_are_refused_by_their_names(tmp_path: Path) -> None:
    scores = helper.make_node("Softmax", ["vectors"], ["scores"])
    message = _refusal(_file(tmp_path, [POOL, FLATTEN, PROJECT, scores], gives=("scores", "vectors")))
    assert "2 outputs ('scores', 'vectors')" in message


def test_a_batch_folded_into_one_vector_is_refused(tmp_path: Path) -> None:
    fold = helper.make_node("Reshape", ["means", "shape"], ["vectors"])
    assert "(1, 72) for 3 pictures" in _refusal(_file(tmp_path, [POOL, fold], {"shape": np.array([1, -1])}))


def test_a_batch_fixed_inside_the_file_is_refused(tmp_path: Path) -> None:
    file = _file(tmp_path, [POOL, RESHAPE, PROJECT], {**WEIGHTS, "shape": np.array([1, 24])})
    assert "batch axis of any length" in _refusal(file)


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


@pytest.mark.parametrize(("factor", "said"), [(0.0, "without a direction"), (np.nan, "not finite"), (np.inf, "finite")])
def test_a_model_that_gives_no_directions_is_refused(tmp_path: Path, factor: float, said: str) -> None:
    message = _refusal(_file(tmp_path, [POOL, FLATTEN, PROJECT], {"matrix": MATRIX * np.float32(factor)}))
    assert said in message


@pytest.mark.parametrize("takes", [None, ("batch", 3), ("batch", 3, 1, HEIGHT, WIDTH)])
def test_an_input_of_another_rank_or_of_none_is_refused(tmp_path: Path, takes: Shape) -> None:
    file = _file(tmp_path, [helper.make_node("Flatten", ["images"], ["vectors"])], {}, takes=takes)
    assert "one input (B, 3, H, W)" in _refusal(file)


def test_an_input_of_bytes_is_refused_as_it_would_be_normalised_twice(tmp_path: Path) -> None:
    floats = helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT)
    pool = helper.make_node("AveragePool", ["floats"], ["means"], kernel_shape=[8, WIDTH], strides=[8, WIDTH])
    file = _file(tmp_path, [floats, pool, FLATTEN, PROJECT], kind=TensorProto.UINT8)
    assert "takes u8 numbers" in _refusal(file)


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


class _Broken:
    """A pool of processes of which the only one has died."""

    def __init__(self, *given: object) -> None:
        pass

    def __enter__(self) -> _Broken:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def submit(self, *given: object) -> Future[int]:
        future: Future[int] = Future()
        future.set_exception(BrokenProcessPool("terminated abruptly"))
        return future


def test_a_model_file_that_ends_its_process_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reid_core.embedder.runtime.ProcessPoolExecutor", _Broken)
    assert "ends the program" in _refusal(_file(tmp_path, [POOL, FLATTEN, PROJECT]))
