"""The command that makes models: train."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from reid_core.cli import recipe_options
from reid_core.cli.console import print_json, progress_bar, say, warn
from reid_core.cli.options import (
    REPORTER,
    STOPPED,
    JsonOption,
    TrackOption,
    WorkspaceOption,
    app,
    end_if_stopped,
    open_workspace,
)
from reid_core.errors import ReidError
from reid_core.signals import stop_on_signal
from reid_core.training.recipe_file import read_recipe, to_yaml
from reid_core.training.run import Run
from reid_core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from reid_core.workspace.runs.verdict_effect import Change


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, epilog=recipe_options.help_text()
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
    if json:
        print_json({**values, "verdicts": dataclasses.asdict(change) if change else None})
    elif state.status == "finished":
        if change:
            say(change.describe())
        if state.message:
            say(f"The run {state.message}.")
        say(f"Finished. Use it with --model {state.name}.")
    end_if_stopped(state.status == "stopped", f"`reid train --resume {state.name}` goes on from step {state.step:,}.")


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
