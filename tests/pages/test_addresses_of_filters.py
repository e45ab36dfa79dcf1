"""Filters, order and what is open are in the address: a reload shows the same, and a hostile address harms nothing."""

from __future__ import annotations

from datetime import datetime

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.shared import address
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_FIRST_TIME
from tests.pages.search_page import OpenPage, choose, data_of, do, fronts, groups_of, words_of


def query_of(page: AppTest) -> dict[str, str]:
    """The address's values, each the last of its name."""
    return {name: value if isinstance(value, str) else value[-1] for name, value in page.query_params.items()}


def test_a_reload_shows_the_same(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, gallery="tiny", crop="1")
    choose(page, ["stairs", "hall"])
    page.toggle(key="rerank").set_value(True).run()
    page.selectbox(key="view").select("Crops").run()
    page.selectbox(key="hour-until-tiny").select(1).run()  # the crops are of the first minutes after midnight
    page = do(page, "answers", "more")
    front = fronts(page)[13]
    page = do(page, "answers", "opened", group=front, crop=front)
    said = query_of(page)
    assert {name: said[name] for name in ("cameras", "rerank", "together", "shown", "until", "open")} == {
        "cameras": "hall,stairs", "rerank": "1", "together": "crops", "shown": "24", "until": "1", "open": str(front),
    }  # fmt: skip
    again = open_page(tiny_workspace.path, **said)
    assert fronts(again) == fronts(page)
    assert len(fronts(again)) == 16
    assert data_of(again, "compare")["pair"] == front
    assert again.toggle(key="rerank").value is True
    assert query_of(again) == said
    again = do(again, "compare", "closed")
    assert "open" not in query_of(again)


def test_times_come_back(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, gallery="tiny", crop="1")
    page = do(page, "timeline", "brushed", span=[TINY_FIRST_TIME + 20, TINY_FIRST_TIME + 130.5])
    said = query_of(page)
    assert said["span"] == "1767225620,1767225730.5"
    assert fronts(open_page(tiny_workspace.path, **said)) == fronts(page)
    page = open_page(tiny_workspace.path, gallery="tiny", crop="1", after="1767225660")
    assert page.datetime_input(key="after-tiny").value == datetime(2026, 1, 1, 0, 1)
    assert query_of(page)["after"] == "1767225660"


def test_after_a_reload_blind_is_still_blind(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, gallery="tiny", crop="1")
    page.toggle(key="blind").set_value(True).run()
    again = open_page(tiny_workspace.path, **query_of(page))
    assert fronts(again) == fronts(page)
    assert not any("rank" in group for group in groups_of(again))


def test_a_typed_name_is_not_put_into_the_address_and_one_that_is_there_stays(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = open_page(tiny_workspace.path, gallery="tiny", crop="1")
    page.text_input(key="identities-tiny").set_value("3, 4").run()
    assert "people" not in query_of(page)
    page = open_page(tiny_workspace.path, gallery="tiny", crop="1", people="3,4")
    assert {group["note"] for group in groups_of(page)} == {"person 3", "person 4"}
    assert query_of(page)["people"] == "3,4"
    page.text_input(key="identities-tiny").set_value("2").run()
    assert "people" not in query_of(page)


def test_an_address_without_filters_opens_as_ever_and_back_takes_them_off(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page(tiny_workspace.path, gallery="tiny", crop="1")
    assert set(query_of(page)) == {"gallery", "crop"}
    choose(page, ["stairs"])
    assert len(groups_of(page)) == 4
    del page.query_params["cameras"]  # as a browser sends it that has not got the page's new address yet
    page.run()
    assert len(groups_of(page)) == 4
    assert query_of(page)["cameras"] == "stairs"
    monkeypatch.setattr(address, "ON_THE_WAY", -1.0)
    del page.query_params["cameras"]  # as the browser's Back does, a while later
    page.run()
    assert len(groups_of(page)) == 8


@pytest.mark.parametrize(
    "value", ["9" * 5_000, "-1", "nan", "1e999", "٣", "\x00%00%FF", "<b>," * 2_000, ",,,,", "999999999,1", "true"]
)
def test_a_value_that_does_not_fit_is_ignored(value: str) -> None:
    """Without the page: the readers of single values."""
    assert address.labels_in(value, ["hall", "stairs"]) == []
    assert address.one_of(value, {"crops": "Crops"}) is None
    assert address.seconds_in(value) is None


@pytest.mark.parametrize("value", ["9" * 5_000, "-1", "nan", "\x00%00%FF", ",,,,", "999999999,1", "7"])
def test_a_hostile_address_opens_the_whole_search(open_page: OpenPage, tiny_workspace: Workspace, value: str) -> None:
    names = (
        "cameras", "after", "span", "days", "from", "upper", "unclear", "who", "good", "together", "rerank", "blind",
        "model", "own", "taken", "shown", "open",
    )  # fmt: skip
    page = open_page(tiny_workspace.path, gallery="tiny", crop="1", **dict.fromkeys(names, value))
    assert not page.exception
    assert "Something unexpected" not in words_of(page)
    expected = {"gallery", "crop"} | ({"from", "open"} if value == "7" else set())
    assert set(query_of(page)) - {"after"} == expected  # before the gallery's first time it filters nothing
    if value != "7":
        assert len(groups_of(page)) == 8
        assert data_of(page, "compare") == {}


def test_labels_with_commas_and_other_signs_come_back() -> None:
    labels = ["door, left", "50 %", "ü/b&c=d", "+"]
    assert address.labels_in(address.from_labels(labels), [*labels, "door"]) == labels


@pytest.mark.parametrize(("seconds", "text"), [(0.0, "0"), (12.5, "12.5"), (1_767_225_600.0, "1767225600")])
def test_times_in_an_address(seconds: float, text: str) -> None:
    assert address.from_seconds(seconds) == text
    assert address.seconds_in(text) == seconds


# --- the Gallery page ---


def cards(page: AppTest) -> list[str]:
    return [card["title"] for card in data_of(page, "gal-grid")["cards"]]


def test_the_gallery_shows_the_same_after_a_reload(open_at: OpenPage, tiny_workspace: Workspace) -> None:
    said = {"gallery": "tiny", "cameras": "hall,stairs", "order": "newest", "after": "1767225660"}
    page = open_at("pages/gallery.py", tiny_workspace.path, **said)
    assert query_of(page) == said
    assert len(cards(page)) == 12  # of 18 after the first minute, one in three is of the entrance
    page.button(key="gal-clear").click().run()
    assert query_of(page) == {"gallery": "tiny", "order": "newest"}


def test_the_open_group_is_in_the_address_without_its_name(open_at: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_at("pages/gallery.py", tiny_workspace.path, gallery="tiny", see="people", group="15")
    assert len(cards(page)) == 6
    assert "person 3" in words_of(page)
    assert query_of(page) == {"gallery": "tiny", "see": "people", "group": "13"}  # the first of that person
    page.button(key="gal-leave").click().run()
    assert query_of(page) == {"gallery": "tiny", "see": "people"}
    assert len(cards(page)) == 4


@pytest.mark.parametrize("value", ["9" * 5_000, "-1", "\x00%00%FF", ",,,,", "999999999", "identity'"])
def test_a_hostile_address_of_the_gallery_shows_all(open_at: OpenPage, tiny_workspace: Workspace, value: str) -> None:
    names = ("order", "cameras", "splits", "before", "flaw", "missing", "alike", "group")
    page = open_at("pages/gallery.py", tiny_workspace.path, gallery="tiny", see="days", **dict.fromkeys(names, value))
    assert not page.exception
    assert "Something unexpected" not in words_of(page)
    assert len(cards(page)) == 1  # the one day
    assert set(query_of(page)) <= {"gallery", "see", "before"}


@pytest.mark.parametrize("labels", [[f"c{number}" for number in range(250)], ["entrance " * 60] * 10])
def test_more_labels_than_can_be_read_again_are_not_said(labels: list[str]) -> None:
    assert address.from_labels(labels) == ""
    few = [f"camera {number}" for number in range(200)]
    said = address.from_labels(few)
    assert address.labels_in(said[: address.MOST_TEXT], few) == few


LONG = """
import streamlit as st
from pages.components.shared import address
found = address.asked("test", ("text",))
st.session_state.setdefault("runs", []).append(found)
address.say("test", ("text",), {"text": "x" * 5_000})
"""


def test_what_is_too_long_for_an_address_does_not_set_the_fields_in_each_run() -> None:
    page = AppTest.from_string(LONG).run().run()
    assert page.session_state["runs"] == [None, None]
    assert "text" not in page.query_params


def test_a_filter_that_nothing_passes_any_more_leaves_the_address(open_at: OpenPage, tiny_workspace: Workspace) -> None:
    """Every crop has a camera: the page shows them all, and the address may not promise those without one."""
    page = open_at("pages/gallery.py", tiny_workspace.path, gallery="tiny", missing="camera", flaw="blurred", alike="1")
    assert len(cards(page)) == 24
    assert query_of(page) == {"gallery": "tiny"}
