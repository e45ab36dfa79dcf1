"""Starting the analysis of recordings as a job: what is said of each lies in a table in the job's folder."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from reid_core.workspace import job_kinds, jobs
from reid_core.workspace.imports.video.tables import FILE, TableRow, paths_in, write_recording_table
from reid_core.workspace.jobs import Job
from reid_core.workspace.workspace import Workspace


def start_analysis(workspace: Workspace, rows: Sequence[TableRow], arguments: Sequence[str], **names: str) -> Path:
    """Start `reid video` on these recordings as a job, with further arguments and the names of its title; returns its
    folder. Raises OSError and ReidError where it cannot be written."""
    folder = jobs.new_folder(workspace.path, "video")
    table = folder / FILE
    try:
        write_recording_table(table, rows)
        command = ["video", f"--table={table}", *arguments]
        jobs.start(folder, command, workspace.path, job_kinds.title("video", **names))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def files_of(job: Job) -> tuple[str, ...] | None:
    """The files that it analyses, as the catalogue names them; None where its arguments name no table."""
    table = job_kinds.options_of(job.arguments).get("--table")
    return None if table is None else tuple(str(path.resolve()) for path in paths_in(Path(table)))
