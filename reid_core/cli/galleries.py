"""Commands about what a workspace holds: list, draw, demo, check, export."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from reid_core.cli.shared.console import print_json, print_skipped, print_table, progress_bar, say, warn
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
from reid_core.errors import FREE_SPACE, ReidError
from reid_core.files import by_umask_of_user
from reid_core.records import plural
from reid_core.signals import stop_on_signal
from reid_core.workspace.catalogue.rows import GalleryInfo


@app.command(rich_help_panel="Galleries")
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


@app.command(rich_help_panel="Galleries")
def demo(
    videos: Annotated[
        bool, typer.Option(help="Draw the videos of the recordings, too; that takes minutes, and searches do not wait.")
    ] = True,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Build the demo: drawn people to search, and four recordings of them. Run again to go on."""
    from reid_core.workspace.imports.demo import GALLERY, build_demo
    from reid_core.workspace.imports.demo_assets import RECORDINGS

    def say_ready() -> None:
        if not json:
            say(f"Gallery {GALLERY} is ready. Open the app with `reid app`.")

    with stop_on_signal() as stop:
        finished = build_demo(
            open_workspace(workspace), stop=stop, bar=lambda stage: progress_bar(stage, REPORTER), videos=videos,
            on_ready=say_ready,
        )  # fmt: skip
    end_if_stopped(not finished, "demo")
    if json:
        print_json({"gallery": GALLERY, "recordings": RECORDINGS})
    else:
        say(f"Gallery {RECORDINGS} has four recordings; `reid recordings {RECORDINGS}` lists them.")


@app.command("list", rich_help_panel="Galleries")
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


@app.command(rich_help_panel="Galleries")
def check(gallery: GalleryArgument, workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Look for pictures that vanished or changed since they were imported; measure those that nobody measured."""
    from reid_core.workspace.galleries.originals import check_pictures

    with stop_on_signal() as stop, progress_bar("Checking", REPORTER) as update:
        checked = check_pictures(open_workspace(workspace), gallery, stop=stop, on_progress=update)
    if json:
        print_json({"whole": checked.added, "wrong": [dataclasses.asdict(item) for item in checked.skipped]})
    else:
        print_skipped(checked.skipped)
        say(f"Gallery {gallery}: {plural(checked.added, 'picture')} as they were imported.")
    end_if_stopped(checked.stopped, "check")
    if checked.skipped:
        raise typer.Exit(1)


@app.command(rich_help_panel="Galleries")
def export(
    gallery: GalleryArgument,
    folder: Annotated[Path, typer.Argument(help="New folder to write to.")],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write a gallery's labels as a Parquet table, with its pictures beside it; `reid import` reads it back."""
    from reid_core.workspace.exports.gallery import export_gallery

    with stop_on_signal() as stop, progress_bar("Exporting", REPORTER) as update:
        opened = open_workspace(workspace)
        with by_umask_of_user():
            report = export_gallery(opened, gallery, folder, stop=stop, on_progress=update)
    if json:
        print_json({"folder": str(folder), **report_values(report)})
    else:
        print_skipped(report.skipped)
        say(f"{plural(report.added, 'crop')} of gallery {gallery} written to {folder}.")
    end_if_stopped(report.stopped, "export")
