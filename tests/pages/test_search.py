"""The Search page without a browser: each state of it on a tiny workspace with a real, tiny embedder."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from reid_core.workspace import jobs
from reid_core.workspace.jobs import Progress
from reid_core.workspace.workspace import VARIABLE, Workspace

APP = Path(__file__).parents[2] / "app.py"
OpenPage = Callable[..., AppTest]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Gives `open_page(workspace path, **query parameters)`: the app on that workspace after its first run."""

    def opened(path: Path, **query: str) -> AppTest:
        monkeypatch.setenv(VARIABLE, str(path))
        st.cache_data.clear()
        page = AppTest.from_file(str(APP), default_timeout=30)
        for name, value in query.items():
            page.query_params[name] = value
        return page.run()

    return opened


def _words(page: AppTest) -> str:
    """All that is written on the page by our own markup."""
    return "\n".join(element.proto.body for element in page.get("html"))


def _cards(page: AppTest, key: str) -> list[dict[str, Any]]:
    """What a grid was given to draw."""
    for element in page.get("bidi_component"):
        if element.proto.id.endswith(f"-{key}"):
            cards: list[dict[str, Any]] = json.loads(element.proto.json)["cards"]
            return cards
    return []


def _file(workspace: Workspace, crop: int) -> bytes:
    row = workspace.catalogue.crops_of([crop]).iloc[0]
    return (Path(row["source"]) / row["path"]).read_bytes()


def _picture(seed: int, height: int = 64, width: int = 32) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def _upload(page: AppTest, name: str, data: bytes) -> AppTest:
    return page.file_uploader[0].set_value((name, data, "image/png")).run()


def _choose(page: AppTest, value: Any) -> None:
    """Press the pills or segments that are there: the only ones on the page."""
    group: Any = page.get("button_group")[0]
    group.set_value(value).run()


# --- before there is anything to search ---


def test_an_empty_workspace_starts_building_the_demo_once(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[Path, list[str]]] = []
    monkeypatch.setattr(jobs, "start", lambda folder, arguments, workspace: started.append((folder, list(arguments))))
    monkeypatch.setattr(jobs, "read", lambda folder: Progress(stage="Importing", done=3, total=9) if started else None)
    page = open_page(tmp_path / "new")
    assert started == [(tmp_path / "new" / "jobs" / "demo", ["demo"])]
    assert "Building the demo" in _words(page)
    assert "3 of 9" in _words(page)
    page.run()
    assert len(started) == 1


def test_a_failed_demo_is_explained_and_can_be_tried_again(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Path] = []
    monkeypatch.setattr(jobs, "start", lambda folder, arguments, workspace: started.append(folder))
    monkeypatch.setattr(jobs, "read", lambda folder: Progress("failed", message="The disk is full. Free some space."))
    folder = tmp_path / "new" / "jobs" / "demo"
    folder.mkdir(parents=True)
    (folder / "log.txt").write_text("first line\nlast line\n", encoding="utf-8")
    page = open_page(tmp_path / "new")
    assert "The disk is full. Free some space." in _words(page)
    assert "last line" in page.code[0].value
    page.button(key="retry-demo").click().run()
    assert started == [folder]


def test_a_workspace_with_a_gallery_builds_no_demo(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "start", lambda *arguments: pytest.fail("the demo was started"))
    page = open_page(tiny_workspace.path)
    assert "Who are you looking for?" in _words(page)


def test_a_workspace_that_cannot_be_made_is_a_sentence(open_page: OpenPage, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    page = open_page(tmp_path / "file" / "workspace")
    assert "cannot be made" in _words(page)
    assert not page.exception


@pytest.mark.parametrize("query", [{"crop": "1"}, {}])
def test_a_gallery_without_vectors_offers_to_embed_it(
    open_page: OpenPage, tiny_workspace: Workspace, query: dict[str, str]
) -> None:
    with sqlite3.connect(tiny_workspace.path / "catalogue.sqlite") as database:
        database.execute("DELETE FROM vector")
    page = open_page(tiny_workspace.path, gallery="tiny", **query)
    assert "cannot be searched yet" in _words(page)
    assert page.button(key="embed-tiny").label == "Embed it now"


def test_the_only_crop_of_a_gallery_has_nobody_beside_it(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    with sqlite3.connect(tiny_workspace.path / "catalogue.sqlite") as database:
        database.execute("DELETE FROM vector WHERE crop > 1")
        database.execute("UPDATE crop SET camera = NULL")
        database.execute("DELETE FROM crop WHERE id > 1")
    page = open_page(tiny_workspace.path, gallery="tiny", crop="1")
    assert "nobody else in this gallery" in _words(page)


# --- a photo and its hits ---


def test_an_uploaded_photo_finds_its_person_first_and_is_itself_left_out(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = _upload(open_page(tiny_workspace.path), "unknown.png", _file(tiny_workspace, 1))
    cards = _cards(page, "hits")
    # Person 1 has six crops: the photo itself is left out, and so is the other one of its camera.
    assert [card["note"] for card in cards[:5]] == ["person 1"] * 4 + [cards[4]["note"]]
    assert cards[4]["note"] != "person 1"
    assert not {1, 2} & {card["id"] for card in cards}
    assert "The photo is crop 1 of entrance" in _words(page)
    assert "is a lead to check, not an identification" in _words(page)


def test_bars_compare_the_hits_of_one_list(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    shares = [card["share"] for card in _cards(open_page(tiny_workspace.path, crop="1"), "hits")]
    assert shares[0] == 1
    assert shares[-1] == 0
    assert shares == sorted(shares, reverse=True)


def test_the_photos_own_camera_is_searched_when_asked(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    page.toggle(key="leave-out").set_value(False).run()
    ids = {card["id"] for card in _cards(page, "hits")}
    assert 2 in ids
    assert 1 not in ids


def test_a_photo_of_unknown_camera_lets_the_user_state_it(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = _upload(open_page(tiny_workspace.path), "street.png", _picture(5))
    assert any(card["lines"][0] == "hall" for card in _cards(page, "hits"))
    page.selectbox(key="stated-camera").select("hall").run()
    cards = _cards(page, "hits")
    assert len(cards) == 16
    assert all(card["lines"][0] != "hall" for card in cards)


def test_filters_apply_at_once(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    _choose(page, ["stairs"])
    assert {card["lines"][0] for card in _cards(page, "hits")} == {"stairs"}
    page.text_input(key="identities-tiny").set_value("3, 4").run()
    assert {card["note"] for card in _cards(page, "hits")} == {"person 3", "person 4"}


def test_a_search_that_finds_nothing_says_so(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    _choose(page, ["entrance"])  # the photo's own camera, which is left out
    assert "No crop passes these filters" in _words(page)
    assert _cards(page, "hits") == []


def test_a_filter_for_somebody_unknown_is_a_sentence(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    page.text_input(key="identities-tiny").set_value("nobody").run()
    assert "no identity" in _words(page)
    assert _cards(page, "hits") == []


def test_a_search_is_logged_once_with_its_purpose(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path)
    page.text_input(key="purpose").set_value("Case 17").run()
    page = _upload(page, "a.png", _file(tiny_workspace, 1))
    page.run()
    assert [line["purpose"] for line in tiny_workspace.catalogue.audit()] == ["Case 17"]


def test_looking_at_the_picker_logs_no_search(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    open_page(tiny_workspace.path)
    assert tiny_workspace.catalogue.audit() == []


def test_an_unreadable_upload_is_a_sentence_and_the_page_goes_on(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = _upload(open_page(tiny_workspace.path), "notes.png", b"these are no pixels")
    assert "notes.png cannot be used: it is not a picture that can be read" in _words(page)
    assert not page.exception
    page = _upload(page, "good.png", _picture(1))
    assert "cannot be used" not in _words(page)
    assert _cards(page, "hits")


@pytest.mark.parametrize(
    ("height", "width", "hint"), [(40, 20, "Only 40 pixels high"), (100, 300, "looks like a whole scene")]
)
def test_a_doubtful_photo_gets_a_hint(
    open_page: OpenPage, tiny_workspace: Workspace, height: int, width: int, hint: str
) -> None:
    assert hint in _words(_upload(open_page(tiny_workspace.path), "a.png", _picture(2, height, width)))


# --- picking from the gallery, and the address ---


def test_the_picker_shows_one_crop_per_person_first(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path)
    assert [card["lines"] for card in _cards(page, "picker")] == [[f"person {number}"] for number in (1, 2, 3, 4)]
    _choose(page, "All crops")
    assert len(_cards(page, "picker")) == 24


def test_an_address_with_a_crop_opens_its_search(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, gallery="tiny", crop="13")
    assert {card["note"] for card in _cards(page, "hits")[:4]} == {"person 3"}
    page.button(key="browse").click().run()
    assert "crop" not in page.query_params
    assert _cards(page, "picker")


def test_an_upload_takes_the_crop_out_of_the_address(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = _upload(open_page(tiny_workspace.path, crop="13"), "a.png", _picture(3))
    assert "crop" not in page.query_params


@pytest.mark.parametrize("crop", ["999", "x", "-1"])
def test_an_address_with_a_crop_that_is_gone_is_a_sentence(
    open_page: OpenPage, tiny_workspace: Workspace, crop: str
) -> None:
    page = open_page(tiny_workspace.path, crop=crop)
    assert f"There is no crop {crop} any more" in _words(page)
    assert _cards(page, "picker")


def test_labels_are_shown_as_text_never_as_markup(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    with sqlite3.connect(tiny_workspace.path / "catalogue.sqlite") as database:
        database.execute("UPDATE crop SET camera = '<img src=x>' WHERE camera = 'hall'")
    page = open_page(tiny_workspace.path, crop="1")
    assert "<img src=x>" not in _words(page)
    assert "&lt;img src=x&gt;" in _words(page)


def test_an_error_that_nobody_foresaw_is_a_sentence_with_the_place_of_the_log(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr("reid_core.workspace.browsing.view_groups", broken)
    page = open_page(tiny_workspace.path)
    assert "Something unexpected happened" in _words(page)
    assert "a secret detail" not in _words(page)
    assert not page.exception


def test_who_comes_back_from_the_gallery_finds_the_photo_that_she_left(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = open_page(tiny_workspace.path, gallery="tiny", crop="3")
    assert "The photo is crop 3 of" in _words(page)
    page.query_params.clear()
    page.switch_page("pages/gallery.py").run()
    page.query_params.clear()  # as the navigation's link does
    page.switch_page("pages/search.py").run()
    assert "The photo is crop 3 of" in _words(page)
    assert page.query_params["crop"] in ("3", ["3"])
