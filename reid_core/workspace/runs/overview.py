"""The runs of a workspace side by side: how each stands, what they did, and how one is removed."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd

from reid_core.embedder.model import model_id
from reid_core.errors import Damaged, NotThere, Refused, ReidError
from reid_core.training.monitoring.curves import read_table
from reid_core.training.recipe import recipe_values
from reid_core.training.run import Run, RunState
from reid_core.workspace.workspace import Workspace


@dataclass(frozen=True)
class RunSummary:
    """A run and how it stands; `state` is None, and `trouble` says why, where it cannot be read.

    `created` is ISO 8601; of runs from before that was kept, when their folder last changed.
    """

    run: Run
    state: RunState | None
    created: str
    trouble: str = ""

    @property
    def name(self) -> str:
        return self.run.folder.name


def run_summaries(workspace: Workspace) -> list[RunSummary]:
    """All runs, the newest first."""
    found = []
    for run in workspace.runs():
        try:
            state = run.state()
        except ReidError as error:
            found.append(RunSummary(run, None, _changed(run), str(error)))
        else:
            found.append(RunSummary(run, state, state.created or _changed(run)))
    return sorted(found, key=lambda summary: (summary.created, summary.name), reverse=True)


def forget_run(workspace: Workspace, name: str) -> None:
    """Remove a run with its model, checkpoint and curves, for good.

    Raises ReidError when it is running, or when its model has embedded a gallery, which could not be searched any more.
    """
    run = Run(workspace.runs_folder / name)
    if not run.folder.is_dir():
        raise NotThere(f"There is no run {name}.")
    try:
        running = run.state().status == "running"
    except (NotThere, Damaged):  # a damaged one may go
        running = False
    if running:
        raise Refused(f"The run {name} is running. Stop it first.")
    for called, folder in run.model_folders().items():
        try:
            id = model_id(folder)
        except (NotThere, Damaged):  # a damaged one may go
            continue
        using = [
            info.name for info in workspace.catalogue.galleries() if any(id == other for other, _, _ in info.models)
        ]
        if using:
            whose = f"of run {name}" if called == name else called
            raise Refused(
                f"The model {whose} has embedded {', '.join(using)}, and photos could not be searched there "
                "without it. Embed with another model, or delete the gallery, first."
            )
    shutil.rmtree(run.folder)


def table_of_runs(workspace: Workspace, names: Sequence[str]) -> pd.DataFrame:
    """A row for each run: how it stands, its best metrics and every value of its recipe."""
    rows = []
    for name in names:
        state = Run(workspace.runs_folder / name).state()
        metrics = state.best.get("validation", {})
        rows.append(
            {
                "run": name,
                "gallery": state.gallery,
                "status": state.status,
                "step": state.step,
                "steps": state.steps,
                "best_epoch": state.best.get("epoch"),
                **{f"validation_{measure}": metrics.get(measure) for measure in ("mAP", "rank1", "rank5", "mINP")},
                **{value.name: getattr(state.recipe, value.name) for value in recipe_values()},
            }
        )
    return pd.DataFrame(rows)


def table_of_curves(workspace: Workspace, names: Sequence[str]) -> pd.DataFrame:
    """Every step of every run, one below the other; columns that a run does not have are empty."""
    parts = []
    for name in names:
        steps = read_table(Run(workspace.runs_folder / name).steps)
        if not steps.empty:
            parts.append(steps.assign(run=name))
    if not parts:
        return pd.DataFrame(columns=["run", "step"])
    table = pd.concat(parts, ignore_index=True)
    return table[["run", *(column for column in table if column != "run")]]


def _changed(run: Run) -> str:
    try:
        return datetime.fromtimestamp(run.folder.stat().st_mtime, UTC).isoformat(timespec="seconds")
    except OSError:
        return ""
