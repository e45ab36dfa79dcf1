"""The command that brings recordings in: video."""

from __future__ import annotations

import dataclasses
import math
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reid_core.cli.shared.console import SKIPPED_SHOWN, print_json, print_skipped, progress_bar, say, warn
from reid_core.cli.shared.options import (
    REPORTER,
    JsonOption,
    WorkspaceOption,
    app,
    end_if_stopped,
    open_workspace,
)
from reid_core.datasets.base import Skipped
from reid_core.errors import ReidError, shown
from reid_core.records import plural
from reid_core.signals import StopRequest, stop_on_signal
from reid_core.times import short_time
from reid_core.workspace.galleries.last_used import use
from reid_core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from reid_core.video.stream import Reading
    from reid_core.workspace.imports.planned_recordings import Planned
    from reid_core.workspace.imports.recording_files import FoundRecording
    from reid_core.workspace.imports.recordings import RecordingReport, Standing

LONGEST_CAMERA = 100  # characters
MOST_DECODERS = 4  # threads of a recording: each holds a frame, 12 MB in 4K, and more are not faster than the detector
CHOICES = ("name", "container", "file", "unknown")  # what --start takes besides a moment


@app.command(rich_help_panel="Video")
def video(
    path: Annotated[Path, typer.Argument(help="Recording, or folder of recordings.")],
    gallery: Annotated[str, typer.Option(help="Gallery to add to; made if it is not there.")],
    camera: Annotated[
        str | None, typer.Option(help="Camera that filmed it; default: what the file's name or folder says.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            help="When the first frame was filmed (2026-03-02T08:00+01:00), or what to take it from: name, container "
            "or file (its modification time minus its length); or unknown. Without it, the proposals are shown."
        ),
    ] = None,
    time_zone: Annotated[str | None, typer.Option(help="Time zone of the camera, such as Europe/London.")] = None,
    fps: Annotated[float, typer.Option(min=0.1, max=60, help="Frames to analyse per second of video.")] = 5.0,
    detector: Annotated[str | None, typer.Option(help="Detector of people; see `reid detector list`.")] = None,
    index_with: Annotated[
        str | None, typer.Option(help="Model to embed the crops with; default: the gallery's, else the best.")
    ] = None,
    stream: Annotated[int | None, typer.Option(help="Number of the video stream, if the file has several.")] = None,
    interlaced: Annotated[
        bool | None,
        typer.Option("--interlaced/--progressive", help="If the file states it wrongly."),
    ] = None,
    follow: Annotated[
        bool, typer.Option(help="The file is still being written: go on until it stops growing for 30 s.")
    ] = False,
    at_once: Annotated[int, typer.Option(min=1, max=64, help="Recordings to analyse at the same time.")] = 1,
    write_tracks: Annotated[
        Path | None, typer.Option(help="Write tracks here as MOTChallenge lines: a file; a folder for several.")
    ] = None,
    copy: Annotated[bool, typer.Option(help="Keep the file in the workspace, too.")] = False,
    purpose: Annotated[str, typer.Option(help="Why; the log keeps it.")] = "",
    dry_run: Annotated[bool, typer.Option(help="Only say what would come in.")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Find the people in recordings and keep them in a gallery as tracklets. Run again to go on after a stop."""
    from reid_core.datasets.choices import find_time_zone
    from reid_core.video.stream import Following, Reading
    from reid_core.workspace.imports.recording_files import find_recordings

    if copy and follow:
        raise ReidError("A file that still grows cannot be copied. Leave out --copy, or --follow once it is complete.")
    with stop_on_signal() as stop:
        reading = Reading(
            stream=stream, interlaced=interlaced, threads=min(MOST_DECODERS, max(1, (os.cpu_count() or 1) // at_once)),
            following=Following(stop=lambda: stop.requested) if follow else None,
        )  # fmt: skip
        stated = start if start is not None and start not in CHOICES else None
        found, skipped = find_recordings(
            path, reading, stated=stated, zone=find_time_zone(time_zone) if time_zone else None
        )
        if not json:
            _say_found(found, camera)
        if dry_run:
            if json:
                print_json({"gallery": gallery, "recordings": [_values(one) for one in found], **_left_out(skipped)})
            else:
                print_skipped(skipped)
            return
        choice = "stated" if stated is not None else start or _ask(found, json)
        plans = _plans(
            found, skipped, lambda one: _planned(one, choice, camera, reading, fps, time_zone, copy, purpose)
        )
        opened = open_workspace(workspace)
        reports = _analyse(opened, plans, gallery, detector, index_with, stop, at_once, write_tracks)
    failed = [report for report in reports if isinstance(report, Skipped)]
    done = [report for report in reports if not isinstance(report, Skipped)]
    skipped += failed
    is_stopped = len(reports) < len(plans) or any(report.stopped for report in done)
    REPORTER.result({"gallery": gallery, "recordings": [_short(one) for one in done], **_left_out(skipped)})
    if not done and failed:
        raise _none_of(failed)
    with suppress(OSError):  # the crops are kept anyway
        use(opened.path, gallery)
    if json:
        print_json({"gallery": gallery, "recordings": [_short(one) for one in done], **_left_out(skipped)})
    else:
        for report in done:
            _say_report(report)
        print_skipped(skipped)
    end_if_stopped(is_stopped, "video")


def _ask(found: list[FoundRecording], json: bool) -> str:
    """Who says when the recordings begin: asked where somebody can answer. Raises ReidError where nobody can.

    With --json the proposals have not been said yet, and stand in the error.
    """
    from reid_core.workspace.imports.recording_files import UNKNOWN, undecided

    chosen = found[0].starts.chosen
    if json or not (sys.stdin.isatty() and sys.stdout.isatty()) or chosen is None:
        raise undecided(found, proposals=json)
    sources = ", ".join(proposal.source for proposal in found[0].starts.proposals)
    answer = str(typer.prompt(f"Which start is right: {sources} or {UNKNOWN}?", default=chosen.source))
    if answer not in CHOICES:
        raise ReidError(f"{shown(answer)} is not {sources} or {UNKNOWN}. Run the command again.")
    return answer


def _plans(
    found: list[FoundRecording], skipped: list[Skipped], planned: Callable[[FoundRecording], Planned]
) -> list[Planned]:
    """One for each recording; of several, one that lacks its camera or start is added to `skipped`.

    Raises ReidError where that leaves none.
    """
    if len(found) == 1:
        return [planned(found[0])]
    plans, lacking = [], []
    for one in found:
        try:
            plans.append(planned(one))
        except ReidError as error:
            lacking.append(Skipped(str(one.path), str(error)))
    if not plans:
        raise _none_of(lacking)
    skipped += lacking
    return plans


def _none_of(skipped: list[Skipped]) -> ReidError:
    """What is said where no recording came in."""
    if len(skipped) == 1:
        return ReidError(skipped[0].reason)
    return ReidError(f"None of the {len(skipped):,} recordings came in. {skipped[0].path}: {skipped[0].reason}")


def _planned(
    found: FoundRecording, choice: str, camera: str | None, reading: Reading, rate: float, zone: str | None,
    copy: bool, purpose: str,
) -> Planned:  # fmt: skip
    from reid_core.workspace.imports.planned_recordings import Planned
    from reid_core.workspace.imports.recording_files import chosen_start

    name = camera or (found.camera.camera if found.camera else None)
    if name is None:
        raise ReidError(f"Nothing says which camera filmed {found.path.name}. Name it with --camera.")
    if not name.isprintable() or len(name) > LONGEST_CAMERA:
        raise ReidError(
            f"{shown(name)} cannot name a camera. Give a name of at most {LONGEST_CAMERA} letters, digits and signs."
        )
    seconds = float("nan") if found.facts.duration is None else found.facts.duration
    start, said = chosen_start(found, choice), found.starts.proposals
    return Planned(found.path, name, seconds, start, said, zone, reading, rate, copy, purpose)


def _analyse(
    opened: Workspace, plans: list[Planned], gallery: str, detector: str | None, index_with: str | None,
    stop: StopRequest, at_once: int, tracks: Path | None,
) -> list[RecordingReport | Skipped]:  # fmt: skip
    from reid_core.video.detection import load_detector
    from reid_core.workspace.imports.several_recordings import import_recordings
    from reid_core.workspace.models.choosing import choose_model
    from reid_core.workspace.models.detectors import find_detector

    people = load_detector(find_detector(opened, detector), threads=max(1, (os.cpu_count() or 1) // at_once))
    opened.catalogue.add_gallery(gallery)
    embedder = choose_model(opened, gallery, index_with, to_embed=True)
    with progress_bar("Analysing", REPORTER) as update:

        def show(standing: Standing) -> None:
            total = 0 if math.isnan(standing.total) else math.ceil(standing.total)
            update(min(int(standing.done), total or int(standing.done)), total, _pace(standing))

        reports = import_recordings(
            opened, plans, gallery, people, embedder, stop=stop, at_once=at_once, on_progress=show, tracks=tracks
        )
    warn(f"Terms of model {embedder.card.name}: {embedder.card.terms}")
    return reports


def _pace(standing: Standing) -> str:
    """ "s of video, 4.3 times real time"."""
    return f"s of video, {standing.times_real_time:.1f} times real time"


def _say_found(found: list[FoundRecording], camera: str | None) -> None:
    for one in found:
        facts = one.facts
        length = "of unknown length" if facts.duration is None else f"{short_time(facts.duration)} long"
        says = f" (from its {one.camera.source})" if camera is None and one.camera else ""
        name = camera or (one.camera.camera if one.camera else "unknown")
        say(f"{one.path.name}: {facts.codec}, {facts.width} × {facts.height}, {length}; camera {name}{says}.")
        for sentence in one.starts.sentences():
            say(f"  {sentence}")


def _say_report(report: RecordingReport) -> None:
    row = report.recording
    if report.already:
        say(f"{report.path.name}: already analysed, as recording {row.name} of camera {row.camera}.")
    else:
        kept = f"{plural(report.tracklets, 'tracklet')} with {plural(report.crops, 'crop')}"
        until = f", analysed up to {short_time(row.analysed)}" if report.stopped else ""
        say(f"{row.name}: {kept} added{until}.")
    for sentence in report.problems:
        warn(f"  {sentence}")


def _values(found: FoundRecording) -> dict[str, Any]:
    starts = {one.source: short_time(one.seconds) for one in found.starts.proposals}
    facts = found.facts
    return {
        "path": str(found.path), "camera": found.camera.camera if found.camera else None, "starts": starts,
        "notes": list(found.starts.notes), "codec": facts.codec, "width": facts.width, "height": facts.height,
        "duration": facts.duration,
    }  # fmt: skip


def _short(report: RecordingReport) -> dict[str, Any]:
    row = report.recording
    return {
        "recording": row.name, "camera": row.camera, "start": short_time(row.time_of(0)), "tracklets": report.tracklets,
        "crops": report.crops, "already": report.already, "stopped": report.stopped, "analysed": row.analysed,
        "problems": list(report.problems),
    }  # fmt: skip


def _left_out(skipped: list[Skipped]) -> dict[str, Any]:
    return {"left_out": len(skipped), "skipped": [dataclasses.asdict(item) for item in skipped[:SKIPPED_SHOWN]]}
