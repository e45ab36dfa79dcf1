"""Bringing a data set in: every picture is decoded once, described, and given a thumbnail; bad ones are named."""

from __future__ import annotations

import csv
import dataclasses
import io
import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from reid_core.datasets import Dataset, Skipped
from reid_core.errors import ReidError, why
from reid_core.files import one_at_a_time, write_atomically
from reid_core.quality import NEAR, Lookalikes
from reid_core.records import SPLITS, harmless
from reid_core.signals import StopRequest
from reid_core.sources import open_source
from reid_core.workspace.imports.inspecting import Inspected, Row, batches, inspect
from reid_core.workspace.job_report import Report
from reid_core.workspace.layout import LOCK
from reid_core.workspace.workspace import Workspace


def import_dataset(
    workspace: Workspace,
    dataset: Dataset,
    gallery: str,
    *,
    stop: StopRequest,
    copy: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Add the data set's crops to the gallery; run again it goes on where it stopped.

    Pictures stay where they are and are read from there later, or with `copy` from a copy in the workspace; what was
    uploaded into the workspace is always copied, and the upload removed at the end. So are crops that are cut out of
    frames; the frames stay where they are. Labels that the gallery has are kept. Of pictures with the same bytes and
    labels the first is kept. Raises ReidError when an identity would be in training on one side and in query or gallery
    on the other.
    """
    catalogue = workspace.catalogue
    uploaded = dataset.source.is_relative_to(workspace.incoming.resolve())  # a data set's source is without links
    if gallery in [info.name for info in catalogue.galleries()]:
        _refuse_mixed_sides(workspace, dataset, gallery)
    table = dataset.records.table
    are_cut = bool(table["frame"].notna().any())
    catalogue.add_gallery(gallery)
    key = catalogue.add_source(gallery, str(dataset.source), dataset.format, copied=copy or uploaded or are_cut)
    sources = catalogue.sources(gallery)
    if (copy or are_cut) and not sources["copied"][sources["key"] == key].item():
        what = "the crops that are cut out of its frames" if are_cut else "them"
        raise ReidError(
            f"Gallery {gallery!r} has pictures of {dataset.source} already, which are read from there and not copied. "
            f"Import it into another gallery to copy {what}, or delete these first."
        )
    originals = workspace.originals(key) if sources["copied"][sources["key"] == key].item() else None
    known = catalogue.known_labels(key)
    rows = [row for row in table.to_dict("records") if row["path"] not in known]
    labels = zip(table["path"], table["identity"], table["camera"], strict=True)
    differing = sum(known.get(path, (identity, camera)) != (identity, camera) for path, identity, camera in labels)
    added, duplicates, done, skipped = 0, 0, 0, list(dataset.skipped)
    alike = _Alike(*catalogue.looks(gallery))
    source = open_source(dataset.source)
    ordered = batches(rows)
    try:
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:

            def begin(tasks: Sequence[Sequence[Row]]) -> list[Future[list[Inspected | Skipped]]]:
                return [pool.submit(inspect, source, task, originals is not None) for task in tasks]

            waiting = begin(ordered[0]) if ordered else []
            for number, tasks in enumerate(ordered):
                if stop.requested:
                    pool.shutdown(cancel_futures=True)
                    break
                found = [item for future in waiting for item in future.result()]
                waiting = begin(ordered[number + 1]) if number + 1 < len(ordered) else []
                good = [item for item in found if isinstance(item, Inspected)]
                skipped += [item for item in found if isinstance(item, Skipped)]
                new = _keep(workspace, gallery, key, originals, alike.mark(good))
                added, duplicates = added + sum(new), duplicates + len(new) - sum(new)
                done += sum(map(len, tasks))
                on_progress(done, len(rows))
    finally:
        source.close()
    report_file = _write_report(workspace, key, [*skipped, *dataset.incomplete])
    if uploaded and not stop.requested:
        _remove_upload(workspace, dataset.source)
    return Report(
        added, len(table) - len(rows), tuple(skipped), stop.requested, differing, duplicates, report_file
    )  # fmt: skip


def _keep(
    workspace: Workspace, gallery: str, source: int, originals: Path | None, found: Sequence[Inspected]
) -> list[bool]:
    """One batch, everything that a row needs before the row; tells of each crop whether it is new."""
    # A deletion looks for files without rows: it may not look between the two.
    with one_at_a_time(workspace.path / LOCK):
        workspace.thumbnails.add({item.crop.sha256: item.thumbnail for item in found})
        if originals is not None:
            copy_crops(originals, found)
        new = workspace.catalogue.add_crops(gallery, source, [item.crop for item in found])
        if originals is not None and not all(new):
            there = workspace.catalogue.known_labels(source)
            for item in found:
                if item.crop.path not in there:
                    (originals / item.crop.path).unlink(missing_ok=True)
    return new


def copy_crops(originals: Path, found: Sequence[Inspected]) -> None:
    """Lay the files of crops out under their paths. Raises ReidError where there is no room."""
    for item in found:
        place = originals / item.crop.path
        if item.data is not None and not (place.is_file() and place.read_bytes() == item.data):
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(place, partial(_write, item.data))
            except OSError as error:
                raise ReidError(
                    f"{item.crop.path} could not be copied into the workspace ({why(error)}). Free some space and "
                    "run it again; what was imported so far is kept."
                ) from error


def _write(data: bytes, file: BinaryIO) -> None:
    file.write(data)


class _Alike:
    """Which crops look the same as one that the gallery had before, or have the very same bytes under other labels."""

    def __init__(self, looks: Sequence[int], sha256s: Sequence[bytes]) -> None:
        self._sha256s = list(sha256s)
        self._pictures = set(sha256s)
        telling = [place for place, look in enumerate(looks) if look]
        self._known = Lookalikes(telling, [looks[place] for place in telling])

    def mark(self, found: Sequence[Inspected]) -> list[Inspected]:
        looks = np.array([item.crop.look or 0 for item in found], np.int64)
        ids, distances = self._known.nearest(looks)
        among = _bits_that_differ(looks)
        marked = []
        for row, item in enumerate(found):
            sha256, alike = item.crop.sha256, None
            if sha256 in self._pictures:
                alike = sha256
            elif looks[row]:  # 0 is the look of a picture that has none to speak of
                earlier = np.flatnonzero((among[row, :row] <= NEAR) & (looks[:row] != 0))
                if distances[row] <= NEAR:
                    alike = self._sha256s[int(ids[row])]
                elif len(earlier):
                    alike = found[int(earlier[0])].crop.sha256
            self._pictures.add(sha256)
            marked.append(dataclasses.replace(item, crop=dataclasses.replace(item.crop, alike=alike)))
        telling = np.flatnonzero(looks)
        self._known.add(telling + len(self._sha256s), looks[telling])
        self._sha256s += [item.crop.sha256 for item in found]
        return marked


def _bits_that_differ(looks: NDArray[np.int64]) -> NDArray[np.float32]:
    """Hamming distances (N, N) of a batch's looks."""
    bits = np.unpackbits(looks.view(np.uint8).reshape(len(looks), 8), axis=1).astype(np.float32)
    ones = bits.sum(axis=1)
    return ones[:, None] + ones - 2 * bits @ bits.T


def _write_report(workspace: Workspace, source: int, skipped: Sequence[Skipped]) -> Path | None:
    """What the last import from this source left out, as a table; None, and no file, where it was nothing.

    A crop whose time was left out stands there too.
    """
    file = workspace.path / "reports" / f"{source}.csv"
    if not skipped:
        file.unlink(missing_ok=True)
        return None
    file.parent.mkdir(exist_ok=True)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["path", "reason"])
    writer.writerows((harmless(item.path), harmless(item.reason)) for item in skipped)
    write_atomically(file, lambda out: out.write(text.getvalue().encode("utf-8", "backslashreplace")))
    return file


def _remove_upload(workspace: Workspace, source: Path) -> None:
    folder = workspace.incoming / source.relative_to(workspace.incoming.resolve()).parts[0]
    shutil.rmtree(folder, ignore_errors=True)


def _refuse_mixed_sides(workspace: Workspace, dataset: Dataset, gallery: str) -> None:
    trained, tested = workspace.catalogue.sides(gallery)
    new_trained = set(dataset.records.of_split("train").identities())
    new_tested = set(dataset.records.of_split(*(split for split in SPLITS if split != "train")).identities())
    if mixed := (trained & new_tested) | (tested & new_trained):
        raise ReidError(
            f"Identity {min(mixed)!r} is for training on one side and for testing on the other: gallery {gallery!r} "
            f"and {dataset.source.name} divide people differently. Import it into another gallery."
        )
