"""Crops of a workspace that are then of a recording, as an analysis would have cut them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from reid_core.workspace.workspace import Workspace
from tests.workspace.catalogue.filmed import film


def put_in_recording(workspace: Workspace, gallery: str, crops: Sequence[int], *, name: str = "hall.mp4") -> None:
    """These crops are of a recording of that name: the first at its second 10, the others two seconds later each."""
    row = film(workspace, gallery, name=name, camera="hall")
    with sqlite3.connect(workspace.catalogue.path) as database:
        for place, crop in enumerate(crops):
            database.execute("UPDATE crop SET recording = ?, moment = ? WHERE id = ?", (row.key, 10 + 2 * place, crop))
        database.execute("UPDATE counter SET seq = seq + 1")
