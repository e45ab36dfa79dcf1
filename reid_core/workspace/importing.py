"""Bringing a data set in: every picture is decoded once, described, and given a thumbnail; bad ones are named."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from reid_core.datasets import Dataset, Skipped
from reid_core.errors import ReidError
from reid_core.images import BadImage, ImageSource, decode, open_source, thumbnail
from reid_core.records import SPLITS
from reid_core.signals import StopRequest
from reid_core.workspace.report import Report
from reid_core.workspace.rows import NewCrop
from reid_core.workspace.workspace import Workspace

BATCH = 256  # crops in one transaction: the most that a crash makes an import do again


def import_dataset(
    workspace: Workspace,
    dataset: Dataset,
    gallery: str,
    *,
    stop: StopRequest,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Add the data set's crops to the gallery; run again it goes on where it stopped.

    Pictures stay where they are and are read from there later; labels that the gallery has are kept. Raises
    ReidError when an identity would be in training on one side and in query or gallery on the other.
    """
    catalogue = workspace.catalogue
    if gallery in [info.name for info in catalogue.galleries()]:
        _refuse_mixed_sides(workspace, dataset, gallery)
    catalogue.add_gallery(gallery)
    source_key = catalogue.add_source(gallery, str(dataset.source), dataset.format)
    known = catalogue.known_labels(source_key)
    table = dataset.records.table
    rows = [row for row in table.to_dict("records") if row["path"] not in known]
    labels = zip(table["path"], table["identity"], table["camera"], strict=True)
    differing = sum(known.get(path, (identity, camera)) != (identity, camera) for path, identity, camera in labels)
    added, skipped = 0, list(dataset.skipped)
    source = open_source(dataset.source)
    try:
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            for start in range(0, len(rows), BATCH):
                if stop.requested:
                    break
                batch = rows[start : start + BATCH]
                found = list(pool.map(lambda row: _inspect(source, row), batch))
                crops = [item for item in found if not isinstance(item, Skipped)]
                skipped += [item for item in found if isinstance(item, Skipped)]
                workspace.thumbnails.add({crop.sha256: jpeg for crop, jpeg in crops})
                added += catalogue.add_crops(gallery, source_key, [crop for crop, _ in crops])
                on_progress(start + len(batch), len(rows))
    finally:
        source.close()
    return Report(added, len(table) - len(rows), tuple(skipped), stop.requested, differing)


def _inspect(source: ImageSource, row: dict[str, Any]) -> tuple[NewCrop, bytes] | Skipped:
    try:
        data = source.read(row["path"])
        image = decode(data)
    except BadImage as error:
        return Skipped(row["path"], str(error))
    crop = NewCrop(**row, width=image.width, height=image.height, sha256=hashlib.sha256(data).digest())
    return crop, thumbnail(image)


def _refuse_mixed_sides(workspace: Workspace, dataset: Dataset, gallery: str) -> None:
    trained, tested = workspace.catalogue.sides(gallery)
    new_trained = set(dataset.records.of_split("train").identities())
    new_tested = set(dataset.records.of_split(*(split for split in SPLITS if split != "train")).identities())
    if mixed := (trained & new_tested) | (tested & new_trained):
        raise ReidError(
            f"Identity {min(mixed)!r} is for training on one side and for testing on the other: gallery {gallery!r} "
            f"and {dataset.source.name} divide people differently. Import it into another gallery with --gallery."
        )
