"""The commands that lay a gallery's crops out on a map, and look at its labels by it: map, examine."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from reid_core.cli.shared.console import print_json, progress_bar, say
from reid_core.cli.shared.options import (
    REPORTER,
    GalleryArgument,
    JsonOption,
    WorkspaceOption,
    app,
    end_if_stopped,
    open_workspace,
)
from reid_core.errors import ReidError
from reid_core.signals import stop_on_signal

if TYPE_CHECKING:
    from reid_core.workspace.maps.examination import Examination
    from reid_core.workspace.maps.files import MapInfo
    from reid_core.workspace.workspace import Workspace


@app.command(rich_help_panel="Search", name="map")
def make_map(
    gallery: GalleryArgument,
    model: Annotated[str | None, typer.Option(help="Model or run; default: the one that serves the gallery.")] = None,
    dimensions: Annotated[int, typer.Option(min=2, max=3, help="2 or 3.")] = 2,
    locality: Annotated[
        list[int] | None,
        typer.Option(min=1, max=5, help="From 1, who is near whom, to 5, the large picture; repeatable. Default: 3."),
    ] = None,
    dense: Annotated[bool, typer.Option("--dense", help="Keep how spread out clusters are (densMAP).")] = False,
    fast: Annotated[
        bool, typer.Option("--fast", help="Use all cores; the map then differs a little each time it is made.")
    ] = False,
    seed: Annotated[int, typer.Option(help="The same seed and vectors give the same map.")] = 0,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Lay a gallery's crops out on a map by what a model sees in them, to be explored in the app."""
    from reid_core.projection.layout import Layout
    from reid_core.projection.neighbours import Stopped
    from reid_core.workspace.maps.examination import examine
    from reid_core.workspace.maps.making import make_maps

    opened = open_workspace(workspace)
    id = _model_id(opened, gallery, model)
    layouts = [Layout("umap", dimensions, one, None if fast else seed, dense) for one in dict.fromkeys(locality or [3])]
    made: list[MapInfo] = []
    found: Examination | None = None
    with stop_on_signal() as stop, progress_bar("Making the map", REPORTER) as update:
        with suppress(Stopped):
            made = make_maps(
                opened,
                gallery,
                id,
                layouts,
                stop=stop,
                on_progress=lambda stage, done, total: update(done, total, stage),
            )
            found = examine(
                opened, gallery, id, stop=stop, on_progress=lambda stage, done, total: update(done, total, stage)
            )
        end_if_stopped(stop.requested, "map", gallery=gallery)
    if json:
        print_json({"maps": [dataclasses.asdict(one) for one in made]})
        return
    for one in made:
        say(
            f"Map {one.layout.name} of {one.crops:,} crops: trustworthiness {one.faithful.trustworthiness:.3f}, "
            f"{100 * one.faithful.kept:.0f} % of the {one.faithful.k} nearest kept."
        )
    if made and made[0].unusable:
        some = ", ".join(map(str, made[0].left_out))
        say(f"Left out, as their vectors are no numbers: {made[0].unusable:,} crops ({some}).")
    _say_doubts(found)


@app.command(rich_help_panel="Search", name="examine")
def examine_labels(
    gallery: GalleryArgument,
    model: Annotated[str | None, typer.Option(help="Model or run; default: the one that serves the gallery.")] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Look again at a mapped gallery's labels by what a model sees: mislabels, people who look like one, cameras."""
    from reid_core.projection.neighbours import Stopped
    from reid_core.workspace.maps.examination import examine

    opened = open_workspace(workspace)
    found: Examination | None = None
    with stop_on_signal() as stop, progress_bar("Looking at labels", REPORTER) as update:
        with suppress(Stopped):
            found = examine(
                opened,
                gallery,
                _model_id(opened, gallery, model),
                stop=stop,
                on_progress=lambda stage, done, total: update(done, total, stage),
            )
        end_if_stopped(stop.requested, "examine", gallery=gallery)
    if json and found is not None:
        print_json(dataclasses.asdict(found))
        return
    _say_doubts(found)


def _model_id(workspace: Workspace, gallery: str, model: str | None) -> str:
    from reid_core.workspace.models.promotion import present_model

    info = workspace.catalogue.gallery(gallery)
    if model is not None:
        from reid_core.embedder.model import model_id

        return model_id(workspace.find_model(model))
    if present := present_model(workspace, gallery):
        return present.id
    if info.models:
        return info.models[-1][0]
    raise ReidError(f"Gallery {gallery!r} is not indexed yet. Run `reid index {gallery} --model <model or run>`.")


def _say_doubts(found: Examination | None) -> None:
    if found is None:
        return
    mislabels, merges = found.found
    say(f"Suspected mislabels: {mislabels:,}; pairs of people who look like one: {merges:,}.")
    if found.grouping is not None:
        say(
            f"Nearest crops of other people are of the same camera {found.grouping.ratio:.1f} times as often as by "
            "chance."
        )
