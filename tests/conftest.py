"""A tiny model and a tiny workspace made from nothing: what tests of the workspace, the pages and the app share."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from reid_core.datasets import read_dataset
from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.inference import Embedder
from reid_core.embedder.third_party.adding import add_network
from reid_core.signals import StopRequest
from reid_core.workspace.actor import SIGNED, Actor, system_user
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.opening import open_workspace
from reid_core.workspace.search.embedding import embed_gallery
from reid_core.workspace.workspace import VARIABLE, Workspace

# How long an example takes depends on what else the machine does.
settings.register_profile("on any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("on any machine")

TESTER = system_user()  # whom commands and pages know who runs the tests as
TINY_GALLERY = "tiny"
TINY_MODEL = "stripes"
TINY_PEOPLE = ("1", "2", "3", "4")
TINY_CAMERAS = ("entrance", "hall", "stairs")
TINY_CROPS_EACH = 2  # of a person in a camera
TINY_FIRST_TIME = 1_767_225_600.0  # 2026-01-01T00:00:00Z; the crops follow at ten seconds each
_HEIGHT, _WIDTH, _STRIPES, _SIZE = 64, 32, 8, 16


def tiny_picture(person: int, variant: int) -> Image.Image:
    """A person of 64 × 32 px as eight coloured stripes; variants of one person differ by a little noise."""
    stripes = np.random.default_rng(person).integers(30, 226, (_STRIPES, 1, 3))
    noise = np.random.default_rng(1000 * person + variant).integers(-12, 13, (_HEIGHT, _WIDTH, 3))
    pixels = np.repeat(np.repeat(stripes, _HEIGHT // _STRIPES, axis=0), _WIDTH, axis=1) + noise
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def png_bytes(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def formulas_in(table: str) -> list[str]:
    """Cells of a CSV that a spreadsheet would run, whichever sign it takes for the end of a cell."""
    rows = [row for sign in ",;\t|" for row in csv.reader(io.StringIO(table, newline=""), delimiter=sign)]
    return [cell for row in rows for cell in row if re.match(r"\s*[=+@]|\s*-\D", cell)]


class Ended(NamedTuple):
    """What a command left: its exit code, and what it printed."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        """The one object that `--json` prints."""
        assert len(self.out.strip().splitlines()) == 1, self.out
        return json.loads(self.out)


def signed(workspace: Workspace, name: str) -> Workspace:
    """The workspace for an analyst who typed that name on a page."""
    return workspace.acting(Actor(name, SIGNED))


@pytest.fixture(scope="session", autouse=True)
def small_reserve() -> Iterator[None]:
    """Of hundreds of workspaces each would keep 16 MiB for a full disk, and pytest keeps the workspaces."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reid_core.workspace.reserve.BYTES", 2**18)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_workspace_of_the_users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A test that names no workspace opens an empty one, never that of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(tmp_path_factory.mktemp("nobodys") / "workspace"))
        yield


@pytest.fixture
def run_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Gives `run_command(workspace, "list", "--json")`: the command as a user gives it, in this process."""
    from reid_core.cli import main

    def run(workspace: Path, *arguments: object) -> Ended:
        monkeypatch.setenv(VARIABLE, str(workspace))
        monkeypatch.setattr(sys, "argv", ["reid", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return run


def make_tiny_onnx(file: Path) -> Path:
    """An embedder of a few hundred numbers: mean colour of eight stripes, times a fixed random matrix."""
    matrix = np.random.default_rng(7).normal(size=(3 * _STRIPES, _SIZE)).astype(np.float32)
    stripe = [_HEIGHT // _STRIPES, _WIDTH]
    graph = helper.make_graph(
        [
            helper.make_node("AveragePool", ["images"], ["means"], kernel_shape=stripe, strides=stripe),
            helper.make_node("Flatten", ["means"], ["flat"]),
            helper.make_node("MatMul", ["flat", "matrix"], ["embeddings"]),
        ],
        "stripes",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, _HEIGHT, _WIDTH])],
        [helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["batch", _SIZE])],
        [numpy_helper.from_array(matrix, "matrix")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, file)
    return file


def make_tiny_model(onnx_file: Path, folder: Path) -> Path:
    preprocessing = Preprocessing(_HEIGHT, _WIDTH, mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))
    card = ModelCard(TINY_MODEL, 0, preprocessing, trained_on="nothing", terms="Free for any use")
    add_network(onnx_file, folder, card)
    return folder


def make_tiny_dataset(folder: Path) -> Path:
    """24 crops with a table: four people, three cameras, two crops each, all of known time."""
    rows: list[dict[str, object]] = []
    for person in TINY_PEOPLE:
        for place, camera in enumerate(TINY_CAMERAS):
            for number in range(TINY_CROPS_EACH):
                path = f"{person}-{camera}-{number}.png"
                (folder / path).write_bytes(png_bytes(tiny_picture(int(person), 10 * place + number)))
                row = {"path": path, "identity": person, "camera": camera, "tracklet": f"{person}-{camera}"}
                rows.append({**row, "time": TINY_FIRST_TIME + 10 * len(rows), "split": "gallery"})
    pd.DataFrame(rows).to_csv(folder / "crops.csv", index=False)
    return folder


def open_with_model(path: Path, model: Path) -> Workspace:
    """A workspace with model "stripes" and without a gallery."""
    workspace = open_workspace(path, TESTER)
    shutil.copytree(model, workspace.models_folder / TINY_MODEL)
    return workspace


def make_tiny_workspace(dataset_folder: Path, model: Path, path: Path) -> Path:
    """A workspace with gallery "tiny" of those 24 crops, embedded by model "stripes"."""
    workspace = Workspace(path, TESTER)
    shutil.copytree(model, workspace.models_folder / TINY_MODEL)
    dataset = read_dataset(dataset_folder / "crops.csv")
    import_dataset(workspace, dataset, TINY_GALLERY, stop=StopRequest())
    embed_gallery(workspace, TINY_GALLERY, Embedder(workspace.find_model(TINY_MODEL), "cpu"), stop=StopRequest())
    return workspace.path


@pytest.fixture(scope="session")
def tiny_onnx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_onnx(tmp_path_factory.mktemp("onnx") / "stripes.onnx")


@pytest.fixture(scope="session")
def tiny_model(tiny_onnx: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of that embedder, as `reid model add` makes it. Copy it before changing it."""
    return make_tiny_model(tiny_onnx, tmp_path_factory.mktemp("models") / TINY_MODEL)


@pytest.fixture(scope="session")
def tiny_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_dataset(tmp_path_factory.mktemp("tiny-data"))


@pytest.fixture(scope="session")
def _tiny_workspace_once(tiny_dataset: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_workspace(tiny_dataset, tiny_model, tmp_path_factory.mktemp("tiny") / "workspace")


@pytest.fixture
def tiny_workspace(_tiny_workspace_once: Path, tmp_path: Path) -> Workspace:
    """A workspace of its own for each test: gallery "tiny" of those 24 crops, embedded by model "stripes"."""
    folder = tmp_path / "workspace"
    shutil.copytree(_tiny_workspace_once, folder)
    return Workspace(folder, TESTER)
