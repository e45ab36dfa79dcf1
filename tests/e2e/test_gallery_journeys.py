"""What an investigator does on the Gallery page, in a real browser: few journeys, from the first click to the last."""

from __future__ import annotations

import re
from typing import Any

import pytest

from reid_core.workspace.deletion import deletion
from reid_core.workspace.workspace import Workspace
from tests.e2e.conftest import FOCUSED, SLOW, OpenPage, Serve, tab_to, wait_until_settled

CARDS = ".grid.browse .card"
CHOSEN = ".grid.browse .chosen .card"
ON_CARD_3 = "document.activeElement.shadowRoot?.activeElement?.dataset.id === '3'"


def _wait_for_cards(page: Any, count: int, selector: str = CARDS) -> None:
    """Until exactly so many are drawn; the grid is inside a shadow root, which the locator pierces."""
    locator = page.locator(selector)
    locator.nth(count - 1).wait_for(timeout=SLOW)
    locator.nth(count).wait_for(state="detached", timeout=SLOW)


def _open_gallery(open_page: OpenPage, address: str) -> Any:
    page = open_page(address)
    page.get_by_role("link", name="Gallery").click(timeout=SLOW)
    _wait_for_cards(page, 24)
    return page


@pytest.mark.browser
def test_crops_are_filtered_chosen_by_keyboard_relabelled_and_put_back(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = _open_gallery(open_page, serve(tiny_workspace.path))
    page.locator(".st-key-gal-camera-tiny input").click(timeout=SLOW)
    page.get_by_role("option", name="hall").click(timeout=SLOW)
    _wait_for_cards(page, 8)
    page.keyboard.press("Escape")

    page.locator(CARDS).nth(1).focus()
    page.keyboard.press("Space")
    page.get_by_role("status").filter(has_text=re.compile("^1 selected")).wait_for(timeout=SLOW)
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.get_by_role("status").filter(has_text=re.compile("^3 selected")).wait_for(timeout=SLOW)
    assert page.locator(CHOSEN).evaluate_all("cards => cards.map(card => Number(card.dataset.id))") == [4, 9, 10]

    page.get_by_role("button", name="Set identity…").click()
    page.locator(".st-key-gal-field input").fill("zoe", timeout=SLOW)
    page.get_by_role("button", name="Set identity of 3 crops").click()
    page.get_by_role("status").filter(has_text="Identity of 3 crops set to zoe.").wait_for(timeout=SLOW)
    page.locator(CARDS, has_text="zoe").nth(2).wait_for(timeout=SLOW)
    assert list(tiny_workspace.catalogue.crops_of([4, 9, 10])["identity"]) == ["zoe"] * 3

    page.get_by_role("button", name="Undo").click()
    page.get_by_role("status").filter(has_text="Taken back").wait_for(timeout=SLOW)
    assert list(tiny_workspace.catalogue.crops_of([4, 9, 10])["identity"]) == ["1", "2", "2"]
    page.locator(CARDS, has_text="zoe").first.wait_for(state="detached", timeout=SLOW)

    page.locator(CARDS).first.focus()
    page.keyboard.press("Escape")
    page.get_by_role("status").filter(has_text="selected").wait_for(state="detached", timeout=SLOW)
    page.keyboard.press("Control+a")
    page.get_by_role("status").filter(has_text=re.compile("^8 selected")).wait_for(timeout=SLOW)
    assert page.errors == []


@pytest.mark.browser
def test_the_grid_is_walked_by_rows_and_the_keyboard_comes_back_after_a_crop_was_looked_at(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = _open_gallery(open_page, serve(tiny_workspace.path))
    wait_until_settled(page)
    cards = page.locator(CARDS)
    tops = cards.evaluate_all("cards => cards.map(card => card.getBoundingClientRect().top)")
    columns = tops.count(tops[0])
    assert 1 < columns < len(tops)
    focused = "cards => cards.findIndex(card => card.getRootNode().activeElement === card)"
    cards.nth(1).focus()
    for key, place in (("ArrowDown", columns + 1), ("ArrowRight", columns + 2), ("ArrowUp", 2)):
        page.keyboard.press(key)
        assert cards.evaluate_all(focused) == place
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_text("3 of 24").wait_for(timeout=SLOW)
    wait_until_settled(page)
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached", timeout=SLOW)
    page.wait_for_function(ON_CARD_3, timeout=SLOW)

    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_text("3 of 24").wait_for(timeout=SLOW)
    wait_until_settled(page)
    tab_to(page, "Delete…")
    page.keyboard.press("Enter")
    page.wait_for_function(f"({FOCUSED})() === 'Purpose'", timeout=SLOW)
    wait_until_settled(page)
    tab_to(page, "Keep them")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for(state="detached", timeout=SLOW)
    page.wait_for_function(ON_CARD_3, timeout=SLOW)
    assert page.errors == []


@pytest.mark.browser
def test_a_crop_is_opened_and_deleted_and_is_gone_from_the_grid_and_from_search(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    address = serve(tiny_workspace.path)
    page = _open_gallery(open_page, address)
    page.locator(f'{CARDS}[data-id="3"]').click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("3 of 24").wait_for(timeout=SLOW)
    wait_until_settled(page)
    page.keyboard.press("ArrowRight")
    # The heading is drawn before the facts: until these are of crop 4, its neighbour would be deleted.
    dialog.locator("tr", has_text="File").get_by_text("1-hall-1.png").wait_for(timeout=SLOW)
    wait_until_settled(page)
    dialog.get_by_role("button", name="Delete…").click()
    page.locator(".st-key-gal-purpose input").fill("Request 7", timeout=SLOW)
    page.get_by_role("button", name="Delete 1 crop for good").click()
    page.locator(".rt-receipt").get_by_text("Request 7").wait_for(timeout=SLOW)
    page.get_by_role("button", name="Done").click()
    page.get_by_role("dialog").wait_for(state="detached", timeout=SLOW)
    _wait_for_cards(page, 23)
    assert page.locator(f'{CARDS}[data-id="4"]').count() == 0
    assert [receipt.crops for receipt in deletion.receipts(tiny_workspace)] == [1]
    assert page.errors == []

    search = open_page(f"{address}/search?gallery=tiny&crop=1")
    hits = search.locator(".answer .card")
    hits.first.wait_for(timeout=SLOW)
    search.get_by_text("8 tracklets of 23 crops").wait_for(timeout=SLOW)  # the photo's own camera is left out
    assert hits.count() == 8
    assert search.locator('.answer [data-id="4"]').count() == 0
    assert search.locator('.answer .card[data-id="3"]').count() == 1  # the other crop of its tracklet


@pytest.mark.browser
def test_the_chosen_gallery_stays_on_every_page_and_for_the_next_visit(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    tiny_workspace.catalogue.add_gallery("night")
    address = serve(tiny_workspace.path)
    page = open_page(address)
    page.get_by_role("link", name="Map").click(timeout=SLOW)
    # Search has this field, too: what is chosen there before the browser hears of Map leads back to Search.
    page.wait_for_url(re.compile(r"/map\b"), timeout=SLOW)
    wait_until_settled(page)
    page.locator(".st-key-gallery input").click(timeout=SLOW)
    page.get_by_role("option", name="night").click(timeout=SLOW)
    page.get_by_text("night is not embedded yet").wait_for(timeout=SLOW)
    for name in ("Gallery", "Evaluation", "Search"):
        page.get_by_role("link", name=name, exact=True).click(timeout=SLOW)
        page.wait_for_url(re.compile(rf"/{name.lower()}\?gallery=night$"), timeout=SLOW)
        wait_until_settled(page)
        assert page.locator(".st-key-gallery input").input_value() == "night"
    page.get_by_role("link", name="Training").click(timeout=SLOW)
    page.get_by_text("Data", exact=True).click(timeout=SLOW)
    page.wait_for_url(re.compile("gallery=night"), timeout=SLOW)

    another = open_page(address)  # a new visit
    another.wait_for_url(re.compile(r"/search\?gallery=night$"), timeout=SLOW)
    another.goto(f"{address}/search?gallery=tiny")
    another.get_by_text("Or pick someone from tiny").wait_for(timeout=SLOW)
    another.get_by_role("link", name="Gallery").click(timeout=SLOW)
    _wait_for_cards(another, 24)
