"""What an import would bring in, seen before it is started: what was recognised, a table's columns, a few pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reid_core.datasets import Dataset, TableDescription, read_dataset
from reid_core.datasets.base import list_files
from reid_core.datasets.tables.describe import describe_table_bytes
from reid_core.datasets.tables.table_files import MAX_TABLE_BYTES
from reid_core.errors import ReidError
from reid_core.images import BadImage, thumbnail
from reid_core.sources import open_source
from reid_core.workspace.imports.inspecting import picture_of

SAMPLES = 12
_NOT_IN_GALLERY_NAMES = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class Reading:
    """How a data set is to be read; the arguments of `read_dataset`, hashable."""

    format: str | None = None
    columns: tuple[tuple[str, str], ...] = ()
    time_zone: str = "UTC"
    camera_pattern: str | None = None
    identity_pattern: str | None = None
    train_share: float = 0.0
    time_format: str | None = None

    def read(self, path: Path, **changed: float) -> Dataset:
        options = {**vars(self), "columns": dict(self.columns), **changed}
        return read_dataset(path, **options)


@dataclass(frozen=True)
class Sample:
    """One crop and what was read of it. `picture` is a small JPEG, or None where `reason` says why there is none."""

    path: str
    identity: str | None
    camera: str | None
    time: float
    picture: bytes | None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Preview:
    """A data set that is not imported yet. `is_divided` is false where `train_share` decided who is in training."""

    dataset: Dataset
    is_divided: bool
    samples: tuple[Sample, ...]


def preview(path: Path, reading: Reading) -> Preview:
    """Reads names and tables, and decodes `SAMPLES` pictures. Raises ReidError as `read_dataset` does."""
    dataset = reading.read(path)
    return Preview(dataset, _is_divided(path, reading, dataset), _samples(dataset))


def find_table(path: Path) -> TableDescription | None:
    """The first table in a folder or archive, or the one at `path`; None where there is none that can be read."""
    listing = list_files(path)
    try:
        for name in listing.tables:
            try:
                return describe_table_bytes(name, listing.source.read(name, limit=MAX_TABLE_BYTES))
            except ReidError:
                continue
        return None
    finally:
        listing.source.close()


def gallery_name(path: Path) -> str:
    """A name that the gallery could have, by that of the folder or file; "" where nothing usable is in it."""
    name = path.stem if path.is_file() else path.name
    return _NOT_IN_GALLERY_NAMES.sub("-", name).strip("-.")[:64].strip("-.")


def _is_divided(path: Path, reading: Reading, dataset: Dataset) -> bool:
    """Told by asking for two other divisions: a source that names its splits does not care."""
    if not dataset.records.identities():
        return True
    other = reading.read(path, train_share=1.0 if reading.train_share < 1 else 0.0)
    return bool((other.records.table["split"] == "train").sum() == (dataset.records.table["split"] == "train").sum())


def _samples(dataset: Dataset) -> tuple[Sample, ...]:
    table = dataset.records.table
    places = np.unique(np.linspace(0, len(table) - 1, min(SAMPLES, len(table))).round().astype(int))
    source = open_source(dataset.source)
    found = []
    try:
        for row in table.iloc[places].to_dict("records"):
            picture, reason = None, ""
            try:
                picture = thumbnail(picture_of(source, row))
            except BadImage as error:
                reason = str(error)
            told = (row["path"], row["identity"], row["camera"], float(row["time"]))
            found.append(Sample(*told, picture, reason))
    finally:
        source.close()
    return tuple(found)
