"""OpenVINO's own format, an IR, is taken like an ONNX file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino
import pytest
from onnx import helper

from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.inference import Embedder
from reid_core.embedder.model import model_id
from reid_core.embedder.preprocessing import AS_BYTES
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
    WIDTH,
    add,
    expected,
    onnx_of,
    pictures_of,
)


def _ir(folder: Path, onnx_file: Path, conversion: dict[str, str] | None = None) -> Path:
    model = openvino.Core().read_model(onnx_file)
    for parameter, value in (conversion or {}).items():
        model.set_rt_info(value, ["conversion_parameters", parameter])
    openvino.save_model(model, folder / "theirs.xml", compress_to_fp16=False)
    return folder / "theirs.xml"


def test_an_ir_is_taken_with_its_weights_and_runs_when_they_are_gone(tmp_path: Path) -> None:
    file = _ir(tmp_path, onnx_of(tmp_path, [POOL, FLATTEN, PROJECT]))
    folder, pictures = add(file), pictures_of(5)
    ids = model_id(folder), model_id(add(file, "again"))
    assert ids[0] == ids[1]
    file.unlink()
    file.with_suffix(".bin").unlink()
    np.testing.assert_allclose(Embedder(folder, "cpu").embed_pixels(pictures), expected(pictures), atol=1e-4)
    (folder / "model.bin").write_bytes(bytes(MATRIX.nbytes))
    assert model_id(folder) != ids[0]


def test_of_an_ir_with_two_outputs_one_is_kept(tmp_path: Path) -> None:
    scores = helper.make_node("Softmax", ["vectors"], ["scores"])
    file = _ir(tmp_path, onnx_of(tmp_path, [POOL, FLATTEN, PROJECT, scores], gives=("scores", "vectors")))
    folder, pictures = tmp_path / "chosen", pictures_of(3)
    with pytest.raises(ReidError, match="2 outputs"):
        add_network(file, folder, ModelCard("chosen", 0, PREPROCESSING))
    add_network(file, folder, ModelCard("chosen", 0, PREPROCESSING), output="vectors")
    np.testing.assert_allclose(Embedder(folder, "cpu").embed_pixels(pictures), expected(pictures), atol=1e-4)


def test_what_an_ir_says_of_its_conversion_is_taken_unless_it_was_stated(tmp_path: Path) -> None:
    said = {"mean_values": "data[123.675,116.28,103.53]", "scale_values": "data[58,57,57]"}
    file = _ir(tmp_path, onnx_of(tmp_path, [POOL, FLATTEN, PROJECT]), {**said, "reverse_input_channels": "True"})
    card = ModelCard("added", 0, Preprocessing(HEIGHT, WIDTH))
    unstated = Stated(normalisation=False, colours=False)
    taken = add_network(file, tmp_path / "one", card, stated=unstated).card.preprocessing
    assert (taken.mean, taken.std, taken.colours) == (*AS_BYTES, "bgr")
    assert add_network(file, tmp_path / "two", card).card.preprocessing == Preprocessing(HEIGHT, WIDTH)


def test_an_ir_without_its_weights_or_another_xml_is_refused(tmp_path: Path) -> None:
    file = _ir(tmp_path, onnx_of(tmp_path, [POOL, FLATTEN, PROJECT]))
    weights = file.with_suffix(".bin").read_bytes()
    file.with_suffix(".bin").unlink()
    with pytest.raises(ReidError, match=r"has no theirs\.bin next to it"):
        add(file)
    file.with_suffix(".bin").write_bytes(weights[:10])
    with pytest.raises(ReidError, match=r"^theirs\.xml "):
        add(file)
    file.write_text("<annotations/>")
    with pytest.raises(ReidError, match="not an OpenVINO model"):
        add(file)
