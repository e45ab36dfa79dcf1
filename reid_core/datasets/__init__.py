"""Data sets from anywhere: `read_dataset` recognises the format of a folder, archive or table and returns `Records`.

No pixels are decoded here: what a data set holds is told by its names and tables. Only where a file holds boxes are
the sizes of some pictures read.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

from reid_core.datasets.base import Dataset, Declined, Listing, Options, Skipped, list_files, require_pictures
from reid_core.datasets.checks.annotations import some_sizes, unread_labels, without_frames
from reid_core.datasets.checks.plausibility import doubts
from reid_core.datasets.choices import (
    check_time_format,
    compile_camera_pattern,
    compile_identity_pattern,
    find_time_zone,
)
from reid_core.datasets.export import records_to_parquet
from reid_core.datasets.layouts import LAYOUTS
from reid_core.datasets.readers.cuhk01 import read_cuhk01
from reid_core.datasets.readers.cuhk03 import read_cuhk03_detected, read_cuhk03_labeled
from reid_core.datasets.readers.folders import read_flat, read_identity_folders
from reid_core.datasets.readers.market1501 import read_market1501
from reid_core.datasets.readers.mars import read_mars
from reid_core.datasets.readers.msmt17 import read_msmt17
from reid_core.datasets.readers.viper import read_viper
from reid_core.datasets.readers.webdataset import read_webdataset
from reid_core.datasets.tables.describe import TableDescription, describe_table
from reid_core.datasets.tables.table import read_table
from reid_core.datasets.tables.table_files import COLUMN_NAMES
from reid_core.errors import NotThere, Refused, ReidError
from reid_core.images import printable
from reid_core.records import plural

__all__ = [
    "READERS", "Dataset", "Skipped", "TableDescription", "describe_table", "doubts", "read_dataset",
    "records_to_parquet",
]  # fmt: skip

READERS: Mapping[str, Callable[[Listing, Options], Dataset | Declined]] = {
    "market1501": read_market1501,
    "msmt17": read_msmt17,
    "mars": read_mars,
    "viper": read_viper,
    "cuhk01": read_cuhk01,
    "cuhk03-detected": read_cuhk03_detected,
    "cuhk03-labeled": read_cuhk03_labeled,
    **LAYOUTS,
    "webdataset": read_webdataset,
    "table": read_table,
    "identity-folders": read_identity_folders,
    "flat": read_flat,
}


_BY_WEAK_SIGNS = ("table", "identity-folders", "flat")


def read_dataset(
    path: Path,
    *,
    format: str | None = None,
    columns: Mapping[str, str] | None = None,
    train_share: float = 0.5,
    seed: int = 0,
    time_zone: str | None = None,
    camera_pattern: str | None = None,
    identity_pattern: str | None = None,
    time_format: str | None = None,
) -> Dataset:
    """The data set in a folder, a zip, a tar, a folder of tar shards, CUHK03's .mat, or a table (.csv, .tsv, .parquet).

    The first of `READERS` that recognises it reads it; `format` names one instead. A link in `path` is followed first:
    a table's pictures lie beside the table itself, not beside the link. `columns` says which column of a table, or
    which name in a shard's JSON, holds what ("image", "identity", "camera", "time", "date" where it is apart from the
    time of day, "tracklet", "split"); "" says that none does. Where the source names no splits, `train_share` of the
    identities are for training, chosen by `seed`. `time_zone` ("Europe/London"; UTC) is that of times in file names and
    tables that name none. `camera_pattern` is a regular expression that runs on each path; its one group, where it
    matches, is the camera. `identity_pattern` is one for the person, where only folders and names tell the person.
    `time_format` says how a table or a shard writes times where that is not clear: "seconds", "milliseconds",
    "microseconds", "nanoseconds", "excel", or a pattern of `datetime.strptime`: "%d/%m/%Y %H:%M".

    Raises ReidError, naming the path, when nothing is there, nothing can be used or the format does not fit, and when
    the zone is unknown or a pattern cannot be used.
    """
    zone, cameras = find_time_zone(time_zone), compile_camera_pattern(camera_pattern)
    people = compile_identity_pattern(identity_pattern)
    check_time_format(time_format)
    _check_known(format, READERS, "format")
    for key in columns or {}:
        _check_known(key, COLUMN_NAMES, "kind of column")
    path = _resolve(Path(path))
    listing = list_files(path)
    asked, looked = format is not None, False
    try:
        if format is None and (listing.only or columns):
            format = "table"
        takes_columns = format == "table" or (format == "webdataset" and not listing.only)
        if not takes_columns and (listing.only or columns):
            raise ReidError(f"{path} cannot be read as {format!r}, because a table or its columns were given.")
        given = dict(columns or {})
        options = Options(given, train_share, seed, format is not None, zone, cameras, people, time_format, asked)
        require_pictures(listing, path)
        for name, reader in READERS.items():
            if format not in (None, name):
                continue
            if name in _BY_WEAK_SIGNS and not asked and not looked:
                listing, looked = without_frames(listing, str(path)), True
            if isinstance(read := _read(reader, listing, options, name), Dataset):
                _check_that_patterns_fit(options, read)
                if looked:
                    notes = (*read.notes, *unread_labels(listing)) if name != "table" else read.notes
                    read = dataclasses.replace(
                        read, sizes=some_sizes(listing, list(read.records.table["path"])), notes=notes
                    )
                return read
            listing = dataclasses.replace(listing, skipped=(*listing.skipped, *read.skipped))
    except ReidError as error:
        raise error if str(path) in str(error) else type(error)(f"{path}: {error}") from error
    finally:
        listing.source.close()
    raise ReidError(f"{path} is not in the format {format!r}. Leave the format out to have it recognised.")


def _read(
    reader: Callable[[Listing, Options], Dataset | Declined], listing: Listing, options: Options, name: str
) -> Dataset | Declined:
    """What the reader says. Raises ReidError, with a remedy where people of folders are on both sides of a split."""
    try:
        return reader(listing, options)
    except Refused as error:
        if name == "identity-folders":
            raise Refused(
                f"{error} Or read the folders otherwise: give --format flat; or, if the last folder is the person, "
                "--identity-pattern '([^/]+)/[^/]+$', by which each person is put on one side."
            ) from error
        raise


def _check_that_patterns_fit(options: Options, dataset: Dataset) -> None:
    """Raises ReidError where a pattern fits no path at all: what was read is then not what was meant."""
    paths = dataset.records.table["path"]
    for kind, pattern, nobody, find in (
        ("identity", options.identity_pattern, "nobody", options.find_identity),
        ("camera", options.camera_pattern, "no camera", options.find_camera),
    ):
        if pattern is not None and not any(find(path) for path in paths):
            raise ReidError(
                f"The {kind} pattern {pattern.pattern!r} finds {nobody} in {plural(len(paths), 'path')}, "
                f"such as {paths.iloc[0]!r}. Correct it, or leave it out."
            )


def _resolve(path: Path) -> Path:
    try:
        real = path.resolve(strict=True)
    except FileNotFoundError as error:
        raise NotThere(f"There is no folder or file {printable(str(path))}. Check the path.") from error
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links in a circle; ValueError: a NUL
        reason = getattr(error, "strerror", None) or error
        raise ReidError(f"{printable(str(path))} cannot be opened ({reason}). Check the path.") from error
    if printable(str(real)) != str(real):
        # The catalogue keeps the path as text, and these bytes are no text.
        raise ReidError(f"The path {printable(str(real))} is not valid UTF-8. Rename the folder or file.")
    return real


def _check_known(value: str | None, known: Iterable[str], noun: str) -> None:
    names = list(known)
    if value is None or value in names:
        return
    near = get_close_matches(value, names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ReidError(f"There is no {noun} {value!r}; known are {', '.join(names)}.{hint}")
