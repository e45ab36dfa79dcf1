"""Under a receipt: files that still show deleted people, and what can be done about them."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from reid_core.signals import StopRequest
from reid_core.workspace import jobs
from reid_core.workspace.catalogue.recordings import named
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.recordings.blurred_copy import blur_recording
from reid_core.workspace.recordings.removal import remove_file
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY
from tests.pages.gallery.gallery_page import keys_of, mark, press, words_on
from tests.pages.search_page import OpenPage
from tests.workspace.recordings.filed import filed

Started = list[tuple[str, list[str]]]


@pytest.fixture
def film(tiny_workspace: Workspace, tmp_path: Path) -> Path:
    """Of recording "gate", whose crops are 25 to 27."""
    filed(tiny_workspace, tmp_path / "gate.mp4", gallery=TINY_GALLERY)
    return tmp_path / "gate.mp4"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    found: Started = []
    monkeypatch.setattr(
        jobs, "start_new", lambda workspace, word, title, arguments: found.append((title, list(arguments)))
    )
    return found


def deleted(open_page: OpenPage, workspace: Workspace, *crops: int) -> AppTest:
    page = press(mark(open_page(workspace.path), *crops), "gal-delete")
    page.text_input(key="gal-purpose").set_value("she asked")
    return press(page, "gal-sure")


def test_a_receipt_names_the_file_and_offers_to_blur_or_remove_it(
    open_page: OpenPage, tiny_workspace: Workspace, film: Path, started: Started
) -> None:
    page = deleted(open_page, tiny_workspace, 25, 26)
    assert "1 recording still shows deleted people." in words_on(page)
    assert str(film) in words_on(page)
    assert "in view for 8.0 s in 1 stretch" in words_on(page)
    press(page, "gal-blur-1")
    assert "hides other people in view, too" in words_on(page)
    assert "stays where it is and still shows everybody" in words_on(page)
    press(page, "gal-cancel-1")
    assert "hides other people" not in words_on(page)
    press(page, "gal-blur-1")
    press(page, "gal-do-blur-1")
    assert started == [("Blur gate of tiny", ["blur", "tiny", "--recording=gate", "--purpose=receipt 1"])]


def test_a_receipt_names_the_recording_of_another_gallery_that_is_the_same_film(
    open_page: OpenPage, tiny_workspace: Workspace, film: Path
) -> None:
    filed(tiny_workspace, film, gallery="yard", name="door")
    page = deleted(open_page, tiny_workspace, 25, 26)
    assert "1 recording still shows deleted people." in words_on(page)
    assert "Recording door of gallery yard is the same film as gate." in words_on(page)
    assert "gal-blur-2" not in keys_of(page)


def test_nothing_is_said_where_no_recording_is_concerned(
    open_page: OpenPage, tiny_workspace: Workspace, film: Path
) -> None:
    page = deleted(open_page, tiny_workspace, 4, 9)
    assert "she asked" in words_on(page)
    assert "still show" not in words_on(page)
    assert not [key for key in keys_of(page) if key.startswith("gal-blur")]


def test_a_file_is_removed_once_its_recordings_name_is_typed(
    open_page: OpenPage, tiny_workspace: Workspace, film: Path
) -> None:
    page = press(deleted(open_page, tiny_workspace, 25, 26), "gal-remove-1")
    assert "This cannot be undone." in words_on(page)
    assert page.text_input(key="gal-why-1").value == "she asked"
    press(page, "gal-do-remove-1")
    assert "Type the recording" in words_on(page)
    assert film.is_file()
    page.text_input(key="gal-typed-1").set_value("gate")
    press(page, "gal-do-remove-1")
    assert not film.exists()
    assert "Its file was removed from the disk." in words_on(page)
    assert "None of these files still shows deleted people." in words_on(page)
    assert named(tiny_workspace.catalogue, TINY_GALLERY, "gate").key == 1
    assert "gal-blur-1" not in keys_of(page)


def test_another_file_at_that_place_stays_and_that_is_said(
    open_page: OpenPage, tiny_workspace: Workspace, film: Path
) -> None:
    page = deleted(open_page, tiny_workspace, 25, 26)
    film.write_bytes(b"another film")
    press(page, "gal-remove-1")
    assert "is not the file that was analysed" in words_on(page)
    assert film.is_file()


def test_of_a_recording_that_went_altogether_the_file_can_only_be_removed(
    open_page: OpenPage, tiny_workspace: Workspace, film: Path
) -> None:
    page = deleted(open_page, tiny_workspace, 25, 26, 27)
    assert "It went from the gallery. Its file shows everybody in it." in words_on(page)
    assert "gal-blur-1" not in keys_of(page)
    press(page, "gal-remove-1")
    page.text_input(key="gal-typed-1").set_value("gate")
    press(page, "gal-do-remove-1")
    assert not film.exists()


def test_a_blurred_copy_is_told_and_not_offered_again(
    open_page: OpenPage, tiny_workspace: Workspace, film: Path
) -> None:
    page = deleted(open_page, tiny_workspace, 25, 26)
    blur_recording(tiny_workspace, TINY_GALLERY, "gate", stop=StopRequest())
    page.run()
    assert "The workspace has a blurred copy" in words_on(page)
    assert "gal-blur-1" not in keys_of(page)
    assert "gal-remove-1" in keys_of(page)


def of_a_recording(path: str, gallery: str, name: str) -> None:
    from pathlib import Path

    from pages.components.gallery.still_shown import draw_still_shown
    from reid_core.workspace.actor import system_user
    from reid_core.workspace.catalogue.recordings import named
    from reid_core.workspace.workspace import Workspace

    workspace = Workspace(Path(path), system_user())
    draw_still_shown(workspace, gallery, named(workspace.catalogue, gallery, name))


def test_a_recording_offers_the_same_later_and_only_if_its_file_shows_somebody_deleted(
    tiny_workspace: Workspace, film: Path
) -> None:
    page = AppTest.from_function(of_a_recording, args=(str(tiny_workspace.path), TINY_GALLERY, "gate")).run()
    assert not page.exception
    assert words_on(page) == ""
    delete(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({25, 26})), "she asked")
    page.run()
    assert "The file still shows them." in words_on(page)
    assert str(film) not in words_on(page), "the page of the recording says it already"
    page.button(key="gal-remove-1").click().run()
    page.text_input(key="gal-typed-1").set_value("gate")
    press(page, "gal-do-remove-1")
    assert "Say why" in words_on(page)
    assert film.exists()
    page.text_input(key="gal-why-1").set_value("she asked")
    press(page, "gal-do-remove-1")
    assert not film.exists()
    assert "Its file was removed from the disk." in words_on(page)


def test_what_another_browser_did_meanwhile_is_said(tiny_workspace: Workspace, film: Path) -> None:
    delete(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({25, 26})), "she asked")
    page = AppTest.from_function(of_a_recording, args=(str(tiny_workspace.path), TINY_GALLERY, "gate")).run()
    press(page, "gal-remove-1")
    page.text_input(key="gal-typed-1").set_value("gate")
    page.text_input(key="gal-why-1").set_value("she asked")
    remove_file(tiny_workspace, TINY_GALLERY, "gate", "she asked")
    press(page, "gal-do-remove-1")
    assert f"{film} is not there any more: somebody else has removed it, or moved it." in words_on(page)
    press(page, "gal-cancel-1")
    assert "not there any more" not in words_on(page)


def test_a_receipt_says_that_another_browser_removed_the_file(
    open_page: OpenPage, tiny_workspace: Workspace, film: Path
) -> None:
    page = press(deleted(open_page, tiny_workspace, 25, 26), "gal-remove-1")
    page.text_input(key="gal-typed-1").set_value("gate")
    remove_file(tiny_workspace, TINY_GALLERY, "gate", "she asked")
    press(page, "gal-do-remove-1")
    assert "This file is gone already" in words_on(page)
    assert f"{film} is not there any more." in words_on(page)
