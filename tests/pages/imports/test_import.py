"""The import wizard without a browser: each state of its three steps, on small made data."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from reid_core.workspace.imports import uploads
from reid_core.workspace.imports.allowed_folders import VARIABLE as ALLOWED
from reid_core.workspace.imports.uploads import keep_upload, unfinished
from reid_core.workspace.workspace import Workspace
from tests.conftest import png_bytes, tiny_picture
from tests.pages.imports.import_page import Open, choose_way, drop, look_at, site, words


def test_all_three_steps_stand_there_from_the_start(open_import: Open) -> None:
    shown = words(open_import())
    assert [title in shown for title in (">What<", ">Check<", ">Go<")] == [True] * 3
    assert "Up to 2 GB" in shown


def test_dropped_pictures_are_written_at_once_and_checked(open_import: Open, tiny_workspace: Workspace) -> None:
    page = drop(open_import(), "a.png", "b.png")
    (upload,) = unfinished(tiny_workspace)
    assert upload.files == 2
    shown = words(page)
    assert "2 files, dropped here" in shown
    assert "nobody is named" in shown
    assert shown.count("<figure") == 2
    assert not [toggle for toggle in page.toggle if "Copy" in toggle.label]  # they are copied in any case
    assert page.text_input(key="gal-choice-name").value == "pictures"


def test_a_dropped_folder_of_people_gives_its_name_and_one_of_pictures_does_not(
    open_import: Open, tiny_workspace: Workspace
) -> None:
    picture = png_bytes(tiny_picture(7, 0))
    for names, name in ((["hall/anna/1.png", "hall/ben/1.png"], "hall"), (["anna/1.png", "anna/2.png"], "pictures")):
        keep_upload(tiny_workspace, [(path, picture) for path in names])
        page = open_import()
        next(button for button in page.button if button.label == "Go on").click().run()
        assert page.text_input(key="gal-choice-name").value == name
        uploads.discard(tiny_workspace, unfinished(tiny_workspace)[0].path)


def test_a_dropped_zip_is_named_and_read(open_import: Open) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("anna/1.png", png_bytes(tiny_picture(1, 0)))
        archive.writestr("ben/1.png", png_bytes(tiny_picture(2, 0)))
    page = open_import()
    page.file_uploader[0].set_value([("night shift.zip", buffer.getvalue(), "application/zip")]).run()
    assert "night shift.zip, dropped here" in words(page)
    assert "2 people" in words(page)
    assert page.text_input(key="gal-choice-name").value == "night-shift"


def test_files_that_cannot_come_together_are_refused_by_a_sentence(
    open_import: Open, tiny_workspace: Workspace
) -> None:
    page = drop(open_import(), "a.png", "b.zip")
    assert "b.zip is an archive beside other files" in words(page)
    assert unfinished(tiny_workspace) == []
    assert "archive beside" not in words(drop(page, "a.png"))


def test_what_was_dropped_before_can_be_taken_up_or_discarded(open_import: Open, tiny_workspace: Workspace) -> None:
    for number in range(2):
        keep_upload(tiny_workspace, [(f"{number}.png", png_bytes(tiny_picture(1, number)))])
    page = open_import()
    assert "not imported yet" in words(page)
    take = [button for button in page.button if button.label == "Go on"]
    discard = [button for button in page.button if button.label == "Discard"]
    assert len(take) == len(discard) == 2
    discard[0].click().run()
    (left,) = unfinished(tiny_workspace)
    next(button for button in page.button if button.label == "Go on").click().run()
    assert "1 file, dropped here" in words(page)
    page.button(key="gal-import-else").click().run()
    assert [upload.path for upload in unfinished(tiny_workspace)] == [left.path]


def test_a_path_that_is_not_there_is_a_sentence_beside_the_field(open_import: Open, tmp_path: Path) -> None:
    page = look_at(open_import(), tmp_path / "nowhere")
    assert f"There is no folder or file {tmp_path / 'nowhere'}" in words(page)
    assert "gal-import-text" in [field.key for field in page.text_input]


def test_an_empty_path_is_asked_for(open_import: Open) -> None:
    page = open_import()
    choose_way(page, "path")
    next(button for button in page.button if button.label == "Look at it").click()
    assert "Write the path" in words(page.run())


def test_a_path_outside_the_allowed_folders_is_refused(
    open_import: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_import()
    monkeypatch.setenv(ALLOWED, str(tmp_path / "allowed"))
    page = look_at(page, site(tmp_path / "elsewhere"))
    assert "not in a folder that may be imported from" in words(page)
    assert f"It must lie in {tmp_path / 'allowed'}" in words(page)


def test_an_empty_list_of_folders_switches_paths_off(open_import: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALLOWED, "")
    page = open_import()
    choose_way(page, "path")
    assert "Imports by path are switched off" in words(page)
    assert not page.text_input
