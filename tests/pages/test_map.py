"""The Map page without a browser: each state of it, and each act, on a tiny workspace."""

from __future__ import annotations

import dataclasses
import functools
import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file
from streamlit.testing.v1 import AppTest

from pages.components.map import data as map_data
from pages.components.map import state
from pages.components.map.selection import csv_of, table_of
from pages.components.shared.plots import GREY
from reid_core.projection.layout import Layout
from reid_core.records import JUNK
from reid_core.workspace import jobs
from reid_core.workspace.cases.cases import create
from reid_core.workspace.cases.verdicts import Seen, give, log_of, standing
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.deletion.holds import holds
from reid_core.workspace.galleries.editing import relabel
from reid_core.workspace.galleries.withheld import withheld
from reid_core.workspace.jobs import Job, Progress
from reid_core.workspace.maps.examination import examine
from reid_core.workspace.maps.files import CropMap, map_file, write_map_file
from reid_core.workspace.maps.making import make_maps, read_map
from reid_core.workspace.workspace import VARIABLE, Workspace
from tests.conftest import TINY_GALLERY, TINY_MODEL, formulas_in
from tests.pages.search_page import OpenPage, desk_of


@pytest.fixture
def open_page(open_at: OpenPage) -> OpenPage:
    """Gives `open_page(workspace path, **query parameters)`: the Map page on that workspace."""
    return functools.partial(open_at, "pages/map.py")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Arguments of the jobs that the page started; none runs."""
    found: list[list[str]] = []

    def start(workspace: Path, command: str, title: str, arguments: list[str]) -> Path:
        found.append(arguments)
        return workspace

    monkeypatch.setattr(jobs, "start_new", start)
    return found


def _model(workspace: Workspace) -> str:
    return workspace.catalogue.gallery(TINY_GALLERY).models[0][0]


def _mapped(workspace: Workspace) -> CropMap:
    """A stored map as `reid map` leaves it; its points are principal components, which need no compiling."""
    model = _model(workspace)
    make_maps(workspace, TINY_GALLERY, model, [Layout("pca")])
    pca = read_map(workspace, TINY_GALLERY, model, "pca-2d")
    made = dataclasses.replace(pca, info=dataclasses.replace(pca.info, layout=Layout()))
    write_map_file(map_file(workspace.path, TINY_GALLERY, model, Layout().name), made)
    return read_map(workspace, TINY_GALLERY, model, Layout().name)


def _words(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))


def _data(page: AppTest, key: str = "map-points") -> dict[str, Any]:
    """What a component was given to draw."""
    for element in page.get("bidi_component"):
        if element.proto.id.endswith(f"-{key}"):
            data: dict[str, Any] = json.loads(element.proto.json)
            return data
    return {}


def _around(points: np.ndarray, rows: list[int]) -> list[list[float]]:
    """A box that holds these points of the map, and nobody knows which others."""
    low, high = points[rows].min(axis=0) - 1e-3, points[rows].max(axis=0) + 1e-3
    return [[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]]


def _draw(page: AppTest, corners: list[list[float]] | None, edit: int = 1, **more: Any) -> AppTest:
    """Draw around these corners, as the browser tells it."""
    told = {"edit": edit, "corners": corners, "view": None, "by": "identity", "isolated": [], **more}
    page.session_state["map-points"] = {"drawn": told}
    return page.run()


def _select(page: AppTest, made: CropMap, ids: list[int]) -> AppTest:
    """Lasso exactly these crops, each in a small box of its own, joined by lines of no width."""
    rows = [int(np.flatnonzero(made.ids == crop)[0]) for crop in ids]
    corners = []
    for row in rows:
        x, y = (float(value) for value in made.points[row])
        box = [[x + across, y + up] for across, up in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
        corners += [[-99.0, -99.0], *[[x + (px - x) * 1e-4, y + (py - y) * 1e-4] for px, py in box]]
    return _draw(page, corners)


def _press(page: AppTest, key: str) -> AppTest:
    return page.button(key=key).click().run()


def _keys(page: AppTest) -> set[str]:
    return {button.key for button in page.button if button.key}


def _field(page: AppTest, act: str) -> str:
    return next(
        element.proto.id.rpartition("-map-field-")[2] for element in page.get("bidi_component")
        if f"-map-field-{act}-" in element.proto.id
    )  # fmt: skip


def _type(page: AppTest, act: str, text: str) -> AppTest:
    page.session_state[f"map-field-{_field(page, act)}"] = {"typed": text}
    return page.run()


def _labels(workspace: Workspace, *ids: int) -> list[str | None]:
    return list(workspace.catalogue.crops_of(list(ids))["identity"])


def _see(page: AppTest, section: str) -> AppTest:
    group: Any = next(group for group in page.get("button_group") if group.key == "map-section")
    seen: AppTest = group.set_value(section).run()
    return seen


# --- what is shown ---


def test_without_a_gallery_there_is_nothing_to_map(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(tmp_path / "new")
    assert "There is nothing to map yet" in _words(page)
    assert not page.exception


def test_a_gallery_without_a_map_is_told_what_one_is_and_can_have_it_made(
    open_page: OpenPage, tiny_workspace: Workspace, started: list[list[str]]
) -> None:
    page = open_page(tiny_workspace.path)
    assert "tiny has no map yet" in _words(page)
    _press(page, "map-make")
    assert started == [["map", TINY_GALLERY, "--model", _model(tiny_workspace), "--dimensions", "2", "--locality", "3"]]


def test_all_five_settings_start_with_the_one_that_is_asked_for(
    open_page: OpenPage, tiny_workspace: Workspace, started: list[list[str]]
) -> None:
    page = open_page(tiny_workspace.path)
    page.checkbox(key="map-every").check().run()
    _press(page, "map-make")
    assert [word for word in started[0] if word.isdecimal()] == ["2", "3", "1", "2", "4", "5"]


def test_the_preview_is_shown_while_the_map_that_is_asked_for_is_missing(
    open_page: OpenPage, tiny_workspace: Workspace, started: list[list[str]]
) -> None:
    make_maps(tiny_workspace, TINY_GALLERY, _model(tiny_workspace), [Layout("pca")])
    page = open_page(tiny_workspace.path)
    assert "2-D UMAP, setting 3 of 5 is not made yet. You see 2-D PCA." in _words(page)
    assert _data(page)["base"].endswith("/pca-2d")
    _press(page, "map-make-now")
    assert started[0][-2:] == ["--locality", "3"]
    assert "map-make" in _keys(_see(page, "This map"))
    assert "Something unexpected" not in _words(page)


def test_the_map_is_drawn_with_its_groups_counted(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = _mapped(tiny_workspace)
    data = _data(open_page(tiny_workspace.path))
    assert data["count"] == 24
    assert data["dimensions"] == 2
    assert data["base"] == f"/maps/tiny/{_model(tiny_workspace)}/{made.info.layout.name}"
    assert data["colour"]["names"] == ["person 1", "person 2", "person 3", "person 4"]
    assert data["colour"]["counts"] == [6, 6, 6, 6]


def test_how_faithful_it_is_is_said_in_words(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = _mapped(tiny_workspace)
    words = _words(open_page(tiny_workspace.path))
    assert f"{100 * made.info.faithful.kept:.0f} % of each crop" in words
    assert "Distances between far groups mean little" in words


def test_a_person_is_ringed(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = _mapped(tiny_workspace)
    page = open_page(tiny_workspace.path)
    page.selectbox(key="map-person").select("3").run()
    crops = tiny_workspace.catalogue.crops(TINY_GALLERY)
    assert list(made.ids[_data(page)["marks"]]) == list(crops[crops["identity"] == "3"]["id"])
    assert _data(page)["follow"] is True


def test_a_damaged_map_is_said_and_can_be_made_again(
    open_page: OpenPage, tiny_workspace: Workspace, started: list[list[str]]
) -> None:
    made = _mapped(tiny_workspace)
    file = map_file(tiny_workspace.path, TINY_GALLERY, _model(tiny_workspace), Layout().name)
    with safe_open(file, framework="np") as opened:
        about = opened.metadata()
    save_file({"ids": np.array(made.ids)}, file, about)
    page = open_page(tiny_workspace.path)
    assert "is damaged" in _words(page)
    assert not _data(page)
    _press(page, "map-make")
    assert started[0][:2] == ["map", TINY_GALLERY]


def test_a_map_of_another_model_is_not_shown_for_this_one(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = _mapped(tiny_workspace)
    info = dataclasses.replace(made.info, model="0" * 16)
    folder = map_file(tiny_workspace.path, TINY_GALLERY, info.model, info.layout.name)
    write_map_file(folder, dataclasses.replace(made, info=info))
    for file in map_file(tiny_workspace.path, TINY_GALLERY, _model(tiny_workspace), "x").parent.iterdir():
        file.unlink()
    page = open_page(tiny_workspace.path)
    assert f"No map of {TINY_MODEL} yet" in _words(page)
    assert "vectors of two models are never compared" in _words(page)
    assert "map-make" in _keys(page)
    assert not _data(page)


def test_a_deleted_crop_is_on_the_map_no_more(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    _mapped(tiny_workspace)
    delete(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({5, 6})), "a test")
    page = open_page(tiny_workspace.path)
    assert _data(page)["count"] == 22


def test_crops_without_their_vector_are_said_and_the_map_can_be_made_again(
    open_page: OpenPage, tiny_workspace: Workspace, started: list[list[str]]
) -> None:
    _mapped(tiny_workspace)
    with tiny_workspace.catalogue.transaction() as database:
        database.execute("DELETE FROM vector WHERE crop IN (1, 2, 3)")
        database.execute("UPDATE counter SET seq = seq + 1")
    page = open_page(tiny_workspace.path)
    assert "3 crops of this map are not embedded by its model any more" in _words(page)
    _press(page, "map-again-gone")
    assert started[0][:2] == ["map", TINY_GALLERY]


def test_a_new_crop_is_placed_and_marked(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    with tiny_workspace.catalogue.transaction() as database:
        row = database.execute("SELECT seq, model, gallery, crop, float16 FROM vector WHERE crop = 7").fetchone()
        database.execute("DELETE FROM vector WHERE crop = 7")
    _mapped(tiny_workspace)
    with tiny_workspace.catalogue.transaction() as database:
        database.execute("INSERT INTO vector (seq, model, gallery, crop, float16) VALUES (?, ?, ?, ?, ?)", row)
        database.execute("UPDATE counter SET seq = seq + 1")
    page = open_page(tiny_workspace.path)
    assert _data(page)["count"] == 24
    page.selectbox(key="map-colour").select("placed").run()
    assert _data(page)["colour"]["counts"] == [23, 1]


def test_a_job_that_failed_says_why(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "A map needs at least 5 crops; there are 4."
    failed = Job(tiny_workspace.path, "Map tiny", "2026-01-01", Progress("failed", message=told), ("map", TINY_GALLERY))
    monkeypatch.setattr(jobs, "all_jobs", lambda workspace: [failed])
    words = _words(open_page(tiny_workspace.path))
    assert "The last map was not finished" in words
    assert told in words


def test_without_webgl_the_map_is_a_plain_one_and_says_so(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    _mapped(tiny_workspace)
    relabel(tiny_workspace.catalogue, TINY_GALLERY, Selection(ids=frozenset({3})), "identity", JUNK)
    page = open_page(tiny_workspace.path)
    page.session_state["map-points"] = {"webgl": False}
    page.run()
    assert "This browser has no WebGL2" in _words(page)
    assert not _data(page)
    figure = json.loads(page.get("plotly_chart")[0].proto.spec)
    assert figure["data"][0]["marker"]["color"].count(GREY) == 1  # of the one who is nobody
    assert len(figure["data"][0]["x"]["bdata"] if isinstance(figure["data"][0]["x"], dict) else figure["data"][0]["x"])
    assert not page.exception


# --- what the browser asks for ---


def test_points_and_codes_are_what_the_map_holds(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tiny_workspace.path))
    made = _mapped(tiny_workspace)
    of_map = TINY_GALLERY, _model(tiny_workspace), made.info.layout.name
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
    made = _mapped(tiny_workspace)
    of_map = TINY_GALLERY, _model(tiny_workspace), made.info.layout.name
    assert map_data.buffer("..", of_map[1], of_map[2], "points") is None
    assert map_data.buffer(*of_map[:2], "umap-2d-5-seed0", "points") is None
    assert map_data.buffer(*of_map, "secrets") is None
    assert map_data.crop(*of_map, 24) is None


def test_a_crop_is_told_with_its_true_neighbours(tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tiny_workspace.path))
    made = _mapped(tiny_workspace)
    told = map_data.crop(TINY_GALLERY, _model(tiny_workspace), made.info.layout.name, 0)
    assert told is not None
    assert told["id"] == 1
    assert ("Person", "person 1") in told["facts"]
    # A person's crops differ by a little noise: his other five are nearest.
    assert {int(made.ids[near["row"]]) for near in told["neighbours"][:5]} == {2, 3, 4, 5, 6}
    assert [near["same"] for near in told["neighbours"]] == [True] * 5 + [False]


# --- selecting, and acting on it ---


def test_a_region_selects_the_crops_in_it(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = _mapped(tiny_workspace)
    page = _draw(open_page(tiny_workspace.path), _around(made.points, list(range(24))))
    assert len(_data(page, "gal-grid")["cards"]) == 24
    page = _select(open_page(tiny_workspace.path), made, [2, 9, 16])
    assert sorted(card["id"] for card in _data(page, "gal-grid")["cards"]) == [2, 9, 16]
    assert "3 crops · 3 people" in _words(page)


def test_groups_that_were_isolated_narrow_a_region(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = _mapped(tiny_workspace)
    page = _draw(open_page(tiny_workspace.path), _around(made.points, list(range(24))), isolated=[1])
    crops = [card["id"] for card in _data(page, "gal-grid")["cards"]]
    assert _labels(tiny_workspace, *crops) == ["2"] * 6


def test_lines_go_from_the_photo_to_its_hits_on_the_map_by_who_they_are(tiny_workspace: Workspace) -> None:
    made = _mapped(tiny_workspace)
    row = {int(crop): place for place, crop in enumerate(made.ids)}
    answer: Any = SimpleNamespace(
        hits=lambda: [{"id": crop, "similarity": like} for crop, like in ((5, 0.9), (999, 0.8), (9, 0.5))]
    )
    photo: Any = SimpleNamespace(identity="1", crop=2)
    lines = state.lines_of(tiny_workspace, made, photo, answer)
    assert lines is not None
    assert (lines.row, lines.place) == (row[2], None)
    assert lines.hits == ((row[5], 0.9, True), (row[9], 0.5, False))
    upload: Any = SimpleNamespace(identity=None, crop=None)
    lines = state.lines_of(tiny_workspace, made, upload, answer)
    assert lines is not None
    assert lines.row is None
    assert [same for _, _, same in lines.hits] == [None, None]
    # Amid its hits, nearer to the one that is more alike.
    ends = made.points[[row[5], row[9]]]
    assert lines.place is not None
    from_first, from_second = (float(np.linalg.norm(np.array(lines.place) - end)) for end in ends)
    assert from_first + from_second == pytest.approx(float(np.linalg.norm(ends[0] - ends[1])), rel=1e-4)
    assert from_first < from_second
    nowhere: Any = SimpleNamespace(hits=lambda: [{"id": 999, "similarity": 0.9}])
    assert state.lines_of(tiny_workspace, made, photo, nowhere) is None


def test_letting_go_ends_the_selection(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = _mapped(tiny_workspace)
    page = _select(open_page(tiny_workspace.path), made, [2, 9])
    page = _draw(page, None, edit=2)
    assert not _data(page, "gal-grid")
    assert "map-acts" not in " ".join(_keys(page))
    assert "Take the lasso" in _words(page)


def test_a_region_with_nobody_in_it_says_so(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    _mapped(tiny_workspace)
    page = _draw(open_page(tiny_workspace.path), [[90, 90], [91, 90], [91, 91]])
    assert "There is no crop in that region" in _words(page)


def test_crops_are_labelled_as_one_person_after_a_preview_and_put_back(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    made = _mapped(tiny_workspace)
    page = _press(_select(open_page(tiny_workspace.path), made, [1, 2, 9]), "map-do-label")
    assert "1 of person 2 → person 1." in _words(page)
    assert list(made.ids[_data(page)["marks"]]) == [9]  # of the three, the one that would change is ringed
    page = _type(page, "label", "zoe")
    assert "2 of person 1, 1 of person 2 → zoe." in _words(page)
    assert list(made.ids[_data(page)["marks"]]) == [1, 2, 9]
    page = _press(page, "map-apply")
    assert _labels(tiny_workspace, 1, 2, 9) == ["zoe"] * 3
    assert _data(page)["colour"]["names"][:4] == ["person 3", "person 4", "person 2", "person 1"]
    page = _press(page, "gal-undo")
    assert _labels(tiny_workspace, 1, 2, 9) == ["1", "1", "2"]
    assert _data(page)["colour"]["counts"] == [6, 6, 6, 6]


def test_people_are_merged_with_their_crops_outside_of_the_region(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    made = _mapped(tiny_workspace)
    page = _press(_select(open_page(tiny_workspace.path), made, [1, 2, 9]), "map-do-merge")
    assert "6 of person 2 → person 1." in _words(page)
    assert len(_data(page)["marks"]) == 12
    _press(page, "map-apply")
    assert _labels(tiny_workspace, *range(1, 13)) == ["1"] * 12


def test_part_of_a_person_is_split_off_under_a_free_label(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = _mapped(tiny_workspace)
    page = _press(_select(open_page(tiny_workspace.path), made, [1, 2]), "map-do-split")
    assert "2 crops of person 1 → 1-2." in _words(page)
    assert "4 crops of person 1 stay." in _words(page)
    _press(page, "map-apply")
    assert _labels(tiny_workspace, 1, 2, 3) == ["1-2", "1-2", "1"]


def test_crops_become_junk_and_come_back(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = _mapped(tiny_workspace)
    page = _press(_press(_select(open_page(tiny_workspace.path), made, [4]), "map-do-junk"), "map-apply")
    assert _labels(tiny_workspace, 4) == ["junk"]
    _press(page, "gal-undo")
    assert _labels(tiny_workspace, 4) == ["1"]


def test_crops_are_held(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = _mapped(tiny_workspace)
    page = _press(_select(open_page(tiny_workspace.path), made, [4, 5]), "map-do-hold")
    page = _press(page, "map-apply")
    assert "Give the hold a name first" in _words(page)
    _press(_type(page, "hold", "case-17"), "map-apply")
    assert holds(tiny_workspace) == {"case-17": 2}


def _decisions(workspace: Workspace, case: str) -> dict[int, str]:
    return {crop: one.decision for crop, one in standing(workspace, case).items()}


def test_crops_are_added_to_a_case_and_taken_back(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    create(tiny_workspace, "Gate 4", "a lost child")
    give(tiny_workspace, "Gate 4", "match", [Seen(9)])
    made = _mapped(tiny_workspace)
    page = _press(_select(open_page(tiny_workspace.path), made, [2, 9, 16]), "map-do-case")
    assert "4 crops → Match in Gate 4. Already so: 2 crops." in _words(page)
    assert "The verdict is also on 3 crops of the same tracklets." in _words(page)
    assert "They are labelled as 3 people, and a case is about one." in _words(page)
    assert list(made.ids[_data(page)["marks"]]) == [2, 9, 16]
    page = _press(page, "map-apply")
    assert _decisions(tiny_workspace, "Gate 4") == dict.fromkeys((1, 2, 9, 10, 15, 16), "match")
    given = log_of(tiny_workspace, "Gate 4")[2:]
    assert {line.crop: line.follows for line in given} == {2: None, 9: None, 16: None, 1: 2, 10: 9, 15: 16}
    assert len({line.act for line in given}) == 1
    last = given[-1]
    assert (last.similarity, last.rank, last.model, last.note) == (None, None, "", "Selected on the map")
    assert "6 crops in Gate 4: Match." in _words(page)
    page = _press(page, "map-case-undo")
    assert _decisions(tiny_workspace, "Gate 4") == {9: "match", 10: "match"}
    assert "map-case-undo" not in _keys(page)


def test_a_case_is_begun_on_the_map_with_a_purpose(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = _mapped(tiny_workspace)
    page = _press(_select(open_page(tiny_workspace.path), made, [4, 5]), "map-do-case")
    page.text_input(key="map-case-name").input("Gate 4").run()
    page = _press(page, "map-apply")
    assert "Say what the case is for" in _words(page)
    page.text_input(key="map-case-purpose").input("a lost child").run()
    page = _press(page, "map-apply")
    assert _decisions(tiny_workspace, "Gate 4") == dict.fromkeys((3, 4, 5, 6), "match")
    assert desk_of(page).case == "Gate 4"
    assert "Already so: 4 crops." in _words(page)  # the form is that of the new one


def test_crops_are_kept_out_of_training_and_let_in_again(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = _mapped(tiny_workspace)
    page = _press(_select(open_page(tiny_workspace.path), made, [4, 5]), "map-do-train")
    page = _press(page, "map-apply")
    assert withheld(tiny_workspace.catalogue, range(1, 25)) == {4, 5}
    assert "2 crops kept out of training." in _words(page)
    assert [card.get("badge") for card in _data(page, "gal-grid")["cards"]] == ["not trained on"] * 2
    page = page.selectbox(key="map-colour").set_value("training").run()
    colour = _data(page)["colour"]
    assert dict(zip(colour["names"], colour["counts"], strict=True))["kept out"] == 2
    page = _press(_press(page, "map-do-train"), "map-restore")
    assert withheld(tiny_workspace.catalogue, range(1, 25)) == set()


def test_a_search_is_made_from_what_is_selected(
    open_page: OpenPage, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _mapped(tiny_workspace)
    handed: list[list[int]] = []
    monkeypatch.setattr("pages.components.shared.address.hand_to_search", lambda gallery, crops: handed.append(crops))
    _press(_select(open_page(tiny_workspace.path), made, [3, 4]), "map-search")
    page = _draw(open_page(tiny_workspace.path), _around(made.points, list(range(24))))
    _press(page, "map-search")
    assert handed[0] == [3, 4]
    assert len(handed[1]) == 10
    assert {handed[1][0], handed[1][-1]} == {1, 24}


def test_a_selection_is_taken_out_as_a_table_and_the_log_says_so(tiny_workspace: Workspace) -> None:
    made = _mapped(tiny_workspace)
    table = pd.read_csv(io.BytesIO(table_of(tiny_workspace, TINY_GALLERY, made, np.array([2, 9]))))
    assert list(table["id"]) == [2, 9]
    assert np.allclose(table[["x", "y"]], made.points[[1, 8]])
    assert tiny_workspace.catalogue.audit(1)[0]["action"] == "export"


def test_text_that_a_spreadsheet_would_run_is_quoted() -> None:
    written = csv_of(pd.DataFrame({"identity": ["=1+1", "anna"], "x": [-1.5, 2.0]})).decode()
    assert "'\t'=1" in csv_of(pd.DataFrame({"identity": ["\t=1"]})).decode()
    assert written.splitlines()[1:] == ["'=1+1,-1.5", "anna,2.0"]
    assert formulas_in(csv_of(pd.DataFrame({"identity": ["a;=1", "a\r=1"]})).decode()) == []


# --- doubts, and what was learnt ---


def _doubted(workspace: Workspace) -> CropMap:
    """Crop 1 is of person 1, and labelled 2."""
    made = _mapped(workspace)
    relabel(workspace.catalogue, TINY_GALLERY, Selection(ids=frozenset({1})), "identity", "2")
    examine(workspace, TINY_GALLERY, _model(workspace))
    return made


def test_a_suspected_mislabel_is_accepted_and_taken_back(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    _doubted(tiny_workspace)
    page = _see(open_page(tiny_workspace.path), "Doubtful labels")
    assert "Crop 1: person 2, or person 1?" in _words(page)
    page = _press(page, "map-accept-0-0")
    assert _labels(tiny_workspace, 1) == ["1"]
    assert "Crop 1: person 2, or person 1?" not in _words(page)
    _press(page, "gal-undo")
    assert _labels(tiny_workspace, 1) == ["2"]


def test_where_there_are_no_labels_none_is_said_to_agree(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    with tiny_workspace.catalogue.transaction() as database:
        database.execute("UPDATE crop SET identity = NULL")
    _mapped(tiny_workspace)
    examine(tiny_workspace, TINY_GALLERY, _model(tiny_workspace))
    said = _words(_see(open_page(tiny_workspace.path), "Doubtful labels"))
    assert "No crop has a label." in said
    assert "speaks against" not in said


def test_a_doubt_is_rejected_for_now_or_for_good(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    _doubted(tiny_workspace)
    asked = "Crop 1: person 2, or person 1?"
    page = _press(_see(open_page(tiny_workspace.path), "Doubtful labels"), "map-reject-0")
    assert asked not in _words(page)
    page = _press(page, "map-later")
    assert asked in _words(page)
    _press(page, "map-never-0")
    page = _see(open_page(tiny_workspace.path), "Doubtful labels")
    assert asked not in _words(page)
    assert asked in _words(_press(page, "map-recall"))


def test_a_doubt_is_shown_on_the_map(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = _doubted(tiny_workspace)
    page = _press(_see(open_page(tiny_workspace.path), "Doubtful labels"), "map-show-0")
    ringed = [int(crop) for crop in made.ids[_data(page)["marks"]]]
    assert 1 in ringed
    assert len(ringed) == 2
    assert _labels(tiny_workspace, *(crop for crop in ringed if crop != 1)) == ["1"]


def test_labels_that_nobody_looked_at_can_be_looked_at(
    open_page: OpenPage, tiny_workspace: Workspace, started: list[list[str]]
) -> None:
    _mapped(tiny_workspace)
    page = _see(open_page(tiny_workspace.path), "Doubtful labels")
    assert "Nobody has looked yet" in _words(page)
    _press(page, "map-examine")
    assert started == [["examine", TINY_GALLERY, "--model", _model(tiny_workspace)]]


def test_what_the_model_learnt_is_told_in_numbers(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    _mapped(tiny_workspace)
    found = examine(tiny_workspace, TINY_GALLERY, _model(tiny_workspace))
    page = _see(open_page(tiny_workspace.path), "What the model learnt")
    words = _words(page)
    assert found.similarities is not None
    assert f"{100 * found.similarities.overlap:.1f} %" in words
    assert "times" in words
    assert len(page.get("plotly_chart")) == 2
    assert not page.exception


def test_crops_whose_vectors_are_no_numbers_are_named_and_left_out(
    open_page: OpenPage, tiny_workspace: Workspace
) -> None:
    with tiny_workspace.catalogue.transaction() as database:
        broken = np.full(16, np.nan, np.float16).tobytes()
        database.execute("UPDATE vector SET float16 = ? WHERE crop IN (3, 11)", (broken,))
    _mapped(tiny_workspace)
    page = open_page(tiny_workspace.path)
    assert _data(page)["count"] == 22
    assert "22 crops; 2 left out" in _words(page)
    assert "no numbers: 2 crops (3, 11)" in _words(_see(page, "This map"))


def test_how_the_map_was_made_is_told(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = _mapped(tiny_workspace)
    page = _see(open_page(tiny_workspace.path), "This map")
    assert f"{made.info.faithful.trustworthiness:.3f}" in _words(page)
    assert "0, repeatable" in _words(page)


def test_what_was_drawn_on_one_map_is_ringed_on_another(open_page: OpenPage, tiny_workspace: Workspace) -> None:
    made = _mapped(tiny_workspace)
    page = _select(open_page(tiny_workspace.path), made, [2, 9])
    page = page.run()
    assert _data(page)["region"] is not None
    assert _data(page)["marks"] == []
    group: Any = next(group for group in page.get("button_group") if group.key == "map-method")
    page = group.set_value("PCA").run()
    assert _data(page)["base"].endswith("pca-2d")
    assert _data(page)["region"] is None
    assert list(made.ids[_data(page)["marks"]]) == [2, 9]
