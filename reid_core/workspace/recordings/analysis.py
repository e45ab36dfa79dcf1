"""How the analysis of a recording stands, and the command that goes on with one that stopped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from reid_core.errors import NotThere, Refused
from reid_core.times import format_time
from reid_core.workspace import job_kinds
from reid_core.workspace.catalogue.recordings.rows import RecordingRow
from reid_core.workspace.imports.under_way import is_under_way
from reid_core.workspace.imports.video.starting import files_of
from reid_core.workspace.jobs import Job
from reid_core.workspace.workspace import Workspace

ANALYSED, ANALYSING, ELSEWHERE, STOPPED = "analysed", "analysing", "elsewhere", "stopped"


def running(workspace: Workspace, gallery: str) -> list[Job]:
    """The jobs that analyse recordings into the gallery now, newest first."""
    found = job_kinds.of_kind(workspace, "video")
    return [job for job in found if job.progress.status == "running" and gallery in job_kinds.galleries_of(job)]


def standings(workspace: Workspace, gallery: str, rows: Sequence[RecordingRow]) -> dict[int, str]:
    """By the number of each recording of the gallery: `ANALYSED`; `ANALYSING` where one of the workspace's jobs reads
    its file or the folder with it; `ELSEWHERE` where another process analyses it, as a command in a terminal does; else
    `STOPPED`."""
    at_work = running(workspace, gallery)
    busy = {row.key for row in rows if row.finished is None and is_under_way(workspace.path, row.key)}
    return {row.key: standing_of(row, at_work, row.key in busy) for row in rows}


def standing_of(row: RecordingRow, at_work: Sequence[Job], is_at_work: bool = False) -> str:
    """The same of one, with the jobs that analyse recordings now, and whether any process analyses this one."""
    if row.finished is not None:
        return ANALYSED
    if any(_reads(job, Path(row.path)) for job in at_work):
        return ANALYSING
    return ELSEWHERE if is_at_work else STOPPED


def go_on(workspace: Workspace, row: RecordingRow) -> Path:
    """Start the job that analyses the rest of it; returns its folder. Raises ReidError where that cannot be."""
    if row.finished is not None:
        raise Refused(f"Recording {row.name} is analysed to its end.")
    standing = standings(workspace, row.gallery, [row])[row.key]
    if standing == ANALYSING:
        raise Refused(f"Recording {row.name} is being analysed already. The view Jobs shows how far it is.")
    if standing == ELSEWHERE:
        raise Refused(f"Recording {row.name} is being analysed by another program already. Wait for it, or stop it.")
    if not Path(row.path).is_file():
        raise NotThere(f"The file of {row.name} is not there any more: {row.path}. Put it back to go on.")
    if row.camera is None:
        raise Refused(f"Nothing says which camera filmed {row.name}. Go on with `reid video … --camera`.")
    return job_kinds.start(workspace, "video", arguments_of(row), what=row.name, gallery=row.gallery)


def arguments_of(row: RecordingRow) -> list[str]:
    """What follows `reid video` to go on as it was begun."""
    begins = format_time(row.time_of(0)) or "unknown"
    found = [row.path, f"--gallery={row.gallery}", f"--camera={row.camera}", f"--start={begins}"]
    if (rate := row.settings.get("rate")) is not None:
        found.append(f"--fps={rate:g}")
    if (detector := row.settings.get("detector")) is not None:
        found.append(f"--detector={detector}")
    if (row.facts.get("streams") or 1) > 1:
        found.append(f"--stream={row.facts.get('stream', 0)}")
    if "interlaced" in row.facts:
        found.append("--interlaced" if row.facts["interlaced"] else "--progressive")
    if row.copied:
        found.append("--copy")
    if row.sha256 is None:  # it was still growing
        found.append("--follow")
    return found


def left_to_analyse(row: RecordingRow) -> float:
    """In seconds; NaN where its length is not known."""
    return math.nan if math.isnan(row.duration) else max(0.0, row.duration - row.analysed)


def _reads(job: Job, file: Path) -> bool:
    """A job is given a file, a folder of files, or a table of them."""
    if (named := files_of(job)) is not None:
        return str(file) in named
    given = Path(job.arguments[1]) if len(job.arguments) > 1 else Path()
    return file == given or given in file.parents
