"""The command that measures models on galleries: evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from reid_core.cli.search import embed_missing
from reid_core.cli.shared.console import print_json, print_skipped, progress_bar, say
from reid_core.cli.shared.evaluation_text import print_evaluation, summary
from reid_core.cli.shared.options import REPORTER, JsonOption, WorkspaceOption, app, end_if_stopped, open_workspace
from reid_core.evaluation.presentation.policy_sentences import USUAL
from reid_core.files import by_umask_of_user

MODELS = ("--models", "--model")


class ManyModels(TyperCommand):
    """Takes several values after `--models`: "--models a b" is "--models a --models b"."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        given, naming = [], False
        for place, text in enumerate(args):
            if text.startswith("-"):
                naming = text == MODELS[0]
            elif naming and args[place - 1] != MODELS[0]:
                given.append(MODELS[0])
            given.append(text)
        return super().parse_args(ctx, given)


@app.command(rich_help_panel="Evaluation", cls=ManyModels, epilog=" ".join(USUAL))
def evaluate(
    galleries: Annotated[list[str], typer.Argument(help="Names of one or more galleries.")],
    models: Annotated[
        list[str] | None,
        typer.Option(*MODELS, help="Models or runs to measure, each on every gallery; default: the gallery's own."),
    ] = None,
    rerank: Annotated[bool, typer.Option(help="Rank by k-reciprocal distances.")] = False,
    same_camera: Annotated[bool, typer.Option(help="Let matches of the query's own camera count.")] = False,
    multi_query: Annotated[bool, typer.Option(help="All crops of a person in a camera ask together.")] = False,
    expand: Annotated[int, typer.Option(min=0, help="Mix each query with so many nearest crops (AQE).")] = 0,
    augment: Annotated[int, typer.Option(min=0, help="Mix each gallery crop with so many nearest (DBA).")] = 0,
    alpha: Annotated[float, typer.Option(min=0, help="Weigh these by similarity to this power (αQE).")] = 0.0,
    by: Annotated[list[str] | None, typer.Option(help="Compare groups of this column; repeatable.")] = None,
    groups: Annotated[
        Path | None, typer.Option(help="CSV of groups: a column identity or path, and others. Not kept.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of everything that is drawn.")] = 0,
    report: Annotated[
        list[Path] | None, typer.Option(help="Write FILE.html, FILE.json or FILE.csv; repeatable.")
    ] = None,
    purpose: Annotated[str, typer.Option(help="Why a report is written; kept in the audit log.")] = "",
    allow_missing: Annotated[bool, typer.Option(help="Leave out crops whose pictures are gone.")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Measure models on the query and gallery splits of galleries, under the Market-1501 protocol."""
    from reid_core.evaluation.model_comparison import compare_all
    from reid_core.evaluation.report import Protocol
    from reid_core.workspace.evaluations.groups import KEYS, read_groups
    from reid_core.workspace.evaluations.measuring import SPLITS, evaluate_model
    from reid_core.workspace.exports.formats import check_report_files, write_reports
    from reid_core.workspace.models.promotion import present_model
    from reid_core.workspace.workspace import ModelEntry

    opened = open_workspace(workspace)
    check_report_files(opened, report or ())
    protocol = Protocol(same_camera, multi_query, rerank, expand, augment, alpha, seed)
    table = None if groups is None else read_groups(groups)
    columns = [*(by or ()), *(column for column in (() if table is None else table.columns) if column not in KEYS)]
    chosen: list[str | None] = [*models] if models else [None]
    reports, left_out = [], 0
    for gallery in dict.fromkeys(galleries):
        for model in dict.fromkeys(chosen):
            if model is not None and (serving := present_model(opened, gallery)) is not None:
                opened.catalogue.keep_serving(gallery, serving.id)
            embedder, embedded = embed_missing(opened, gallery, model, SPLITS)
            print_skipped(embedded.skipped)
            left_out += len(embedded.skipped)
            end_if_stopped(embedded.stopped, "evaluate")
            entry = ModelEntry(embedder.card.name, embedder.folder, embedder.id, embedder.card)
            with progress_bar(f"Evaluating {entry.name} on {gallery}", REPORTER) as update:
                found = evaluate_model(
                    opened, gallery, entry, protocol,
                    by=columns, groups=table, allow_missing=allow_missing, on_progress=update,
                )  # fmt: skip
            reports.append(found)
    evaluation = compare_all(reports)
    with by_umask_of_user():
        write_reports(opened, evaluation, report or (), purpose)
    summaries = [summary(one) for one in evaluation.reports]
    REPORTER.result({"evaluations": [{key: s[key] for key in ("gallery_name", "model", "mAP")} for s in summaries]})
    if json:
        several = {"evaluations": summaries, "differences": evaluation.to_dict()["differences"]}
        print_json({**(summaries[0] if len(summaries) == 1 else several), "left_out": left_out})
        return
    print_evaluation(evaluation, columns)
    for file in report or ():
        say(f"Wrote {file}.")
