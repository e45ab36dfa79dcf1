"""What each package offers to somebody who writes a script, and that offering it costs nothing."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import reid_core
from reid_core import Embedder, StopRequest, open_workspace, read_dataset
from reid_core.evaluation import encode_labels, match_ranks, retrieval_metrics
from reid_core.workspace import import_dataset, system_user
from reid_core.workspace.search import Example, GalleryIndex, Question, embed_gallery, search

# What scripts do not reach for by itself: parts of a reader, of an index, of the command line.
INNER = (
    "packaging", "cli.shared", "cli.video", "datasets.checks", "datasets.readers", "datasets.scenes",
    "datasets.tables", "embedder.third_party", "retrieval.exact",
)  # fmt: skip
INSIDE = [
    name for module in pkgutil.walk_packages(reid_core.__path__, "reid_core.")
    if module.ispkg and (name := module.name.removeprefix("reid_core.")) not in INNER
]  # fmt: skip
PACKAGES = ["reid_core", *(f"reid_core.{name}" for name in INSIDE)]
HEAVY = ("torch", "timm", "umap", "numba", "scipy", "openvino", "onnx", "streamlit")


@pytest.mark.parametrize("name", PACKAGES)
def test_each_package_has_a_face_and_every_name_in_it_is_there(name: str) -> None:
    package = importlib.import_module(name)
    assert package.__all__
    for public in package.__all__:
        assert getattr(package, public) is not None


@pytest.mark.parametrize("name", [name for name in PACKAGES if name != "reid_core.cli"])
def test_no_public_name_is_that_of_a_module_which_would_take_its_place(name: str) -> None:
    package = importlib.import_module(name)
    assert {module.name for module in pkgutil.iter_modules(package.__path__)}.isdisjoint(package.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error_as_of_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'reid_core.evaluation' has no attribute 'mean_precision'"):
        getattr(importlib.import_module("reid_core.evaluation"), "mean_precision")  # noqa: B009


def test_packages_are_imported_without_what_is_slow() -> None:
    code = f"import sys, {', '.join(PACKAGES)}; print(sorted(set({HEAVY}) & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_script_goes_from_pictures_to_hits_and_figures(tiny_dataset: Path, tiny_model: Path, tmp_path: Path) -> None:
    workspace, embedder = open_workspace(tmp_path / "workspace", system_user()), Embedder(tiny_model)
    import_dataset(workspace, read_dataset(tiny_dataset / "crops.csv"), "door", stop=StopRequest())
    embed_gallery(workspace, "door", embedder, stop=StopRequest())
    photo = (tiny_dataset / "1-hall-0.png").read_bytes()
    index = GalleryIndex(workspace, "door", embedder.id)
    answer = search(workspace, index, embedder, Question((Example(photo),), top=3))
    assert set(answer.crops["identity"]) == {"1"}

    pictures = read_dataset(tiny_dataset / "crops.csv").records.table
    vectors = embedder.embed([Image.open(tiny_dataset / path) for path in pictures["path"]])
    people, cameras = pictures["identity"], pictures["camera"]
    ranks = match_ranks(vectors, vectors, *encode_labels(people, cameras, people, cameras))
    assert retrieval_metrics(ranks).mAP == pytest.approx(1)
