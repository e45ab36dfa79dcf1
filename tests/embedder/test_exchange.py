"""A model goes out and comes in as it was; what comes from elsewhere is not trusted."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from reid_core.embedder import exchange
from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.exchange import add_zip, parity, write_onnx, zip_model
from reid_core.embedder.model import ONNX_NAME, model_id, save_model
from reid_core.embedder.network import Architecture, EmbeddingNetwork
from reid_core.embedder.runtime import openvino_runner
from reid_core.errors import ReidError
from reid_core.workspace.workspace import Workspace
from tests.conftest import Ended


@pytest.fixture(scope="module", params=["average", "gem"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    architecture = Architecture("test_efficientnet", request.param, 16)
    network = EmbeddingNetwork(architecture, (64, 32)).eval()
    folder = tmp_path_factory.mktemp("model") / "small"
    card = ModelCard("small", network.embedding_size, Preprocessing(64, 32), vars(architecture))
    save_model(folder, network, card)
    return folder


def test_a_zip_comes_back_as_the_same_model(model: Path, tmp_path: Path) -> None:
    (tmp_path / "m.zip").write_bytes(zip_model(model))
    add_zip(tmp_path / "m.zip", tmp_path / "models" / "back")
    assert model_id(tmp_path / "models" / "back") == model_id(model)
    assert ModelCard.read(tmp_path / "models" / "back") == ModelCard.read(model)
    with pytest.raises(ReidError, match="already"):
        add_zip(tmp_path / "m.zip", tmp_path / "models" / "back")
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == ["back"]


def test_only_the_files_of_a_model_are_unpacked_and_none_outside(model: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as packed:
        for file in model.iterdir():
            packed.write(file, file.name)
        packed.writestr("../../escaped.txt", "x")
        packed.writestr("small/evil.py", "x")
    add_zip(tmp_path / "m.zip", tmp_path / "models" / "back")
    assert {path.name for path in (tmp_path / "models" / "back").iterdir()} == {path.name for path in model.iterdir()}
    assert not (tmp_path / "escaped.txt").exists()


def test_what_is_no_model_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Path) -> None:
    (tmp_path / "text.zip").write_text("no zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as packed:
        packed.writestr("photo.jpg", "x")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("m/card.json", b" " * 2**21)
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as packed:
        packed.writestr("a/card.json", "{}")
        packed.writestr("b/card.json", "{}")
    for name, said in (("text", "no zip"), ("other", "holds no card.json"), ("bomb", "larger"), ("twice", "twice")):
        with pytest.raises(ReidError, match=said):
            add_zip(tmp_path / f"{name}.zip", tmp_path / "models" / "back")
    assert list((tmp_path / "models").iterdir()) == []


def test_onnx_and_weights_agree_and_a_file_that_does_not_is_refused(model: Path, tmp_path: Path) -> None:
    found = parity(model)
    assert found is not None
    assert found.cosine > 0.99999
    other = tmp_path / "other"
    shutil.copytree(model, other)
    graph = onnx.load(other / ONNX_NAME)
    kernel = max(graph.graph.initializer, key=lambda tensor: len(tensor.raw_data))
    values = numpy_helper.to_array(kernel)
    noise = np.random.default_rng(0).standard_normal(values.shape).astype(values.dtype)
    kernel.CopyFrom(numpy_helper.from_array(noise * values.std() + values, kernel.name))
    onnx.save(graph, other / ONNX_NAME)
    with pytest.raises(ReidError, match="does not give what its weights give"):
        parity(other)


def test_a_third_party_model_has_nothing_to_be_compared_with(tiny_model: Path) -> None:
    assert parity(tiny_model) is None


def test_onnx_goes_out_with_its_card_and_takes_any_batch(model: Path, tmp_path: Path) -> None:
    beside = write_onnx(model, tmp_path / "net.onnx")
    card = json.loads(beside.read_text())
    assert (card["preprocessing"]["height"], card["preprocessing"]["width"]) == (64, 32)
    run = openvino_runner(tmp_path / "net.onnx", Preprocessing(64, 32))
    assert [run(np.zeros((batch, 64, 32, 3), np.uint8)).shape for batch in (1, 5)] == [(1, 16), (5, 16)]


def test_the_command_says_that_both_agree_and_takes_its_zip_back(
    model: Path, tmp_path: Path, run_command: Callable[..., Ended]
) -> None:
    workspace = Workspace(tmp_path / "ws")
    shutil.copytree(model, workspace.models_folder / "small")
    said = run_command(workspace.path, "model", "export", "small", tmp_path / "out.zip")
    assert said.code == 0
    assert "ONNX and PyTorch agree on batches of 1, 3, 8" in said.err + said.out
    added = run_command(workspace.path, "model", "add", tmp_path / "out.zip", "--name", "back", "--json")
    assert added.json()["id"] == model_id(model)
    refused = run_command(workspace.path, "model", "export", "small", tmp_path / "out.tar")
    assert refused.code == 1
    assert "must end with .zip" in refused.err
    assert exchange.FILES[0] == "card.json"
