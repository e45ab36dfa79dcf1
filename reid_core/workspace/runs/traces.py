"""What runs keep of crops besides their weights, and how it goes when crops are deleted.

A run has a picture of one batch, validation predictions, and a file of what happened to which crops. Its log names
none. Weights cannot forget: a model that learnt from a person goes on knowing her until it is trained anew.
"""

from __future__ import annotations

import dataclasses
import re
from functools import cached_property
from pathlib import Path
from sqlite3 import Connection

from reid_core.errors import Damaged, NotThere, ReidError
from reid_core.files import write_atomically
from reid_core.json_text import read_json
from reid_core.training.monitoring.predictions import (
    Confusion,
    Crop,
    Prediction,
    Predictions,
    predicted_epochs,
    read_predictions,
    write_predictions,
)
from reid_core.training.run import FORMAT, STATE_NAME, Run
from reid_core.workspace.layout import originals
from reid_core.workspace.runs import verdict_file

FORGOTTEN = "It failed at a crop. What it said went with a deletion."
# What crops were named by in logs and messages of runs before `FORMAT` 2.
_NAMES_CROPS = re.compile(r" on the crops |The training crop ")


def forget_in_runs(database: Connection, workspace: Path, gallery: str) -> None:
    """Remove from the runs on that gallery what shows or names crops that are no longer in it.

    Raises OSError when a file cannot be removed or written.
    """
    row = database.execute("SELECT key FROM gallery WHERE name = ?", (gallery,)).fetchone()
    there = _Gallery(database, workspace, None if row is None else int(row[0]))
    for file in (workspace / "runs").glob(f"*/{STATE_NAME}"):
        run = Run(file.parent)
        if _gallery_of(file) in (gallery, None):
            run.batch_picture.unlink(missing_ok=True)
            run.crops_log.unlink(missing_ok=True)
            verdict_file.forget(run.folder, lambda: there.ids, there.knows)
            _forget_message(run)
            for epoch in predicted_epochs(run):
                _clean_predictions(run, epoch, there)


def runs_on(workspace: Path, gallery: str) -> list[str]:
    """Names of the runs on that gallery, with those that do not say on which they are."""
    files = (workspace / "runs").glob(f"*/{STATE_NAME}")
    return [file.parent.name for file in files if _gallery_of(file) in (gallery, None)]


class _Gallery:
    """Which crops and people are in it."""

    @cached_property
    def ids(self) -> set[int]:
        return {crop for (crop,) in self.database.execute("SELECT id FROM crop WHERE gallery = ?", (self.key,))}

    def __init__(self, database: Connection, workspace: Path, key: int | None) -> None:
        self.database, self.key = database, key
        rows = database.execute("SELECT key, path, copied FROM source WHERE gallery = ?", (key,)).fetchall()
        self.sources = {str(originals(workspace, source)) if copied else path: source for source, path, copied in rows}

    def has(self, crop: Crop) -> bool:
        values = (self.sources.get(crop.source), crop.path)
        return self.database.execute("SELECT 1 FROM crop WHERE source = ? AND path = ?", values).fetchone() is not None

    def knows(self, identity: str) -> bool:
        values = (self.key, identity)
        found = self.database.execute("SELECT 1 FROM crop WHERE gallery = ? AND identity = ? LIMIT 1", values)
        return found.fetchone() is not None


def _gallery_of(file: Path) -> str | None:
    """None where the run's state is damaged."""
    try:
        return str(read_json(file.read_bytes())["gallery"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _forget_message(run: Run) -> None:
    try:
        state = run.state()
    except ReidError:  # nobody could read it anyway
        _clean_old_log(run)
        return
    named = state.names_crops
    if state.format < FORMAT:
        _clean_old_log(run)
        named |= _NAMES_CROPS.search(state.message) is not None
    if named:
        run.write_state(dataclasses.replace(state, message=FORGOTTEN, names_crops=False))


def _clean_old_log(run: Run) -> None:
    log = run.folder / "log.txt"
    if not log.is_file():
        return
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    kept = [_NAMES_CROPS.split(line)[0] for line in lines]
    if kept != lines:
        write_atomically(log, lambda file: file.write("\n".join(kept).encode()))


def _clean_predictions(run: Run, epoch: int, there: _Gallery) -> None:
    try:
        found = read_predictions(run, epoch)
    except (NotThere, Damaged):  # nobody could read them anyway
        run.predictions.joinpath(f"epoch-{epoch:04}.json").unlink(missing_ok=True)
        return
    left: Predictions = dataclasses.replace(
        found,
        worst=[one for one in found.worst if _is_whole(one, there)],
        best=[one for one in found.best if _is_whole(one, there)],
        random=[one for one in found.random if _is_whole(one, there)],
        confused_identities=[one for one in found.confused_identities if _are_there(one, there)],
    )
    if left != found:
        write_predictions(run, left)


def _is_whole(one: Prediction, there: _Gallery) -> bool:
    return all(there.has(crop) for crop in (one.query, one.first_true.crop, *(hit.crop for hit in one.hits)))


def _are_there(one: Confusion, there: _Gallery) -> bool:
    return there.knows(one.asked) and there.knows(one.found)
