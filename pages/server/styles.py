"""The one stylesheet of all pages, and Streamlit's page with a link to it.

A browser has the whole sheet before the first element of a page is drawn, so nothing moves because a style came late.
"""

from __future__ import annotations

import hashlib
import html
from functools import cache
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Scope, Send
from streamlit import file_util

from reid_core.evaluation.presentation import html_tables

COMPONENTS = Path(__file__).resolve().parents[1] / "components"
_FIRST = COMPONENTS / "shared" / "page.css"
_OF_WIDGETS = COMPONENTS / "widgets"  # each has its style in a shadow root of its own
# The letters that nearly all words are made of; without this a browser asks for them when it has drawn the words.
_FONT = "/assets/fonts/ibm-plex-sans-latin.woff2"
# Streamlit answers a request with these by "not modified", by a packed page or by a part of one, and none of them has
# a place for our link.
_NOT_HANDED_ON = (b"if-none-match", b"if-modified-since", b"accept-encoding", b"range")


@cache
def stylesheet() -> bytes:
    """The style of the page, then of its parts, as UTF-8."""
    files = sorted(file for file in COMPONENTS.rglob("*.css") if not file.is_relative_to(_OF_WIDGETS))
    files.sort(key=lambda file: file != _FIRST)
    return "\n".join([*(file.read_text(encoding="utf-8") for file in files), html_tables.STYLE]).encode()


@cache
def name() -> str:
    """Of the stylesheet: the SHA-256 of its content in hex, so that what a browser has kept is never an older one."""
    return hashlib.sha256(stylesheet()).hexdigest()


@cache
def streamlits_page() -> bytes:
    return Path(file_util.get_static_dir(), "index.html").read_bytes()


@cache
def our_page() -> bytes:
    """Streamlit's page with a link to the stylesheet at its end.

    There it comes after Streamlit's own styles, which are written into the head, and wins where both say something.
    The scripts of the page wait for it.
    """
    font = f'<link rel="preload" href="{html.escape(_FONT)}" as="font" type="font/woff2" crossorigin>\n'
    sheet = f'<link rel="stylesheet" href="/assets/styles/{name()}.css">\n'
    head, end_of_head, rest = streamlits_page().partition(b"</head>")
    rest, end_of_body, last = rest.rpartition(b"</body>")
    return head + font.encode() + end_of_head + rest + sheet.encode() + end_of_body + last


def asked_for_a_page(scope: Scope) -> Scope:
    """The request as it is handed on: where a browser wants a page, it gets the whole of it, and not packed."""
    if scope["method"] not in ("GET", "HEAD") or "text/html" not in Headers(scope=scope).get("accept", ""):
        return scope
    return {**scope, "headers": [(key, value) for key, value in scope["headers"] if key not in _NOT_HANDED_ON]}


def with_stylesheet(send: Send) -> Send:
    """Sends our page where the answer is Streamlit's; every other answer goes through as it is."""
    held: list[Message] = []  # the start and what has come of the body, until it is known which page it is
    came = bytearray()

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start" and _may_be_the_page(message):
            held.append(message)
        elif not held or message["type"] != "http.response.body":
            await send(message)
        else:
            came.extend(message.get("body", b""))
            if message.get("more_body", False):
                return
            start = held.pop()
            ours = bytes(came) in (b"", streamlits_page())  # nothing: it was asked for by HEAD
            if ours:
                _say_that_it_is_ours(MutableHeaders(scope=start))
            await send(start)
            await send({"type": "http.response.body", "body": our_page() if ours and came else bytes(came)})

    return sent


def _may_be_the_page(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return (
        start["status"] == 200
        and headers.get("content-type", "").startswith("text/html")
        and headers.get("content-length") == str(len(streamlits_page()))
    )


def _say_that_it_is_ours(headers: MutableHeaders) -> None:
    """A browser asks for it anew each time: it is small, and it names the newest stylesheet."""
    headers["content-length"] = str(len(our_page()))
    for of_the_file in ("etag", "last-modified", "accept-ranges"):
        if of_the_file in headers:
            del headers[of_the_file]
