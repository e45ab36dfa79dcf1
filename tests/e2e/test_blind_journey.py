"""Blind mode and labels by Enter in a real browser: what it is sent, and what a key does."""

from __future__ import annotations

import time
from typing import Any

from reid_core.workspace.workspace import Workspace
from tests.e2e.conftest import SLOW, OpenPage, Serve, wait_until_settled


def test_blind_sends_the_browser_no_name_file_or_score(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = open_page("about:blank")
    frames: list[bytes] = []

    def listen(socket: Any) -> None:
        socket.on("framereceived", lambda data: frames.append(data if isinstance(data, bytes) else data.encode()))

    page.on("websocket", listen)
    page.goto(f"{serve(tiny_workspace.path)}/search?gallery=tiny&crop=1&blind=1")
    page.wait_for_selector(".answer .card", timeout=SLOW)
    wait_until_settled(page)
    cards = page.locator(".answer .card")
    assert cards.count() == 8
    cards.nth(3).click()
    page.wait_for_selector(".compare .facts", timeout=SLOW)
    wait_until_settled(page)
    seen, sent = page.content() + page.locator(".compare").inner_text(), b"\n".join(frames)
    assert len(sent) > 10_000
    for person in "234":  # the photo is of person 1, and is named
        for camera in ("hall", "stairs"):
            assert f"{person}-{camera}".encode() not in sent  # tracklets, and files begin with them
        assert f"person {person}".encode() not in sent
    for word in ("Agreement", "Open in the gallery", "Search from this crop", "Similarity", "Rank"):
        assert word not in page.locator(".compare").inner_text()
    assert "person 2" not in seen
    assert "open=" not in page.url  # it would name the crop
    page.reload()
    page.wait_for_selector(".answer .card", timeout=SLOW)
    wait_until_settled(page)
    labels = cards.evaluate_all("cards => cards.map(card => card.getAttribute('aria-label'))")
    assert len(labels) == 8  # blind still
    assert not [label for label in labels if "similarity" in label or "person" in label]


def test_enter_gives_crops_their_label(serve: Serve, open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(f"{serve(tiny_workspace.path)}/gallery?gallery=tiny&crop=9")
    page.get_by_role("button", name="Correct labels…").click(timeout=SLOW)
    field = page.get_by_label("Identity", exact=True)
    field.fill("anna")
    field.press("Enter")
    end = time.monotonic() + SLOW / 1000
    while tiny_workspace.catalogue.crops_of([9])["identity"].tolist() != ["anna"]:
        assert time.monotonic() < end
        page.wait_for_timeout(100)
