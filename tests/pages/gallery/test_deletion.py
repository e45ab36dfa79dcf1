"""Deleting and holding crops on the Gallery page."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pages.components.gallery import deletion_dialog
from reid_core.workspace import jobs
from reid_core.workspace.catalogue.selection import Selection, order_from_json
from reid_core.workspace.deletion import deletion, holds
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY
from tests.pages.gallery.gallery_page import grid_of, keys_of, mark, press, shown_ids, state_of, type_in, words_on
from tests.pages.search_page import OpenPage
from tests.workspace.recordings.filed import dropped


def test_a_deletion_asks_why_and_shows_its_receipt(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = press(mark(open_page(tiny_workspace.path), 4, 9), "gal-delete")
    assert ">2 crops</p>" in words_on(page)  # of two people: crops 1 to 6 are person 1, 7 to 12 person 2
    assert [card["id"] for card in grid_of(page, "gal-doomed")["cards"]] == [4, 9]
    press(page, "gal-sure")
    assert "Say why these crops are deleted" in words_on(page)
    assert deletion.receipts(tiny_workspace) == []
    page.text_input(key="gal-purpose").set_value("Request 5")
    press(page, "gal-sure")
    assert hashlib.sha256(b"4,9").hexdigest() in words_on(page)
    assert "Request 5" in words_on(page)
    assert not {4, 9} & set(shown_ids(page))
    press(page, "gal-deletion-done")
    assert "Request 5" not in words_on(page)
    assert "selected" not in words_on(page)


def test_a_deletion_of_one_persons_crops_says_whose(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = press(mark(open_page(tiny_workspace.path), 4, 5), "gal-delete")
    assert ">2 crops of person 1</p>" in words_on(page)


def test_the_receipt_of_a_gallerys_last_crops_is_shown(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = press(press(open_page(tiny_workspace.path), "gal-all"), "gal-delete")
    page.text_input(key="gal-purpose").set_value("The end")
    press(page, "gal-sure")
    assert "tiny is empty" in words_on(page)
    assert "24 crops of gallery tiny" in words_on(page)


def test_many_crops_are_deleted_by_a_job_that_reads_them_from_a_file(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, list[str]]] = []

    def start(folder: Path, arguments: list[str], workspace: Path, title: str) -> None:
        started.append((title, list(arguments)))

    monkeypatch.setattr(deletion_dialog, "AT_ONCE", 1)
    page = press(mark(open_page(tiny_workspace.path), 4, 9), "gal-delete")
    monkeypatch.setattr(jobs, "start", start)
    page.text_input(key="gal-purpose").set_value("--all")
    press(page, "gal-sure")
    assert "A job deletes them" in words_on(page)
    (title, arguments), *more = started
    assert (arguments[0], title, more) == ("delete", "Delete 2 crops of tiny", [])
    file = Path(arguments[arguments.index("--selection") + 1])
    assert order_from_json(file.read_text()) == (Selection(ids=frozenset({4, 9})), "--all")
    assert file.is_relative_to(tiny_workspace.path)
    assert file.stat().st_mode & 0o077 == 0
    assert not any("--all" in argument for argument in arguments), "ps shows arguments to everybody"
    press(page, "gal-see-job")
    assert page.session_state["gal-view"] == "Jobs"


def test_held_crops_are_noted_and_stay(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = press(mark(open_page(tiny_workspace.path), 4, 9), "gal-do-hold")
    type_in(page, "not a name!")
    press(page, "gal-apply")
    assert "cannot name a hold" in words_on(page)
    type_in(page, "case-17")
    press(page, "gal-apply")
    assert holds.holds(tiny_workspace) == {"case-17": 2}
    assert "2 crops held by case-17." in words_on(page)
    press(page, "gal-delete")
    assert "2 crops held by case-17" in words_on(page)
    assert "gal-sure" not in keys_of(page)
    press(page, "gal-deletion-done")
    state_of(page).open = 9
    page.run()
    assert "<b>Held</b> by case-17" in words_on(page)


@pytest.fixture
def film(tiny_workspace: Workspace) -> None:
    """Of recording "gate", crops 25 to 27, which only the workspace has."""
    dropped(tiny_workspace, gallery=TINY_GALLERY)


@pytest.mark.usefixtures("film")
def test_a_film_that_only_the_workspace_has_is_blurred_by_a_job_before_the_deletion(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: list[list[str]] = []
    page = press(mark(open_page(tiny_workspace.path), 25, 26), "gal-delete")
    monkeypatch.setattr(jobs, "start", lambda folder, arguments, *more: orders.append(list(arguments)))
    assert "shows them, and no other file of it is known. It would be blurred first" in words_on(page)
    assert "so that the tracklet that stays can still be played" in words_on(page)
    (choice,) = [radio for radio in page.radio if radio.key == "gal-copies"]
    assert (choice.value, choice.options) == ("Blur first", ["Blur first", "Remove"])
    page.text_input(key="gal-purpose").set_value("she asked")
    press(page, "gal-sure")
    assert "The film is blurred first: nothing is deleted before that is done." in words_on(page)
    (arguments,) = orders
    assert arguments[0] == "delete"
    assert "--remove-copies" not in arguments
    assert deletion.receipts(tiny_workspace) == []


@pytest.mark.usefixtures("film")
def test_it_is_removed_at_once_where_that_is_chosen_and_the_receipt_says_what_is_lost(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = press(mark(open_page(tiny_workspace.path), 25, 26), "gal-delete")
    page.radio(key="gal-copies").set_value("Remove")
    page.text_input(key="gal-purpose").set_value("she asked")
    press(page, "gal-sure")
    assert "and no other file of it is known: the tracklet that stays cannot be played any more." in words_on(page)
    assert list(tiny_workspace.path.glob("originals/*/*.mp4")) == []


@pytest.mark.usefixtures("film")
def test_a_recording_that_goes_says_that_its_only_film_goes_and_asks_no_more(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = press(mark(open_page(tiny_workspace.path), 25, 26, 27), "gal-delete")
    assert "would be removed, too. No other file of it is known." in words_on(page)
    assert not [radio for radio in page.radio if radio.key == "gal-copies"]
