"""The command that measures how fast a recipe trains here: probe."""

from __future__ import annotations

import dataclasses
import time
from typing import Annotated

import psutil
import typer

from reid_core.cli import recipe_options
from reid_core.cli.console import print_json, progress_bar, say
from reid_core.cli.options import (
    REPORTER,
    GalleryArgument,
    JsonOption,
    WorkspaceOption,
    app,
    end_if_stopped,
    open_workspace,
)
from reid_core.records import plural
from reid_core.signals import stop_on_signal
from reid_core.training.recipe_file import read_recipe

TENTHS = 10  # the bar counts tenths of seconds


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, epilog=recipe_options.help_text()
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

    from reid_core.training.probe import measure
    from reid_core.workspace.runs.speeds import duration, estimate, rate, remember
    from reid_core.workspace.runs.training import training_data

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
        end_if_stopped(True, "run the same command again.")
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
