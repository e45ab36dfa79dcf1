"""`reid evaluate` as a user gives it."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY, TINY_MODEL, Ended


@pytest.fixture
def workspace(tiny_workspace: Workspace) -> Workspace:
    """The first crop of each person in each camera asks; a second model sees the same pictures less sharply."""
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET split = 'query' WHERE id % 2 = 1")
    folder = tiny_workspace.models_folder / "other"
    shutil.copytree(tiny_workspace.find_model(TINY_MODEL), folder)
    card = ModelCard.read(folder)
    preprocessing = Preprocessing(64, 32, mean=(0.4, 0.5, 0.6), std=(0.25, 0.25, 0.25))
    dataclasses.replace(card, name="other", preprocessing=preprocessing).write(folder)
    return tiny_workspace


@pytest.fixture
def reid(workspace: Workspace, run_command: Callable[..., Ended]) -> Callable[..., Ended]:
    return partial(run_command, workspace.path)


def test_several_models_make_one_table(reid: Callable[..., Ended], workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    ended = reid("evaluate", TINY_GALLERY, "--models", TINY_MODEL, "other", "--report", file, "--json")
    values = ended.json()
    assert [(one["gallery_name"], one["model"]) for one in values["evaluations"]] == [
        (TINY_GALLERY, TINY_MODEL),
        (TINY_GALLERY, "other"),
    ]
    (difference,) = values["differences"]
    assert difference["first"][1] == TINY_MODEL
    assert difference["mAP"]["low"] <= difference["mAP"]["difference"] <= difference["mAP"]["high"]
    assert len(json.loads(file.read_text())["reports"]) == 2
    told = reid("evaluate", TINY_GALLERY, "--models", TINY_MODEL, "--models", "other").out
    assert "zero-shot" in told
    assert "mAP of other minus stripes" in told
    # Measuring a model is not choosing it.
    assert workspace.catalogue.gallery(TINY_GALLERY).models[-1][1] == TINY_MODEL


def test_one_model_says_its_figures_with_intervals(reid: Callable[..., Ended]) -> None:
    ended = reid("evaluate", TINY_GALLERY, "--by", "camera")
    assert ended.code == 0
    for words in ("mAP", "R-precision", "(", "camera  entrance", "Only 4 people", "stripes"):
        assert words in ended.out
    values = reid("evaluate", TINY_GALLERY, "--same-camera", "--multi-query", "--expand", 2, "--json").json()
    assert (values["same_camera"], values["multi_query"], values["expansion"]) == (True, True, 2)
    assert values["intervals"]["mAP"][0] <= values["mAP"] <= values["intervals"]["mAP"][1]
    assert "Matches of the query's own camera count." in " ".join(values["notes"])


def test_one_camera_only_offers_the_way_out(reid: Callable[..., Ended], workspace: Workspace) -> None:
    with sqlite3.connect(workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET camera = 'hall'")
    ended = reid("evaluate", TINY_GALLERY)
    assert ended.code == 1
    assert "--same-camera" in ended.err
    assert reid("evaluate", TINY_GALLERY, "--same-camera", "--json").json()["rank1"] > 0


def test_a_report_that_could_not_be_written_is_refused_before_the_work(reid: Callable[..., Ended]) -> None:
    ended = reid("evaluate", TINY_GALLERY, "--report", "out.pdf")
    assert ended.code == 1
    assert "must end with .html or .csv or .json" in ended.err


@pytest.mark.parametrize("known", ["", "WHERE id > 12"])
def test_figures_without_cameras_say_so_right_under_the_table(
    reid: Callable[..., Ended], workspace: Workspace, tmp_path: Path, known: str
) -> None:
    with sqlite3.connect(workspace.catalogue.path) as database:
        database.execute(f"UPDATE crop SET camera = NULL {known}")
    told = "The camera of 12 of 24 crops is not known: " if known else "No crop says its camera: matches of the same"
    said = reid("evaluate", TINY_GALLERY, "--report", tmp_path / "r.html", "--report", tmp_path / "r.csv").out
    # The table, its intervals, and then this sentence.
    assert told in said.splitlines()[3]
    assert told in (tmp_path / "r.html").read_text()
    assert told in (tmp_path / "r.csv").read_text()
    (caution,) = reid("evaluate", TINY_GALLERY, "--json").json()["cautions"]
    assert caution.startswith(told)
    assert reid("evaluate", TINY_GALLERY, "--models", TINY_MODEL, "other").out.count(told) == 1


def test_a_gallery_of_training_crops_alone_is_not_called_empty(
    reid: Callable[..., Ended], workspace: Workspace
) -> None:
    with sqlite3.connect(workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET split = 'train'")
    ended = reid("evaluate", TINY_GALLERY)
    assert ended.code == 1
    assert "has no crops of split query or gallery, only 24 crops of split train. Import crops" in ended.err
