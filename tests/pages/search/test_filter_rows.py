"""The Search page's filters and what its address says of them come from the rows of `Filter`."""

from __future__ import annotations

import pytest

from pages.components.search import filters
from reid_core.colours import COLOURS
from reid_core.retrieval.filters import Filter, rows
from reid_core.workspace.workspace import Workspace
from tests.pages.search_page import OpenPage, fronts
from tests.support.made_up_filter import WithShoes


def test_each_control_of_a_row_is_one_of_the_page() -> None:
    assert {row.control for row in rows(Filter).values()} == {*filters.CONTROLS, ""}


def test_the_address_has_the_names_that_it_always_had() -> None:
    assert set(filters.address_names()) == {
        "cameras", "after", "before", "span", "days", "from", "until", "upper", "lower", "unclear", "people", "who",
        "good", "direction", "entered", "left", "longer", "shorter", "stood", "zone", "ignored",
    }  # fmt: skip


def test_a_new_row_is_drawn_filters_and_is_in_the_address(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filters, "Filter", WithShoes)
    page = open_page(tiny_workspace.path, gallery="tiny", crop="1")
    every = fronts(page)
    worn = tiny_workspace.catalogue.crops("tiny")["lower"]
    absent = next(colour for colour in COLOURS if colour not in set(worn))
    page.toggle(key="unclear-tiny").set_value(False)
    page.button_group(key="shoes-tiny").set_value([absent]).run()
    assert page.query_params["shoes"] == absent
    assert every
    assert not fronts(page)
    again = open_page(tiny_workspace.path, gallery="tiny", crop="1", shoes=absent, unclear="0")
    assert again.button_group(key="shoes-tiny").value == [absent]
    assert not fronts(again)
