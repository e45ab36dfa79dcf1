"""Every page and view on galleries that lack something: it is drawn, and says what is missing where it matters."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reid_core.errors import ReidError
from reid_core.workspace.evaluations.measuring import evaluate_model
from reid_core.workspace.workspace import ModelEntry, Workspace
from tests.conftest import TESTER
from tests.pages.imports.import_page import words
from tests.pages.search_page import OpenPage
from tests.support.lacking import LACKING, make_lacking

VIEWS = (
    ("pages/gallery.py", {}),
    ("pages/map.py", {}),
    *(("pages/evaluation.py", {"view": view}) for view in ("figures", "threshold", "cameras", "groups", "failures")),
    *(("pages/evaluation.py", {"view": view}) for view in ("calibration", "galleries")),
)
TRAINING = ("Data", "New run", "Runs")
UNEXPECTED = "Something unexpected happened"


@pytest.fixture(scope="module")
def made(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """With an evaluation of each gallery that can be evaluated."""
    workspace = make_lacking(tmp_path_factory.mktemp("lacking"), tiny_model)
    entry: ModelEntry = next(one for one in workspace.models() if one.name == "stripes")
    for gallery in LACKING:
        try:
            evaluate_model(workspace, gallery, entry)
        except ReidError:
            continue  # as the command says
    return workspace


@pytest.mark.parametrize("gallery", LACKING)
def test_each_page_is_drawn(gallery: str, made: Workspace, tmp_path: Path, open_at: OpenPage) -> None:
    folder = tmp_path / "workspace"
    shutil.copytree(made.path, folder)
    crop = str(Workspace(folder, TESTER).catalogue.crops(gallery)["id"].iloc[-1])
    asked = [*VIEWS, ("pages/gallery.py", {"crop": crop}), ("pages/search.py", {"crop": crop})]
    if gallery in ("no-times", "some-cameras"):  # an evaluation reads no time, and looks alike with no camera at all
        asked = [(file, query) for file, query in asked if file != "pages/evaluation.py" or not query]
    for number, (file, query) in enumerate(asked):
        page = open_at(file, folder, gallery=gallery, fresh=number == 0, **query)
        assert not page.exception, (file, query, page.exception)
        assert UNEXPECTED not in words(page), (file, query)
    for view in TRAINING if gallery != "no-times" else ():
        page = open_at("pages/training.py", folder, view=view.lower().replace(" ", "-"), gallery=gallery, fresh=False)
        assert not page.exception, (view, page.exception)
        assert UNEXPECTED not in words(page), view


def test_the_training_page_looks_at_people_without_cameras_and_offers_to_train(
    made: Workspace, tmp_path: Path, open_at: OpenPage
) -> None:
    folder = tmp_path / "workspace"
    shutil.copytree(made.path, folder)
    shown = words(open_at("pages/training.py", folder, view="data", gallery="no-cameras"))
    assert "No crop says its camera, so hits of the query's own camera count as found." in shown.replace("&#x27;", "'")
    page = open_at("pages/training.py", folder, view="new-run", gallery="no-cameras")
    assert [button for button in page.button if button.label.startswith("Start")]
