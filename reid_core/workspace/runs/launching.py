"""Runs as processes of their own: started, stopped and gone on with from a page, which may be closed meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import psutil

from reid_core.embedder.exchange import zip_model
from reid_core.errors import NotThere, Refused, ReidError
from reid_core.files import write_atomically
from reid_core.training.crops.division import divide_rows
from reid_core.training.recipe import Recipe
from reid_core.training.recipe_file import to_yaml
from reid_core.training.run import Run, is_alive
from reid_core.workspace import job_kinds, jobs
from reid_core.workspace.catalogue.rows import check_name
from reid_core.workspace.galleries.withheld import without_withheld
from reid_core.workspace.workspace import Workspace

WORD = "train"  # the command, and what its jobs are called by
PROBE = "probe"


@dataclass(frozen=True)
class Division:
    """Who a run would train on, and who is kept out to tell how good it is; `of_crop` is the person of each crop."""

    people: int
    crops: int
    cameras: int
    validation_people: int
    validation_crops: int
    of_crop: npt.NDArray[np.int64] = field(repr=False, compare=False)


def division(workspace: Workspace, gallery: str, recipe: Recipe) -> Division:
    """As the trainer divides the gallery; crops whose pictures are gone are found only by the trainer.

    Raises ReidError, with the trainer's sentence, when nobody is labelled or too few are left to train on.
    """
    rows = without_withheld(workspace.catalogue, workspace.catalogue.crops(gallery, ("train",)))
    description = f"gallery {gallery} ({', '.join(workspace.catalogue.formats(gallery))})"
    table = divide_rows(rows, recipe, description)[1].table
    train = table["split"] == "train"
    codes, people = pd.factorize(table.loc[train, "identity"])
    cameras = int(table.loc[train, "camera"].nunique())
    kept_out = int(table.loc[~train, "identity"].nunique())
    return Division(len(people), int(train.sum()), cameras, kept_out, int((~train).sum()), codes.astype(np.int64))


def check_new_name(workspace: Workspace, name: str) -> None:
    """Raises ReidError when it is no name for a run, or one that is there or being started has it."""
    check_name(name, "run")
    if (workspace.runs_folder / name).exists():
        free = workspace.free_run_name(name)
        raise ReidError(f"There is a run {name} already. Choose another name, such as {free}.")
    if running_job(workspace, name) is not None:
        raise ReidError(f"A run {name} was started a moment ago. Choose another name.")


def start_run(workspace: Workspace, gallery: str, recipe: Recipe, name: str, *, allow_leakage: bool = False) -> Path:
    """Start `reid train` with these values; returns the folder of its job, which holds them as `recipe.yaml`.

    Raises ReidError when the name is no name for a run or is taken. What else may be wrong the job says when it fails.
    """
    check_new_name(workspace, name)
    if recipe.starts_from_file:
        recipe = recipe.replace(weights=str(Path(recipe.weights).expanduser().absolute()))  # the job may run elsewhere
    options = ["--name", name, *["--allow-leakage"] * allow_leakage]
    return _start(workspace, WORD, job_kinds.title(WORD, run=name), gallery, recipe, options)


def start_probe(workspace: Workspace, gallery: str, recipe: Recipe) -> Path:
    """Start `reid probe`, which measures how fast this would train; returns the folder of its job."""
    return _start(workspace, PROBE, job_kinds.title(PROBE, gallery=gallery), gallery, recipe, [])


def _start(workspace: Workspace, word: str, title: str, gallery: str, recipe: Recipe, options: Sequence[str]) -> Path:
    folder = jobs.new_folder(workspace.path, word)
    file = folder / "recipe.yaml"
    write_atomically(file, lambda opened: opened.write(to_yaml(recipe).encode()))
    jobs.start(folder, [word, gallery, "--recipe", str(file), *options], workspace.path, title)
    return folder


def resume(workspace: Workspace, name: str) -> Path:
    """Start `reid train --resume`; returns the folder of its job. Raises ReidError when the run is under way."""
    state = Run(workspace.runs_folder / name).state()
    if not state.can_resume or running_job(workspace, name) is not None:
        status = "finished" if state.status == "finished" else "running"
        raise Refused(f"The run {name} is {status}: nothing to resume.")
    return jobs.start_new(workspace.path, WORD, f"Go on with {name}", [WORD, "--resume", name])


def stop(workspace: Workspace, name: str) -> None:
    """Ask the run to stop after the step that it is in; its checkpoint and the best model so far are kept."""
    state = Run(workspace.runs_folder / name).state()
    if state.status == "running" and is_alive(state.process, state.process_started):
        try:
            psutil.Process(state.process).terminate()
        except psutil.Error:
            return  # it has ended in this moment


def model_as_zip(workspace: Workspace, name: str) -> bytes:
    """The best model of the run as one file. Raises ReidError when it has none yet."""
    model = Run(workspace.runs_folder / name).model
    if not model.is_dir():
        raise NotThere(f"The run {name} has no model yet. Let it finish, or stop it to keep the best so far.")
    return zip_model(model)


def job_of(workspace: Workspace, name: str) -> jobs.Job | None:
    """The newest job that trains the run of that name."""
    return next((job for job in _jobs(workspace) if job_kinds.run_of(job) == name), None)


def running_job(workspace: Workspace, name: str) -> jobs.Job | None:
    """The job that trains the run now."""
    job = job_of(workspace, name)
    return job if job is not None and job.progress.status == "running" else None


def _jobs(workspace: Workspace) -> list[jobs.Job]:
    """Newest first; only those of training are read."""
    folders = sorted((workspace.path / jobs.FOLDER).glob(f"*-{WORD}*"), reverse=True)
    return [job for folder in folders if (job := jobs.find(folder))]
