"""Step 3 of an import: it is started, runs, and says what it did."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from pages.components.shared.chosen_gallery import ChosenGallery
from pages.components.shared.session import key_of
from reid_core.errors import ReidError
from reid_core.workspace import job_kinds, jobs
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.imports.uploads import unfinished
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_MODEL
from tests.pages.imports.import_page import Open, Started, drop, has_button, look_at, make_job, site, words


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


def test_an_import_that_cannot_be_started_says_why_and_keeps_the_choices(
    open_import: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: Any, **named: Any) -> Path:
        raise ReidError("Another one is under way.")

    monkeypatch.setattr(job_kinds, "start", refuse)
    page = look_at(open_import(), site(tmp_path / "hall"))
    page.button(key="gal-import-start").click().run()
    assert "<b>The import could not be started</b><p>Another one is under way.</p>" in words(page)
    assert has_button(page, "gal-import-start")
    assert "could not be started" not in words(page.run())


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


def test_a_gallery_whose_import_failed_is_not_waited_for(open_import: Open, tiny_workspace: Workspace) -> None:
    command = ["import", "/srv/x", "--gallery=hall"]
    page = open_import(**{"import": make_job(tiny_workspace.path, "running", "Import x into hall", command).name})
    page.session_state[key_of(ChosenGallery)] = ChosenGallery(coming="hall")
    assert page.run().session_state[key_of(ChosenGallery)].coming == "hall"
    page = open_import(**{"import": make_job(tiny_workspace.path, "failed", "Import x into hall", command).name})
    page.session_state[key_of(ChosenGallery)] = ChosenGallery(coming="hall")
    assert page.run().session_state[key_of(ChosenGallery)].coming is None


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
