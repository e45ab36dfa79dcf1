"""From the list of recordings to one, to its crops, and back: by mouse, by keyboard, by the address."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.e2e.conftest import SLOW, OpenPage, Serve, wait_until_settled
from tests.workspace.catalogue.filmed import filmed


def _is_open(page: Any, name: str) -> None:
    page.locator(".st-key-rec-name").get_by_role("heading", name=name).wait_for(timeout=SLOW)
    wait_until_settled(page)


@pytest.mark.browser
def test_a_recording_and_its_crops_are_left_the_way_one_came(serve: Serve, open_page: OpenPage, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "filmed", TESTER)
    filmed(workspace)  # crops 1 to 3
    filmed(workspace, name="door.mp4", camera="door")  # crops 4 to 6
    delete(workspace, "town", Selection(ids=frozenset({3})), "she asked")
    page = open_page(f"{serve(workspace.path)}/gallery?gallery=town&view=recordings&recording=gate.mp4")
    _is_open(page, "gate.mp4")
    page.get_by_text("in 1 stretch are not shown, because somebody in them was deleted.").first.wait_for(timeout=SLOW)
    page.get_by_text("not shown: somebody was deleted").wait_for(timeout=SLOW)  # in the legend
    page.get_by_role("application", name=re.compile("are not shown, because somebody")).wait_for(timeout=SLOW)
    page.reload()
    _is_open(page, "gate.mp4")

    page.get_by_role("button", name="All recordings").focus()
    page.keyboard.press("Enter")
    opened = page.get_by_role("button", name="door.mp4", exact=True)
    opened.wait_for(timeout=SLOW)
    wait_until_settled(page)
    assert "recording=" not in page.url
    opened.focus()
    page.keyboard.press("Enter")
    _is_open(page, "door.mp4")
    page.go_back()
    opened.wait_for(timeout=SLOW)
    wait_until_settled(page)

    browse = page.get_by_role("button", name="Browse crops of gate.mp4")
    browse.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name=re.compile("^Crop 1:")).wait_for(timeout=SLOW)
    wait_until_settled(page)
    assert "recordings=gate.mp4" in page.url
    assert page.get_by_role("button", name=re.compile("^Crop [0-9]+:")).count() == 2
    page.reload()
    page.get_by_role("button", name=re.compile("^Crop 1:")).wait_for(timeout=SLOW)
    wait_until_settled(page)
    assert page.get_by_role("button", name=re.compile("^Crop [0-9]+:")).count() == 2
    page.go_back()
    opened.wait_for(timeout=SLOW)
    wait_until_settled(page)
    opened.click(timeout=SLOW)
    _is_open(page, "door.mp4")
    page.get_by_role("button", name="Browse crops").click(timeout=SLOW)
    page.get_by_role("button", name=re.compile("^Crop 4:")).wait_for(timeout=SLOW)
    wait_until_settled(page)
    assert page.get_by_role("button", name=re.compile("^Crop [0-9]+:")).count() == 3
    page.go_back()
    _is_open(page, "door.mp4")
