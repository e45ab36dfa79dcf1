"""Long work as processes of their own: a page starts a `reid` command, reads how it stands, and may stop it.

A job is a folder: `job.json` what runs, `progress.json` how far it is (written by the command itself), `log.txt` what
it printed. It outlives the page and the server.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from reid_core.files import write_atomically
from reid_core.training.run import is_alive

VARIABLE = "REID_JOB"  # names the job's folder to the command that runs in it
_SECONDS_BETWEEN_WRITES = 0.3


@dataclass(frozen=True)
class Progress:
    """How far a job is. `status` is running, finished, failed, stopped or lost; `seconds_left` -1 where unknown."""

    status: str = "running"
    stage: str = ""
    done: int = 0
    total: int = 0
    seconds_left: float = -1.0
    message: str = ""


def start(folder: Path, arguments: Sequence[str], workspace: Path) -> None:
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
            cwd=Path(__file__).resolve().parents[2],
            env={**os.environ, VARIABLE: str(folder)},
        )
    try:
        started = psutil.Process(process.pid).create_time()
    except psutil.Error:  # it has ended already
        started = 0.0
    content = {"arguments": list(arguments), "process": process.pid, "process_started": started}
    write_atomically(folder / "job.json", lambda file: file.write(json.dumps(content).encode()))


def read(folder: Path) -> Progress | None:
    """How the job stands; None when there is none. A process that died without a word is "lost"."""
    try:
        job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
        alive = is_alive(job["process"], job["process_started"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    try:
        progress = Progress(**json.loads((folder / "progress.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        progress = Progress(stage="Starting")
    if progress.status == "running" and not alive:
        return dataclasses.replace(progress, status="lost", message="Its process ended without a word; see its log.")
    return progress


def stop(folder: Path) -> None:
    """Ask the job to stop; it ends after the step that it is in, and what it has done is kept."""
    try:
        job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
        if is_alive(job["process"], job["process_started"]):
            psutil.Process(job["process"]).terminate()
    except (OSError, ValueError, psutil.Error):
        return  # there is none, or it has ended in this moment


def log_tail(folder: Path, lines: int = 40) -> str:
    """The last lines that the job printed; empty where it printed nothing."""
    try:
        with (folder / "log.txt").open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - 200 * lines))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
    except OSError:
        return ""


class Reporter:
    """Where a command says how far it is: into its job's folder when it runs as a job, else nowhere."""

    def __init__(self) -> None:
        self._folder = Path(os.environ[VARIABLE]) if VARIABLE in os.environ else None
        self._stage = ""
        self._began = self._written = 0.0
        self._first = 0

    def progress(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._began, self._first, self._written = stage, now, done, 0.0
        if now - self._written < _SECONDS_BETWEEN_WRITES and done < total:
            return
        self._written = now
        speed = (done - self._first) / max(now - self._began, 1e-6)
        left = (total - done) / speed if speed > 0 else -1.0
        self._write(Progress("running", stage, done, total, round(left, 1)))

    def end(self, status: str, message: str = "") -> None:
        self._write(Progress(status, message=message))

    def _write(self, progress: Progress) -> None:
        if self._folder:
            text = json.dumps(dataclasses.asdict(progress)).encode()
            write_atomically(self._folder / "progress.json", lambda file: file.write(text))
