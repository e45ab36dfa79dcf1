"""The Map page, opened without a browser."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from reid_core.workspace import jobs
from tests.pages.search_page import OpenPage


@pytest.fixture
def open_page(open_at: OpenPage) -> OpenPage:
    """Gives `open_page(workspace path, **query parameters)`: the Map page on that workspace."""
    return functools.partial(open_at, "pages/map.py")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Arguments of the jobs that the page started; none runs."""
    found: list[list[str]] = []

    def start(workspace: Path, command: str, title: str, arguments: list[str]) -> Path:
        found.append(arguments)
        return workspace

    monkeypatch.setattr(jobs, "start_new", start)
    return found
