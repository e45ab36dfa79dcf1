"""What an analyst does from a photo to a decision, by keyboard alone, and what a screen reader would be told."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from reid_core.video.detection.scene import drawn_scene
from reid_core.workspace.cases import cases, verdicts
from reid_core.workspace.cases.verdicts import CANNOT_TELL, MATCH, NOT, Seen
from reid_core.workspace.workspace import Workspace
from tests.conftest import png_bytes
from tests.e2e.conftest import FOCUSED, SLOW, OpenPage, Serve, tab_to, wait_until_settled

IN_THE_LIST = f"({FOCUSED})().startsWith('Hit ')"


def _file(workspace: Workspace, crop: int) -> Path:
    row = workspace.catalogue.crops_of([crop]).iloc[0]
    return Path(row["source"]) / row["path"]


def _wait_for_verdicts(page: Any, words: str) -> None:
    page.get_by_text(words).first.wait_for(timeout=SLOW)


@pytest.mark.browser
def test_from_a_photo_over_three_verdicts_to_an_export_by_keyboard_alone(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")
    page = open_page(serve(tiny_workspace.path))
    page.get_by_text("Who are you looking for?").wait_for(timeout=SLOW)
    page.locator(".grid.picker .card").first.wait_for(timeout=SLOW)
    page.wait_for_load_state("networkidle")
    page.once("filechooser", lambda chooser: chooser.set_files(_file(tiny_workspace, 1)))
    for _ in range(4):  # the uploader is drawn once more when its script has come, and a key on the old one is lost
        tab_to(page, "Upload")
        page.keyboard.press("Enter")
        with contextlib.suppress(sync_api.TimeoutError):
            page.locator(".answer .card").first.wait_for(timeout=SLOW / 4)
            break
    page.locator(".answer .card").first.wait_for(timeout=SLOW)

    tab_to(page, "Hit 1,")
    page.keyboard.press("Enter")
    page.locator(".compare .verdicts").wait_for(timeout=SLOW)
    page.keyboard.press("m")
    page.get_by_role("dialog").get_by_label("Purpose").wait_for(timeout=SLOW)
    tab_to(page, "Your name")
    page.keyboard.type("ann")
    tab_to(page, "Purpose")
    page.keyboard.type("Missing since Monday")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for(state="detached", timeout=SLOW)
    _wait_for_verdicts(page, "2 matches, 0 not, 0 cannot tell")
    page.locator(".compare:not(.waiting)").wait_for(timeout=SLOW)  # the next pair is there
    page.keyboard.press("n")
    _wait_for_verdicts(page, "2 matches, 2 not, 0 cannot tell")
    page.locator(".compare:not(.waiting)").wait_for(timeout=SLOW)
    page.keyboard.press("u")
    _wait_for_verdicts(page, "2 matches, 2 not, 2 cannot tell")
    page.locator(".answer .card").nth(6).wait_for(state="detached", timeout=SLOW)
    shown = page.locator(".answer .card").evaluate_all("cards => cards.map(card => Number(card.dataset.id))")
    assert len(shown) == 6
    page.keyboard.press("Escape")
    page.locator(".compare").wait_for(state="detached", timeout=SLOW)
    page.wait_for_function(IN_THE_LIST, timeout=SLOW)

    tab_to(page, "Export", key="Shift+Tab")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="JSON").first.wait_for(timeout=SLOW)
    tab_to(page, "JSON")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    hits = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert {hit["id"] for hit in hits} >= set(shown)

    [case] = cases.every(tiny_workspace)
    assert case.purpose == "Missing since Monday"
    given = [(line.who, line.verdict) for line in verdicts.log_of(tiny_workspace, case.name)]
    assert given == [("ann", verdict) for verdict in (MATCH, NOT, CANNOT_TELL) for _ in range(2)]
    assert page.errors == []


@pytest.mark.browser
def test_a_verdict_that_was_not_kept_can_be_given_again(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = open_page(f"{serve(tiny_workspace.path)}/search?gallery=tiny&crop=1")
    page.locator(".answer .card").first.click(timeout=SLOW)
    page.locator(".compare .verdicts").wait_for(timeout=SLOW)
    wait_until_settled(page)
    for _ in range(2):  # whose it is was asked, and not answered
        page.keyboard.press("m")
        page.get_by_role("dialog").get_by_role("textbox", name="Your name").wait_for(timeout=SLOW)
        wait_until_settled(page)
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached", timeout=SLOW)
        wait_until_settled(page)
    assert page.locator(".compare .verdicts").count() == 1


@pytest.mark.browser
def test_pictures_that_were_shown_are_not_sent_again(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    cases.create(tiny_workspace, "Case 17", "A test")
    page = open_page("about:blank", height=1600)
    sent: list[str] = []
    network = page.context.new_cdp_session(page)
    network.on("Network.responseReceived", lambda event: sent.append(event["response"]["url"])
               if not event["response"].get("fromDiskCache") else None)  # fmt: skip
    network.send("Network.enable")
    page.goto(f"{serve(tiny_workspace.path)}/search?gallery=tiny&crop=1&investigation=1")
    before: list[str] = []
    for _ in range(SLOW // 200):
        page.wait_for_timeout(200)
        before = [address for address in sent if "/thumbnails/" in address]
        if len(before) == 16:
            break
    wait_until_settled(page)
    page.locator(".answer .card").first.focus()
    for key, words in (("m", "2 matches"), ("n", "2 not"), ("z", "0 not"), ("n", "2 not")):
        page.wait_for_function(IN_THE_LIST, timeout=SLOW)
        page.keyboard.press(key)
        if key == "m":  # the first: whose is it?
            page.get_by_role("dialog").get_by_role("textbox", name="Your name").fill("ann")
            page.keyboard.press("Enter")
        _wait_for_verdicts(page, words)
    page.wait_for_load_state("networkidle")
    after = [address for address in sent if "/thumbnails/" in address]
    assert len(before) == len(set(before)) == 16  # of eight tracklets, two crops each
    assert after == before


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_on_the_page_keeps_people_out(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace, dark: bool
) -> None:
    sync = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="needs the package axe-playwright-python"
    )
    cases.create(tiny_workspace, "Case 17", "A test")
    verdicts.give(tiny_workspace, "Case 17", MATCH, [Seen(3)])
    verdicts.give(tiny_workspace, "Case 17", CANNOT_TELL, [Seen(9)])
    page = open_page(f"{serve(tiny_workspace.path)}/search?gallery=tiny&crop=1&investigation=1", dark=dark)
    page.locator(".answer .card").first.wait_for(timeout=SLOW)
    assert _serious(sync.Axe(), page) == {}
    page.locator(".answer .card").first.click()
    page.locator(".compare .verdicts").wait_for(timeout=SLOW)
    page.keyboard.press("?")
    assert _serious(sync.Axe(), page) == {}
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    page.locator(".tray").get_by_role("button", name="Crop or turn").click()
    page.locator(".stage canvas").wait_for(timeout=SLOW)
    page.keyboard.press("b")
    assert _serious(sync.Axe(), page) == {}
    page.keyboard.press("Escape")
    page.locator(".stage").wait_for(state="detached", timeout=SLOW)
    scene = png_bytes(Image.fromarray(drawn_scene()))
    page.locator(".st-key-upload-place input").set_input_files(
        {"name": "street.png", "mimeType": "image/png", "buffer": scene}
    )
    page.locator(".stage .chip").nth(2).wait_for(timeout=SLOW)
    assert _serious(sync.Axe(), page) == {}


@pytest.mark.browser
def test_of_the_people_in_a_scene_one_is_chosen_by_keyboard_and_several_with_shift(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = open_page(serve(tiny_workspace.path))
    page.locator(".grid.picker .card").first.wait_for(timeout=SLOW)
    wait_until_settled(page)
    scene = png_bytes(Image.fromarray(drawn_scene()))
    page.locator(".st-key-upload-place input").set_input_files(
        {"name": "street.png", "mimeType": "image/png", "buffer": scene}
    )
    people = page.get_by_role("button", name=re.compile(r"^Person [123], \d+ by \d+ pixels$"))
    people.nth(2).wait_for(timeout=SLOW)
    page.keyboard.press("2")
    page.locator(".tray").get_by_text("street.png, person 2").wait_for(timeout=SLOW)
    page.locator(".answer .card").first.wait_for(timeout=SLOW)

    page.get_by_role("button", name="Crop or turn street.png, person 2").click()
    people.nth(2).wait_for(timeout=SLOW)
    wait_until_settled(page)
    pressed = [people.nth(place).get_attribute("aria-pressed") for place in range(3)]
    assert pressed == ["false", "true", "false"]
    people.nth(0).click(modifiers=["Shift"])
    page.get_by_role("button", name="Take 2 people").wait_for(timeout=SLOW)
    area = page.locator(".stage .layer").bounding_box()
    page.mouse.move(area["x"] + 10, area["y"] + 10)
    page.mouse.down()
    page.mouse.move(area["x"] + 70, area["y"] + 150, steps=4)
    page.mouse.up()
    page.get_by_role("group", name=re.compile("^Box 3, ")).wait_for(timeout=SLOW)
    page.get_by_role("button", name="Take 3 boxes").click()
    for name in ("street.png, person 2", "street.png, person 1", "street.png, box 3"):
        page.locator(".tray").get_by_text(name, exact=True).wait_for(timeout=SLOW)
    assert page.errors == []


def _serious(axe: Any, page: Any) -> dict[str, list[str]]:
    """Violations that axe calls serious or critical, by rule, with the elements; not of a page that is half faded."""
    wait_until_settled(page)
    return {
        found["id"]: [node["html"][:200] for node in found["nodes"]]
        for found in axe.run(page).response["violations"]
        if found["impact"] in ("serious", "critical")
    }
