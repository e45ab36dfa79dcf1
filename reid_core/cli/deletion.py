"""Commands that delete crops, and that keep them from deletion: delete, receipts, hold, release."""

from __future__ import annotations

import dataclasses
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reid_core.cli.shared.console import print_json, print_table, say
from reid_core.cli.shared.options import (
    REPORTER,
    JsonOption,
    WorkspaceOption,
    app,
    end_if_stopped,
    identities,
    labels,
    moment,
    open_workspace,
)
from reid_core.cli.video.kept_copies import blurring_first, say_copies, unheard
from reid_core.cli.video.still_shown import receipt_values, say_still_shown
from reid_core.errors import NotThere, ReidError, shown
from reid_core.records import plural, whole_number
from reid_core.workspace.catalogue.recordings.finding import every, named
from reid_core.workspace.catalogue.selection import Selection, order_from_json
from reid_core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from reid_core.signals import StopRequest
    from reid_core.workspace.deletion.deletion import Receipt
    from reid_core.workspace.deletion.kept_copies import OnProgress

_SECONDS = {"h": 3600, "d": 86_400, "w": 7 * 86_400}

GalleryOption = Annotated[str | None, typer.Option(help="Gallery; default: every gallery.", show_default=False)]
IdentityOption = Annotated[str | None, typer.Option(help="Only crops of these identities: 12,31 (needs --gallery).")]
CameraOption = Annotated[str | None, typer.Option(help="Only crops of these cameras: 1,3")]
RecordingOption = Annotated[str | None, typer.Option(help="Only what is from these recordings, by name.")]
CropOption = Annotated[str | None, typer.Option("--crop", help="Only these crops, by number: 812,813")]
AfterOption = Annotated[str | None, typer.Option(help="Only crops from this time on (ISO 8601, or seconds).")]
BeforeOption = Annotated[str | None, typer.Option(help="Only crops up to this time.")]
PurposeOption = Annotated[str, typer.Option(help="Why; the log and the receipt keep it.")]


@app.command(rich_help_panel="Keeping")
def delete(
    gallery: GalleryOption = None,
    identity: IdentityOption = None,
    camera: CameraOption = None,
    recording: RecordingOption = None,
    crop: CropOption = None,
    after: AfterOption = None,
    before: BeforeOption = None,
    older_than: Annotated[str | None, typer.Option(help="Only crops older than 12h, 30d or 8w.")] = None,
    source: Annotated[str | None, typer.Option(help="Only what was imported from this path.")] = None,
    selection: Annotated[Path | None, typer.Option(hidden=True, help="A page's selection; removed once read.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="The whole gallery (needs --gallery).")] = False,
    purpose: PurposeOption = "",
    remove_copies: Annotated[
        bool, typer.Option(help="Remove films that only the workspace has, instead of blurring the deleted in them.")
    ] = False,
    dry_run: Annotated[bool, typer.Option(help="Only say what would be deleted.")] = False,
    yes: Annotated[bool, typer.Option(help="Do not ask; for scripts.")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Delete crops for good, with their vectors, thumbnails and copies; prints a receipt. What a hold keeps, stays."""
    from reid_core.workspace.deletion.deletion import delete as delete_crops
    from reid_core.workspace.deletion.deletion import plan
    from reid_core.workspace.deletion.wiping import why_unfinished

    opened = open_workspace(workspace)
    wanted = {name: value for name, value in {"identity": identity, "crop": crop}.items() if value is not None}
    galleries = [info.name for info in opened.catalogue.galleries()] if gallery is None else [gallery]
    if gallery is None and (wanted or everything):
        raise ReidError(f"Name the gallery that {'--all' if everything else '--' + next(iter(wanted))} means.")
    if selection is not None:
        try:
            chosen, said = order_from_json(selection.read_text(encoding="utf-8"))
            purpose = purpose or said
        except OSError as error:
            raise ReidError(f"The selection {selection} cannot be read ({error.strerror}). Choose again.") from error

    recordings = _recordings(opened, galleries, recording)

    def asked_of(name: str) -> Selection:
        return _selection(opened, name, identity, camera, recordings, crop, after, before, older_than, source)

    selections = {name: chosen if selection is not None else asked_of(name) for name in galleries}
    if any(asked.is_everything() for asked in selections.values()) and not everything:
        raise ReidError("Say what to delete (--identity, --camera, --older-than, ...), or --all for a whole gallery.")
    plans = {name: plan(opened, name, asked) for name, asked in selections.items()}
    if remove_copies:
        plans = {name: planned.without_blurring() for name, planned in plans.items()}
    if selection is not None and not any(planned.blurs for planned in plans.values()):
        selection.unlink(missing_ok=True)  # it may name people
    if not json:
        for name, planned in plans.items():
            say(f"Gallery {name}: {planned.describe()}")
            say_copies(planned)
    if dry_run:
        if json:
            print_json({"plans": {name: dataclasses.asdict(planned) for name, planned in plans.items()}})
        return
    held = [name for name, planned in plans.items() if planned.held and not planned.crops and not planned.tracklets]
    if held and not json:
        say(f"All that fits is held in {', '.join(held)}; it stays.")
    concerned = [
        name
        for name, planned in plans.items()
        if planned.crops or planned.tracklets or planned.recordings or (everything and name not in held)
    ]
    if not concerned:
        raise ReidError("Nothing was deleted: " + (f"all that fits is held in {held[0]}." if held else "no crop fits."))
    confirm(yes)
    done, stopped = [], False
    for name in concerned:

        def delete_now(stop: StopRequest | None = None, on_progress: OnProgress = unheard, name: str = name) -> Receipt:
            asked = selections[name]
            return delete_crops(
                opened, name, asked, purpose, remove_copies=remove_copies, stop=stop, on_progress=on_progress
            )

        found = blurring_first(delete_now, selection) if plans[name].blurs else delete_now()
        if found is None:
            stopped = True
            break
        receipt = found
        done.append(receipt_values(_values(receipt), receipt.recordings))
        if json:
            continue
        without = plans[name].tracklets
        also = f" and {plural(without, 'tracklet')} without crops" if without else ""
        say(f"Receipt {receipt.number}: {plural(receipt.crops, 'crop')}{also} of gallery {receipt.gallery} deleted.")
        say(f"  when {receipt.at}, by {receipt.who}; SHA-256 of their numbers {receipt.ids_sha256}")
        if receipt.finished is None:
            say(f"  {why_unfinished(opened.catalogue, opened.thumbnails)}")
            say("  The last bytes are wiped when the workspace is next opened.")
        for copy in receipt.copies:
            say(f"  {copy.did()}")
        say_still_shown(receipt.recordings)
    shown = sum(len(receipt["recordings"]) for receipt in done)
    if done:
        REPORTER.result({"deleted": sum(receipt["crops"] for receipt in done), "still_shown": shown})
    if json:
        print_json({"receipts": done, "held": held})
    end_if_stopped(stopped, "delete")


@app.command(rich_help_panel="Keeping")
def receipts(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Show what was deleted: how many crops, when, by whom and why. Names nobody."""
    from reid_core.workspace.deletion.deletion import receipts as all_receipts

    found = all_receipts(open_workspace(workspace))
    if json:
        print_json({"receipts": [_values(receipt) for receipt in found]})
        return
    print_table(
        ["receipt", "when", "who", "gallery", "what", "crops", "held", "purpose"],
        [[r.number, r.at, r.who, r.gallery, r.selection, f"{r.crops:,}", r.held, r.purpose] for r in found],
    )


@app.command(rich_help_panel="Keeping")
def hold(
    name: Annotated[str, typer.Argument(help="Name of the hold, such as a case's number.")],
    gallery: Annotated[str, typer.Option(help="Gallery that the crops are in.")],
    identity: IdentityOption = None,
    camera: CameraOption = None,
    recording: RecordingOption = None,
    crop: CropOption = None,
    after: AfterOption = None,
    before: BeforeOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Keep crops from every deletion, whoever orders it, until the hold is released."""
    from reid_core.workspace.deletion.holds import hold as hold_crops

    opened = open_workspace(workspace)
    recordings = _recordings(opened, [gallery], recording)
    selection = _selection(opened, gallery, identity, camera, recordings, crop, after, before, None, None)
    held = hold_crops(opened, gallery, selection, name)
    if json:
        print_json({"hold": name, "crops": held})
    else:
        say(f"{plural(held, 'crop')} of gallery {gallery} held by {name}.")


@app.command(rich_help_panel="Keeping")
def release(
    name: Annotated[str, typer.Argument(help="Name of the hold.")],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """End a hold: its crops can be deleted again."""
    from reid_core.workspace.deletion.holds import release as release_crops

    released = release_crops(open_workspace(workspace), name)
    if json:
        print_json({"hold": name, "crops": released})
    else:
        say(f"{name} released: {plural(released, 'crop')} can be deleted again.")


def _values(receipt: Receipt) -> dict[str, Any]:
    """What is kept of it."""
    from reid_core.workspace.deletion.deletion import TOLD

    values = dataclasses.asdict(dataclasses.replace(receipt, recordings=(), copies=()))
    return {name: value for name, value in values.items() if name not in TOLD}


def _selection(
    workspace: Workspace,
    gallery: str,
    identity: str | None,
    camera: str | None,
    recordings: frozenset[str] | None,
    crop: str | None,
    after: str | None,
    before: str | None,
    older_than: str | None,
    source: str | None,
) -> Selection:
    sources = None
    if source is not None:
        table = workspace.catalogue.sources(gallery)
        there = {source, str(Path(source).absolute()), str(Path(source).resolve())}
        sources = frozenset(int(key) for key in table["key"][table["path"].isin(there)])
    numbers = labels(crop)
    if numbers is not None and (bad := sorted(n for n in numbers if whole_number(n) is None)):
        raise ReidError(f"--crop {shown(bad[0])} is no number of a crop.")
    return Selection(
        identities=identities(workspace, gallery, identity),
        cameras=labels(camera),
        recordings=recordings,
        ids=None if numbers is None else frozenset(map(int, numbers)),
        after=moment(after, "--after"),
        before=moment(before, "--before"),
        older_than=None if older_than is None else time.time() - _duration(older_than),
        sources=sources,
    )


def _recordings(workspace: Workspace, galleries: list[str], text: str | None) -> frozenset[str] | None:
    """Like `labels`, but a whole text that is the name of a recording is that one. Raises ReidError for a recording
    that none of the galleries has."""
    if text is None:
        return None
    there = {row.name for gallery in galleries for row in every(workspace.catalogue, gallery)}
    if text.strip() in there:
        return frozenset({text.strip()})
    found = labels(text) or frozenset()
    for name in sorted(found - there):
        if len(galleries) == 1:
            named(workspace.catalogue, galleries[0], name)  # says which there are
        raise NotThere(f"No gallery has a recording {shown(name)}. List them with `reid recordings GALLERY`.")
    return found


def _duration(text: str) -> float:
    match = re.fullmatch(r"(\d{1,6})([hdw])", text.strip().lower())
    if match is None:
        raise ReidError(f"--older-than {shown(text)} is no length of time; write 12h, 30d or 8w.")
    return int(match[1]) * _SECONDS[match[2]]


def confirm(yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise ReidError("Nothing was deleted: say --yes to delete without being asked.")
    if not typer.confirm("Delete them for good?"):
        raise ReidError("Nothing was deleted.")
