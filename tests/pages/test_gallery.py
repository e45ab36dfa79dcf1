"""The Gallery page without a browser: each state of it, and each action, on a tiny workspace."""

from __future__ import annotations

import functools
import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import integers, sets
from streamlit.testing.v1 import AppTest

from pages.components.gallery import deletion_dialog, selection
from pages.components.gallery.state import GalleryState
from pages.components.shared import cached
from pages.components.shared.session import key_of
from pages.components.widgets.gallery_grid.gallery_grid import Change
from reid_core.workspace import jobs
from reid_core.workspace.catalogue.selection import Selection, order_from_json
from reid_core.workspace.deletion import deletion, holds
from reid_core.workspace.galleries import editing
from reid_core.workspace.workspace import Workspace
from tests.pages.search_page import OpenPage


@pytest.fixture
def open_page(open_at: OpenPage) -> OpenPage:
    """Gives `open_page(workspace path, **query parameters)`: the Gallery page on that workspace."""
    return functools.partial(open_at, "pages/gallery.py")


def state_of(page: AppTest) -> GalleryState:
    found: GalleryState = page.session_state[key_of(GalleryState)]
    return found


def _words(page: AppTest) -> str:
    """All that is written on the page by our own markup."""
    return "\n".join(element.proto.body for element in page.get("html"))


def _grid(page: AppTest, key: str = "gal-grid") -> dict[str, Any]:
    """What a grid was given to draw."""
    for element in page.get("bidi_component"):
        if element.proto.id.endswith(f"-{key}"):
            data: dict[str, Any] = json.loads(element.proto.json)
            return data
    return {"cards": [], "marks": {"chosen": [], "any": False, "edit": 0}}


def _ids(page: AppTest) -> list[int]:
    return [card["id"] for card in _grid(page)["cards"]]


def _mark(page: AppTest, *on: int) -> AppTest:
    """Choose exactly these of the cards that are in sight, as the browser tells it."""
    edit = _grid(page)["marks"]["edit"] + 1
    off = [crop for crop in _ids(page) if crop not in on]
    page.session_state["gal-grid"] = {"chosen": {"edit": edit, "on": list(on), "off": off, "clear": False}}
    return page.run()


def _type(page: AppTest, text: str, key: str = "gal-field") -> None:
    page.session_state[key] = {"typed": text}


def _press(page: AppTest, key: str) -> AppTest:
    return page.button(key=key).click().run()


def _keys(page: AppTest) -> set[str]:
    return {button.key for button in page.button if button.key}


def _see(page: AppTest, value: str) -> AppTest:
    group: Any = next(group for group in page.get("button_group") if (group.key or "").startswith("gal-by-"))
    seen: AppTest = group.set_value(value).run()
    return seen


def _column(workspace: Workspace, crop: int, name: str = "identity") -> Any:
    return workspace.catalogue.crops_of([crop]).iloc[0][name]


def _sql(workspace: Workspace, statement: str, *values: object) -> None:
    with sqlite3.connect(workspace.catalogue.path) as database:
        database.execute(statement, values)
        database.execute("UPDATE counter SET seq = seq + 1")


# --- states of the page ---


def test_a_workspace_without_galleries_is_welcomed_at_import(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(tmp_path / "new")
    assert "This workspace has no gallery yet" in _words(page)
    assert page.session_state["gal-view"] == "Import"
    assert not page.exception


def test_a_workspace_that_cannot_be_made_is_a_sentence(open_page: OpenPage, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert "cannot be made" in _words(open_page(tmp_path / "file" / "workspace"))


def test_a_gallery_shows_its_numbers_and_all_its_crops(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path)
    assert _ids(page) == list(range(1, 25))
    for words in ("<dt>Crops</dt><dd>24<", "<dt>People</dt><dd>4<", "2026-01-01 00:00 to 00:03", "<dd>stripes<"):
        assert words in _words(page)
    assert _grid(page)["cards"][0]["lines"] == ["person 1", "entrance"]


def test_models_that_embedded_only_some_say_how_many_they_did_not(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    _sql(tiny_workspace, "DELETE FROM vector WHERE crop IN (7, 8)")
    page = open_page(tiny_workspace.path)
    assert "<dd>stripes, 2 not<" in _words(page)
    missing: Any = next(group for group in page.get("button_group") if group.key == "gal-missing-tiny")
    missing.set_value(f"model:{_model(tiny_workspace)}").run()
    assert _ids(page) == [7, 8]


def _model(workspace: Workspace) -> str:
    return workspace.catalogue.gallery("tiny").models[0][0]


def test_the_address_chooses_the_gallery_and_one_that_is_not_there_is_a_note(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    tiny_workspace.catalogue.add_gallery("other")
    page = open_page(tiny_workspace.path, gallery="other")
    assert page.session_state["gallery"] == "other"
    page = open_page(tiny_workspace.path, gallery="nowhere")
    assert "There is no gallery &#x27;nowhere&#x27; in this workspace. This is other." in _words(page)


def test_an_empty_gallery_can_be_removed(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    tiny_workspace.catalogue.add_gallery("other")
    page = open_page(tiny_workspace.path, gallery="other")
    assert "other is empty" in _words(page)
    _press(page, "gal-remove")
    assert [info.name for info in tiny_workspace.catalogue.galleries()] == ["tiny"]
    assert _ids(page)


def test_a_gallery_that_another_process_deletes_is_no_error(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    tiny_workspace.catalogue.add_gallery("other")
    page = open_page(tiny_workspace.path, gallery="tiny")
    deletion.delete(tiny_workspace, "tiny", Selection(), "gone")
    page.run()
    assert page.query_params["gallery"] in ("other", ["other"])
    assert "Gallery tiny is gone. This is other." in _words(page)
    assert not page.exception


def test_labels_are_shown_as_text_never_as_markup(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    editing.relabel(
        tiny_workspace.catalogue, "tiny", Selection(ids=frozenset({3})), "identity", "<img src=x onerror=alert(1)>"
    )
    page = open_page(tiny_workspace.path)
    state_of(page).open = 3
    page.run()
    assert "<img src=x" not in _words(page)
    assert "&lt;img src=x" in _words(page)


# --- ways of seeing, and filters ---


def test_people_are_cards_and_one_opens_with_a_way_back(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = _see(open_page(tiny_workspace.path), "People")
    assert [card["lines"] for card in _grid(page)["cards"]] == [
        [f"person {person}", "6 crops · 3 cameras"] for person in (1, 2, 3, 4)
    ]
    state_of(page).group = ("tiny", "identity", "2")
    page.run()
    assert _ids(page) == list(range(7, 13))
    assert "person 2" in _words(page)
    _press(page, "gal-leave")
    assert len(_ids(page)) == 4


@pytest.mark.parametrize(
    ("way", "labels"),
    [("Cameras", ["entrance", "hall", "stairs"]), ("Days", ["2026-01-01"]), ("Tracklets", None)],
)
def test_crops_are_gathered_by_camera_day_and_tracklet(
    open_page: OpenPage, tiny_workspace: Workspace, way: str, labels: list[str] | None
) -> None:
    shown = [card["lines"][0] for card in _grid(_see(open_page(tiny_workspace.path), way))["cards"]]
    assert shown == labels if labels else len(shown) == 12


def test_filters_narrow_crops_and_groups_and_can_be_cleared(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path)
    page.multiselect(key="gal-camera-tiny").set_value(["hall"]).run()
    assert _ids(page) == [3, 4, 9, 10, 15, 16, 21, 22]
    assert [card["lines"][1] for card in _grid(_see(page, "People"))["cards"]] == ["2 crops · 1 camera"] * 4
    _press(page, "gal-clear")
    assert _grid(page)["cards"][0]["lines"][1] == "6 crops · 3 cameras"


def test_flaws_are_counted_and_shown_on_the_picture(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    _sql(tiny_workspace, "UPDATE crop SET height = 128, width = 64, sharpness = 1, brightness = 0.5, contrast = 0.5")
    _sql(tiny_workspace, "UPDATE crop SET brightness = 0.01 WHERE id IN (5, 6)")
    page = open_page(tiny_workspace.path)
    quality: Any = next(group for group in page.get("button_group") if group.key == "gal-flaw-tiny")
    assert [option.content for option in quality.proto.options] == ["any flaw", "dark 2"]
    quality.set_value("dark").run()
    assert [(card["id"], card["badge"]) for card in _grid(page)["cards"]] == [(5, "dark"), (6, "dark")]


def test_a_filter_on_what_is_no_longer_there_is_forgotten(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path)
    page.multiselect(key="gal-camera-tiny").set_value(["hall"]).run()
    deletion.delete(tiny_workspace, "tiny", Selection(cameras=frozenset({"hall"})), "gone")
    page.run()
    assert not page.exception
    assert len(_ids(page)) == 16


def test_a_view_without_crops_says_so(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = _see(open_page(tiny_workspace.path), "Cameras")
    page.multiselect(key="gal-camera-tiny").set_value(["hall"]).run()
    state_of(page).group = ("tiny", "camera", "stairs")
    page.run()
    assert "No crop fits in stairs" in _words(page)
    _press(page, "gal-clear-here")
    assert len(_ids(page)) == 8


def test_pages_of_a_hundred_are_turned(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.components.gallery.browse_bar.PAGE", 10)
    page = open_page(tiny_workspace.path)
    assert "1–10 of 24" in _words(page)
    _press(page, "gal-on")
    _press(page, "gal-on")
    assert "21–24 of 24" in _words(page)
    assert _ids(page) == [21, 22, 23, 24]
    assert page.button(key="gal-on").disabled


# --- choosing, and labels ---


def test_what_is_chosen_survives_paging_and_is_dropped_when_it_is_gone(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.components.gallery.browse_bar.PAGE", 10)
    page = _mark(open_page(tiny_workspace.path), 2, 3)
    assert "<b>2</b> selected" in _words(page)
    _mark(_press(page, "gal-on"), 11)
    assert "<b>3</b> selected" in _words(page)
    assert _grid(_press(page, "gal-back"))["marks"]["chosen"] == [2, 3]
    deletion.delete(tiny_workspace, "tiny", Selection(ids=frozenset({2})), "gone")
    page.run()
    assert "<b>2</b> selected" in _words(page)
    assert _grid(page)["marks"]["chosen"] == [3, 11]  # which has moved up to the first page


def test_all_that_fit_are_chosen_and_unchosen(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path)
    assert "gal-delete" not in _keys(page)
    _press(page, "gal-all")
    assert "<b>24</b> selected" in _words(page)
    _press(page, "gal-unselect")
    assert "selected" not in _words(page)


def test_an_identity_is_set_and_taken_back_even_after_a_reload(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = _press(_mark(open_page(tiny_workspace.path), 1, 2), "gal-do-identity")
    _type(page, "zoe")
    _press(page, "gal-apply")
    assert [_column(tiny_workspace, crop) for crop in (1, 2, 3)] == ["zoe", "zoe", "1"]
    assert "Identity of 2 crops set to zoe." in _words(page)
    page = _press(open_page(tiny_workspace.path), "gal-undo")
    assert [_column(tiny_workspace, crop) for crop in (1, 2, 3)] == ["1", "1", "1"]
    assert "gal-undo" not in _keys(page)


def test_camera_and_time_are_set_or_made_unknown(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = _press(_mark(open_page(tiny_workspace.path), 5), "gal-do-camera")
    _press(page, "gal-unknown")
    assert _column(tiny_workspace, 5, "camera") is None
    _press(page, "gal-do-time")
    _type(page, "2026-03-02 08:11:30")
    _press(page, "gal-apply")
    assert _column(tiny_workspace, 5, "time") == 1_772_439_090.0


@pytest.mark.parametrize(("typed", "complaint"), [("", "Type the time first"), ("noon", "is no time")])
def test_a_value_that_cannot_be_is_refused_beside_the_form(
    open_page: OpenPage, tiny_workspace: Workspace, typed: str, complaint: str
) -> None:
    page = _press(_mark(open_page(tiny_workspace.path), 5), "gal-do-time")
    _type(page, typed)
    _press(page, "gal-apply")
    assert complaint in _words(page)
    assert "gal-apply" in _keys(page)
    assert _grid(page)["marks"]["chosen"] == [5]


def test_a_person_on_both_sides_of_a_split_is_refused_and_nothing_is_lost(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    _sql(tiny_workspace, "UPDATE crop SET split = 'train' WHERE identity = '1'")
    page = _press(_mark(open_page(tiny_workspace.path), 7, 8), "gal-do-identity")
    _type(page, "1")
    _press(page, "gal-apply")
    assert "would be for training and for testing" in _words(page)
    assert _column(tiny_workspace, 7) == "2"
    assert "<b>2</b> selected" in _words(page)
    assert "gal-apply" in _keys(page)


def test_people_are_merged_with_all_their_crops_and_apart_again(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = _see(open_page(tiny_workspace.path), "People")
    page.multiselect(key="gal-camera-tiny").set_value(["hall"]).run()
    _mark(page, *_ids(page)[1:3])
    assert "<b>2 people</b> selected, 4 crops" in _words(page)
    _press(page, "gal-do-merge")
    _type(page, "3")
    _press(page, "gal-apply")
    assert [_column(tiny_workspace, crop) for crop in range(7, 19)] == ["3"] * 12
    _press(page, "gal-undo")
    assert _column(tiny_workspace, 7) == "2"


def test_chosen_days_stand_for_their_crops(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    _sql(tiny_workspace, "UPDATE crop SET time = time + 86400 WHERE id > 20")
    page = _see(open_page(tiny_workspace.path), "Days")
    _mark(page, 21)
    _press(page, "gal-do-camera")
    _type(page, "roof")
    _press(page, "gal-apply")
    assert [_column(tiny_workspace, crop, "camera") for crop in range(19, 25)] == ["entrance"] * 2 + ["roof"] * 4


def test_a_person_is_renamed_and_her_view_follows(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = _see(open_page(tiny_workspace.path), "People")
    state_of(page).group = ("tiny", "identity", "2")
    page.run()
    page.text_input(key="gal-new-name-2").set_value("anna").run()
    _press(page, "gal-rename-apply")
    assert state_of(page).group == ("tiny", "identity", "anna")
    assert _ids(page) == list(range(7, 13))
    assert _column(tiny_workspace, 7) == "anna"
    _press(page, "gal-undo")
    assert "anna has no crop any more" in _words(page)
    assert len(_ids(_press(page, "gal-leave"))) == 4


@given(sets(integers(0, 60)), sets(integers(0, 60), max_size=20), sets(integers(0, 60), max_size=20))
def test_a_change_of_the_choice_is_set_arithmetic(before: set[int], on: set[int], off: set[int]) -> None:
    off -= on
    ids = np.array(sorted(before), np.int64)
    after = selection.changed(ids, Change(list(on), list(off), False, 1))
    assert after.tolist() == sorted((before - off) | on)


def test_counts_of_a_large_gallery_wait_while_it_changes(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(page: AppTest) -> list[str]:
        groups = [group for group in page.get("button_group") if group.key == "gal-missing-tiny"]
        return [option.content for group in groups for option in group.proto.options]

    monkeypatch.setattr(cached, "LARGE", 0)
    page = open_page(tiny_workspace.path)
    editing.relabel(tiny_workspace.catalogue, "tiny", Selection(ids=frozenset({1, 2})), "identity", None)
    assert missing(page.run()) == []
    monkeypatch.setattr(cached, "SECONDS_BETWEEN_COUNTS", 0.0)
    assert missing(page.run()) == ["identity 2"]


# --- deleting and holding ---


def test_a_deletion_asks_why_and_shows_its_receipt(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = _press(_mark(open_page(tiny_workspace.path), 4, 9), "gal-delete")
    assert ">2 crops</p>" in _words(page)  # of two people: crops 1 to 6 are person 1, 7 to 12 person 2
    assert [card["id"] for card in _grid(page, "gal-doomed")["cards"]] == [4, 9]
    _press(page, "gal-sure")
    assert "Say why these crops are deleted" in _words(page)
    assert deletion.receipts(tiny_workspace) == []
    page.text_input(key="gal-purpose").set_value("Request 5")
    _press(page, "gal-sure")
    assert hashlib.sha256(b"4,9").hexdigest() in _words(page)
    assert "Request 5" in _words(page)
    assert not {4, 9} & set(_ids(page))
    _press(page, "gal-deletion-done")
    assert "Request 5" not in _words(page)
    assert "selected" not in _words(page)


def test_a_deletion_of_one_persons_crops_says_whose(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = _press(_mark(open_page(tiny_workspace.path), 4, 5), "gal-delete")
    assert ">2 crops of person 1</p>" in _words(page)


def test_the_receipt_of_a_gallerys_last_crops_is_shown(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = _press(_press(open_page(tiny_workspace.path), "gal-all"), "gal-delete")
    page.text_input(key="gal-purpose").set_value("The end")
    _press(page, "gal-sure")
    assert "tiny is empty" in _words(page)
    assert "24 crops of gallery tiny" in _words(page)


def test_many_crops_are_deleted_by_a_job_that_reads_them_from_a_file(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, list[str]]] = []

    def start(folder: Path, arguments: list[str], workspace: Path, title: str) -> None:
        started.append((title, list(arguments)))

    monkeypatch.setattr(deletion_dialog, "AT_ONCE", 1)
    page = _press(_mark(open_page(tiny_workspace.path), 4, 9), "gal-delete")
    monkeypatch.setattr(jobs, "start", start)
    page.text_input(key="gal-purpose").set_value("--all")
    _press(page, "gal-sure")
    assert "A job deletes them" in _words(page)
    (title, arguments), *more = started
    assert (arguments[0], title, more) == ("delete", "Delete 2 crops of tiny", [])
    file = Path(arguments[arguments.index("--selection") + 1])
    assert order_from_json(file.read_text()) == (Selection(ids=frozenset({4, 9})), "--all")
    assert file.is_relative_to(tiny_workspace.path)
    assert file.stat().st_mode & 0o077 == 0
    assert not any("--all" in argument for argument in arguments), "ps shows arguments to everybody"
    _press(page, "gal-see-job")
    assert page.session_state["gal-view"] == "Jobs"


def test_held_crops_are_noted_and_stay(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = _press(_mark(open_page(tiny_workspace.path), 4, 9), "gal-do-hold")
    _type(page, "not a name!")
    _press(page, "gal-apply")
    assert "cannot name a hold" in _words(page)
    _type(page, "case-17")
    _press(page, "gal-apply")
    assert holds.holds(tiny_workspace) == {"case-17": 2}
    assert "2 crops held by case-17." in _words(page)
    _press(page, "gal-delete")
    assert "2 crops held by case-17" in _words(page)
    assert "gal-sure" not in _keys(page)
    _press(page, "gal-deletion-done")
    state_of(page).open = 9
    page.run()
    assert "<b>Held</b> by case-17" in _words(page)


# --- one crop ---


def _open(page: AppTest, crop: int) -> AppTest:
    state_of(page).open = crop
    return page.run()


def test_a_crop_is_shown_with_all_that_is_known_and_stepped_from(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = _open(open_page(tiny_workspace.path), 4)
    for words in ("1-hall-1.png", "2026-01-01 00:00:30", "4 of 24", "where it was imported from"):
        assert words in _words(page)
    assert "data:image/jpeg" in _words(page)
    _press(page, "gal-next")
    assert "5 of 24" in _words(page)
    _press(_press(page, "gal-previous"), "gal-previous")
    assert "3 of 24" in _words(page)


def test_an_original_that_changed_or_vanished_is_said(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    row = tiny_workspace.catalogue.crops_of([4]).iloc[0]
    file = tiny_workspace.path / "elsewhere"
    file.mkdir()
    other = tiny_workspace.catalogue.crops_of([5]).iloc[0]
    (file / row["path"]).write_bytes((Path(other["source"]) / other["path"]).read_bytes())
    _sql(tiny_workspace, "UPDATE source SET path = ?", str(file))
    page = _open(open_page(tiny_workspace.path), 4)
    assert "changed since it was imported" in _words(page)
    page = _open(page, 5)
    assert "Only its small thumbnail is left" in _words(page)
    assert f"/thumbnails/{other['sha256']}.jpg" in _words(page)


def test_a_crop_that_is_gone_is_said_and_the_page_goes_on(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path)
    deletion.delete(tiny_workspace, "tiny", Selection(ids=frozenset({4})), "gone")
    _open(page, 4)
    assert "This crop is gone" in _words(page)
    assert 4 not in _ids(page)
    assert not page.exception


def test_labels_of_a_crop_are_put_right_in_place(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = _press(_open(open_page(tiny_workspace.path), 4), "gal-fix-labels-open")
    _type(page, "zoe", "gal-fix-identity-4")
    _type(page, "", "gal-fix-camera-4")
    _press(page, "gal-fix-save")
    assert _column(tiny_workspace, 4) == "zoe"
    assert _column(tiny_workspace, 4, "camera") is None
    assert _column(tiny_workspace, 4, "time") == 1_767_225_630.0
    assert "<td>zoe</td>" in _words(page)


def test_a_refused_correction_of_a_crop_is_said_in_its_view(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    _sql(tiny_workspace, "UPDATE crop SET split = 'train' WHERE identity = '1'")
    page = _press(_open(open_page(tiny_workspace.path), 9), "gal-fix-labels-open")
    _type(page, "1", "gal-fix-identity-9")
    _press(page, "gal-fix-save")
    assert "would be for training and for testing" in _words(page)
    assert _column(tiny_workspace, 9) == "2"
    assert "gal-fix-save" in _keys(page)


def test_look_alikes_of_a_crop_are_shown(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    sha256 = bytes.fromhex(_column(tiny_workspace, 1, "sha256"))
    _sql(tiny_workspace, "UPDATE crop SET alike = ? WHERE id = 2", sha256)
    page = _open(open_page(tiny_workspace.path), 1)
    assert 2 in {card["id"] for card in _grid(page, "gal-alike")["cards"]}


def test_a_crop_is_taken_to_search(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = _press(_open(open_page(tiny_workspace.path), 13), "gal-search")
    assert "The photo is crop 13 of" in _words(page)


def test_a_crop_is_deleted_from_its_view(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = _press(_open(open_page(tiny_workspace.path), 4), "gal-crop-delete")
    page.text_input(key="gal-purpose").set_value("Request 6")
    _press(page, "gal-sure")
    assert 4 not in _ids(page)
    assert [receipt.crops for receipt in deletion.receipts(tiny_workspace)] == [1]


# --- the address, and what is not embedded ---


def test_the_address_names_the_view_and_the_crop_that_is_looked_at(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = open_page(tiny_workspace.path, gallery="tiny", view="history")
    assert page.session_state["gal-view"] == "History"
    page = open_page(tiny_workspace.path, gallery="tiny", crop="5")
    assert state_of(page).open == 5
    assert "Crop <b>5</b>" in _words(page)
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
    _press(page, "embed-tiny")
    assert started == [["index", "tiny", "--model=stripes"]]


def test_a_gallery_of_an_older_version_says_how_its_quality_is_measured(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET sharpness = NULL")
    assert "Quality or colours of 24 crops are not measured; reid check tiny" in _words(open_page(tiny_workspace.path))


def test_held_crops_say_so_on_their_cards(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    holds.hold(tiny_workspace, "tiny", Selection(ids=frozenset({3, 5})), "case-1")
    cards = _grid(open_page(tiny_workspace.path))["cards"]
    assert [card["id"] for card in cards if card.get("badge") == "held"] == [3, 5]


def test_crops_that_name_nobody_are_told_of_among_people(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    editing.relabel(tiny_workspace.catalogue, "tiny", Selection(ids=frozenset({1, 2})), "identity", None)
    page = open_page(tiny_workspace.path)
    page.session_state["gal-by-tiny"] = "People"
    page.run()
    assert "2 crops name nobody." in _words(page)
    _press(page, "gal-see-nobody")
    assert _ids(page) == [1, 2]


def test_a_workspace_that_others_can_look_into_is_said_to_be_so(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    tiny_workspace.path.chmod(0o700)
    assert "chmod" not in _words(open_page(tiny_workspace.path))
    tiny_workspace.path.chmod(0o750)
    words = _words(open_page(tiny_workspace.path))
    assert f"chmod -R go= {tiny_workspace.path}" in words
    assert "(drwxr-x---)" in words
