"""The view Recordings of the Gallery page: the list, one recording, its zones and its clock."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import TextInput

from pages.components.recordings import view
from pages.components.recordings.state import RecordingsState
from pages.components.shared.session import key_of
from reid_core.video.stream import Problems
from reid_core.video.walks import Zone
from reid_core.workspace import job_kinds
from reid_core.workspace.catalogue.recordings import Progress, every, finish, keep, note_still
from reid_core.workspace.catalogue.recordings.spans import spans_of
from reid_core.workspace.catalogue.recordings.zones import keep_zone, zones_of
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.clips.walks import crop_of
from reid_core.workspace.deletion import deletion
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.imports.under_way import under_way
from reid_core.workspace.layout import STILL
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.pages.gallery.gallery_page import press, words_on
from tests.pages.search_page import OpenPage
from tests.workspace.catalogue.filmed import START, cut, film, filmed, walk

WINDOW = ((0.2, 0.4), (0.25, 0.4), (0.25, 0.5), (0.2, 0.5))  # around "gate.mp4-2": x 400 to 440, y 500 of 1920 × 1080


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Gallery "town": half of gate.mp4 is analysed and has a still, door.mp4 is damaged and of an unknown start."""
    workspace = Workspace(tmp_path / "filmed", TESTER)
    gate = filmed(workspace)
    still = workspace.originals(gate.source) / STILL
    still.parent.mkdir(parents=True)
    Image.new("RGB", (1920, 1080), (90, 110, 120)).save(still)
    note_still(workspace.catalogue, gate.key, 3.0)
    door = filmed(workspace, name="door.mp4", camera="door", start=math.nan, start_source=None)
    problems = Problems(damaged_packets=12, damaged_at=[3.0], gaps=[(3.0, 8.0)]).state()
    finish(workspace.catalogue, door.key, Progress(analysed=120, frames=600, problems=problems))
    return workspace


@pytest.fixture
def open_view(open_at: OpenPage, workspace: Workspace) -> OpenPage:
    """Gives `open_view(**query)`: the view on that workspace."""
    return functools.partial(open_at, "pages/gallery.py", workspace.path, gallery="town", view="recordings")


def data_of(page: AppTest, key: str) -> dict[str, Any]:
    """What a component was given to draw."""
    for element in page.get("bidi_component"):
        if element.proto.id.endswith(f"-{key}"):
            found: dict[str, Any] = json.loads(element.proto.json)
            return found
    raise AssertionError(f"no component {key}")


def tell(page: AppTest, key: str, what: str, **about: object) -> AppTest:
    """Do this in the component, as the browser tells it."""
    n = data_of(page, key)["taken"] + 1
    page.session_state[key] = {"did": [{"n": n, "what": what, **about}]}
    return page.run()


def state_of(page: AppTest) -> RecordingsState:
    found: RecordingsState = page.session_state[key_of(RecordingsState)]
    return found


def test_the_view_is_there_where_the_gallery_has_recordings(
    open_at: OpenPage, open_view: OpenPage, tiny_workspace: Workspace
) -> None:
    page = open_view()
    assert "<b>2 recordings</b> of 2 cameras" in words_on(page)
    assert page.session_state["gal-view"] == "Recordings"
    page = open_at("pages/gallery.py", tiny_workspace.path, view="recordings")
    assert page.session_state["gal-view"] == "Browse"
    (switch,) = [group for group in page.get("button_group") if group.key == "gal-view"]
    assert "Recordings" not in [option.content for option in switch.proto.options]


def test_a_line_says_how_a_recording_stands(open_view: OpenPage) -> None:
    door, gate = data_of(open_view(), "rec-list")["rows"]
    assert (door["name"], door["time"], door["standing"], door["problem"]) == (
        "door.mp4", "unknown", "Analysed", "damaged",
    )  # fmt: skip
    assert (gate["time"], gate["source"], gate["length"]) == (
        "2026-03-02 07:00:00–07:02:00", "as stated", "0:02:00",
    )  # fmt: skip
    assert (gate["standing"], gate["tracklets"], gate["busiest"]) == ("Stopped at 0:01:00", "2", "2")
    assert gate["picture"].startswith("data:image/jpeg;base64,")
    assert door["picture"] == ""


def test_a_dropped_film_is_told_as_dropped_and_not_as_missing(open_view: OpenPage, workspace: Workspace) -> None:
    path = workspace.incoming / "20260302T080000-abcdef" / "shop.mp4"
    film(workspace, "town", name="shop", path=str(path), camera="shop", copied=True)
    words = words_on(open_view(recording="shop"))
    assert "shop.mp4 was dropped on a page. The workspace keeps a copy." in words
    assert "The file is not there" not in words
    assert "The file is not there" in words_on(open_view(recording="gate.mp4"))


def test_pages_of_the_list_are_turned(
    open_view: OpenPage, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "PAGE", 2)
    film(workspace, name="yard.mp4", camera="yard")
    page = open_view()
    assert [row["name"] for row in data_of(page, "rec-list")["rows"]] == ["door.mp4", "gate.mp4"]
    press(page, "rec-on")
    assert [row["name"] for row in data_of(page, "rec-list")["rows"]] == ["yard.mp4"]
    assert "3–3 of 3" in words_on(page)


def test_one_recording_has_its_timeline_and_what_was_wrong(open_view: OpenPage) -> None:
    page = open_view(recording="door.mp4")
    assert "12 damaged packets (at 0:00:03 and later); decoding went on." in words_on(page)
    line = data_of(page, "rec-timeline")
    assert (line["starts"], line["ends"], line["rows"]) == ([10, 30], [14, 34], [0, 0])
    assert (line["minutes"], line["length"], line["begins"]) == ([2, 0], 120, None)
    assert (line["gaps"], line["damaged"]) == ([[3, 8]], [3])
    gate = data_of(open_view(recording="gate.mp4"), "rec-timeline")
    assert (gate["analysed"], gate["begins"]) == (60, START)


def test_stretches_with_somebody_deleted_are_marked_and_said(open_view: OpenPage, workspace: Workspace) -> None:
    assert data_of(open_view(recording="gate.mp4"), "rec-timeline")["hidden"] == []
    delete(workspace, "town", Selection(ids=frozenset({1, 2})), "she asked")  # seconds 10 to 14 of gate.mp4
    ((start, end),) = spans_of(workspace.catalogue, "town")[1]
    page = open_view()
    sentence = f"{end - start:.1f} s in 1 stretch are not shown, because somebody in them was deleted."
    assert [row["unseen"] for row in data_of(page, "rec-list")["rows"]] == ["", sentence]
    page = open_view(recording="gate.mp4")
    line = data_of(page, "rec-timeline")
    assert (line["hidden"], line["starts"]) == ([[start, end]], [30])
    assert line["label"] == f"1 tracklet of gate.mp4 in time. {sentence} A table follows."
    assert f"Deleted people<span>{sentence}" in words_on(page)
    delete(workspace, "town", Selection(ids=frozenset({4, 5})), "she asked")
    assert "Deleted people" in words_on(open_view(recording="door.mp4"))


def test_of_a_recording_whose_tracklets_are_all_deleted_the_stretches_are_still_marked(
    open_view: OpenPage, workspace: Workspace
) -> None:
    row = film(workspace, name="yard.mp4", camera="yard")
    crops = [cut("yard-1", 11.0), cut(None, 50.0)]  # the second keeps the recording in the gallery
    keep(workspace.catalogue, row.key, [walk("yard-1")], crops, Progress(analysed=60.0, frames=300))
    delete(workspace, "town", Selection(ids=frozenset({7})), "she asked")
    line = data_of(open_view(recording="yard.mp4"), "rec-timeline")
    assert (line["starts"], len(line["hidden"])) == ([], 1)


def test_the_best_crop_of_a_tracklet_is_the_one_of_its_clip(open_view: OpenPage, workspace: Workspace) -> None:
    row = film(workspace, name="yard.mp4", camera="yard")
    crops = [cut("yard-1", moment) for moment in (10.0, 10.5, 11.0, 15.0)]  # nearest to second 14 is the last
    keep(workspace.catalogue, row.key, [walk("yard-1", 8.0, 20.0)], crops, Progress(analysed=60.0, frames=300))
    page = tell(open_view(recording="yard.mp4"), "rec-timeline", "opened", index=0)
    shown = [card["id"] for card in data_of(page, "rec-crops")["cards"]]
    assert crop_of(workspace, "town", "yard-1") == shown[3]
    assert data_of(page, "rec-film")["crop"] == shown[3]
    press(page, "rec-open")
    assert page.query_params["crop"] == str(shown[3])


def test_an_unknown_recording_is_said_and_the_list_is_shown(open_view: OpenPage) -> None:
    page = open_view(recording="nothing")
    assert "Gallery town has no recording nothing." in words_on(page)
    assert data_of(page, "rec-list")["rows"]
    assert "recording" not in page.query_params


def test_a_tracklet_shows_its_crops_and_one_opens_on_browse(open_view: OpenPage) -> None:
    page = tell(open_view(recording="gate.mp4"), "rec-timeline", "opened", index=0)
    assert "<b>gate.mp4-1</b>, 2026-03-02 07:00:10, 4 s" in words_on(page)
    assert [card["id"] for card in data_of(page, "rec-crops")["cards"]] == [1, 2]
    press(page, "rec-open")
    assert (page.query_params["crop"], page.session_state["gal-view"]) == ("1", "Browse")
    assert "recording" not in page.query_params


def test_the_crops_of_a_recording_are_browsed_and_no_others(open_view: OpenPage, workspace: Workspace) -> None:
    page = press(open_view(recording="gate.mp4"), "rec-browse")
    assert page.session_state["gal-view"] == "Browse"
    assert dict(page.query_params) == {"gallery": "town", "recordings": "gate.mp4"}
    assert page.multiselect(key="gal-recording-town").value == ["gate.mp4"]
    assert [card["id"] for card in data_of(page, "gal-grid")["cards"]] == [1, 2, 3]
    page.multiselect(key="gal-recording-town").set_value(["door.mp4", "gate.mp4"]).run()
    assert page.query_params["recordings"] == "door.mp4,gate.mp4"
    press(page, "gal-clear")
    assert "recordings" not in page.query_params
    film(workspace, name="yard.mp4", camera="yard")  # nobody was found in it, and pages keep what they know of the rest
    page = press(open_view(recording="yard.mp4"), "rec-browse")
    assert page.query_params["recordings"] == "yard.mp4"
    assert "No crop fits" in words_on(page)


def zone_name(page: AppTest) -> TextInput:
    return next(one for one in page.text_input if one.label == "Name of the zone")


def test_a_drawn_zone_is_kept_changed_and_removed(open_view: OpenPage, workspace: Workspace) -> None:
    page = open_view(recording="gate.mp4")
    assert data_of(page, "rec-stage")["picture"].startswith("/photos/")
    tell(page, "rec-stage", "drawn", corners=WINDOW, name=None)
    zone_name(page).set_value("window")
    next(one for one in page.radio if one.label == "Kind").set_value("Zone to ignore")
    press(page, "rec-zone-keep")
    assert "Zone window is kept. It concerns 1 tracklet of the camera: ignored from now on." in words_on(page)
    assert zones_of(workspace.catalogue, "town", "gate") == [Zone("window", WINDOW, ignored=True)]
    assert data_of(page, "rec-stage")["drawn"] is None
    assert data_of(page, "rec-timeline")["minutes"] == [1, 0], "ignored ones are counted apart"
    assert data_of(page, "rec-timeline")["ignoredMinutes"] == [1, 0]
    wider = ((0.0, 0.4), (0.5, 0.4), (0.5, 0.5), (0.0, 0.5))
    tell(page, "rec-stage", "drawn", corners=wider, name="window")
    assert zone_name(page).value == "window"
    zone_name(page).set_value("shop")
    press(page, "rec-zone-keep")
    assert zones_of(workspace.catalogue, "town", "gate") == [Zone("shop", wider, ignored=True)]
    press(page, "rec-zone-remove-0")
    assert "Zone shop is removed. 2 tracklets of the camera are no longer ignored." in words_on(page)
    assert zones_of(workspace.catalogue, "town", "gate") == []


def test_a_zone_without_a_name_or_with_one_that_is_taken_is_refused(open_view: OpenPage, workspace: Workspace) -> None:
    keep_zone(workspace.catalogue, "town", "gate", Zone("door", WINDOW))
    page = tell(open_view(recording="gate.mp4"), "rec-stage", "drawn", corners=WINDOW, name=None)
    press(page, "rec-zone-keep")
    assert "cannot name a zone" in words_on(page)
    zone_name(page).set_value("door")
    press(page, "rec-zone-keep")
    assert "has a zone door already" in words_on(page)
    press(page, "rec-zone-drop")
    assert data_of(page, "rec-stage")["drawn"] is None
    assert len(zones_of(workspace.catalogue, "town", "gate")) == 1


def test_without_a_still_the_paths_show_the_place(open_view: OpenPage) -> None:
    stage = data_of(open_view(recording="door.mp4"), "rec-stage")
    assert stage["picture"] == ""
    assert [len(path) for path in stage["paths"]] == [5, 5]


def test_what_never_moves_is_ignored_by_one_press(open_view: OpenPage, workspace: Workspace) -> None:
    row = film(workspace, name="later.mp4", start=START + 600)
    path = walk("a", 0, 9).path.copy()
    path[:, 1:3] = (1500, 700)
    stays = [walk(f"l-{n}", 20.0 * n, 20.0 * n + 9, path=path, moved=0.04) for n in range(4)]
    keep(workspace.catalogue, row.key, stays, [cut("l-1", 21.0)], Progress(analysed=120, frames=600))
    page = open_view(recording="gate.mp4")
    assert "Seen here 4 times, 36 s together. Never moved by more than 4 % of its height." in words_on(page)
    press(page, "rec-ignore-0")
    assert "Zone still 1 is kept. It concerns 4 tracklets of the camera: ignored from now on." in words_on(page)
    assert "Seen here" not in words_on(page)
    press(page, "rec-zone-remove-0")
    assert "Seen here 4 times" in words_on(page)


def test_a_clock_is_corrected_for_the_camera_and_undone(open_view: OpenPage, workspace: Workspace) -> None:
    film(workspace, name="later.mp4", start=START + 600)
    page = open_view(recording="gate.mp4")
    page.text_input(key="rec-moment").set_value("0:00:10")
    page.text_input(key="rec-shown").set_value("2026-03-02 07:00:47")
    page.radio(key="rec-whose").set_value("All 2 recordings of gate")
    press(page, "rec-clock-look")
    assert "2 recordings with 3 crops would move by +37 s" in words_on(page)
    assert "gate.mp4 would begin at 2026-03-02 07:00:37 instead of 2026-03-02 07:00:00" in words_on(page)
    assert [row.clock_offset for row in every(workspace.catalogue, "town") if row.camera == "gate"] == [0, 0]
    press(page, "rec-clock-correct")
    assert "2 recordings with 3 crops moved by +37 s." in words_on(page)
    assert [row.clock_offset for row in every(workspace.catalogue, "town") if row.camera == "gate"] == [37, 37]
    press(page, "rec-clock-undo")
    assert "Undone: 2 recordings with 3 crops moved back." in words_on(page)
    assert [row.clock_offset for row in every(workspace.catalogue, "town") if row.camera == "gate"] == [0, 0]


def test_a_correction_that_may_not_be_is_refused_before_it_is_made(open_view: OpenPage, workspace: Workspace) -> None:
    film(workspace, name="later.mp4", start=START + 600)
    page = open_view(recording="gate.mp4")
    page.radio(key="rec-how").set_value("Add seconds").run()
    page.number_input(key="rec-by").set_value(540.0)
    press(page, "rec-clock-look")
    assert "one camera cannot film both" in words_on(page)
    press(page.number_input(key="rec-by").set_value(0.0).run(), "rec-clock-look")
    assert "there is nothing to correct" in words_on(page)
    assert "rec-clock-correct" not in {button.key for button in page.button}


def test_a_clock_without_its_date_is_asked_for_again(open_view: OpenPage) -> None:
    page = open_view(recording="gate.mp4")
    page.text_input(key="rec-shown").set_value("08:30:12")
    press(page, "rec-clock-look")
    refusal = "'08:30:12' is not a date with a time. Write both, such as 2026-03-02 07:00:00."
    assert refusal in words_on(page).replace("&#x27;", "'")


def test_what_was_typed_stays_when_a_correction_is_cancelled(open_view: OpenPage) -> None:
    page = open_view(recording="gate.mp4")
    page.text_input(key="rec-moment").set_value("0:00:10")
    page.text_input(key="rec-shown").set_value("2026-03-02 07:00:47")
    page.text_input(key="rec-why").set_value("slow")
    press(page, "rec-clock-look")
    press(page, "rec-clock-cancel")
    fields = {one.key: one.value for one in page.text_input if one.key in ("rec-moment", "rec-shown", "rec-why")}
    assert fields == {"rec-moment": "0:00:10", "rec-shown": "2026-03-02 07:00:47", "rec-why": "slow"}
    page.radio(key="rec-how").set_value("Add seconds").run()
    page.number_input(key="rec-by").set_value(12.0)
    press(page, "rec-clock-look")
    press(page, "rec-clock-cancel")
    assert page.number_input(key="rec-by").value == 12


def test_an_unknown_start_is_told_by_the_burnt_in_clock_and_unknown_again(
    open_view: OpenPage, workspace: Workspace
) -> None:
    page = open_view(recording="door.mp4")
    press(page, "rec-clock-look")
    assert "Write what the clock in the picture shows" in words_on(page)
    page.text_input(key="rec-moment").set_value("0:01:00")
    page.text_input(key="rec-shown").set_value("2026-03-02 08:01:00+01:00")
    press(page, "rec-clock-look")
    assert "door.mp4 would begin at 2026-03-02 07:00:00 instead of at an unknown time" in words_on(page)
    press(page, "rec-clock-correct")
    (door,) = [row for row in every(workspace.catalogue, "town") if row.name == "door.mp4"]
    assert (door.start, door.start_source) == (START, "stated")
    press(page, "rec-clock-undo")
    (door,) = [row for row in every(workspace.catalogue, "town") if row.name == "door.mp4"]
    assert math.isnan(door.start)
    assert door.start_source is None


def test_a_stopped_analysis_goes_on_or_says_why_not(
    open_view: OpenPage, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = press(open_view(recording="gate.mp4"), "rec-go-on")
    assert "The file of gate.mp4 is not there any more: /film/gate.mp4." in words_on(page)
    started: list[str] = []

    def start(workspace: Workspace, word: str, arguments: Sequence[str], **names: str) -> Path:
        started.append(names["what"])
        return tmp_path

    file = tmp_path / "yard.mp4"
    file.write_bytes(b"film")
    filmed(workspace, name="yard.mp4", camera="yard", path=str(file))
    page = open_view(recording="yard.mp4")
    monkeypatch.setattr(job_kinds, "start", start)
    press(page, "rec-go-on")
    assert started == ["yard.mp4"]


def test_what_a_terminal_analyses_is_not_called_stopped(open_view: OpenPage, workspace: Workspace) -> None:
    (gate,) = [row for row in every(workspace.catalogue, "town") if row.name == "gate.mp4"]
    with under_way(workspace.path, gate.key):
        line = data_of(open_view(), "rec-list")["rows"][1]
        assert (line["state"], line["standing"]) == ("elsewhere", "Being analysed by another program, up to 0:01:00")
        page = open_view(recording="gate.mp4")
        assert "running in another program, up to 0:01:00" in words_on(page)
        assert not {"rec-go-on", "rec-see-job"} & {button.key for button in page.button}
    page = open_view(recording="gate.mp4")
    assert "stopped, up to 0:01:00" in words_on(page)
    assert "rec-go-on" in {button.key for button in page.button}


def test_a_recording_is_deleted_with_a_reason(open_view: OpenPage, workspace: Workspace) -> None:
    page = press(open_view(recording="gate.mp4"), "rec-delete")
    assert "Recording gate.mp4" in words_on(page)
    assert page.button(key="gal-keep").label == "Keep it"
    press(page, "gal-sure")
    assert "Say why this recording is deleted; the receipt keeps it." in words_on(page)
    assert "these crops" not in words_on(page)
    page.text_input(key="gal-purpose").set_value("retention")
    press(page, "gal-sure")
    assert [receipt.crops for receipt in deletion.receipts(workspace)] == [3]
    assert [row.name for row in every(workspace.catalogue, "town")] == ["door.mp4"]
    press(page, "gal-deletion-done")
    assert data_of(page, "rec-list")["rows"][0]["name"] == "door.mp4"
