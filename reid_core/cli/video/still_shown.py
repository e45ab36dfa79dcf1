"""Commands about files that still show people who were deleted: blur, remove-file."""

from __future__ import annotations

import math
import sys
from typing import Annotated, Any

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
from reid_core.workspace.recordings.still_shown import StillShown, how_much, say_same_film

PurposeOption = Annotated[str, typer.Option(help="Why; the log keeps it.")]
RecordingArgument = Annotated[str | None, typer.Argument(help="Name of the recording.", show_default=False)]


@app.command(rich_help_panel="Keeping")
def blur(
    gallery: GalleryArgument,
    recording: RecordingArgument = None,
    name: Annotated[str | None, typer.Option("--recording", hidden=True, help="As RECORDING.")] = None,
    purpose: PurposeOption = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Keep a copy of a recording, unrecognisable where somebody was deleted. The original file stays where it is."""
    from reid_core.workspace.recordings.blurred_copy import blur_recording

    opened, wanted = open_workspace(workspace), _named(recording, name)
    with stop_on_signal() as stop, progress_bar("Blurring", REPORTER) as update:

        def show(done: float, total: float | None) -> None:
            whole = 0 if total is None or math.isnan(total) else math.ceil(total)
            update(min(int(done), whole or int(done)), whole, "s of video")

        made = blur_recording(opened, gallery, wanted, stop=stop, on_progress=show, purpose=purpose)
    end_if_stopped(made.stopped, "blur")
    row = made.recording
    values = {
        "gallery": gallery, "recording": row.name, "path": str(made.path), "stretches": made.stretches,
        "seconds": made.seconds, "already": made.already, "original": row.path,
    }  # fmt: skip
    REPORTER.result(values)
    if json:
        print_json(values)
        return
    if made.already:
        say(f"Recording {row.name} has a blurred copy already: {made.path}")
        return
    say(
        f"The workspace keeps a copy of {row.name} in which the whole picture is unrecognisable for "
        f"{how_much(made.stretches, made.seconds)}. Whoever else is in view then is hidden, too."
    )
    say(f"  The original still shows everybody: {row.path}")
    say(f"  `reid remove-file {gallery} {row.name}` removes it from the disk.")


@app.command(rich_help_panel="Keeping")
def remove_file(
    gallery: GalleryArgument,
    recording: RecordingArgument,
    purpose: PurposeOption = "",
    yes: Annotated[bool, typer.Option(help="Do not ask; for scripts.")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Remove the file of a recording, where you keep it, from the disk. The recording stays in its gallery."""
    from reid_core.workspace.recordings.removal import removal_plan, say_links
    from reid_core.workspace.recordings.removal import remove_file as remove

    opened, wanted = open_workspace(workspace), _named(recording, None)
    plan = removal_plan(opened, gallery, wanted)
    if not json:
        say(plan)
    if not yes:
        if not sys.stdin.isatty():
            raise ReidError("Nothing was removed: say --yes to remove it without being asked.")
        if typer.prompt(f"Type {wanted} to remove its file for good") != wanted:
            raise ReidError(f"Nothing was removed: that is not {wanted}.")
    links = remove(opened, gallery, wanted, purpose)
    if json:
        print_json({"gallery": gallery, "recording": wanted, "removed": True, "other_names": links})
        return
    say(f"The file of recording {wanted} was removed from the disk. {say_links(links)}".rstrip())


def say_still_shown(shown: tuple[StillShown, ...] | list[StillShown]) -> None:
    """Below the receipt of a deletion; nothing where no file shows the deleted."""
    files_of_it = [one for one in shown if not one.same_as]
    if files_of_it:
        _say_files(files_of_it)
    for one in shown:
        if one.same_as:
            say(f"  {say_same_film(one)}")


def _say_files(shown: list[StillShown]) -> None:
    files = "1 file still shows" if len(shown) == 1 else f"{len(shown):,} files still show"
    say(f"  {files} deleted people, where you keep recordings:")
    for one in shown:
        say(f"    {one.recording}: {one.path} ({one.describe()})")
    if any(not one.gone for one in shown):
        say("  `reid blur` makes a copy that does not show them; `reid remove-file` removes a file from the disk.")
    if any(one.gone for one in shown):
        say("  Files of recordings that went from the gallery are yours to delete.")


def receipt_values(values: dict[str, Any], shown: tuple[StillShown, ...]) -> dict[str, Any]:
    """The receipt as JSON has it."""
    files = [one.values() for one in shown if not one.same_as]
    return {**values, "recordings": files, "same_film": [one.values() for one in shown if one.same_as]}


def _named(recording: str | None, name: str | None) -> str:
    if (recording is None) == (name is None):
        raise ReidError("Name one recording. List them with `reid recordings GALLERY`.")
    return str(name if recording is None else recording)
