"""The command that lists walks past cameras: tracklets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reid_core.cli.shared.console import print_json, print_table, say
from reid_core.cli.shared.options import GalleryArgument, JsonOption, WorkspaceOption, app, labels, open_workspace
from reid_core.files import by_umask_of_user
from reid_core.records import plural


@app.command(rich_help_panel="Video")
def tracklets(
    gallery: GalleryArgument,
    camera: Annotated[str | None, typer.Option(help="Only tracklets of these cameras: 1,3")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the table to FILE.csv.")] = None,
    purpose: Annotated[str, typer.Option(help="Why the table is written; the log keeps it.")] = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """List tracklets (walks of a person past one camera): times, entry and exit point, crops, identity."""
    from reid_core.workspace.exports.tracklets import values_of, write_tracklets
    from reid_core.workspace.galleries.tracklets import tracklets_of

    opened = open_workspace(workspace)
    found = tracklets_of(opened.catalogue, gallery, labels(camera))
    if csv is not None:
        with by_umask_of_user():
            write_tracklets(opened, gallery, found, csv, purpose)
    rows = [values_of(line) for line in found]
    if json:
        print_json({"gallery": gallery, "tracklets": rows, "csv": None if csv is None else str(csv)})
        return
    if csv is not None:
        say(f"{plural(len(rows), 'tracklet')} of gallery {gallery} written to {csv}.")
        return
    if not rows:
        say(f"Gallery {gallery} has no tracklets{'' if camera is None else ' of camera ' + camera}.")
        return
    print_table(
        ["tracklet", "camera", "start", "end", "seconds", "crops", "entry", "exit", "identity", "recording", "flags"],
        [
            [
                row["tracklet"], row["camera"], row["start"], row["end"], row["seconds"], row["crops"],
                _place(row["entry_x"], row["entry_y"]), _place(row["exit_x"], row["exit_y"]), row["identity"],
                row["recording"], row["flags"],
            ]
            for row in rows
        ],
    )  # fmt: skip


def _place(x: float | None, y: float | None) -> str | None:
    return None if x is None or y is None else f"{x:.0f},{y:.0f}"
