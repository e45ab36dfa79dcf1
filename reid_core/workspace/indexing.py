"""Embedding a gallery's crops into the catalogue, and the index that answers searches from it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from reid_core.datasets import Skipped
from reid_core.embedder.inference import Embedder
from reid_core.embedder.runtime import Pixels
from reid_core.errors import ReidError
from reid_core.images import BadImage
from reid_core.picture_reader import PictureReader
from reid_core.records import SPLITS
from reid_core.retrieval.index import ExactIndex
from reid_core.signals import StopRequest
from reid_core.workspace.report import Report
from reid_core.workspace.workspace import Workspace

BATCH = 256  # crops decoded while the batch before is embedded; one transaction


def embed_gallery(
    workspace: Workspace,
    gallery: str,
    embedder: Embedder,
    *,
    stop: StopRequest,
    splits: Sequence[str] = SPLITS,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Embed the crops that the model has not embedded; run again it goes on where it stopped.

    Raises ReidError for an empty gallery.
    """
    catalogue = workspace.catalogue
    crops = catalogue.crops(gallery, splits)
    if crops.empty:
        raise ReidError(f"Gallery {gallery!r} has no crops to index. Import some with `reid import`.")
    catalogue.add_model(embedder.id, embedder.card.name, embedder.card.embedding_size)
    missing = set(catalogue.without_vector(gallery, embedder.id, splits))
    rows = [row for row in zip(crops["id"], crops["source"], crops["path"], strict=True) if row[0] in missing]
    batches = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    added, done, skipped = 0, 0, []

    with PictureReader() as reader, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        reader.open({source for _, source, _ in rows})

        def prepare(row: tuple[int, str, str]) -> Pixels | Skipped:
            try:
                return embedder.prepare(reader.picture(row[1], row[2]))
            except BadImage as error:
                return Skipped(row[2], str(error))

        waiting = [pool.submit(prepare, row) for row in batches[0]] if batches else []
        for number, batch in enumerate(batches):
            if stop.requested:
                pool.shutdown(cancel_futures=True)
                break
            prepared = [future.result() for future in waiting]
            if number + 1 < len(batches):
                waiting = [pool.submit(prepare, row) for row in batches[number + 1]]
            good = [(row[0], item) for row, item in zip(batch, prepared, strict=True) if not isinstance(item, Skipped)]
            skipped += [item for item in prepared if isinstance(item, Skipped)]
            if good:
                vectors = embedder.embed_pixels([pixels for _, pixels in good])
                catalogue.add_vectors(embedder.id, [crop for crop, _ in good], vectors)
            added, done = added + len(good), done + len(batch)
            on_progress(done, len(rows))
    return Report(added, len(crops) - len(rows), tuple(skipped), stop.requested)


class GalleryIndex:
    """The index of one gallery under one model; follows what other processes add. Safe from many threads."""

    def __init__(self, workspace: Workspace, gallery: str, model: str) -> None:
        self.workspace = workspace
        self.gallery = gallery
        self.model = model
        self._lock = threading.Lock()
        self._seq = 0
        self._index: ExactIndex | None = None

    def current(self) -> ExactIndex:
        """The index with all that the catalogue holds. Raises ReidError when the model has embedded nothing here."""
        with self._lock:
            ids, vectors, columns, seq = self.workspace.catalogue.vectors_since(self.gallery, self.model, self._seq)
            if self._index is None:
                if not len(ids):
                    raise ReidError(
                        f"Model {self.model} has embedded no crop of gallery {self.gallery!r}. "
                        f"Run `reid index {self.gallery} --model {self.model}`."
                    )
                self._index = ExactIndex(self.model, vectors.shape[1])
            if len(ids):
                self._index.add(ids, vectors, columns)
            self._seq = seq
            return self._index
