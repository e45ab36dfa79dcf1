"""Where the model looks, in the view of one crop: on a tiny model that sees the mean colour of eight stripes."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.components.activation import AGREES, LOOKS, PICTURE
from reid_core.workspace.workspace import VARIABLE, Workspace

APP = Path(__file__).parents[2] / "app.py"


def open_crop(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, crop: int = 3) -> AppTest:
    monkeypatch.setenv(VARIABLE, str(workspace.path))
    st.cache_data.clear()
    st.cache_resource.clear()
    page = AppTest.from_file(str(APP), default_timeout=30).run()
    page.switch_page("pages/gallery.py")
    page.session_state["gal-open"] = crop
    return page.run()


def words(page: AppTest) -> str:
    return re.sub("<[^>]+>", "", "\n".join(element.proto.body for element in page.get("html")))


def pictures(page: AppTest) -> list[str]:
    """Names of the pictures that are shown large."""
    found = "\n".join(element.proto.body for element in page.get("html") if "rt-crop" in element.proto.body)
    return re.findall('<img [^>]*alt="([^"]+)"', found)


def test_the_crop_is_shown_as_it_is_until_one_asks(tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_crop(tiny_workspace, monkeypatch)
    assert page.session_state["gal-look"] == PICTURE
    assert "Stronger colour" not in words(page)


def test_one_crop_and_then_two_are_looked_at(tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_crop(tiny_workspace, monkeypatch)
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
    page.session_state["gal-beside"] = nearest[-1]
    page.run()
    assert pictures(page) == ["Crop 3", f"Crop {nearest[-1]}"]


def test_a_crop_whose_file_is_gone_is_said(
    tiny_workspace: Workspace, tiny_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.common.PictureReader.bytes", _gone)
    page = open_crop(tiny_workspace, monkeypatch)
    page.session_state["gal-look"] = LOOKS
    page.run()
    assert not page.exception
    assert "There is no picture to look at" in words(page)


def _gone(*arguments: object) -> bytes:
    from reid_core.images import BadImage

    raise BadImage("the file is gone")


def test_without_the_model_there_is_only_the_picture(
    tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(tiny_workspace.models_folder / "stripes")
    page = open_crop(tiny_workspace, monkeypatch)
    assert not [one for one in page.get("button_group") if one.key == "gal-look"]
    assert not page.exception
