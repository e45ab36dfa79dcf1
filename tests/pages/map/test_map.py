"""The Map page without a browser: each state of it, and each act, on a tiny workspace."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from pages.components.map import data as map_data
from pages.components.shared.plots import GREY
from reid_core.projection.layout import Layout
from reid_core.records import JUNK
from reid_core.workspace import jobs
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.galleries.editing import relabel
from reid_core.workspace.jobs import Job, Progress
from reid_core.workspace.maps.files import map_file, write_map_file
from reid_core.workspace.maps.making import make_maps
from reid_core.workspace.workspace import VARIABLE, Workspace
from tests.conftest import TINY_GALLERY, TINY_MODEL
from tests.pages.map.map_page import data_of, keys_of, mapped, model_of, press, see, select, words_on
from tests.pages.search_page import OpenPage


def test_without_a_gallery_there_is_nothing_to_map(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(tmp_path / "new")
    assert "There is nothing to map yet" in words_on(page)
    assert not page.exception


def test_a_gallery_without_a_map_is_told_what_one_is_and_can_have_it_made(
    open_page: OpenPage, tiny_workspace: Workspace, started: list[list[str]]
) -> None:
    page = open_page(tiny_workspace.path)
    assert "tiny has no map yet" in words_on(page)
    press(page, "map-make")
    assert started == [
        ["map", TINY_GALLERY, "--model", model_of(tiny_workspace), "--dimensions", "2", "--locality", "3"]
    ]


def test_all_five_settings_start_with_the_one_that_is_asked_for(
    open_page: OpenPage, tiny_workspace: Workspace, started: list[list[str]]
) -> None:
    page = open_page(tiny_workspace.path)
    page.checkbox(key="map-every").check().run()
    press(page, "map-make")
    assert [word for word in started[0] if word.isdecimal()] == ["2", "3", "1", "2", "4", "5"]


def test_the_preview_is_shown_while_the_map_that_is_asked_for_is_missing(
    open_page: OpenPage, tiny_workspace: Workspace, started: list[list[str]]
) -> None:
    make_maps(tiny_workspace, TINY_GALLERY, model_of(tiny_workspace), [Layout("pca")])
    page = open_page(tiny_workspace.path)
    assert "2-D UMAP, setting 3 of 5 is not made yet. You see 2-D PCA." in words_on(page)
    assert data_of(page)["base"].endswith("/pca-2d")
    press(page, "map-make-now")
    assert started[0][-2:] == ["--locality", "3"]
    assert "map-make" in keys_of(see(page, "This map"))
    assert "Something unexpected" not in words_on(page)


def test_the_map_is_drawn_with_its_groups_counted(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = mapped(tiny_workspace)
    data = data_of(open_page(tiny_workspace.path))
    assert data["count"] == 24
    assert data["dimensions"] == 2
    assert data["base"] == f"/maps/tiny/{model_of(tiny_workspace)}/{made.info.layout.name}"
    assert data["colour"]["names"] == ["person 1", "person 2", "person 3", "person 4"]
    assert data["colour"]["counts"] == [6, 6, 6, 6]


def test_how_faithful_it_is_is_said_in_words(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = mapped(tiny_workspace)
    words = words_on(open_page(tiny_workspace.path))
    assert f"{100 * made.info.faithful.kept:.0f} % of each crop" in words
    assert "Distances between far groups mean little" in words


def test_a_person_is_ringed(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = mapped(tiny_workspace)
    page = open_page(tiny_workspace.path)
    page.selectbox(key="map-person").select("3").run()
    crops = tiny_workspace.catalogue.crops(TINY_GALLERY)
    assert list(made.ids[data_of(page)["marks"]]) == list(crops[crops["identity"] == "3"]["id"])
    assert data_of(page)["follow"] is True


def test_a_damaged_map_is_said_and_can_be_made_again(
    open_page: OpenPage, tiny_workspace: Workspace, started: list[list[str]]
) -> None:
    made = mapped(tiny_workspace)
    file = map_file(tiny_workspace.path, TINY_GALLERY, model_of(tiny_workspace), Layout().name)
    with safe_open(file, framework="np") as opened:
        about = opened.metadata()
    save_file({"ids": np.array(made.ids)}, file, about)
    page = open_page(tiny_workspace.path)
    assert "is damaged" in words_on(page)
    assert not data_of(page)
    press(page, "map-make")
    assert started[0][:2] == ["map", TINY_GALLERY]


def test_a_map_of_another_model_is_not_shown_for_this_one(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = mapped(tiny_workspace)
    info = dataclasses.replace(made.info, model="0" * 16)
    folder = map_file(tiny_workspace.path, TINY_GALLERY, info.model, info.layout.name)
    write_map_file(folder, dataclasses.replace(made, info=info))
    for file in map_file(tiny_workspace.path, TINY_GALLERY, model_of(tiny_workspace), "x").parent.iterdir():
        file.unlink()
    page = open_page(tiny_workspace.path)
    assert f"No map of {TINY_MODEL} yet" in words_on(page)
    assert "vectors of two models are never compared" in words_on(page)
    assert "map-make" in keys_of(page)
    assert not data_of(page)


def test_a_deleted_crop_is_on_the_map_no_more(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    mapped(tiny_workspace)
    delete(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({5, 6})), "a test")
    page = open_page(tiny_workspace.path)
    assert data_of(page)["count"] == 22


def test_crops_without_their_vector_are_said_and_the_map_can_be_made_again(
    open_page: OpenPage, tiny_workspace: Workspace, started: list[list[str]]
) -> None:
    mapped(tiny_workspace)
    with tiny_workspace.catalogue.transaction() as database:
        database.execute("DELETE FROM vector WHERE crop IN (1, 2, 3)")
        database.execute("UPDATE counter SET seq = seq + 1")
    page = open_page(tiny_workspace.path)
    assert "3 crops of this map are not embedded by its model any more" in words_on(page)
    press(page, "map-again-gone")
    assert started[0][:2] == ["map", TINY_GALLERY]


def test_a_new_crop_is_placed_and_marked(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    with tiny_workspace.catalogue.transaction() as database:
        row = database.execute("SELECT seq, model, gallery, crop, float16 FROM vector WHERE crop = 7").fetchone()
        database.execute("DELETE FROM vector WHERE crop = 7")
    mapped(tiny_workspace)
    with tiny_workspace.catalogue.transaction() as database:
        database.execute("INSERT INTO vector (seq, model, gallery, crop, float16) VALUES (?, ?, ?, ?, ?)", row)
        database.execute("UPDATE counter SET seq = seq + 1")
    page = open_page(tiny_workspace.path)
    assert data_of(page)["count"] == 24
    page.selectbox(key="map-colour").select("placed").run()
    assert data_of(page)["colour"]["counts"] == [23, 1]


def test_a_job_that_failed_says_why(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "A map needs at least 5 crops; there are 4."
    failed = Job(tiny_workspace.path, "Map tiny", "2026-01-01", Progress("failed", message=told), ("map", TINY_GALLERY))
    monkeypatch.setattr(jobs, "all_jobs", lambda workspace: [failed])
    words = words_on(open_page(tiny_workspace.path))
    assert "The last map was not finished" in words
    assert told in words


def test_without_webgl_the_map_is_a_plain_one_and_says_so(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    mapped(tiny_workspace)
    relabel(tiny_workspace.catalogue, TINY_GALLERY, Selection(ids=frozenset({3})), "identity", JUNK)
    page = open_page(tiny_workspace.path)
    page.session_state["map-points"] = {"webgl": False}
    page.run()
    assert "This browser has no WebGL2" in words_on(page)
    assert not data_of(page)
    figure = json.loads(page.get("plotly_chart")[0].proto.spec)
    assert figure["data"][0]["marker"]["color"].count(GREY) == 1  # of the one who is nobody
    assert len(figure["data"][0]["x"]["bdata"] if isinstance(figure["data"][0]["x"], dict) else figure["data"][0]["x"])
    assert not page.exception


def test_points_and_codes_are_what_the_map_holds(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tiny_workspace.path))
    made = mapped(tiny_workspace)
    of_map = TINY_GALLERY, model_of(tiny_workspace), made.info.layout.name
    points = map_data.buffer(*of_map, "points")
    assert points is not None
    assert np.array_equal(np.frombuffer(points, "<f4").reshape(24, 2), made.points)
    codes = map_data.buffer(*of_map, "camera")
    assert codes is not None
    cameras = tiny_workspace.catalogue.crops_of(made.ids.tolist())["camera"]
    expected = [["entrance", "hall", "stairs"].index(camera) for camera in cameras]  # all as large; in natural order
    assert np.frombuffer(codes, "<u2").tolist() == expected


def test_what_is_not_there_is_not_given(tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tiny_workspace.path))
    made = mapped(tiny_workspace)
    of_map = TINY_GALLERY, model_of(tiny_workspace), made.info.layout.name
    assert map_data.buffer("..", of_map[1], of_map[2], "points") is None
    assert map_data.buffer(*of_map[:2], "umap-2d-5-seed0", "points") is None
    assert map_data.buffer(*of_map, "secrets") is None
    assert map_data.crop(*of_map, 24) is None


def test_a_crop_is_told_with_its_true_neighbours(tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tiny_workspace.path))
    made = mapped(tiny_workspace)
    told = map_data.crop(TINY_GALLERY, model_of(tiny_workspace), made.info.layout.name, 0)
    assert told is not None
    assert told["id"] == 1
    assert ("Person", "person 1") in told["facts"]
    # A person's crops differ by a little noise: his other five are nearest.
    assert {int(made.ids[near["row"]]) for near in told["neighbours"][:5]} == {2, 3, 4, 5, 6}
    assert [near["same"] for near in told["neighbours"]] == [True] * 5 + [False]


def test_how_the_map_was_made_is_told(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = mapped(tiny_workspace)
    page = see(open_page(tiny_workspace.path), "This map")
    assert f"{made.info.faithful.trustworthiness:.3f}" in words_on(page)
    assert "0, repeatable" in words_on(page)


def test_what_was_drawn_on_one_map_is_ringed_on_another(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = mapped(tiny_workspace)
    page = select(open_page(tiny_workspace.path), made, [2, 9])
    page = page.run()
    assert data_of(page)["region"] is not None
    assert data_of(page)["marks"] == []
    group: Any = next(group for group in page.get("button_group") if group.key == "map-method")
    page = group.set_value("PCA").run()
    assert data_of(page)["base"].endswith("pca-2d")
    assert data_of(page)["region"] is None
    assert list(made.ids[data_of(page)["marks"]]) == [2, 9]
