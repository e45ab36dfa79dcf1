"""What an investigator does, in a real browser: few journeys, each from the first click to the last."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from reid_core.workspace import jobs
from reid_core.workspace.jobs import Progress
from reid_core.workspace.workspace import Workspace
from tests.e2e.conftest import FOCUSED, SLOW, OpenPage, Serve, tab_to, wait_until_settled

HITS = ".answer .card"


def _file(workspace: Workspace, crop: int) -> Path:
    row = workspace.catalogue.crops_of([crop]).iloc[0]
    return Path(row["source"]) / row["path"]


def _hits(page: Any) -> Any:
    page.locator(HITS).first.wait_for(timeout=SLOW)
    return page.locator(HITS)


@pytest.mark.browser
def test_a_fresh_start_builds_the_demo_and_a_search_works(serve: Serve, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(serve(tmp_path / "workspace"))
    page.get_by_text("Building the demo").wait_for(timeout=SLOW)
    page.locator(HITS).first.wait_for(timeout=200_000)
    assert page.locator(HITS).count() == 12
    first = page.locator(HITS).first.get_attribute("aria-label")
    page.locator(".grid.strip .card").nth(2).click()
    page.wait_for_function(
        "before => [...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('.answer .card'))"
        ".filter(Boolean).some(card => card.getAttribute('aria-label') !== before)",
        arg=first,
        timeout=SLOW,
    )
    assert page.errors == []
    demo = tmp_path / "workspace" / "jobs" / "demo"
    assert (jobs.read(demo) or Progress()).status == "running", "the search waited for no video"
    jobs.stop(demo)
    end = time.monotonic() + SLOW / 1000
    while (jobs.read(demo) or Progress()).status == "running" and time.monotonic() < end:
        time.sleep(0.1)
    made = [tmp_path / "workspace", *(tmp_path / "workspace").rglob("*")]
    assert len(made) > 40
    assert [path for path in made if path.stat().st_mode & 0o077] == []  # for whoever started it alone


@pytest.mark.browser
def test_no_link_is_there_to_be_clicked_in_vain_before_the_page_is(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    """Who comes to the bare address is sent on to Search, and a click on the way there would be lost."""
    page = open_page("about:blank")
    page.add_init_script("""
      const seen = new MutationObserver(() => {
        if (window.pathAtFirstLink === undefined && document.querySelector("header a[href]"))
          window.pathAtFirstLink = location.pathname;
      });
      seen.observe(document, { childList: true, subtree: true });
    """)
    page.goto(serve(tiny_workspace.path))
    page.get_by_role("link", name="Gallery").first.click(timeout=SLOW)
    page.get_by_role("radio", name="Import").wait_for(timeout=SLOW)
    assert page.evaluate("window.pathAtFirstLink") == "/search"


@pytest.mark.browser
def test_from_a_photo_to_a_hit_to_a_search_from_that_hit(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = open_page(serve(tiny_workspace.path))
    page.locator("input[type=file]").set_input_files(_file(tiny_workspace, 1))
    assert _hits(page).count() == 8
    assert "person 1" in _hits(page).first.get_attribute("aria-label")
    _hits(page).nth(1).click()
    compare = page.locator(".compare")
    compare.get_by_text("2 of 8").wait_for(timeout=SLOW)
    page.keyboard.press("ArrowRight")
    compare.get_by_text("3 of 8").wait_for(timeout=SLOW)
    crop = compare.locator(".facts div", has_text="Crop").last.locator("dd").inner_text()
    compare.get_by_role("button", name="Search from this crop").click()
    compare.wait_for(state="detached", timeout=SLOW)
    page.get_by_text(f"The photo is crop {crop} of").wait_for(timeout=SLOW)
    there = {"gallery": ["tiny"], "crop": [crop]}  # the address follows when all is drawn
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query) == there, timeout=SLOW)
    assert page.errors == []


@pytest.mark.browser
def test_the_grid_is_walked_and_opened_with_the_keyboard(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = open_page(f"{serve(tiny_workspace.path)}/search?gallery=tiny&crop=1")
    hits = _hits(page)
    assert [card.get_attribute("tabindex") for card in hits.all()].count("0") == 1
    hits.first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "Home", "ArrowRight"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.locator(".compare").get_by_text("2 of 8").wait_for(timeout=SLOW)
    page.keyboard.press("Escape")
    page.locator(".compare").wait_for(state="detached", timeout=SLOW)
    focused = "document.activeElement.shadowRoot?.activeElement?.getAttribute('aria-label') ?? ''"
    page.wait_for_function(f"({focused}).startsWith('Hit 2,')", timeout=SLOW)


@pytest.mark.browser
def test_a_deep_link_on_a_fresh_server_opens_that_search(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = open_page(f"{serve(tiny_workspace.path)}/search?gallery=tiny&crop=13")
    assert "person 3" in _hits(page).first.get_attribute("aria-label")
    page.get_by_alt_text("Logo").first.wait_for(timeout=SLOW)  # drawn by app.py, which must have run
    assert page.get_by_text("Page not found").count() == 0


@pytest.mark.browser
def test_nothing_is_asked_of_another_machine_and_our_font_is_there(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    address = serve(tiny_workspace.path)
    page = open_page(f"{address}/?gallery=tiny&crop=1")
    _hits(page).first.click()
    page.locator(".compare").get_by_text("1 of 8").wait_for(timeout=SLOW)
    page.wait_for_load_state("networkidle")
    own = urlsplit(address).netloc
    assert {urlsplit(asked).netloc for asked in page.asked if not asked.startswith(("data:", "blob:"))} == {own}
    assert any("/thumbnails/" in asked for asked in page.asked)
    assert page.evaluate("[...document.fonts].some(f => f.family.includes('IBM Plex Sans') && f.status === 'loaded')")
    assert page.errors == []


@pytest.mark.browser
def test_the_page_is_dark_where_the_system_is(serve: Serve, open_page: OpenPage, tiny_workspace: Workspace) -> None:
    address = f"{serve(tiny_workspace.path)}/search?gallery=tiny&crop=1"
    brightness = {}
    for dark in (False, True):
        page = open_page(address, dark=dark)
        _hits(page)
        colours = page.locator(".stApp").evaluate(
            "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]"
        )
        brightness[dark] = [sum(int(part) for part in colour[4:-1].split(",")[:3]) / 3 for colour in colours]
    assert brightness[False][0] > 200 > 60 > brightness[False][1]
    assert brightness[True][0] < 60 < 200 < brightness[True][1]


@pytest.mark.browser
def test_on_a_phone_the_hits_come_right_after_the_photo_and_nothing_is_cut_off(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = open_page(f"{serve(tiny_workspace.path)}/search?gallery=tiny&crop=1", width=390, height=844)
    top = {"photo": page.locator(".st-key-photo"), "hits": _hits(page).first, "other": page.locator(".st-key-another")}
    place = {name: locator.bounding_box()["y"] for name, locator in top.items()}
    assert place["photo"] < place["hits"] < place["other"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_thumbnails_are_served_by_hash_for_an_hour_and_nothing_else_is(serve: Serve, tiny_workspace: Workspace) -> None:
    address = serve(tiny_workspace.path)
    sha256 = tiny_workspace.catalogue.crops_of([1])["sha256"].iloc[0]
    with urllib.request.urlopen(f"{address}/thumbnails/{sha256}.jpg") as answer:
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["Cache-Control"] == "private, max-age=3600, must-revalidate"
        assert answer.read() == tiny_workspace.thumbnails.get(bytes.fromhex(sha256))
    again = urllib.request.Request(f"{address}/thumbnails/{sha256}.jpg", headers={"If-None-Match": f'"{sha256}"'})
    with pytest.raises(urllib.error.HTTPError, match="304"):
        urllib.request.urlopen(again)
    for wrong in (f"{'0' * 64}.jpg", f"{sha256.upper()}.jpg", f"{sha256}0.jpg", "..%2Fcatalogue.sqlite.jpg"):
        with pytest.raises(urllib.error.HTTPError, match=r"40[04]"):
            urllib.request.urlopen(f"{address}/thumbnails/{wrong}")
    with pytest.raises(urllib.error.HTTPError, match=r"40[04]"):
        urllib.request.urlopen(f"{address}/assets/fonts/..%2F..%2Fapp.py")


@pytest.mark.browser
def test_a_popover_has_the_focus_when_it_is_opened_and_its_button_has_it_after_it(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    inside = "Boolean(document.activeElement.closest('[data-testid=stPopoverBody]'))"
    page = open_page(f"{serve(tiny_workspace.path)}/search?gallery=tiny&crop=1")
    _hits(page)
    wait_until_settled(page)
    tab_to(page, "All cameras")
    page.keyboard.press("Enter")
    page.wait_for_function(inside)
    page.get_by_role("dialog", name="All cameras").get_by_role("button", name="entrance").wait_for(timeout=SLOW)
    wait_until_settled(page)
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "entrance"
    page.keyboard.press("Tab")  # beyond its end: its cameras are one stop
    assert page.evaluate(FOCUSED).startswith("All cameras")
    page.keyboard.press("Tab")
    assert page.evaluate(inside)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")  # "hall" is chosen: the button is called otherwise, and all is drawn anew
    page.get_by_role("dialog", name="1 camera").wait_for(timeout=SLOW)
    wait_until_settled(page)
    assert page.evaluate(FOCUSED) == "hall"
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached", timeout=SLOW)
    assert page.evaluate(FOCUSED).startswith("1 camera")
    page.get_by_role("button", name="Export").click()
    page.wait_for_function(inside)
