"""A crop to which a model gives no direction costs that crop, and nothing else."""

from __future__ import annotations

import dataclasses
import sqlite3
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from reid_core.datasets import read_dataset
from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.inference import Embedder
from reid_core.embedder.model import ONNX_NAME
from reid_core.embedder.third_party.adding import add_network
from reid_core.errors import ReidError
from reid_core.evaluation.presentation.policy_sentences import cautions
from reid_core.retrieval.filters import Filter
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.catalogue.vectors import read_vectors
from reid_core.workspace.deletion import deletion
from reid_core.workspace.evaluations.measuring import evaluate_model, read_sides
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.models.promotion import compare_models, promote
from reid_core.workspace.search import embedding
from reid_core.workspace.search.embedding import embed_gallery
from reid_core.workspace.search.gallery_index import GalleryIndex
from reid_core.workspace.search.no_direction import REASON, without_direction
from reid_core.workspace.search.searching import Example, Question, search
from reid_core.workspace.workspace import ModelEntry, Workspace
from tests.conftest import TESTER, png_bytes, tiny_picture

SIZE = 16
PEOPLE, CAMERAS = 4, 3


def save_model(file: Path, *, divided: bool, scale: float = 1.0) -> None:
    """Mean colours of eight stripes times a matrix: of a black picture zeros, and 0/0 where `divided` by its length."""
    matrix = scale * np.random.default_rng(7).normal(size=(24, SIZE)).astype(np.float32)
    nodes = [
        helper.make_node("AveragePool", ["images"], ["means"], kernel_shape=[8, 32], strides=[8, 32]),
        helper.make_node("Flatten", ["means"], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], ["product"]),
    ]
    last = "product"
    if divided:
        nodes.append(helper.make_node("ReduceL2", ["product"], ["length"], axes=[1], keepdims=1))
        nodes.append(helper.make_node("Div", ["product", "length"], ["divided"]))
        last = "divided"
    graph = helper.make_graph(
        nodes, "stripes",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, 64, 32])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, ["batch", SIZE])],
        [numpy_helper.from_array(matrix, "matrix")],
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), file)


def add_model(workspace: Workspace, name: str, folder: Path, **options) -> Embedder:
    file = folder / f"{name}.onnx"
    save_model(file, **options)
    preprocessing = Preprocessing(64, 32, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    target = workspace.models_folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    add_network(file, target, ModelCard(name, 0, preprocessing, trained_on="nothing", terms="Free for any use"))
    return Embedder(target, "cpu")


def add_crops(workspace: Workspace, folder: Path, black: set[int], name: str = "g") -> None:
    """Two crops of each person in each camera, the first a query; those of the numbers in `black` are black."""
    folder.mkdir()
    rows = []
    for number in range(2 * PEOPLE * CAMERAS):
        person, camera, first = number // (2 * CAMERAS), number // 2 % CAMERAS, number % 2 == 0
        picture = Image.new("RGB", (32, 64)) if number in black else tiny_picture(person, number)
        if number in black:  # black, and yet a picture of its own
            picture.putpixel((0, 0), (0, 0, 0))
            picture = picture.resize((32 + number, 64))
        (folder / f"{number:02}.png").write_bytes(png_bytes(picture))
        rows.append({"path": f"{number:02}.png", "identity": f"p{person}", "camera": f"c{camera}"})
        rows[-1]["split"] = "query" if first else "gallery"
    pd.DataFrame(rows).to_csv(folder / "crops.csv", index=False)
    import_dataset(workspace, read_dataset(folder / "crops.csv"), name, stop=StopRequest())


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


def embed(workspace: Workspace, embedder: Embedder, gallery: str = "g"):
    return embed_gallery(workspace, gallery, embedder, stop=StopRequest())


@pytest.mark.parametrize("divided", [True, False], ids=["no numbers", "zeros"])
@pytest.mark.parametrize("black", [{0}, {3, 4}, {23}, {0, 1, 2, 3}, {4, 5, 6, 7, 23}])
def test_it_is_left_out_and_named_wherever_it_stands(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, divided: bool, black: set[int]
) -> None:
    """Batches are of four crops: it stands first, last, in two batches, and fills the first or a later one."""
    monkeypatch.setattr(embedding, "BATCH", 4)
    add_crops(workspace, tmp_path / "crops", black)
    embedder = add_model(workspace, "unit", tmp_path, divided=divided)
    first = embed(workspace, embedder)
    assert (first.added, first.already) == (24 - len(black), 0)
    assert {item.path: item.reason for item in first.skipped} == {f"{n:02}.png": REASON for n in black}
    ids, vectors = read_vectors(workspace.catalogue, "g", embedder.id)
    assert len(ids) == 24 - len(black)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=2e-3)
    # Run again: nothing is tried, nothing is missing, and it is named as before.
    monkeypatch.setattr(Embedder, "directions", lambda *_: pytest.fail("it was tried again"))
    again = embed(workspace, embedder)
    assert (again.added, again.already, set(again.skipped)) == (0, 24 - len(black), set(first.skipped))
    info = workspace.catalogue.gallery("g")
    assert (info.to_embed(embedder.id), info.without_direction) == (0, {embedder.id: len(black)})


def test_a_model_that_gives_no_crop_a_direction_is_damaged(workspace: Workspace, tmp_path: Path) -> None:
    add_crops(workspace, tmp_path / "crops", set(range(24)))
    embedder = add_model(workspace, "unit", tmp_path, divided=True)
    for _ in range(2):
        with pytest.raises(ReidError, match="gives vectors without a direction; its weights are damaged"):
            embed(workspace, embedder)
    assert without_direction(workspace.catalogue, "g", embedder.id) == {}
    assert workspace.catalogue.gallery("g").without_direction == {}


@pytest.mark.parametrize("scale", [1e-30, 1e25])
def test_numbers_far_from_one_are_a_direction(workspace: Workspace, tmp_path: Path, scale: float) -> None:
    """Their squares are beyond float32, their direction is not."""
    plain = add_model(workspace, "plain", tmp_path, divided=False)
    folder = workspace.models_folder / "far"  # put there by hand: to be added it would be tried, and refused
    folder.mkdir()
    save_model(folder / ONNX_NAME, divided=False, scale=scale)
    dataclasses.replace(plain.card, name="far").write(folder)
    far = Embedder(folder, "cpu")
    pictures = [tiny_picture(person, 0) for person in range(3)]
    np.testing.assert_allclose(far.embed(pictures), plain.embed(pictures), atol=1e-3)


def test_search_and_index_do_without_it(workspace: Workspace, tmp_path: Path) -> None:
    add_crops(workspace, tmp_path / "crops", {4})
    embedder = add_model(workspace, "unit", tmp_path, divided=True)
    embed(workspace, embedder)
    index = GalleryIndex(workspace, "g", embedder.id)
    answer = search(workspace, index, embedder, Question((Example(png_bytes(tiny_picture(1, 99))),), 24, Filter()))
    assert (answer.searched, len(answer.hits())) == (23, 23)
    black = next(iter(without_direction(workspace.catalogue, "g", embedder.id)))
    with pytest.raises(ReidError, match=rf"gives crop {black} \(04\.png\) no usable vector"):
        search(workspace, index, embedder, Question((Example(crop=black),), 5, Filter()))
    photo = Example(png_bytes(Image.new("RGB", (32, 64))), name="night.png")
    with pytest.raises(ReidError, match=r"gives night\.png no usable vector.*another picture"):
        search(workspace, index, embedder, Question((photo,), 5, Filter()))


def test_an_evaluation_leaves_it_out_and_says_so(workspace: Workspace, tmp_path: Path) -> None:
    """Crop 4 is a query, crop 7 one of the gallery: 11 of the 12 of each are left."""
    add_crops(workspace, tmp_path / "crops", {4, 7})
    embedder = add_model(workspace, "unit", tmp_path, divided=True)
    embed(workspace, embedder)
    sides = read_sides(workspace, "g", embedder.id)
    assert (len(sides.queries), len(sides.gallery), sides.left_out, sides.undirected) == (11, 11, 2, 2)
    report = evaluate_model(workspace, "g", ModelEntry("unit", embedder.folder, embedder.id, embedder.card))
    assert report.queries == 11
    assert any(
        said.startswith("Left out: 2 crops to which the model gives no usable vector") for said in cautions(report)
    )
    assert not any("without a vector" in note for note in report.notes)
    # A crop that was never embedded is another matter.
    with sqlite3.connect(workspace.catalogue.path) as database:
        database.execute("DELETE FROM vector WHERE crop = (SELECT MAX(crop) FROM vector)")
    with pytest.raises(ReidError, match="^1 of the 24 crops to evaluate are not embedded"):
        read_sides(workspace, "g", embedder.id)


def test_two_models_are_compared_on_what_both_give_a_direction(workspace: Workspace, tmp_path: Path) -> None:
    """The other model shifts colours, so that it gives black a direction."""
    add_crops(workspace, tmp_path / "crops", {4, 7})
    unit = add_model(workspace, "unit", tmp_path, divided=True)
    folder = workspace.models_folder / "shifted"
    card = dataclasses.replace(unit.card, name="shifted", preprocessing=Preprocessing(64, 32, mean=(0.5, 0.5, 0.5)))
    add_network(tmp_path / "unit.onnx", folder, card)
    shifted = Embedder(folder, "cpu")
    embed(workspace, unit)
    assert embed(workspace, shifted).skipped == ()
    found = compare_models(workspace, "g", unit, shifted)
    assert found.queries == 11
    assert "Left out: 2 crops to which one of the models gives no usable vector." in found.caveats
    promote(workspace, "g", unit, purpose="", even_so="a test", stop=StopRequest())
    assert workspace.catalogue.gallery("g").models[-1][1] == "unit"


def test_what_is_deleted_is_forgotten(workspace: Workspace, tmp_path: Path) -> None:
    add_crops(workspace, tmp_path / "crops", {4})
    embedder = add_model(workspace, "unit", tmp_path, divided=True)
    embed(workspace, embedder)
    (black,) = without_direction(workspace.catalogue, "g", embedder.id)
    deletion.delete(workspace, "g", Selection(ids=frozenset({black})), "A test")
    assert without_direction(workspace.catalogue, "g", embedder.id) == {}
    assert workspace.catalogue.gallery("g").without_direction == {}
    assert embed(workspace, embedder).skipped == ()
