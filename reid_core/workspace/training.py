"""Training on a gallery of the workspace."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from reid_core.errors import ReidError
from reid_core.evaluation.metrics import RetrievalMetrics
from reid_core.records import Records
from reid_core.signals import StopRequest
from reid_core.training.loop import Progress, TrainingData, divide, train
from reid_core.training.recipe import get_recipe
from reid_core.training.run import Run, RunState
from reid_core.workspace.workspace import Workspace

TERMS = {"Market-1501": "trained on Market-1501, which is given for academic research only; not for commercial use"}


def training_data(workspace: Workspace, gallery: str) -> TrainingData:
    """All crops of the gallery with their splits. Raises ReidError when a source is gone or no crop has an identity."""
    crops = workspace.catalogue.crops(gallery)
    sources = [Path(source) for source in crops["source"]]
    for source in dict.fromkeys(sources):
        if not source.exists():
            raise ReidError(f"The pictures of gallery {gallery!r} were in {source}, which is gone. Bring it back.")
    formats = workspace.catalogue.formats(gallery)
    terms = "; ".join(TERMS[name] for name in formats if name in TERMS) or "those of your own data"
    # Two sources may hold the same path; the row's number keeps paths apart in the table.
    numbered = crops.assign(path=[f"{row}/{path}" for row, path in enumerate(crops["path"])])
    places = list(zip(sources, crops["path"], strict=True))
    return TrainingData(Records(numbered), places, f"gallery {gallery} ({', '.join(formats)})", terms)


def create_run(
    workspace: Workspace, gallery: str, recipe_name: str, overrides: Mapping[str, str], name: str | None
) -> Run:
    """A new run folder with its recipe, ready to train. Raises ReidError, and writes nothing, when it cannot be."""
    recipe = get_recipe(recipe_name).replace(**overrides)
    data = training_data(workspace, gallery)
    divide(data, recipe)  # says now what is missing
    run = workspace.new_run(name or workspace.free_run_name(f"{gallery}-{recipe_name}"))
    run.write_state(RunState(run.folder.name, gallery, recipe, data.description, status="stopped"))
    return run


def resume_run(workspace: Workspace, name: str) -> Run:
    """Raises ReidError when there is no such run, it is finished, or it is running elsewhere."""
    run = Run(workspace.runs_folder / name)
    state = run.state()
    if state.status in ("finished", "running"):
        raise ReidError(f"The run {name} is {state.status}; there is nothing to resume.")
    return run


def train_run(
    workspace: Workspace,
    run: Run,
    *,
    stop: StopRequest,
    on_step: Callable[..., None],
    say: Callable[[str], None],
) -> RunState:
    """Train the run to its end, or until `stop`; `on_step(done, total, note)` is a progress bar's update."""
    state = run.state()
    data = training_data(workspace, state.gallery)
    say(f"Run {state.name}: {state.recipe.backbone} on {data.description}.")

    def step(progress: Progress) -> None:
        note = f"epoch {progress.epoch} · loss {progress.loss:.3f} · {progress.images_per_second:.0f} images/s"
        on_step(progress.step, progress.steps, note)

    def epoch(number: int, loss: float, metrics: RetrievalMetrics | None) -> None:
        validation = f"validation mAP {metrics.mAP:.3f}, Rank-1 {metrics.rank1:.3f}" if metrics else "no validation"
        say(f"Epoch {number} of {state.recipe.epochs}: loss {loss:.3f}, {validation}")

    try:
        return train(run, state, data, stop=stop, on_step=step, on_epoch=epoch)
    except ReidError as error:
        if not run.steps.is_file():  # not one step was made: there is nothing to keep, and the name is free again
            shutil.rmtree(run.folder)
            raise
        run.write_state(dataclasses.replace(run.state(), status="failed", message=str(error)))
        run.log(f"failed: {error}")
        raise
