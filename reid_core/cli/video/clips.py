"""The command that makes a clip of a walk, for browsers: clip."""

from __future__ import annotations

import shutil
from pathlib import Path
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
    moment,
    open_workspace,
)
from reid_core.errors import ReidError, why
from reid_core.files import by_umask_of_user, write_atomically
from reid_core.signals import stop_on_signal

if TYPE_CHECKING:
    from reid_core.workspace.clips.cache import Kept
    from reid_core.workspace.workspace import Workspace


@app.command(rich_help_panel="Video", context_settings={"ignore_unknown_options": True})  # a name may begin with a dash
def clip(
    gallery: GalleryArgument,
    tracklet: Annotated[str, typer.Argument(help="Name of the tracklet.")],
    at: Annotated[
        str | None,
        typer.Option(help="Of a walk of more than a minute the part around this moment: seconds, or 0:44:41."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the clip to FILE.mp4 instead of the workspace.")] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Cut a tracklet's walk out of its recording as an MP4 that browsers play, converted only where it has to be."""
    from reid_core.video.clips import Stopped
    from reid_core.workspace.clips.cutting import made
    from reid_core.workspace.clips.walks import crop_of

    opened = open_workspace(workspace)
    if out is not None and out.resolve().is_relative_to(opened.path):
        raise ReidError(f"{out} is in the workspace, where a deletion would not look for it. Name another place.")
    found: Kept | None = None
    with stop_on_signal() as stop, progress_bar("Converting", REPORTER) as update:
        try:
            found = made(
                opened, crop_of(opened, gallery, tracklet), moment(at, "--at"), stop=stop,
                on_progress=lambda done, total: update(min(round(100 * done / total), 100), 100),
            )  # fmt: skip
        except Stopped:
            end_if_stopped(True, "clip")
    assert found is not None
    if out is not None:
        _write(opened, gallery, found, out)
    times, file = found.clip.times, out or found.file
    values = {
        "gallery": gallery, "tracklet": tracklet, "file": str(file), "said": found.clip.said, "frames": len(times),
        "first": times[0], "last": times[-1], "seconds": round(times[-1] - times[0], 3),
    }  # fmt: skip
    REPORTER.result(values)
    if json:
        print_json({**values, "times": times})
        return
    say(f"{tracklet}: {values['seconds']:.1f} s from second {times[0]:g}, {found.clip.said}, in {file}.")


def _write(workspace: Workspace, gallery: str, found: Kept, out: Path) -> None:
    """It leaves the workspace, so the log says so."""
    from reid_core.workspace.catalogue.audit_recordings import ExportClip

    times = found.clip.times
    workspace.catalogue.log(ExportClip(gallery=gallery, recording=found.recording, start=times[0], end=times[-1]))
    try:
        with by_umask_of_user(), found.file.open("rb") as clip:
            write_atomically(out, lambda file: shutil.copyfileobj(clip, file))
    except OSError as error:
        raise ReidError(f"{out} cannot be written ({why(error)}). Choose another place.") from error
