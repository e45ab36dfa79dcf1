"""The side of a job that the command itself writes: how far it is, how it ended and what it did."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from pathlib import Path
from typing import Any

from reid_core.errors import DiskFull, is_full
from reid_core.files import write_atomically
from reid_core.workspace.jobs import VARIABLE, Progress, boot_id
from reid_core.workspace.reserve import with_room

_SECONDS_BETWEEN_WRITES = 0.3


class Reporter:
    """Where a command says how far it is: into its job's folder when it runs as a job, else nowhere."""

    def __init__(self) -> None:
        self._folder = Path(os.environ[VARIABLE]) if VARIABLE in os.environ else None
        self._stage = ""
        self._began = self._written = 0.0
        self._first, self._done, self._changed, self._ticks = 0, -1, 0.0, 0.0
        self._boot = boot_id() if self._folder else ""

    def progress(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._began, self._first, self._written, self._done = stage, now, done, 0.0, -1
        if done != self._done:
            self._done, self._changed, self._ticks = done, time.time(), now
        if now - self._written < _SECONDS_BETWEEN_WRITES and (done < total or not total):
            return
        self._written = now
        speed = (done - self._first) / max(now - self._began, 1e-6)
        left = (total - done) / speed if speed > 0 and total else -1.0
        changed, ticks = round(self._changed, 1), round(self._ticks, 1)
        self._write(
            Progress("running", stage, done, total, round(left, 1), changed=changed, ticks=ticks, boot=self._boot)
        )

    def end(self, status: str, message: str = "") -> None:
        self._write(Progress(status, message=message))

    def result(self, values: dict[str, Any]) -> None:
        """What was done, for `results`: it is shown when the page is opened again."""
        if self._folder:
            with (self._folder / "results.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(values, ensure_ascii=False) + "\n")

    def _write(self, progress: Progress) -> None:
        if not self._folder:
            return
        file, text = self._folder / "progress.json", json.dumps(dataclasses.asdict(progress)).encode()

        def write() -> None:
            write_atomically(file, lambda opened: opened.write(text))

        try:
            write() if progress.status == "running" else with_room(self._folder.parents[1], write)
        except (OSError, DiskFull) as error:
            if not is_full(error):  # what the work itself has no room for it says, and how far it is can wait
                raise
