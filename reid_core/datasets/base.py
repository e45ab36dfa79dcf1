"""What every reader of a data set shares: the list of files, the result, labels, and how a test half is divided."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import regex

from reid_core.errors import ReidError, readable
from reid_core.images import is_hidden, is_image_name, unreadable_kind
from reid_core.records import JUNK, Records, is_unsafe_path, make_records, plural, split_identities
from reid_core.sources import ImageSource, open_source
from reid_core.sources.folder import FolderSource
from reid_core.sources.tar import is_compressed_tar

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet")
CUHK03_FILE = "cuhk-03.mat"
MAX_PATH_FOR_PATTERN = 300  # characters; a pattern with nested repeats takes time that grows with each one more
MAX_PATTERN_SECONDS = 0.25  # on one path; a good pattern takes microseconds
SPLIT_NAMES: Mapping[str, str] = MappingProxyType(
    {"train": "train", "training": "train", "bbox_train": "train", "bounding_box_train": "train"}
    | {"query": "query", "queries": "query", "probe": "query"}
    | {"gallery": "gallery", "test_gallery": "gallery"}
    | {"test": "test", "val": "test", "valid": "test", "validation": "test", "bbox_test": "test"}
    | {"bounding_box_test": "test"}
)
_CAMERA_FOLDER = re.compile(r"cam(?:era)?(?:[-_ ]?0*(\d{1,4})|[-_ ]([a-z]))", re.IGNORECASE)
_CAMERA_TOKEN = re.compile(r"(?<![a-z0-9])(?:cam(?:era)?[-_ ]?|c)0*(\d{1,3})(?:s\d{1,4})?(?![a-z0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or a row of a table that is not in the records, and why; the reason stays readable whatever it quotes."""

    path: str
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", readable(self.reason))


@dataclass(frozen=True)
class Declined:
    """A reader's word that it does not read this, and the files that it looked into and could not use."""

    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set that has been recognised. `source` is the folder or archive that the paths in `records` are relative
    to, absolute and without links, so that the same place has one name however it was given.

    `format` is the published data set's name ("Market-1501"), "WebDataset", "folder per identity", "flat folder" or
    "table".
    """

    source: Path
    format: str
    records: Records
    skipped: tuple[Skipped, ...] = ()

    def describe(self) -> str:
        """One line: "Market-1501: 10,679 train, 663 query, 1,594 gallery crops, 751 identities, 6 cameras"."""
        left_out = f"; {len(self.skipped):,} skipped" if self.skipped else ""
        return f"{self.format}: {self.records.describe()}{left_out}"


@dataclass(frozen=True)
class Options:
    """What the caller of `read_dataset` chose; each reader takes what concerns it.

    `required` is true when the format was chosen too: a reader that can say why it does not fit then raises.
    `time_zone` is that of times that name none. The one group of `camera_pattern` is the camera in a path.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    train_share: float = 0.5
    seed: int = 0
    required: bool = False
    time_zone: tzinfo = UTC
    camera_pattern: regex.Pattern[str] | None = None

    def find_camera(self, path: str) -> regex.Match[str] | None:
        """Where the pattern finds a camera; None in paths of more than `MAX_PATH_FOR_PATTERN` characters.

        Raises ReidError when that takes too long: thousands of paths are to follow.
        """
        if self.camera_pattern is None or len(path) > MAX_PATH_FOR_PATTERN:
            return None
        try:
            match = self.camera_pattern.search(path, timeout=MAX_PATTERN_SECONDS)
        except TimeoutError as error:
            raise ReidError(
                f"The camera pattern {self.camera_pattern.pattern!r} took over {MAX_PATTERN_SECONDS} s on {path!r}. "
                "Write it without one repeat next to, or inside, another."
            ) from error
        return match if match is not None and match[1] else None


@dataclass(frozen=True, eq=False)
class Listing:
    """The names in a folder or archive, with nothing opened: pictures, tables, and entries that are never read.

    `only` is the table that the user named, when it is a table and not a folder that was named.
    """

    source: ImageSource
    pictures: tuple[str, ...]
    tables: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    only: str | None = None


def list_files(path: Path) -> Listing:
    """The pictures and tables below a folder, in an archive, or in the folder of the table `path`.

    A folder without pictures that holds CUHK03's file stands for that file. Raises ReidError when nothing is there or
    it is neither.
    """
    is_table = path.suffix.lower() in TABLE_SUFFIXES and path.is_file()
    source = open_source(path.parent if is_table else path)
    listing = _list(source, path.name if is_table else None)
    if not listing.pictures and isinstance(source, FolderSource):
        inside = [name for name in source.names() if name.rpartition("/")[2].lower() == CUHK03_FILE]
        if len(inside) == 1:
            return _list(open_source((source.path / inside[0]).resolve()), None)
    return listing


def _list(source: ImageSource, only: str | None) -> Listing:
    pictures, tables, skipped = [], [], []
    for name, refusal in source.entries():
        if refusal is not None:
            if is_unsafe_path(name) or not is_hidden(name):
                skipped.append(Skipped(name, refusal))
        elif is_image_name(name):
            pictures.append(name)
        elif (reason := _why_unreadable(name, source)) is not None:
            skipped.append(Skipped(name, reason))
        elif name.lower().endswith(TABLE_SUFFIXES) and not is_hidden(name):
            tables.append(name)
    if only is not None:
        tables = [only]
    return Listing(source, tuple(pictures), tuple(tables), tuple(skipped), only=only)


def _why_unreadable(name: str, source: ImageSource) -> str | None:
    """Why a file that people mean to import, though it is no picture, is left out; None for all others."""
    if (kind := unreadable_kind(name)) is not None:
        return f"{kind} pictures cannot be read; convert them to JPEG"
    if is_hidden(name):
        return None
    if is_compressed_tar(name):
        return "it is a compressed tar, which cannot be read at random; unpack it to a plain .tar"
    if name.lower().endswith(".tar"):
        return "it is an archive beside other files; import it by itself, or its folder without pictures and folders"
    if name.rpartition("/")[2].lower() == CUHK03_FILE and not isinstance(source, FolderSource):
        return "it cannot be read inside an archive; unpack the archive"
    return None


def identity_label(text: str) -> str:
    """The label as written, but `JUNK` for "-1", which says "nobody" wherever people are numbered.

    "0" is a person: many tables number from it. Only Market-1501's names mean a distractor by it.
    """
    return JUNK if text == "-1" else text


def camera_of_folder(name: str) -> str | None:
    """The camera of a folder called "camera-2", "cam02" or "cam_b": "2", "2", "b". None for other folders."""
    match = _CAMERA_FOLDER.fullmatch(name)
    return (match[1] or match[2].lower()) if match else None


def camera_of_file(name: str) -> str | None:
    """The camera that a file name tells: "2" for "x_c2.jpg", "cam02-x.jpg", "0001_c2s1_7.jpg". None when in doubt."""
    stem = name.rpartition("/")[2].rpartition(".")[0]
    found = set(_CAMERA_TOKEN.findall(stem))
    return found.pop() if len(found) == 1 else None


def build_records(rows: Mapping[str, Sequence[object]], options: Options) -> Records:
    """Records from columns whose `split` may also be "test" (to divide into query and gallery) or None (to divide).

    Where there are queries and no gallery, "test" is the gallery: some data sets call it so. A camera that the options'
    pattern finds in a path takes the place of what the reader says.
    """
    if options.camera_pattern is not None:
        told = rows.get("camera", [None] * len(rows["path"]))
        found = [options.find_camera(str(path)) for path in rows["path"]]
        cameras = [match[1] if match else camera for match, camera in zip(found, told, strict=True)]
        rows = {**rows, "camera": cameras}
    wanted = pd.Series(list(rows["split"]), dtype=object)
    splits = set(wanted)
    if "query" in splits and "gallery" not in splits:
        wanted[wanted == "test"] = "gallery"
    split = wanted.copy()
    # Provisionally everything is gallery: identities may only be compared across sides once all sides are known.
    table = make_records(**(dict(rows) | {"split": ["gallery"] * len(wanted)})).table
    for undecided, share in ((wanted == "test", 0.0), (wanted.isna(), options.train_share)):
        if undecided.any():
            part = split_identities(Records(table[undecided]), train_share=share, seed=options.seed)
            split[undecided] = part.table["split"].to_numpy(dtype=object)
    return Records(table.assign(split=split))


def require_pictures(listing: Listing, path: Path) -> None:
    """Raises ReidError when there is nothing to read."""
    if listing.pictures:
        return
    refused = f" {plural(len(listing.skipped), 'entry')} could not be used: " if listing.skipped else ""
    first = f"{listing.skipped[0].path!r}: {listing.skipped[0].reason}." if listing.skipped else ""
    raise ReidError(f"{path} holds no pictures (JPEG, PNG, WebP, BMP, TIFF or PPM).{refused}{first} Check the path.")
