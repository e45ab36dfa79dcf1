"""Filters by walk on the Search page, with the number of walks that each choice would find."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.search.filters import put_back
from pages.components.search.walks import fields
from pages.components.search.walks.popover import label_of
from reid_core.retrieval.filters import Filter
from reid_core.workspace.catalogue.recordings.zones import remove_zone
from reid_core.workspace.search import saved_searches
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY
from tests.pages.search_page import CASE, OpenPage, fronts, words_of
from tests.support.tiny_walks import give_walks

WALKS = [name for name in fields.of_walks() if name != "ignored"]


@pytest.fixture
def walked(tiny_workspace: Workspace) -> Workspace:
    """Searched with crop 1 of the entrance: four walks of the hall go right, three of the stairs left."""
    give_walks(tiny_workspace)
    return tiny_workspace


def pills(page: AppTest, name: str) -> Any:
    return page.button_group(key=f"walk-{name}-tiny")


def words(page: AppTest, name: str) -> list[str]:
    return [option.content for option in pills(page, name).proto.options]


def test_there_are_none_where_nothing_was_filmed(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, gallery="tiny", crop="1", direction="stays", ignored="1")
    assert "walk-directions-tiny" not in page.session_state
    assert len(fronts(page)) == 8
    assert "direction" not in page.query_params


def test_each_choice_says_how_many_walks_it_would_find(open_page: OpenPage, walked: Workspace) -> None:
    page = open_page(walked.path, gallery="tiny", crop="1")
    assert len(fronts(page)) == 7
    assert words(page, "directions") == [
        "to the left · 3", "to the right · 4", "towards the camera · 0", "away from the camera · 0",
        "there and back · 0", "stays · 0",
    ]  # fmt: skip
    assert words(page, "zones") == ["door · 3"]
    pills(page, "directions").set_value(["to the right"]).run()
    assert words(page, "directions")[:2] == ["to the left · 3", "to the right · 4"]
    assert words(page, "zones") == ["door · 0"]
    assert "inside the picture · 4" in words(page, "entered")
    assert len(fronts(page)) == 4
    page.number_input(key="walk-min_seconds-tiny").set_value(5.0).run()
    assert words(page, "directions")[:2] == ["to the left · 3", "to the right · 0"]
    assert not fronts(page)
    assert "No crop passes these filters" in words_of(page)


def test_what_lies_in_zones_to_ignore_is_asked_for(open_page: OpenPage, walked: Workspace) -> None:
    page = open_page(walked.path, gallery="tiny", crop="1")
    toggle = page.toggle(key="walk-ignored-tiny")
    assert toggle.label == "Also from zones to ignore (1)"
    page = toggle.set_value(True).run()
    assert len(fronts(page)) == 8
    assert words(page, "directions")[5] == "stays · 1"
    assert page.query_params["ignored"] == "1"
    remove_zone(walked.catalogue, TINY_GALLERY, "hall", "window")
    page.run()
    page.toggle(key="walk-ignored-tiny").set_value(False).run()
    assert len(fronts(page)) == 8
    assert not [one for one in page.toggle if one.key == "walk-ignored-tiny"]


def test_counts_stay_while_blind(open_page: OpenPage, walked: Workspace) -> None:
    page = open_page(walked.path, gallery="tiny", crop="1", blind="1")
    assert words(page, "directions")[:2] == ["to the left · 3", "to the right · 4"]


def test_an_address_brings_them_back(open_page: OpenPage, walked: Workspace) -> None:
    said = {
        "gallery": "tiny", "crop": "1", "direction": "stays,to the left", "entered": "inside the picture",
        "left": "inside the picture", "zone": "door", "longer": "4.5", "shorter": "8", "ignored": "1",
    }  # fmt: skip
    page = open_page(walked.path, **said)
    assert {name: page.query_params[name] for name in page.query_params} == said
    assert len(fronts(page)) == 3
    assert page.number_input(key="walk-min_seconds-tiny").value == 4.5
    assert sorted(pills(page, "directions").value) == ["stays", "to the left"]


@pytest.mark.parametrize("value", ["9" * 500, "-1", "nan", "1e999", "1_0", "٣", "<b>", "yard,elsewhere"])
def test_a_hostile_address_filters_nothing(open_page: OpenPage, walked: Workspace, value: str) -> None:
    names = ("direction", "entered", "left", "zone", "longer", "shorter", "stood", "ignored")
    page = open_page(walked.path, gallery="tiny", crop="1", **dict.fromkeys(names, value))
    assert not page.exception
    assert len(fronts(page)) == 7
    assert set(page.query_params) == {"gallery", "crop"}


def test_a_zone_that_is_gone_is_let_go(open_page: OpenPage, walked: Workspace) -> None:
    page = open_page(walked.path, gallery="tiny", crop="1", zone="door")
    assert len(fronts(page)) == 3
    remove_zone(walked.catalogue, TINY_GALLERY, "hall", "door")
    page.run()
    assert not page.exception
    assert len(fronts(page)) == 7


def test_a_saved_search_opens_with_its_walks(open_page: OpenPage, case: Workspace) -> None:
    give_walks(case)
    page = open_page(case.path, gallery="tiny", crop="1", investigation="1", analyst="ann", direction="to the left")
    page.number_input(key="walk-max_seconds-tiny").set_value(9.0).run()
    page.text_input(key="save-name").set_value("Left")
    page.button(key="save").click().run()
    where = saved_searches.find(case, CASE, "Left").parameters.where
    assert where == Filter(directions=frozenset({"to the left"}), max_seconds=9.0)
    again = open_page(case.path, gallery="tiny", saved="1")
    assert pills(again, "directions").value == ["to the left"]
    assert fronts(again) == fronts(page)


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ({}, "Any walk"),
        ({"ignored": True}, "Any walk (also ignored)"),
        ({"zones": frozenset({"door"}), "min_seconds": 0.0}, "Some walks (2)"),
    ],
)
def test_the_button_says_how_much_is_asked(values: dict[str, Any], label: str) -> None:
    assert label_of({**dict.fromkeys([*WALKS, "ignored"]), **values}) == label


def test_every_field_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a saved search has them."""
    kept: dict[str, Any] = {}
    monkeypatch.setattr("pages.components.search.filters.state", kept)
    monkeypatch.setattr(fields, "state", kept)
    where = Filter(
        directions=frozenset({"stays"}), entered=frozenset({"left edge"}), left_by=frozenset({"top edge"}),
        min_seconds=1.0, max_seconds=9.5, min_standing=2.0, zones=frozenset({"door"}), ignored=True,
    )  # fmt: skip
    put_back("tiny", where, None)
    assert Filter(**fields.held("tiny", fields.Offered(("door",)))) == where
