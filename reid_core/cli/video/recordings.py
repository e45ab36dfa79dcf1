"""The command that brings recordings in: video."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reid_core.cli.shared.console import print_json, print_skipped, progress_bar, say, warn
from reid_core.cli.shared.options import (
    REPORTER,
    JsonOption,
    WorkspaceOption,
    app,
    end_if_stopped,
    open_workspace,
)
from reid_core.cli.video.saying import (
    left_out,
    named_once,
    none_of,
    pace,
    say_found,
    say_report,
    short_values,
    values_of,
)  # fmt: skip
from reid_core.datasets.base import Skipped
from reid_core.errors import ReidError, shown
from reid_core.signals import StopRequest, stop_on_signal
from reid_core.workspace.galleries.last_used import use
from reid_core.workspace.imports.uploads import is_upload
from reid_core.workspace.privacy import CATALOGUE
from reid_core.workspace.workspace import Workspace, default_path

if TYPE_CHECKING:
    from reid_core.workspace.imports.planned_recordings import Planned
    from reid_core.workspace.imports.recordings import RecordingReport, Standing
    from reid_core.workspace.imports.video.given import Given

MOST_DECODERS = 4  # threads of a recording: each holds a frame, 12 MB in 4K, and more are not faster than the detector


@app.command(rich_help_panel="Video")
def video(
    gallery: Annotated[str, typer.Option(help="Gallery to add to; made if it is not there.")],
    path: Annotated[Path | None, typer.Argument(help="Recording, or folder of recordings.", show_default=False)] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            help="Instead of PATH a CSV that names recordings, one a row, in columns path, camera, start, time_zone, "
            "stream. What a cell does not say is taken from the options."
        ),
    ] = None,
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
    from reid_core.video.stream import Following, Reading
    from reid_core.workspace.imports.recording_files import UNKNOWN
    from reid_core.workspace.imports.video.first_look import first_problems
    from reid_core.workspace.imports.video.given import came_in, given_at, given_by

    if (path is None) == (table is None):
        raise ReidError("Give either the PATH of a recording or folder, or --table with a list of them.")
    if copy and follow:
        raise ReidError("A file that still grows cannot be copied. Leave out --copy, or --follow once it is complete.")
    with stop_on_signal() as stop:
        reading = Reading(
            stream=stream, interlaced=interlaced, threads=min(MOST_DECODERS, max(1, (os.cpu_count() or 1) // at_once)),
            following=Following(stop=lambda: stop.requested) if follow else None,
        )  # fmt: skip
        said = {"camera": camera, "start": start, "zone": time_zone}
        at_path = None if path is None else given_at(path, reading, **said)
        opened = None if dry_run and not _is_there(workspace) else open_workspace(workspace)
        given, skipped = at_path or given_by(
            table or Path(),
            reading,
            **said,
            done=came_in(opened, gallery),
            incoming=None if opened is None else opened.incoming,
        )
        folder = path or Path()
        clocks = [] if opened is None or start == UNKNOWN else _clocks(opened, gallery, given)
        if not json:
            for one in given:
                say_found(one, first_problems(one.found.path, one.reading, stop) if dry_run else [])
            for sentence in clocks:
                say(sentence)
        if opened is None or dry_run:
            if json:
                values = [
                    {**values_of(one), "problems": first_problems(one.found.path, one.reading, stop)} for one in given
                ]
                print_json({"gallery": gallery, "recordings": values, "clocks": clocks, **left_out(skipped, folder)})
            else:
                print_skipped(named_once(skipped, folder))
            end_if_stopped(stop.requested, "video")
            return
        choice = (_ask(given, json) if any(one.start is None for one in given) else None) or UNKNOWN
        plans = _plans(
            given, skipped,
            lambda one: one.planned(
                choice, rate=fps, copy=copy or is_upload(opened, one.found.path), purpose=purpose
            ),
        )  # fmt: skip
        reports = _analyse(opened, plans, gallery, detector, index_with, stop, at_once, write_tracks) if plans else []
    failed = [report for report in reports if isinstance(report, Skipped)]
    done = [report for report in reports if not isinstance(report, Skipped)]
    skipped += failed
    is_stopped = len(reports) < len(plans) or any(report.stopped for report in done)
    values = [short_values(one) for one in done]
    result = {"gallery": gallery, "recordings": values, "clocks": clocks, **left_out(skipped, folder)}
    REPORTER.result(result)
    if not done and failed:
        raise none_of(failed)
    if done:
        with suppress(OSError):  # the crops are kept anyway
            use(opened.path, gallery)
    if json:
        print_json(result)
    else:
        for report in done:
            say_report(report)
        print_skipped(named_once(skipped, folder))
    end_if_stopped(is_stopped, "video")


def _ask(given: list[Given], json: bool) -> str:
    """Who says when the recordings begin: asked where somebody can answer. Raises ReidError where nobody can.

    With --json the proposals have not been said yet, and stand in the error.
    """
    from reid_core.workspace.imports.recording_files import UNKNOWN, undecided
    from reid_core.workspace.imports.video.given import CHOICES

    starts = given[0].found.starts
    if json or not (sys.stdin.isatty() and sys.stdout.isatty()) or starts.chosen is None:
        raise undecided([one.found for one in given], proposals=json)
    sources = ", ".join(proposal.source for proposal in starts.proposals)
    answer = str(typer.prompt(f"Which start is right: {sources} or {UNKNOWN}?", default=starts.chosen.source))
    if answer not in CHOICES:
        raise ReidError(f"{shown(answer)} is not {sources} or {UNKNOWN}. Run the command again.")
    return answer


def _plans(given: list[Given], skipped: list[Skipped], planned: Callable[[Given], Planned]) -> list[Planned]:
    """One for each recording; of several, one that lacks its camera or start is added to `skipped`.

    Raises ReidError where that leaves none.
    """
    if len(given) == 1:
        return [planned(given[0])]
    plans, lacking = [], []
    for one in given:
        try:
            plans.append(planned(one))
        except ReidError as error:
            lacking.append(Skipped(one.label, str(error)))
    if lacking and not plans:
        raise none_of(lacking)
    skipped += lacking
    return plans


def _analyse(
    opened: Workspace, plans: list[Planned], gallery: str, detector: str | None, index_with: str | None,
    stop: StopRequest, at_once: int, tracks: Path | None,
) -> list[RecordingReport | Skipped]:  # fmt: skip
    from reid_core.video.detection import load_detector
    from reid_core.workspace.imports.recordings import Standing
    from reid_core.workspace.imports.several_recordings import gallery_for, import_recordings
    from reid_core.workspace.models.choosing import choose_model
    from reid_core.workspace.models.detectors import find_detector

    people = load_detector(find_detector(opened, detector), threads=max(1, (os.cpu_count() or 1) // at_once))
    latest = Standing(0.0, sum(plan.seconds for plan in plans), 0.0)
    with gallery_for(opened, gallery), progress_bar("Analysing", REPORTER) as update:
        embedder = choose_model(opened, gallery, index_with, to_embed=True)

        def show(standing: Standing, doing: str = "") -> None:
            nonlocal latest
            latest = standing
            total = 0 if math.isnan(standing.total) else math.ceil(standing.total)
            update(min(int(standing.done), total or int(standing.done)), total, doing or pace(standing))

        reports = import_recordings(
            opened, plans, gallery, people, embedder, stop=stop, at_once=at_once, on_progress=show,
            on_reading=lambda doing: show(latest, f"s of video; {doing}"), tracks=tracks,
        )  # fmt: skip
    warn(f"Terms of model {embedder.card.name}: {embedder.card.terms}")
    return reports


def _is_there(workspace: Path | None) -> bool:
    """Whether there is a workspace to look into: a dry run makes none."""
    return ((workspace or default_path()) / CATALOGUE).is_file()


def _clocks(opened: Workspace, gallery: str, given: list[Given]) -> list[str]:
    """Whether the cameras' clocks were mended on recordings that are in the gallery; a sentence for each that was."""
    from reid_core.workspace.catalogue.recordings.rows import START_SOURCES
    from reid_core.workspace.imports.planned_recordings import clock_of

    asked = [(one.camera_of_it, source) for one in given for source in ([one.start] if one.start else START_SOURCES)]
    said = [clock_of(opened, gallery, camera, source).said for camera, source in dict.fromkeys(asked) if camera]
    return [sentence for sentence in said if sentence]
