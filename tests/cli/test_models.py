"""`reid model add`: what is taken from the card next to a file, what options change, and what is said of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reid_core.embedder.card import CARD_NAME, ModelCard
from reid_core.embedder.exchange import write_onnx
from reid_core.embedder.inference import Embedder
from reid_core.embedder.model import model_id
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, Ended

Command = Callable[..., Ended]


@pytest.fixture
def exported(tiny_model: Path, tmp_path: Path) -> Path:
    """The tiny model's ONNX file, with its card next to it: 64 x 32, mean 0.5, std 0.25."""
    write_onnx(tiny_model, tmp_path / "net.onnx")
    return tmp_path / "net.onnx"


def test_the_card_next_to_a_file_says_how_its_pictures_go_in(
    exported: Path, tiny_model: Path, tmp_path: Path, run_command: Command
) -> None:
    said = run_command(tmp_path / "ws", "model", "add", exported)
    assert said.code == 0
    assert "From net.onnx.json, the card next to it: size 64x32; mean 0.5,0.5,0.5; std 0.25,0.25,0.25" in said.out
    folder = Workspace(tmp_path / "ws", TESTER).find_model("net")
    assert model_id(folder) == model_id(tiny_model)
    card = ModelCard.read(folder)
    assert (card.name, card.trained_on, card.terms) == ("net", "nothing", "Free for any use")


def test_options_win_over_the_card_and_the_rest_is_taken_from_it(
    exported: Path, tmp_path: Path, run_command: Command
) -> None:
    said = run_command(tmp_path / "ws", "model", "add", exported, "--mean", "0.4,0.4,0.4", "--bgr", "--terms", "mine")
    assert "the card next to it: size 64x32; std 0.25,0.25,0.25; trained on." in said.out
    card = ModelCard.read(Workspace(tmp_path / "ws", TESTER).find_model("net"))
    assert card.preprocessing.mean == (0.4, 0.4, 0.4)
    assert card.preprocessing.std == (0.25, 0.25, 0.25)
    assert card.preprocessing.colours == "bgr"
    assert (card.terms, card.trained_on) == ("mine", "nothing")


def test_another_programs_file_of_that_name_is_left_alone_with_a_sentence(
    exported: Path, tmp_path: Path, run_command: Command
) -> None:
    (tmp_path / "net.onnx.json").write_text('{"producer": "another"}')
    said = run_command(tmp_path / "ws", "model", "add", exported)
    assert said.code == 0
    assert "net.onnx.json next to it is no card of Retrace, and was not read" in said.out
    assert "From the file itself: size 64x32" in said.out


@pytest.mark.parametrize("content", ["{", "[" * 100_000, '{"preprocessing": 3}', "9" * 5_000])
def test_a_damaged_card_next_to_a_file_is_refused_unless_all_is_said(
    exported: Path, tmp_path: Path, run_command: Command, content: str
) -> None:
    (tmp_path / "net.onnx.json").write_text(content)
    said = run_command(tmp_path / "ws", "model", "add", exported)
    assert said.code == 1
    assert "The card net.onnx.json next to net.onnx cannot be used" in said.err
    options = ("--size", "64x32", "--mean", "0.5,0.5,0.5", "--std", "0.25,0.25,0.25")
    said = run_command(tmp_path / "ws", "model", "add", exported, *options)
    assert said.code == 0
    assert "Not read: The card net.onnx.json" in said.out


def test_the_card_of_another_model_is_refused(exported: Path, tmp_path: Path, run_command: Command) -> None:
    values = json.loads((tmp_path / "net.onnx.json").read_text())
    (tmp_path / "net.onnx.json").write_text(json.dumps({**values, "embedding_size": 512}))
    said = run_command(tmp_path / "ws", "model", "add", exported)
    assert said.code == 1
    assert "that of another model" in said.err


def test_a_range_of_255_is_that_of_mean_and_std(exported: Path, tmp_path: Path, run_command: Command) -> None:
    (tmp_path / "net.onnx.json").unlink()
    add = ("model", "add", exported, "--range", "255")
    assert run_command(tmp_path / "ws", *add, "--name", "raw").code == 0
    scaled = ("--mean", "127.5,127.5,127.5", "--std", "63.75,63.75,63.75")
    assert run_command(tmp_path / "ws", *add, *scaled, "--name", "scaled").code == 0
    models = {entry.name: entry.card.preprocessing for entry in Workspace(tmp_path / "ws", TESTER).models()}
    assert (models["raw"].mean, models["raw"].std) == ((0, 0, 0), (1 / 255,) * 3)
    assert (models["scaled"].mean, models["scaled"].std) == ((0.5,) * 3, (0.25,) * 3)
    said = run_command(tmp_path / "ws", "model", "add", exported, *scaled)
    assert said.code == 1
    assert "--mean 0.5,0.5,0.5 --std 0.25,0.25,0.25" in said.err
    said = run_command(tmp_path / "ws", "model", "add", exported, "--range", "128")
    assert "--range 128 is not known" in said.err
    said = run_command(tmp_path / "ws", *add, "--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225")
    assert said.code == 1
    assert "--mean 0.485,0.456,0.406 is said of pixels of 0 to 1. Leave --range 255 out" in said.err


def test_a_zip_takes_no_preprocessing(tiny_model: Path, tmp_path: Path, run_command: Command) -> None:
    shutil.copytree(tiny_model, tmp_path / "ws" / "models" / "stripes")
    assert run_command(tmp_path / "ws", "model", "export", "stripes", tmp_path / "m.zip").code == 0
    said = run_command(tmp_path / "ws", "model", "add", tmp_path / "m.zip", "--mean", "0,0,0", "--trained-on", "x")
    assert said.code == 1
    assert "Leave out --mean, --trained-on" in said.err


DAMAGE: dict[str, str | dict[str, Any]] = {
    "nested": "[" * 100_000,
    "digits": "9" * 5_000,
    "size": {"embedding_size": "16"},
    "calibration": {"calibration": ["x"]},
    "infinity": {"preprocessing": {"mean": [float("inf"), 0, 0]}},
    "terms": {"terms": "\ud800"},
    "empty": "",
}


@pytest.fixture
def damaged(tiny_workspace: Workspace) -> Workspace:
    """The tiny workspace with, besides its own model, one for each way of damage."""
    good = json.loads((tiny_workspace.models_folder / "stripes" / CARD_NAME).read_text())
    for name, damage in DAMAGE.items():
        folder = tiny_workspace.models_folder / name
        shutil.copytree(tiny_workspace.models_folder / "stripes", folder)
        (folder / CARD_NAME).write_text(damage if isinstance(damage, str) else json.dumps({**good, **damage}))
    lost = tiny_workspace.models_folder / "lost"
    shutil.copytree(tiny_workspace.models_folder / "stripes", lost)
    (lost / "model.onnx").unlink()
    return tiny_workspace


def test_damaged_models_are_named_and_keep_no_other_from_use(damaged: Workspace, run_command: Command) -> None:
    models, wrong = damaged.models_and_damaged()
    assert {model.name for model in wrong} == {*DAMAGE, "lost"}
    assert {"stripes", "market", "synthetic"} <= {entry.name for entry in models}
    said = run_command(damaged.path, "list")
    assert said.code == 0
    for name in (*DAMAGE, "lost"):
        assert f"Model {name} is damaged and left out: " in said.err
    assert "stripes" in said.out
    assert len(run_command(damaged.path, "list", "--json").json()["unreadable"]) == len(DAMAGE) + 1
    for command in (("search", "tiny", "--crop", "1"), ("evaluate", "tiny", "--model", "stripes")):
        assert "Traceback" not in run_command(damaged.path, *command).err
    assert run_command(damaged.path, "index", "tiny", "--model", "nested").code == 1
    embedder = Embedder(damaged.find_model("stripes"), "cpu")
    assert embedder.embed_pixels(np.zeros((0, 64, 32, 3), np.uint8)).shape == (0, 16)
