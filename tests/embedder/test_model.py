from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.inference import Embedder
from reid_core.embedder.model import (
    ONNX_NAME,
    WEIGHTS_NAME,
    load_network,
    model_id,
    save_model,
)
from reid_core.embedder.network import Architecture, EmbeddingNetwork, GeM, UnitLength
from reid_core.embedder.third_party.adding import add_network
from reid_core.errors import ReidError

SIZE = (64, 32)
ARCHITECTURE = Architecture("test_efficientnet", projection=24)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(3)
    network = EmbeddingNetwork(ARCHITECTURE, SIZE).train()
    with torch.no_grad():  # so that the batch norms hold something
        for _ in range(3):
            network(torch.randn(16, 3, *SIZE))
    folder = tmp_path_factory.mktemp("models") / "small"
    card = ModelCard("small", network.embedding_size, Preprocessing(*SIZE), dataclasses.asdict(ARCHITECTURE))
    save_model(folder, network, card)
    return folder


def test_the_onnx_file_gives_the_networks_vectors_for_any_batch_size(saved: Path) -> None:
    embedder = Embedder(saved, "cpu")
    network = UnitLength(load_network(saved)).eval()
    for count in (1, 2, 7, 33):
        pixels = np.random.default_rng(count).integers(0, 256, (count, *SIZE, 3), dtype=np.uint8)
        with torch.inference_mode():
            expected = network(torch.from_numpy(embedder.card.preprocessing.normalise(pixels))).numpy()
        vectors = embedder.embed_pixels(pixels)
        assert vectors.shape == (count, 24)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        assert (vectors * expected).sum(axis=1).min() > 0.9999


def test_no_pictures_give_no_vectors(saved: Path) -> None:
    assert Embedder(saved, "cpu").embed([]).shape == (0, 24)


def test_weights_are_stored_in_half_precision_and_both_files_hold_the_same(saved: Path) -> None:
    full = sum(tensor.numel() for tensor in load_network(saved).state_dict().values())
    assert (saved / WEIGHTS_NAME).stat().st_size < 2.6 * full + 50_000
    assert (saved / ONNX_NAME).stat().st_size < 2.6 * full + 100_000


def test_the_id_follows_weights_and_preprocessing_but_not_the_words_of_the_card(saved: Path, tmp_path: Path) -> None:
    before = model_id(saved)
    copy = tmp_path / "copy"
    shutil.copytree(saved, copy)
    card = ModelCard.read(copy)
    dataclasses.replace(card, name="renamed", metrics={"mAP": 0.9}).write(copy)
    assert model_id(copy) == before
    dataclasses.replace(card, preprocessing=Preprocessing(128, 64)).write(copy)
    assert model_id(copy) != before
    card.write(copy)
    weights = bytearray((copy / WEIGHTS_NAME).read_bytes())
    weights[-1] ^= 1
    (copy / WEIGHTS_NAME).write_bytes(weights)
    assert model_id(copy) != before


@pytest.mark.parametrize("name", [WEIGHTS_NAME, ONNX_NAME])
def test_the_id_follows_both_files_as_a_gpu_runs_one_and_a_cpu_the_other(
    saved: Path, tmp_path: Path, name: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(saved, copy)
    before = model_id(copy)
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    changed = model_id(copy)
    assert changed != before
    (copy / name).unlink()
    assert model_id(copy) not in (before, changed)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff" * 64])
def test_damaged_weights_are_a_sentence_that_names_the_folder(saved: Path, tmp_path: Path, content: bytes) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(saved, copy)
    (copy / WEIGHTS_NAME).write_bytes(content)
    with pytest.raises(ReidError, match=r"copy cannot be read"):
        load_network(copy)


@pytest.mark.parametrize(
    "architecture",
    [
        {},
        {"backbone": "test_efficientnet", "depth": 3},
        {"backbone": 3},
        {"backbone": "test_efficientnet", "projection": -1},
    ],
)
def test_an_architecture_that_nobody_can_build_is_a_sentence_that_names_the_folder(
    saved: Path, tmp_path: Path, architecture: dict[str, object]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(saved, copy)
    dataclasses.replace(ModelCard.read(copy), architecture=architecture).write(copy)
    with pytest.raises(ReidError, match=r"copy cannot be built"):
        load_network(copy)


def test_a_model_without_its_weights_is_a_sentence(saved: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(saved, copy)
    (copy / WEIGHTS_NAME).unlink()
    (copy / ONNX_NAME).unlink()
    with pytest.raises(ReidError, match="neither"):
        Embedder(copy, "cpu")


def test_gem_with_power_one_is_the_average_and_with_a_large_one_the_maximum() -> None:
    features = torch.rand(2, 5, 4, 3) + 0.1
    torch.testing.assert_close(GeM(1.0)(features), features.mean(dim=(2, 3)))
    torch.testing.assert_close(GeM(200.0)(features), features.amax(dim=(2, 3)), rtol=0.05, atol=0.0)


def test_average_pooling_takes_transformers_and_gem_refuses_them() -> None:
    network = EmbeddingNetwork(Architecture("test_vit"), (64, 64)).eval()
    assert network(torch.zeros(2, 3, 64, 64)).shape == (2, network.embedding_size)
    with pytest.raises(ReidError, match="no feature map"):
        EmbeddingNetwork(Architecture("test_vit", pooling="gem"), (64, 64))


def test_an_unknown_backbone_names_the_nearest() -> None:
    with pytest.raises(ReidError, match="tf_efficientnet_lite0"):
        EmbeddingNetwork(Architecture("tf_efficientnet_lite_0"), SIZE)


def test_the_name_that_papers_use_finds_todays_backbone() -> None:
    network = EmbeddingNetwork(Architecture("tf_efficientnet_b0_ns"), SIZE)
    assert network.embedding_size == 1280


def test_a_third_party_onnx_file_is_added_with_its_size_and_embeds(tiny_onnx: Path, tmp_path: Path) -> None:
    preprocessing = Preprocessing(64, 32, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
    card = add_network(tiny_onnx, tmp_path / "stripes", ModelCard("stripes", 0, preprocessing)).card
    assert card.embedding_size == 16
    assert Embedder(tmp_path / "stripes").embed_pixels(np.full((3, 64, 32, 3), 9, np.uint8)).shape == (3, 16)
    with pytest.raises(ReidError, match="already"):
        add_network(tiny_onnx, tmp_path / "stripes", card)


def test_an_onnx_file_of_another_input_size_says_which_size_it_takes(tiny_onnx: Path, tmp_path: Path) -> None:
    with pytest.raises(ReidError, match="height 64, not 256"):
        add_network(tiny_onnx, tmp_path / "wrong", ModelCard("wrong", 0, Preprocessing(256, 32)))
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_onnx_model_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(b"not a model")
    with pytest.raises(ReidError, match=r"model\.onnx"):
        add_network(file, tmp_path / "model", ModelCard("model", 0, Preprocessing()))


def test_a_card_that_states_another_size_than_the_model_gives_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny_model, copy)
    dataclasses.replace(ModelCard.read(copy), embedding_size=512).write(copy)
    with pytest.raises(ReidError, match="16 numbers, its card says 512"):
        Embedder(copy).embed_pixels(np.zeros((1, 64, 32, 3), np.uint8))


def test_openvino_is_imported_without_its_usage_reporting() -> None:
    import subprocess
    import sys

    code = (
        "import sys\nfrom reid_core.openvino_networks import _openvino\n_openvino(1)\n"
        "print([name for name, module in sys.modules.items() if 'openvino_telemetry' in name and module])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.strip() == "[]"


def test_a_process_that_opened_and_closed_models_still_bears_a_signal(tiny_model: Path) -> None:
    """OpenVINO's signal stack, which it sets up on processors with AMX, outlived its memory: no word, only the end."""
    import subprocess
    import sys

    code = (
        "import signal, subprocess, sys, numpy as np\nfrom pathlib import Path\n"
        "from reid_core.embedder.inference import Embedder\n"
        f"def opened():\n    one = Embedder(Path({str(tiny_model)!r}), 'cpu')\n"
        "    one.embed_pixels(np.zeros((1, 64, 32, 3), np.uint8))\n    return one\n"
        "first = opened()\nsecond = opened()\ndel first\ndel second\n"
        "heard = []\nsignal.signal(signal.SIGCHLD, lambda *given: heard.append(given))\n"
        "subprocess.run([sys.executable, '-c', ''], check=True)\nprint(len(heard))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout.strip()) == (0, "1"), ended.stderr


def test_a_search_on_a_machine_without_gpu_does_not_import_torch(tiny_model: Path, saved: Path) -> None:
    import subprocess
    import sys

    code = (
        "import ctypes, sys\n"
        "def no_driver(name): raise OSError(name)\n"
        "ctypes.CDLL = no_driver\n"
        "from pathlib import Path\nfrom PIL import Image\nfrom reid_core.embedder.inference import Embedder\n"
        f"Embedder(Path({str(saved)!r})).embed([Image.new('RGB', (32, 64))])\n"
        "print('torch' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.strip() == "False"


def test_several_threads_may_bring_the_runtimes_first_pictures_at_once(tiny_model: Path) -> None:
    """OpenVINO's bindings hang in about one process of five when two threads bring it its first arrays together."""
    import subprocess
    import sys

    code = (
        "import threading, numpy as np\nfrom pathlib import Path\nfrom reid_core.embedder.inference import Embedder\n"
        f"def go(): Embedder(Path({str(tiny_model)!r})).embed_pixels(np.zeros((64, 64, 32, 3), np.uint8))\n"
        "threads = [threading.Thread(target=go) for _ in range(3)]\n"
        "[t.start() for t in threads]\n[t.join() for t in threads]"
    )
    for _ in range(6):
        subprocess.run([sys.executable, "-c", code], timeout=60, check=True)
