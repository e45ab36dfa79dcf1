"""Where the model looks, in the view of one crop: on a tiny model that sees the mean colour of eight stripes."""

from __future__ import annotations

import functools
import json
import re
import shutil
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.gallery.activation import AGREES, LOOKS, PICTURE
from pages.components.gallery.state import GalleryState
from pages.components.shared.session import key_of
from reid_core.workspace.workspace import Workspace
from tests.pages.search_page import OpenPage


@pytest.fixture
def open_crop(open_at: OpenPage, tiny_workspace: Workspace) -> Callable[[], AppTest]:
    """Gives `open_crop()`: the Gallery with its third crop opened."""
    return functools.partial(open_at, "pages/gallery.py", tiny_workspace.path, crop="3")


def words(page: AppTest) -> str:
    return re.sub("<[^>]+>", "", "\n".join(element.proto.body for element in page.get("html")))


def pictures(page: AppTest) -> list[str]:
    """Names of the pictures that are shown large."""
    found = "\n".join(element.proto.body for element in page.get("html") if "rt-crop" in element.proto.body)
    return re.findall('<img [^>]*alt="([^"]+)"', found)


def test_the_crop_is_shown_as_it_is_until_one_asks(open_crop: Callable[[], AppTest]) -> None:
    page = open_crop()
    assert page.session_state["gal-look"] == PICTURE
    assert "Stronger colour" not in words(page)


def test_one_crop_and_then_two_are_looked_at(open_crop: Callable[[], AppTest]) -> None:
    page = open_crop()
    page.session_state["gal-look"] = LOOKS
    page.run()
    assert not page.exception
    assert "Stronger colour where stripes relies more" in words(page)
    assert pictures(page) == ["Crop 3"]
    page.session_state["gal-look"] = AGREES
    page.run()
    assert not page.exception
    (grid,) = [one for one in page.get("bidi_component") if one.proto.id.endswith("-gal-beside-grid")]
    nearest = [card["id"] for card in json.loads(grid.proto.json)["cards"]]
    assert set(nearest[:5]) == {1, 2, 4, 5, 6}  # of the same person
    assert pictures(page) == ["Crop 3", f"Crop {nearest[0]}"]
    page.session_state[key_of(GalleryState)].beside = nearest[-1]
    page.run()
    assert pictures(page) == ["Crop 3", f"Crop {nearest[-1]}"]


def test_a_crop_whose_file_is_gone_is_said(open_crop: Callable[[], AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.components.shared.cached.PictureReader.bytes", _gone)
    page = open_crop()
    page.session_state["gal-look"] = LOOKS
    page.run()
    assert not page.exception
    assert "There is no picture to look at" in words(page)


def _gone(*arguments: object) -> bytes:
    from reid_core.images import BadImage

    raise BadImage("the file is gone")


def test_without_the_model_there_is_only_the_picture(
    open_crop: Callable[[], AppTest], tiny_workspace: Workspace
) -> None:
    shutil.rmtree(tiny_workspace.models_folder / "stripes")
    page = open_crop()
    assert not [one for one in page.get("button_group") if one.key == "gal-look"]
    assert not page.exception
