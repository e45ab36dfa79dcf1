"""Commands that put a new model in the place of a gallery's present one: compare, promote."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from reid_core.cli.search import embed_missing
from reid_core.cli.shared.console import print_json, print_skipped, print_table, progress_bar, say
from reid_core.cli.shared.options import (
    REPORTER,
    GalleryArgument,
    JsonOption,
    WorkspaceOption,
    app,
    end_if_stopped,
    open_workspace,
    report_values,
)
from reid_core.errors import ReidError
from reid_core.records import plural
from reid_core.signals import stop_on_signal

if TYPE_CHECKING:
    from reid_core.workspace.models.promotion import Compared

NewModel = Annotated[str, typer.Option("--model", help="The new model or run.")]


@app.command(rich_help_panel="Models")
def compare(
    gallery: GalleryArgument,
    model: NewModel,
    present: Annotated[
        str | None, typer.Option("--with", help="The model to compare with; default: the one that serves the gallery.")
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Is a new model better than the present one, on people who were kept out of training? Embeds only their crops."""
    from reid_core.workspace.evaluations.measuring import SPLITS
    from reid_core.workspace.models.promotion import compare_models, present_model

    opened = open_workspace(workspace)
    serving = present_model(opened, gallery)
    if serving is not None:
        opened.catalogue.keep_serving(gallery, serving.id)
    if present is None:
        if serving is None:
            raise ReidError(f"No model serves gallery {gallery!r} yet. Use `reid promote {gallery} --model {model}`.")
        present = serving.name
    embedders = []
    for name in (present, model):
        embedder, report = embed_missing(opened, gallery, name, SPLITS)
        print_skipped(report.skipped)
        end_if_stopped(report.stopped, "compare")
        embedders.append(embedder)
    found = compare_models(opened, gallery, embedders[1], embedders[0])
    REPORTER.result({"gallery": gallery, "present": found.present[0], "candidate": found.candidate[0]})
    if json:
        print_json({**dataclasses.asdict(found), "verdict": found.verdict})
        return
    rows = [
        [
            name,
            f"{100 * one.present:.1f} %",
            f"{100 * one.candidate:.1f} %",
            f"{100 * one.difference:+.1f}",
            f"{100 * one.low:+.1f} to {100 * one.high:+.1f}",
        ]
        for name, one in (("mAP", found.mAP), ("Rank-1", found.rank1))
    ]
    print_table(["", found.present[1], found.candidate[1], "difference", "95 % interval"], rows)
    say(f"{verdict_words(found)} {plural(found.queries, 'query')} of {plural(found.people, 'person')}.")
    for sentence in found.caveats:
        say(sentence)


def verdict_words(found: Compared) -> str:
    """ "X is better than Y:" and so on."""
    present, candidate = found.present[1], found.candidate[1]
    return {
        "better": f"{candidate} is better than {present}:",
        "worse": f"{candidate} is worse than {present}:",
    }.get(found.verdict, f"{candidate} and {present} cannot be told apart here:")


@app.command(rich_help_panel="Models")
def promote(
    gallery: GalleryArgument,
    model: NewModel,
    purpose: Annotated[str, typer.Option(help="Why; kept in the audit log.")] = "",
    even_so: Annotated[
        str, typer.Option(help="Why it shall serve though it was not found better; kept in the log.")
    ] = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Let a model serve a gallery. The present one serves until the new one has embedded all; run again to go on."""
    from reid_core.embedder.inference import Embedder
    from reid_core.workspace.models.promotion import present_model
    from reid_core.workspace.models.promotion import promote as promote_model
    from reid_core.workspace.search.gallery_index import GalleryIndex

    opened = open_workspace(workspace)
    serving = present_model(opened, gallery)
    if serving is not None:
        opened.catalogue.keep_serving(gallery, serving.id)
    embedder = Embedder(opened.find_model(model))
    with stop_on_signal() as stop, progress_bar("Embedding", REPORTER) as update:
        report = promote_model(
            opened, gallery, embedder, purpose=purpose, even_so=even_so, stop=stop, on_progress=update
        )
    print_skipped(report.skipped)
    end_if_stopped(report.stopped, "promote")
    GalleryIndex(opened, gallery, embedder.id).current()
    REPORTER.result({"gallery": gallery, "model": embedder.id, "left_out": len(report.skipped)})
    if json:
        print_json({"gallery": gallery, "model": embedder.card.name, "model_id": embedder.id, **report_values(report)})
        return
    say(f"{embedder.card.name} ({embedder.id}) serves gallery {gallery} now.")
    if report.skipped:
        say(f"{plural(len(report.skipped), 'crop')} could not be embedded and cannot be found until it can.")
