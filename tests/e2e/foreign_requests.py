"""`python foreign_requests.py WORKSPACE`: starts the app, asks it all that a foreign page could, prints what came.

A program of its own, so that it can be run in a network namespace (`unshare --map-root-user --net`), where nothing but
this machine can be reached. Prints one JSON object.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
STARTED_WITHIN = 120.0  # seconds; a busy machine
ANSWERED_WITHIN = 60.0
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}
ROUTES = """
import json, app
def paths(routes, base=""):
    for route in routes:
        yield base + route.path
        yield from paths(getattr(route, "routes", None) or [], base + route.path)
print(json.dumps(sorted(set(paths(app.app._build_starlette_app().routes)))))
"""
MORE_PATHS = ("/", "/search", "/static/js/x.js", "/_stcore/nothing", "/nothing/at/all")

Headers = dict[str, str]


def foreign(port: int) -> Iterator[Headers]:
    """Hosts and origins that are not this server's."""
    own = f"127.0.0.1:{port}"
    for host in ("evil.example", f"evil.example:{port}", "localhost:1", f"localhost:{port}@evil.example"):
        yield {"Host": host}
        yield {"Host": host, "Origin": f"http://{host}"}
        yield {"Host": host, "X-Forwarded-Host": own}
    for origin in ("http://evil.example", "https://8.8.8.8", "http://localhost:1", "null"):
        yield {"Host": own, "Origin": origin}
    yield {"Host": own, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}


def ask(port: int, method: str, path: str, headers: Headers, address: str = "127.0.0.1") -> tuple[int, dict[str, str]]:
    """Sends exactly these headers; gives the status and the answer's headers."""
    connection = http.client.HTTPConnection(address, port, timeout=ANSWERED_WITHIN)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def ask_raw(port: int, request: str) -> int:
    """Sends these lines as they are; gives the status, 0 where the connection was closed without an answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWERED_WITHIN) as opened:
        opened.sendall(request.replace("\n", "\r\n").encode())
        answer = opened.makefile("rb").readline().split()
        return int(answer[1]) if len(answer) > 1 else 0


def malformed(port: int) -> list[str]:
    """Requests that a program other than a browser may send."""
    own = f"Host: 127.0.0.1:{port}\n"
    return [
        "GET /_stcore/health HTTP/1.0\n\n",
        "GET /_stcore/health HTTP/1.1\nConnection: close\n\n",
        f"GET /_stcore/health HTTP/1.1\n{own}Host: evil.example\n\n",
        f"GET /_stcore/health HTTP/1.0\n{own}Host: evil.example\n\n",
        f"GET http://evil.example/_stcore/health HTTP/1.1\n{own}\n",
        f"GET http://127.0.0.1:{port}/_stcore/health HTTP/1.1\nHost: evil.example\n\n",
        f"OPTIONS * HTTP/1.1\n{own}\n",
        f"GET /_stcore/health HTTP/1.1\n{own}Origin: http://127.0.0.1:{port}\nOrigin: http://evil.example\n\n",
        f"GET /_stcore/health HTTP/1.1\nHost: 127.0.0.1:{port}, evil.example\n\n",
    ]


def known_paths() -> list[str]:
    """An address for each route of the app and of Streamlit, as the server itself lists them."""
    printed = subprocess.run([sys.executable, "-c", ROUTES], cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    listed = json.loads(printed.stdout.strip().splitlines()[-1])
    filled = {re.sub(r"\{[^}]*\}", "1", path) or "/" for path in listed}
    return sorted(filled | set(MORE_PATHS))


def raise_loopback() -> None:
    """In a namespace of its own even 127.0.0.1 is down at first."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        flags = struct.pack("16sh14s", b"lo", 1, b"")  # IFF_UP
        fcntl.ioctl(any_socket, 0x8914, flags)  # SIOCSIFFLAGS


def start(workspace: str, calls: str, port: int) -> subprocess.Popen[bytes]:
    watched = [sys.executable, str(Path(__file__).with_name("watched_server.py")), calls]
    options = ["run", "app.py", "--server.port", str(port), "--server.headless", "true"]
    server = subprocess.Popen(
        [*watched, *options],
        cwd=ROOT,
        env={**os.environ, "REID_WORKSPACE": workspace},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < end and server.poll() is None:
        try:
            if ask(port, "GET", "/_stcore/health", {"Host": f"127.0.0.1:{port}"})[0] == 200:
                return server
        except OSError:
            time.sleep(0.1)
    server.kill()
    raise SystemExit("the server did not start")


def main(workspace: str) -> None:
    if "lo" in sys.argv[2:]:
        raise_loopback()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {"Host": f"127.0.0.1:{port}"}
    paths, answered, bare, asked = known_paths(), [], [], 0
    with tempfile.TemporaryDirectory() as folder:
        server = start(workspace, f"{folder}/calls", port)
        try:
            for path in paths:
                for method, more in [*((method, {}) for method in METHODS), ("GET", SOCKET)]:
                    for headers in foreign(port):
                        status, sent = ask(port, method, path, {**headers, **more})
                        asked += 1
                        if status != 403:
                            answered.append([method, path, headers, status])
                        if "frame-ancestors 'none'" not in sent.get("content-security-policy", ""):
                            bare.append([method, path])
            headers_of = {path: ask(port, "GET", path, own) for path in paths}
            raw = [ask_raw(port, request) for request in malformed(port)]
            own_socket = [
                ask(port, "GET", "/_stcore/stream", {**own, **SOCKET, **origin})[0]
                for origin in ({}, {"Origin": f"http://127.0.0.1:{port}"}, {"Origin": f"http://[::1]:{port}"})
            ]
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
        calls = [json.loads(line) for line in Path(folder, "calls").read_text().splitlines()]
    print(json.dumps({
        "paths": paths, "asked": asked, "answered": answered, "without headers": bare, "own socket": own_socket,
        "raw": raw, "own": headers_of, "calls": calls, "interfaces": [name for _, name in socket.if_nameindex()],
    }))  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
