"""What is done on a page is done by the analyst whose name was typed there, and by nobody else who has the app open."""

from __future__ import annotations

from pages.components.shared import cached
from pages.components.shared.session import ANALYST
from reid_core.workspace.actor import OPERATING_SYSTEM, SIGNED, Actor, system_user
from reid_core.workspace.cases import cases
from reid_core.workspace.deletion import deletion
from reid_core.workspace.search import saved_searches
from reid_core.workspace.workspace import Workspace
from tests.pages.gallery.gallery_page import mark, press, type_in
from tests.pages.search_page import CASE, OpenPage, begin, do, groups_of

ANN = ("ann", SIGNED)
GALLERY = "pages/gallery.py"


def actors(workspace: Workspace) -> dict[str, tuple[str, str]]:
    """Who did each kind of thing last, and how that is known."""
    lines = reversed(workspace.catalogue.audit())
    return {line["action"]: (line["who"], line.get("known", OPERATING_SYSTEM)) for line in lines}


def test_a_search_is_the_analysts_and_the_next_tabs_is_not(open_page: OpenPage, case: Workspace) -> None:
    open_page(case.path, crop="1", investigation="1", analyst="ann")
    assert actors(case)["search"] == ANN
    assert cached.open_workspace().actor == system_user(), "all sessions share it"
    open_page(case.path, crop="2")
    assert actors(case)["search"] == (system_user().name, OPERATING_SYSTEM)


def test_a_case_that_is_begun_as_the_name_is_typed_is_the_analysts(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    begin(do(page, "answers", "judged", group=groups_of(page)[0]["id"], verdict="match"))
    assert cases.every(tiny_workspace)[0].who == "ann"
    done = actors(tiny_workspace)
    assert {done[action] for action in done if action != "search"} == {ANN}


def test_the_name_goes_along_to_other_pages(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    page = begin(do(page, "answers", "judged", group=groups_of(page)[0]["id"], verdict="match"))
    page.switch_page(GALLERY)
    page = press(mark(page.run(), 1, 2), "gal-do-identity")
    type_in(page, "zoe")
    press(page, "gal-apply")
    assert actors(tiny_workspace)["relabel"] == ANN


def test_a_saved_search_is_the_analysts(open_page: OpenPage, case: Workspace) -> None:
    page = open_page(case.path, crop="1", investigation="1", analyst="ann")
    page.text_input(key="save-name").set_value("One")
    page.button(key="save").click().run()
    assert [search.who for search in saved_searches.every(case, CASE)] == ["ann"]


def test_labels_holds_and_deletions_are_the_analysts(open_at: OpenPage, tiny_workspace: Workspace) -> None:
    page = press(mark(open_at(GALLERY, tiny_workspace.path, state={ANALYST: "ann"}), 1, 2), "gal-do-identity")
    type_in(page, "zoe")
    press(page, "gal-apply")
    page = press(mark(page, 3), "gal-do-hold")
    type_in(page, "gate-4")
    press(page, "gal-apply")
    page = press(mark(page, 4), "gal-delete")
    page.text_input(key="gal-purpose").set_value("Request 5")
    press(page, "gal-sure")
    assert [receipt.who for receipt in deletion.receipts(tiny_workspace)] == ["ann"]
    done = actors(tiny_workspace)
    assert {done[action] for action in ("relabel", "hold", "delete")} == {ANN}


def test_without_a_name_it_is_the_operating_systems_user(open_at: OpenPage, tiny_workspace: Workspace) -> None:
    page = press(mark(open_at(GALLERY, tiny_workspace.path, state={ANALYST: " "}), 1), "gal-do-identity")
    type_in(page, "zoe")
    press(page, "gal-apply")
    assert Actor(*actors(tiny_workspace)["relabel"]) == system_user()
