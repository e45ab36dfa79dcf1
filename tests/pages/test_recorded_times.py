"""Times that count from the start of a recording are h:mm:ss wherever they are shown, and typed so."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from pages.components.shared.time_range import time_in
from reid_core.workspace.cases import cases, verdicts
from reid_core.workspace.exports.case import collect
from reid_core.workspace.exports.case_page import to_html
from reid_core.workspace.search import saved_searches
from reid_core.workspace.workspace import Workspace
from tests.conftest import Ended
from tests.pages.search_page import OpenPage, crops_in, data_of, do, fronts, groups_of, words_of


@pytest.fixture
def recorded(tiny_workspace: Workspace) -> Workspace:
    """Crop 1 at 0:59:50.04 into its recording, the others at ten seconds each."""
    with sqlite3.connect(tiny_workspace.path / "catalogue.sqlite") as database:
        database.execute("UPDATE crop SET time = 3580.04 + 10 * id")
    return tiny_workspace


def test_the_page_shows_them(open_page: OpenPage, recorded: Workspace) -> None:
    page = open_page(recorded.path, crop="1")
    lines = {tuple(group["lines"]) for group in groups_of(page)}
    assert ("hall", "1:00:10", "to 1:00:20") in lines  # crops 3 and 4 of person 1
    assert {hit["title"] for hit in data_of(page, "timeline")["hits"]} >= {"hall, 1:00:10", "hall, 1:00:20"}
    assert "0:59:50" in str(data_of(page, "tray")["photos"])
    group = next(group for group in groups_of(page) if crops_in(group) == {3, 4})
    page = do(page, "answers", "opened", group=group["id"], crop=3)
    facts = [dict(hit["facts"])["Time"] for hit in data_of(page, "compare")["hits"]]
    assert sorted(facts) == ["1:00:10", "1:00:20"]


def test_they_are_typed_as_they_are_shown(open_page: OpenPage, recorded: Workspace) -> None:
    page = open_page(recorded.path, crop="1")
    page.text_input(key="after-tiny").set_value("1:00:50").run()
    page.text_input(key="before-tiny").set_value("1:01:21").run()
    assert set().union(*map(crops_in, groups_of(page))) == {9, 10}  # of crops 7 to 10, the entrance is left out
    said = dict(page.query_params)
    assert said["after"] in ("3650", ["3650"])
    again = open_page(recorded.path, crop="1", after="3650", before="3681")
    assert again.text_input(key="after-tiny").value == "1:00:50"
    assert fronts(again) == fronts(page)
    page.text_input(key="after-tiny").set_value("noon").run()
    assert "Write a time as 0:44:41" in words_of(page)


def test_the_command_line_and_the_report_show_them(recorded: Workspace, run_command: Callable[..., Ended]) -> None:
    cases.create(recorded, "Case", "A test")
    verdicts.give(recorded, "Case", verdicts.MATCH, [verdicts.Seen(5)])
    ended = run_command(recorded.path, "search", "--gallery", "tiny", "--crop", 1, "--after", "1:00:50", "--before",
                        "1:01:21", "--case", "Case", "--save", "late")  # fmt: skip
    assert ended.code == 0
    assert "1:01:10" in ended.out
    assert "1:01:10." not in ended.out
    assert saved_searches.find(recorded, "Case", "late").parameters.where.after == 3650
    ran = run_command(recorded.path, "case", "run", "Case", "--search", "late")
    assert "1:01:10 " in ran.out
    page = to_html(recorded, collect(recorded, "Case"))
    assert ">1:01:10<" in page
    assert ">1:00:30<" in page  # of the verdict


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0:44:41", 2681.0), ("1:00:00.5", 3600.5), ("90", 90.0), (" 12.25 ", 12.25), ("1:75:00", None), ("noon", None),
     ("9" * 30, None), ("٣", None), ("", None), (None, None)],
)  # fmt: skip
def test_what_a_field_holds(text: str | None, seconds: float | None) -> None:
    assert time_in(text) == seconds
