"""Whether the pictures that a gallery was made from are still there, and still the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from reid_core.datasets import Skipped
from reid_core.images import BadImage
from reid_core.picture_reader import PictureReader
from reid_core.signals import StopRequest
from reid_core.workspace.report import Report
from reid_core.workspace.workspace import Workspace

CHANGED = "it has changed since it was imported"
_BATCH = 512


def check_pictures(
    workspace: Workspace,
    gallery: str,
    *,
    stop: StopRequest,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Read every picture and compare it with its sha-256; `added` counts the whole, `skipped` names the others."""
    crops = workspace.catalogue.crops(gallery)
    rows = list(zip(crops["source"], crops["path"], crops["sha256"], strict=True))
    whole, wrong = 0, []
    with PictureReader() as reader, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        reader.open(set(crops["source"]))

        def fault(row: tuple[str, str, str]) -> Skipped | None:
            try:
                data = reader.bytes(row[0], row[1])
            except BadImage as error:
                return Skipped(row[1], str(error))
            return None if hashlib.sha256(data).hexdigest() == row[2] else Skipped(row[1], CHANGED)

        for start in range(0, len(rows), _BATCH):
            if stop.requested:
                break
            found = list(pool.map(fault, rows[start : start + _BATCH]))
            wrong += [item for item in found if item is not None]
            whole += found.count(None)
            on_progress(start + len(found), len(rows))
    return Report(whole, 0, tuple(wrong), stop.requested)
