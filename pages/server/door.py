"""The server's door: each request and each socket passes here before Streamlit or a route of ours sees it.

A page of another site can send requests to a server on this machine, and by DNS rebinding (a name that first leads to
that site and then to 127.0.0.1) it could even read the answers. Such a request names the site in its `Host` or
`Origin`; what a browser says there, a page cannot change. So only names are answered that are this server's own:
127.0.0.1, localhost and [::1] at its own port, where the connection was made on this machine, and what
`REID_ALLOWED_HOSTS` names. `X-Forwarded-Host` is not believed.

Every answer leaves with the headers of `pages.server.headers`, Streamlit's page with the link of `pages.server.styles`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.server.headers import CLOSED, headers_for
from pages.server.hosts import (
    OWN_NAMES,
    VARIABLE,
    AllowedHosts,
    Host,
    Server,
    allowed_hosts,
    is_loopback,
    read_host,
    read_origin,
)
from pages.server.styles import asked_for_a_page, with_stylesheet

MOST_SAID = 20  # refusals in the terminal, each once: a page that tries many names may not fill it
_FOREIGN_PAGE = "A page of another site asked for this, and Retrace answers its own pages only."
_FOREIGN_SITES = ("cross-site", "same-site")  # of Sec-Fetch-Site; another port of localhost is "same-site"


def refusal(scope: Scope, allowed: AllowedHosts) -> str | None:
    """Why this request or socket gets no answer, in a sentence with the way out; None where it is for this server."""
    headers, server = Headers(scope=scope), _reached(scope)
    named = headers.getlist("host")
    if len(named) != 1 or not scope["path"].startswith("/"):
        return "A request must name one host and a path on it."
    host = read_host(named[0])
    if host is None or not allowed.admits(host, server):
        return _unknown_name(host, server)
    if origins := headers.getlist("origin"):
        page = read_origin(origins[0]) if len(origins) == 1 else None
        if page is None:
            return _FOREIGN_PAGE
        if not allowed.admits(page, server):
            return (
                f"A page of {page} asked for this, and Retrace answers its own pages only. If you lead people here by "
                f"that name yourself, start Retrace with {VARIABLE}={page} (several: separated by commas)."
            )
    if headers.get("sec-fetch-site") in _FOREIGN_SITES and not _is_a_visit(scope, headers):
        return _FOREIGN_PAGE
    return None


def _unknown_name(host: Host | None, server: Server) -> str:
    if host is None:
        return "The request's Host is not a name or address with a port. Open http://127.0.0.1 at Retrace's port."
    if host.name in OWN_NAMES and server.port is None:
        why = f"Retrace cannot tell where this connection comes from (a Unix socket), so {host} need not be its name."
    elif host.name in OWN_NAMES and not server.local:
        why = f"This connection does not come from the machine that Retrace runs on, though it asks for {host}."
    else:
        why = f"Retrace does not answer under the name {host}."
        if server.local and server.port is not None:
            why += f" Open http://127.0.0.1:{server.port} on the machine that it runs on."
    return (
        f"{why} If you lead people here under this name yourself (a proxy, a forwarded port, a local network), start "
        f"Retrace with {VARIABLE}={host} (several: separated by commas). It has no login: whoever reaches it sees "
        "everything."
    )


def _is_a_visit(scope: Scope, headers: Headers) -> bool:
    """A link on another site that was followed: a whole new page, which that site cannot see into."""
    modes = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")
    return scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and modes == ("navigate", "document")


def _reached(scope: Scope) -> Server:
    address, port = scope.get("server") or (None, None)
    return Server(port, address is not None and is_loopback(address))


class Door:
    """ASGI middleware around everything that the server answers; `say` gets what whoever started it should know."""

    def __init__(self, app: ASGIApp, address: str = "", say: Callable[[str], None] | None = None) -> None:
        self.app, self.address = app, address
        self.allowed = allowed_hosts(os.environ.get(VARIABLE, ""))
        self.say = say or (lambda sentence: print(sentence, file=sys.stderr, flush=True))
        self.said: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for sentence in notices(self.allowed, self.address):
                self.say(sentence)
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        why = refusal(scope, self.allowed)
        if why is not None:
            if why not in self.said and len(self.said) < MOST_SAID:  # a page does not see why its socket is refused
                self.said.add(why)
                self.say(f"Refused: {why}")
            await _refuse(why, scope, receive, send)
        elif scope["type"] == "websocket":
            await self.app(_as_our_own_page(scope), receive, send)
        else:
            await self.app(asked_for_a_page(scope), receive, with_stylesheet(_with_headers(scope, send)))


def notices(allowed: AllowedHosts, address: str) -> list[str]:
    """What whoever starts the server should know of who can reach it; `address` is the one that it listens on."""
    found = [
        f"{VARIABLE}: {entry[:80]!r} is not a host name or address and is left out. "
        "Write names without http:// and path, such as retrace.example.org or 192.168.1.5:8501."
        for entry in allowed.unread
    ]
    if address and not is_loopback(address):
        names = ", ".join(sorted(str(host) for host in allowed.hosts))
        found.append(
            f"Retrace listens on {address} and answers other machines under {names}. It has no login: whoever reaches "
            "it sees everything."
            if names
            else f"Retrace listens on {address}, but answers no other machine until {VARIABLE} names the address that "
            "people type, such as 192.168.1.5. It has no login: whoever reaches it then sees everything."
        )
    return found


def failed(request: Request, error: Exception) -> PlainTextResponse:
    """The answer where a route failed; the server's log says why. Starlette makes it outside of all middleware."""
    return PlainTextResponse("Something unexpected happened. Retrace's terminal says what.", 500, headers=CLOSED)


async def _refuse(why: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Before a socket is accepted: a browser sees that it failed, others read why."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": why[:120]})
        return
    await PlainTextResponse(why + "\n", 403, headers={**CLOSED, "Cache-Control": "no-store"})(scope, receive, send)


def _as_our_own_page(scope: Scope) -> Scope:
    """The socket of a page that may come in, as if it came from the very name that was asked.

    Streamlit compares both names itself, and where they differ (localhost and [::1], a proxy's name and its own)
    it looks up its external address on the Internet.
    """
    host = Headers(scope=scope)["host"].encode("latin-1")
    headers = [
        (name, value.partition(b"://")[0] + b"://" + host if name == b"origin" else value)
        for name, value in scope["headers"]
    ]
    return {**scope, "headers": headers}


def _with_headers(scope: Scope, send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(headers_for(scope["path"]))
        await send(message)

    return sent
