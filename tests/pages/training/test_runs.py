"""The Training page's runs without a browser: all of them, one of them, what it predicts."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.components.training import run_list
from reid_core.training.monitoring.predictions import Confusion, Crop, Hit, Prediction, Predictions, write_predictions
from reid_core.training.recipe import Recipe
from reid_core.training.run import Run, RunState, this_process
from reid_core.workspace.runs import launching
from reid_core.workspace.runs.overview import run_summaries
from reid_core.workspace.workspace import VARIABLE, Workspace
from tests.conftest import TINY_GALLERY
from tests.pages.imports.import_page import words

Open = Callable[..., AppTest]
PAGE = str(Path(__file__).parents[3] / "pages" / "training.py")
STEPS = 20


def add_run(workspace: Workspace, name: str, status: str = "finished", **values: object) -> Run:
    """A run of 20 steps in two epochs as its process would have left it."""
    run = Run(workspace.runs_folder / name)
    run.folder.mkdir(parents=True)
    process, started = this_process() if status == "running" else (0, 0.0)
    recipe = Recipe(epochs=2).replace(**values)
    best = {"epoch": 2, "validation": {"mAP": 0.6, "rank1": 0.8, "mINP": 0.2}}
    state = RunState(name, TINY_GALLERY, recipe, "a test", "running" if status == "lost" else status, STEPS, STEPS)
    run.write_state(RunState(**{**vars(state), "process": process, "process_started": started, "best": best}))
    rows = [f"{step},{1 + (step > 10)},{1 / step},0.001,32.0" for step in range(1, STEPS + 1)]
    run.steps.write_text("step,epoch,loss,learning_rate,images_per_second\n" + "\n".join(rows) + "\n")
    run.epochs.write_text("epoch,loss,validation_mAP,validation_rank1\n1,0.5,0.4,0.7\n2,0.1,0.6,0.8\n")
    run.resources.write_text("time,cores,memory_gb,machine_memory\n1000.0,1.5,1.25,0.4\n")
    run.log("<b>started</b> at step 0")
    return run


@pytest.fixture
def open_page(tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setenv(VARIABLE, str(tiny_workspace.path))

    def opened(**address: str) -> AppTest:
        st.cache_data.clear()
        page = AppTest.from_file(PAGE, default_timeout=30)
        for name, value in address.items():
            page.query_params[name] = value
        page.run()
        assert not page.exception
        return page

    return opened


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def test_without_runs_the_page_says_what_a_run_is_and_leads_to_one(open_page: Open) -> None:
    page = open_page()
    assert "No run yet" in words(page)
    assert "New run" in labels(page)


def test_the_newest_runs_are_compared_until_others_are_chosen(open_page: Open, tiny_workspace: Workspace) -> None:
    for name, rate in (("one", 1e-3), ("two", 3e-4)):
        add_run(tiny_workspace, name, learning_rate=rate)
    shown = words(open_page())
    assert "2 of 2 runs" in shown
    assert "learning rate" in shown
    assert "0.0003" in shown
    assert "batch size" not in shown  # alike in both


def test_figures_of_runs_without_cameras_say_so_in_the_list(open_page: Open, tiny_workspace: Workspace) -> None:
    add_run(tiny_workspace, "one")
    assert "No crop says its camera" not in words(open_page())
    with tiny_workspace.catalogue.transaction() as database:
        database.execute("UPDATE crop SET camera = NULL")
    shown = words(open_page())
    assert "No crop says its camera: matches of the same moment count" in shown
    assert "tiny" in shown


def test_the_table_is_drawn_anew_when_a_run_begins_ends_or_finishes_an_epoch(tiny_workspace: Workspace) -> None:
    def stands() -> list[run_list.Stand]:
        return [run_list._stand(summary) for summary in run_summaries(tiny_workspace)]

    seen = [stands()]
    run = add_run(tiny_workspace, "one", "running")
    seen.append(stands())
    with run.epochs.open("a") as file:
        file.write("3,0.05,0.7,0.9\n")
    seen.append(stands())
    run.write_state(dataclasses.replace(run.state(), status="finished"))
    seen.append(stands())
    assert seen == [[], [("one", "running", 2)], [("one", "running", 3)], [("one", "finished", 0)]]


def test_a_damaged_run_is_named_and_the_others_are_shown(open_page: Open, tiny_workspace: Workspace) -> None:
    add_run(tiny_workspace, "good")
    damaged = add_run(tiny_workspace, "bad")
    (damaged.folder / "run.json").write_text("{")
    rows = {row["name"]: row for row in map(run_list._row, run_summaries(tiny_workspace))}
    assert rows["bad"]["word"] == "Damaged"
    assert "cannot be read" in rows["bad"]["trouble"]
    assert (rows["good"]["mAP"], rows["good"]["epochs"], rows["good"]["speed"]) == (0.6, "2 of 2", 32.0)
    assert not open_page().exception
    assert "cannot be read" in words(open_page(run="bad"))


def test_a_run_says_how_it_stands_and_what_it_reached(open_page: Open, tiny_workspace: Workspace) -> None:
    add_run(tiny_workspace, "good")
    page = open_page(run="good")
    shown = words(page)
    for part in ("Finished", "step 20 of 20", "60.0 %", "80.0 %"):
        assert part in shown
    assert "processor cores" not in shown  # it takes nothing any more
    assert "Resume" not in labels(page)
    assert "Stop and keep the best" not in labels(page)


@pytest.mark.parametrize(
    ("status", "said", "offered"),
    [
        ("running", "Running", "Stop and keep the best"),
        ("stopped", "Stopped", "Resume"),
        ("failed", "The run failed", "Resume"),
        ("lost", "The run is lost", "Resume"),
    ],
)
def test_each_state_is_said_with_the_way_on(
    open_page: Open, tiny_workspace: Workspace, status: str, said: str, offered: str
) -> None:
    add_run(tiny_workspace, "one", status)
    page = open_page(run="one")
    assert said in words(page)
    assert offered in labels(page)
    machine = ("1.5 processor cores busy", "memory is 40 % full")
    assert all((part in words(page)) == (status == "running") for part in machine)


@pytest.mark.parametrize(("there", "said"), [(True, "goes on from its last checkpoint"), (False, "it begins anew")])
def test_a_lost_run_says_from_where_it_would_go_on(
    open_page: Open, tiny_workspace: Workspace, there: bool, said: str
) -> None:
    run = add_run(tiny_workspace, "one", "lost")
    if there:
        run.checkpoint.touch()
    assert said in words(open_page(run="one"))


def test_stop_and_resume_do_what_they_say(
    open_page: Open, tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(launching, "stop", lambda workspace, name: asked.append(("stop", name)))
    monkeypatch.setattr(launching, "resume", lambda workspace, name: asked.append(("resume", name)))
    add_run(tiny_workspace, "one", "running")
    add_run(tiny_workspace, "two", "stopped")
    page = open_page(run="one")
    next(button for button in page.button if button.label == "Stop and keep the best").click().run()
    assert "stops after this step" in words(page)
    page = open_page(run="two")
    next(button for button in page.button if button.label == "Resume").click().run()
    assert asked == [("stop", "one"), ("resume", "two")]
    monkeypatch.setattr(launching, "running_job", lambda workspace, name: object())
    page = open_page(run="two")
    assert next(button for button in page.button if button.label == "Resume").disabled  # it is being started


def test_a_run_is_removed_by_the_second_press_only(open_page: Open, tiny_workspace: Workspace) -> None:
    run = add_run(tiny_workspace, "one")
    page = open_page(run="one")
    next(button for button in page.button if button.label == "Remove…").click().run()
    assert run.folder.is_dir()
    next(button for button in page.button if button.label == "Remove for good").click().run()
    assert not run.folder.exists()
    assert "No run yet" in words(page)


def test_an_address_of_a_run_that_is_not_there_says_so(open_page: Open) -> None:
    assert "There is no run nobody" in words(open_page(run="nobody"))


def test_predictions_show_right_and_wrong_and_where_the_first_right_one_stands(
    open_page: Open, tiny_workspace: Workspace
) -> None:
    run = add_run(tiny_workspace, "one")
    crops = tiny_workspace.catalogue.crops(TINY_GALLERY)
    columns = (crops[name].astype(str).tolist() for name in ("source", "path", "identity", "camera"))
    first, second = [Crop(*row) for row in zip(*columns, strict=True)][:2]
    gone = Crop("/nowhere", "x.jpg", "<i>9</i>", "3")
    wrong, right = Hit(gone, 1, 0.75, False), Hit(second, 1234, 0.25, True)
    prediction = Prediction(first, 0.125, [wrong], right)
    confused = [Confusion("9", "4", 3, 8)]
    write_predictions(run, Predictions(2, [prediction], [prediction], [prediction], confused, confused))
    shown = words(open_page(run="one"))
    assert "AP 12 %" in shown
    assert "rank 1,234" in shown
    assert "✗ 0.75" in shown
    assert "✓ 0.25" in shown
    assert "not in the gallery any more" in shown
    assert "<i>9</i>" not in shown
    assert "3 of 8" in shown
    assert f"crop={crops['id'][0]}" in shown


def test_what_the_run_said_is_shown_as_text(open_page: Open, tiny_workspace: Workspace) -> None:
    add_run(tiny_workspace, "one")
    page = open_page(run="one")
    page.session_state["trn-section"] = "Log"
    page.run()
    assert "&lt;b&gt;started&lt;/b&gt; at step 0" in words(page)
    page.session_state["trn-section"] = "Recipe"
    page.run()
    assert "Other than in the reference recipe" in words(page)
    page.session_state["trn-section"] = "Batch"
    page.run()
    assert "There is no picture of a batch" in words(page)


def test_a_run_of_another_process_is_asked_to_stop(tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    add_run(tiny_workspace, "one", "running")
    asked: list[int] = []
    monkeypatch.setattr("psutil.Process.terminate", lambda process: asked.append(process.pid))
    launching.stop(tiny_workspace, "one")
    assert asked == [os.getpid()]


def test_the_state_file_is_what_the_test_writes(tiny_workspace: Workspace) -> None:
    run = add_run(tiny_workspace, "one", "lost")
    assert json.loads((run.folder / "run.json").read_text())["status"] == "running"
    assert run.state().status == "lost"
