"""Whether the pictures that a gallery was made from are still there, and still the same.

Crops that an older version imported get the measures of their quality and the colours of their clothing on the way.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from reid_core.colours import Clothing, clothing
from reid_core.datasets import Skipped
from reid_core.images import BadImage, decode
from reid_core.picture_reader import PictureReader
from reid_core.quality import Quality, measure
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.rows import next_numbers
from reid_core.workspace.job_report import Report
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
    crops["measured"] = crops["sharpness"].notna() & crops["upper"].notna()
    rows = list(zip(*(crops[name] for name in ("source", "path", "sha256", "id", "measured")), strict=True))
    whole, wrong = 0, []
    with PictureReader() as reader, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        reader.open(set(crops["source"]))

        def look(row: tuple[str, str, str, int, bool]) -> Skipped | tuple[int, tuple[Quality, Clothing]] | None:
            source, path, sha256, crop, measured = row
            try:
                data = reader.bytes(source, path)
                if hashlib.sha256(data).hexdigest() != sha256:
                    return Skipped(path, CHANGED)
                if measured:
                    return None
                image = decode(data)
                return crop, (measure(image), clothing(image))
            except BadImage as error:
                return Skipped(path, str(error))

        for start in range(0, len(rows), _BATCH):
            if stop.requested:
                break
            found = list(pool.map(look, rows[start : start + _BATCH]))
            wrong += [item for item in found if isinstance(item, Skipped)]
            _keep(workspace, [item for item in found if isinstance(item, tuple)])
            whole += len(found) - sum(isinstance(item, Skipped) for item in found)
            on_progress(start + len(found), len(rows))
    return Report(whole, 0, tuple(wrong), stop.requested)


def _keep(workspace: Workspace, measured: Sequence[tuple[int, tuple[Quality, Clothing]]]) -> None:
    """Write what was measured of crops that came in unmeasured."""
    if not measured:
        return
    with workspace.catalogue.transaction() as database:
        database.execute("BEGIN IMMEDIATE")
        seq = next_numbers(database, 1)  # indexes filter by sharpness and colours, too
        rows = {crop: dataclasses.asdict(found) | dataclasses.asdict(worn) for crop, (found, worn) in measured}
        names = next(iter(rows.values()))
        database.executemany(
            f"UPDATE crop SET {', '.join(f'{name} = ?' for name in names)}, seq = ? WHERE id = ?",
            [(*values.values(), seq, crop) for crop, values in rows.items()],
        )
