"""The command that looks at a gallery's crops before they are trained on: inspect."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from reid_core.cli.console import print_json, print_table, progress_bar, say
from reid_core.cli.options import REPORTER, GalleryArgument, JsonOption, WorkspaceOption, app, open_workspace


@app.command()
def inspect(
    gallery: GalleryArgument,
    validation: Annotated[float, typer.Option(help="Share of the training identities that will validate.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Seed of the run; who validates depends on it.")] = 0,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Look at a gallery before training on it: who, how many, how good, and what leaks. Ends with 1 where it leaks."""
    from reid_core.training.recipe import Recipe
    from reid_core.workspace.runs.inspection import inspect_gallery

    opened = open_workspace(workspace)
    recipe = Recipe().replace(validation=validation, seed=seed)
    with progress_bar("Comparing pictures", REPORTER) as update:
        found = inspect_gallery(opened, gallery, recipe, on_progress=update)
    if json:
        print_json(dataclasses.asdict(found))
    else:
        print_table(
            ["side", "crops", "people"],
            [[side, f"{count:,}", f"{found.people.get(side, 0):,}"] for side, count in found.crops.items() if count],
        )
        if found.shared:
            print_table(
                ["camera", *(camera for camera in found.shared)],
                [[camera, *(f"{count:,}" for count in row.values())] for camera, row in found.shared.items()],
            )
            say("People to train on whom both cameras see; on the diagonal, whom the camera sees.")
        for finding in found.findings:
            say(f"{finding.level.capitalize()}: {finding.sentence}")
    if found.errors:
        raise typer.Exit(1)
