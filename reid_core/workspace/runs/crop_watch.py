"""Crops that are deleted while a run trains on them: the run ends, and keeps nothing that shows or names them."""

from __future__ import annotations

import time
from collections.abc import Collection

from reid_core.errors import ReidError
from reid_core.records import DISTRACTOR, JUNK, plural
from reid_core.workspace.catalogue.database import connect
from reid_core.workspace.runs.traces import forget_in_runs
from reid_core.workspace.workspace import Workspace

SECONDS_BETWEEN_LOOKS = 5.0
_NOT_WITHHELD = " AND crop.id NOT IN (SELECT crop FROM withheld)"
_LABELLED = f" AND crop.split = 'train' AND crop.identity NOT IN ('{DISTRACTOR}', '{JUNK}'){_NOT_WITHHELD}"


class CropWatch:
    """Knows the crops of a gallery that a run which starts now trains on, and says when some of them are there no more.

    `also` are crops that a verdict gave a label, whatever their split. Crops that are withheld, or that have no label,
    are not trained on: they may go.
    """

    def __init__(self, workspace: Workspace, gallery: str, also: Collection[int] = ()) -> None:
        self.workspace, self.gallery = workspace, gallery
        self._version = workspace.catalogue.version()
        self._known = self._ids(_LABELLED) | (self._ids(_NOT_WITHHELD) & set(also))
        self._looked = time.monotonic()

    def check(self, *, at_once: bool = False) -> None:
        """Raises ReidError where crops were deleted; looks every few seconds only, unless `at_once`."""
        now = time.monotonic()
        if not at_once and now - self._looked < SECONDS_BETWEEN_LOOKS:
            return
        self._looked = now
        version = self.workspace.catalogue.version()
        if version == self._version:
            return
        self._version = version
        if gone := len(self._known - self._ids()):
            of = "All crops" if gone == len(self._known) else f"{plural(gone, 'crop')} of {len(self._known):,}"
            raise ReidError(
                f"{of} that this run trains on were deleted from gallery {self.gallery} meanwhile, so it ends here. "
                "Start a new run on what is left."
            )

    def explain(self, error: ReidError) -> ReidError:
        """What to say of the error that ended the run: the deletion where there was one, which it may come from.

        The run then keeps no picture or prediction of the deleted crops and names none; an error may name one.
        """
        self._version = -1
        try:
            self.check(at_once=True)
        except ReidError as deletion:
            with connect(self.workspace.catalogue.path) as database:
                forget_in_runs(database, self.workspace.path, self.gallery)
            return deletion
        return error

    def _ids(self, which: str = "") -> set[int]:
        query = "SELECT crop.id FROM crop JOIN gallery ON gallery.key = crop.gallery WHERE gallery.name = ?"
        with connect(self.workspace.catalogue.path) as database:
            return {int(id) for (id,) in database.execute(query + which, (self.gallery,))}
