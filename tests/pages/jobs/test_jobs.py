"""The list of jobs and the history without a browser: each state of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from reid_core.workspace import jobs
from reid_core.workspace.catalogue.audit import Export, Search
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion import deletion, holds
from reid_core.workspace.workspace import VARIABLE, Workspace
from tests.conftest import TINY_GALLERY
from tests.pages.imports.import_page import choose_way, has_button, make_job, words

SCRIPT = """
from pages.components.shared import cached
from pages.components.{module} import {name}

{name}(cached.open_workspace())
"""
MODULES = {"draw_jobs": "jobs.job_list", "draw_history": "audit.history"}
Open = Callable[[str], AppTest]
IMPORTED: dict[str, object] = {
    "gallery": "tiny",
    "added": 12,
    "already": 0,
    "differing": 0,
    "duplicates": 0,
    "left_out": 2,
    "skipped": [],
}


@pytest.fixture
def open_view(tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Gives `open_view("draw_jobs")`: that component on the tiny workspace after its first run."""
    monkeypatch.setenv(VARIABLE, str(tiny_workspace.path))

    def opened(name: str) -> AppTest:
        st.cache_data.clear()
        return AppTest.from_string(SCRIPT.format(module=MODULES[name], name=name), default_timeout=90).run()

    return opened


def _labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


# --- jobs ---


def test_a_workspace_without_jobs_says_what_would_stand_here(open_view: Open) -> None:
    assert "No job has run here yet" in words(open_view("draw_jobs"))


def test_what_runs_stands_on_top_with_its_progress_and_can_be_stopped(
    open_view: Open, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(jobs, "stop", asked.append)
    make_job(tiny_workspace.path, "finished", "Import yard", ["import", "/y"], IMPORTED)
    folder = make_job(tiny_workspace.path, "running", "Import hall", ["import", "/x"])
    page = open_view("draw_jobs")
    shown = words(page)
    assert "1 job running" in shown
    assert shown.index("Import hall") < shown.index("Import yard")
    for part in ("3 of 12", "about 3 min left", 'aria-valuenow="25"'):
        assert part in shown
    next(button for button in page.button if button.label == "Stop").click().run()
    assert asked == [folder]
    assert "It stops after this step" in words(page)


def test_a_job_without_progress_for_minutes_says_so_and_promises_no_end(
    open_view: Open, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_job(tiny_workspace.path, "running", "Import hall", ["import", "/x"])
    shown = words(open_view("draw_jobs"))
    assert "no progress" not in shown.lower()
    written = (folder / "progress.json").stat().st_mtime
    clock = SimpleNamespace(time=lambda: written + 250, monotonic=lambda: 0.0)
    monkeypatch.setattr("reid_core.workspace.jobs.time", clock)
    shown = words(open_view("draw_jobs"))
    assert "No progress for 4 minutes." in shown
    assert "min left" not in shown


def test_ended_jobs_say_how_and_what_they_did(open_view: Open, tiny_workspace: Workspace) -> None:
    make_job(tiny_workspace.path, "finished", "Import <i>yard</i>", ["import", "/y"], IMPORTED)
    page = open_view("draw_jobs")
    shown = words(page)
    assert "12 added, 2 left out" in shown
    assert "Import &lt;i&gt;yard" in shown
    assert "last line" in page.code[0].value
    assert _labels(page) == ["Remove from the list"]


def test_an_evaluation_says_what_it_measured_and_can_be_opened(open_view: Open, tiny_workspace: Workspace) -> None:
    measured: dict[str, object] = {"evaluations": [{"gallery_name": "tiny", "model": "reference", "mAP": 0.6321}]}
    make_job(tiny_workspace.path, "finished", "Evaluate reference on tiny", ["evaluate", "tiny"], measured)
    page = open_view("draw_jobs")
    assert not page.exception
    assert "reference on tiny: mAP 63.2 %" in words(page)


def test_a_job_that_keeps_nothing_says_that_it_begins_anew(open_view: Open, tiny_workspace: Workspace) -> None:
    make_job(tiny_workspace.path, "stopped", "Look at labels of tiny", ["examine", "tiny"])
    shown = words(open_view("draw_jobs"))
    assert "begins anew" in shown
    assert "is kept" not in shown


@pytest.mark.parametrize(
    ("status", "said", "button"),
    [("failed", "No such model", "Try again"), ("stopped", "goes on from there", "Go on"), ("lost", "word", "Go on")],
)
def test_a_job_that_did_not_finish_goes_on_in_its_own_folder_with_its_own_title(
    open_view: Open, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, status: str, said: str, button: str
) -> None:
    again: list[tuple[object, ...]] = []
    monkeypatch.setattr(jobs, "start", lambda *arguments: again.append(arguments))
    folder = make_job(tiny_workspace.path, status, "Train it", ["train", "--gallery=tiny"], message="No such model.")
    page = open_view("draw_jobs")
    assert said in words(page)
    next(found for found in page.button if found.label == button).click().run()
    assert again == [(folder, ["train", "--gallery=tiny"], tiny_workspace.path, "Train it")]


def test_a_job_is_removed_from_the_list(open_view: Open, tiny_workspace: Workspace) -> None:
    folder = make_job(tiny_workspace.path, "failed", "Import hall", ["import", "/x"])
    page = open_view("draw_jobs")
    page.button(key=f"gal-forget-{folder.name}").click().run()
    assert not folder.exists()
    assert "No job has run here yet" in words(page)


def test_an_upload_that_is_all_imported_has_nothing_to_go_on_with(open_view: Open, tiny_workspace: Workspace) -> None:
    gone = str(tiny_workspace.incoming / "20260101T000000-abcdef")
    make_job(tiny_workspace.path, "stopped", "Import 3 pictures", ["import", gone, "--gallery=tiny"], IMPORTED)
    assert _labels(open_view("draw_jobs")) == ["Remove from the list"]


def test_many_old_jobs_are_shown_when_asked_for(open_view: Open, tiny_workspace: Workspace) -> None:
    for number in range(25):
        made = make_job(tiny_workspace.path, "finished", f"Job {number:02d} of many", ["list"])
        made.rename(made.with_name(f"old-{number}"))
    page = open_view("draw_jobs")
    assert words(page).count("of many") == 20
    page.button(key="gal-jobs-older").click().run()
    assert words(page).count("of many") == 25


# --- history ---


def test_an_empty_history_says_so_three_times(open_view: Open) -> None:
    shown = words(open_view("draw_history"))
    for part in ("Nothing was deleted yet", "Nothing is held", "Nothing is logged yet"):
        assert part in shown


def test_the_log_shows_what_a_line_tells_until_it_is_deleted(open_view: Open, tiny_workspace: Workspace) -> None:
    tiny_workspace.catalogue.log(Search(purpose="for anna", gallery=TINY_GALLERY, photos=("ab" * 32,), hits=7))
    shown = words(open_view("draw_history"))
    assert "for anna" in shown
    assert "Searched gallery tiny with 1 photo (abababababab…): 7 hits." in shown
    deletion.delete(tiny_workspace, TINY_GALLERY, Selection(), "over")
    shown = words(open_view("draw_history"))
    assert "anna" not in shown
    assert "Searched gallery tiny: 7 hits. Its personal fields were deleted." in shown


def test_receipts_are_listed_and_one_is_downloaded_as_json(
    open_view: Open, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[str] = []  # AppTest keeps no files that a button hands out
    monkeypatch.setattr(st, "download_button", lambda label, data, *rest, **options: handed.append(data))
    for person in ("1", "2"):
        where = Selection(identities=frozenset({person}), cameras=frozenset({"hall"}))
        deletion.delete(tiny_workspace, TINY_GALLERY, where, f"asked by <{person}>")
    page = open_view("draw_history")
    shown = words(page)
    assert "2 receipts" in shown
    assert "asked by &lt;2&gt;" in shown
    assert "1 identity, camera hall" in shown
    page.selectbox(key="gal-receipt").select(1).run()
    receipt = json.loads(handed[-1])
    assert (receipt["number"], receipt["purpose"], receipt["crops"]) == (1, "asked by <1>", 2)


def test_a_hold_is_released_only_after_asking(open_view: Open, tiny_workspace: Workspace) -> None:
    holds.hold(tiny_workspace, TINY_GALLERY, Selection(identities=frozenset({"3"})), "case-12")
    page = open_view("draw_history")
    assert "<b>case-12</b><span>6 crops" in words(page)
    page.button(key="gal-release-case-12").click().run()
    assert holds.holds(tiny_workspace) == {"case-12": 6}
    page.button(key="gal-release-no-case-12").click().run()
    assert not has_button(page, "gal-release-yes-case-12")
    page.button(key="gal-release-case-12").click().run()
    page.button(key="gal-release-yes-case-12").click().run()
    assert holds.holds(tiny_workspace) == {}
    assert "Nothing is held" in words(page)


def test_a_hold_that_somebody_else_released_meanwhile_is_a_sentence(
    open_view: Open, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    holds.hold(tiny_workspace, TINY_GALLERY, Selection(), "case-12")
    page = open_view("draw_history")
    page.button(key="gal-release-case-12").click().run()
    real = holds.release
    monkeypatch.setattr(holds, "release", lambda workspace, name: (real(workspace, name), real(workspace, name)))
    page.button(key="gal-release-yes-case-12").click().run()
    assert "The hold was not released" in words(page)
    assert not page.exception


def test_the_log_is_narrowed_to_one_kind(open_view: Open, tiny_workspace: Workspace) -> None:
    tiny_workspace.catalogue.log(Search(purpose="find <her>", gallery="tiny", hits=3))
    tiny_workspace.catalogue.log(Export(purpose="for court", gallery="tiny", crops=24))
    page = open_view("draw_history")
    shown = words(page)
    assert "find &lt;her&gt;" in shown
    assert "Searched gallery tiny: 3 hits." in shown
    assert "for court" in shown
    choose_way(page, "export")
    assert "find &lt;her&gt;" not in words(page)
    assert "for court" in words(page)
