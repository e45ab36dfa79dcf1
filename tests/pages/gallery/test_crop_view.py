"""One crop, seen closely, on the Gallery page."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion import deletion
from reid_core.workspace.workspace import Workspace
from tests.pages.gallery.gallery_page import (
    column_of,
    grid_of,
    keys_of,
    press,
    run_sql,
    shown_ids,
    state_of,
    type_in,
    words_on,
)
from tests.pages.search_page import OpenPage
from tests.support.filmed_crops import put_in_recording


def open_crop(page: AppTest, crop: int) -> AppTest:
    state_of(page).open = crop
    return page.run()


def test_a_crop_is_shown_with_all_that_is_known_and_stepped_from(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = open_crop(open_page(tiny_workspace.path), 4)
    for words in ("1-hall-1.png", "2026-01-01 00:00:30", "4 of 24", "where it was imported from"):
        assert words in words_on(page)
    assert "data:image/jpeg" in words_on(page)
    press(page, "gal-next")
    assert "5 of 24" in words_on(page)
    press(press(page, "gal-previous"), "gal-previous")
    assert "3 of 24" in words_on(page)


def test_an_original_that_changed_or_vanished_is_said(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    row = tiny_workspace.catalogue.crops_of([4]).iloc[0]
    file = tiny_workspace.path / "elsewhere"
    file.mkdir()
    other = tiny_workspace.catalogue.crops_of([5]).iloc[0]
    (file / row["path"]).write_bytes((Path(other["source"]) / other["path"]).read_bytes())
    run_sql(tiny_workspace, "UPDATE source SET path = ?", str(file))
    page = open_crop(open_page(tiny_workspace.path), 4)
    assert "changed since it was imported" in words_on(page)
    page = open_crop(page, 5)
    assert "Only its small thumbnail is left" in words_on(page)
    assert f"/thumbnails/{other['sha256']}.jpg" in words_on(page)


def test_a_crop_that_is_gone_is_said_and_the_page_goes_on(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path)
    deletion.delete(tiny_workspace, "tiny", Selection(ids=frozenset({4})), "gone")
    open_crop(page, 4)
    assert "This crop is gone" in words_on(page)
    assert 4 not in shown_ids(page)
    assert not page.exception


def test_labels_of_a_crop_are_put_right_in_place(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = press(open_crop(open_page(tiny_workspace.path), 4), "gal-fix-labels-open")
    type_in(page, "zoe", "gal-fix-identity-4")
    type_in(page, "", "gal-fix-camera-4")
    press(page, "gal-fix-save")
    assert column_of(tiny_workspace, 4) == "zoe"
    assert column_of(tiny_workspace, 4, "camera") is None
    assert column_of(tiny_workspace, 4, "time") == 1_767_225_630.0
    assert "<td>zoe</td>" in words_on(page)


def test_a_refused_correction_of_a_crop_is_said_in_its_view(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    run_sql(tiny_workspace, "UPDATE crop SET split = 'train' WHERE identity = '1'")
    page = press(open_crop(open_page(tiny_workspace.path), 9), "gal-fix-labels-open")
    type_in(page, "1", "gal-fix-identity-9")
    press(page, "gal-fix-save")
    assert "would be for training and for testing" in words_on(page)
    assert column_of(tiny_workspace, 9) == "2"
    assert "gal-fix-save" in keys_of(page)


def test_look_alikes_of_a_crop_are_shown(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    sha256 = bytes.fromhex(column_of(tiny_workspace, 1, "sha256"))
    run_sql(tiny_workspace, "UPDATE crop SET alike = ? WHERE id = 2", sha256)
    page = open_crop(open_page(tiny_workspace.path), 1)
    assert 2 in {card["id"] for card in grid_of(page, "gal-alike")["cards"]}


def test_a_crop_is_taken_to_search(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = press(open_crop(open_page(tiny_workspace.path), 13), "gal-search")
    assert "The photo is crop 13 of" in words_on(page)


def test_a_crop_is_deleted_from_its_view(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = press(open_crop(open_page(tiny_workspace.path), 4), "gal-crop-delete")
    page.text_input(key="gal-purpose").set_value("Request 6")
    press(page, "gal-sure")
    assert 4 not in shown_ids(page)
    assert [receipt.crops for receipt in deletion.receipts(tiny_workspace)] == [1]


def test_a_crop_of_a_recording_says_where_it_is_from_and_can_be_watched(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    put_in_recording(tiny_workspace, "tiny", [4])
    page = open_crop(open_page(tiny_workspace.path), 4)
    assert "hall.mp4, 0:00:10 into it" in words_on(page)
    assert grid_of(page, "gal-film") == {"crop": 4, "crops": [4], "open": False, "steps": True}
    press(page, "gal-next")
    assert "Recording" not in words_on(page)
    assert "crop" not in grid_of(page, "gal-film")
