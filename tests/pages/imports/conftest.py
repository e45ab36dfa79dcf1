"""The import, opened without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from reid_core.workspace import jobs
from reid_core.workspace.imports.allowed_folders import VARIABLE as ALLOWED
from reid_core.workspace.workspace import VARIABLE, Workspace
from tests.pages.imports.import_page import SCRIPT, Open, Started, make_job


@pytest.fixture
def open_import(tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Gives `open_import()`: the wizard on the tiny workspace after its first run."""
    monkeypatch.setenv(VARIABLE, str(tiny_workspace.path))
    monkeypatch.delenv(ALLOWED, raising=False)

    def opened(**query: str) -> AppTest:
        st.cache_data.clear()
        page = AppTest.from_string(SCRIPT, default_timeout=30)
        for name, value in query.items():
            page.query_params[name] = value
        return page.run()

    return opened


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """Jobs that would have been started, as (title, arguments): they end at once without a word."""
    found: Started = []

    def start(workspace: Path, word: str, title: str, arguments: list[str]) -> Path:
        found.append((title, list(arguments)))
        return make_job(workspace, "running", title, list(arguments))

    monkeypatch.setattr(jobs, "start_new", start)
    return found
