"""A real server and a real browser. Without Playwright or a Chromium these tests are skipped, and say so."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from reid_core.workspace import jobs
from reid_core.workspace.workspace import VARIABLE

ROOT = Path(__file__).parents[2]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
STARTED_WITHIN = 60.0  # seconds
SLOW = 20_000  # milliseconds; a busy machine
POLICY = "Content Security Policy"  # Chromium's words in the console where a page wants what its policy forbids
SETTLED = """() => {
  const running = document.querySelector("[data-testid=stApp]")?.dataset.testScriptState !== "notRunning";
  const faded = (part) => part.dataset.stale === "true" || getComputedStyle(part).opacity !== "1";
  return !running && ![...document.querySelectorAll("[data-testid=stElementContainer]")].some(faded);
}"""
MOST_TABS = 90
LINES = 2  # of a label; what has more is a part of the page that scrolls
FOCUSED = """() => {
  let here = document.activeElement;
  while (here?.shadowRoot?.activeElement) here = here.shadowRoot.activeElement;
  return (here?.getAttribute("aria-label") || here?.innerText || here?.id || "").trim();
}"""

Serve = Callable[..., str]
RunServer = Callable[[list[str], Path, Path], str]
OpenPage = Callable[..., Any]


@pytest.fixture
def serve(run_server: RunServer) -> Serve:
    """Gives `serve(workspace path, *options)`: starts the app as a user does, and returns its address."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true", "--server.port", "PORT"]
    return lambda workspace, *options: run_server([*command, *options], workspace, ROOT)


@pytest.fixture
def run_server() -> Iterator[RunServer]:
    """Gives `run_server(command, workspace path, folder)`: runs it in the folder, with a free port where it says PORT,
    until the test ends; and returns its address."""
    servers: list[subprocess.Popen[bytes]] = []
    workspaces: set[Path] = set()

    def started(command: list[str], workspace: Path, folder: Path) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        workspaces.add(workspace)
        servers.append(
            subprocess.Popen(
                [str(port) if word == "PORT" else word for word in command],
                cwd=folder,
                env={**os.environ, VARIABLE: str(workspace)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/_stcore/health", servers[-1])
        return address

    yield started
    for server in servers:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
    for job in (job for workspace in workspaces for job in jobs.all_jobs(workspace)):
        if job.progress.status == "running":  # the demo's draws videos for minutes
            jobs.stop(job.folder)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < end:
        assert server.poll() is None, "the server ended while it started"
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"the server did not answer within {STARTED_WITHIN:.0f} seconds")


@pytest.fixture(scope="session")
def launch() -> Iterator[Callable[..., Any]]:
    """Gives `launch(*arguments)`: a Chromium started with these arguments and our usual ones."""
    api = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")
    with api.sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        found = str(own) if own.is_file() else shutil.which("chromium") or shutil.which("google-chrome")
        if found is None:
            pytest.skip("needs a Chromium: install Debian's `chromium`, or run `playwright install chromium`")
        yield lambda *arguments: playwright.chromium.launch(executable_path=found, args=[*ARGUMENTS, *arguments])


@pytest.fixture(scope="session")
def chromium(launch: Callable[..., Any]) -> Iterator[Any]:
    browser = launch()
    yield browser
    browser.close()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[OpenPage]:
    """Gives `open_page(address, width=, height=, dark=)`: a browser's page there, with what it complained of.

    `page.errors` are errors of the page's own scripts and of its requests, `page.asked` all addresses that it asked.
    """
    contexts = []

    def opened(address: str, *, width: int = 1440, height: int = 900, dark: bool = False) -> Any:
        scheme = "dark" if dark else "light"
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.errors, page.asked = [], []
        page.wait_for_function = partial(_wait_for_function, page)
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda line: page.errors.append(line.text) if line.type == "error" else None)
        page.goto(address)
        return page

    yield opened
    refused = [error for context in contexts for page in context.pages for error in page.errors if POLICY in error]
    for context in contexts:
        context.close()
    assert refused == [], "a page needs what its Content-Security-Policy does not let it have"


def _wait_for_function(page: Any, expression: str, *, arg: Any = None, timeout: float = SLOW) -> None:
    """Playwright's own evaluates the expression inside the page again and again, which the page's policy forbids."""
    from playwright.sync_api import Error

    end = time.monotonic() + timeout / 1000
    while True:
        try:
            if page.evaluate(expression, arg):
                return
        except Error as error:
            if "context was destroyed" not in error.message:  # by going to another page
                raise
        assert time.monotonic() < end, f"within {timeout / 1000:.0f} s it did not come true: {expression}"
        page.wait_for_timeout(50)


def wait_until_settled(page: Any) -> None:
    """Until the server has drawn the page to its end, and nothing of the drawing before is left beside it."""
    page.wait_for_function(f"({SETTLED})()", timeout=SLOW)


def tab_to(page: Any, words: str, key: str = "Tab") -> None:
    """Press Tab until what has the focus is called like that."""
    passed = []
    for _ in range(MOST_TABS):
        page.keyboard.press(key)
        passed.append(page.evaluate(FOCUSED))
        lines = [line for line in passed[-1].splitlines() if line]
        if len(lines) <= LINES and any(line.startswith(words) for line in lines):
            return
    raise AssertionError(f"no {words!r} among {passed}")
