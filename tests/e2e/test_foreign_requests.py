"""Another site's page, or a name that leads here, gets no answer from any route or socket of the running server.

And whatever it says, the server calls nobody: to compare an Origin, Streamlit would ask the Internet for its address.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from reid_core.workspace.workspace import Workspace
from tests.e2e import foreign_requests
from tests.e2e.conftest import SLOW, OpenPage, Serve

SCRIPT = Path(foreign_requests.__file__)
NAMESPACE = ["unshare", "--map-root-user", "--net"]
CHECKS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def run(workspace: Path, *before: str) -> dict[str, Any]:
    command = [*before, sys.executable, str(SCRIPT), str(workspace), *["lo"] * bool(before)]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def check(found: dict[str, Any]) -> None:
    for path in ("/_stcore/health", "/_stcore/stream", "/thumbnails/1.jpg", "/maps/1/1/1/1.bin", "/", "/media/1"):
        assert path in found["paths"]
    assert found["asked"] > 3000
    assert found["answered"] == []
    assert found["without headers"] == []
    assert set(found["raw"]) <= {400, 403}
    assert found["own socket"] == [101, 101, 101]
    assert [call for call in found["calls"] if call[1] not in ("127.0.0.1", "::1", "localhost")] == []
    for path, (status, headers) in found["own"].items():
        assert status != 403 or path.startswith("/_stcore/agent"), path
        assert CHECKS.items() <= headers.items(), path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
    assert found["own"]["/_stcore/health"][0] == found["own"]["/search"][0] == 200


@pytest.mark.timeout(600)
def test_every_route_and_the_socket_refuse_foreign_hosts_and_origins_and_nobody_is_called(tmp_path: Path) -> None:
    check(run(tmp_path / "workspace"))


@pytest.mark.timeout(600)
def test_the_same_where_there_is_no_network(tmp_path: Path) -> None:
    if shutil.which("unshare") is None or subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode:
        pytest.skip("this machine makes no network namespace (`unshare --map-root-user --net`)")
    found = run(tmp_path / "workspace", *NAMESPACE)
    assert found["interfaces"] == ["lo"]
    check(found)


def test_the_watch_sees_a_call(tmp_path: Path) -> None:
    """What the tests above rest on: Streamlit's own look-up is seen, where nothing can come of it."""
    code = (
        "from tests.e2e.watched_server import watch; import sys; watch(sys.argv[1]);"
        "from streamlit import net_util; net_util._AWS_CHECK_IP = net_util._AWS_CHECK_IP_HTTPS = 'http://127.0.0.1:9';"
        "net_util.get_internal_ip(); net_util.get_external_ip()"
    )
    root = SCRIPT.parents[2]
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "calls")], cwd=root, check=True, capture_output=True)
    calls = [json.loads(line) for line in (tmp_path / "calls").read_text().splitlines()]
    assert ["socket.connect", "8.8.8.8"] in calls
    assert ["socket.connect", "127.0.0.1"] in calls


def test_listening_on_every_address_answers_this_machine_alone(serve: Serve, tmp_path: Path) -> None:
    addresses = [a.address for found in psutil.net_if_addrs().values() for a in found if a.family.name == "AF_INET"]
    outer = [address for address in addresses if not address.startswith("127.")]
    if not outer:
        pytest.skip("this machine has no address of its own beyond loopback")
    port = int(serve(tmp_path / "workspace", "--server.address", "0.0.0.0").rpartition(":")[2])
    ours = {"Host": f"127.0.0.1:{port}"}
    assert foreign_requests.ask(port, "GET", "/_stcore/health", ours)[0] == 200
    for host in (f"127.0.0.1:{port}", f"{outer[0]}:{port}"):
        assert foreign_requests.ask(port, "GET", "/_stcore/health", {"Host": host}, outer[0])[0] == 403


@pytest.mark.browser
def test_a_page_of_another_port_of_this_machine_can_load_nothing_and_open_no_socket(
    serve: Serve, open_page: OpenPage, tiny_workspace: Workspace, tmp_path: Path
) -> None:
    """Two servers, of which the second plays the foreign page: for a browser another port is the same site."""
    address, other = serve(tiny_workspace.path), serve(tmp_path / "other")
    name = next(iter(tiny_workspace.catalogue.crops("tiny")["sha256"]))
    picture = f"{address}/thumbnails/{name}.jpg"
    own = open_page(f"{address}/search")
    assert own.evaluate("(url) => fetch(url).then((answer) => answer.status)", picture) == 200
    context = own.context.browser.new_context(bypass_csp=True)  # the foreign page has no policy of ours
    page = context.new_page()
    page.goto(f"{other}/_stcore/health")
    seen = page.evaluate(
        """async ([address, picture]) => {
          const settled = (start) => new Promise((resolve) => {
            start((found) => resolve(found));
          });
          const image = await settled((done) => {
            const img = new Image(); img.onload = () => done("seen"); img.onerror = () => done("refused");
            img.src = picture;
          });
          const socket = await settled((done) => {
            const ws = new WebSocket(address.replace("http", "ws") + "/_stcore/stream", ["streamlit"]);
            ws.onopen = () => done("open"); ws.onerror = () => done("refused");
          });
          const read = await fetch(picture).then(() => "read", () => "refused");
          return [image, socket, read];
        }""",
        [address, picture],
    )
    assert seen == ["refused"] * 3
    frame = context.new_page()
    frame.goto(f"{other}/_stcore/health")
    frame.evaluate(
        """(address) => new Promise((resolve) => {
          const frame = document.createElement("iframe"); frame.onload = resolve; frame.src = address;
          document.body.append(frame);
        })""",
        f"{address}/search",
    )
    assert "stApp" not in frame.frames[1].content()
    page.goto(f"{address}/search")  # a link that is followed is no danger
    page.locator("[data-testid=stApp]").wait_for(timeout=2 * SLOW)
    context.close()


@pytest.mark.browser
def test_a_name_that_leads_here_is_told_what_to_do(launch: Callable[..., Any], serve: Serve, tmp_path: Path) -> None:
    """As in DNS rebinding: the browser believes that evil.example is this machine."""
    port = serve(tmp_path / "workspace").rpartition(":")[2]
    # A browser that lets a page of the Internet call this machine, as most did until lately.
    rebound = launch("--host-resolver-rules=MAP evil.example 127.0.0.1", "--disable-features=LocalNetworkAccessChecks")
    page = rebound.new_page()
    for path in foreign_requests.MORE_PATHS:
        assert page.goto(f"http://evil.example:{port}{path}").status == 403
    assert f"REID_ALLOWED_HOSTS=evil.example:{port}" in page.locator("body").inner_text()
    page.route("**/attack", lambda route: route.fulfill(content_type="text/html", body="the page that came before"))
    page.goto(f"http://evil.example:{port}/attack")
    seen = page.evaluate(
        """async () => {
          const read = await fetch("/_stcore/health").then((answer) => answer.status);
          const socket = await new Promise((resolve) => {
            const ws = new WebSocket("/_stcore/stream", ["streamlit"]);
            ws.onopen = () => resolve("open"); ws.onerror = () => resolve("refused");
          });
          return [read, socket];
        }"""
    )
    assert seen == [403, "refused"]
    rebound.close()
