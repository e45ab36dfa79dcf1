"""The stylesheet that every page links: what it holds, where it is linked, and that no browser keeps an older one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from streamlit.web.server.starlette.starlette_static_routes import create_streamlit_static_assets_routes

from pages.server import styles
from pages.server.door import Door
from pages.server.routes import ROUTES

ROOT = Path(__file__).parents[3]
OWN = "http://127.0.0.1:8501"
VISIT = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Encoding": "gzip"}
INDEX = Path(streamlit.__file__).parent / "static" / "index.html"
AS_LONG = "<p>" + "x" * (INDEX.stat().st_size - 3)  # another page with as many bytes


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """Streamlit's own answers behind our door, packed like those of the app."""
    other = Route("/other", lambda request: HTMLResponse(AS_LONG))
    ready = Route("/ready.txt", lambda request: Response("ready", headers={"ETag": '"1"'}))
    app = Starlette(
        routes=[*ROUTES, other, ready, *create_streamlit_static_assets_routes(None)],
        middleware=[Middleware(Door, say=lambda sentence: None), Middleware(GZipMiddleware, minimum_size=500)],
    )
    assert any(isinstance(route, Mount) for route in app.routes)

    async def local(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "server": ("127.0.0.1", 8501)}, receive, send)

    with TestClient(local, base_url=OWN) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/gallery", "/gallery?gallery=town&view=recordings", "/no-such-page"])
def test_a_page_links_the_sheet_after_all_else_and_is_otherwise_streamlits(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=VISIT)
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["cache-control"] == "no-cache"
    assert "style-src 'self'" in answer.headers["content-security-policy"]
    (link,) = re.findall(r'<link rel="stylesheet" href="/assets/styles/[0-9a-f]{64}\.css">\n', answer.text)
    assert answer.text.index(link) > answer.text.index('<div id="root">')  # Streamlit's own styles are in the head
    assert answer.text.index(link) > answer.text.rindex("<script")
    (font,) = re.findall(r"<link [^>]*ibm-plex-sans-latin.woff2[^>]*>\n", answer.text)
    assert answer.text.replace(link, "").replace(font, "") == INDEX.read_text(encoding="utf-8")


def test_a_page_that_was_kept_is_given_anew(client: TestClient) -> None:
    """A copy from before an update would link a sheet that is here no more."""
    first = client.get("/", headers=VISIT)
    assert not {"etag", "last-modified"} & set(first.headers)
    theirs = client.get("/index.html", headers={"Accept": "*/*"}).headers["etag"]  # what earlier versions sent
    again = client.get(
        "/",
        headers={
            **VISIT,
            "If-None-Match": theirs,
            "If-Modified-Since": "Sun, 1 Jan 2090 00:00:00 GMT",
            "Range": "bytes=0-9",
        },
    )
    assert again.status_code == 200
    assert "/assets/styles/" in again.text


def test_asked_for_by_head_a_page_is_as_long_as_it_would_be(client: TestClient) -> None:
    assert client.head("/gallery", headers=VISIT).headers["content-length"] == str(
        len(client.get("/gallery", headers=VISIT).content)
    )


def test_other_answers_go_through_as_they_are(client: TestClient) -> None:
    assert client.get("/other", headers=VISIT).text == AS_LONG
    assert client.get("/manifest.json", headers=VISIT).content == (INDEX.parent / "manifest.json").read_bytes()
    script = next((INDEX.parent / "static" / "js").glob("index.*.js"))
    asked = client.get(f"/static/js/{script.name}", headers={"Accept": "*/*"})
    assert asked.content == script.read_bytes()
    kept = client.get(f"/static/js/{script.name}", headers={"Accept": "*/*", "If-None-Match": asked.headers["etag"]})
    assert kept.status_code == 304
    assert client.get("/ready.txt", headers=VISIT).headers["etag"] == '"1"'


def test_the_sheet_is_kept_for_ever_under_the_hash_of_its_content(client: TestClient) -> None:
    address = re.findall(r"/assets/styles/[^\"]+", client.get("/", headers=VISIT).text)[0]
    sheet = client.get(address)
    assert sheet.headers["content-type"].startswith("text/css")
    assert "immutable" in sheet.headers["cache-control"]
    assert address == f"/assets/styles/{hashlib.sha256(sheet.content).hexdigest()}.css"
    for other in ("0" * 64, "page"):
        assert client.get(f"/assets/styles/{other}.css").status_code == 404


def test_it_has_every_style_of_the_pages_but_none_of_a_widget() -> None:
    sheet = styles.stylesheet().decode()
    for file in (ROOT / "pages").rglob("*.css"):
        assert (file.read_text(encoding="utf-8") in sheet) == ("widgets" not in file.parts), file
    assert sheet.startswith((ROOT / "pages/components/shared/page.css").read_text(encoding="utf-8"))
    assert ".ev-caution" in sheet  # of the tables of an evaluation


def test_no_page_writes_a_style_of_its_own() -> None:
    """It would come after the first elements are drawn, and move them."""
    written = [file.name for file in (ROOT / "pages").rglob("*.py") if "<style" in file.read_text(encoding="utf-8")]
    assert written == []
