"""A gallery written out as a folder that any Retrace, or any program that reads Parquet, can take in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from reid_core.datasets import Skipped
from reid_core.datasets.export import records_to_parquet
from reid_core.errors import ReidError
from reid_core.images import BadImage
from reid_core.picture_reader import PictureReader
from reid_core.records import Records
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.audit import Export
from reid_core.workspace.galleries.originals import CHANGED
from reid_core.workspace.job_report import Report
from reid_core.workspace.workspace import Workspace

TABLE = "records.parquet"
PICTURES = "pictures"


def export_gallery(
    workspace: Workspace,
    gallery: str,
    folder: Path,
    *,
    stop: StopRequest,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Write `records.parquet` with the gallery's labels as they are now, and its pictures beside it.

    A picture that is gone is left out and named. Written into the audit log, for what leaves the workspace is beyond
    its deletions. Raises ReidError when the folder has something in it, or cannot be written.
    """
    crops = workspace.catalogue.crops(gallery)
    if crops.empty:
        raise ReidError(f"Gallery {gallery!r} has no crops to export.")
    if folder.resolve().is_relative_to(workspace.path):
        raise ReidError(f"{folder} is in the workspace, where a deletion would not look for it. Name another folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ReidError(f"{folder} is not empty. Name a new folder to export to.")
        return _write(workspace, gallery, folder, stop, on_progress)
    except OSError as error:
        raise ReidError(f"{folder} cannot be written ({error.strerror}). Choose another folder.") from error


def _write(
    workspace: Workspace, gallery: str, folder: Path, stop: StopRequest, on_progress: Callable[[int, int], None]
) -> Report:
    crops = workspace.catalogue.crops(gallery)
    number = {source: place for place, source in enumerate(dict.fromkeys(crops["source"]), start=1)}
    crops["place"] = [f"{PICTURES}/{number[s]}/{p}" for s, p in zip(crops["source"], crops["path"], strict=True)]
    written, skipped = [], []
    workspace.catalogue.log(Export(gallery=gallery, crops=len(crops)))
    with PictureReader() as reader:
        for done, row in enumerate(crops.to_dict("records"), start=1):
            if stop.requested:
                break
            try:
                data = reader.bytes(row["source"], row["path"])
                if hashlib.sha256(data).hexdigest() != row["sha256"]:
                    raise BadImage(CHANGED)
            except BadImage as error:
                skipped.append(Skipped(row["path"], str(error)))
                written.append(False)
                continue
            place = folder / row["place"]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            written.append(True)
            on_progress(done, len(crops))
    kept = crops[: len(written)][written]
    table = kept.assign(path=kept["place"])
    records_to_parquet(Records(table), folder / TABLE)
    return Report(len(kept), 0, tuple(skipped), stop.requested)
