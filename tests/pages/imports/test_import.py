"""The import wizard without a browser: each state of its three steps, on small made data."""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from reid_core.workspace import jobs
from reid_core.workspace.imports import uploads
from reid_core.workspace.imports.allowed_folders import VARIABLE as ALLOWED
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.imports.uploads import keep_upload, unfinished
from reid_core.workspace.workspace import VARIABLE, Workspace
from tests.conftest import TINY_MODEL, png_bytes, tiny_picture

SCRIPT = """
from pages.components.shared import cached
from pages.components.imports.wizard import draw_import

draw_import(cached.open_workspace())
"""
Open = Callable[..., AppTest]
Started = list[tuple[str, list[str]]]


@pytest.fixture
def open_import(tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Gives `open_import()`: the wizard on the tiny workspace after its first run."""
    monkeypatch.setenv(VARIABLE, str(tiny_workspace.path))
    monkeypatch.delenv(ALLOWED, raising=False)

    def opened(**query: str) -> AppTest:
        st.cache_data.clear()
        page = AppTest.from_string(SCRIPT, default_timeout=30)
        for name, value in query.items():
            page.query_params[name] = value
        return page.run()

    return opened


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """Jobs that would have been started, as (title, arguments): they end at once without a word."""
    found: Started = []

    def start(workspace: Path, word: str, title: str, arguments: list[str]) -> Path:
        found.append((title, list(arguments)))
        return make_job(workspace, "running", title, list(arguments))

    monkeypatch.setattr(jobs, "start_new", start)
    return found


def make_job(
    workspace: Path, status: str, title: str, arguments: list[str], *results: dict[str, object], message: str = ""
) -> Path:
    """A job's folder as the job itself leaves it; "lost" has a process that is no more."""
    folder = workspace / jobs.FOLDER / f"made-{status}"
    folder.mkdir(parents=True, exist_ok=True)
    process = {"process": os.getpid(), "process_started": psutil.Process().create_time()}
    if status == "lost":
        process["process_started"] = 1.0
    job = {"arguments": arguments, "title": title, "started": "2026-03-02T08:00:00Z", **process}
    (folder / "job.json").write_text(json.dumps(job))
    progress = {"status": "running" if status == "lost" else status, "message": message, "stage": "Importing"}
    (folder / "progress.json").write_text(json.dumps({**progress, "done": 3, "total": 12, "seconds_left": 200.0}))
    (folder / "results.jsonl").write_text("".join(json.dumps(result) + "\n" for result in results))
    (folder / "log.txt").write_text("first line\nlast line\n")
    return folder


def words(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))


def look_at(page: AppTest, path: Path) -> AppTest:
    choose_way(page, "path")
    page.text_input(key="gal-import-text").set_value(str(path))
    next(button for button in page.button if button.label == "Look at it").click()
    return page.run()


def choose_way(page: AppTest, value: str) -> None:
    """Press a segment or a pill: there is one group of them."""
    group: Any = page.get("button_group")[0]
    group.set_value(value).run()


def site(folder: Path) -> Path:
    """Two people, each in a folder of her own, two pictures each."""
    for person in ("anna", "ben"):
        for number in range(2):
            (folder / person).mkdir(parents=True, exist_ok=True)
            picture = png_bytes(tiny_picture(len(person), number))
            (folder / person / f"cam{number + 1}_{number}.png").write_bytes(picture)
    return folder


def drop(page: AppTest, *names: str) -> AppTest:
    files = [(name, png_bytes(tiny_picture(7, place)), "image/png") for place, name in enumerate(names)]
    return page.file_uploader[0].set_value(files).run()


def has_button(page: AppTest, key: str) -> bool:
    return key in [button.key for button in page.button]


# --- 1: what ---


def test_all_three_steps_stand_there_from_the_start(open_import: Open) -> None:
    shown = words(open_import())
    assert [title in shown for title in (">What<", ">Check<", ">Go<")] == [True] * 3
    assert "Up to 2 GB" in shown


def test_dropped_pictures_are_written_at_once_and_checked(open_import: Open, tiny_workspace: Workspace) -> None:
    page = drop(open_import(), "a.png", "b.png")
    (upload,) = unfinished(tiny_workspace)
    assert upload.files == 2
    shown = words(page)
    assert "2 files, dropped here" in shown
    assert "nobody is named" in shown
    assert shown.count("<figure") == 2
    assert not [toggle for toggle in page.toggle if "Copy" in toggle.label]  # they are copied in any case
    assert page.text_input(key="gal-choice-name").value == "pictures"


def test_a_dropped_folder_of_people_gives_its_name_and_one_of_pictures_does_not(
    open_import: Open, tiny_workspace: Workspace
) -> None:
    picture = png_bytes(tiny_picture(7, 0))
    for names, name in ((["hall/anna/1.png", "hall/ben/1.png"], "hall"), (["anna/1.png", "anna/2.png"], "pictures")):
        keep_upload(tiny_workspace, [(path, picture) for path in names])
        page = open_import()
        next(button for button in page.button if button.label == "Go on").click().run()
        assert page.text_input(key="gal-choice-name").value == name
        uploads.discard(tiny_workspace, unfinished(tiny_workspace)[0].path)


def test_a_dropped_zip_is_named_and_read(open_import: Open) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("anna/1.png", png_bytes(tiny_picture(1, 0)))
        archive.writestr("ben/1.png", png_bytes(tiny_picture(2, 0)))
    page = open_import()
    page.file_uploader[0].set_value([("night shift.zip", buffer.getvalue(), "application/zip")]).run()
    assert "night shift.zip, dropped here" in words(page)
    assert "2 people" in words(page)
    assert page.text_input(key="gal-choice-name").value == "night-shift"


def test_files_that_cannot_come_together_are_refused_by_a_sentence(
    open_import: Open, tiny_workspace: Workspace
) -> None:
    page = drop(open_import(), "a.png", "b.zip")
    assert "b.zip is an archive beside other files" in words(page)
    assert unfinished(tiny_workspace) == []
    assert "archive beside" not in words(drop(page, "a.png"))


def test_what_was_dropped_before_can_be_taken_up_or_discarded(open_import: Open, tiny_workspace: Workspace) -> None:
    for number in range(2):
        keep_upload(tiny_workspace, [(f"{number}.png", png_bytes(tiny_picture(1, number)))])
    page = open_import()
    assert "not imported yet" in words(page)
    take = [button for button in page.button if button.label == "Go on"]
    discard = [button for button in page.button if button.label == "Discard"]
    assert len(take) == len(discard) == 2
    discard[0].click().run()
    (left,) = unfinished(tiny_workspace)
    next(button for button in page.button if button.label == "Go on").click().run()
    assert "1 file, dropped here" in words(page)
    page.button(key="gal-import-else").click().run()
    assert [upload.path for upload in unfinished(tiny_workspace)] == [left.path]


def test_a_path_that_is_not_there_is_a_sentence_beside_the_field(open_import: Open, tmp_path: Path) -> None:
    page = look_at(open_import(), tmp_path / "nowhere")
    assert f"There is no folder or file {tmp_path / 'nowhere'}" in words(page)
    assert "gal-import-text" in [field.key for field in page.text_input]


def test_an_empty_path_is_asked_for(open_import: Open) -> None:
    page = open_import()
    choose_way(page, "path")
    next(button for button in page.button if button.label == "Look at it").click()
    assert "Write the path" in words(page.run())


def test_a_path_outside_the_allowed_folders_is_refused(
    open_import: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_import()
    monkeypatch.setenv(ALLOWED, str(tmp_path / "allowed"))
    page = look_at(page, site(tmp_path / "elsewhere"))
    assert "not in a folder that may be imported from" in words(page)
    assert f"It must lie in {tmp_path / 'allowed'}" in words(page)


def test_an_empty_list_of_folders_switches_paths_off(open_import: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALLOWED, "")
    page = open_import()
    choose_way(page, "path")
    assert "Imports by path are switched off" in words(page)
    assert not page.text_input


# --- 2: check ---


def test_what_was_recognised_is_said_in_words_with_pictures(open_import: Open, tmp_path: Path) -> None:
    folder = site(tmp_path / "hall")
    (folder / "phone.heic").write_bytes(b"x")
    page = look_at(open_import(), folder)
    shown = words(page)
    for part in ("A folder for each person", "2 people", "camera 1, camera 2", "HEIC pictures cannot be read"):
        assert part in shown
    assert shown.count("data:image/jpeg;base64,") == 4
    assert page.text_input(key="gal-choice-name").value == "hall"
    assert "must stay there" in shown
    assert "Everybody can be searched for" in shown


def test_a_picture_that_cannot_be_decoded_says_so_in_its_place(open_import: Open, tmp_path: Path) -> None:
    folder = site(tmp_path / "hall")
    (folder / "anna" / "cut.png").write_bytes(png_bytes(tiny_picture(1, 0))[:60])
    assert "it is damaged or cut short" in words(look_at(open_import(), folder))


def test_what_holds_no_pictures_is_a_sentence_and_cannot_be_started(open_import: Open, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    page = look_at(open_import(), tmp_path / "empty")
    assert "holds no pictures" in words(page)
    assert not has_button(page, "gal-import-start")


def test_files_that_vanish_meanwhile_are_a_sentence(open_import: Open, tmp_path: Path) -> None:
    page = look_at(open_import(), site(tmp_path / "hall"))
    (tmp_path / "hall").rename(tmp_path / "moved")
    page.run()
    assert "The files are gone" in words(page)
    assert not page.exception


def test_a_folder_that_is_chosen_again_is_looked_at_anew(open_import: Open, tmp_path: Path) -> None:
    folder = site(tmp_path / "hall")
    page = look_at(open_import(), folder)
    assert words(page).count("<figure") == 4
    (folder / "anna" / "new.png").write_bytes(png_bytes(tiny_picture(1, 5)))
    page.button(key="gal-import-else").click().run()
    assert words(look_at(page, folder)).count("<figure") == 5


def test_a_wrong_pattern_is_said_beside_it_while_the_pictures_stay(open_import: Open, tmp_path: Path) -> None:
    page = look_at(open_import(), site(tmp_path / "hall"))
    page.text_input(key="gal-choice-pattern").set_value("cam(").run()
    assert "The pattern cannot be used" in words(page)
    assert words(page).count("<figure") == 4
    assert not has_button(page, "gal-import-start")
    page.text_input(key="gal-choice-pattern").set_value(r"_(\d)\.png").run()
    assert "The pattern cannot be used" not in words(page)
    assert "camera 0, camera 1" in words(page)  # cam1_0.png: the number at the end, no longer that behind "cam"
    assert has_button(page, "gal-import-start")


def test_people_can_be_told_by_a_pattern_and_the_import_is_given_it(
    open_import: Open, tmp_path: Path, started: Started
) -> None:
    folder = tmp_path / "hall"
    folder.mkdir()
    for place, name in enumerate(("07_a", "07_b", "08_a", "08_b")):
        (folder / f"{name}.png").write_bytes(png_bytes(tiny_picture(place, 1)))
    page = look_at(open_import(), folder)
    assert "nobody is named" in words(page)
    assert "the names look like PERSON_…: 07 and 08" in words(page)
    assert "Person from the path" in words(page)
    page.text_input(key="gal-choice-person").set_value("(").run()
    assert "The pattern cannot be used" in words(page)
    page.text_input(key="gal-choice-person").set_value(r"pid(\d+)").run()
    assert "finds nobody in 4 paths" in words(page)
    assert not has_button(page, "gal-import-start")
    page.text_input(key="gal-choice-person").set_value(r"^(\d+)_").run()
    assert "2 people" in words(page)
    assert "PERSON_" not in words(page)
    page.button(key="gal-import-start").click().run()
    (_, arguments) = started[0]
    assert r"--identity-pattern=^(\d+)_" in arguments


def test_odd_people_are_asked_about_before_anything_is_imported(open_import: Open, tmp_path: Path) -> None:
    for place, person in enumerate(("north/1", "north/2", "north/3", "south/1", "south/2", "south/3")):
        (tmp_path / "hall" / person).mkdir(parents=True)
        (tmp_path / "hall" / person / "a.png").write_bytes(png_bytes(tiny_picture(place, 1)))
    page = look_at(open_import(), tmp_path / "hall")
    assert "Please check" in words(page)
    assert "Their folders hold 1, 2 and 3: are those the people?" in words(page)


def test_whole_frames_are_refused_on_the_page_with_what_to_choose(open_import: Open, tmp_path: Path) -> None:
    folder = tmp_path / "scene"
    (folder / "img1").mkdir(parents=True)
    (folder / "gt").mkdir()
    for number in (1, 2):
        (folder / "img1" / f"{number}.png").write_bytes(png_bytes(tiny_picture(number, 1)))
    (folder / "gt" / "gt.txt").write_text("1,1,1,1,3,3,1,1,1.0\n")
    page = look_at(open_import(), folder)
    assert "whole frames, not crops of one person: gt/gt.txt" in words(page)
    assert "choose the format “Pictures only” or “A folder for each person”" in words(page)
    page.selectbox(key="gal-choice-format").select("flat").run()
    assert words(page).count("<figure") == 2


def test_a_wrong_format_is_said_beside_it_and_the_last_good_preview_stays(open_import: Open, tmp_path: Path) -> None:
    page = look_at(open_import(), site(tmp_path / "hall"))
    page.selectbox(key="gal-choice-format").select("market1501").run()
    assert "It is not in this format" in words(page)
    assert words(page).count("<figure") == 4
    page.selectbox(key="gal-choice-format").select("flat").run()
    assert "nobody is named" in words(page)


def test_the_columns_of_a_table_can_be_named(open_import: Open, tmp_path: Path, started: Started) -> None:
    folder = site(tmp_path / "hall")
    for place, file in enumerate(sorted(folder.rglob("*.png"))):
        file.rename(folder / f"{place}.png")
    rows = "".join(f"{place}.png,person-{place},tor\n" for place in range(3))
    rows += "8.png,person-0,tor\n9.png,person-0,tor\n"  # so few are there that no column is guessed
    (folder / "liste.csv").write_text(f"Abb,Wer,Camera\n{rows}", encoding="utf-8")
    page = look_at(open_import(), folder)
    assert "Say which column names the picture" in words(page)
    assert page.button(key="gal-import-start").label == "Import 4 crops without the table"
    assert page.selectbox(key="gal-choice-camera").value == "Camera"
    page.selectbox(key="gal-choice-image").select("Abb").run()
    page.selectbox(key="gal-choice-identity").select("Wer").run()
    assert "3 people" in words(page)
    page.selectbox(key="gal-choice-camera").select("").run()
    assert "camera unknown" in words(page)
    page.button(key="gal-import-start").click().run()
    (_, arguments) = started[0]
    assert {"--column=image=Abb", "--column=identity=Wer", "--column=camera="} <= set(arguments)


def test_a_gallery_name_that_cannot_be_used_is_said_beside_it(open_import: Open, tmp_path: Path) -> None:
    page = look_at(open_import(), site(tmp_path / "hall"))
    for name, said in (("a b", "cannot name a gallery"), ("", "cannot name a gallery"), ("tiny", "already")):
        page.text_input(key="gal-choice-name").set_value(name).run()
        assert said in words(page)
        assert not has_button(page, "gal-import-start")


def test_the_model_of_the_gallery_is_offered_first_with_its_terms(open_import: Open, tmp_path: Path) -> None:
    page = look_at(open_import(), site(tmp_path / "hall"))
    page.selectbox(key="gal-choice-gallery").select("tiny").run()
    assert page.selectbox(key="gal-choice-model-tiny").value == TINY_MODEL
    assert "Free for any use" in words(page)
    page.selectbox(key="gal-choice-model-tiny").select("Not now").run()
    assert "not searched until it is embedded" in words(page)


# --- 3: go ---


def test_the_choices_become_the_command(open_import: Open, tmp_path: Path, started: Started) -> None:
    folder = site(tmp_path / "hall")
    page = look_at(open_import(), folder)
    page.selectbox(key="gal-choice-gallery").select("tiny").run()
    page.toggle(key="gal-choice-copy").set_value(True).run()
    page.selectbox(key="gal-choice-zone").select("Europe/London").run()
    page.slider(key="gal-choice-share").set_value(50).run()
    page.button(key="gal-import-start").click().run()
    title, arguments = started[0]
    assert title == "Import hall into tiny"
    assert arguments[:2] == ["import", str(folder.resolve())]
    assert set(arguments[2:]) == {
        "--gallery=tiny", "--train-share=0.5", "--time-zone=Europe/London", "--copy", f"--index-with={TINY_MODEL}",
    }  # fmt: skip
    assert "3 of 12" in words(page)
    assert "about 3 min left" in words(page)


def test_a_finished_import_says_what_it_did_and_is_there_after_a_reload(
    open_import: Open, tiny_workspace: Workspace
) -> None:
    report = tiny_workspace.path / "reports" / "1.csv"
    report.parent.mkdir()
    report.write_text("path,reason\ncut.jpg,it is damaged\n")
    result: dict[str, object] = {
        "gallery": "tiny",
        "added": 12,
        "already": 0,
        "differing": 2,
        "duplicates": 5,
        "left_out": 1,
    }
    result |= {"skipped": [{"path": "<b>cut.jpg", "reason": "it is damaged"}], "report": str(report)}
    result |= {"flaws": {"blurred": 3, "dark": 1, "small": 0, "alike": 2}}
    folder = make_job(tiny_workspace.path, "finished", "Import hall into tiny", ["import", "/x"], result)
    shown = words(page := open_import(**{"import": folder.name}))
    for part in ("<b>12</b><span>added", "<b>1</b><span>left out", "<b>5</b><span>duplicates", "2 crops have other"):
        assert part in shown
    assert "Of 12 crops 3 are blurred, 1 is dark, 2 look like another picture of the gallery." in shown
    assert "&lt;b&gt;cut.jpg" in shown
    downloads: Any = page.get("download_button")
    assert [button.label for button in downloads] == ["Download the whole list"]
    assert has_button(page, "gal-import-search")
    assert has_button(page, "gal-import-browse")
    page.button(key="gal-import-more").click().run()
    assert page.file_uploader


@pytest.mark.parametrize(
    ("status", "said", "button"),
    [("failed", "The disk is full", "Try again"), ("stopped", "is kept", "Go on"), ("lost", "Interrupted", "Go on")],
)
def test_an_import_that_did_not_finish_says_so_and_goes_on(
    open_import: Open, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, status: str, said: str, button: str
) -> None:
    again: list[tuple[Path, list[str]]] = []
    monkeypatch.setattr(jobs, "start", lambda folder, arguments, *rest: again.append((folder, list(arguments))))
    command = ["import", "/srv/x", "--gallery=hall"]
    folder = make_job(tiny_workspace.path, status, "Import x into hall", command, message="The disk is full. Free it.")
    page = open_import(**{"import": folder.name})
    assert said in words(page)
    assert "last line" in page.code[0].value
    next(found for found in page.button if found.label == button).click().run()
    assert again == [(folder, command)]


def test_a_new_visit_finds_the_import_that_runs(open_import: Open, tiny_workspace: Workspace) -> None:
    make_job(tiny_workspace.path, "running", "Import hall into tiny", ["import", "/srv/hall", "--gallery=tiny"])
    page = open_import()
    assert "Import hall into tiny" in words(page)
    assert page.get("file_uploader"), "another import can be started meanwhile"
    next(button for button in page.button if button.label == "See it").click().run()
    assert "3 of 12" in words(page)
    stopped = [button for button in page.button if button.label == "Stop"]
    assert len(stopped) == 1


def test_an_import_of_dropped_pictures_from_start_to_end(open_import: Open, tiny_workspace: Workspace) -> None:
    page = drop(open_import(), "a.png", "b.png", "c.png")
    page.text_input(key="gal-choice-name").set_value("door").run()
    page.selectbox(key="gal-choice-model-A new gallery").select(TINY_MODEL).run()
    page.button(key="gal-import-start").click().run()
    deadline = time.monotonic() + 60
    while any(job.progress.status == "running" for job in jobs.all_jobs(tiny_workspace.path)):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    page.run()
    assert "<b>3</b><span>added" in words(page)
    assert f"3 crops of the gallery embedded by {TINY_MODEL}" in words(page)
    assert has_button(page, "gal-import-search")
    info = tiny_workspace.catalogue.gallery("door")
    assert (info.crops, info.models[0][2]) == (3, 3)
    assert info.splits == {"gallery": 3}
    assert unfinished(tiny_workspace) == []


def test_without_embedding_it_is_offered_afterwards(
    open_import: Open, tiny_workspace: Workspace, tmp_path: Path, started: Started
) -> None:
    from reid_core.datasets import read_dataset
    from reid_core.signals import StopRequest

    import_dataset(tiny_workspace, read_dataset(site(tmp_path / "hall")), "hall", stop=StopRequest())
    result = {
        "gallery": "hall",
        "added": 4,
        "already": 0,
        "differing": 0,
        "duplicates": 0,
        "left_out": 0,
        "skipped": [],
    }
    command = ["import", str(tmp_path), "--gallery=hall"]
    folder = make_job(tiny_workspace.path, "finished", "Import hall into hall", command, result)
    page = open_import(**{"import": folder.name})
    assert not has_button(page, "gal-import-search")
    page.selectbox(key="gal-import-embed-model").select(TINY_MODEL).run()
    page.button(key="gal-import-embed").click().run()
    assert started == [(f"Embed hall with {TINY_MODEL}", ["index", "hall", f"--model={TINY_MODEL}"])]
