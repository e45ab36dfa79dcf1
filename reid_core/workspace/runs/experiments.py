"""Several runs that answer one question: cross-validation by identity folds, and a search over recipe values.

Each part is an ordinary run, so what is finished is kept: the same question asked again goes on where it stopped.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from reid_core.errors import ReidError
from reid_core.signals import StopRequest
from reid_core.training.crops.data import divide
from reid_core.training.planning.tuning import Space, recipes_of, suggest
from reid_core.training.recipe import Recipe
from reid_core.training.run import Run, RunState, read_curve
from reid_core.workspace.runs.training import new_run, resume_run, train_run
from reid_core.workspace.runs.training_crops import training_data
from reid_core.workspace.workspace import Workspace

ProgressBar = Callable[[str], AbstractContextManager[Callable[..., None]]]


@dataclass(frozen=True)
class Part:
    """One run of an experiment. `status` is finished, stopped or failed, and `message` says why it failed.

    The figures are shares from 0 to 1 on the run's validation identities, None where it has none: of the epoch that
    was best there (the model that is kept), and mAP of the last epoch, which nothing was chosen by.
    """

    run: str
    status: str
    values: dict[str, Any] = field(default_factory=dict)
    epoch: int | None = None
    mAP: float | None = None
    rank1: float | None = None
    last_mAP: float | None = None
    message: str = ""


@dataclass(frozen=True)
class Experiment:
    """What experiments have in common: where, with which recipe, and under which name their runs are."""

    workspace: Workspace
    gallery: str
    recipe: Recipe
    name: str
    stop: StopRequest
    progress: ProgressBar
    say: Callable[[str], None]
    trackers: Sequence[str] = ()


def cross_validate(experiment: Experiment, folds: int) -> list[Part]:
    """A run per fold, NAME-fold1 …: each trains on the other folds' identities and is measured on its own.

    Only training identities are divided, never the test's. Ends early where it was asked to stop. Raises ReidError
    where a fold cannot be trained, or a run of its name is of something else.
    """
    if folds < 2:
        raise ReidError(f"--folds is {folds}; at least 2 are needed, such as 5.")
    parts = []
    for number in range(1, folds + 1):
        name, fold = f"{experiment.name}-fold{number}", (number, folds)
        state = _existing(experiment, name)
        if state and (state.recipe, state.fold) != (experiment.recipe, fold):
            raise _something_else(name)
        parts.append(_train(experiment, name, experiment.recipe, fold, f"Fold {number} of {folds}"))
        if parts[-1].status != "finished":
            break
    return parts


def mean_and_deviation(figures: Sequence[float | None]) -> tuple[float, float] | None:
    """Mean and sample standard deviation (n - 1) of those that there are; None of fewer than two."""
    there = [figure for figure in figures if figure is not None]
    return (float(np.mean(there)), float(np.std(there, ddof=1))) if len(there) > 1 else None


def tune(experiment: Experiment, space: Space, trials: int | None = None) -> list[Part]:
    """A run per trial, NAME-t01 …, each with one choice of every value of the space; validation mAP is to be highest.

    All choices where `trials` is None or enough for them, else those that `suggest` gives. All share the recipe's
    validation identities. A trial that cannot be trained counts as failed, and the next one follows. In the order of
    the trials; ends early where it was asked to stop.
    """
    recipes = recipes_of(experiment.recipe, space)
    data, _ = training_data(experiment.workspace, experiment.gallery)
    if divide(data, experiment.recipe).rows("query").empty:
        raise ReidError("There are no validation identities to compare trials on. Use a larger --validation.")
    count = len(recipes) if trials is None else min(trials, len(recipes))
    if count < 1:
        raise ReidError(f"--trials is {trials}; at least 1 is needed.")
    names = [f"{experiment.name}-t{number:02}" for number in range(1, count + 1)]
    tried: dict[str, tuple[Any, ...]] = {}
    for name in names:
        if state := _existing(experiment, name):
            tried[name] = choice = tuple(getattr(state.recipe, value) for value in space)
            if recipes.get(choice) != state.recipe or state.fold:
                raise _something_else(name)
    parts: list[Part] = []
    for number, name in enumerate(names, 1):
        if name not in tried:
            done = [(tuple(part.values.values()), part.mAP) for part in parts]
            left = [choice for choice in recipes if choice not in tried.values()]
            whole = count == len(recipes)
            tried[name] = left[0] if whole else suggest(space, done, left, seed=experiment.recipe.seed + number)
        choice = tried[name]
        values = dict(zip(space, choice, strict=True))
        words = ", ".join(f"{value} {chosen}" for value, chosen in values.items())
        part = _trial(experiment, name, recipes[choice], f"Trial {number} of {count}: {words}")
        parts.append(dataclasses.replace(part, values=values))
        if part.status == "stopped":
            break
    return parts


def _trial(experiment: Experiment, name: str, recipe: Recipe | ReidError, title: str) -> Part:
    try:
        if isinstance(recipe, ReidError):
            raise recipe
        state = _existing(experiment, name)
        if state and state.status == "failed":
            return Part(name, "failed", message=state.message)
        return _train(experiment, name, recipe, None, title)
    except ReidError as error:
        experiment.say(f"{name} failed: {error}")
        return Part(name, "failed", message=str(error))


def _train(experiment: Experiment, name: str, recipe: Recipe, fold: tuple[int, int] | None, title: str) -> Part:
    """The run of that name, made, gone on with, or finished already."""
    workspace, state = experiment.workspace, _existing(experiment, name)
    if state and state.status == "finished":
        experiment.say(f"{title}: {name} is finished already.")
        return _measured(Run(workspace.runs_folder / name), state)
    if experiment.stop.requested:
        return Part(name, "stopped")
    if state:
        run = resume_run(workspace, name)
    else:
        run = new_run(workspace, experiment.gallery, recipe, name, trackers=experiment.trackers, fold=fold)
    experiment.say(f"{title}.")
    with experiment.progress(f"Training {name}") as on_step:
        state = train_run(workspace, run, stop=experiment.stop, on_step=on_step, say=experiment.say)
    return _measured(run, state)


def _measured(run: Run, state: RunState) -> Part:
    best = state.best.get("validation", {})
    last = [row["validation_mAP"] for row in read_curve(run.epochs)][-1:]
    return Part(
        state.name,
        state.status,
        epoch=state.best.get("epoch"),
        mAP=best.get("mAP"),
        rank1=best.get("rank1"),
        last_mAP=last[0] if last and np.isfinite(last[0]) else None,
    )


def _existing(experiment: Experiment, name: str) -> RunState | None:
    """How the run of that name stands, None where there is none. Raises ReidError where it is of another gallery."""
    run = Run(experiment.workspace.runs_folder / name)
    if not run.folder.exists():
        return None
    state = run.state()
    if state.gallery != experiment.gallery:
        raise _something_else(name)
    return state


def _something_else(name: str) -> ReidError:
    return ReidError(
        f"There is a run {name} already, of another gallery, recipe or division. Give this experiment another --name."
    )


def in_order_of_merit(parts: Sequence[Part]) -> Iterator[Part]:
    """Those that were measured, the highest mAP first, then the others."""
    yield from sorted((part for part in parts if part.mAP is not None), key=lambda part: -(part.mAP or 0.0))
    yield from (part for part in parts if part.mAP is None)
