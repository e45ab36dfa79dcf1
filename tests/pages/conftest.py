"""The app without a browser."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from reid_core.workspace.cases import cases
from reid_core.workspace.workspace import VARIABLE, Workspace
from tests.pages.search_page import APP, CASE, OpenPage


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Gives `open_page(workspace path, **query parameters)`: the app on that workspace after its first run.

    `analyst` is who decides there; without it the page asks.
    """

    def opened(path: Path, *, analyst: str | None = None, **query: str) -> AppTest:
        monkeypatch.setenv(VARIABLE, str(path))
        st.cache_data.clear()
        page = AppTest.from_file(str(APP), default_timeout=90)
        for name, value in query.items():
            page.query_params[name] = value
        if analyst is not None:
            page.session_state["analyst"] = analyst
        return page.run()

    return opened


@pytest.fixture
def open_at(monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Gives `open_at(page's file, workspace path, state={}, **query parameters)`: another page than the first.

    Unless `fresh` the server is one that has the workspace open already.
    """

    def opened(
        file: str,
        path: Path,
        *,
        state: Mapping[str, object] = MappingProxyType({}),
        fresh: bool = True,
        **query: str,
    ) -> AppTest:
        monkeypatch.setenv(VARIABLE, str(path))
        # Where there is nothing the app starts on Search, which would build the demo.
        monkeypatch.setattr("pages.components.jobs.demo_progress.jobs.start", lambda *arguments: None)
        st.cache_data.clear()
        if fresh:
            st.cache_resource.clear()
        page = AppTest.from_file(str(APP), default_timeout=90).run()
        page.switch_page(file)
        for name, value in query.items():
            page.query_params[name] = value
        for key, kept in state.items():
            page.session_state[key] = kept
        return page.run()

    return opened


@pytest.fixture
def case(tiny_workspace: Workspace) -> Workspace:
    """The tiny workspace with a case in it, the first: number 1."""
    cases.create(tiny_workspace, CASE, "A test")
    return tiny_workspace
