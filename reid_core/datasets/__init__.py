"""Data sets from anywhere: `read_dataset` recognises the format of a folder, archive or table and returns `Records`.

No pixels are decoded here: what a data set holds is told by its names and tables. Only where a file holds boxes are
the sizes of some pictures read.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from reid_core.datasets.base import Dataset, Declined, Listing, Options, Reader, Skipped, list_files, require_pictures
from reid_core.datasets.checks.annotations import find_frames, some_sizes, unread_labels, without_frames
from reid_core.datasets.checks.plausibility import doubts
from reid_core.datasets.choices import (
    check_time_format,
    compile_camera_pattern,
    compile_identity_pattern,
    find_time_zone,
)
from reid_core.datasets.export import records_to_parquet
from reid_core.datasets.layouts import LAYOUTS
from reid_core.datasets.layouts.layout import read_layout
from reid_core.datasets.readers.cuhk01 import read_cuhk01
from reid_core.datasets.readers.cuhk03 import read_cuhk03_detected, read_cuhk03_labeled
from reid_core.datasets.readers.folders import read_flat, read_identity_folders
from reid_core.datasets.readers.market1501 import read_market1501
from reid_core.datasets.readers.mars import read_mars
from reid_core.datasets.readers.msmt17 import read_msmt17
from reid_core.datasets.readers.tracker_crops import read_tracker_crops
from reid_core.datasets.readers.viper import read_viper
from reid_core.datasets.readers.webdataset import read_webdataset
from reid_core.datasets.scenes.box_table import read_box_table
from reid_core.datasets.scenes.coco import read_coco
from reid_core.datasets.scenes.cvat import read_cvat
from reid_core.datasets.scenes.mot import read_mot
from reid_core.datasets.scenes.yolo import read_yolo
from reid_core.datasets.tables.describe import TableDescription, describe_table
from reid_core.datasets.tables.table import read_table
from reid_core.datasets.tables.table_files import COLUMN_NAMES
from reid_core.datasets.terms import MARKET_1501, MOT_CHALLENGE, for_research
from reid_core.errors import NotThere, Refused, ReidError
from reid_core.images import printable
from reid_core.records import plural

__all__ = [
    "READERS", "TERMS", "Dataset", "Skipped", "TableDescription", "describe_table", "doubts", "read_dataset",
    "records_to_parquet",
]  # fmt: skip

# A new format is a row here, and a file of its own in `readers/`, `layouts/`, or `scenes/` for frames with boxes.
READERS: Mapping[str, Reader] = {
    "market1501": Reader(read_market1501, "Market-1501", MARKET_1501),
    "msmt17": Reader(read_msmt17, "MSMT17", for_research("MSMT17")),
    "mars": Reader(read_mars, "MARS", for_research("MARS")),
    "viper": Reader(read_viper, "VIPeR", for_research("VIPeR")),
    "cuhk01": Reader(read_cuhk01, "CUHK01", for_research("CUHK01")),
    "cuhk03-detected": Reader(read_cuhk03_detected, "CUHK03, detected", for_research("CUHK03 detected")),
    "cuhk03-labeled": Reader(read_cuhk03_labeled, "CUHK03, labelled", for_research("CUHK03 labeled")),
    **{
        key: Reader(partial(read_layout, layout), layout.name, for_research(layout.name))
        for key, layout in LAYOUTS.items()
    },
    "tracker-crops": Reader(read_tracker_crops, "Crops of a tracker (BoxMOT, YOLO)"),
    "webdataset": Reader(read_webdataset, "Tar shards (WebDataset)"),
    "mot": Reader(read_mot, "Frames with MOT's tracks", MOT_CHALLENGE),
    "coco": Reader(read_coco, "Frames with COCO's boxes"),
    "cvat": Reader(read_cvat, "Frames with CVAT's boxes"),
    "yolo": Reader(read_yolo, "Frames with YOLO's boxes"),
    "box-table": Reader(read_box_table, "Frames with a table of boxes"),
    "table": Reader(read_table, "A table with pictures"),
    "identity-folders": Reader(read_identity_folders, "A folder for each person"),
    "flat": Reader(read_flat, "Pictures only"),
}
TERMS: Mapping[str, str] = {name: terms for reader in READERS.values() for name, terms in reader.terms.items()}


_SCENES = ("mot", "coco", "cvat", "yolo", "box-table")
_BY_WEAK_SIGNS = ("table", "identity-folders", "flat")
_TABLES = ("box-table", "table")


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

    The first of `READERS` that recognises it reads it; `format` names one instead. Of frames with boxes there is a row
    for each box of a person. A link in `path` is followed first: a table's pictures lie beside the table itself, not
    beside the link. `columns` says which column of a table, or
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
    asked, searched, looked = format is not None, False, False
    try:
        formats: Collection[str] = READERS if format is None else (format,)
        if format is None and (listing.only or columns):
            formats = _TABLES
        takes_columns = set(formats) <= set(_TABLES) or (format == "webdataset" and not listing.only)
        if not takes_columns and (listing.only or columns):
            raise ReidError(f"{path} cannot be read as {format!r}, because a table or its columns were given.")
        given = dict(columns or {})
        options = Options(given, train_share, seed, formats is not READERS, zone, cameras, people, time_format, asked)
        require_pictures(listing, path)
        for name, row in READERS.items():
            if name not in formats:
                continue
            if name in _SCENES and not (asked or searched):
                listing, searched = dataclasses.replace(listing, frames=tuple(find_frames(listing))), True
            if name in _BY_WEAK_SIGNS and not asked and not looked:
                listing, looked = without_frames(listing, str(path)), True
            if isinstance(read := _read(row.read, listing, options, name), Dataset):
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
