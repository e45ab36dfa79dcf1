"""Recordings on the import view: their cards, what is asked, and the job that analyses them."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from reid_core.cli.shared.options import REPORTER
from reid_core.workspace import jobs
from reid_core.workspace.imports.uploads import unfinished
from reid_core.workspace.imports.video.tables import TableRow, read_recording_table
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_MODEL, png_bytes, tiny_picture
from tests.pages.imports.import_page import Open, has_button, look_at, make_job, words
from tests.support.films import film
from tests.support.walkers import SECONDS, WALKERS, ColourDetector, filmed, picture_of

Launched = list[tuple[Path, list[str], str]]


@pytest.fixture(scope="session")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filmed(tmp_path_factory.mktemp("films") / "gate_2026-03-02T08-30-00Z.mp4", WALKERS, SECONDS)


@pytest.fixture(autouse=True)
def detector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reid_core.video.detection.load_detector", lambda folder, *, threads=1: ColourDetector())


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> Launched:
    """Jobs that would have been started, as (folder, arguments, title)."""
    found: Launched = []

    def start(folder: Path, arguments: list[str], workspace: Path, title: str = "") -> None:
        found.append((folder, list(arguments), title))
        make_job(workspace, "running", title, list(arguments)).rename(folder.with_name("made"))
        for file in folder.with_name("made").iterdir():
            shutil.move(file, folder)

    monkeypatch.setattr(jobs, "start", start)
    return found


def field(page: AppTest, kind: str, label: str, place: int = 0) -> Any:
    fields: Any = page.get(kind)
    return [one for one in fields if one.label == label][place]


def rows_of(launched: Launched) -> list[TableRow]:
    rows, skipped = read_recording_table(launched[0][0] / "recordings.csv")
    assert skipped == []
    return rows


def press(page: AppTest) -> AppTest:
    return page.button(key="gal-import-start").click().run()


def test_a_recording_has_a_card_with_its_picture_people_camera_and_start(open_import: Open, street: Path) -> None:
    page = look_at(open_import(), street)
    shown = words(page)
    assert street.name in shown
    assert "0:00:10 · 320 × 180 · 5 frames a second · H.264" in shown
    assert "1 person at 0:00:00" in shown  # of two walkers the second comes after two seconds
    assert shown.count("data:image/jpeg;base64,") == 1
    assert field(page, "text_input", "Camera").value == "gate"
    began = field(page, "selectbox", "Began")
    assert began.value == "name"
    assert began.options == [
        "2026-03-02 08:30:00 UTC, from the file’s name",
        next(one for one in began.options if "the file’s date minus its length" in one),
        "Another moment",
        "Unknown: its crops get no time",
    ]
    assert "1 recording, 0:00:10 of video, for the new gallery gate" in shown
    assert "It takes about" in shown


def test_the_files_own_date_stands_beside_the_start_and_is_not_taken_for_its_source(
    open_import: Open, street: Path, tmp_path: Path
) -> None:
    path = Path(shutil.copy(street, tmp_path / street.name))
    copied = datetime(2026, 3, 3, 8, 30, tzinfo=UTC).timestamp() + SECONDS
    os.utime(path, (copied, copied))
    shown = words(look_at(open_import(), path))
    said = "own date minus its length says 2026-03-03 08:30:00 UTC, 1 d later; copying changes it, so it is not used."
    assert said in shown
    assert "2026-03-03T" not in shown
    assert "modification time" not in shown


def test_a_start_without_a_time_zone_does_not_stand_under_nothing_says_it(
    open_import: Open, street: Path, tmp_path: Path
) -> None:
    path = Path(shutil.copy(street, tmp_path / "yard_2026-03-02T08-30-00.mp4"))
    os.utime(path, (0, 0))
    shown = words(look_at(open_import(), path))
    assert "The name says 2026-03-02 08:30:00 without a time zone." in shown
    assert "Nothing says when it began" not in shown


def test_the_choices_become_a_table_and_a_command(open_import: Open, street: Path, launched: Launched) -> None:
    page = look_at(open_import(), street)
    field(page, "text_input", "Camera").set_value("north").run()
    page.slider[0].set_value(3).run()
    page.selectbox(key="gal-choice-gallery").select("tiny").run()
    press(page)
    ((folder, arguments, title),) = launched
    assert title == f"Analyse {street.name} into tiny"
    assert arguments[:2] == ["video", f"--table={folder / 'recordings.csv'}"]
    assert set(arguments[2:]) == {"--gallery=tiny", "--fps=3", "--detector=nanodet", f"--index-with={TINY_MODEL}"}
    assert rows_of(launched) == [TableRow(street, "north", "name", None, None, 2)]
    assert "No tracklet yet" in words(page)


def test_sources_that_do_not_agree_are_shown_and_another_moment_can_be_stated(
    open_import: Open, tmp_path: Path, launched: Launched
) -> None:
    pictures = [picture_of(WALKERS, number / 5) for number in range(20)]
    path = film(tmp_path / "gate_2026-03-02T08-30-00Z.mp4", pictures, rate=5, created="2026-03-02T10:30:00Z")
    page = look_at(open_import(), path)
    assert "Its sources do not agree when it began" in words(page)
    assert (
        "Inside the file is written 2026-03-02 10:30:00 UTC, 2 h later, whole hours: one of them may be in another"
        in words(page)
    )
    field(page, "selectbox", "Began").select("stated").run()
    assert "Write when its first frame was filmed" in words(page)
    assert not has_button(page, "gal-import-start")
    moment = "Date, time and zone of the first frame"
    field(page, "text_input", moment).set_value("2026-03-02T09:00").run()
    assert "has no time zone" in words(page)
    page.selectbox(key="gal-choice-video-zone").select("Europe/Berlin").run()
    press(page)
    assert rows_of(launched) == [TableRow(path, "gate", "2026-03-02T09:00", "Europe/Berlin", None, 2)]


def test_a_start_in_the_future_is_refused_before_anything_is_started(open_import: Open, street: Path) -> None:
    page = look_at(open_import(), street)
    field(page, "selectbox", "Began").select("stated").run()
    later = datetime.fromtimestamp(time.time() + 9999, UTC).isoformat(timespec="seconds")
    moment = "Date, time and zone of the first frame"
    field(page, "text_input", moment).set_value(later).run()
    assert "lies in the future" in words(page)
    assert not has_button(page, "gal-import-start")


def test_a_camera_that_nothing_names_is_asked_for(
    open_import: Open, tmp_path: Path, street: Path, launched: Launched
) -> None:
    path = tmp_path / "2026-03-02" / "20260302_083000.mp4"
    path.parent.mkdir()
    shutil.copyfile(street, path)
    page = look_at(open_import(), path.parent)
    assert "Nothing says which camera filmed it" in words(page)
    assert "without a time zone" in words(page)
    assert not has_button(page, "gal-import-start")
    field(page, "text_input", "Camera").set_value("yard").run()
    page.selectbox(key="gal-choice-video-zone").select("Europe/Berlin").run()
    field(page, "selectbox", "Began").select("name").run()
    press(page)
    assert rows_of(launched) == [TableRow(path, "yard", "name", "Europe/Berlin", None, 2)]


def test_of_several_files_a_bad_one_is_named_and_the_others_go_on(
    open_import: Open, tmp_path: Path, street: Path, launched: Launched
) -> None:
    folder = tmp_path / "night"
    for name in ("gate_2026-03-02T08-30-00Z.mp4", "door_2026-03-02T08-30-00Z.mp4", "gate_2026-03-02T08-30-05Z.mp4"):
        (folder / "x").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(street, folder / name)
    (folder / "x" / "broken.mp4").write_bytes(b"no film")
    page = look_at(open_import(), folder)
    shown = words(page)
    assert "x/broken.mp4" in shown
    assert "is not a video that can be read here" in shown
    assert "It would overlap with gate_2026-03-02T08-30-00Z.mp4" in shown
    assert page.button(key="gal-import-start").label == "Analyse 2 of 3 recordings"
    [box for box in page.checkbox if box.label == "Bring it in"][1].uncheck().run()  # by name: the door's is the first
    assert page.button(key="gal-import-start").label == "Analyse 2 of 3 recordings"
    assert "It would overlap" not in words(page)
    field(page, "text_input", "One camera for all").set_value("hall").run()
    assert "It would overlap" in words(page)
    field(page, "text_input", "One camera for all").set_value("").run()
    press(page)
    assert [row.path.name for row in rows_of(launched)] == [
        "door_2026-03-02T08-30-00Z.mp4", "gate_2026-03-02T08-30-05Z.mp4",
    ]  # fmt: skip
    assert launched[0][2] == "Analyse 2 recordings into night"


def test_what_is_no_recording_is_a_sentence_and_cannot_be_started(open_import: Open, tmp_path: Path) -> None:
    (tmp_path / "gate.mp4").write_bytes(b"no film")
    page = look_at(open_import(), tmp_path / "gate.mp4")
    assert "is not a video that can be read here" in words(page)
    assert not has_button(page, "gal-import-start")


def test_of_a_folder_with_recordings_and_pictures_one_of_the_two_is_taken(
    open_import: Open, tmp_path: Path, street: Path
) -> None:
    folder = tmp_path / "hall"
    folder.mkdir()
    shutil.copyfile(street, folder / street.name)
    for number in range(2):
        (folder / f"{number}.png").write_bytes(png_bytes(tiny_picture(number, 0)))
    page = look_at(open_import(), folder)
    assert "It holds 1 recording and 2 pictures." in words(page)
    assert words(page).count("<figure") == 2
    assert page.button(key="gal-import-start").label == "Import 2 crops"
    choice: Any = page.get("button_group")[-1]
    choice.set_value("recordings").run()
    assert page.button(key="gal-import-start").label == "Analyse 1 recording"


def test_a_dropped_recording_is_kept_and_its_date_is_not_taken_for_its_start(
    open_import: Open, tiny_workspace: Workspace, street: Path, launched: Launched
) -> None:
    page = open_import()
    page.file_uploader[0].set_value([("gate.mp4", street.read_bytes(), "video/mp4")]).run()
    (upload,) = unfinished(tiny_workspace)
    assert "1 file, dropped here" in words(page)
    page.selectbox(key="gal-choice-video-zone").select("UTC").run()
    assert "The name says" not in words(page)  # the folder of an upload is called by the time of the upload
    assert field(page, "selectbox", "Began").options == [
        "Another moment", "Unknown: its crops get no time",
    ]  # fmt: skip
    assert "Nothing says when it began" in words(page)
    assert not [toggle for toggle in page.toggle if "copy" in toggle.label]
    press(page)
    assert rows_of(launched) == [TableRow(upload.path / "gate.mp4", "gate", "unknown", "UTC", None, 2)]


def test_an_analysis_runs_fills_the_gallery_and_says_what_it_found(
    open_import: Open, tiny_workspace: Workspace, street: Path, run_command: Callable[..., object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def start(folder: Path, arguments: list[str], workspace: Path, title: str = "") -> None:
        """The command itself, in this process: its detector is the one of these tests."""
        made = make_job(workspace, "running", title, list(arguments))
        for file in made.iterdir():
            shutil.move(file, folder)
        made.rmdir()
        monkeypatch.setattr(REPORTER, "_folder", folder)
        run_command(workspace, *arguments)
        REPORTER.end("finished")

    monkeypatch.setattr(jobs, "start", start)
    page = look_at(open_import(), street)
    page.text_input(key="gal-choice-name").set_value("town").run()
    page.selectbox(key="gal-choice-model-A new gallery").select(TINY_MODEL).run()
    press(page)
    shown = words(page)
    assert "<b>1</b><span>recording</span>" in shown
    assert "<b>2</b><span>tracklets</span>" in shown
    assert has_button(page, "gal-import-search")
    assert has_button(page, "gal-import-browse")
    assert tiny_workspace.catalogue.gallery("town").crops > 0
    assert os.path.exists(street)


def test_a_finished_analysis_is_told_in_a_sentence_and_has_no_empty_columns(
    open_import: Open, tiny_workspace: Workspace
) -> None:
    one: dict[str, object] = {
        "camera": "gate", "start": None, "tracklets": 3, "crops": 9, "already": False, "stopped": False,
        "analysed": 65.0, "problems": [],
    }  # fmt: skip
    result: dict[str, object] = {
        "gallery": "town", "clocks": [], "left_out": 0, "skipped": [],
        "recordings": [{"recording": "gate", **one}, {"recording": "door", **one, "camera": "door"}],
    }  # fmt: skip
    folder = make_job(tiny_workspace.path, "finished", "Analyse 2 recordings into town", ["video"], result)
    shown = words(open_import(**{"import": folder.name}))
    assert "2 recordings analysed: 6 tracklets with 18 crops of 2 cameras are now in gallery town." in shown
    assert "Began (UTC)" in shown
    assert "What to know" not in shown


@pytest.mark.parametrize(("status", "button"), [("stopped", "Go on"), ("lost", "Go on"), ("failed", "Try again")])
def test_an_analysis_that_ended_early_goes_on_with_the_same_table(
    open_import: Open, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, status: str, button: str
) -> None:
    again: list[list[str]] = []
    monkeypatch.setattr(jobs, "start", lambda folder, arguments, *rest: again.append(list(arguments)))
    command = ["video", "--table=/srv/recordings.csv", "--gallery=town", "--index-with=m"]
    result: dict[str, object] = {
        "gallery": "town", "clocks": [], "left_out": 1,
        "skipped": [{"path": "row 3: /x/cut.mp4", "reason": "cut short"}],
        "recordings": [
            {"recording": "gate", "camera": "gate", "start": None, "tracklets": 3, "crops": 9, "already": False,
             "stopped": True, "analysed": 65.0, "problems": ["2 frames may show damage."]},
        ],
    }  # fmt: skip
    folder = make_job(
        tiny_workspace.path, status, "Analyse 2 recordings into town", command, result, message="No room."
    )
    page = open_import(**{"import": folder.name})
    shown = words(page)
    for part in (
        "2 recordings",
        "<b>3</b><span>tracklets",
        "<b>1</b><span>left out",
        "Stopped at 0:01:05.",
        "cut short",
    ):
        assert part in shown
    assert "2 frames may show damage." in shown
    next(one for one in page.button if one.label == button).click().run()
    assert again == [command]
