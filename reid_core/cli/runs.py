"""Commands about training runs: train, probe, inspect."""

from __future__ import annotations

import dataclasses
import sys
import time
from typing import TYPE_CHECKING, Annotated

import psutil
import typer

from reid_core.cli.shared import recipe_options
from reid_core.cli.shared.console import print_json, print_table, progress_bar, say, warn
from reid_core.cli.shared.options import (
    REPORTER,
    STOPPED,
    GalleryArgument,
    JsonOption,
    TrackOption,
    WorkspaceOption,
    app,
    end_if_stopped,
    open_workspace,
)
from reid_core.errors import ReidError
from reid_core.records import plural
from reid_core.signals import stop_on_signal
from reid_core.training.recipe_file import read_recipe, to_yaml
from reid_core.training.run import Run
from reid_core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from reid_core.workspace.runs.verdict_effect import Change


@app.command(
    rich_help_panel="Training",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog=recipe_options.help_text(),
)
def train(
    context: typer.Context,
    gallery: Annotated[str | None, typer.Argument(help="Gallery to train on (not with --resume).")] = None,
    recipe: Annotated[str, typer.Option(help="Recipe to start from: a name, or a .yaml file.")] = "reference",
    name: Annotated[str | None, typer.Option(help="Name of the run.")] = None,
    resume: Annotated[str | None, typer.Option(help="Go on with this run from its checkpoint.")] = None,
    track: TrackOption = None,
    allow_leakage: Annotated[
        bool, typer.Option(help="Train though a picture or person is on both sides of the division.")
    ] = False,
    with_verdicts: Annotated[
        bool, typer.Option(help="Learn from analysts' verdicts too: confirmed crops, and rejected ones beside them.")
    ] = False,
    print_recipe: Annotated[bool, typer.Option(help="Print the recipe as YAML, and train nothing.")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Train an embedder on a gallery's training identities. Any value of the recipe can be given as an option."""
    overrides = recipe_options.parse(context.args)
    if print_recipe:
        sys.stdout.write(to_yaml(read_recipe(recipe).replace(**overrides)))
        return
    if (gallery is None) == (resume is None):
        raise ReidError("Give either a gallery to train on, or --resume RUN to go on with a run.")
    if resume and (given := [*overrides, *["--name"] * bool(name), *["--track"] * bool(track)]):
        raise ReidError(f"A resumed run keeps its name, recipe and trackers; leave out {', '.join(given)}.")

    from reid_core.training.distributed import from_first, together
    from reid_core.workspace.runs.training import create_run, resume_run, train_run

    def chosen_run() -> Run:
        if resume:
            return resume_run(opened, resume)
        return create_run(
            opened, str(gallery), recipe, overrides, name, trackers=track or (), allow_leakage=allow_leakage,
            with_verdicts=with_verdicts,
        )  # fmt: skip

    opened = open_workspace(workspace)
    with together() as team:
        run = Run(opened.runs_folder / from_first(lambda: chosen_run().folder.name))
        with stop_on_signal() as stop, progress_bar(f"Training {run.folder.name}", REPORTER) as update:
            state = train_run(opened, run, stop=stop, on_step=update, say=warn if json else say)
    if not team.first:
        raise typer.Exit(STOPPED if state.status == "stopped" else 0)
    change = _what_verdicts_changed(opened, run) if state.status == "finished" else None
    values = {"run": state.name, "status": state.status, "step": state.step, "steps": state.steps, "best": state.best}
    REPORTER.result({"gallery": state.gallery, **values})
    if json:
        print_json({**values, "verdicts": dataclasses.asdict(change) if change else None})
    elif state.status == "finished":
        if change:
            say(change.describe())
        if state.message:
            say(f"The run {state.message}.")
        say(f"Finished. Use it with --model {state.name}.")
    end_if_stopped(state.status == "stopped", "train", run=state.name, step=f"{state.step:,}")


def _what_verdicts_changed(workspace: Workspace, run: Run) -> Change | None:
    """Kept in the run's log, too."""
    from reid_core.embedder.inference import Embedder
    from reid_core.workspace.runs.verdict_effect import measure
    from reid_core.workspace.runs.verdict_file import read

    labels = read(run.folder)
    if labels is None:
        return None
    models = workspace.catalogue.gallery(run.state().gallery).models
    try:
        change = measure(workspace, labels, Embedder(run.model), models[-1][0] if models else None)
    except ReidError as error:  # the model is there: what cannot be measured of it does not undo that
        warn(f"What the verdicts changed could not be measured: {error}")
        return None
    if change is not None:
        run.log(change.describe())
    return change


TENTHS = 10  # the bar counts tenths of seconds


@app.command(
    rich_help_panel="Training",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog=recipe_options.help_text(),
)
def probe(
    context: typer.Context,
    gallery: GalleryArgument,
    recipe: Annotated[str, typer.Option(help="Recipe to start from: a name, or a .yaml file.")] = "reference",
    seconds: Annotated[float, typer.Option(min=0.1, max=600.0, help="How long to measure.")] = 6.0,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Measure how fast a recipe would train on a gallery, and say how long the run would take. It keeps no run."""
    chosen = read_recipe(recipe).replace(**recipe_options.parse(context.args))

    from reid_core.training.planning.probe import measure
    from reid_core.workspace.runs.speeds import duration, estimate, rate, remember
    from reid_core.workspace.runs.training_crops import training_data

    opened = open_workspace(workspace)
    with stop_on_signal() as stop, progress_bar("Measuring the speed", REPORTER) as update:
        data, _ = training_data(opened, gallery)
        before = time.time() - psutil.Process().create_time()  # a run, too, has to load its program and its data
        speed = measure(
            chosen,
            data,
            seconds=seconds,
            stop=stop,
            on_progress=lambda done, total: update(round(TENTHS * done), round(TENTHS * total)),
        )
    if speed is None:
        end_if_stopped(True, "probe")
        return
    speed = dataclasses.replace(speed, start_seconds=speed.start_seconds + before)
    remember(opened, gallery, chosen, speed)
    guess = estimate(opened, gallery, chosen)
    values = {"gallery": gallery, **dataclasses.asdict(speed), "run_seconds": guess.seconds if guess else None}
    REPORTER.result(values)
    if json:
        print_json(values)
        return
    memory = f"{speed.memory_gb:.1f} GB of memory"
    if speed.gpu_memory_gb:
        memory += f" and {speed.gpu_memory_gb:.1f} GB of the GPU's"
    say(f"{rate(speed.images_per_second)} in training, {rate(speed.evaluated_per_second)} in validation, {memory}.")
    if guess:
        run = f"{plural(chosen.epochs, 'epoch')} ({plural(guess.steps, 'step')})"
        say(f"A run of {run} would take about {duration(guess.seconds)}.")


@app.command(rich_help_panel="Training")
def inspect(
    gallery: GalleryArgument,
    validation: Annotated[float, typer.Option(help="Share of the training identities that will validate.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Seed of the run; who validates depends on it.")] = 0,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Look at a gallery before training on it: who, how many, how good, and what leaks. Ends with 1 where it leaks."""
    from reid_core.training.recipe import Recipe
    from reid_core.workspace.runs.inspection import inspect_gallery

    opened = open_workspace(workspace)
    recipe = Recipe().replace(validation=validation, seed=seed)
    with progress_bar("Comparing pictures", REPORTER) as update:
        found = inspect_gallery(opened, gallery, recipe, on_progress=update)
    if json:
        print_json(dataclasses.asdict(found))
    else:
        print_table(
            ["side", "crops", "people"],
            [[side, f"{count:,}", f"{found.people.get(side, 0):,}"] for side, count in found.crops.items() if count],
        )
        if found.shared:
            print_table(
                ["camera", *(camera for camera in found.shared)],
                [[camera, *(f"{count:,}" for count in row.values())] for camera, row in found.shared.items()],
            )
            say("People to train on whom both cameras see; on the diagonal, whom the camera sees.")
        for finding in found.findings:
            say(f"{finding.level.capitalize()}: {finding.sentence}")
    if found.errors:
        raise typer.Exit(1)
