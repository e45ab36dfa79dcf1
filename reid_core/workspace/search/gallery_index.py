"""The index of a gallery, whatever it is made of: opened, brought up to date with the catalogue, and kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import numpy as np

from reid_core.errors import NotThere, ReidError
from reid_core.retrieval.backends import BACKENDS, EXACT
from reid_core.retrieval.protocol import Changes, VectorIndex
from reid_core.workspace.catalogue.vectors import (
    count_vectors,
    last_deletion,
    newest_vectors,
    read_changes,
    vector_size,
)
from reid_core.workspace.layout import INDEXES
from reid_core.workspace.workspace import Workspace

KEPT_ROWS = 20_000  # read from the catalogue in a fifth of a second: fewer are not worth keeping
PROBES = 64  # vectors of a kept index that are compared with the catalogue's


class GalleryIndex:
    """The index of one gallery under one model; follows what other processes change. Safe from many threads.

    A large one is kept for the next process, which opens it at once. The catalogue stays the truth: what was kept and
    is damaged or ahead of it is made anew.
    """

    def __init__(self, workspace: Workspace, gallery: str, model: str, backend: str = EXACT) -> None:
        self.workspace = workspace
        self.gallery = gallery
        self.model = model
        self._open = BACKENDS[backend].open
        self._folder = workspace.index_folder(gallery, model)
        self._lock = threading.Lock()
        self._index: VectorIndex | None = None

    def current(self, on_progress: Callable[[int, int], None] = lambda done, total: None) -> VectorIndex:
        """The index with all that the catalogue holds. Raises ReidError when the model has embedded nothing here."""
        with self._lock:
            index = self._index
            if index is None or self.workspace.catalogue.version() < index.seq:  # it was put back to an older state
                index = self._opened(on_progress)
            self._follow(index, on_progress)
            self._index = index
            if not len(index):
                raise NotThere(
                    f"Model {self.model} has embedded no crop of gallery {self.gallery!r}. "
                    f"Run `reid index {self.gallery} --model {self.model}`."
                )
            return index

    def _opened(self, on_progress: Callable[[int, int], None]) -> VectorIndex:
        """What was kept, unless it is of another catalogue or of a later state of this one; then an empty index."""
        catalogue = self.workspace.catalogue
        size = vector_size(catalogue, self.gallery, self.model)
        index = self._open(self._folder, self.model, size)
        if 0 <= index.seq <= catalogue.version():
            self._follow(index, on_progress)
            is_whole = len(index) == count_vectors(catalogue, self.gallery, self.model, until=index.seq)
            if is_whole and self._agrees(index):
                return index
        if index.seq >= 0:
            index.forget()
            index = self._open(self._folder, self.model, size)
        return index

    def _agrees(self, index: VectorIndex) -> bool:
        """Whether the newest vectors, where two states of a catalogue differ, are those of this one."""
        ids, vectors = newest_vectors(self.workspace.catalogue, self.gallery, self.model, PROBES)
        try:
            return np.array_equal(index.vectors(ids), vectors)
        except NotThere:  # one of them is not there
            return False

    def _follow(self, index: VectorIndex, on_progress: Callable[[int, int], None]) -> None:
        read = 0

        def changes() -> Iterator[Changes]:
            nonlocal read
            for piece in read_changes(self.workspace.catalogue, self.gallery, self.model, index.seq):
                yield piece
                read += len(piece.ids)
                on_progress(read, piece.total)  # may raise, when the reader does not want to wait

        removed = index.sync(changes())
        if read >= KEPT_ROWS or (removed and self._is_kept_stale(index)):
            self._keep(index)

    def _is_kept_stale(self, index: VectorIndex) -> bool:
        """Whether what is kept holds what was deleted; whoever deleted it has mostly kept it anew."""
        seen = index.stats().kept
        return seen is not None and seen < last_deletion(self.workspace.catalogue)

    def _keep(self, index: VectorIndex) -> None:
        """Without room for it the index works as well, and only the next start is slower."""
        with suppress(ReidError):
            index.keep()
        # A deletion that was finished while we wrote has looked for what is kept before this was there.
        if last_deletion(self.workspace.catalogue) > index.seq:
            index.forget()


def refresh_indexes(workspace: Workspace, gallery: str) -> None:
    """Keep the gallery's indexes anew without what a deletion took: a rebuild would take much longer.

    What cannot be kept anew is removed when the deletion is finished.
    """
    for folder in (workspace.path / INDEXES).glob(f"{gallery}@*"):
        with suppress(ReidError):  # of a gallery or a model of which nothing is left
            GalleryIndex(workspace, gallery, folder.name.rpartition("@")[2]).current()
