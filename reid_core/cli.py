"""`reid`: every long job of Retrace as a command. Prints for people, or one JSON object with --json."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from reid_core import recipe_options
from reid_core.console import print_json, print_skipped, print_table, progress_bar, say, warn
from reid_core.errors import ReidError
from reid_core.records import parse_time, plural
from reid_core.signals import stop_on_signal
from reid_core.workspace import jobs
from reid_core.workspace.workspace import VARIABLE, Workspace, default_path

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Retrace: find one person again across cameras. Everything stays on this machine.",
)
model_app = typer.Typer(no_args_is_help=True, help="Embedders that were made elsewhere.")
app.add_typer(model_app, name="model")

STOPPED = 130  # exit code after Ctrl-C or SIGTERM, as shells have it
REPORTER = jobs.Reporter()

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", help=f"Workspace folder; default ${VARIABLE}, else ./workspace.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
GalleryArgument = Annotated[str, typer.Argument(help="Name of the gallery.")]
ModelOption = Annotated[str | None, typer.Option(help="Name of a model or run, or a model's id or folder.")]


def main() -> None:
    """Entry point: a ReidError becomes its sentence and exit code 1, never a traceback."""
    try:
        app()
    except ReidError as error:
        REPORTER.end("failed", str(error))
        if "--json" in sys.argv:
            print_json({"error": str(error)})
        warn(f"Error: {error}")
        sys.exit(1)
    except SystemExit as end:
        REPORTER.end("finished" if not end.code else "stopped" if end.code == STOPPED else "failed")
        raise


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help="Folder, zip, or table (.csv, .tsv, .parquet) of crops.")],
    gallery: Annotated[str, typer.Option(help="Gallery to add them to; made if it is not there.")],
    format: Annotated[str | None, typer.Option(help="Format of the data set, where it is not recognised.")] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="Column of a table, as kind=name: --column identity=person_no.")
    ] = None,
    train_share: Annotated[float, typer.Option(help="Share of identities to train on, without given splits.")] = 0.5,
    seed: Annotated[int, typer.Option(help="Seed of that division.")] = 0,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Bring crops into a gallery. Bad files are named and left out; run again to go on."""
    from reid_core.datasets import read_dataset
    from reid_core.workspace.importing import import_dataset

    dataset = read_dataset(
        path, format=format, columns=_pairs(column or [], "column"), train_share=train_share, seed=seed
    )
    if not json:
        say(dataset.describe())
    with stop_on_signal() as stop, progress_bar("Importing", REPORTER) as update:
        report = import_dataset(_open(workspace), dataset, gallery, stop=stop, on_progress=update)
    if json:
        values = {"gallery": gallery, "description": dataset.describe(), "format": dataset.format}
        print_json({**values, **_report(report)})
    else:
        print_skipped(report.skipped)
        say(f"Gallery {gallery}: {plural(report.added, 'crop')} added, {report.already:,} there before.")
    _end(report.stopped, "run the same command to go on.")
    if not report.added and not report.already:
        raise ReidError(f"No crop of {path} could be imported.")


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, epilog=recipe_options.help_text()
)
def train(
    context: typer.Context,
    gallery: Annotated[str | None, typer.Argument(help="Gallery to train on (not with --resume).")] = None,
    recipe: Annotated[str, typer.Option(help="Recipe to start from.")] = "reference",
    name: Annotated[str | None, typer.Option(help="Name of the run.")] = None,
    resume: Annotated[str | None, typer.Option(help="Go on with this run from its checkpoint.")] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Train an embedder on a gallery's training identities. Any value of the recipe can be given as an option."""
    overrides = recipe_options.parse(context.args)
    if (gallery is None) == (resume is None):
        raise ReidError("Give either a gallery to train on, or --resume RUN to go on with a run.")
    if resume and (overrides or name):
        raise ReidError(f"A resumed run keeps its name and recipe; leave out {', '.join(overrides) or '--name'}.")

    from reid_core.workspace.training import create_run, resume_run, train_run

    opened = _open(workspace)
    run = resume_run(opened, resume) if resume else create_run(opened, str(gallery), recipe, overrides, name)
    with stop_on_signal() as stop, progress_bar(f"Training {run.folder.name}", REPORTER) as update:
        state = train_run(opened, run, stop=stop, on_step=update, say=warn if json else say)
    values = {"run": state.name, "status": state.status, "step": state.step, "steps": state.steps, "best": state.best}
    if json:
        print_json(values)
    elif state.status == "finished":
        say(f"Finished. Use it with --model {state.name}.")
    _end(state.status == "stopped", f"`reid train --resume {state.name}` goes on from step {state.step:,}.")


@app.command()
def index(
    gallery: GalleryArgument,
    model: ModelOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Embed a gallery's crops with a model, so that it can be searched. Run again to go on or to add new crops."""
    from reid_core.workspace.indexing import embed_gallery
    from reid_core.workspace.searching import choose_model

    opened = _open(workspace)
    embedder = choose_model(opened, gallery, model)
    with stop_on_signal() as stop, progress_bar("Embedding", REPORTER) as update:
        report = embed_gallery(opened, gallery, embedder, stop=stop, on_progress=update)
    if json:
        print_json({"gallery": gallery, "model": embedder.card.name, "model_id": embedder.id, **_report(report)})
    else:
        print_skipped(report.skipped)
        say(
            f"Gallery {gallery}: {plural(report.added, 'crop')} embedded by {embedder.card.name} ({embedder.id}), "
            f"{report.already:,} before."
        )
    _end(report.stopped, "run the same command to go on.")


@app.command()
def search(
    photo: Annotated[Path, typer.Argument(help="Picture of one person.")],
    gallery: Annotated[str, typer.Option(help="Gallery to search.")],
    top: Annotated[int, typer.Option(min=1, max=10_000, help="Number of hits.")] = 20,
    model: ModelOption = None,
    camera: Annotated[str | None, typer.Option(help="Only hits of these cameras: 1,3")] = None,
    identity: Annotated[str | None, typer.Option(help="Only hits of these identities.")] = None,
    split: Annotated[str | None, typer.Option(help="Only hits of these splits: query,gallery")] = None,
    after: Annotated[str | None, typer.Option(help="Only hits from this time on (ISO 8601, or seconds).")] = None,
    before: Annotated[str | None, typer.Option(help="Only hits up to this time.")] = None,
    query_camera: Annotated[str | None, typer.Option(help="Camera that took the photo; its hits are left out.")] = None,
    same_camera: Annotated[bool, typer.Option(help="Keep hits of the photo's own camera.")] = False,
    rerank: Annotated[bool, typer.Option(help="Re-rank by k-reciprocal neighbours.")] = False,
    purpose: Annotated[str, typer.Option(help="Why you search; kept in the audit log.")] = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Find the crops most like the person in a photo. A hit is a lead to look at, not an identification."""
    from reid_core.images import BadImage, FolderSource
    from reid_core.retrieval.index import Filter
    from reid_core.workspace.indexing import GalleryIndex
    from reid_core.workspace.searching import Question, choose_model
    from reid_core.workspace.searching import search as search_gallery

    opened = _open(workspace)
    where = Filter(
        cameras=_labels(camera),
        identities=_labels(identity),
        splits=_labels(split),
        after=_moment(after, "--after"),
        before=_moment(before, "--before"),
    )
    embedder = choose_model(opened, gallery, model)
    try:
        question = Question(
            FolderSource(photo.parent).read(photo.name), top, where, query_camera, same_camera, rerank, purpose
        )
        answer = search_gallery(opened, GalleryIndex(opened, gallery, embedder.id), embedder, question)
    except BadImage as error:
        raise ReidError(f"{photo}: {error}.") from error
    if json:
        values = {"gallery": gallery, "model": embedder.card.name, "model_id": embedder.id, "searched": answer.searched}
        print_json({**values, "query_camera": answer.camera, "rerank": rerank, "hits": answer.hits()})
        return
    if len(answer.own):
        say(f"The photo is in the gallery itself as {answer.own['path'].iloc[0]}; it is not among the hits.")
    if answer.camera and not same_camera:
        say(f"Hits of the photo's own camera {answer.camera} are left out (--same-camera keeps them).")
    columns = ("rank", "similarity", "identity", "camera", "time", "path")
    print_table(
        columns,
        [
            [f"{value:.3f}" if isinstance(value, float) else value for value in (hit[column] for column in columns)]
            for hit in answer.hits()
        ],
    )
    say(
        f"{plural(len(answer.crops), 'hit')} among {plural(answer.searched, 'crop')} by {embedder.card.name}, "
        f"{answer.seconds:.2f} s. Similarity is no probability; look before you believe."
    )


@app.command()
def evaluate(
    gallery: GalleryArgument,
    model: ModelOption = None,
    rerank: Annotated[bool, typer.Option(help="Rank by k-reciprocal distances.")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Measure a model on a gallery's query and gallery splits, under the Market-1501 protocol."""
    from reid_core.workspace.evaluating import evaluate_gallery
    from reid_core.workspace.searching import choose_model

    opened = _open(workspace)
    embedder = choose_model(opened, gallery, model)
    with stop_on_signal() as stop, progress_bar("Embedding", REPORTER) as update:
        metrics = evaluate_gallery(opened, gallery, embedder, rerank=rerank, stop=stop, on_progress=update)
    if json:
        print_json({**metrics.to_dict(), "model": embedder.card.name, "model_id": embedder.id, "rerank": rerank})
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
    file: Annotated[Path, typer.Argument(help="ONNX file: one input (B, 3, H, W), one output (B, D).")],
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
    """Add a third-party ONNX embedder."""
    from reid_core.embedder.card import ModelCard, Preprocessing
    from reid_core.embedder.model import add_onnx, model_id
    from reid_core.workspace.catalogue import check_name

    height, width = _numbers(size, "--size", "x", 2)
    preprocessing = Preprocessing(int(height), int(width), _three(mean, "--mean"), _three(std, "--std"), interpolation)
    opened = _open(workspace)
    name = name or file.stem
    check_name(name, "model")
    folder = opened.models_folder / name
    card = add_onnx(file, folder, ModelCard(name, 0, preprocessing, trained_on=trained_on, terms=terms))
    if json:
        print_json({"name": name, "id": model_id(folder), "embedding_size": card.embedding_size})
    else:
        say(f"Added {name} ({model_id(folder)}): vectors of {card.embedding_size} numbers.")


@app.command("list")
def list_(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Show the galleries, models and runs of the workspace."""
    opened = _open(workspace)
    galleries, models = opened.catalogue.galleries(), opened.models()
    runs = [run.state() for run in opened.runs()]
    if json:
        values: dict[str, Any] = {"workspace": str(opened.path)}
        values["galleries"] = [dataclasses.asdict(gallery) for gallery in galleries]
        values["models"] = [
            {"name": m.name, "id": m.id, "folder": str(m.folder), "terms": m.card.terms} for m in models
        ]
        values["runs"] = [dataclasses.asdict(state) for state in runs]
        print_json(values)
        return
    say(f"Workspace {opened.path}")
    print_table(
        ["gallery", "crops", "identities", "cameras", "indexed by"],
        [
            [g.name, f"{g.crops:,}", f"{g.identities:,}", g.cameras, ", ".join(m[1] for m in g.models)]
            for g in galleries
        ],
    )
    print_table(["model", "id", "size", "terms"], [[m.name, m.id, m.card.embedding_size, m.card.terms] for m in models])
    print_table(
        ["run", "status", "step", "gallery"], [[s.name, s.status, f"{s.step}/{s.steps}", s.gallery] for s in runs]
    )


@app.command()
def audit(
    last: Annotated[int, typer.Option(min=1, help="Number of lines.")] = 50,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show who searched for whom, when and why. The log cannot be changed from here."""
    lines = _open(workspace).catalogue.audit(last)
    if json:
        print_json({"audit": lines})
    else:
        rows = [
            [n["at"], n["who"], n["action"], n.get("gallery"), n.get("photo", "")[:12], n["purpose"]] for n in lines
        ]
        print_table(["when", "who", "what", "gallery", "photo", "purpose"], rows)


@app.command()
def demo(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Build the demo: a gallery of drawn people, indexed and ready to search."""
    from reid_core.workspace.demo import GALLERY, build_demo

    with stop_on_signal() as stop:
        finished = build_demo(_open(workspace), stop=stop, bar=lambda stage: progress_bar(stage, REPORTER))
    _end(not finished, "run the same command to go on.")
    if json:
        print_json({"gallery": GALLERY})
    else:
        say(f"Gallery {GALLERY} is ready. Open the app with `streamlit run app.py`.")


@app.command()
def draw(
    folder: Annotated[Path, typer.Argument(help="Folder to draw into.")],
    identities: Annotated[int, typer.Option(min=1, help="Number of people.")] = 40,
    cameras: Annotated[int, typer.Option(min=1, help="Number of cameras.")] = 4,
    seed: Annotated[int, typer.Option(help="Another seed gives other people.")] = 0,
    randomise: Annotated[bool, typer.Option(help="Vary light, lens and place with each crop, to train on.")] = False,
    json: JsonOption = False,
) -> None:
    """Draw a data set of people who do not exist, to train, test or measure on."""
    from reid_core.datasets.synthetic import SiteConfig, write_site

    config = SiteConfig(identities=identities, cameras=cameras, seed=seed, randomise=randomise)
    with progress_bar("Drawing people", REPORTER) as update:
        crops = write_site(folder, config, update)
    if json:
        print_json({"folder": str(folder), "crops": crops})
    else:
        say(f"{plural(crops, 'crop')} of {plural(identities, 'identity')} drawn in {folder}.")


def _open(workspace: Path | None) -> Workspace:
    return Workspace(workspace or default_path())


def _end(stopped: bool, how_to_go_on: str) -> None:
    if stopped:
        warn(f"Stopped; nothing is lost: {how_to_go_on}")
        raise typer.Exit(STOPPED)


def _report(report: Any) -> dict[str, Any]:
    skipped = [dataclasses.asdict(item) for item in report.skipped]
    return {"added": report.added, "already": report.already, "skipped": skipped, "stopped": report.stopped}


def _labels(text: str | None) -> frozenset[str] | None:
    return frozenset(part.strip() for part in text.split(",") if part.strip()) if text else None


def _moment(text: str | None, option: str) -> float | None:
    if text is None:
        return None
    try:
        return parse_time(text)
    except ValueError as error:
        raise ReidError(f"{option} {text!r} is not a time; use 2026-03-02T08:00:00Z, or seconds.") from error


def _pairs(texts: list[str], option: str) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    if bad := [text for text, (key, _, value) in zip(texts, pairs, strict=True) if not key or not value]:
        raise ReidError(f"--{option} {bad[0]!r} must be written kind=name.")
    return {key: value for key, _, value in pairs}


def _numbers(text: str, option: str, separator: str, count: int) -> list[float]:
    try:
        numbers = [float(part) for part in text.lower().split(separator)]
    except ValueError:
        numbers = []
    if len(numbers) != count:
        example = separator.join(["256", "128"] if count == 2 else ["0.5"] * count)
        raise ReidError(f"{option} {text!r} must be {count} numbers, such as {example}.")
    return numbers


def _three(text: str, option: str) -> tuple[float, float, float]:
    red, green, blue = _numbers(text, option, ",", 3)
    return red, green, blue


if __name__ == "__main__":
    main()
