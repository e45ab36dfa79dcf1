"""Commands that make models and take them in and out: train, model add, model export."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
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
    three_numbers,
    whole_numbers,
)
from reid_core.errors import ReidError
from reid_core.signals import stop_on_signal
from reid_core.training.recipe_file import read_recipe, to_yaml
from reid_core.training.run import Run
from reid_core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from reid_core.workspace.verdict_change import Change

model_app = typer.Typer(no_args_is_help=True, help="Embedders that were made elsewhere.")
app.add_typer(model_app, name="model")


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
    from reid_core.workspace.training import create_run, resume_run, train_run

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
    from reid_core.workspace.verdict_change import measure
    from reid_core.workspace.verdict_traces import read

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


@model_app.command("add")
def model_add(
    file: Annotated[Path, typer.Argument(help="ONNX file (one input (B, 3, H, W), one output (B, D)), or zip.")],
    name: Annotated[str | None, typer.Option(help="Name of the model; default: the file's.")] = None,
    size: Annotated[str, typer.Option(help="Height x width of its input.")] = "256x128",
    mean: Annotated[str, typer.Option(help="Mean of red, green, blue (of 0 to 1).")] = "0.485,0.456,0.406",
    std: Annotated[str, typer.Option(help="Standard deviation of each.")] = "0.229,0.224,0.225",
    interpolation: Annotated[str, typer.Option(help="bilinear or bicubic.")] = "bilinear",
    trained_on: Annotated[str, typer.Option(help="What it was trained on, for its card.")] = "not stated",
    terms: Annotated[str, typer.Option(help="What it may be used for, for its card.")] = "not stated",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Add a third-party ONNX embedder, or a model that was exported as a zip, whose card says the rest."""
    from reid_core.embedder.card import ModelCard, Preprocessing
    from reid_core.embedder.exchange import add_zip
    from reid_core.embedder.model import add_onnx, model_id
    from reid_core.workspace.rows import check_name

    if file.suffix.lower() == ".zip":
        opened = open_workspace(workspace)
        name = name or file.stem
        check_name(name, "model")
        found = add_zip(file, opened.models_folder / name)
        if json:
            size_of = ModelCard.read(opened.models_folder / name).embedding_size
            print_json({"name": name, "id": found, "embedding_size": size_of})
        else:
            say(f"Added {name} ({found}).")
        return

    height, width = whole_numbers(size, "--size", "x", 2)
    preprocessing = Preprocessing(
        height, width, three_numbers(mean, "--mean"), three_numbers(std, "--std"), interpolation
    )
    opened = open_workspace(workspace)
    name = name or file.stem
    check_name(name, "model")
    folder = opened.models_folder / name
    card = add_onnx(file, folder, ModelCard(name, 0, preprocessing, trained_on=trained_on, terms=terms))
    if json:
        print_json({"name": name, "id": model_id(folder), "embedding_size": card.embedding_size})
    else:
        say(f"Added {name} ({model_id(folder)}): vectors of {card.embedding_size} numbers.")


@model_app.command("export")
def model_export(
    name: Annotated[str, typer.Argument(help="Name of a model or run, or a model's id or folder.")],
    file: Annotated[
        Path, typer.Argument(help="FILE.zip: the whole model. FILE.onnx: the network, its card beside it.")
    ],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write a model as one zip, or as ONNX with its card; that ONNX and PyTorch agree is checked and said."""
    from reid_core.embedder.exchange import parity, write_onnx, zip_model
    from reid_core.embedder.model import model_id
    from reid_core.files import by_umask_of_user, write_atomically

    folder = open_workspace(workspace).find_model(name)
    kind = file.suffix.lower()
    if kind not in (".zip", ".onnx"):
        raise ReidError(f"{file} must end with .zip (the whole model) or .onnx (the network alone).")
    checked = parity(folder)
    if kind == ".onnx":
        with by_umask_of_user():
            beside = write_onnx(folder, file)
    else:
        content = zip_model(folder)
        try:
            with by_umask_of_user():
                write_atomically(file, lambda opened: opened.write(content))
        except OSError as error:
            raise ReidError(f"{file} cannot be written ({error.strerror}). Choose another place.") from error
    if json:
        agreed = None if checked is None else {"difference": checked.difference, "cosine": checked.cosine}
        print_json({"file": str(file), "id": model_id(folder), "parity": agreed})
        return
    if checked is None:
        say("It has no PyTorch weights to compare the ONNX file with.")
    else:
        batches = ", ".join(map(str, checked.batches))
        say(
            f"ONNX and PyTorch agree on batches of {batches} random pictures: largest difference "
            f"{checked.difference:.1e}, smallest cosine {checked.cosine:.7f}."
        )
    say(f"Wrote {file}" + (f" and {beside}." if kind == ".onnx" else "."))
