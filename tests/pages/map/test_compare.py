"""Two maps side by side: what both models see alike, and a selection on one that shows on the other."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.components.map import state
from pages.components.map.compare import Other
from pages.components.map.drawing import Region
from reid_core.projection.layout import Layout
from reid_core.workspace.catalogue.vectors import add_vectors
from reid_core.workspace.maps.examination import examine
from reid_core.workspace.maps.making import make_maps, read_map
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY
from tests.pages.search_page import OpenPage
from tests.projection.test_neighbours import unit

OTHER = "0123456789abcdef"


@pytest.fixture
def two(tiny_workspace: Workspace) -> tuple[Workspace, str]:
    """A map of the tiny gallery, and one under a model that sees noise; the workspace and the first model's id."""
    catalogue = tiny_workspace.catalogue
    first = catalogue.gallery(TINY_GALLERY).models[-1][0]
    catalogue.add_model(OTHER, "noise", 16)
    add_vectors(catalogue, OTHER, list(range(1, 24)), unit(23, 16, 5))  # crop 24 is not embedded by it
    for model in (first, OTHER):
        make_maps(tiny_workspace, TINY_GALLERY, model, [Layout("pca")])
        examine(tiny_workspace, TINY_GALLERY, model)
    return tiny_workspace, first


def data_of(page: AppTest, key: str) -> dict[str, Any] | None:
    for element in page.get("bidi_component"):
        if element.proto.id.endswith(f"-{key}"):
            found: dict[str, Any] = json.loads(element.proto.json)
            return found
    return None


def words(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))


def test_the_second_map_stands_beside_the_first_with_both_in_numbers(
    two: tuple[Workspace, str], open_at: OpenPage
) -> None:
    workspace, _first = two
    page = open_at("pages/map.py", workspace.path, state={"map-method": "PCA"})
    assert not page.exception
    assert data_of(page, "map-points-beside") is None
    page.session_state["map-beside"] = Other(OTHER, "pca-2d")
    page.session_state["map-section"] = "What the model learnt"
    page.run()
    assert not page.exception
    left, right = data_of(page, "map-points"), data_of(page, "map-points-beside")
    assert left is not None
    assert right is not None
    assert (left["count"], right["count"]) == (24, 23)
    assert "1 crop on one of them only" in words(page)
    assert "<td>100.0 %</td>" in words(page)  # the tiny model is always right


def test_what_is_selected_on_one_is_ringed_on_the_other(
    two: tuple[Workspace, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, first = two
    made = read_map(workspace, TINY_GALLERY, first, "pca-2d")
    session: dict[str, Any] = {}
    monkeypatch.setattr("streamlit.session_state", session)
    monkeypatch.setattr(state, "state", session)
    state.select(np.array([3, 5]), Region(1, [[0.0, 0.0]], None, "identity", ()))
    state.map_state().region_of = state.map_key(made)
    assert state.ringed(made) == []  # what was drawn on the map itself is seen without rings
    another = dataclasses.replace(made, info=dataclasses.replace(made.info, at="2027-01-01T00:00:00Z"))
    assert state.ringed(another) == [2, 4]
