"""Labels that vectors speak against, and what a model learnt, on the Map page."""

from __future__ import annotations

import numpy as np

from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.galleries.editing import relabel
from reid_core.workspace.maps.examination import examine
from reid_core.workspace.maps.files import CropMap
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY
from tests.pages.map.map_page import data_of, labels_of, mapped, model_of, press, see, words_on
from tests.pages.search_page import OpenPage


def doubted(workspace: Workspace) -> CropMap:
    """Crop 1 is of person 1, and labelled 2."""
    made = mapped(workspace)
    relabel(workspace.catalogue, TINY_GALLERY, Selection(ids=frozenset({1})), "identity", "2")
    examine(workspace, TINY_GALLERY, model_of(workspace))
    return made


def test_a_suspected_mislabel_is_accepted_and_taken_back(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    doubted(tiny_workspace)
    page = see(open_page(tiny_workspace.path), "Doubtful labels")
    assert "Crop 1: person 2, or person 1?" in words_on(page)
    page = press(page, "map-accept-0-0")
    assert labels_of(tiny_workspace, 1) == ["1"]
    assert "Crop 1: person 2, or person 1?" not in words_on(page)
    press(page, "gal-undo")
    assert labels_of(tiny_workspace, 1) == ["2"]


def test_where_there_are_no_labels_none_is_said_to_agree(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    with tiny_workspace.catalogue.transaction() as database:
        database.execute("UPDATE crop SET identity = NULL")
    mapped(tiny_workspace)
    examine(tiny_workspace, TINY_GALLERY, model_of(tiny_workspace))
    said = words_on(see(open_page(tiny_workspace.path), "Doubtful labels"))
    assert "No crop has a label." in said
    assert "speaks against" not in said


def test_a_doubt_is_rejected_for_now_or_for_good(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    doubted(tiny_workspace)
    asked = "Crop 1: person 2, or person 1?"
    page = press(see(open_page(tiny_workspace.path), "Doubtful labels"), "map-reject-0")
    assert asked not in words_on(page)
    page = press(page, "map-later")
    assert asked in words_on(page)
    press(page, "map-never-0")
    page = see(open_page(tiny_workspace.path), "Doubtful labels")
    assert asked not in words_on(page)
    assert asked in words_on(press(page, "map-recall"))


def test_a_doubt_is_shown_on_the_map(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = doubted(tiny_workspace)
    page = press(see(open_page(tiny_workspace.path), "Doubtful labels"), "map-show-0")
    ringed = [int(crop) for crop in made.ids[data_of(page)["marks"]]]
    assert 1 in ringed
    assert len(ringed) == 2
    assert labels_of(tiny_workspace, *(crop for crop in ringed if crop != 1)) == ["1"]


def test_labels_that_nobody_looked_at_can_be_looked_at(
    open_page: OpenPage, tiny_workspace: Workspace, started: list[list[str]]
) -> None:
    mapped(tiny_workspace)
    page = see(open_page(tiny_workspace.path), "Doubtful labels")
    assert "Nobody has looked yet" in words_on(page)
    press(page, "map-examine")
    assert started == [["examine", TINY_GALLERY, "--model", model_of(tiny_workspace)]]


def test_what_the_model_learnt_is_told_in_numbers(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    mapped(tiny_workspace)
    found = examine(tiny_workspace, TINY_GALLERY, model_of(tiny_workspace))
    page = see(open_page(tiny_workspace.path), "What the model learnt")
    words = words_on(page)
    assert found.similarities is not None
    assert f"{100 * found.similarities.overlap:.1f} %" in words
    assert "times" in words
    assert len(page.get("plotly_chart")) == 2
    assert not page.exception


def test_crops_whose_vectors_are_no_numbers_are_named_and_left_out(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    with tiny_workspace.catalogue.transaction() as database:
        broken = np.full(16, np.nan, np.float16).tobytes()
        database.execute("UPDATE vector SET float16 = ? WHERE crop IN (3, 11)", (broken,))
    mapped(tiny_workspace)
    page = open_page(tiny_workspace.path)
    assert data_of(page)["count"] == 22
    assert "22 crops; 2 left out" in words_on(page)
    assert "no numbers: 2 crops (3, 11)" in words_on(see(page, "This map"))
