"""From videos and a photo to an export, by keyboard alone, on a drawn site of which the truth is known."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from reid_core.video.stream import open_recording
from reid_core.workspace.cases import cases, verdicts
from reid_core.workspace.cases.verdicts import MATCH
from reid_core.workspace.workspace import Workspace
from tests.e2e.conftest import SLOW, OpenPage, Serve, tab_to
from tests.support.drawn_recordings import tiny_recordings, truth_of

JOB = 240_000  # milliseconds until two recordings of twenty seconds are analysed on a busy machine
RATE = 8
PLAYS = """() => {
  const among = (root) => { for (const part of root.querySelectorAll("*")) {
    if (part.tagName === "VIDEO") return part;
    const found = part.shadowRoot && among(part.shadowRoot);
    if (found) return found;
  } };
  const video = among(document);
  return Boolean(video && video.currentTime > 0.2 && video.readyState > 2);
}"""
CODEC = """() => document.createElement("video").canPlayType('video/mp4; codecs="avc1.42E01E"')"""


@pytest.mark.browser
def test_videos_and_a_photo_are_dropped_the_person_is_found_watched_confirmed_and_exported(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace, tmp_path: Path
) -> None:
    films = tiny_recordings(tmp_path / "films", size=(640, 360))
    person, photo = _someone(films, tmp_path)
    page = open_page(serve(tiny_workspace.path))
    if not page.evaluate(CODEC):
        pytest.skip("this browser plays no H.264")
    page.locator(".grid.picker .card").first.wait_for(timeout=SLOW)
    tab_to(page, "Gallery")
    page.keyboard.press("Enter")
    page.locator(".grid.browse .card").first.wait_for(timeout=SLOW)
    tab_to(page, "Browse")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.get_by_role("heading", name="What").wait_for(timeout=SLOW)
    _upload(page, list(films.values()), f"Analyse {len(films)} recordings")
    tab_to(page, f"Analyse {len(films)} recordings")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.classList.contains('st-key-imp-go')")  # whose button is gone
    page.get_by_text("recordings analysed").or_(page.get_by_text("Import more")).first.wait_for(timeout=JOB)
    tab_to(page, "Search it")
    page.keyboard.press("Enter")
    page.get_by_text("Who are you looking for?").wait_for(timeout=SLOW)
    page.locator(".grid.picker .card").first.wait_for(timeout=SLOW)

    _upload(page, [photo], ".answer .card")
    tab_to(page, "Hit 1,")
    page.keyboard.press("Enter")
    page.locator(".compare .verdicts").wait_for(timeout=SLOW)
    page.keyboard.press("w")
    page.wait_for_function(PLAYS, timeout=SLOW)
    page.keyboard.press("m")
    page.get_by_role("dialog").get_by_label("Purpose").wait_for(timeout=SLOW)
    tab_to(page, "Your name")
    page.keyboard.type("ann")
    tab_to(page, "Purpose")
    page.keyboard.type("Missing since Monday")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for(state="detached", timeout=SLOW)
    page.get_by_text("0 not, 0 cannot tell").first.wait_for(timeout=SLOW)
    page.locator(".compare:not(.waiting)").wait_for(timeout=SLOW)
    page.keyboard.press("Escape")
    page.locator(".compare").wait_for(state="detached", timeout=SLOW)

    tab_to(page, "Export", key="Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="JSON").nth(1).wait_for(timeout=SLOW)
    tab_to(page, "JSON")
    tab_to(page, "JSON")  # the second one is the case's
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    exported = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert exported["investigation"]["purpose"] == "Missing since Monday"

    [case] = cases.every(tiny_workspace)
    matches = [line.crop for line in verdicts.log_of(tiny_workspace, case.name) if line.verdict == MATCH]
    assert matches
    assert {_who(tiny_workspace, films, crop) for crop in matches} == {person}
    assert page.errors == []


def _someone(films: dict[str, Path], folder: Path) -> tuple[str, Path]:
    """A person who walks past both cameras, and a photo of her or him as the first one sees it best."""
    first, *others = films.values()
    elsewhere = {each.person for other in others for people in truth_of(other).values() for each in people}
    seen = [each for people in truth_of(first).values() for each in people if each.person in elsewhere]
    best = max(seen, key=lambda each: (each.visibility > 0.98) * each.height)
    for frame in open_recording(first).frames(rate=None):
        if frame.number == best.frame:
            whole = Image.fromarray(frame.rgb())
            photo = folder / "seen.png"
            whole.crop((best.left, best.top, best.left + best.width, best.top + best.height)).save(photo)
            return best.person, photo
    raise AssertionError(f"{first} has no frame {best.frame}")


def _who(workspace: Workspace, films: dict[str, Path], crop: int) -> str:
    """Whose box in that frame overlaps most with the crop's."""
    row = workspace.catalogue.crops_of([crop]).iloc[0]
    film = next(path for path in films.values() if path.stem == row["recording"])
    left, top, width, height = (float(row[f"box_{side}"]) for side in ("left", "top", "width", "height"))

    def shared(each: Any) -> float:
        across = min(left + width, each.left + each.width) - max(left, each.left)
        down = min(top + height, each.top + each.height) - max(top, each.top)
        return max(0.0, across) * max(0.0, down)

    return max(truth_of(film)[round(float(row["moment"]) * RATE) + 1], key=shared).person


def _upload(page: Any, files: list[Path], until: str) -> None:
    """By the keyboard; the uploader is drawn once more when its script has come, and a key on the old one is lost."""
    from playwright.sync_api import TimeoutError as TooLate

    page.wait_for_load_state("networkidle")
    arrived = page.locator(until) if until.startswith(".") else page.get_by_role("button", name=until)
    page.once("filechooser", lambda chooser: chooser.set_files(files))
    for _ in range(4):
        tab_to(page, "Upload")
        page.keyboard.press("Enter")
        with contextlib.suppress(TooLate):
            arrived.first.wait_for(timeout=SLOW / 4)
            return
    arrived.first.wait_for(timeout=SLOW)
