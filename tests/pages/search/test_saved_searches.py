"""Cases, and what is kept of a search, on the Search page without a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.search.export import table_for_export
from pages.components.search.filters import ends_of, hours_between
from reid_core.workspace.cases import cases, verdicts
from reid_core.workspace.catalogue.vectors import add_vectors, vectors_of
from reid_core.workspace.deletion.cases import delete_search
from reid_core.workspace.search import saved_searches
from reid_core.workspace.workspace import Workspace
from tests.conftest import Ended, formulas_in
from tests.pages.search_page import (
    CASE,
    OpenPage,
    crops_in,
    data_of,
    do,
    fronts,
    groups_of,
    noise,
    upload,
    words_of,
)


def save(page: AppTest, name: str) -> AppTest:
    page.text_input(key="save-name").set_value(name)
    return page.button(key="save").click().run()


def test_an_address_with_a_case_opens_it_and_a_wrong_one_is_a_sentence(open_page: OpenPage, case: Workspace) -> None:
    page = open_page(case.path, crop="1", investigation="1", analyst="ann")
    assert CASE in words_of(page)
    page.button(key="case-leave").click().run()
    assert "investigation" not in page.query_params
    page = open_page(case.path, crop="1", investigation="7")
    assert "There is no case 7" in words_of(page)


def test_a_search_in_a_case_is_logged_with_its_purpose(open_page: OpenPage, case: Workspace) -> None:
    open_page(case.path, crop="1", investigation="1", analyst="ann")
    assert [line["purpose"] for line in case.catalogue.audit() if line["action"] == "search"] == ["A test"]


def test_a_saved_search_opens_as_it_was_without_a_picture_in_the_address(open_page: OpenPage, case: Workspace) -> None:
    page = upload(open_page(case.path, investigation="1", analyst="ann"), "street.png", noise(5))
    page.selectbox(key="view").select("Crops").run()
    page.text_input(key="identities-tiny").set_value("2, 3").run()
    found = fronts(page)
    page = save(page, "At the station")
    assert page.query_params["saved"] in ("1", ["1"])
    assert "crop" not in page.query_params
    page = open_page(case.path, gallery="tiny", saved="1")
    assert [photo["lines"][0] for photo in data_of(page, "tray")["photos"]] == ["street.png"]
    assert fronts(page) == found
    assert page.selectbox(key="view").value == "Crops"
    assert CASE in words_of(page)


def test_a_saved_search_runs_again_on_what_is_new_only(open_page: OpenPage, case: Workspace) -> None:
    page = save(open_page(case.path, crop="1", investigation="1", analyst="ann"), "One")
    page.button(key="case-open").click().run()
    assert "new crop" not in words_of(page)
    model = case.catalogue.gallery("tiny").models[0][0]
    _, vectors = vectors_of(case.catalogue, model, [9, 10, 15])
    add_vectors(case.catalogue, model, [9, 10, 15], vectors)  # embedded anew: they count as come since
    page = open_page(case.path, crop="1", investigation="1", analyst="ann")
    page.button(key="case-open").click().run()
    assert "3 new crops" in words_of(page)
    page.button(key="saved-new-1").click().run()
    assert set().union(*map(crops_in, groups_of(page))) == {9, 10, 15}
    assert saved_searches.count_new(case, saved_searches.find(case, CASE, "One")) == 0
    page.button(key="search-everything").click().run()
    assert len(groups_of(page)) == 8


def test_a_search_from_confirmed_crops_alone_opens_and_runs(
    open_page: OpenPage, case: Workspace, run_command: Callable[..., Ended]
) -> None:
    verdicts.give(case, CASE, verdicts.MATCH, [verdicts.Seen(3), verdicts.Seen(5)])
    options = ("--gallery", "tiny", "--case", CASE, "--save", "Confirmed", "--group", "tracklet")
    assert run_command(case.path, "search", *options).code == 0
    ran = run_command(case.path, "case", "run", CASE, "--search", "Confirmed", "--json").json()
    page = open_page(case.path, saved="1")
    assert "Searching with the crops that are confirmed in the case" in words_of(page)
    shown = [crop for group in groups_of(page) for crop in crops_in(group)]
    assert set(shown) == {hit["id"] for hit in ran["hits"]}
    page = do(page, "answers", "opened", group=fronts(page)[0], crop=fronts(page)[0])
    assert {photo["lines"][0] for photo in data_of(page, "compare")["photos"]} == {"Confirmed"}
    page.button(key="browse").click().run()
    assert "Who are you looking for?" in words_of(page)
    assert groups_of(page) == []


@pytest.mark.parametrize("demo", ["demo", "tiny"])
def test_a_saved_search_that_is_gone_is_a_sentence(
    open_page: OpenPage, case: Workspace, monkeypatch: pytest.MonkeyPatch, demo: str
) -> None:
    monkeypatch.setattr("pages.components.search.query_photos.DEMO", demo)  # which starts with a search of its own
    page = save(open_page(case.path, crop="1", investigation="1", analyst="ann"), "One")
    delete_search(case, saved_searches.find(case, CASE, "One"))
    page = open_page(case.path, saved="1")
    assert "There is no saved search 1 any more" in words_of(page)
    assert not page.exception


def test_a_name_that_another_saved_search_has_is_a_sentence(open_page: OpenPage, case: Workspace) -> None:
    page = save(save(open_page(case.path, crop="1", investigation="1", analyst="ann"), "One"), "One")
    assert "already. Choose another name." in words_of(page)


def test_notes_and_searches_are_in_the_cases_dialog(open_page: OpenPage, case: Workspace) -> None:
    page = save(open_page(case.path, crop="1", investigation="1", analyst="ann"), "At the station")
    page.button(key="case-open").click().run()
    assert "At the station" in words_of(page)
    page.text_area(key="case-notes-1").set_value("Seen at noon").run()
    assert cases.find(case, CASE).notes == "Seen at noon"


def test_text_that_a_spreadsheet_would_run_is_quoted(tmp_path: Path) -> None:
    table = table_for_export([{"rank": 1, "path": "=cmd()", "similarity": -0.5}]).decode()
    assert table == "rank,path,similarity\n1,'=cmd(),-0.5\n"
    for within in ("a;=cmd()", "a\t=cmd()", "a\r=cmd()", 'a";=cmd();"', "a\n=cmd()"):
        assert formulas_in(table_for_export([{"rank": 1, "path": within}]).decode()) == []


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        (None, None, None), (8, 8, None), (22, 2, {22, 23, 0, 1}), (None, 3, {0, 1, 2}), (21, None, {21, 22, 23}),
        (7, 9, {7, 8}),
    ],
)  # fmt: skip
def test_hours_may_go_over_midnight_and_come_back_as_they_were(
    first: int | None, last: int | None, hours: set[int] | None
) -> None:
    chosen = hours_between(first, last)
    assert chosen == (None if hours is None else frozenset(hours))
    assert hours_between(*ends_of(chosen)) == chosen
