"""Pages of ten thousand tracklets in a real browser: how soon they show something, and how soon a hit moves.

    python -m tests.benchmarks.video.watching

Four recordings of ten minutes in H.264 at 1280 × 720, one file under four names, and 10,000 tracklets with two crops
each, written by hand. Wall times hold for an idle machine; CPU times of server and browser stand beside them. Without a
Chromium that plays H.264 nothing is measured.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from reid_core.images import decode, encoded_crop, thumbnail
from reid_core.workspace.actor import system_user
from reid_core.workspace.catalogue.recordings import NewRecording, NewTracklet, Progress, Vectors, add, finish, keep
from reid_core.workspace.catalogue.rows import NewCrop
from reid_core.workspace.imports.inspecting import described
from reid_core.workspace.imports.planned_recordings import HEAD, hash_of
from reid_core.workspace.workspace import Workspace
from tests.benchmarks.map_view import Timer, served
from tests.benchmarks.video.recordings import repeated
from tests.support.films import film

GALLERY, CAMERAS, TRACKLETS = "bench", 4, 10_000
SIZE = (1280, 720)
LOOP, MINUTES = 20, 10  # seconds of the film that is joined to so many minutes
START = 1_772_434_800.0
HITS = 12  # that are watched
WAIT = 60_000  # milliseconds
PLAYS = """() => {
  const inside = (root) => { for (const part of root.querySelectorAll("*")) {
    if (part.tagName === "VIDEO") return part;
    const found = part.shadowRoot && inside(part.shadowRoot);
    if (found) return found;
  } };
  const video = inside(document);
  return Boolean(video && video.currentTime > 0 && video.readyState > 2);
}"""


def build(folder: Path) -> Workspace:
    workspace = Workspace(folder / "workspace", system_user())
    original = _film(folder)
    entry = workspace.models()[0]
    size, random = entry.card.embedding_size, np.random.default_rng(0)
    workspace.catalogue.add_gallery(GALLERY)
    workspace.catalogue.add_model(entry.id, entry.card.name, size)
    for camera in range(1, CAMERAS + 1):
        path = folder / f"camera-{camera}.mp4"
        os.link(original, path)
        seconds, count = LOOP * (MINUTES * 60 // LOOP), TRACKLETS // CAMERAS
        new = NewRecording(
            name=path.stem, path=str(path), camera=f"camera {camera}", width=SIZE[0], height=SIZE[1],
            bytes=path.stat().st_size, detector="bench", sha256=hash_of(path), start=START, start_source="stated",
            duration=float(seconds), settings={"rate": 5.0, "detector": "bench"},
            facts={"codec": "h264", "container": "mov,mp4", "width": SIZE[0], "height": SIZE[1], "rotation": 0,
                   "pixel_aspect": "1", "interlaced": False, "stated_rate": 25.0,
                   "head": {"bytes": HEAD, "sha256": hash_of(path, HEAD).hex()}},
        )  # fmt: skip
        row = add(workspace.catalogue, GALLERY, new)
        walks, crops = [], []
        for number in range(count):
            begin = float(random.uniform(0, seconds - 20))
            end, name = begin + float(random.uniform(3, 18)), f"{row.name}-{number:04d}"
            walks.append(_walk(name, begin, end, random))
            crops += [_crop(workspace, row.source, name, begin + share * (end - begin), random) for share in (0.3, 0.7)]
        vectors = random.normal(size=(len(crops), size)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        done = Progress(analysed=float(seconds), frames=25 * seconds)
        keep(workspace.catalogue, row.key, walks, crops, done, vectors=Vectors(entry.id, vectors))
        finish(workspace.catalogue, row.key, done)
    return workspace


def _film(folder: Path) -> Path:
    """With a person's worth of movement in each frame, and a key frame every four seconds."""
    random = np.random.default_rng(1)
    place = np.kron(random.integers(60, 200, (18, 32, 3), np.uint8), np.ones((40, 40, 1), np.uint8))
    pictures = []
    for number in range(25 * LOOP):
        picture = place.copy()
        left = (8 * number) % (SIZE[0] - 80)
        picture[300:520, left : left + 80] = random.integers(0, 256, (220, 80, 3), np.uint8)
        pictures.append(picture)
    loop = film(folder / "loop.mp4", pictures, key_every=100, encoder={"qp": "26"})
    whole = folder / "whole.mp4"
    repeated(loop, whole, MINUTES * 60 // LOOP)
    return whole


def _walk(name: str, begin: float, end: float, random: np.random.Generator) -> NewTracklet:
    moments = np.arange(begin, end, 1.0)
    x = np.linspace(random.uniform(60, SIZE[0] - 60), random.uniform(60, SIZE[0] - 60), len(moments))
    y = np.linspace(random.uniform(300, SIZE[1] - 10), random.uniform(300, SIZE[1] - 10), len(moments))
    path = np.column_stack([moments, x, y, np.full(len(x), 70.0), np.full(len(x), 180.0)]).astype(np.float32)
    return NewTracklet(
        name=name, start_moment=begin, end_moment=end, entry=(x[0], y[0]), exit=(x[-1], y[-1]), path=path,
        detections=5 * len(moments), score=0.7, moved=abs(x[-1] - x[0]) / 180,
    )  # fmt: skip


def _crop(workspace: Workspace, source: int, name: str, moment: float, random: np.random.Generator) -> NewCrop:
    from PIL import Image

    small = random.integers(40, 220, (6, 3, 3), np.uint8)
    data = encoded_crop(Image.fromarray(np.kron(small, np.ones((30, 24, 1), np.uint8))))
    picture = decode(data)
    path = f"{name}/{moment:08.2f}.jpg"
    file = workspace.originals(source) / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    labels = {
        "path": path, "identity": None, "camera": None, "time": float("nan"), "tracklet": name, "split": "gallery",
        "moment": moment, "box_left": 100.0, "box_top": 300.0, "box_width": 72.0, "box_height": 180.0,
    }  # fmt: skip
    found = described(labels, data, picture, keep_data=False)
    workspace.thumbnails.add({found.crop.sha256: thumbnail(picture)})
    return found.crop


def look(browser: Any, workspace: Workspace) -> None:
    with served(workspace.path) as (address, server):
        page = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True).new_page()
        page.goto(f"{address}/training", timeout=WAIT)  # the server's own start is no part of it
        page.get_by_role("link", name="Search", exact=True).wait_for(timeout=WAIT)
        for name, where, shown in (
            ("the gallery's crops", f"gallery?gallery={GALLERY}", ".grid.browse .card"),
            ("its recordings", f"gallery?gallery={GALLERY}&view=recordings", ".recordings button"),
            ("one of them", f"gallery?gallery={GALLERY}&view=recordings&recording=camera-1", ".timeline canvas"),
            ("an answer", f"search?gallery={GALLERY}&crop=1", ".answer .card"),
        ):
            timer = Timer(server)
            for _ in range(2):  # the second one counts: caches are warm, as for whoever works with it
                timer.start()
                page.goto(f"{address}/{where}", timeout=WAIT)
                page.locator(shown).first.wait_for(timeout=WAIT)
            timer.stop()
            timer.show(f"{name}, first content", 2_000)
        watch(page, server)


def watch(page: Any, server: Any) -> None:
    page.locator(".answer .card").first.click()
    page.locator(".compare .verdicts").wait_for(timeout=WAIT)
    timer = Timer(server)
    for number in range(HITS):
        timer.start()
        page.keyboard.press("w")
        page.wait_for_function(PLAYS, timeout=WAIT, polling=10)
        timer.stop()
        page.keyboard.press("w")
        if number == HITS - 1:
            break
        before = page.locator(".compare .where").inner_text()
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "before => { const find = (root) => { for (const part of root.querySelectorAll('*')) { "
            "if (part.matches('.compare .where')) return part; const found = part.shadowRoot && find(part.shadowRoot); "
            "if (found) return found; } }; return find(document)?.innerText !== before; }",
            arg=before, timeout=WAIT,
        )  # fmt: skip
    timer.show(f"from the key to a moving picture, median of {HITS}", 1_000)
    print(f"    slowest of them {max(wall for wall, *_ in timer.times) * 1e3:7.0f} ms", flush=True)


def run() -> None:
    print(f"Pages of {TRACKLETS:,} tracklets in headless Chromium, and clips of {MINUTES} minutes of 720p")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("    not measured: needs the package playwright")
        return
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        own = Path(playwright.chromium.executable_path)
        found = str(own) if own.is_file() else shutil.which("chromium") or shutil.which("google-chrome")
        if found is None:
            print("    not measured: needs a Chromium")
            return
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        began = time.perf_counter()
        workspace = build(Path(folder))
        print(f"  built in {time.perf_counter() - began:.0f} s, load {os.getloadavg()[0]:.1f}", flush=True)
        look(browser, workspace)
        browser.close()


if __name__ == "__main__":
    run()
