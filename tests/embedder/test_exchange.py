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
from reid_core.embedder.card import MOST_CARD_BYTES, ModelCard, Preprocessing
from reid_core.embedder.exchange import add_zip, parity, write_onnx, zip_model
from reid_core.embedder.model import ONNX_NAME, model_id, save_model
from reid_core.embedder.network import Architecture, EmbeddingNetwork
from reid_core.embedder.runtime import openvino_runner
from reid_core.embedder.third_party.adding import add_network
from reid_core.errors import ReidError
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, Ended


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
        packed.writestr("m/card.json", b" " * (MOST_CARD_BYTES + 1))
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as packed:
        packed.writestr("a/card.json", "{}")
        packed.writestr("b/card.json", "{}")
    for name, said in (("text", "no zip"), ("other", "holds no card.json"), ("bomb", "larger"), ("twice", "twice")):
        with pytest.raises(ReidError, match=said):
            add_zip(tmp_path / f"{name}.zip", tmp_path / "models" / "back")
    assert list((tmp_path / "models").iterdir()) == []


def _zip(file: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            entry = zipfile.ZipInfo(name or "x")
            entry.filename, entry.compress_type = name, zipfile.ZIP_DEFLATED
            packed.writestr(entry, content)
    return file


@pytest.fixture
def parts(tiny_model: Path) -> dict[str, bytes]:
    """The files of a third-party model, as entries of a zip."""
    return {f"stripes/{file.name}": file.read_bytes() for file in sorted(tiny_model.iterdir())}


def test_a_zip_as_windows_writes_it_and_odd_entries_are_taken(parts: dict[str, bytes], tmp_path: Path) -> None:
    entries = {name.replace("/", "\\"): content for name, content in parts.items()}
    file = _zip(tmp_path / "m.zip", {**entries, "": b"x", "stripes/deep/er/card.json": b"{}", "/": b"", "..": b"x"})
    assert add_zip(file, tmp_path / "models" / "added").card.embedding_size == 16


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stripes/card.json": b"[" * 100_000}, r"The card in m\.zip cannot be used \(it is nested too deep\)"),
        ({"stripes/card.json": b'{"name": NaN}'}, "has no 'embedding_size'"),
        ({"stripes/model.onnx": b"not a model"}, r"The network in m\.zip is not an ONNX model"),
        ({"stripes/model.onnx": None}, "holds no model.onnx"),
        ({"stripes/card.json": None}, r"holds no card\.json.* add model\.onnx"),
        ({"other/weights.safetensors": b"x"}, "more than one model"),
        ({"stripes/weights.safetensors": b"not tensors"}, r"weights\.safetensors in m\.zip cannot be read"),
        ({"stripes/model.onnx": bytes(2**27)}, "packed more than 50 times"),
    ],
)  # fmt: skip
def test_a_zip_of_a_damaged_model_is_a_sentence(
    parts: dict[str, bytes], tmp_path: Path, changes: dict[str, bytes | None], said: str
) -> None:
    entries = {name: content for name, content in {**parts, **changes}.items() if content is not None}
    with pytest.raises(ReidError, match=said) as raised:
        add_zip(_zip(tmp_path / "m.zip", entries), tmp_path / "models" / "added")
    assert str(tmp_path / "models") not in str(raised.value)
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375]}, "scale of 0 to 255"),
        ({"height": 128}, "takes pictures of height 64, not 128"),
        ({"embedding_size": 512}, "vectors of 16 numbers, its card says 512"),
    ],
)
def test_the_network_of_a_zip_is_tried_as_its_card_says(
    parts: dict[str, bytes], tmp_path: Path, change: dict[str, object], said: str
) -> None:
    card = json.loads(parts["stripes/card.json"])
    card |= {name: value for name, value in change.items() if name in card}
    card["preprocessing"] |= {name: value for name, value in change.items() if name not in card}
    with pytest.raises(ReidError, match=said):
        add_zip(_zip(tmp_path / "m.zip", {**parts, "stripes/card.json": json.dumps(card).encode()}), tmp_path / "added")


def test_zips_of_pytorch_are_known(tmp_path: Path) -> None:
    file = _zip(tmp_path / "m.zip", {"archive/data.pkl": b"x", "archive/data/0": b"x"})
    with pytest.raises(ReidError, match="PyTorch weights"):
        add_zip(file, tmp_path / "added")


def test_an_ir_goes_out_in_a_zip_and_comes_back(tiny_onnx: Path, tmp_path: Path) -> None:
    import openvino

    openvino.save_model(openvino.Core().read_model(tiny_onnx), tmp_path / "net.xml", compress_to_fp16=False)
    preprocessing = Preprocessing(64, 32, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25), colours="bgr")
    add_network(tmp_path / "net.xml", tmp_path / "ir", ModelCard("a name/with ..", 0, preprocessing))
    (tmp_path / "m.zip").write_bytes(zip_model(tmp_path / "ir"))
    assert {name.partition("/")[0] for name in zipfile.ZipFile(tmp_path / "m.zip").namelist()} == {"a-name-with-"}
    add_zip(tmp_path / "m.zip", tmp_path / "back")
    assert model_id(tmp_path / "back") == model_id(tmp_path / "ir")
    assert ModelCard.read(tmp_path / "back").preprocessing == preprocessing
    with pytest.raises(ReidError, match=r"OpenVINO IR.*\.zip"):
        write_onnx(tmp_path / "ir", tmp_path / "out.onnx")


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
    workspace = Workspace(tmp_path / "ws", TESTER)
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
