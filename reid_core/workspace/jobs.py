"""Long work as processes of their own: a page starts a `reid` command, reads how it stands, and may stop it.

A job is a folder: `job.json` what runs, `progress.json` how far it is and `results.jsonl` what it did (both written by
the command itself, see `job_reporter`), `log.txt` what it printed. It outlives the page and the server.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from reid_core.errors import ReidError
from reid_core.files import write_atomically
from reid_core.json_text import checked, read_json
from reid_core.packaging.installed import IMPORTED_FROM
from reid_core.training.run import is_alive
from reid_core.workspace.catalogue.rows import now
from reid_core.workspace.reserve import with_room

FOLDER = "jobs"  # of the workspace
VARIABLE = "REID_JOB"  # names the job's folder to the command that runs in it
QUIET = 120.0  # seconds without a change of progress from which on a running job is said to make none
QUIET_OF_FEW, FEW = 600.0, 5  # the same in a stage of so few steps, each of which may take minutes
_SECONDS_TO_START = 60.0  # that a page has from making a job's folder until its process runs


@dataclass(frozen=True)
class Progress:
    """How far a job is. `status` is running, finished, failed, stopped or lost; `seconds_left` -1 where unknown.

    `changed` is when stage or number last changed, in seconds since 1970; `quiet` how long ago that is, 0 where it does
    not run: a process may be there and do nothing. `ticks` is the same moment on the clock that nobody sets and that
    stands still while the machine sleeps, `boot` what it counts from; 0 and "" where an older program wrote this.
    """

    status: str = "running"
    stage: str = ""
    done: int = 0
    total: int = 0
    seconds_left: float = -1.0
    message: str = ""
    changed: float = 0.0
    quiet: float = 0.0
    ticks: float = 0.0
    boot: str = ""

    @property
    def no_progress(self) -> str:
        """ "no progress for 4 minutes", once that is worth a word; else empty."""
        limit = QUIET_OF_FEW if 0 < self.total <= FEW else QUIET
        if self.status != "running" or self.quiet < limit:
            return ""
        minutes = int(self.quiet // 60)
        return f"no progress for {minutes} minutes" if minutes < 120 else f"no progress for {minutes // 60} hours"


@dataclass(frozen=True)
class Job:
    """A job of the workspace: its folder, what it is called, when it was started (ISO 8601) and how it stands.

    `arguments` are those of `reid`, without the workspace; `ended` is when it was last heard of, "" while it runs.
    """

    folder: Path
    title: str
    started: str
    progress: Progress
    arguments: tuple[str, ...] = ()
    ended: str = ""

    def is_given(self, value: str) -> bool:
        """Whether the value is one of the arguments, also as that of an option: "--gallery=door"."""
        return any(value in (argument, argument.partition("=")[2]) for argument in self.arguments)


def all_jobs(workspace: Path) -> list[Job]:
    """Newest first."""
    jobs = [find(folder) for folder in (workspace / FOLDER).glob("*")]
    return sorted((job for job in jobs if job), key=lambda job: (job.started, job.folder.name), reverse=True)


def find(folder: Path) -> Job | None:
    """The job in that folder; None when there is none."""
    progress = read(folder)
    try:
        job = read_json((folder / "job.json").read_bytes())
    except (OSError, ValueError):  # it was removed in this moment
        return None
    if progress is None:  # as of a file that holds no job
        return None
    ended = "" if progress.status == "running" else _last_heard_of(folder)
    title, arguments = job.get("title", folder.name), tuple(job.get("arguments", ()))
    return Job(folder, title, job.get("started", ""), progress, arguments, ended)


def results(folder: Path) -> list[dict[str, Any]]:
    """What the job's command said that it did, oldest first; several where it was started again."""
    try:
        lines = (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()
        return [values for line in lines if isinstance(values := read_json(line), dict)]
    except (OSError, ValueError):
        return []


def start_new(workspace: Path, word: str, title: str, arguments: Sequence[str]) -> Path:
    """Start a job in a folder of its own, named by the time and the word; returns the folder."""
    folder = new_folder(workspace, word)
    start(folder, arguments, workspace, title)
    return folder


def new_folder(workspace: Path, word: str) -> Path:
    """An empty folder for `start`, where what the job is given may be written before."""
    stem = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{word}"
    for number in range(1, 1000):
        folder = workspace / FOLDER / (stem if number == 1 else f"{stem}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise ReidError(f"Too many jobs called {stem} at once. Wait a second and try again.")


def forget(folder: Path) -> None:
    """Remove the record of a job that has ended; one that runs stays."""
    progress = read(folder)
    if progress is not None and progress.status != "running":
        shutil.rmtree(folder, ignore_errors=True)


def forget_jobs_of(workspace: Path, gallery: str, runs: Collection[str]) -> None:
    """Remove the records of ended jobs on the gallery, or on one of its `runs`, whatever they printed, and of those
    that never began: all of it may name crops and people.
    """
    for job in all_jobs(workspace):
        # A job that goes on with a run names the run alone.
        if job.is_given(gallery) or ("--resume" in job.arguments and any(map(job.is_given, runs))):
            forget(job.folder)
    forget_unstarted(workspace)


def forget_unstarted(workspace: Path) -> None:
    """Remove folders of jobs whose process was never started, for who wrote down what it was given has died."""
    for folder in (workspace / FOLDER).glob("*"):
        with contextlib.suppress(OSError):
            if not (folder / "job.json").exists() and time.time() - folder.stat().st_mtime > _SECONDS_TO_START:
                shutil.rmtree(folder, ignore_errors=True)


def start(folder: Path, arguments: Sequence[str], workspace: Path, title: str = "") -> None:
    """Run `reid <arguments>` detached, as the job in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "progress.json").unlink(missing_ok=True)
    command = [sys.executable, "-m", "reid_core.cli", *arguments, "--workspace", str(workspace)]
    with (folder / "log.txt").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=IMPORTED_FROM,
            env={**os.environ, VARIABLE: str(folder)},
        )
    try:
        started = psutil.Process(process.pid).create_time()
    except psutil.Error:  # it has ended already
        started = 0.0
    content = {"arguments": list(arguments), "process": process.pid, "process_started": started}
    content |= {"title": title or folder.name, "started": now(), "ticks": time.monotonic(), "boot": boot_id()}
    text = json.dumps(content).encode()
    try:
        with_room(workspace, lambda: write_atomically(folder / "job.json", lambda file: file.write(text)))
    except BaseException:  # a job without a record could be neither seen nor stopped
        process.kill()
        raise


def read(folder: Path) -> Progress | None:
    """How the job stands; None when there is none. A process that died without a word is "lost"."""
    try:
        job = read_json((folder / "job.json").read_bytes())
        alive = is_alive(job["process"], job["process_started"])
        if not all(isinstance(word, str) for word in (job.get("title", ""), *job.get("arguments", ()))):
            return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None
    try:
        progress = checked(Progress(**read_json((folder / "progress.json").read_bytes())))
    except (OSError, ValueError, TypeError):
        progress = Progress(stage="Starting")
    if progress.status == "running" and not alive:
        return dataclasses.replace(progress, status="lost", message="Its process ended without a word; see its log.")
    if progress.status == "running":
        return dataclasses.replace(progress, quiet=_quiet(folder, progress, job))
    return progress


def boot_id() -> str:
    """What `time.monotonic` counts from: the start of this machine; "" where that is not known."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        pass
    try:
        return str(int(psutil.boot_time()))
    except (OSError, psutil.Error):
        return ""


def _quiet(folder: Path, progress: Progress, job: dict[str, Any]) -> float:
    """Seconds since stage or number changed, else since the job was started; 0 where that is not known.

    The time of day may be set back, and runs on while the machine sleeps: it counts only where nothing better does.
    """
    boot, ticks = progress.boot, progress.ticks
    if not progress.changed and not (folder / "progress.json").exists():
        boot, ticks = job.get("boot", ""), job.get("ticks", 0.0)
    if boot and boot == boot_id() and isinstance(ticks, int | float):
        return max(0.0, time.monotonic() - ticks)
    since = progress.changed or _last_word(folder, job.get("started", ""))
    return max(0.0, time.time() - since) if since else 0.0


def stop(folder: Path) -> None:
    """Ask the job to stop; it ends after the step that it is in, and what it has done is kept."""
    try:
        job = read_json((folder / "job.json").read_bytes())
        if is_alive(job["process"], job["process_started"]):
            psutil.Process(job["process"]).terminate()
    except (OSError, ValueError, KeyError, TypeError, OverflowError, psutil.Error):
        return  # there is none, or it has ended in this moment


def log_tail(folder: Path, lines: int = 40) -> str:
    """The last lines that the job printed; empty where it printed nothing."""
    try:
        with (folder / "log.txt").open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - 200 * lines))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
    except OSError:
        return ""


def _last_word(folder: Path, started: str) -> float:
    """When a job that does not say when its figures changed wrote them, else was started; 0 where neither is known."""
    try:
        return (folder / "progress.json").stat().st_mtime
    except OSError:
        pass
    try:
        return datetime.fromisoformat(started).timestamp()
    except (ValueError, TypeError):
        return 0.0


def _last_heard_of(folder: Path) -> str:
    times = [file.stat().st_mtime for file in (folder / "progress.json", folder / "log.txt") if file.exists()]
    return datetime.fromtimestamp(max(times), UTC).isoformat(timespec="seconds") if times else ""
