"""The Search page without a browser: each state of it on a tiny workspace with a real, tiny embedder."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from reid_core.workspace import jobs
from reid_core.workspace.jobs import Progress
from reid_core.workspace.workspace import Workspace
from tests.pages.search_page import (
    OpenPage,
    cards_of,
    choose,
    crops_in,
    data_of,
    do,
    file_of,
    groups_of,
    noise,
    upload,
    words_of,
)  # fmt: skip

# --- before there is anything to search ---


def test_an_empty_workspace_starts_building_the_demo_once(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[Path, list[str]]] = []
    monkeypatch.setattr(jobs, "start", lambda folder, arguments, workspace: started.append((folder, list(arguments))))
    monkeypatch.setattr(jobs, "read", lambda folder: Progress(stage="Importing", done=3, total=9) if started else None)
    page = open_page(tmp_path / "new")
    assert started == [(tmp_path / "new" / "jobs" / "demo", ["demo"])]
    assert "Building the demo" in words_of(page)
    assert "3 of 9" in words_of(page)
    page.run()
    assert len(started) == 1


@pytest.mark.parametrize(
    "progress",
    [
        Progress(stage="Adding recordings", done=1, total=4),
        Progress(stage="Drawing videos", done=1_200, total=3_600),
        Progress("failed", message="The disk is full."),
        Progress("lost"),
    ],
)
def test_the_demo_can_be_searched_while_its_videos_are_drawn_and_if_that_fails(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, progress: Progress
) -> None:
    monkeypatch.setattr(jobs, "read", lambda folder: progress)
    with sqlite3.connect(tiny_workspace.path / "catalogue.sqlite") as database:
        database.execute("UPDATE gallery SET name = 'demo'")
    page = open_page(tiny_workspace.path)
    assert "Building the demo" not in words_of(page)
    assert page.query_params["gallery"] in ("demo", ["demo"])


def test_the_demo_cannot_be_searched_while_it_is_embedded(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "read", lambda folder: Progress(stage="Embedding", done=12, total=24))
    with sqlite3.connect(tiny_workspace.path / "catalogue.sqlite") as database:
        database.execute("UPDATE gallery SET name = 'demo'")
        database.execute("DELETE FROM vector WHERE crop > 12")
    page = open_page(tiny_workspace.path)
    assert "12 of 24" in words_of(page)


def test_a_failed_demo_is_explained_and_can_be_tried_again(
    open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Path] = []
    monkeypatch.setattr(jobs, "start", lambda folder, arguments, workspace: started.append(folder))
    monkeypatch.setattr(jobs, "read", lambda folder: Progress("failed", message="The disk is full. Free some space."))
    folder = tmp_path / "new" / "jobs" / "demo"
    folder.mkdir(parents=True)
    (folder / "log.txt").write_text("first line\nlast line\n", encoding="utf-8")
    page = open_page(tmp_path / "new")
    assert "The disk is full. Free some space." in words_of(page)
    assert "last line" in page.code[0].value
    page.button(key="retry-demo").click().run()
    assert started == [folder]


def test_a_workspace_with_a_gallery_builds_no_demo(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "start", lambda *arguments: pytest.fail("the demo was started"))
    page = open_page(tiny_workspace.path)
    assert "Who are you looking for?" in words_of(page)


def test_a_workspace_that_cannot_be_made_is_a_sentence(open_page: OpenPage, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    page = open_page(tmp_path / "file" / "workspace")
    assert "cannot be made" in words_of(page)
    assert not page.exception


@pytest.mark.parametrize("query", [{"crop": "1"}, {}])
def test_a_gallery_without_vectors_offers_to_embed_it(
    open_page: OpenPage, tiny_workspace: Workspace, query: dict[str, str]
) -> None:
    with sqlite3.connect(tiny_workspace.path / "catalogue.sqlite") as database:
        database.execute("DELETE FROM vector")
    page = open_page(tiny_workspace.path, gallery="tiny", **query)
    assert "cannot be searched yet" in words_of(page)
    assert page.button(key="embed-tiny").label == "Embed it now"


def test_the_only_crop_of_a_gallery_has_nobody_beside_it(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    with sqlite3.connect(tiny_workspace.path / "catalogue.sqlite") as database:
        database.execute("DELETE FROM vector WHERE crop > 1")
        database.execute("UPDATE crop SET camera = NULL")
        database.execute("DELETE FROM crop WHERE id > 1")
    page = open_page(tiny_workspace.path, gallery="tiny", crop="1")
    assert "nobody else in this gallery" in words_of(page)


# --- a photo and its hits ---


def test_an_uploaded_photo_finds_its_person_first_and_is_itself_left_out(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = upload(open_page(tiny_workspace.path), "unknown.png", file_of(tiny_workspace, 1))
    groups = groups_of(page)
    # Of person 1's three tracklets the photo's own camera has one: the photo is left out, and so is that camera.
    assert [group["note"] for group in groups[:3]] == ["person 1", "person 1", groups[2]["note"]]
    assert groups[2]["note"] != "person 1"
    assert len(groups) == 8
    assert [crops_in(group) for group in groups[:2]] in ([{3, 4}, {5, 6}], [{5, 6}, {3, 4}])
    assert "The photo is crop 1 of entrance" in words_of(page)
    assert "is a lead to check, not an identification" in words_of(page)


def test_bars_compare_the_hits_of_one_list(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    shares = [group["share"] for group in groups_of(open_page(tiny_workspace.path, crop="1"))]
    assert shares[0] == 1
    assert shares[-1] == 0
    assert shares == sorted(shares, reverse=True)


def test_hits_are_gathered_as_one_chooses(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    page.selectbox(key="view").select("People").run()
    assert [len(crops_in(group)) for group in groups_of(page)] == [4, 4, 4, 4]
    assert {group["note"] for group in groups_of(page)} == {"person 1", "person 2", "person 3", "person 4"}
    page.selectbox(key="view").select("Crops").run()
    assert [group["strip"] for group in groups_of(page)] == [[]] * 12
    assert data_of(page, "answers")["more"] == "Show 12 more"
    page = do(page, "answers", "more")
    assert len(groups_of(page)) == 16  # all there are
    assert data_of(page, "answers")["more"] == ""


def test_the_photos_own_camera_is_searched_when_asked(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    page.toggle(key="leave-out").set_value(False).run()
    ids = set().union(*map(crops_in, groups_of(page)))
    assert 2 in ids
    assert 1 not in ids


def test_photos_of_every_camera_leave_none_out(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1,3,5")  # entrance, hall, stairs
    assert "Every camera of this gallery took one of them" in "\n".join(one.proto.body for one in page.get("html"))
    ids = set().union(*map(crops_in, groups_of(page)))
    assert {2, 4, 6} <= ids
    assert not {1, 3, 5} & ids


def test_a_photo_of_unknown_camera_lets_the_user_state_it(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = upload(open_page(tiny_workspace.path), "street.png", noise(5))
    assert any(group["lines"][0] == "hall" for group in groups_of(page))
    page.selectbox(key="stated-camera").select("hall").run()
    groups = groups_of(page)
    assert len(groups) == 8
    assert all(group["lines"][0] != "hall" for group in groups)


def test_filters_apply_at_once(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    choose(page, ["stairs"])
    assert {group["lines"][0] for group in groups_of(page)} == {"stairs"}
    page.text_input(key="identities-tiny").set_value("3, 4").run()
    assert {group["note"] for group in groups_of(page)} == {"person 3", "person 4"}


def test_a_search_that_finds_nothing_says_so(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    choose(page, ["entrance"])  # the photo's own camera, which is left out
    assert "No crop passes these filters" in words_of(page)
    assert groups_of(page) == []


def test_a_filter_for_somebody_unknown_is_a_sentence(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, crop="1")
    page.text_input(key="identities-tiny").set_value("nobody").run()
    assert "no identity" in words_of(page)
    assert groups_of(page) == []


def test_a_search_is_logged_once_with_its_purpose(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path)
    page.text_input(key="purpose").set_value("Case 17").run()
    page = upload(page, "a.png", file_of(tiny_workspace, 1))
    page.run()
    assert [line["purpose"] for line in tiny_workspace.catalogue.audit()] == ["Case 17"]


def test_looking_at_the_picker_logs_no_search(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    open_page(tiny_workspace.path)
    assert tiny_workspace.catalogue.audit() == []


def test_an_unreadable_upload_is_a_sentence_and_the_page_goes_on(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = upload(open_page(tiny_workspace.path), "notes.png", b"these are no pixels")
    assert "notes.png cannot be used: it is not a picture that can be read" in words_of(page)
    assert not page.exception
    page = upload(page, "good.png", noise(1))
    assert "cannot be used" not in words_of(page)
    assert groups_of(page)


def test_a_small_photo_is_said_to_be_poor_and_searched_for(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = upload(open_page(tiny_workspace.path), "a.png", noise(2, 40, 20))
    assert "Only 40 pixels high" in data_of(page, "tray")["photos"][0]["hint"]
    assert groups_of(page)


def test_a_scene_is_cropped_first_and_each_box_becomes_a_photo(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = upload(open_page(tiny_workspace.path), "street.png", noise(2, 100, 300))
    assert not groups_of(page)
    assert data_of(page, "stage")["scene"] is True
    page = do(page, "stage", "done", turn=90, boxes=[[0, 0.5, 1, 0.25], [0.5, 0, 0.5, 0.5]])
    photos = data_of(page, "tray")["photos"]
    assert [(photo["name"], photo["role"]) for photo in photos] == [
        ("street.png, box 1", "positive"), ("street.png, box 2", "aside"),
    ]  # fmt: skip
    assert [photo["lines"][1] for photo in photos] == ["100 × 75 px", "50 × 150 px"]
    assert groups_of(page)
    assert "crop" not in page.query_params


# --- picking from the gallery, and the address ---


def test_the_picker_shows_one_crop_per_person_first(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path)
    assert [card["lines"] for card in cards_of(page, "picker")] == [[f"person {number}"] for number in (1, 2, 3, 4)]
    choose(page, "All crops")
    assert len(cards_of(page, "picker")) == 24


def test_an_address_with_a_crop_opens_its_search(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = open_page(tiny_workspace.path, gallery="tiny", crop="13")
    assert {group["note"] for group in groups_of(page)[:2]} == {"person 3"}
    page.button(key="browse").click().run()
    assert "crop" not in page.query_params
    assert cards_of(page, "picker")


def test_an_upload_takes_the_crop_out_of_the_address(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    page = upload(open_page(tiny_workspace.path, crop="13"), "a.png", noise(3))
    assert "crop" not in page.query_params


@pytest.mark.parametrize("crop", ["999", "x", "-1"])
def test_an_address_with_a_crop_that_is_gone_is_a_sentence(
    open_page: OpenPage, tiny_workspace: Workspace, crop: str
) -> None:
    page = open_page(tiny_workspace.path, crop=crop)
    assert f"There is no crop {crop} any more" in words_of(page)
    assert cards_of(page, "picker")


def test_labels_are_shown_as_text_never_as_markup(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    with sqlite3.connect(tiny_workspace.path / "catalogue.sqlite") as database:
        database.execute("UPDATE crop SET camera = '<img src=x>' WHERE camera = 'hall'")
    page = open_page(tiny_workspace.path, crop="3")
    assert "<img src=x>" not in words_of(page)
    assert "&lt;img src=x&gt;" in words_of(page)


def test_an_error_that_nobody_foresaw_is_a_sentence_with_the_place_of_the_log(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr("reid_core.workspace.galleries.browsing.view_groups", broken)
    page = open_page(tiny_workspace.path)
    assert "Something unexpected happened" in words_of(page)
    assert "a secret detail" not in words_of(page)
    assert not page.exception


def test_who_comes_back_from_the_gallery_finds_the_photo_that_she_left(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    page = open_page(tiny_workspace.path, gallery="tiny", crop="3")
    assert "The photo is crop 3 of" in words_of(page)
    page.query_params.clear()
    page.switch_page("pages/gallery.py").run()
    page.query_params.clear()  # as the navigation's link does
    page.switch_page("pages/search.py").run()
    assert "The photo is crop 3 of" in words_of(page)
    assert page.query_params["crop"] in ("3", ["3"])


def test_a_photo_of_no_known_camera_is_said_to_be_so(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    with tiny_workspace.catalogue.transaction() as database:
        database.execute("UPDATE crop SET camera = NULL")
    page = open_page(tiny_workspace.path, crop="1")
    assert "The photo is crop 1, camera unknown. It is left out of the hits." in words_of(page)
