"""The Map page in a real browser, at a hundred thousand points and at a million.

Headless Chromium with WebGL2 in software: no graphics card helps. Wall times run from the mouse or the click to what
it brings and hold for an idle machine only; CPU times and the load stand beside them. Without a Chromium nothing is
measured.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from reid_core.images import thumbnail
from reid_core.projection.faithfulness import Faithfulness
from reid_core.projection.layout import Layout
from reid_core.workspace.actor import system_user
from reid_core.workspace.catalogue.database import connect
from reid_core.workspace.catalogue.rows import now
from reid_core.workspace.maps.files import CropMap, MapInfo, map_file, write_map_file
from reid_core.workspace.maps.making import KEPT
from reid_core.workspace.workspace import VARIABLE, Workspace

SIZES = (100_000, 1_000_000)
GALLERY, MODEL = "bench", "0123456789abcdef"
PICTURES, CROPS_EACH, CAMERAS = 200, 20, 8
HOVERS, PANS = 12, 40
ROOT = Path(__file__).parents[2]
WAIT = 120_000  # milliseconds
FIND = """(selector) => {
  const inside = (host) => host?.isConnected ? host.shadowRoot?.querySelector(selector) : null;
  const hosts = (window.hosts ??= {});
  if (!inside(hosts[selector])) hosts[selector] = [...document.querySelectorAll("*")].find(inside);
  return inside(hosts[selector]);
}"""


def build(folder: Path, rows: int) -> Workspace:
    """A gallery of that many crops in groups of 20, mapped; they share a few pictures."""
    workspace = Workspace(folder, system_user())
    rng = np.random.default_rng(0)
    from PIL import Image

    pictures = [Image.fromarray(np.kron(rng.integers(30, 226, (8, 4, 3), np.uint8), np.ones((16, 16, 1), np.uint8)))
                for _ in range(PICTURES)]  # fmt: skip
    names = [number.to_bytes(32, "big") for number in range(1, PICTURES + 1)]
    workspace.thumbnails.add({name: thumbnail(picture) for name, picture in zip(names, pictures, strict=True)})
    with connect(workspace.catalogue.path) as database:
        database.execute("PRAGMA synchronous=OFF")
        database.execute("BEGIN")
        database.execute("INSERT INTO gallery (key, name, created) VALUES (1, ?, ?)", (GALLERY, now()))
        database.execute("INSERT INTO source (key, gallery, path, format, imported) VALUES (1, 1, '/d', 'folder', '')")
        database.execute("INSERT INTO model VALUES (1, ?, 'bench', 8)", (MODEL,))
        database.execute("CREATE TEMP TABLE picture (number INTEGER PRIMARY KEY, sha256 BLOB)")
        database.executemany("INSERT INTO picture VALUES (?, ?)", list(enumerate(names)))
        database.execute(
            "INSERT INTO crop (id, gallery, source, path, identity, camera, time, split, width, height, sha256, "
            "sharpness, brightness, contrast, imported) "
            "WITH RECURSIVE row (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM row WHERE i < ?1) "
            "SELECT i, 1, 1, i || '.jpg', 'p' || ((i - 1) / ?2), 'c' || (i * 7919 % ?3), 1767225600.0 + i, 'gallery', "
            "64, 128, sha256, 0.5, 0.5, 0.5, 1767225600 FROM row JOIN picture ON number = i % ?4",
            (rows, CROPS_EACH, CAMERAS, PICTURES),
        )
        database.execute(
            "INSERT INTO vector (seq, model, gallery, crop, float16) SELECT id, 1, 1, id, ? FROM crop",
            (np.ones(8, np.float16).tobytes(),),
        )
        database.execute("UPDATE counter SET seq = ?", (rows + 1,))
    centres = rng.normal(scale=3, size=(rows // CROPS_EACH, 2))
    points = (np.repeat(centres, CROPS_EACH, axis=0) + rng.normal(scale=0.05, size=(rows, 2))).astype(np.float32)
    own = np.arange(rows)[:, None] // CROPS_EACH * CROPS_EACH
    info = MapInfo(GALLERY, MODEL, Layout(), rows, 0, Faithfulness(0.95, 0.4, 15, 1000), 1.0, now(), 1.0, rows)
    made = CropMap(
        info, np.arange(1, rows + 1), points, (own + rng.integers(0, CROPS_EACH, (rows, KEPT))).astype(np.int32),
        np.linspace(0.9, 0.5, KEPT, dtype=np.float16)[None].repeat(rows, axis=0),
        (np.arange(rows) // CROPS_EACH).astype(np.int32), np.zeros(rows, np.bool_), np.empty(0, np.int64),
    )  # fmt: skip
    write_map_file(map_file(folder, GALLERY, MODEL, info.layout.name), made)
    return workspace


@contextmanager
def served(workspace: Path) -> Iterator[tuple[str, psutil.Process]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    server = subprocess.Popen(
        [*command, "--server.headless", "true"], cwd=ROOT, env={**os.environ, VARIABLE: str(workspace)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
            break
        time.sleep(0.1)
    try:
        yield address, psutil.Process(server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()


class Timer:
    """Wall time, and the CPU time of server and browser in it: what other programs take shows in the first only."""

    def __init__(self, server: psutil.Process) -> None:
        self._server = server
        self.times: list[tuple[float, float, float]] = []
        self.start()

    def start(self) -> None:
        self._began = (time.perf_counter(), *self._spent())

    def stop(self) -> None:
        now_at = (time.perf_counter(), *self._spent())
        wall, server, browser = (after - before for before, after in zip(self._began, now_at, strict=True))
        self.times.append((wall, server, browser))

    def show(self, name: str, bar: int) -> None:
        wall, server, browser = np.median(np.array(self.times), axis=0) * 1e3
        print(
            f"    {name:<44} {wall:7.0f} ms, CPU {server:.0f} server, {browser:.0f} browser; bar {bar:,} ms", flush=True
        )

    def _spent(self) -> tuple[float, float]:
        browser = 0.0
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                if "chrom" in process.name():
                    browser += sum(process.cpu_times()[:2])
        return sum(self._server.cpu_times()[:2]), browser


def until(page: Any, condition: str, wait: int = WAIT) -> None:
    """Until the condition on the map's parts is true; looked at every 20 ms."""
    page.wait_for_function(f"() => {{ const find = {FIND}; return {condition}; }}", timeout=wait, polling=20)


def look(browser: Any, rows: int, workspace: Path) -> None:
    with served(workspace) as (address, server):
        page = browser.new_context(viewport={"width": 1440, "height": 1100}, bypass_csp=True).new_page()
        page.goto(f"{address}/training", timeout=WAIT)
        page.get_by_role("link", name="Map", exact=True).wait_for(timeout=WAIT)
        time.sleep(3)
        idle = server.memory_info().rss
        timer = Timer(server)
        page.get_by_role("link", name="Map", exact=True).click(timeout=WAIT)
        until(page, "find('.point-map')?.dataset.drawn")
        area = page.locator(".point-map .over").bounding_box()
        middle = area["x"] + area["width"] / 2, area["y"] + area["height"] / 2
        page.mouse.move(*middle)
        page.mouse.wheel(0, -50)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        timer.stop()
        timer.show("open a stored map until it answers", 2_000 if rows < 500_000 else 6_000)
        print(f"    drawn as {page.locator('.point-map').get_attribute('data-drawn')}")
        measure_panning(page, middle)
        if rows < 500_000:
            measure_hover(page, server, area)
            measure_selection(page, server, middle)
        grown = (server.memory_info().rss - idle) / 1e6
        print(f"    {'server memory above idle':<44} {grown:8.0f} MB   bar 200 MB", flush=True)


def measure_panning(page: Any, middle: tuple[float, float]) -> None:
    page.evaluate("""() => {
        window.frames_ = []; let last = performance.now();
        const tick = () => { const now = performance.now(); window.frames_.push(now - last); last = now;
                             window.ticking = requestAnimationFrame(tick); };
        window.ticking = requestAnimationFrame(tick); }""")
    page.mouse.move(*middle)
    page.mouse.down()
    for step in range(PANS):
        page.mouse.move(middle[0] + 4 * step, middle[1] + 2 * step)
    page.mouse.up()
    frames = np.array(page.evaluate("() => { cancelAnimationFrame(window.ticking); return window.frames_; }"))
    print(f"    {'a frame while panning, median and longest':<44} {np.median(frames):8.0f} ms, {frames.max():.0f} ms")


def measure_hover(page: Any, server: psutil.Process, area: dict[str, float]) -> None:
    from playwright.sync_api import Error

    timer = Timer(server)
    rng = np.random.default_rng(1)
    tried = 0
    for _ in range(4 * HOVERS):
        tried += 1
        page.mouse.move(area["x"] + 3, area["y"] + area["height"] - 3)
        until(page, "find('.tip')?.hidden")
        x, y = rng.uniform(0.42, 0.58, 2)
        timer.start()
        page.mouse.move(area["x"] + x * area["width"], area["y"] + y * area["height"])
        with suppress(Error):  # between the points, or later than two seconds: both are counted
            until(page, "!find('.tip').hidden && find('.tip img')?.complete && find('.tip img').naturalWidth", 2_000)
            timer.stop()
        if len(timer.times) == HOVERS:
            break
    if not timer.times:
        print(f"    hover: no picture within 2 s at any of {tried} places", flush=True)
        return
    timer.show("hover until the picture is there, median", 150)
    print(f"    at {tried - len(timer.times)} of {tried} places there was none within 2 s: no point there, or too slow")


def measure_selection(page: Any, server: psutil.Process, middle: tuple[float, float]) -> None:
    timer = Timer(server)
    for number in range(3):
        page.get_by_role("button", name="Lasso").first.click()
        reach = 24 + 8 * number
        page.mouse.move(middle[0] - reach, middle[1] - reach)
        page.mouse.down()
        for x, y in ((reach, -reach), (reach, reach), (-reach, reach), (-reach, -reach)):
            page.mouse.move(middle[0] + x, middle[1] + y, steps=3)
        shown = page.evaluate(f"() => ({FIND})('.grid.browse .card')?.dataset.id ?? ''")
        timer.start()
        page.mouse.up()
        until(page, f"(find('.grid.browse .card')?.dataset.id ?? '') !== '{shown}'")
        timer.stop()
        page.keyboard.press("Escape")
        time.sleep(2)
    timer.show("lasso let go until the grid is there, median", 500)


def run() -> None:
    print("The Map page in headless Chromium, WebGL2 in software")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("    not measured: needs the package playwright")
        return
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        found = str(own) if own.is_file() else shutil.which("chromium") or shutil.which("google-chrome")
        if found is None:
            print("    not measured: needs a Chromium")
            return
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        for rows in SIZES:
            with tempfile.TemporaryDirectory() as folder:
                workspace = build(Path(folder) / "workspace", rows)
                print(f"  {rows:,} points, load {os.getloadavg()[0]:.1f}", flush=True)
                look(browser, rows, workspace.path)
        browser.close()


if __name__ == "__main__":
    run()
