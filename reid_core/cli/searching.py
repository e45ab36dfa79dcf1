"""Commands that answer "who is this, and where else?": index, search."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reid_core.cli.console import print_json, print_skipped, print_table, progress_bar, say
from reid_core.cli.options import (
    REPORTER,
    GalleryArgument,
    JsonOption,
    ModelOption,
    WorkspaceOption,
    app,
    end_if_stopped,
    identities,
    labels,
    moment,
    open_workspace,
    report_values,
    short_values,
)
from reid_core.errors import ReidError
from reid_core.records import SPLITS, plural
from reid_core.signals import stop_on_signal
from reid_core.workspace.report import Report
from reid_core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from reid_core.embedder.inference import Embedder


def embed_missing(
    workspace: Workspace, gallery: str, model: str | None, splits: Sequence[str] = SPLITS
) -> tuple[Embedder, Report]:
    """Embed what the model (by default the gallery's own) has not embedded yet, with a progress bar."""
    from reid_core.workspace.indexing import GalleryIndex, embed_gallery
    from reid_core.workspace.searching import choose_model

    embedder = choose_model(workspace, gallery, model)
    with stop_on_signal() as stop, progress_bar("Embedding", REPORTER) as update:
        report = embed_gallery(workspace, gallery, embedder, splits=splits, stop=stop, on_progress=update)
    if report.added:
        GalleryIndex(workspace, gallery, embedder.id).current()  # leaves a snapshot of a large one for the app
    return embedder, report


@app.command()
def index(
    gallery: GalleryArgument,
    model: ModelOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Embed a gallery's crops with a model, so that it can be searched. Run again to go on or to add new crops."""
    embedder, report = embed_missing(open_workspace(workspace), gallery, model)
    if report.skipped and not report.added and not report.already:
        print_skipped(report.skipped)
        raise ReidError(f"No crop of gallery {gallery!r} could be embedded. Bring its pictures back.")
    REPORTER.result({"gallery": gallery, "model": embedder.card.name, "embedded": short_values(report)})
    if json:
        print_json({"gallery": gallery, "model": embedder.card.name, "model_id": embedder.id, **report_values(report)})
    else:
        print_skipped(report.skipped)
        say(
            f"Gallery {gallery}: {plural(report.added, 'crop')} embedded by {embedder.card.name} ({embedder.id}), "
            f"{report.already:,} before."
        )
    end_if_stopped(report.stopped, "run the same command to go on.")


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
    min_height: Annotated[int | None, typer.Option(min=1, help="Only hits of at least so many pixels.")] = None,
    min_sharpness: Annotated[
        float | None, typer.Option(help="Only hits at least so sharp, 0 to 1; 0.32 leaves out the blurred.")
    ] = None,
    query_camera: Annotated[str | None, typer.Option(help="Camera that took the photo; its hits are left out.")] = None,
    same_camera: Annotated[bool, typer.Option(help="Keep hits of the photo's own camera.")] = False,
    rerank: Annotated[bool, typer.Option(help="Re-rank by k-reciprocal neighbours.")] = False,
    purpose: Annotated[str, typer.Option(help="Why you search; kept in the audit log.")] = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Find the crops most like the person in a photo. A hit is a lead to look at, not an identification."""
    from reid_core.images import BadImage, read_file
    from reid_core.retrieval.index import Filter
    from reid_core.workspace.indexing import GalleryIndex
    from reid_core.workspace.searching import Question, choose_model
    from reid_core.workspace.searching import search as search_gallery

    opened = open_workspace(workspace)
    where = Filter(
        cameras=labels(camera),
        identities=identities(opened, gallery, identity),
        splits=labels(split),
        after=moment(after, "--after"),
        before=moment(before, "--before"),
        min_height=min_height,
        min_sharpness=min_sharpness,
    )
    embedder = choose_model(opened, gallery, model)
    try:
        question = Question(read_file(photo), top, where, query_camera, same_camera, rerank, purpose)
        answer = search_gallery(opened, GalleryIndex(opened, gallery, embedder.id), embedder, question)
    except BadImage as error:
        raise ReidError(f"{photo}: {error}.") from error
    not_indexed = opened.catalogue.gallery(gallery).crops - answer.searched
    if json:
        values = {"gallery": gallery, "model": embedder.card.name, "model_id": embedder.id, "searched": answer.searched}
        values |= {"not_indexed": not_indexed, "query_camera": answer.camera, "rerank": rerank}
        print_json({**values, "hits": answer.hits()})
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
    if not_indexed:
        say(
            f"{plural(not_indexed, 'crop')} of the gallery could not be hits, not being embedded by "
            f"{embedder.card.name}. "
            f"Run `reid index {gallery} --model {embedder.card.name}`."
        )
    say(
        f"{plural(len(answer.crops), 'hit')} among {plural(answer.searched, 'crop')} by {embedder.card.name}, "
        f"{answer.seconds:.2f} s. Similarity is no probability; look before you believe."
    )
