"""The command that brings crops in: import."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from reid_core.cli.search import embed_missing
from reid_core.cli.shared.console import print_json, print_skipped, progress_bar, say, warn
from reid_core.cli.shared.options import (
    REPORTER,
    JsonOption,
    WorkspaceOption,
    app,
    end_if_stopped,
    open_workspace,
    pairs,
    report_values,
    short_values,
)
from reid_core.errors import ReidError
from reid_core.records import plural
from reid_core.signals import stop_on_signal
from reid_core.workspace.galleries.browsing import flaws_of
from reid_core.workspace.galleries.last_used import use
from reid_core.workspace.job_report import Report


@app.command("import", rich_help_panel="Galleries")
def import_(
    path: Annotated[
        Path,
        typer.Argument(
            help="Folder, zip, tar, .mat, or table (.csv, .tsv, .parquet) of crops, or of frames with boxes."
        ),
    ],
    gallery: Annotated[str, typer.Option(help="Gallery to add them to; made if it is not there.")],
    format: Annotated[str | None, typer.Option(help="Format of the data set, where it is not recognised.")] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="Column of a table, as kind=name: --column identity=person_no.")
    ] = None,
    train_share: Annotated[float, typer.Option(help="Share of identities to train on, without given splits.")] = 0.5,
    seed: Annotated[int, typer.Option(help="Seed of that division.")] = 0,
    time_zone: Annotated[str | None, typer.Option(help="Of times that name none; default UTC.")] = None,
    camera_pattern: Annotated[
        str | None, typer.Option(help="Regular expression with one group that finds the camera in a path.")
    ] = None,
    time_format: Annotated[
        str | None, typer.Option(help="How a table writes times: '%d/%m/%Y %H:%M', excel, seconds, milliseconds, …")
    ] = None,
    identity_pattern: Annotated[
        str | None, typer.Option(help="The same for the person: --identity-pattern 'person(\\d+)'.")
    ] = None,
    copy: Annotated[bool, typer.Option(help="Copy the pictures into the workspace.")] = False,
    index_with: Annotated[str | None, typer.Option(help="Then embed them with this model or run.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Only say what would come in; no picture is opened.")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Bring crops into a gallery. Bad files are named and left out; run again to go on."""
    from reid_core.datasets import doubts, read_dataset
    from reid_core.workspace.imports.importing import import_dataset

    dataset = read_dataset(
        path, format=format, columns=pairs(column or [], "column"), train_share=train_share, seed=seed,
        time_zone=time_zone, camera_pattern=camera_pattern, identity_pattern=identity_pattern, time_format=time_format,
    )  # fmt: skip
    described: dict[str, Any] = {"gallery": gallery, "description": dataset.describe(), "format": dataset.format}
    described |= {"notes": list(dataset.notes), "doubts": list(doubts(dataset))}
    described |= {"without_time": len(dataset.incomplete)}
    if not json:
        say(dataset.describe())
        for note in described["notes"]:
            say(f"  {note}")
        for doubt in described["doubts"]:
            warn(f"Please check: {doubt}")
    if dry_run:
        if json:
            named = {"skipped": dataset.skipped, "incomplete": dataset.incomplete}
            lists = {key: [dataclasses.asdict(item) for item in items] for key, items in named.items()}
            print_json({**described, "crops": len(dataset.records), **lists})
        else:
            print_skipped(dataset.skipped)
        return
    opened = open_workspace(workspace)
    if index_with is not None:
        opened.find_model(index_with)  # says now that it is not there
    with stop_on_signal() as stop, progress_bar("Importing", REPORTER) as update:
        report = import_dataset(opened, dataset, gallery, stop=stop, copy=copy, on_progress=update)
    REPORTER.result(
        {**described, **short_values(report), "flaws": flaws_of(opened.catalogue, gallery, str(dataset.source))}
    )
    if report.skipped and len(report.skipped) == len(dataset.records) + len(dataset.skipped):
        print_skipped(report.skipped)
        raise ReidError(f"No crop of {path} could be imported.")
    with suppress(OSError):  # the crops are there all the same
        use(opened.path, gallery)
    if not json:
        _say_imported(gallery, path, report, bool(dataset.incomplete))
    embedded = None
    if index_with is not None and not report.stopped:
        embedder, embedded = embed_missing(opened, gallery, index_with)
        REPORTER.result({"gallery": gallery, "model": embedder.card.name, "embedded": short_values(embedded)})
        if not json:
            print_skipped(embedded.skipped)
            say(f"{plural(embedded.added, 'crop')} embedded by {embedder.card.name}.")
    if json:
        indexed = {"indexed": report_values(embedded)} if embedded else {}
        print_json({**described, **report_values(report), **indexed})
    stopped = report.stopped or (embedded is not None and embedded.stopped)
    end_if_stopped(stopped, "import")


def _say_imported(gallery: str, path: Path, report: Report, untimed: bool) -> None:
    print_skipped(report.skipped)
    if report.file:
        kinds = ["what was left out"] * bool(report.skipped) + ["every crop without its time"] * untimed
        say(f"{report.file} names {' and '.join(kinds)}.")
    say(f"Gallery {gallery}: {plural(report.added, 'crop')} added, {report.already:,} there before.")
    if report.duplicates:
        say(f"{plural(report.duplicates, 'picture')} left out that the gallery has already, with the same labels.")
    if report.differing:
        say(f"{plural(report.differing, 'crop')} of these have other labels in {path.name} now; the old are kept.")
