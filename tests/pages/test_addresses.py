"""Addresses that nobody's page wrote: every page shows what it has, and says what is not there in a short sentence."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

import pytest
from starlette.applications import Starlette
from starlette.types import Message

from pages.server.routes import ROUTES
from reid_core.times import LAST_CLOCK_TIME
from reid_core.workspace.workspace import VARIABLE, Workspace
from tests.conftest import TINY_GALLERY
from tests.pages.search_page import OpenPage, words_of

PAGES = ("search", "gallery", "map", "training", "evaluation")
NAMES = ("gallery", "crop", "not", "saved", "investigation", "view", "run", "import")
ODD = ("9" * 5_000, "٣,1e999,1_0", "../\x00" + "😀" * 300)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_no_value_in_an_address_breaks_a_page(
    open_at: OpenPage, tiny_workspace: Workspace, page: str, value: str
) -> None:
    app = open_at(f"pages/{page}.py", tiny_workspace.path, gallery=TINY_GALLERY, **dict.fromkeys(NAMES[1:], value))
    assert not app.exception
    assert "Something unexpected" not in words_of(app)
    assert value[:500] not in words_of(app) or len(value) < 500


def test_an_address_that_names_another_folder_opens_no_run(open_at: OpenPage, tiny_workspace: Workspace) -> None:
    app = open_at("pages/training.py", tiny_workspace.path, run="../models/stripes")
    assert "cannot name a run" in words_of(app)


@pytest.mark.parametrize("page", ["search", "gallery"])
def test_a_gallery_of_the_last_second_that_a_calendar_has_can_be_looked_at(
    open_at: OpenPage, tiny_workspace: Workspace, page: str
) -> None:
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET time = ? WHERE id = 1", (LAST_CLOCK_TIME,))
    app = open_at(f"pages/{page}.py", tiny_workspace.path, gallery=TINY_GALLERY, crop="2")
    assert not app.exception
    assert "Something unexpected" not in words_of(app)


@pytest.mark.parametrize("number", ["9" * 5_000, "9" * 19, "9" * 18, "-1", "1_0", "%D9%A3", "%00", "0" * 5_000])
@pytest.mark.parametrize("path", ["/pictures/{}/" + "0" * 64 + ".jpg", "/maps/tiny/stripes/whole/crops/{}.json"])
def test_no_number_in_the_address_of_a_picture_breaks_the_server(
    monkeypatch: pytest.MonkeyPatch, tiny_workspace: Workspace, path: str, number: str
) -> None:
    monkeypatch.setenv(VARIABLE, str(tiny_workspace.path))
    assert status_of(path.format(number)) == 404


def status_of(path: str) -> int:
    """Of the answer by one of the routes that `app.py` adds to Streamlit's."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": unquote(path),
        "root_path": "",
        "headers": [],
        "query_string": b"",
    }
    with ThreadPoolExecutor(1) as thread:  # a browser that a test left open keeps an event loop in this one
        thread.submit(asyncio.run, Starlette(routes=ROUTES)(scope, receive, send)).result()
    return int(sent[0]["status"])
