"""Choosing crops on the Gallery page, and putting their labels right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import integers, sets
from streamlit.testing.v1 import AppTest

from pages.components.gallery import selection
from pages.components.shared import cached
from pages.components.widgets.gallery_grid.gallery_grid import Change
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion import deletion
from reid_core.workspace.galleries import editing
from reid_core.workspace.workspace import Workspace
from tests.pages.gallery.gallery_page import (
    column_of,
    grid_of,
    keys_of,
    mark,
    press,
    run_sql,
    see,
    shown_ids,
    state_of,
    type_in,
    words_on,
)
from tests.pages.search_page import OpenPage


def test_what_is_chosen_survives_paging_and_is_dropped_when_it_is_gone(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.components.gallery.browse_bar.PAGE", 10)
    page = mark(open_page(tiny_workspace.path), 2, 3)
    assert "<b>2</b> selected" in words_on(page)
    mark(press(page, "gal-on"), 11)
    assert "<b>3</b> selected" in words_on(page)
    assert grid_of(press(page, "gal-back"))["marks"]["chosen"] == [2, 3]
    deletion.delete(tiny_workspace, "tiny", Selection(ids=frozenset({2})), "gone")
    page.run()
    assert "<b>2</b> selected" in words_on(page)
    assert grid_of(page)["marks"]["chosen"] == [3, 11]  # which has moved up to the first page


def test_all_that_fit_are_chosen_and_unchosen(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path)
    assert "gal-delete" not in keys_of(page)
    press(page, "gal-all")
    assert "<b>24</b> selected" in words_on(page)
    press(page, "gal-unselect")
    assert "selected" not in words_on(page)


def test_an_identity_is_set_and_taken_back_even_after_a_reload(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = press(mark(open_page(tiny_workspace.path), 1, 2), "gal-do-identity")
    type_in(page, "zoe")
    press(page, "gal-apply")
    assert [column_of(tiny_workspace, crop) for crop in (1, 2, 3)] == ["zoe", "zoe", "1"]
    assert "Identity of 2 crops set to zoe." in words_on(page)
    page = press(open_page(tiny_workspace.path), "gal-undo")
    assert [column_of(tiny_workspace, crop) for crop in (1, 2, 3)] == ["1", "1", "1"]
    assert "gal-undo" not in keys_of(page)


def test_camera_and_time_are_set_or_made_unknown(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = press(mark(open_page(tiny_workspace.path), 5), "gal-do-camera")
    press(page, "gal-unknown")
    assert column_of(tiny_workspace, 5, "camera") is None
    press(page, "gal-do-time")
    type_in(page, "2026-03-02 08:11:30")
    press(page, "gal-apply")
    assert column_of(tiny_workspace, 5, "time") == 1_772_439_090.0


@pytest.mark.parametrize(("typed", "complaint"), [("", "Type the time first"), ("noon", "is no time")])
def test_a_value_that_cannot_be_is_refused_beside_the_form(
    open_page: OpenPage, tiny_workspace: Workspace, typed: str, complaint: str
) -> None:
    page = press(mark(open_page(tiny_workspace.path), 5), "gal-do-time")
    type_in(page, typed)
    press(page, "gal-apply")
    assert complaint in words_on(page)
    assert "gal-apply" in keys_of(page)
    assert grid_of(page)["marks"]["chosen"] == [5]


def test_a_person_on_both_sides_of_a_split_is_refused_and_nothing_is_lost(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    run_sql(tiny_workspace, "UPDATE crop SET split = 'train' WHERE identity = '1'")
    page = press(mark(open_page(tiny_workspace.path), 7, 8), "gal-do-identity")
    type_in(page, "1")
    press(page, "gal-apply")
    assert "would be for training and for testing" in words_on(page)
    assert column_of(tiny_workspace, 7) == "2"
    assert "<b>2</b> selected" in words_on(page)
    assert "gal-apply" in keys_of(page)


def test_people_are_merged_with_all_their_crops_and_apart_again(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = see(open_page(tiny_workspace.path), "People")
    page.multiselect(key="gal-camera-tiny").set_value(["hall"]).run()
    mark(page, *shown_ids(page)[1:3])
    assert "<b>2 people</b> selected, 4 crops" in words_on(page)
    press(page, "gal-do-merge")
    type_in(page, "3")
    press(page, "gal-apply")
    assert [column_of(tiny_workspace, crop) for crop in range(7, 19)] == ["3"] * 12
    press(page, "gal-undo")
    assert column_of(tiny_workspace, 7) == "2"


def test_chosen_days_stand_for_their_crops(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    run_sql(tiny_workspace, "UPDATE crop SET time = time + 86400 WHERE id > 20")
    page = see(open_page(tiny_workspace.path), "Days")
    mark(page, 21)
    press(page, "gal-do-camera")
    type_in(page, "roof")
    press(page, "gal-apply")
    assert [column_of(tiny_workspace, crop, "camera") for crop in range(19, 25)] == ["entrance"] * 2 + ["roof"] * 4


def test_a_person_is_renamed_and_her_view_follows(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = see(open_page(tiny_workspace.path), "People")
    state_of(page).group = ("tiny", "identity", "2")
    page.run()
    page.text_input(key="gal-new-name-2").set_value("anna").run()
    press(page, "gal-rename-apply")
    assert state_of(page).group == ("tiny", "identity", "anna")
    assert shown_ids(page) == list(range(7, 13))
    assert column_of(tiny_workspace, 7) == "anna"
    press(page, "gal-undo")
    assert "anna has no crop any more" in words_on(page)
    assert len(shown_ids(press(page, "gal-leave"))) == 4


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
