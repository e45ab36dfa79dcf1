"""Commands that answer "who is this, and where else?": index, search."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reid_core.cli.shared.console import print_json, print_skipped, print_table, progress_bar, say, warn
from reid_core.cli.shared.filter_options import filter_of, with_filters
from reid_core.cli.shared.options import (
    REPORTER,
    GalleryArgument,
    JsonOption,
    ModelOption,
    WorkspaceOption,
    app,
    end_if_stopped,
    open_workspace,
    report_values,
    short_values,
)
from reid_core.errors import ReidError
from reid_core.records import SPLITS, plural
from reid_core.signals import stop_on_signal
from reid_core.workspace.job_report import Report
from reid_core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from reid_core.embedder.inference import Embedder
    from reid_core.video.detection.card import Tiles
    from reid_core.video.detection.detector import Detector
    from reid_core.workspace.search.hit_meaning import Meant
    from reid_core.workspace.search.searching import Answer, Example


def embed_missing(
    workspace: Workspace, gallery: str, model: str | None, splits: Sequence[str] = SPLITS
) -> tuple[Embedder, Report]:
    """Embed what the model (by default the gallery's own) has not embedded yet, with a progress bar."""
    from reid_core.workspace.models.choosing import choose_model
    from reid_core.workspace.search.embedding import embed_gallery
    from reid_core.workspace.search.gallery_index import GalleryIndex

    embedder = choose_model(workspace, gallery, model, to_embed=True)
    with stop_on_signal() as stop, progress_bar("Embedding", REPORTER) as update:
        report = embed_gallery(workspace, gallery, embedder, splits=splits, stop=stop, on_progress=update)
    if report.added:
        warn(f"Terms of model {embedder.card.name}: {embedder.card.terms}")
        GalleryIndex(workspace, gallery, embedder.id).current()  # leaves a snapshot of a large one for the app
    return embedder, report


@app.command(rich_help_panel="Search")
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
            f"{report.already:,} before{f', {len(report.skipped):,} left out' if report.skipped else ''}."
        )
    end_if_stopped(report.stopped, "index")


@app.command(rich_help_panel="Search")
@with_filters
def search(
    gallery: Annotated[str, typer.Option(help="Gallery to search.")],
    photos: Annotated[list[Path] | None, typer.Argument(help="Pictures of one person.", metavar="PHOTO...")] = None,
    box: Annotated[
        str | None,
        typer.Option(help="Which person in a photo of several: a number, or LEFT,TOP,WIDTH,HEIGHT in pixels."),
    ] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Search with whole photos; look for nobody in them.")] = False,
    detector: Annotated[str | None, typer.Option(help="Detector of people; see `reid detector list`.")] = None,
    crop: Annotated[list[int] | None, typer.Option(help="Search from this crop; repeatable.")] = None,
    not_like: Annotated[list[Path] | None, typer.Option("--not", help="Picture of somebody else; repeatable.")] = None,
    top: Annotated[int, typer.Option(min=1, max=10_000, help="Number of hits, or of groups.")] = 20,
    group: Annotated[str | None, typer.Option(help="One place for hits of one tracklet, camera or identity.")] = None,
    model: ModelOption = None,
    filters: Mapping[str, Any] = MappingProxyType({}),
    query_camera: Annotated[str | None, typer.Option(help="Camera that took the photo; its hits are left out.")] = None,
    same_camera: Annotated[bool, typer.Option(help="Keep hits of the photo's own camera.")] = False,
    rerank: Annotated[bool, typer.Option(help="Re-rank by k-reciprocal neighbours.")] = False,
    purpose: Annotated[str, typer.Option(help="Why you search; kept in the audit log.")] = "",
    case: Annotated[str | None, typer.Option(help="Case whose verdicts count; see `reid case`.")] = None,
    save: Annotated[str | None, typer.Option(help="Keep the search in the case under this name.")] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Find the crops most like the person in the photos. A hit is a lead to look at, not an identification.

    A photo is searched with as it is when it is a crop of a person (2 to 5 times as high as wide, at most 480 pixels
    high). In any other, people are looked for: one is taken; several are listed, and --box chooses one.
    """
    from reid_core.images import BadImage
    from reid_core.workspace.models.choosing import choose_model
    from reid_core.workspace.search.gallery_index import GalleryIndex
    from reid_core.workspace.search.saved_searches import save as save_search
    from reid_core.workspace.search.searching import Question
    from reid_core.workspace.search.searching import search as search_gallery

    if save is not None and case is None:
        raise ReidError("A search is kept in a case: name it with --case.")
    opened = open_workspace(workspace)
    where = filter_of(opened, gallery, filters)
    embedder = choose_model(opened, gallery, model)
    chooser = _Chooser(opened, photos or [], box, whole, detector)
    examples = _examples(photos or [], crop or [], not_like or [], chooser, json)
    question = Question(examples, top, where, query_camera, same_camera, rerank, group, purpose, case)
    try:
        answer = search_gallery(opened, GalleryIndex(opened, gallery, embedder.id), embedder, question)
    except BadImage as error:
        shown = ", ".join(map(str, photos)) if photos else "The crop"
        raise ReidError(f"{shown}: {error}.") from error
    if save is not None and case is not None:
        save_search(opened, case, save, answer, gallery, embedder.card.name)
    _print_answer(opened, gallery, embedder, answer, json)


class _Chooser:
    """Which part of each photo is searched with; a detector is opened for a photo that needs it."""

    def __init__(
        self, workspace: Workspace, photos: Sequence[Path], box: str | None, whole: bool, detector: str | None
    ) -> None:
        from reid_core.workspace.search.scene_photos import choice_of

        if box is not None and len(photos) != 1:
            raise ReidError("--box is about one photo. Give one PHOTO with it, and cut the others to one person first.")
        self.choice, self.whole = choice_of(box, whole=whole), choice_of(None, whole=whole)
        self._workspace, self._name = workspace, detector

    def detector(self, tiles: Tiles) -> Detector:
        from reid_core.video.detection.detector import load_detector
        from reid_core.workspace.models.detectors import find_detector

        folder = find_detector(self._workspace, self._name)
        return load_detector(folder, threads=os.cpu_count() or 1, tiles=None if tiles == (1, 1) else tiles)


def _examples(
    photos: Sequence[Path], crops: Sequence[int], not_like: Sequence[Path], chooser: _Chooser, json: bool
) -> tuple[Example, ...]:
    from reid_core.images import BadImage, read_file
    from reid_core.workspace.search.scene_photos import taken_from
    from reid_core.workspace.search.searching import Example

    found = [Example(crop=number) for number in crops]
    for path, negative in [*((path, False) for path in photos), *((path, True) for path in not_like)]:
        try:
            choice = chooser.whole if negative else chooser.choice
            taken = taken_from(read_file(path), path.name, choice, chooser.detector)
        except BadImage as error:
            raise ReidError(f"{path}: {error}.") from error
        if taken.said and not json:
            say(taken.said)
        found.append(Example(taken.photo, negative=negative, name=path.name))
    return tuple(found)


def print_hits(hits: Sequence[dict[str, Any]], meant: Meant, behind: Mapping[int, int] = MappingProxyType({})) -> None:
    """A table of the hits, and above it that the person may not be among them; `behind` counts crops by rank."""
    if said := meant.warning_in_full or meant.caution:
        say(said)
    columns = ("rank", "similarity", "id", "identity", "camera", "time", "path")
    calibrated = meant.calibration is not None
    print_table(
        [*columns, *(["behind it"] if behind else []), *(["a stranger this similar"] if calibrated else [])],
        [
            [
                *(_cell(name, hit[name]) for name in columns),
                *([behind[hit["rank"]]] if behind else []),
                *([meant.often(hit["similarity"])] if calibrated else []),
            ]
            for hit in hits
        ],
    )


def _cell(name: str, value: Any) -> Any:
    if name == "time" and value is not None:
        return value.partition(".")[0]  # of a recording whole seconds: 0:44:41
    return f"{value:.3f}" if isinstance(value, float) else value


def meanings(hits: Sequence[dict[str, Any]], meant: Meant) -> list[dict[str, Any]]:
    """The hits with what each similarity means, None without a calibration."""
    return [{**hit, "meaning": meant.sentence(hit["similarity"]) or None} for hit in hits]


def _print_answer(workspace: Workspace, gallery: str, embedder: Embedder, answer: Answer, json: bool) -> None:
    from reid_core.evaluation.calibration.meaning import command_for
    from reid_core.workspace.galleries.browsing import has_tracklets
    from reid_core.workspace.search.coverage.measuring import coverage, filter_of
    from reid_core.workspace.search.coverage.saying import in_words
    from reid_core.workspace.search.coverage.values import values as coverage_values
    from reid_core.workspace.search.hit_meaning import meant_by

    question, hits = answer.query.question, answer.hits()
    meant = meant_by(embedder.card.calibration, answer, gallery=gallery, name=embedder.card.name)
    info = workspace.catalogue.gallery(gallery)
    without = info.without_direction.get(embedder.id, 0)
    not_indexed = info.crops - answer.searched - without
    looked_at = coverage(workspace.catalogue, info, filter_of(answer), embedder.id)
    if json:
        values = {"gallery": gallery, "model": embedder.card.name, "model_id": embedder.id, "searched": answer.searched}
        values |= {
            "not_indexed": not_indexed,
            "without_usable_vector": without,
            "query_camera": answer.camera,
            "rerank": question.rerank,
            "coverage": coverage_values(looked_at),
        }
        if question.group:
            values["groups"] = [[hit.rank for hit in one.hits] for one in answer.groups()]
        print_json({**values, **meant.context(), "hits": meanings(hits, meant)})
        return
    if len(answer.own):
        say(f"The photo is in the gallery itself as {answer.own['path'].iloc[0]}; it is not among the hits.")
    if answer.camera and not question.same_camera:
        cameras = ", ".join(answer.query.cameras)
        say(f"Hits of the photo's own camera {cameras} are left out (--same-camera keeps them).")
    if question.group == "tracklet" and not has_tracklets(workspace.catalogue, gallery):
        say(f"Gallery {gallery} has no tracklets, so each hit is a crop.")
    shown = [(group.best.rank, len(group.strip)) for group in answer.groups()] if question.group else []
    behind = dict(shown)
    print_hits([hit for hit in hits if not shown or hit["rank"] in behind], meant, behind)
    say(in_words(looked_at))
    if not_indexed:
        say(f"Run `reid index {gallery} --model {embedder.card.name}` to embed what is not embedded.")
    say(
        f"{plural(len(answer.crops), 'hit')} among {plural(answer.searched, 'crop')} by {embedder.card.name}, "
        f"{answer.seconds:.2f} s. Similarity is no probability; look before you believe."
    )
    if meant.calibration is None:
        say(f"{meant.reason} {command_for(gallery, embedder.card.name)}")
    elif hits:
        say(f"First hit: {meant.sentence(hits[0]['similarity'])}")
