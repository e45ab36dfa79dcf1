"""The Gallery page, opened without a browser."""

from __future__ import annotations

import functools

import pytest

from tests.pages.search_page import OpenPage


@pytest.fixture
def open_page(open_at: OpenPage) -> OpenPage:
    """Gives `open_page(workspace path, **query parameters)`: the Gallery page on that workspace."""
    return functools.partial(open_at, "pages/gallery.py")
