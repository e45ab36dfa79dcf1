"""The tiny gallery as if it were cut from a recording: walks with directions, times in view and zones."""

from __future__ import annotations

import numpy as np

from reid_core.video.walks import Zone
from reid_core.workspace.catalogue.recordings import Progress, keep
from reid_core.workspace.catalogue.recordings.zones import keep_zone
from reid_core.workspace.catalogue.rows import next_numbers
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY
from tests.workspace.catalogue.filmed import film, walk

LEFT = np.array([[second, 900 - 80 * (second - 10), 500, 50, 120] for second in range(10, 19)], np.float32)
DUMMY = np.array([[second, 1700, 500, 50, 120] for second in range(10, 15)], np.float32)
DOOR = Zone("door", ((0.0, 0.4), (0.16, 0.4), (0.16, 0.5), (0.0, 0.5)))
WINDOW = Zone("window", ((0.8, 0.0), (1.0, 0.0), (1.0, 1.0), (0.8, 1.0)), ignored=True)


def give_walks(workspace: Workspace) -> None:
    """All twelve tracklets: those of the hall and the entrance go to the right for 4 s, those of the stairs to the left
    for 8 s and through the door, but for that of person 4 on the stairs, a dummy in a window that is ignored."""
    catalogue = workspace.catalogue
    row = film(workspace, TINY_GALLERY, camera="hall")
    names = [f"{person}-{camera}" for person in "1234" for camera in ("entrance", "hall", "stairs")]
    walks = [
        walk(name, path=DUMMY, moved=0.0)
        if name == "4-stairs"
        else (walk(name, 10.0, 18.0, path=LEFT) if "stairs" in name else walk(name, path=right_of_the_door()))
        for name in names
    ]
    keep(catalogue, row.key, walks, [], Progress(analysed=60.0, frames=300, state=None))
    with catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        database.execute(
            "UPDATE crop SET recording = ?, moment = 11, seq = ?", (row.key, next_numbers(database, 1))
        )  # fmt: skip
    for zone in (DOOR, WINDOW):
        keep_zone(catalogue, TINY_GALLERY, "hall", zone)


def right_of_the_door() -> np.ndarray:
    return np.array([[second, 400 + 50 * (second - 10), 500, 50, 120] for second in range(10, 15)], np.float32)
