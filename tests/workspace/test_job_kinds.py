from __future__ import annotations

import ast
import dataclasses
import json
import os
from pathlib import Path

import psutil
import pytest
import typer

from reid_core.cli import app
from reid_core.training.recipe import Recipe
from reid_core.training.run import Run, RunState
from reid_core.workspace import job_kinds, jobs
from reid_core.workspace.actor import system_user
from reid_core.workspace.imports.uploads import keep_upload
from reid_core.workspace.job_kinds import KINDS, to_go_on
from reid_core.workspace.jobs import Job
from reid_core.workspace.workspace import Workspace

ROOT = Path(__file__).parents[2]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", system_user())


def make_job(
    workspace: Workspace, status: str, arguments: list[str], *results: dict[str, object], name: str = "made"
) -> Job:
    """A job's folder as the job itself leaves it; one that runs is this very process."""
    folder = workspace.path / jobs.FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    process = {"process": os.getpid(), "process_started": psutil.Process().create_time(), "started": name}
    (folder / "job.json").write_text(json.dumps({"arguments": arguments, "title": name, **process}))
    (folder / "progress.json").write_text(json.dumps({"status": status, "done": 3, "total": 1200}))
    (folder / "results.jsonl").write_text("".join(json.dumps(result) + "\n" for result in results))
    job = jobs.find(folder)
    assert job is not None
    return job


# --- the table ---


def test_every_kind_is_a_command() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert set(KINDS) <= set(commands)


def test_every_command_that_counts_on_a_bar_has_a_row() -> None:
    kinds = {"cross_validate": "cross-validate", "import_": "import", "examine_labels": "examine", "make_map": "map"}
    without = {"draw", "embed_missing"}  # pictures for a trial; what other commands share
    for file in sorted((ROOT / "reid_core" / "cli").glob("*.py")):
        for function in ast.parse(file.read_text("utf-8")).body:
            if isinstance(function, ast.FunctionDef) and "progress_bar" in ast.dump(function):
                assert kinds.get(function.name, function.name) in {*KINDS, *without}, file


def test_pages_start_jobs_only_by_the_table() -> None:
    for file in sorted((ROOT / "pages").rglob("*.py")):
        text = file.read_text("utf-8")
        assert "start_new(" not in text, file
        assert ".arguments[" not in text, f"{file} takes a job's command apart; job_kinds does that"


# --- words ---


def test_a_job_without_a_title_is_called_as_its_kind(workspace: Workspace) -> None:
    assert job_kinds.title_of(make_job(workspace, "finished", ["demo"], name="demo")) == "Build the demo"
    assert job_kinds.title_of(make_job(workspace, "finished", ["map", "door"], name="x")) == "x"
    assert job_kinds.title_of(make_job(workspace, "finished", ["list"], name="list")) == "list"


def test_progress_names_what_is_counted(workspace: Workspace) -> None:
    assert job_kinds.standing(make_job(workspace, "running", ["index", "door"])) == "3 of 1,200 crops"
    assert job_kinds.standing(make_job(workspace, "running", ["import", "/x"])) == "3 of 1,200"
    job = make_job(workspace, "running", ["import", "/x"])
    assert job_kinds.standing(dataclasses.replace(job, progress=jobs.Progress())) == ""


@pytest.mark.parametrize(
    ("arguments", "result", "line"),
    [
        (["import", "/x"], {"added": 93, "already": 0, "left_out": 2}, "93 added, 2 left out"),
        (["index", "door"], {"embedded": {"added": 1, "already": 1234}}, "1,235 embedded"),
        (
            ["evaluate", "door"],
            {"evaluations": [{"gallery_name": "door", "model": "reference", "mAP": 0.6321}]},
            "reference on door: mAP 63.2 %",
        ),
        (["calibrate", "door"], {"gallery": "door", "model": "1f", "people": 751}, "measured on 751 people"),
        (["promote", "door"], {"left_out": 2}, "serves now, 2 crops could not be embedded"),
        (["train", "door"], {"run": "new", "best": {"validation": {"mAP": 0.5}}}, "validation mAP 50.0 %"),
        (["train", "door"], {"run": "new", "best": {}}, ""),
        (["probe", "door"], {"images_per_second": 411.7}, "412 images/s"),
        (["delete", "--gallery", "door"], {"deleted": 1, "receipt": 3}, "1 crop deleted"),
        (["evaluate", "door"], {"of": "an older program"}, ""),
        (["list"], {"added": 3}, ""),
    ],
)
def test_results_read_as_one_line(
    workspace: Workspace, arguments: list[str], result: dict[str, object], line: str
) -> None:
    assert job_kinds.result_line(make_job(workspace, "finished", arguments, result)) == line


def test_an_import_that_was_started_twice_says_both_and_what_was_embedded(workspace: Workspace) -> None:
    results: list[dict[str, object]] = [
        {"added": 90, "already": 0, "left_out": 2},
        {"added": 3, "already": 90, "left_out": 2},
        {"embedded": {"added": 93, "already": 0}},
    ]
    job = make_job(workspace, "finished", ["import", "/x"], *results)
    assert job_kinds.result_line(job) == "93 added, 2 left out, 93 embedded"


# --- which gallery, which run ---


def test_galleries_and_runs_are_read_from_the_command(workspace: Workspace) -> None:
    for arguments, galleries in (
        (["import", "/x", "--gallery=door"], ("door",)),
        (["delete", "--gallery", "door", "--yes"], ("door",)),
        (["evaluate", "door", "yard", "--models", "hall"], ("door", "yard")),
        (["train", "--resume", "new"], ()),
        (["demo"], ()),
    ):
        assert job_kinds.galleries_of(make_job(workspace, "finished", arguments)) == galleries
    assert job_kinds.run_of(make_job(workspace, "finished", ["train", "door", "--name", "new"])) == "new"
    assert job_kinds.run_of(make_job(workspace, "finished", ["train", "--resume", "new"])) == "new"
    assert job_kinds.run_of(make_job(workspace, "finished", ["export", "--name", "new"])) is None


def test_the_newest_job_of_a_kind_on_a_gallery(workspace: Workspace) -> None:
    make_job(workspace, "finished", ["map", "door"], name="1")
    make_job(workspace, "finished", ["map", "door"], name="2")
    make_job(workspace, "finished", ["map", "yard"], name="3")
    make_job(workspace, "finished", ["examine", "door"], name="4")
    found = job_kinds.newest(workspace, "door", "map", "probe")
    assert found is not None
    assert found.folder.name == "2"
    assert job_kinds.newest(workspace, "hall", "map") is None
    assert [job.folder.name for job in job_kinds.of_kind(workspace, "map")] == ["3", "2", "1"]


# --- going on ---


def test_a_stopped_import_goes_on_by_the_same_command(workspace: Workspace, tmp_path: Path) -> None:
    outside = ["import", str(tmp_path), "--gallery=door", "--index-with=synthetic"]
    assert to_go_on(workspace, make_job(workspace, "stopped", outside)) == outside
    inside = ["import", str(keep_upload(workspace, [("a.jpg", b"1")])), "--gallery=door"]
    assert to_go_on(workspace, make_job(workspace, "stopped", inside)) == inside


def test_once_an_upload_is_imported_only_embedding_is_left(workspace: Workspace) -> None:
    gone = str(workspace.incoming / "20260101T000000-abcdef")
    done: dict[str, object] = {"added": 3, "already": 0}
    command = ["import", gone, "--gallery=door", "--index-with=synthetic"]
    assert to_go_on(workspace, make_job(workspace, "stopped", command, done)) == ["index", "door", "--model=synthetic"]
    assert to_go_on(workspace, make_job(workspace, "stopped", command[:-1], done)) is None
    nothing: dict[str, object] = {"added": 0, "already": 0}
    assert to_go_on(workspace, make_job(workspace, "failed", command, nothing)) is None


def test_a_deletion_that_has_read_its_selection_does_not_go_on(workspace: Workspace, tmp_path: Path) -> None:
    selection = tmp_path / "selection.json"
    command = ["delete", "--gallery", "door", "--selection", str(selection), "--purpose=asked", "--yes"]
    assert to_go_on(workspace, make_job(workspace, "failed", command)) is None
    selection.write_text("{}")
    assert to_go_on(workspace, make_job(workspace, "lost", command)) == command


@pytest.mark.parametrize(
    ("status", "resumes"), [("stopped", True), ("failed", True), ("lost", True), ("finished", False)]
)
def test_a_training_goes_on_from_its_checkpoint_once_its_run_is_there(
    workspace: Workspace, status: str, resumes: bool
) -> None:
    command = ["train", "door", "--recipe", "r.yaml", "--name", "new"]
    job = make_job(workspace, "stopped", command)
    assert to_go_on(workspace, job) == command
    run = Run(workspace.runs_folder / "new")
    run.folder.mkdir(parents=True)
    run.write_state(RunState("new", "door", Recipe(), "a gallery", status=status, created="2026-03-02T08:00:00Z"))
    assert to_go_on(workspace, job) == (["train", "--resume", "new"] if resumes else None)
    (run.folder / "run.json").write_text("{")
    assert to_go_on(workspace, job) is None


def test_what_has_no_row_goes_on_by_the_same_command(workspace: Workspace) -> None:
    assert to_go_on(workspace, make_job(workspace, "failed", ["list"])) == ["list"]
    assert to_go_on(workspace, make_job(workspace, "failed", [])) is None
