"""Training on a gallery of the workspace."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from reid_core.embedder.network import create_backbone
from reid_core.errors import NamesCrops, Refused, ReidError
from reid_core.evaluation.metrics import RetrievalMetrics
from reid_core.files import only_one_process
from reid_core.records import plural
from reid_core.signals import StopRequest
from reid_core.training.crops.data import divide
from reid_core.training.crops.samplers import concerns
from reid_core.training.distributed import from_first, team
from reid_core.training.loop import Progress, train
from reid_core.training.monitoring.tracking import check_trackers
from reid_core.training.recipe import Recipe
from reid_core.training.recipe_file import SUFFIXES, read_recipe
from reid_core.training.run import FORMAT, Run, RunState
from reid_core.training.session import earlier_run
from reid_core.workspace.catalogue.rows import now
from reid_core.workspace.runs.crop_watch import CropWatch
from reid_core.workspace.runs.inspection import refuse_leakage
from reid_core.workspace.runs.training_crops import training_data
from reid_core.workspace.runs.verdict_file import read as read_verdicts
from reid_core.workspace.runs.verdict_file import write as write_verdicts
from reid_core.workspace.runs.verdict_labels import labels_of
from reid_core.workspace.workspace import Workspace


def create_run(
    workspace: Workspace,
    gallery: str,
    recipe_name: str,
    overrides: Mapping[str, str],
    name: str | None,
    *,
    trackers: Sequence[str] = (),
    allow_leakage: bool = False,
    with_verdicts: bool = False,
) -> Run:
    """A new run folder with its recipe, ready to train. Raises ReidError, and writes nothing, when it cannot be.

    `recipe_name` is a recipe's name or a .yaml file, `overrides` are values of it as text, `trackers` are names in
    `tracking.TRACKERS`.
    """
    recipe = chosen_recipe(workspace, recipe_name, overrides)
    name = name or workspace.free_run_name(run_stem(gallery, recipe_name))
    return new_run(
        workspace, gallery, recipe, name, trackers=trackers, allow_leakage=allow_leakage, with_verdicts=with_verdicts
    )


def chosen_recipe(workspace: Workspace, recipe_name: str, overrides: Mapping[str, str]) -> Recipe:
    """The recipe of that name or .yaml file with some values changed, as a run keeps it."""
    recipe = read_recipe(recipe_name).replace(**overrides)
    if recipe.starts_from_run:
        earlier_run(Run(workspace.runs_folder / "new"), recipe)  # says now what is missing
    elif recipe.starts_from_file:
        recipe = recipe.replace(weights=str(Path(recipe.weights).absolute()))  # a resumed run may start elsewhere
    return recipe


def run_stem(gallery: str, recipe_name: str) -> str:
    """What a run is called where nobody says: "market-reference", or "market-mine" of mine.yaml."""
    return f"{gallery}-{Path(recipe_name).stem if recipe_name.endswith(SUFFIXES) else recipe_name}"


def new_run(
    workspace: Workspace,
    gallery: str,
    recipe: Recipe,
    name: str,
    *,
    trackers: Sequence[str] = (),
    fold: tuple[int, int] | None = None,
    allow_leakage: bool = False,
    with_verdicts: bool = False,
) -> Run:
    """A run folder of that name, ready to train; see `create_run`, and `divide` for the fold.

    A picture or a person on both sides of the division is refused, unless `allow_leakage`. The verdicts that a run
    learns from are those that stand when it is made.
    """
    check_trackers(trackers)
    verdicts = labels_of(workspace, gallery) if with_verdicts else None
    data, _ = training_data(workspace, gallery, verdicts)
    people, _ = pd.factorize(divide(data, recipe, fold).rows("train")["identity"])  # says now what is missing
    concerns(recipe, people)
    if not allow_leakage:
        refuse_leakage(workspace, gallery, recipe)
    create_backbone(recipe.backbone, (recipe.height, recipe.width))
    run = workspace.new_run(name)
    if verdicts is not None:
        write_verdicts(run.folder, verdicts)
    state = RunState(
        run.folder.name, gallery, recipe, data.description, status="stopped", created=now(), trackers=tuple(trackers),
        fold=fold, format=FORMAT,
    )  # fmt: skip
    run.write_state(state)
    return run


def resume_run(workspace: Workspace, name: str) -> Run:
    """Raises ReidError when there is no such run, it is finished, or it is running elsewhere."""
    run = Run(workspace.runs_folder / name)
    state = run.state()
    if not state.can_resume:
        raise Refused(f"The run {name} is {state.status}; there is nothing to resume.")
    return run


def train_run(
    workspace: Workspace,
    run: Run,
    *,
    stop: StopRequest,
    on_step: Callable[..., None],
    say: Callable[[str], None],
) -> RunState:
    """Train the run to its end, or until `stop`; `on_step(done, total, note)` is a progress bar's update.

    Where `torchrun` started several processes each of them calls this, with one run; the first writes and speaks.
    """
    first = team().first
    if not first:

        def say(text: str) -> None:
            pass

        def on_step(*given: object) -> None:
            pass

    state = from_first(run.state)
    verdicts = read_verdicts(run.folder)
    watch = CropWatch(workspace, state.gallery, verdicts.labels if verdicts else ()) if first else None
    data, missing = training_data(workspace, state.gallery, verdicts)
    say(f"Run {state.name}: {state.recipe.backbone} on {data.description}.")
    if verdicts is not None:
        say(verdicts.describe())
        if state.recipe.batches == "random":
            say("Random batches draw nobody together; --batches pk sets rejected crops beside the person.")
    if missing:
        say(f"{plural(len(missing), 'crop')} left out whose pictures are gone, for example {missing[0].path}.")

    def step(progress: Progress) -> None:
        note = f"epoch {progress.epoch} · loss {progress.loss:.3f} · {progress.images_per_second:.0f} images/s"
        on_step(progress.step, progress.steps, note)
        if watch:
            watch.check()

    def epoch(number: int, loss: float, metrics: RetrievalMetrics | None) -> None:
        if watch:  # what was found for validation queries has just been written
            watch.check(at_once=True)
        validation = f"validation mAP {metrics.mAP:.3f}, Rank-1 {metrics.rank1:.3f}" if metrics else "no validation"
        say(f"Epoch {number} of {state.recipe.epochs}: loss {loss:.3f}, {validation}")

    lock = only_one_process(run.folder / "lock", f"The run {state.name}") if first else contextlib.nullcontext()
    with lock:
        try:
            return train(run, state, data, stop=stop, on_step=step, on_epoch=epoch, on_note=say)
        except ReidError as error:
            if not watch:
                raise
            told = watch.explain(error)
            _failed(run, told)
            raise told from error


def _failed(run: Run, error: ReidError) -> None:
    if not run.steps.is_file():  # not one step was made: there is nothing to keep, and the name is free again
        shutil.rmtree(run.folder)
        return
    with contextlib.suppress(OSError):  # where the disk is full, the run's process is gone and it is lost instead
        named = isinstance(error, NamesCrops)
        run.write_state(dataclasses.replace(run.state(), status="failed", message=str(error), names_crops=named))
        if named:
            run.log_crops("failed", str(error))
        else:
            run.log(f"failed: {error}")
