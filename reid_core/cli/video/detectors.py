"""Commands about detectors, which find people in pictures: detector list, detector add."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from reid_core.cli.shared.console import print_json, print_table, say, warn
from reid_core.cli.shared.options import JsonOption, WorkspaceOption, app, open_workspace, whole_numbers

detector_app = typer.Typer(no_args_is_help=True, help="Detectors find people in recordings and photos.")
app.add_typer(detector_app, name="detector", rich_help_panel="Models")


@detector_app.command("list")
def detector_list(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """List the detectors: the shipped one and those added to this workspace."""
    import dataclasses

    from reid_core.workspace.models.detectors import detectors

    entries, damaged = detectors(open_workspace(workspace))
    if json:
        values = [
            {"name": one.name, "id": one.id, "shipped": one.shipped, "card": dataclasses.asdict(one.card)}
            for one in entries
        ]
        print_json({"detectors": values, "damaged": [dataclasses.asdict(one) for one in damaged]})
        return
    print_table(
        ["detector", "id", "format", "input", "licence"],
        [
            [one.name + (" (shipped)" if one.shipped else ""), one.id, one.card.format, one.card.input.describe(),
             one.card.licence]
            for one in entries
        ],
    )  # fmt: skip
    for one in damaged:
        warn(f"Damaged: {one.reason}")


@detector_app.command("add")
def detector_add(
    file: Annotated[
        Path,
        typer.Argument(
            help="ONNX file or OpenVINO IR (.xml) of NanoDet, YOLOX, RT-DETR, D-FINE, RF-DETR, or SSD (1×1×N×7)."
        ),
    ],
    name: Annotated[str | None, typer.Option(help="Name of the detector; default: the file's.")] = None,
    size: Annotated[
        str | None,
        typer.Option(
            help="Height x width of its input; default: the file's. YOLOX takes any; its default is 384x640, and "
            "736x1280 finds smaller people in three to four times the time."
        ),
    ] = None,
    person: Annotated[
        int | None, typer.Option(min=0, max=100_000, help="Which of its classes is people: a number from 0.")
    ] = None,
    tiles: Annotated[
        str | None,
        typer.Option(help="Rows x columns of tiles to search besides the whole picture, for small people: 2x3."),
    ] = None,
    terms: Annotated[str, typer.Option(help="Its licence; kept on its card.")] = "",
    source: Annotated[str, typer.Option(help="Where it comes from; kept on its card.")] = "",
    trained_on: Annotated[str, typer.Option(help="What it was trained on; kept on its card.")] = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Add a detector of people. Its format is recognised by its outputs, and it is tried on a drawn street first.

    It gets the usual thresholds of its format. Change them in its card.json in the workspace.
    """
    from reid_core.video.detection.card import CARD_NAME
    from reid_core.video.detection.trial import Given
    from reid_core.workspace.models.detectors import add_detector

    height_width = whole_numbers(size, "--size", "x", 2) if size else None
    grid = whole_numbers(tiles, "--tiles", "x", 2) if tiles else [1, 1]
    given = Given(
        name or file.stem,
        (height_width[1], height_width[0]) if height_width else None,
        person,
        (grid[0], grid[1]),
        terms,
        source,
        trained_on,
    )
    added = add_detector(open_workspace(workspace), file, given)
    card = added.entry.card
    if json:
        values: dict[str, Any] = {"name": added.entry.name, "id": added.entry.id, "format": card.format}
        values |= {"person": card.person, "found": added.found, "drawn": added.drawn}
        print_json({**values, "licence": card.licence, "warning": added.warning or None})
        return
    say(f"Added {added.entry.name} ({added.entry.id}): {added.words}. Pictures: {card.input.describe()}.")
    say(f"It finds {added.found} of {added.drawn} people in a drawn street.")
    unstated = f"Its licence was not stated. Check it, and write it into {added.entry.folder / CARD_NAME}."
    say(f"Licence: {card.licence}." if terms else unstated)
    if added.warning:
        warn(f"Warning: {added.warning}")
