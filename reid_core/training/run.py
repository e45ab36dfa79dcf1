"""A training run on disk: everything there is to know of it lies in one folder.

`run.json` what it is and how it stands · `steps.csv` and `epochs.csv` its curves · `resources.csv` what it took of the
machine · `log.txt` what happened · `crops.txt` which crops that was about · `last.pt` the checkpoint to go on from ·
`best.safetensors` the best weights so far · `model/` the finished model · `models/` those of single epochs ·
`batch.jpg` one augmented batch · `predictions/` what was found for validation queries, an epoch a file ·
`recipe.yaml` the recipe to use again.
"""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from reid_core.embedder.model import is_model
from reid_core.errors import Damaged, NotThere
from reid_core.files import write_atomically
from reid_core.json_text import checked, read_json
from reid_core.training.recipe import Recipe

STATE_NAME = "run.json"
FORMAT = 2  # of what new runs write down; until 1 their logs and messages name crops among other words


@dataclass(frozen=True)
class RunState:
    """How a run stands.

    `status` is running, finished, stopped, failed, or lost: its process died without a word. `fold`, such as (2, 5),
    says which part of the training identities validates in place of the recipe's share; see `divide`.
    """

    name: str
    gallery: str
    recipe: Recipe
    data: str  # what it trains on, for people
    status: str = "running"
    step: int = 0
    steps: int = 0
    process: int = 0
    process_started: float = 0.0
    created: str = ""  # ISO 8601
    message: str = ""
    best: dict[str, Any] = field(default_factory=dict)
    trackers: tuple[str, ...] = ()  # names in `tracking.TRACKERS`
    fold: tuple[int, int] | None = None  # number from 1, of how many
    names_crops: bool = False  # whether `message` does
    format: int = 1

    @property
    def can_resume(self) -> bool:
        """Whether it can go on from its checkpoint: it neither runs nor has finished."""
        return self.status in ("stopped", "failed", "lost")


class Run:
    """Reads and writes one run folder. Only the training process writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkpoint = folder / "last.pt"
        self.best_weights = folder / "best.safetensors"
        self.model = folder / "model"
        self.epoch_models = folder / "models"
        self.steps = folder / "steps.csv"
        self.epochs = folder / "epochs.csv"
        self.resources = folder / "resources.csv"
        self.recipe = folder / "recipe.yaml"
        self.batch_picture = folder / "batch.jpg"
        self.predictions = folder / "predictions"
        self.crops_log = folder / "crops.txt"

    def state(self) -> RunState:
        """Raises ReidError when the folder is no run or its state cannot be read."""
        path = self.folder / STATE_NAME
        try:
            values = read_json(path.read_bytes())
            values.pop("started", None)  # of older runs; it was never filled in
            values["trackers"] = tuple(values.get("trackers", ()))
            values["fold"] = tuple(values["fold"]) if values.get("fold") else None
            state = checked(RunState(recipe=Recipe(**values.pop("recipe")), **values))
            alive = state.status != "running" or is_alive(state.process, state.process_started)
        except FileNotFoundError as error:
            raise NotThere(f"There is no run {self.folder.name}.") from error
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise Damaged(f"The run {self.folder.name} cannot be read ({path}: {error}).") from error
        if not alive:
            return dataclasses.replace(state, status="lost", message="its process died; resume it from its checkpoint")
        return state

    def model_folders(self) -> dict[str, Path]:
        """By name: the best model so far, and those of epochs that the recipe keeps; none while there is none."""
        name = self.folder.name
        numbered = (path for path in self.epoch_models.glob("[0-9]*") if re.fullmatch("[0-9]{1,9}", path.name))
        epochs = sorted(numbered, key=lambda path: int(path.name))
        folders = {name: self.model, **{f"{name}@{path.name}": path for path in epochs}}
        return {name: path for name, path in folders.items() if is_model(path)}

    def write_state(self, state: RunState) -> None:
        text = json.dumps(dataclasses.asdict(state), indent=2)
        write_atomically(self.folder / STATE_NAME, lambda file: file.write(text.encode()))

    def log(self, line: str) -> None:
        """A line that names no crop and no person: no deletion looks for one in it."""
        _append(self.folder / "log.txt", line)

    def log_crops(self, line: str, about: str) -> None:
        """The line, and what it is about: crops or people. That stands in `crops.txt`, which a deletion removes."""
        self.log(f"{line} ({self.crops_log.name} says of which crops)")
        _append(self.crops_log, f"{line}: {about}")


class Curve:
    """A CSV file that grows by rows; opened again it drops the rows after `keep_until`, which are trained anew."""

    def __init__(self, path: Path, key: str, keep_until: float) -> None:
        self.path = path
        rows = [row for row in read_curve(path) if row[key] <= keep_until]
        self._file = path.open("w", newline="", encoding="utf-8")
        self._writer: csv.DictWriter[str] | None = None
        self._flushed = 0.0
        for row in rows:
            self.append(row)
        self._file.flush()

    def append(self, row: dict[str, float]) -> None:
        if self._writer is None:
            self._writer = csv.DictWriter(self._file, fieldnames=list(row))
            self._writer.writeheader()
        self._writer.writerow(row)
        if time.monotonic() - self._flushed > 1:
            self._file.flush()
            self._flushed = time.monotonic()

    def close(self) -> None:
        self._file.close()


class NoCurve:
    """What the other processes of a training append to: the first writes for all."""

    def append(self, row: dict[str, float]) -> None:
        pass

    def close(self) -> None:
        pass


def read_curve(path: Path) -> list[dict[str, float]]:
    """Rows of `steps.csv` or `epochs.csv`; a row that is still being written is left out."""
    if not path.is_file():
        return []
    rows = []
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            try:
                rows.append({key: float(value) for key, value in row.items()})
            except (TypeError, ValueError):
                break
    return rows


def _append(log: Path, line: str) -> None:
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {line}\n")


def this_process() -> tuple[int, float]:
    """Number and start time of this process; the number alone is given to others later."""
    return os.getpid(), psutil.Process().create_time()


def is_alive(process: int, started: float) -> bool:
    try:
        found = psutil.Process(process)
        return abs(found.create_time() - started) < 2 and found.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
