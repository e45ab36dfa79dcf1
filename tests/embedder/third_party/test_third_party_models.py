"""ONNX files from elsewhere: what `reid model add` takes, and the sentences with which it refuses the rest."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import openvino
import pytest
from onnx import helper

from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.inference import Embedder
from reid_core.embedder.model import model_id
from reid_core.embedder.runtime import openvino_runner
from reid_core.embedder.third_party.adding import add_network
from reid_core.embedder.third_party.copying import Stated
from reid_core.errors import ReidError
from tests.embedder.third_party.networks import (
    FLATTEN,
    HEIGHT,
    MATRIX,
    POOL,
    PREPROCESSING,
    PROJECT,
    RESHAPE,
    ROWS,
    SIZE,
    WEIGHTS,
    WIDTH,
    add,
    expected,
    onnx_of,
    pictures_of,
    refusal,
)


@pytest.mark.parametrize("batch", ["batch", 1, 4, None])
def test_whatever_batch_a_file_states_it_is_run_for_any(tmp_path: Path, batch: str | int | None) -> None:
    folder = add(onnx_of(tmp_path, [POOL, FLATTEN, PROJECT], takes=(batch, 3, HEIGHT, WIDTH)))
    for count in (1, 3, 9):
        pictures = pictures_of(count)
        np.testing.assert_allclose(Embedder(folder, "cpu").embed_pixels(pictures), expected(pictures), atol=1e-4)


def test_tensors_kept_beside_the_file_are_stored_inside_the_copy(tmp_path: Path) -> None:
    file = onnx_of(tmp_path, [POOL, FLATTEN, PROJECT])
    beside = tmp_path / "theirs.onnx.data"
    onnx.save(onnx.load(file), file, save_as_external_data=True, location=beside.name, size_threshold=0)
    assert beside.stat().st_size >= MATRIX.nbytes
    folder = add(file)
    beside.unlink()
    file.unlink()
    pictures = pictures_of(3)
    np.testing.assert_allclose(Embedder(folder, "cpu").embed_pixels(pictures), expected(pictures), atol=1e-4)


def test_a_file_named_from_its_own_folder_finds_what_is_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = onnx_of(tmp_path, [POOL, FLATTEN, PROJECT])
    onnx.save(onnx.load(file), file, save_as_external_data=True, location="theirs.onnx.data", size_threshold=0)
    monkeypatch.chdir(tmp_path)
    added = add_network(Path(file.name), tmp_path / "added", ModelCard("added", 0, PREPROCESSING))
    assert added.card.embedding_size == SIZE


@pytest.mark.parametrize("damage", [lambda file: file.unlink(), lambda file: file.write_bytes(b"short")])
def test_tensors_that_are_missing_beside_the_file_are_asked_for(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    file = onnx_of(tmp_path, [POOL, FLATTEN, PROJECT])
    onnx.save(onnx.load(file), file, save_as_external_data=True, location="theirs.onnx.data", size_threshold=0)
    damage(tmp_path / "theirs.onnx.data")
    assert "beside it that cannot be read" in refusal(file)


@pytest.mark.parametrize("content", [b"\n", b"not a model", b"\x08\x09"])
def test_bytes_that_are_no_model_are_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "theirs.onnx"
    file.write_bytes(content)
    assert "is not an ONNX model" in refusal(file)


def test_of_two_outputs_the_embedding_is_asked_for(tmp_path: Path) -> None:
    scores = helper.make_node("Softmax", ["vectors"], ["scores"])
    assert "--output vectors or" in refusal(
        onnx_of(tmp_path, [POOL, FLATTEN, PROJECT, scores], gives=("vectors", "scores"))
    )
    file = onnx_of(tmp_path, [POOL, FLATTEN, PROJECT, scores], gives=("scores", "vectors"))
    message = refusal(file)
    assert "2 outputs ('scores', 'vectors')" in message
    assert "--output" in message
    pictures, folder = pictures_of(3), tmp_path / "models" / "chosen"
    add_network(file, folder, ModelCard("chosen", 0, PREPROCESSING), output="vectors")
    np.testing.assert_allclose(Embedder(folder, "cpu").embed_pixels(pictures), expected(pictures), atol=1e-4)
    with pytest.raises(ReidError, match=r"no output 'logits'. It has: 'scores', 'vectors'"):
        add_network(file, tmp_path / "models" / "other", ModelCard("other", 0, PREPROCESSING), output="logits")


def test_a_batch_folded_into_one_vector_is_refused(tmp_path: Path) -> None:
    fold = helper.make_node("Reshape", ["means", "shape"], ["vectors"])
    assert "(1, 96) for 4 pictures" in refusal(onnx_of(tmp_path, [POOL, fold], {"shape": np.array([1, -1])}))


def test_a_batch_fixed_inside_a_file_that_says_it_takes_any_is_refused(tmp_path: Path) -> None:
    file = onnx_of(tmp_path, [POOL, RESHAPE, PROJECT], {**WEIGHTS, "shape": np.array([1, 24])})
    assert "batch axis of any length" in refusal(file)


@pytest.mark.parametrize(("batch", "shape"), [(1, [1, 24]), (1, [1, -1]), (4, [4, 24]), (4, [-1, 24])])
def test_a_file_that_states_a_batch_and_runs_with_no_other_is_run_so(
    tmp_path: Path, batch: int, shape: list[int]
) -> None:
    weights = {**WEIGHTS, "shape": np.array(shape)}
    folder = add(onnx_of(tmp_path, [POOL, RESHAPE, PROJECT], weights, takes=(batch, 3, HEIGHT, WIDTH)))
    for count in (1, 3, 9):
        pictures = pictures_of(count)
        np.testing.assert_allclose(Embedder(folder, "cpu").embed_pixels(pictures), expected(pictures), atol=1e-4)


@pytest.mark.parametrize("batch", [1, 4])
def test_pictures_are_filled_up_where_a_file_cannot_be_run_with_fewer(tmp_path: Path, batch: int) -> None:
    file = onnx_of(tmp_path, [POOL, FLATTEN, PROJECT, ROWS], {**WEIGHTS, "rows": np.zeros((batch, SIZE), np.float32)},
                 takes=(batch, 3, HEIGHT, WIDTH), gives=("sums",))  # fmt: skip
    folder = add(file)
    for count in (1, 3, 9):
        pictures = pictures_of(count)
        np.testing.assert_allclose(Embedder(folder, "cpu").embed_pixels(pictures), expected(pictures), atol=1e-4)


def test_a_file_that_insists_on_many_pictures_is_refused(tmp_path: Path) -> None:
    weights = {**WEIGHTS, "rows": np.zeros((65, SIZE), np.float32)}
    file = onnx_of(tmp_path, [POOL, FLATTEN, PROJECT, ROWS], weights, takes=(65, 3, HEIGHT, WIDTH), gives=("sums",))
    assert "65 pictures at once" in refusal(file)


def test_a_model_that_mixes_the_pictures_of_a_batch_is_refused(tmp_path: Path) -> None:
    middle = helper.make_node("ReduceMean", ["vectors"], ["middle"], axes=[0], keepdims=1)
    twice = helper.make_node("Add", ["vectors", "middle"], ["mixed"])
    message = refusal(onnx_of(tmp_path, [POOL, FLATTEN, PROJECT, middle, twice], gives=("mixed",)))
    assert "together with others than alone" in message


def test_vectors_as_long_as_the_batch_are_refused(tmp_path: Path) -> None:
    turned = helper.make_node("Transpose", ["vectors"], ["turned"], perm=[1, 0])
    table = helper.make_node("MatMul", ["vectors", "turned"], ["table"])
    message = refusal(onnx_of(tmp_path, [POOL, FLATTEN, PROJECT, turned, table], gives=("table",)))
    assert "depends on how many pictures" in message


def test_a_model_that_sees_nothing_is_refused(tmp_path: Path) -> None:
    nothing = helper.make_node("Mul", ["flat", "zero"], ["dark"])
    constant = helper.make_node("Add", ["dark", "one"], ["vectors"])
    weights = {"zero": np.zeros(1, np.float32), "one": np.ones(1, np.float32)}
    assert "every picture the same vector" in refusal(onnx_of(tmp_path, [POOL, FLATTEN, nothing, constant], weights))


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
    message = refusal(onnx_of(tmp_path, [POOL, FLATTEN, PROJECT], {"matrix": MATRIX * np.float32(factor)}))
    assert said in message


def test_sizes_that_were_not_stated_are_those_of_the_file(tmp_path: Path) -> None:
    card = ModelCard("added", 0, Preprocessing(mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25)))
    file, pictures = onnx_of(tmp_path, [POOL, FLATTEN, PROJECT]), pictures_of(2)
    added = add_network(file, tmp_path / "added", card, stated=Stated(size=False))
    assert added.taken == (f"size {HEIGHT}x{WIDTH}",)
    vectors = Embedder(tmp_path / "added", "cpu").embed_pixels(pictures)
    np.testing.assert_allclose(vectors, expected(pictures), atol=1e-4)


def test_weights_that_do_not_fit_the_pictures_size_are_refused(tmp_path: Path) -> None:
    file = onnx_of(tmp_path, [POOL, FLATTEN, PROJECT], {"matrix": MATRIX[:20]}, takes=("batch", 3, None, None))
    assert "cannot be run" in refusal(file)


def test_an_operation_that_the_runtime_does_not_know_is_named(tmp_path: Path) -> None:
    strange = helper.make_node("Frobnicate", ["images"], ["means"], domain="elsewhere")
    assert "elsewhere.Frobnicate" in refusal(onnx_of(tmp_path, [strange, FLATTEN, PROJECT]))


def test_a_model_file_that_fails_while_it_runs_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(request: openvino.InferRequest, inputs: object) -> None:
        raise RuntimeError("Check 'fits' failed")

    run = openvino_runner(onnx_of(tmp_path, [POOL, FLATTEN, PROJECT]), PREPROCESSING)
    monkeypatch.setattr(openvino.InferRequest, "infer", fail)
    with pytest.raises(ReidError, match=r"theirs\.onnx cannot be run"):
        run(pictures_of(3))


def test_of_several_that_take_one_name_at_once_one_gets_it_and_the_others_are_told(tmp_path: Path) -> None:
    file = onnx_of(tmp_path, [POOL, FLATTEN, PROJECT])
    start, said = threading.Barrier(4), []

    def compete() -> None:
        start.wait()
        try:
            add(file, "wanted")
        except BaseException as error:
            said.append(error)

    threads = [threading.Thread(target=compete) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(error) for error in said] == [ReidError] * 3, said
    assert all(str(error).startswith("There is a model wanted already") for error in said)
    assert [folder.name for folder in (tmp_path / "models").iterdir()] == ["wanted"]
    assert Embedder(tmp_path / "models" / "wanted", "cpu").embed_pixels(pictures_of(2)).shape == (2, SIZE)


def test_one_file_added_twice_has_one_id(tmp_path: Path) -> None:
    file = onnx_of(tmp_path, [POOL, FLATTEN, PROJECT])
    assert model_id(add(file, "one")) == model_id(add(file, "two"))


def test_a_name_that_is_taken_is_complained_of_after_what_is_wrong_with_the_file(tmp_path: Path) -> None:
    add(onnx_of(tmp_path, [POOL, FLATTEN, PROJECT]), "taken")
    unread = tmp_path / "theirs.onnx"
    unread.write_bytes(b"not a model")
    with pytest.raises(ReidError, match="is not an ONNX model"):
        add(unread, "taken")
    with pytest.raises(ReidError, match="There is a model taken already"):
        add(onnx_of(tmp_path, [POOL, FLATTEN, PROJECT]), "taken")


def test_a_card_that_says_another_length_is_that_of_another_model(tmp_path: Path) -> None:
    file = onnx_of(tmp_path, [POOL, FLATTEN, PROJECT])
    with pytest.raises(ReidError, match="vectors of 16 numbers, and the card that is given with it says 512"):
        add_network(file, tmp_path / "added", ModelCard("added", 512, PREPROCESSING))
    assert not (tmp_path / "added").exists()
