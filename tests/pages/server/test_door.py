"""Who is let in, and what every answer says to the browser: the middleware alone, without Streamlit."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from pages.server.door import Door, failed, notices
from pages.server.headers import CLOSED
from pages.server.hosts import VARIABLE, AllowedHosts, Host, Server, allowed_hosts, is_loopback, read_host

PORT = 8501
OWN = "127.0.0.1:8501"


class Asked:
    """What came through to the app, and what went back to who asked."""

    def __init__(self) -> None:
        self.through: list[Scope] = []
        self.sent: list[Message] = []

    @property
    def status(self) -> int:
        return next(message["status"] for message in self.sent if message["type"].endswith("response.start"))

    @property
    def headers(self) -> dict[str, str]:
        start = next(message for message in self.sent if message["type"].endswith("response.start"))
        return {name.decode().lower(): value.decode() for name, value in start["headers"]}

    @property
    def text(self) -> str:
        return b"".join(m.get("body", b"") for m in self.sent if m["type"].endswith("response.body")).decode()


def ask(
    *headers: tuple[str, str],
    kind: str = "http",
    path: str = "/",
    method: str = "GET",
    server: tuple[str, int | None] | None = ("127.0.0.1", PORT),
    extensions: tuple[str, ...] = ("websocket.http.response",),
) -> Asked:
    """Sends one request or handshake, with exactly these headers, to an app that answers all of them."""
    asked = Asked()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asked.through.append(scope)
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
        else:
            await HTMLResponse("secret", headers={"X-Content-Type-Options": "sniff"})(scope, receive, send)

    async def receive() -> Message:
        return {"type": "websocket.connect" if kind == "websocket" else "http.request", "body": b""}

    async def send(message: Message) -> None:
        asked.sent.append(message)

    scope: dict[str, Any] = {"type": kind, "path": path, "server": server, "scheme": "http", "method": method}
    scope |= {"headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]}
    scope |= {"extensions": {name: {} for name in extensions}, "http_version": "1.1"}
    run(Door(app, say=lambda sentence: None)(scope, receive, send))
    return asked


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: a browser that a test left open keeps an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, coroutine).result()


def is_let_in(*headers: tuple[str, str], **more: Any) -> bool:
    """For a request and for a socket, which may not differ."""
    found = []
    for kind in ("http", "websocket"):
        asked = ask(*headers, **{**more, "kind": kind})
        found.append(bool(asked.through))
        if asked.through:
            assert [m["type"] for m in asked.sent if "accept" in m["type"]] == ["websocket.accept"] * (kind != "http")
        else:
            assert asked.status == 403
            assert "secret" not in asked.text
            assert "websocket.accept" not in {message["type"] for message in asked.sent}
    assert len(set(found)) == 1
    return found[0]


@pytest.mark.parametrize("host", [OWN, "localhost:8501", "[::1]:8501", "LOCALHOST:8501", "LocalHost:8501"])
def test_own_names_at_the_own_port_are_answered(host: str) -> None:
    assert is_let_in(("Host", host))
    assert is_let_in(("Host", host), ("Origin", f"http://{host}"))
    assert is_let_in(("Host", host), ("Origin", "http://[::1]:8501"))


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8501", "localhost", "127.0.0.1", "[::1]", "localhost:8502", "127.0.0.1:80",
        "localhost:8501@evil.example", "evil.example@localhost:8501", "localhost:8501:8501", "localhost:", ":8501", "",
        "localhost.:8501", "localhost.evil.example:8501", "127.0.0.1.evil.example:8501", "127.0.0.2:8501",
        "0.0.0.0:8501", "[::]:8501", "::1:8501", "[::1:8501", "[::1].evil.example:8501", "[::ffff:127.0.0.1]:8501",
        "127.1:8501", "2130706433:8501", "0x7f000001:8501", "localhost:08501", "localhost:+8501", "localhost:8501/",
        "localhost:8501,evil.example", "localhost:8501 evil.example", "localhost:٨٥٠١".encode().decode("latin-1"),
        " localhost:8501\t", "localhost:8501?", "localhost:8501#", "xn--localhost-:8501", "a" * 70_000,
    ],
)  # fmt: skip
def test_every_other_name_is_foreign(host: str) -> None:
    assert not is_let_in(("Host", host))


def test_one_host_must_be_named() -> None:
    assert not is_let_in()
    assert not is_let_in(("Host", OWN), ("Host", "evil.example"))
    assert not is_let_in(("Host", "evil.example"), ("Host", OWN))
    assert not is_let_in(("Host", OWN), ("Host", OWN))


def test_what_a_proxy_would_add_is_not_believed() -> None:
    believed = (("X-Forwarded-Host", OWN), ("Forwarded", f"host={OWN}"), ("X-Forwarded-Port", "8501"))
    assert not is_let_in(("Host", "evil.example:8501"), *believed)
    assert is_let_in(("Host", OWN), ("X-Forwarded-Host", "evil.example"))


def test_a_request_target_with_a_host_of_its_own_is_refused() -> None:
    for path in ("http://evil.example/", f"http://{OWN}/", "*", "", "evil.example:443"):
        assert not is_let_in(("Host", OWN), path=path)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example", "https://evil.example:8501", "null", "", "http://localhost:3000", "http://localhost",
        "http://127.0.0.1", "https://127.0.0.1", "http://localhost:8502", "file://", "chrome-extension://abc",
        "http://localhost:8501@evil.example", "http://localhost:8501/", "http://localhost:8501.evil.example",
        "http://localhost:8501, http://evil.example", "localhost:8501", "//localhost:8501", "ws://localhost:8501",
        "http://8.8.8.8", "http://evil.example#http://localhost:8501", "http://user@localhost:8501",
    ],
)  # fmt: skip
def test_pages_of_other_sites_are_foreign_and_so_is_another_port_of_this_machine(origin: str) -> None:
    assert not is_let_in(("Host", OWN), ("Origin", origin))


def test_one_origin_may_be_named() -> None:
    assert not is_let_in(("Host", OWN), ("Origin", f"http://{OWN}"), ("Origin", "http://evil.example"))
    assert not is_let_in(("Host", OWN), ("Origin", f"http://{OWN}"), ("Origin", f"http://{OWN}"))


def test_an_own_name_is_believed_only_of_a_connection_that_was_made_on_this_machine() -> None:
    for server in (("192.168.1.5", PORT), ("::", PORT), ("fe80::1%eth0", PORT), ("evil.example", PORT), None):
        assert not is_let_in(("Host", OWN), server=server)
    for server in (("::1", PORT), ("127.0.0.53", PORT), ("::ffff:127.0.0.1", PORT), ("localhost", PORT)):
        assert is_let_in(("Host", OWN), server=server)
    assert not is_let_in(("Host", OWN), server=("/run/retrace.sock", None))


def test_a_name_without_a_port_is_ours_only_at_the_default_port() -> None:
    assert is_let_in(("Host", "localhost"), server=("127.0.0.1", 80))
    assert is_let_in(("Host", "localhost"), ("Origin", "http://localhost"), server=("127.0.0.1", 80))
    assert not is_let_in(("Host", "localhost"), ("Origin", f"http://{OWN}"), server=("127.0.0.1", 80))


def test_more_names_can_be_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, " Retrace.example.org , localhost:9000,[FE80::5]:8501 ")
    for host in ("retrace.example.org", "RETRACE.example.org", "retrace.example.org:443", "retrace.example.org:8501"):
        assert is_let_in(("Host", host), ("Origin", "https://retrace.example.org"))
    assert is_let_in(("Host", "localhost:9000"), ("Origin", "http://localhost:9000"))  # a forwarded port
    assert is_let_in(("Host", OWN), ("Origin", "https://retrace.example.org"))  # a proxy that puts in our own name
    assert is_let_in(("Host", "[fe80::5]:8501"), server=("fe80::5", PORT))
    assert is_let_in(("Host", OWN))
    for host in ("retrace.example.org:9000", "x.retrace.example.org", "example.org", "localhost:9001", "localhost"):
        assert not is_let_in(("Host", host))
        assert not is_let_in(("Host", OWN), ("Origin", f"https://{host}"))


def test_an_allowed_port_is_exact() -> None:
    allowed = allowed_hosts("a.example:8443, b.example:443")
    server = Server(PORT, True)
    assert allowed.admits(Host("a.example", 8443), server)
    assert not allowed.admits(Host("a.example", None), server)
    assert not allowed.admits(Host("a.example", PORT), server)
    assert allowed.admits(Host("b.example", None), server)
    assert not allowed.admits(Host("b.example", 80), server)


def test_what_is_no_name_is_left_out_and_said() -> None:
    allowed = allowed_hosts("*, https://x.example/, ok.example,,*.x.example, a b")
    assert allowed.hosts == {Host("ok.example", None)}
    assert allowed.unread == ("*", "https://x.example/", "*.x.example", "a b")
    said = notices(allowed, "127.0.0.1")
    assert len(said) == 4
    assert "'https://x.example/' is not a host name" in said[1]


def test_listening_beyond_this_machine_is_said() -> None:
    assert notices(AllowedHosts(), "127.0.0.1") == notices(AllowedHosts(), "localhost") == []
    [said] = notices(AllowedHosts(), "0.0.0.0")
    assert "no login" in said
    assert f"no other machine until {VARIABLE} names" in said
    [said] = notices(allowed_hosts("192.168.1.5"), "192.168.1.5")
    assert "answers other machines under 192.168.1.5." in said


def test_the_refusal_names_the_way_out() -> None:
    said = ask(("Host", "lab.example:9000")).text
    assert f"{VARIABLE}=lab.example:9000" in said
    assert "http://127.0.0.1:8501" in said
    said = ask(("Host", "localhost:8501"), server=("192.168.1.5", PORT)).text
    assert "does not come from the machine" in said
    assert VARIABLE in said
    for reached in (None, ("/run/retrace.sock", None)):
        said = ask(("Host", "localhost:8501"), server=reached).text
        assert "cannot tell where this connection comes from" in said
        assert "does not come from" not in said
        assert f"{VARIABLE}=localhost:8501" in said
    assert f"{VARIABLE}=lab.example:443" in ask(("Host", OWN), ("Origin", "https://lab.example")).text
    for asked in (ask(("Host", "<b>\xe9" * 9_000)), ask()):
        assert len(asked.text) < 400  # what was sent is not sent back at any length
        assert "<" not in asked.text


def test_each_refusal_is_said_once_to_whoever_started_the_server() -> None:
    """Whoever forwards the port sees a page that never connects: why stands in the terminal."""
    said: list[str] = []

    async def nothing(*of_asgi: Any) -> Any:
        pass

    guard = Door(nothing, say=said.append)
    for number in [0, 0, *range(100)]:
        headers = [(b"host", OWN.encode()), (b"origin", f"https://{number}.lab.example".encode())]
        run(guard({"type": "websocket", "path": "/", "server": ("::1", PORT), "headers": headers}, nothing, nothing))
    assert len(said) == 20
    assert len(set(said)) == 20
    assert f"{VARIABLE}=0.lab.example:443" in said[0]


def test_a_socket_is_refused_before_it_is_accepted_whatever_the_server_can_say() -> None:
    asked = ask(("Host", "evil.example"), kind="websocket", extensions=())
    assert [message["type"] for message in asked.sent] == ["websocket.close"]
    assert len(asked.sent[0]["reason"].encode()) <= 123  # RFC 6455


def test_what_another_site_loads_is_refused_but_a_link_from_it_can_be_followed() -> None:
    def let_in(site: str, mode: str = "no-cors", dest: str = "image", **more: Any) -> bool:
        sent = (("Host", OWN), ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", dest))
        return bool(ask(*sent, **more).through)

    assert let_in("same-origin")
    assert let_in("none", "navigate", "document")
    for site in ("cross-site", "same-site"):
        assert let_in(site, "navigate", "document")
        assert not let_in(site)
        assert not let_in(site, "navigate", "iframe")
        assert not let_in(site, "navigate", "document", method="POST")
        assert not let_in(site, "websocket", "websocket", kind="websocket")


def test_streamlit_sees_a_socket_that_may_come_in_as_one_of_its_own_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where both names differ it would look up its address on the Internet."""
    monkeypatch.setenv(VARIABLE, "retrace.example.org")
    for host, origin in (
        (OWN, "http://[::1]:8501"),
        (OWN, "https://retrace.example.org"),
        ("LOCALHOST:8501", "http://localhost:8501"),
        ("Retrace.example.org", "http://127.0.0.1:8501"),
    ):
        [scope] = ask(("Host", host), ("Origin", origin), kind="websocket").through
        assert dict(scope["headers"])[b"origin"] == f"{origin.partition(':')[0]}://{host}".encode()
        assert dict(scope["headers"])[b"host"] == host.encode()
    [scope] = ask(("Host", OWN), kind="websocket").through
    assert b"origin" not in dict(scope["headers"])


def test_every_answer_has_its_headers() -> None:
    page, media = ask(("Host", OWN)).headers, ask(("Host", OWN), path="/media/x.html").headers
    refused = ask(("Host", "evil.example")).headers
    for headers in (page, media, refused):
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "script-src 'self'" in page["content-security-policy"]
    assert "unsafe-eval" not in page["content-security-policy"]
    script = page["content-security-policy"].partition("script-src")[2].partition(";")[0]
    assert "unsafe-inline" not in script
    assert "script-src" not in media["content-security-policy"]
    assert "sandbox" in media["content-security-policy"]
    assert refused["cache-control"] == "no-store"


def test_a_route_that_fails_answers_with_its_headers() -> None:
    def broken(request: Request) -> Response:
        raise RuntimeError("secret")

    app = Starlette(routes=[Route("/", broken)], middleware=[Middleware(Door)], exception_handlers={Exception: failed})
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/", "method": "GET", "headers": [(b"host", OWN.encode())], "query_string": b""}
    with pytest.raises(RuntimeError):
        run(app({**scope, "server": ("127.0.0.1", PORT), "root_path": ""}, receive, send))
    assert sent[0]["status"] == 500
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    assert {name.lower(): value for name, value in CLOSED.items()}.items() <= found.items()
    assert b"secret" not in sent[1]["body"]


def test_names_and_addresses_are_read() -> None:
    assert read_host("A.example:1") == Host("a.example", 1)
    assert str(read_host("[::1]")) == "[::1]"
    assert read_host("a..b") == Host("a..b", None)  # no resolver knows it, and no entry is like it
    assert [is_loopback(a) for a in ("127.9.9.9", "::1", "10.0.0.1", "", "x")] == [True, True, False, False, False]
