"""Embedding a gallery's crops into the catalogue, and the index that answers searches from it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from reid_core.errors import NotThere, ReidError
from reid_core.retrieval.exact.index import ExactIndex
from reid_core.workspace.catalogue.vectors import (
    count_vectors,
    last_deletion,
    newest_vectors,
    read_changes,
)
from reid_core.workspace.layout import INDEXES
from reid_core.workspace.search.snapshot import read_snapshot, remove_snapshots, snapshot_seq, write_snapshot
from reid_core.workspace.workspace import Workspace

SNAPSHOT_ROWS = 20_000  # read from the catalogue in a fifth of a second: fewer are not worth a file
PROBES = 64  # vectors of a snapshot that are compared with the catalogue's


class GalleryIndex:
    """The index of one gallery under one model; follows what other processes change. Safe from many threads.

    A large one is kept as a snapshot on disk, from which the next process opens it at once. The catalogue stays the
    truth: a snapshot that is missing, damaged or ahead of it is made anew.
    """

    def __init__(self, workspace: Workspace, gallery: str, model: str) -> None:
        self.workspace = workspace
        self.gallery = gallery
        self.model = model
        self._folder = workspace.index_folder(gallery, model)
        self._lock = threading.Lock()
        self._seq = -1
        self._index: ExactIndex | None = None

    def current(self, on_progress: Callable[[int, int], None] = lambda done, total: None) -> ExactIndex:
        """The index with all that the catalogue holds. Raises ReidError when the model has embedded nothing here."""
        with self._lock:
            if self._index is None:
                self._open(on_progress)
            if self.workspace.catalogue.version() < self._seq:  # the catalogue was put back to an older state
                self._index, self._seq = None, -1
            self._follow(on_progress)
            if self._index is None or not len(self._index):
                raise ReidError(
                    f"Model {self.model} has embedded no crop of gallery {self.gallery!r}. "
                    f"Run `reid index {self.gallery} --model {self.model}`."
                )
            return self._index

    def _open(self, on_progress: Callable[[int, int], None]) -> None:
        """Take up the snapshot, unless it is of another catalogue or of a later state of this one."""
        kept = read_snapshot(self._folder, self.model)
        if kept is None or kept[1] > self.workspace.catalogue.version():
            return
        self._index, self._seq = kept
        self._follow(on_progress)
        catalogue = self.workspace.catalogue
        is_whole = len(self._index) == count_vectors(catalogue, self.gallery, self.model, until=self._seq)
        if not is_whole or not self._agrees(self._index):
            self._index, self._seq = None, -1

    def _agrees(self, index: ExactIndex) -> bool:
        """Whether the newest vectors, where two states of a catalogue differ, are those of this one."""
        ids, vectors = newest_vectors(self.workspace.catalogue, self.gallery, self.model, PROBES)
        try:
            return np.array_equal(index.vectors(ids), vectors)
        except NotThere:  # one of them is not there
            return False

    def _follow(self, on_progress: Callable[[int, int], None]) -> None:
        read = removed = 0
        index, seq = self._index, self._seq
        for changes in read_changes(self.workspace.catalogue, self.gallery, self.model, self._seq):
            index = index or ExactIndex(self.model, changes.vectors.shape[1])
            removed += index.remove(changes.removed.tolist())
            index.relabel(changes.relabelled, changes.labels)
            index.add(changes.ids, changes.vectors, changes.columns)
            read += len(changes.ids)
            on_progress(read, changes.total)  # may raise, when the reader does not want to wait
            seq = changes.seq
        self._index, self._seq = index, seq
        if self._index is not None and (read >= SNAPSHOT_ROWS or (removed and self._is_snapshot_stale())):
            self._keep(self._index)

    def _is_snapshot_stale(self) -> bool:
        """Whether it holds what was deleted; whoever deleted it has mostly written it anew."""
        seen = snapshot_seq(self._folder)
        return seen is not None and seen < last_deletion(self.workspace.catalogue)

    def _keep(self, index: ExactIndex) -> None:
        """Write the snapshot. Without room for it the index works as well, and only the next start is slower."""
        with suppress(ReidError):
            write_snapshot(self._folder, index, self._seq)
        # A deletion that was finished while we wrote has looked for snapshots before this one was there.
        if last_deletion(self.workspace.catalogue) > self._seq:
            remove_snapshots(self._folder)


def refresh_indexes(workspace: Workspace, gallery: str) -> None:
    """Write the snapshots of the gallery's indexes anew without what a deletion took: a rebuild would take much longer.

    Those that cannot be are removed when the deletion is finished.
    """
    for folder in (workspace.path / INDEXES).glob(f"{gallery}@*"):
        with suppress(ReidError):  # of a gallery or a model of which nothing is left
            GalleryIndex(workspace, gallery, folder.name.rpartition("@")[2]).current()
