"""Commands that make and measure models: train, evaluate, model add."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from reid_core.cli import recipe_options
from reid_core.cli.console import print_json, print_skipped, print_table, progress_bar, say, warn
from reid_core.cli.options import (
    REPORTER,
    STOPPED,
    GalleryArgument,
    JsonOption,
    ModelOption,
    TrackOption,
    WorkspaceOption,
    app,
    end_if_stopped,
    open_workspace,
    three_numbers,
    whole_numbers,
)
from reid_core.cli.searching import embed_missing
from reid_core.errors import ReidError
from reid_core.records import plural
from reid_core.signals import stop_on_signal
from reid_core.training.recipe_file import read_recipe, to_yaml
from reid_core.training.run import Run

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
            opened, str(gallery), recipe, overrides, name, trackers=track or (), allow_leakage=allow_leakage
        )

    opened = open_workspace(workspace)
    with together() as team:
        run = Run(opened.runs_folder / from_first(lambda: chosen_run().folder.name))
        with stop_on_signal() as stop, progress_bar(f"Training {run.folder.name}", REPORTER) as update:
            state = train_run(opened, run, stop=stop, on_step=update, say=warn if json else say)
    if not team.first:
        raise typer.Exit(STOPPED if state.status == "stopped" else 0)
    values = {"run": state.name, "status": state.status, "step": state.step, "steps": state.steps, "best": state.best}
    if json:
        print_json(values)
    elif state.status == "finished":
        if state.message:
            say(f"The run {state.message}.")
        say(f"Finished. Use it with --model {state.name}.")
    end_if_stopped(state.status == "stopped", f"`reid train --resume {state.name}` goes on from step {state.step:,}.")


@app.command()
def evaluate(
    gallery: GalleryArgument,
    model: ModelOption = None,
    rerank: Annotated[bool, typer.Option(help="Rank by k-reciprocal distances.")] = False,
    allow_missing: Annotated[bool, typer.Option(help="Leave out crops whose pictures are gone.")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Measure a model on a gallery's query and gallery splits, under the Market-1501 protocol."""
    from reid_core.workspace.evaluating import SPLITS, evaluate_gallery

    opened = open_workspace(workspace)
    embedder, report = embed_missing(opened, gallery, model, SPLITS)
    print_skipped(report.skipped)
    end_if_stopped(report.stopped, "run the same command to go on.")
    metrics = evaluate_gallery(opened, gallery, embedder.id, rerank=rerank, allow_missing=allow_missing)
    if json:
        values = {"model": embedder.card.name, "model_id": embedder.id, "rerank": rerank}
        print_json({**metrics.to_dict(), **values, "left_out": len(report.skipped)})
        return
    shares = [metrics.mAP, metrics.rank1, metrics.rank5, metrics.rank10, metrics.rank20, metrics.mINP]
    print_table(
        ["mAP", "Rank-1", "Rank-5", "Rank-10", "Rank-20", "mINP", "queries", "gallery"],
        [[*(f"{100 * share:.1f} %" for share in shares), f"{metrics.queries:,}", f"{metrics.gallery:,}"]],
    )
    if metrics.queries_without_match:
        say(f"{plural(metrics.queries_without_match, 'query')} without a true match in another camera: not counted.")
    say(f"{embedder.card.name} ({embedder.id}) on gallery {gallery}{', re-ranked' if rerank else ''}.")


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
    from reid_core.files import write_atomically

    folder = open_workspace(workspace).find_model(name)
    kind = file.suffix.lower()
    if kind not in (".zip", ".onnx"):
        raise ReidError(f"{file} must end with .zip (the whole model) or .onnx (the network alone).")
    checked = parity(folder)
    if kind == ".onnx":
        beside = write_onnx(folder, file)
    else:
        content = zip_model(folder)
        try:
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
