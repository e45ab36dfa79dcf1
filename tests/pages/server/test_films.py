"""The routes of the player, behind the door, as a browser asks for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from pages.components.shared import cached
from pages.server.door import Door
from pages.server.headers import page_policy
from pages.server.routes import ROUTES
from reid_core.workspace import jobs
from reid_core.workspace.catalogue.recordings import note_still
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.clips import contract
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.layout import STILL
from reid_core.workspace.workspace import VARIABLE, Workspace
from tests.workspace.clips.played import CROP, CROP_OF_LATER, TOWN, delete_spans, played

MPEG: dict[str, Any] = {"kind": "avi", "drawn": {"codec": "mjpeg", "b_frames": 0}}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "workspace"))
    cached._open.cache_clear()
    yield cached.open_workspace()
    cached._open.cache_clear()


@pytest.fixture
def client(workspace: Workspace) -> TestClient:
    app = Starlette(routes=ROUTES, middleware=[Middleware(Door, say=lambda sentence: None)])
    return TestClient(app, base_url="http://localhost:8501", client=("127.0.0.1", 50000))


def test_a_walk_is_told_and_its_clip_is_sent_in_parts(client: TestClient, workspace: Workspace, tmp_path: Path) -> None:
    played(workspace, tmp_path)
    answer = client.get(f"/walks/{CROP}.json")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert told["stretch"] == [7.0, 17.0]
    whole = client.get(told["clip"]["address"])
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    assert whole.headers["cache-control"] == "no-store"
    part = client.get(told["clip"]["address"], headers={"Range": "bytes=4-11"})
    assert part.status_code == 206
    assert part.content == whole.content[4:12] != b""
    assert part.headers["content-range"] == f"bytes 4-11/{len(whole.content)}"
    assert client.get(f"/walks/{CROP}.json?at=12.5").json()["clip"] == told["clip"]


@pytest.mark.parametrize(
    "address",
    [
        "/walks/99.json", "/walks/x.json", "/walks/-1.json", "/walks/1.json?at=x", "/walks/1.json?at=nan",
        "/walks/1.json?at=inf", "/clips/1/7000-17001.mp4", "/clips/1/x.mp4", "/clips/x/7000-17000.mp4",
        "/clips/1/..%2F1%2F7000-17000.mp4", "/clips/..%2Fclips%2F1/7000-17000.mp4", "/stills/1/still-0.jpg",
        "/stills/x/still-0.jpg",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found_and_not_remembered(
    client: TestClient, workspace: Workspace, tmp_path: Path, address: str
) -> None:
    played(workspace, tmp_path)
    assert client.get(f"/walks/{CROP}.json").json()["clip"]["address"] == "/clips/1/7000-17000.mp4"
    answer = client.get(address)
    assert answer.status_code == 404
    assert answer.headers.get("cache-control", "no-store") == "no-store"


def test_after_a_deletion_nothing_of_it_is_sent(client: TestClient, workspace: Workspace, tmp_path: Path) -> None:
    row = played(workspace, tmp_path)
    (workspace.originals(row.source)).mkdir(parents=True)
    (workspace.originals(row.source) / STILL).write_bytes(b"still")
    note_still(workspace.catalogue, row.key, 12.0)
    told = client.get(f"/walks/{CROP}.json").json()
    assert client.get(told["still"]).content == b"still"
    assert client.get(told["still"]).headers["cache-control"] == "no-store"
    delete(workspace, TOWN, Selection(ids=frozenset({CROP, 2})), "test")
    for address in (told["clip"]["address"], told["still"], f"/walks/{CROP}.json"):
        assert client.get(address).status_code == 404
    assert client.get(f"/walks/{CROP_OF_LATER}.json").json()["still"] is None


def test_what_a_deletion_has_not_wiped_yet_is_not_sent(
    client: TestClient, workspace: Workspace, tmp_path: Path
) -> None:
    row = played(workspace, tmp_path)
    one, later = (client.get(f"/walks/{crop}.json").json()["clip"]["address"] for crop in (CROP, CROP_OF_LATER))
    assert client.get(one).status_code == 200
    delete_spans(workspace, row, (1.0, 3.0))  # before the stretch, which begins at second 7, and behind its key frame
    assert (client.get(one).status_code, client.get(later).status_code) == (404, 200)
    strange = workspace.path / "clips" / "77"
    strange.mkdir()
    for suffix in (".mp4", ".json"):
        name = later.rpartition("/")[2].removesuffix(".mp4")
        content = (workspace.path / "clips" / str(row.key) / f"{name}{suffix}").read_bytes()
        (strange / f"{name}{suffix}").write_bytes(content)
    assert client.get(f"/clips/77/{name}.mp4").status_code == 404, "there is no such recording"


def test_a_conversion_is_started_by_posting(
    client: TestClient, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played(workspace, tmp_path, **MPEG)
    started: list[Any] = []
    monkeypatch.setattr(jobs, "start_new", lambda *given: started.append(given))
    assert client.get(f"/walks/{CROP}.json").json()["convert"] is True
    assert client.get(f"/walks/{CROP}/convert").status_code == 405
    assert client.post(f"/walks/{CROP}/convert?at=13", headers={"Origin": "http://evil.example"}).status_code == 403
    assert started == []
    assert client.post(f"/walks/{CROP}/convert?at=13").status_code == 202
    assert [given[1] for given in started] == ["clip"]
    assert client.post("/walks/99/convert").status_code == 404


@pytest.mark.parametrize("name", [None, "gate-0077"])
def test_a_crop_without_a_tracklet_is_not_offered_a_conversion(
    client: TestClient, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    played(workspace, tmp_path, **MPEG)
    with workspace.catalogue.transaction() as database:
        database.execute("UPDATE crop SET tracklet = ? WHERE id = ?", (name, CROP))
    started: list[Any] = []
    monkeypatch.setattr(jobs, "start_new", lambda *given: started.append(given))
    told = client.get(f"/walks/{CROP}.json").json()
    assert (told["kind"], told["convert"], told["stretch"]) == ("codec", False, [9.0, 15.0])
    assert told["problem"].endswith("Only clips of tracklets are converted, and this crop belongs to none.")
    assert client.post(f"/walks/{CROP}/convert").status_code == 202
    assert started == []


def test_two_clips_are_cut_at_a_time_and_whatever_else_is_asked_for_does_not_wait(
    client: TestClient, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played(workspace, tmp_path)
    go, begun = threading.Event(), threading.Semaphore(0)
    at_work: list[int] = []

    def slow(workspace: Workspace, crop: int, at: float | None) -> dict[str, Any]:
        at_work.append(crop)
        begun.release()
        assert go.wait(20)
        return {}

    monkeypatch.setattr(contract, "answer", slow)
    with client, ThreadPoolExecutor(60) as pool:
        asked = [pool.submit(client.get, f"/walks/{CROP}.json") for _ in range(50)]  # more than the server has threads
        try:
            assert begun.acquire(timeout=20)
            assert begun.acquire(timeout=20)
            assert pool.submit(client.get, "/clips/1/1-2.mp4").result(timeout=20).status_code == 404
            assert len(at_work) == 2
        finally:
            go.set()
        assert {one.result().status_code for one in asked} == {200}


def test_pages_may_play_what_this_server_sends_and_nothing_else() -> None:
    assert "media-src 'self'" in page_policy().split("; ")
