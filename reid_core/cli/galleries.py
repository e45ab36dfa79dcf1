"""Commands about what a workspace holds: import, draw, demo, list, audit."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from reid_core.cli.console import print_json, print_skipped, print_table, progress_bar, say, warn
from reid_core.cli.options import (
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
from reid_core.cli.searching import embed_missing
from reid_core.errors import FREE_SPACE, ReidError
from reid_core.records import LARGEST_WHOLE, plural
from reid_core.signals import stop_on_signal
from reid_core.workspace.browsing import flaws_of
from reid_core.workspace.report import Report
from reid_core.workspace.rows import GalleryInfo


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help="Folder, zip, tar, .mat, or table (.csv, .tsv, .parquet) of crops.")],
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
    from reid_core.workspace.importing import import_dataset

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
    end_if_stopped(stopped, "run the same command to go on.")


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


@app.command()
def demo(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Build the demo: a gallery of drawn people, indexed and ready to search."""
    from reid_core.workspace.demo import GALLERY, build_demo

    with stop_on_signal() as stop:
        finished = build_demo(open_workspace(workspace), stop=stop, bar=lambda stage: progress_bar(stage, REPORTER))
    end_if_stopped(not finished, "run the same command to go on.")
    if json:
        print_json({"gallery": GALLERY})
    else:
        say(f"Gallery {GALLERY} is ready. Open the app with `reid app`.")


@app.command("list")
def list_(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Show the galleries, models and runs of the workspace."""
    opened = open_workspace(workspace)
    galleries, (models, damaged) = opened.catalogue.galleries(), opened.models_and_damaged()
    runs = []
    unreadable = [f"Model {model.name} is damaged and left out: {model.reason}" for model in damaged]
    for run in opened.runs():
        try:
            runs.append(run.state())
        except ReidError as error:
            unreadable.append(str(error))
    if json:
        values: dict[str, Any] = {"workspace": str(opened.path), "unreadable": unreadable}
        values["galleries"] = [dataclasses.asdict(gallery) for gallery in galleries]
        values["models"] = [
            {"name": m.name, "id": m.id, "folder": str(m.folder), "terms": m.card.terms} for m in models
        ]
        values["runs"] = [dataclasses.asdict(state) for state in runs]
        print_json(values)
        return
    for message in unreadable:
        warn(message)
    if opened.is_short():
        warn(f"The disk is full. Searching and deleting still work, for a while; to go on, {FREE_SPACE}")
    say(f"Workspace {opened.path}")
    print_table(
        ["gallery", "crops", "identities", "cameras", "indexed by"],
        [[g.name, f"{g.crops:,}", f"{g.identities:,}", g.cameras, ", ".join(_indexed_by(g))] for g in galleries],
    )
    print_table(["model", "id", "size", "terms"], [[m.name, m.id, m.card.embedding_size, m.card.terms] for m in models])
    print_table(
        ["run", "status", "step", "gallery"], [[s.name, s.status, f"{s.step}/{s.steps}", s.gallery] for s in runs]
    )


def _indexed_by(gallery: GalleryInfo) -> list[str]:
    """Its models, with what each has not embedded."""
    words = []
    for id, name, _ in gallery.models:
        without, missing = gallery.without_direction.get(id, 0), gallery.to_embed(id)
        parts = [f"{missing:,} not yet"] * bool(missing) + [f"{without:,} without a usable vector"] * bool(without)
        words.append(f"{name} ({', '.join(parts)})" if parts else name)
    return words


@app.command()
def audit(
    last: Annotated[int, typer.Option(min=1, max=LARGEST_WHOLE, help="Number of lines.")] = 50,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show who searched for whom, when and why. The log cannot be changed from here."""
    lines = open_workspace(workspace).catalogue.audit(last)
    if json:
        print_json({"audit": lines})
    else:
        rows = [[n["at"], n["who"], n["action"], n.get("gallery"), _photos(n), n["purpose"] or _lost(n)] for n in lines]
        print_table(["when", "who", "what", "gallery", "photos", "purpose"], rows)


def _photos(line: dict[str, Any]) -> str:
    """The first digits of the hash of each photo that was searched with."""
    return ", ".join(sha256[:12] for sha256 in line.get("photos", []))


def _lost(line: dict[str, Any]) -> str:
    return f"(personal fields {line['personal']})" if "personal" in line else ""
