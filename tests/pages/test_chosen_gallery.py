"""The chosen gallery applies to every page: chosen, imported or linked to, it stays, also for the next visit."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.shared.chosen_gallery import ChosenGallery
from pages.components.shared.session import key_of
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion import deletion
from reid_core.workspace.galleries.last_used import last_used, use
from reid_core.workspace.imports.demo import GALLERY as DEMO
from reid_core.workspace.imports.demo_assets import RECORDINGS
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_GALLERY
from tests.pages.search_page import OpenPage, words_of

PAGES = ("search", "gallery", "map", "training", "evaluation")
OTHER = "other"


@pytest.fixture
def two(tiny_workspace: Workspace) -> Workspace:
    """The tiny gallery, which is embedded, and another one without a crop."""
    tiny_workspace.catalogue.add_gallery(OTHER)
    return tiny_workspace


def go(page: AppTest, name: str, **query: str) -> AppTest:
    """As a link to the page of that name: without more its address is bare."""
    page.switch_page(f"pages/{name}.py")
    page.query_params.clear()
    for key, value in query.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    return page


def gallery_of(page: AppTest, name: str) -> str:
    """The gallery that the page of that name is about, visited by its bare address."""
    if name != "training":
        go(page, name)
    else:
        go(page, name, view="new-run")
    return str(page.selectbox(key="gallery").value)


@pytest.mark.parametrize("first", PAGES)
def test_a_gallery_linked_to_on_one_page_is_that_of_every_other(open_at: OpenPage, two: Workspace, first: str) -> None:
    page = open_at(f"pages/{first}.py", two.path, gallery=OTHER, view="data" if first == "training" else "")
    assert [gallery_of(page, name) for name in PAGES] == [OTHER] * len(PAGES)


def test_a_gallery_chosen_in_a_field_is_that_of_every_page_and_of_the_next_visit(
    open_at: OpenPage, two: Workspace
) -> None:
    page = open_at("pages/map.py", two.path)
    assert page.selectbox(key="gallery").value == TINY_GALLERY, "the one that can be searched"
    page.selectbox(key="gallery").set_value(OTHER).run()
    assert page.query_params["gallery"] in (OTHER, [OTHER])
    assert [gallery_of(page, name) for name in PAGES] == [OTHER] * len(PAGES)
    assert [gallery_of(open_at("pages/gallery.py", two.path), name) for name in PAGES] == [OTHER] * len(PAGES)


def test_a_link_to_a_gallery_is_followed_on_every_page_whatever_was_chosen(open_at: OpenPage, two: Workspace) -> None:
    page = open_at("pages/gallery.py", two.path, gallery=OTHER)
    for name in PAGES:
        wanted = OTHER if last_used(two.path) == TINY_GALLERY else TINY_GALLERY
        go(page, name, gallery=wanted, view="data" if name == "training" else "")
        assert page.selectbox(key="gallery").value == wanted
        assert last_used(two.path) == wanted


def test_training_starts_on_the_chosen_gallery(open_at: OpenPage, two: Workspace) -> None:
    page = open_at("pages/training.py", two.path, gallery=OTHER, view="data")
    go(page, "training", view="new-run")
    assert page.selectbox(key="gallery").value == OTHER
    page.selectbox(key="gallery").set_value(TINY_GALLERY).run()
    assert gallery_of(page, "search") == TINY_GALLERY


def test_the_demo_is_shown_only_where_nothing_else_is_there(open_at: OpenPage, tiny_workspace: Workspace) -> None:
    tiny_workspace.catalogue.add_gallery(DEMO)
    tiny_workspace.catalogue.add_gallery("a-site")
    for id, name, _ in tiny_workspace.catalogue.gallery(TINY_GALLERY).models:
        assert id, name
    assert gallery_of(open_at("pages/gallery.py", tiny_workspace.path), "gallery") == TINY_GALLERY
    deletion.delete(tiny_workspace, TINY_GALLERY, Selection(), "gone")
    assert gallery_of(open_at("pages/gallery.py", tiny_workspace.path), "gallery") == "a-site"


def test_what_is_shown_by_default_stays_while_another_tab_or_an_import_uses_another(
    open_at: OpenPage, two: Workspace
) -> None:
    page = open_at("pages/search.py", two.path)
    assert last_used(two.path) is None, "only shown, not used"
    open_at("pages/gallery.py", two.path, fresh=False, gallery=OTHER)
    assert last_used(two.path) == OTHER
    assert page.run().selectbox(key="gallery").value == TINY_GALLERY
    two.catalogue.add_gallery("third")
    use(two.path, "third")  # as an import does in its own process
    assert [gallery_of(page, name) for name in PAGES] == [TINY_GALLERY] * len(PAGES)


def test_the_demo_gives_way_to_a_gallery_that_came_after_it_but_not_where_it_was_used(
    open_at: OpenPage, tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path / "workspace", TESTER)
    workspace.catalogue.add_gallery(DEMO)
    page = open_at("pages/gallery.py", workspace.path)
    assert page.query_params["gallery"] in (DEMO, [DEMO])
    workspace.catalogue.add_gallery(OTHER)
    assert page.run().selectbox(key="gallery").value == OTHER
    use(workspace.path, DEMO)
    page = open_at("pages/gallery.py", workspace.path)
    use(workspace.path, OTHER)
    assert page.run().selectbox(key="gallery").value == DEMO


def test_of_the_demos_galleries_that_of_drawn_crops_is_shown_first_and_both_give_way(
    open_at: OpenPage, tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path / "workspace", TESTER)
    workspace.catalogue.add_gallery(DEMO)
    page = open_at("pages/gallery.py", workspace.path)
    workspace.catalogue.add_gallery(RECORDINGS)
    assert page.run().selectbox(key="gallery").value == DEMO, "it comes while the page is open"
    assert open_at("pages/gallery.py", workspace.path).selectbox(key="gallery").value == DEMO
    workspace.catalogue.add_gallery(OTHER)
    assert page.run().selectbox(key="gallery").value == OTHER


def test_an_import_that_ends_leaves_the_gallery_chosen_meanwhile(open_at: OpenPage, two: Workspace) -> None:
    coming = {key_of(ChosenGallery): ChosenGallery(TINY_GALLERY, by_default=False, coming="third")}
    page = open_at("pages/gallery.py", two.path, state=coming)
    page.selectbox(key="gallery").set_value(OTHER).run()
    two.catalogue.add_gallery("third")
    assert page.run().selectbox(key="gallery").value == OTHER


def test_what_is_said_of_a_gallery_goes_once_it_is_there_again(open_at: OpenPage, two: Workspace) -> None:
    page = open_at("pages/gallery.py", two.path, gallery="third")
    assert "There is no gallery" in words_of(page)
    assert "There is no gallery" in words_of(page.run()), "until then it is said"
    two.catalogue.add_gallery("third")
    assert "There is no gallery" not in words_of(page.run())


def test_what_is_said_of_a_gallery_goes_when_another_is_shown(open_at: OpenPage, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "workspace", TESTER)
    workspace.catalogue.add_gallery(DEMO)
    page = open_at("pages/gallery.py", workspace.path, gallery="nowhere")
    assert "There is no gallery" in words_of(page)
    workspace.catalogue.add_gallery(OTHER)
    assert "There is no gallery" not in words_of(page.run())


def test_a_deleted_gallery_is_forgotten_and_the_page_says_so(open_at: OpenPage, two: Workspace) -> None:
    page = open_at("pages/search.py", two.path, gallery=TINY_GALLERY)
    deletion.delete(two, TINY_GALLERY, Selection(), "gone")
    assert last_used(two.path) is None
    go(page, "evaluation")
    assert "Gallery tiny is gone. This is other." in words_of(page)


@pytest.mark.parametrize("name", PAGES)
def test_a_gallery_that_is_not_there_is_a_sentence_on_every_page(open_at: OpenPage, two: Workspace, name: str) -> None:
    page = open_at(f"pages/{name}.py", two.path, gallery="nowhere", view="data" if name == "training" else "")
    assert "There is no gallery &#x27;nowhere&#x27; in this workspace. This is tiny." in words_of(page)


def test_a_name_that_cannot_be_kept_is_no_trouble(
    open_at: OpenPage, two: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("pages.components.shared.chosen_gallery.use", full)
    page = open_at("pages/search.py", two.path, gallery=OTHER)
    assert page.selectbox(key="gallery").value == OTHER
    assert not page.exception
