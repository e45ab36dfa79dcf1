"""A page on a full disk: what still works, what to do, and no "unexpected" for what was foreseen."""

from __future__ import annotations

import errno
import os
import shutil

import pytest

from reid_core.workspace import reserve
from reid_core.workspace.workspace import Workspace
from tests.pages.search_page import OpenPage, words_of


def test_a_page_says_that_the_disk_is_full_and_is_there_all_the_same(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoneLeft:
        free = 0

    assert "The disk is full" not in words_of(open_page(tiny_workspace.path))
    os.truncate(tiny_workspace.path / reserve.FILE, 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: NoneLeft)
    page = open_page(tiny_workspace.path)
    shown = words_of(page)
    assert "The disk is full" in shown
    assert "Searching and deleting still work" in shown
    assert "remove other files from this disk" in shown
    assert page.get("file_uploader"), "one can search"


def test_an_error_of_a_full_disk_is_called_so_wherever_it_comes_from(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/data/thing")

    monkeypatch.setattr("pages.components.shared.cached.galleries", full)
    shown = words_of(open_page(tiny_workspace.path))
    assert "The disk is full" in shown
    assert "/data/thing could not be written" in shown
    assert "unexpected" not in shown
