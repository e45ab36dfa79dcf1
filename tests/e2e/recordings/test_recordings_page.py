"""A recording's page in a real browser: its timeline by keyboard, and zones by mouse and by keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reid_core.video.walks import Zone
from reid_core.workspace.catalogue.recordings.zones import zones_of
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.e2e.conftest import FOCUSED, SLOW, OpenPage, Serve, tab_to, wait_until_settled
from tests.workspace.catalogue.filmed import filmed
from tests.workspace.recordings.filed import filed


def _rounded(zone: Zone) -> list[tuple[float, float]]:
    return [(round(x, 2), round(y, 2)) for x, y in zone.corners]


def _keep(page: Any, name: str) -> None:
    page.get_by_label("Name of the zone").fill(name, timeout=SLOW)
    page.get_by_role("button", name="Keep zone").click(timeout=SLOW)
    page.get_by_text(f"Zone {name} is kept.").wait_for(timeout=SLOW)
    wait_until_settled(page)


@pytest.mark.browser
def test_a_tracklet_is_opened_and_zones_are_drawn(serve: Serve, open_page: OpenPage, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "filmed", TESTER)
    filmed(workspace)
    page = open_page(f"{serve(workspace.path)}/gallery?gallery=town&view=recordings")
    page.get_by_role("button", name="gate.mp4", exact=True).click(timeout=SLOW)
    line = page.get_by_role("application", name="2 tracklets of gate.mp4 in time.")
    line.focus(timeout=SLOW)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.get_by_role("status").filter(has_text="Tracklet 2 of 2: 07:00:30, 4 s").wait_for(timeout=SLOW)
    page.keyboard.press("Enter")
    page.locator(".st-key-rec-card", has_text="gate.mp4-2").wait_for(timeout=SLOW)
    wait_until_settled(page)

    stage = page.get_by_role("group", name="Picture with zones")
    stage.scroll_into_view_if_needed()
    place = stage.bounding_box()
    for x, y in ((0.2, 0.2), (0.6, 0.2), (0.6, 0.8), (0.2, 0.8), (0.2, 0.2)):  # the last closes it
        page.mouse.click(place["x"] + x * place["width"], place["y"] + y * place["height"])
    _keep(page, "square")
    (square,) = zones_of(workspace.catalogue, "town", "gate")
    assert _rounded(square) == [(0.2, 0.2), (0.6, 0.2), (0.6, 0.8), (0.2, 0.8)]

    page.get_by_role("button", name="Zone square: change its corners").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    page.get_by_role("button", name="Keep zone").click(timeout=SLOW)  # sooner than the keys would have been told
    page.get_by_text("Zone square is kept.").wait_for(timeout=SLOW)
    (square,) = zones_of(workspace.catalogue, "town", "gate")
    assert _rounded(square) == [(0.21, 0.2), (0.61, 0.2), (0.61, 0.81), (0.21, 0.81)]

    page.get_by_role("button", name="Add a rectangle").focus()
    page.keyboard.press("b")
    _keep(page, "door")
    assert [zone.name for zone in zones_of(workspace.catalogue, "town", "gate")] == ["door", "square"]


def _press(page: Any, button: str, focus: str) -> None:
    """Press what has the focus, which is called like that; then what begins with these words has it."""
    assert page.evaluate(FOCUSED).startswith(button)
    page.keyboard.press("Enter")
    page.wait_for_function(f"words => ({FOCUSED})().startsWith(words)", arg=focus)
    wait_until_settled(page)
    assert page.evaluate(FOCUSED).startswith(focus)


@pytest.mark.browser
def test_the_focus_is_in_each_step_that_is_opened_and_comes_back_to_what_opened_it(
    serve: Serve, open_page: OpenPage, tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path / "filmed", TESTER)
    filed(workspace, tmp_path / "gate.mp4")
    page = open_page(f"{serve(workspace.path)}/gallery?gallery=town&view=recordings&recording=gate")
    page.get_by_role("button", name="Show what changes").wait_for(timeout=SLOW)
    wait_until_settled(page)
    tab_to(page, "The clock in the picture shows")
    page.keyboard.type("2026-03-02 07:00:05")
    tab_to(page, "Show what changes")
    _press(page, "Show what changes", "1 recording with 3 crops would move by +5 s")
    tab_to(page, "Cancel")
    _press(page, "Cancel", "Show what changes")

    tab_to(page, "Delete…", key="Shift+Tab")
    _press(page, "Delete…", "Purpose")
    tab_to(page, "Keep it")
    _press(page, "Keep it", "Delete…")
    _press(page, "Delete…", "Purpose")
    page.keyboard.type("Request 7")
    tab_to(page, "Delete the recording for good")
    _press(page, "Delete the recording for good", "Deleted")
    tab_to(page, "Remove file…")
    _press(page, "Remove file…", "Type gate to confirm")
    tab_to(page, "Keep it")
    _press(page, "Keep it", "Remove file…")
    _press(page, "Remove file…", "Type gate to confirm")
    page.keyboard.type("gate")
    tab_to(page, "Remove the file for good")
    _press(page, "Remove the file for good", "gate")
    assert not (tmp_path / "gate.mp4").exists()
    tab_to(page, "Done")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.tagName === 'MAIN'")  # nothing else is left of the recording
