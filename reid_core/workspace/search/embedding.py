"""Embedding a gallery's crops into the catalogue."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

import numpy as np
import pandas as pd

from reid_core.datasets import Skipped
from reid_core.embedder.inference import Embedder
from reid_core.embedder.runtime import Pixels
from reid_core.errors import ReidError
from reid_core.images import BadImage, decode
from reid_core.picture_reader import PictureReader
from reid_core.records import SPLITS, plural
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.vectors import (
    add_vectors,
    without_vector,
)
from reid_core.workspace.galleries.originals import CHANGED
from reid_core.workspace.job_report import Report
from reid_core.workspace.search.no_direction import REASON, keep_without_direction, without_direction
from reid_core.workspace.workspace import Workspace

BATCH = 256  # crops decoded while the batch before is embedded; one transaction


def _refuse_no_crops(every: pd.DataFrame, gallery: str, splits: Sequence[str]) -> NoReturn:
    """`every` are the gallery's crops of any split."""
    if every.empty:
        raise ReidError(f"Gallery {gallery!r} has no crops to index. Import some with `reid import`.")
    raise ReidError(
        f"Gallery {gallery!r} has no crops of split {' or '.join(splits)}, only {plural(len(every), 'crop')} of "
        f"split {' and '.join(sorted(set(every['split'])))}. Import crops of those splits, or a source that names no "
        "split: its people are divided."
    )


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

    A crop to which the model gives no direction is left out, named and remembered. Raises ReidError for an empty
    gallery, and for a model that gives no crop of it a direction.
    """
    catalogue = workspace.catalogue
    crops = catalogue.crops(gallery, splits)
    if crops.empty:
        _refuse_no_crops(catalogue.crops(gallery), gallery, splits)
    catalogue.add_model(embedder.id, embedder.card.name, embedder.card.embedding_size)
    known = without_direction(catalogue, gallery, embedder.id, splits)
    missing = set(without_vector(catalogue, gallery, embedder.id, splits)) - set(known)
    columns = (crops[name] for name in ("id", "source", "path", "sha256"))
    rows = [row for row in zip(*columns, strict=True) if row[0] in missing]
    batches = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    added, done, already = 0, 0, len(crops) - len(rows) - len(known)
    skipped = [Skipped(path, REASON) for path in known.values()]
    undirected: list[int] = []  # not kept yet: while nothing has a direction, the model may be the reason

    with PictureReader() as reader, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        reader.open({source for _, source, _, _ in rows})

        def prepare(row: tuple[int, str, str, str]) -> Pixels | Skipped:
            _, source, path, sha256 = row
            try:
                data = reader.bytes(source, path)
                if hashlib.sha256(data).hexdigest() != sha256:
                    return Skipped(path, CHANGED)  # it may show somebody else now
                return embedder.prepare(decode(data))
            except BadImage as error:
                return Skipped(path, str(error))

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
                vectors = embedder.directions([pixels for _, pixels in good])
                told = ~np.isnan(vectors).any(axis=1)
                ids = np.array([crop for crop, _ in good])
                add_vectors(catalogue, embedder.id, ids[told].tolist(), vectors[told])
                added += int(told.sum())
                undirected += ids[~told].tolist()
                lost = set(ids[~told].tolist())
                skipped += [Skipped(row[2], REASON) for row in batch if row[0] in lost]
            if undirected and added + already:
                keep_without_direction(catalogue, embedder.id, undirected)
                undirected = []
            done += len(batch)
            on_progress(done, len(rows))
    if not stop.requested and not added + already and (undirected or known):
        raise embedder.damaged()
    return Report(added, already, tuple(skipped), stop.requested)
