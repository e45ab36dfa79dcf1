"""The import as a person does it in a browser: drop, check, go, search. Waits are for the very thing that is read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from reid_core.workspace.imports.uploads import unfinished
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_MODEL, png_bytes, tiny_picture
from tests.e2e.conftest import SLOW, OpenPage, Serve

JOB = 90_000


def _to_import(page: Any) -> None:
    page.get_by_role("link", name="Gallery").first.click(timeout=SLOW)
    page.get_by_role("radio", name="Import").or_(page.get_by_role("button", name="Import", exact=True)).first.click(
        timeout=SLOW
    )
    page.get_by_text("Pictures cropped to one person each").wait_for(timeout=SLOW)


@pytest.mark.browser
def test_three_dropped_pictures_become_a_gallery_that_can_be_searched(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace, tmp_path: Path
) -> None:
    files = []
    for number in range(3):
        file = tmp_path / f"visitor_c{number + 1}.png"
        file.write_bytes(png_bytes(tiny_picture(20 + number, 0)))
        files.append(file)
    page = open_page(serve(tiny_workspace.path))
    _to_import(page)
    page.locator(".st-key-imp input[type=file]").set_input_files(files)
    page.get_by_text("3 files, dropped here").wait_for(timeout=SLOW)
    page.get_by_text("camera 1, camera 2, camera 3").wait_for(timeout=SLOW)
    page.locator(".im-samples figure").nth(2).wait_for(timeout=SLOW)
    assert page.locator(".im-samples figure").count() == 3
    name = page.get_by_label("Its name")
    name.fill("door")
    name.press("Enter")
    page.get_by_text(re.compile(r"3 crops for the new gallery door, embedded by \w+")).wait_for(timeout=SLOW)
    page.get_by_role("combobox", name=re.compile("Embed it with")).click()
    page.get_by_role("option", name=TINY_MODEL).click()
    page.get_by_text(f"3 crops for the new gallery door, embedded by {TINY_MODEL}.").wait_for(timeout=SLOW)
    page.get_by_role("button", name="Import 3 crops").click()
    page.get_by_text(f"3 crops of the gallery embedded by {TINY_MODEL}").wait_for(timeout=JOB)
    assert page.locator(".im-numbers div", has_text="added").locator("b").inner_text() == "3"
    assert unfinished(tiny_workspace) == []

    page.get_by_role("button", name="Search it").click()
    page.get_by_text("Or pick someone from door").wait_for(timeout=SLOW)
    page.locator(".grid.picker .card").first.click()
    page.locator(".answer .card").first.wait_for(timeout=SLOW)
    page.get_by_text("Top 2 of 3 crops").wait_for(timeout=SLOW)
    page.locator(".answer .card").nth(1).wait_for(timeout=SLOW)
    assert page.locator(".answer .card").count() == 2  # all but the photo itself
    assert page.errors == []


@pytest.mark.browser
def test_a_reload_in_the_middle_loses_neither_the_files_nor_the_job(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / "visitor.png"
    file.write_bytes(png_bytes(tiny_picture(30, 0)))
    page = open_page(serve(tiny_workspace.path))
    _to_import(page)
    page.locator(".st-key-imp input[type=file]").set_input_files([file])
    page.get_by_text("1 file, dropped here").wait_for(timeout=SLOW)
    page.reload()
    _to_import(page)
    page.get_by_text("Dropped before and not imported yet").wait_for(timeout=SLOW)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Import 1 crop").click(timeout=SLOW)
    page.get_by_role("button", name="Import more").wait_for(timeout=JOB)
    page.reload()
    page.get_by_role("radio", name="Jobs").or_(page.get_by_role("button", name="Jobs", exact=True)).first.click(
        timeout=SLOW
    )
    page.get_by_text("Import 1 picture into pictures").wait_for(timeout=SLOW)
    page.get_by_text("1 added, 1 embedded").wait_for(timeout=SLOW)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
