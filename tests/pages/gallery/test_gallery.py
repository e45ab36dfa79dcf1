"""The Gallery page without a browser: each state of it, and each action, on a tiny workspace."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from reid_core.workspace import jobs
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion import deletion, holds
from reid_core.workspace.galleries import editing
from reid_core.workspace.workspace import Workspace
from tests.pages.gallery.gallery_page import grid_of, press, run_sql, see, shown_ids, state_of, words_on
from tests.pages.search_page import OpenPage


def test_a_workspace_without_galleries_is_welcomed_at_import(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(tmp_path / "new")
    assert "This workspace has no gallery yet" in words_on(page)
    assert page.session_state["gal-view"] == "Import"
    assert not page.exception


def test_a_workspace_that_cannot_be_made_is_a_sentence(open_page: OpenPage, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert "cannot be made" in words_on(open_page(tmp_path / "file" / "workspace"))


def test_a_gallery_shows_its_numbers_and_all_its_crops(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path)
    assert shown_ids(page) == list(range(1, 25))
    for words in ("<dt>Crops</dt><dd>24<", "<dt>People</dt><dd>4<", "2026-01-01 00:00 to 00:03", "<dd>stripes<"):
        assert words in words_on(page)
    assert grid_of(page)["cards"][0]["lines"] == ["person 1", "entrance"]


def test_models_that_embedded_only_some_say_how_many_they_did_not(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    run_sql(tiny_workspace, "DELETE FROM vector WHERE crop IN (7, 8)")
    page = open_page(tiny_workspace.path)
    assert "<dd>stripes, 2 not<" in words_on(page)
    missing: Any = next(group for group in page.get("button_group") if group.key == "gal-missing-tiny")
    missing.set_value(f"model:{_model(tiny_workspace)}").run()
    assert shown_ids(page) == [7, 8]


def _model(workspace: Workspace) -> str:
    return workspace.catalogue.gallery("tiny").models[0][0]


def test_the_address_chooses_the_gallery_and_one_that_is_not_there_is_a_note(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    tiny_workspace.catalogue.add_gallery("other")
    page = open_page(tiny_workspace.path, gallery="other")
    assert page.session_state["gallery"] == "other"
    page = open_page(tiny_workspace.path, gallery="nowhere")
    assert "There is no gallery &#x27;nowhere&#x27; in this workspace. This is other." in words_on(page)


def test_an_empty_gallery_can_be_removed(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    tiny_workspace.catalogue.add_gallery("other")
    page = open_page(tiny_workspace.path, gallery="other")
    assert "other is empty" in words_on(page)
    press(page, "gal-remove")
    assert [info.name for info in tiny_workspace.catalogue.galleries()] == ["tiny"]
    assert shown_ids(page)


def test_a_gallery_that_another_process_deletes_is_no_error(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    tiny_workspace.catalogue.add_gallery("other")
    page = open_page(tiny_workspace.path, gallery="tiny")
    deletion.delete(tiny_workspace, "tiny", Selection(), "gone")
    page.run()
    assert page.query_params["gallery"] in ("other", ["other"])
    assert "Gallery tiny is gone. This is other." in words_on(page)
    assert not page.exception


def test_labels_are_shown_as_text_never_as_markup(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    editing.relabel(
        tiny_workspace.catalogue, "tiny", Selection(ids=frozenset({3})), "identity", "<img src=x onerror=alert(1)>"
    )
    page = open_page(tiny_workspace.path)
    state_of(page).open = 3
    page.run()
    assert "<img src=x" not in words_on(page)
    assert "&lt;img src=x" in words_on(page)


def test_people_are_cards_and_one_opens_with_a_way_back(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = see(open_page(tiny_workspace.path), "People")
    assert [card["lines"] for card in grid_of(page)["cards"]] == [
        [f"person {person}", "6 crops · 3 cameras"] for person in (1, 2, 3, 4)
    ]
    state_of(page).group = ("tiny", "identity", "2")
    page.run()
    assert shown_ids(page) == list(range(7, 13))
    assert "person 2" in words_on(page)
    press(page, "gal-leave")
    assert len(shown_ids(page)) == 4


@pytest.mark.parametrize(
    ("way", "labels"),
    [("Cameras", ["entrance", "hall", "stairs"]), ("Days", ["2026-01-01"]), ("Tracklets", None)],
)
def test_crops_are_gathered_by_camera_day_and_tracklet(
    open_page: OpenPage, tiny_workspace: Workspace, way: str, labels: list[str] | None
) -> None:
    shown = [card["lines"][0] for card in grid_of(see(open_page(tiny_workspace.path), way))["cards"]]
    assert shown == labels if labels else len(shown) == 12


def test_filters_narrow_crops_and_groups_and_can_be_cleared(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path)
    page.multiselect(key="gal-camera-tiny").set_value(["hall"]).run()
    assert shown_ids(page) == [3, 4, 9, 10, 15, 16, 21, 22]
    assert [card["lines"][1] for card in grid_of(see(page, "People"))["cards"]] == ["2 crops · 1 camera"] * 4
    press(page, "gal-clear")
    assert grid_of(page)["cards"][0]["lines"][1] == "6 crops · 3 cameras"


def test_flaws_are_counted_and_shown_on_the_picture(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    run_sql(tiny_workspace, "UPDATE crop SET height = 128, width = 64, sharpness = 1, brightness = 0.5, contrast = 0.5")
    run_sql(tiny_workspace, "UPDATE crop SET brightness = 0.01 WHERE id IN (5, 6)")
    page = open_page(tiny_workspace.path)
    quality: Any = next(group for group in page.get("button_group") if group.key == "gal-flaw-tiny")
    assert [option.content for option in quality.proto.options] == ["any flaw", "dark 2"]
    quality.set_value("dark").run()
    assert [(card["id"], card["badge"]) for card in grid_of(page)["cards"]] == [(5, "dark"), (6, "dark")]


def test_a_filter_on_what_is_no_longer_there_is_forgotten(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path)
    page.multiselect(key="gal-camera-tiny").set_value(["hall"]).run()
    deletion.delete(tiny_workspace, "tiny", Selection(cameras=frozenset({"hall"})), "gone")
    page.run()
    assert not page.exception
    assert len(shown_ids(page)) == 16


def test_a_view_without_crops_says_so(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = see(open_page(tiny_workspace.path), "Cameras")
    page.multiselect(key="gal-camera-tiny").set_value(["hall"]).run()
    state_of(page).group = ("tiny", "camera", "stairs")
    page.run()
    assert "No crop fits in stairs" in words_on(page)
    press(page, "gal-clear-here")
    assert len(shown_ids(page)) == 8


def test_pages_of_a_hundred_are_turned(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.components.gallery.browse_bar.PAGE", 10)
    page = open_page(tiny_workspace.path)
    assert "1–10 of 24" in words_on(page)
    press(page, "gal-on")
    press(page, "gal-on")
    assert "21–24 of 24" in words_on(page)
    assert shown_ids(page) == [21, 22, 23, 24]
    assert page.button(key="gal-on").disabled


def test_the_address_names_the_view_and_the_crop_that_is_looked_at(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = open_page(tiny_workspace.path, gallery="tiny", view="history")
    assert page.session_state["gal-view"] == "History"
    page = open_page(tiny_workspace.path, gallery="tiny", crop="5")
    assert state_of(page).open == 5
    assert "Crop <b>5</b>" in words_on(page)
    page.query_params.clear()  # as the browser's Back does
    page.run()
    assert state_of(page).open is None


def test_a_gallery_that_no_model_embedded_offers_to_embed_it(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        database.execute("DELETE FROM vector")
    started: list[list[str]] = []
    monkeypatch.setattr(jobs, "start_new", lambda path, word, title, arguments: started.append(arguments))
    page = open_page(tiny_workspace.path, gallery="tiny")
    page.selectbox(key="embed-tiny-model").select("stripes").run()
    press(page, "embed-tiny")
    assert started == [["index", "tiny", "--model=stripes"]]


def test_a_gallery_of_an_older_version_says_how_its_quality_is_measured(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET sharpness = NULL")
    assert "Quality or colours of 24 crops are not measured; reid check tiny" in words_on(
        open_page(tiny_workspace.path)
    )


def test_held_crops_say_so_on_their_cards(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    holds.hold(tiny_workspace, "tiny", Selection(ids=frozenset({3, 5})), "case-1")
    cards = grid_of(open_page(tiny_workspace.path))["cards"]
    assert [card["id"] for card in cards if card.get("badge") == "held"] == [3, 5]


def test_crops_that_name_nobody_are_told_of_among_people(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    editing.relabel(tiny_workspace.catalogue, "tiny", Selection(ids=frozenset({1, 2})), "identity", None)
    page = open_page(tiny_workspace.path)
    page.session_state["gal-by-tiny"] = "People"
    page.run()
    assert "2 crops name nobody." in words_on(page)
    press(page, "gal-see-nobody")
    assert shown_ids(page) == [1, 2]


def test_a_workspace_that_others_can_look_into_is_said_to_be_so(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    tiny_workspace.path.chmod(0o700)
    assert "chmod" not in words_on(open_page(tiny_workspace.path))
    tiny_workspace.path.chmod(0o750)
    words = words_on(open_page(tiny_workspace.path))
    assert f"chmod -R go= {tiny_workspace.path}" in words
    assert "(drwxr-x---)" in words
