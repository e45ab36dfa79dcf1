"""Several photos of one person, and ways in which they come, on the Search page without a browser."""

from __future__ import annotations

import dataclasses

import pytest

from pages.components.search import query_photos, question
from pages.components.shared.address import Visit
from pages.components.shared.session import key_of
from pages.components.widgets.photo_stage.photo_stage import Cut
from reid_core.workspace.search import saved_again
from reid_core.workspace.workspace import Workspace
from tests.conftest import png_bytes, tiny_picture
from tests.pages.search_page import (
    OpenPage,
    answer_of,
    crops_in,
    data_of,
    desk_of,
    do,
    groups_of,
    noise,
    upload,
    words_of,
)


def test_a_photo_that_is_a_hit_saved_again_is_shown_as_that(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    answer, [photo] = answer_of(page), desk_of(page).photos or ()
    sha256s = answer.crops["sha256"].tolist()
    looks = {sha256s[0]: 0b1111 << 60, sha256s[1]: 0xFFFF << 20}
    monkeypatch.setattr(question, "_look", lambda path, sha256: looks.get(sha256, 0))
    seen = dataclasses.replace(photo, look=0xFF << 8)  # twelve bits from the one, 24 from the other
    assert question.copies(tiny_workspace, [seen], answer) == set()
    seen = dataclasses.replace(photo, look=(0b1101 << 60) - 2**64)  # signed, as it is measured
    assert question.copies(tiny_workspace, [seen], answer) == {int(answer.crops["id"].iloc[0])}
    monkeypatch.setattr(saved_again, "ALIKE", 1.1)
    assert question.copies(tiny_workspace, [seen], answer) == set()


def test_photos_dropped_together_are_one_person(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path)
    files = [("a.png", noise(1), "image/png"), ("b.png", noise(2), "image/png")]
    page.file_uploader[0].set_value(files).run()
    assert [photo["role"] for photo in data_of(page, "tray")["photos"]] == ["positive", "positive"]
    assert [photo["lines"][0] for photo in data_of(page, "tray")["photos"]] == ["a.png", "b.png"]


def test_a_photo_is_added_or_starts_a_new_search(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = upload(open_page(tiny_workspace.path, crop="1"), "a.png", noise(1))
    assert len(data_of(page, "tray")["photos"]) == 1
    page.toggle(key="add-photos").set_value(True).run()
    page = upload(page, "b.png", noise(2))
    assert [photo["name"] for photo in data_of(page, "tray")["photos"]] == ["a.png", "b.png"]


def test_an_address_names_several_crops_and_counterexamples(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, **{"crop": "1,3", "not": "13"})
    roles = [(photo["name"], photo["role"]) for photo in data_of(page, "tray")["photos"]]
    assert roles == [("1-entrance-0.png", "positive"), ("1-hall-0.png", "positive"), ("3-entrance-0.png", "negative")]
    shown = set().union(*map(crops_in, groups_of(page)))
    assert not shown & {1, 2, 3, 4, 13}  # the photos themselves, and what both cameras of theirs took
    tray = desk_of(page).photos or ()
    page = do(page, "tray", "changed", id=tray[1].number, role="aside")
    assert page.query_params["crop"] in ("1", ["1"])


def test_only_counterexamples_are_no_search(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    tray = desk_of(page).photos or ()
    page = do(page, "tray", "changed", id=tray[0].number, role="negative")
    assert "No photo shows the person" in words_of(page)


def test_crops_that_another_page_wants_are_searched_for(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path)
    page.session_state[key_of(Visit)].handed = (7, 9)
    page.run()
    assert page.query_params["crop"] in ("7,9", ["7,9"])
    assert not page.session_state[key_of(Visit)].handed


def test_a_crop_that_was_cut_smaller_does_not_find_itself(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    tray = desk_of(page).photos or ()
    page = do(page, "tray", "edited", id=tray[0].number)
    assert groups_of(page) == []
    page = do(page, "stage", "done", turn=0, boxes=[[0, 0, 1, 0.9]])
    page.toggle(key="leave-out").set_value(False).run()
    shown = set().union(*map(crops_in, groups_of(page)))
    assert 2 in shown
    assert 1 not in shown


def test_a_negative_photo_that_is_uncut_again_stays_negative() -> None:
    data = png_bytes(tiny_picture(1, 0))
    photo = dataclasses.replace(query_photos.of_upload("a.png", data), role="negative", camera="hall")
    (part,) = query_photos.cut(photo, Cut(0, ((0.0, 0.0, 0.5, 0.5),)))
    (whole,) = query_photos.cut(part, Cut(0, ()))
    assert (whole.role, whole.camera, whole.data, whole.scene) == ("negative", "hall", data, None)
