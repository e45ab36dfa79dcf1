"""What every reader of a data set shares: the list of files, the result, labels, and how a test half is divided."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path

import pandas as pd
import regex

from reid_core.datasets.annotated import Frames
from reid_core.datasets.labels import identity_label
from reid_core.errors import ReidError, readable
from reid_core.images import NO_VIDEO, is_hidden, is_image_name, is_video_name, unreadable_kind
from reid_core.records import Records, is_unsafe_path, make_records, plural, split_identities
from reid_core.sources import ImageSource, open_source
from reid_core.sources.folder import FolderSource
from reid_core.sources.tar import ShardSource, TarSource, is_compressed_tar

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet")
TEXT_SUFFIXES = (".txt", ".xml", ".json", ".jsonl", ".odgt")
UNREAD_TABLES = (".xlsx", ".xls", ".xlsm", ".ods", ".numbers", ".sqlite", ".sqlite3", ".feather", ".arrow", ".orc")
DESCRIPTIONS = ("seqinfo.ini", ".yaml", ".yml", ".names")
CUHK03_FILE = "cuhk-03.mat"
MAX_PATH_FOR_PATTERN = 300  # characters; a pattern with nested repeats takes time that grows with each one more
MAX_PATTERN_SECONDS = 0.25  # on one path; a good pattern takes microseconds
_ARCHIVES = (".zip", ".rar", ".7z", ".cbz", ".cbr", ".iso", ".jar")
_NO_PICTURES = frozenset(
    {".md", ".rst", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".log", ".names", ".data", ".mat", ".m", ".py", ".ipynb"}
    | {".sh", ".bat", ".js", ".css", ".html", ".htm", ".pkl", ".npy", ".npz", ".h5", ".hdf5", ".pt", ".pth", ".onnx"}
    | {".pdf", ".doc", ".docx", ".odt", ".ppt", ".pptx", ".rtf", ".tex", ".bib", ".url"}
    | {".db", ".lock", ".cls", ".sha256", ".md5", ".c", ".cpp"}
    | {"readme", "license", "licence", "copying", "makefile", "thumbs.db", "desktop.ini", "sha256sums", "md5sums"}
)


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

    `format` is the published data set's name ("Market-1501"), "WebDataset", "folder per identity", "flat folder",
    "people by pattern" or "table". `notes` say what was guessed and what was not used, each a sentence for whoever
    imports it; `incomplete` names crops that come in without a time, though one stands there, and why. `sizes`
    are width and height of some pictures, where the format was recognised by weak signs.
    """

    source: Path
    format: str
    records: Records
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    incomplete: tuple[Skipped, ...] = ()
    sizes: tuple[tuple[int, int], ...] = ()

    def describe(self) -> str:
        """One line: "Market-1501: 10,679 train, 663 query, 1,594 gallery crops, 751 identities, 6 cameras"."""
        left_out = f"; {len(self.skipped):,} skipped" if self.skipped else ""
        untimed = f"; {len(self.incomplete):,} without their time" if self.incomplete else ""
        return f"{self.format}: {self.records.describe()}{untimed}{left_out}"


@dataclass(frozen=True)
class Options:
    """What the caller of `read_dataset` chose; each reader takes what concerns it.

    `required` is true when the format was chosen too: a reader that can say why it does not fit then raises.
    `time_zone` is that of times that name none, and `time_format` how a table writes them. The one group of
    `camera_pattern` is the camera in a path, that of `identity_pattern` the person.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    train_share: float = 0.5
    seed: int = 0
    required: bool = False
    time_zone: tzinfo = UTC
    camera_pattern: regex.Pattern[str] | None = None
    identity_pattern: regex.Pattern[str] | None = None
    time_format: str | None = None
    asked: bool = False  # the caller named the format: `required` also holds for a path that is a table

    def find_camera(self, path: str) -> regex.Match[str] | None:
        """Where the pattern finds a camera; None in paths of more than `MAX_PATH_FOR_PATTERN` characters.

        Raises ReidError when that takes too long: thousands of paths are to follow.
        """
        return _find(self.camera_pattern, "camera", path)

    def find_identity(self, path: str) -> str | None:
        """The person that the pattern finds; None and ReidError as `find_camera` has it."""
        match = _find(self.identity_pattern, "identity", path)
        return identity_label(match[1]) if match else None


def _find(pattern: regex.Pattern[str] | None, kind: str, path: str) -> regex.Match[str] | None:
    if pattern is None or len(path) > MAX_PATH_FOR_PATTERN:
        return None
    try:
        match = pattern.search(path, timeout=MAX_PATTERN_SECONDS)
    except TimeoutError as error:
        raise ReidError(
            f"The {kind} pattern {pattern.pattern!r} took over {MAX_PATTERN_SECONDS} s on {path!r}. "
            "Write it without one repeat next to, or inside, another."
        ) from error
    return match if match is not None and match[1] else None


@dataclass(frozen=True, eq=False)
class Listing:
    """The names in a folder or archive, with nothing opened: pictures, tables, and entries that are never read.

    `only` is the table that the user named, when it is a table and not a folder that was named. `texts` are other files
    that may tell of the pictures: .txt, .xml, .json and others like them. `others` describe MOT's sequences and YOLO's
    classes. `frames` are the pictures that annotations are found to be about, once these were looked for.
    """

    source: ImageSource
    pictures: tuple[str, ...]
    tables: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    only: str | None = None
    texts: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    frames: tuple[Frames, ...] = ()


@dataclass(frozen=True)
class Reader:
    """A format of data sets. `title` is its name in a list that people choose from; `terms` says, by the names that
    it may give to `Dataset.format`, under which terms models may be used that were trained on it."""

    read: Callable[[Listing, Options], Dataset | Declined]
    title: str
    terms: Mapping[str, str] = field(default_factory=dict)


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
    pictures, tables, texts, others, skipped = [], [], [], [], []
    unknown: dict[str, list[str]] = {}
    in_shards = isinstance(source, TarSource | ShardSource)  # where files of any kind tell of a picture
    for name, refusal in source.entries():
        if refusal is not None:
            if is_unsafe_path(name) or not is_hidden(name):
                skipped.append(Skipped(name, refusal))
        elif is_image_name(name):
            pictures.append(name)
        elif (reason := _why_unreadable(name, source)) is not None:
            skipped.append(Skipped(name, reason))
        elif is_hidden(name):
            continue
        elif name.lower().endswith(TABLE_SUFFIXES):
            tables.append(name)
        elif name.lower().endswith(TEXT_SUFFIXES):
            texts.append(name)
        elif name.lower().endswith(DESCRIPTIONS):
            others.append(name)
        elif not _is_about_others(name):
            unknown.setdefault(os.path.splitext(name)[1].lower(), []).append(name)
    if only is not None:
        tables = [only]
    if in_shards:
        known = {name.rpartition("/")[2].partition(".")[0] for name in pictures}
        unknown = {suffix: [name for name in names if not _is_a_part(name, known)] for suffix, names in unknown.items()}
    skipped += [skip for suffix, names in unknown.items() if names for skip in _of_unknown_kind(suffix, names)]
    return Listing(
        source, tuple(pictures), tuple(tables), tuple(skipped), only=only, texts=tuple(texts), others=tuple(others)
    )


def _is_a_part(name: str, samples: set[str]) -> bool:
    """Whether a file has the name of a picture in the shard, and an ending: "0001.camera" of 0001.jpg."""
    stem, dot, _ = name.rpartition("/")[2].partition(".")
    return bool(dot) and stem in samples


def _is_about_others(name: str) -> bool:
    """Whether a file can be no picture by its name: documents, programs, what systems leave behind."""
    file = name.rpartition("/")[2].lower()
    return os.path.splitext(file)[1] in _NO_PICTURES or file in _NO_PICTURES


def _of_unknown_kind(suffix: str, names: Sequence[str]) -> list[Skipped]:
    """Up to three by name, more as one line for them all."""
    reason = f"{suffix} files are not read as pictures" if suffix else "its name has no ending such as .jpg"
    if suffix in UNREAD_TABLES:
        reason = f"{suffix} files are not read; save it as CSV"
    if len(names) <= 3:
        return [Skipped(name, reason) for name in names]
    rest = f"{plural(len(names), 'file')} {f'ending with {suffix}' if suffix else 'without an ending'}"
    return [Skipped(rest, f"{reason}; the first is {names[0]}")]


def _why_unreadable(name: str, source: ImageSource) -> str | None:
    """Why a file that people mean to import, though it is no picture, is left out; None for all others."""
    if (kind := unreadable_kind(name)) is not None:
        return f"{kind} pictures cannot be read; convert them to JPEG"
    if is_hidden(name):
        return None
    if is_video_name(name):
        return "it is a recording; bring it in with `reid video`"
    if is_compressed_tar(name):
        return "it is a compressed tar, which cannot be read at random; unpack it to a plain .tar"
    if name.lower().endswith(_ARCHIVES):
        remedy = "import it by itself" if name.lower().endswith(".zip") else "unpack it"
        return f"it is an archive, which is not opened inside a folder or another archive; {remedy}"
    if name.lower().endswith(".tar"):
        return "it is an archive beside other files; import it by itself, or its folder without pictures and folders"
    if name.rpartition("/")[2].lower() == CUHK03_FILE and not isinstance(source, FolderSource):
        return "it cannot be read inside an archive; unpack the archive"
    return None


def build_records(rows: Mapping[str, Sequence[object]], options: Options) -> Records:
    """Records from columns whose `split` may also be "test" (to divide into query and gallery) or None (to divide).

    Where there are queries and no gallery, "test" is the gallery: some data sets call it so. A camera that the options'
    pattern finds in a path takes the place of what the reader says, and so does a person.
    """
    if options.identity_pattern is not None:
        told = rows.get("identity", [None] * len(rows["path"]))
        people = [options.find_identity(str(path)) for path in rows["path"]]
        identities = [person or identity for person, identity in zip(people, told, strict=True)]
        rows = {**rows, "identity": identities}
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
    if listing.skipped and all(is_video_name(skip.path) for skip in listing.skipped):
        raise ReidError(f"{path} holds recordings. {NO_VIDEO}")
    refused = f" {plural(len(listing.skipped), 'entry')} could not be used: " if listing.skipped else ""
    first = f"{listing.skipped[0].path!r}: {listing.skipped[0].reason}." if listing.skipped else ""
    raise ReidError(f"{path} holds no pictures (JPEG, PNG, WebP, BMP, TIFF or PPM).{refused}{first} Check the path.")
