"""Tables that name pictures, alone or beside them: which rows mean which pictures, and what they tell.

Columns are found by the names that people use, whatever the case; `columns={"identity": "who"}` names others. A file of
`records_to_parquet` is taken at its word.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import tzinfo

from reid_core.datasets.base import (
    SPLIT_NAMES,
    Dataset,
    Declined,
    Listing,
    Options,
    Skipped,
    build_records,
    identity_label,
)
from reid_core.datasets.folders import tells_identities
from reid_core.datasets.table_files import COLUMN_NAMES, MAX_TABLE_BYTES, Table, may_name_pictures, parse_table
from reid_core.errors import ReidError
from reid_core.images import BadImage
from reid_core.records import is_unsafe_path, parse_time

_SPLIT_OF_TABLE = {"train": "train", "query": "query", "probe": "query", "gallery": "gallery", "test": "test"}
_MISSING = frozenset({"", "nan", "na", "n/a", "nat", "none", "null", "<na>"})
_WHOLE_NUMBER = re.compile(r"(-?[0-9]+)\.0+")


def read_table(listing: Listing, options: Options) -> Dataset | Declined:
    """The crops that tables name; declined where no table can be used and the format was not asked for.

    Identity "-1" means junk. Without a column for the split, two tables or more called train..., query..., gallery...
    or test... are those splits; one table is divided by identity. Rows whose picture is unsafe, missing, ambiguous or
    named before, and rows with a wrong time, are skipped by name.

    Where the format was not asked for, a table that cannot be used is skipped by name too. But one that is broken and
    was meant to name pictures raises ReidError where skipping it would lose what is known of people: beside a table
    that is used, and where the folders do not tell identities either.

    Raises ReidError when a table that was asked for cannot be parsed or is too large, a named column is absent, a
    split has an unknown name, or no row can be used.
    """
    usable: list[Table] = []
    useless: list[Table] = []
    skipped: list[Skipped] = []
    broken: ReidError | None = None
    for name in listing.tables:
        data: bytes | None = None
        try:
            data = _read(listing, name)
            table = parse_table(name, data, options.columns)
        except ReidError as error:
            if options.required:
                raise
            skipped.append(Skipped(name, str(error)))
            if broken is None and (data is None or may_name_pictures(name, data)):
                broken = error
        else:
            (usable if "image" in table.cells else useless).append(table)
    if options.required:
        _check_columns(usable, useless, options.columns)
    skipped += [Skipped(table.name, "it has no column that names pictures") for table in useless]
    crops, skipped_rows = _read_crops(usable, listing.pictures, options)
    if usable and not crops:
        names_none = _names_no_picture(usable, skipped_rows)
        if options.required:
            raise names_none
        broken = broken or names_none
        skipped += [Skipped(table.name, "no row of it names a picture that is there") for table in usable]
    if broken is not None and (crops or not tells_identities(listing.pictures, options)):
        raise ReidError(f"{broken} Choose the format 'flat' to read the pictures without any table.") from broken
    if not crops:
        return Declined(tuple(skipped))
    rows = {key: [crop[key] for crop in crops.values()] for key in ("identity", "camera", "time", "tracklet", "split")}
    records = build_records({"path": list(crops), **rows}, options)
    return Dataset(listing.source.path, "table", records, (*listing.skipped, *skipped, *skipped_rows))


def _read_crops(
    tables: list[Table], names: tuple[str, ...], options: Options
) -> tuple[dict[str, dict[str, object]], list[Skipped]]:
    """Path -> what the tables tell of the picture, and the rows that could not be used."""
    pictures = _Pictures(names)
    crops: dict[str, dict[str, object]] = {}
    skipped: list[Skipped] = []
    for table in tables:
        implied = implied_split(table.name) if len(tables) > 1 else None
        for row, image in enumerate(table.cells["image"]):
            where = f"row {row + table.first_row} of {table.name}"
            try:
                path = pictures.find(image, posixpath.dirname(table.name), exactly=table.is_export)
                if path in crops:
                    raise ValueError(f"the picture {path!r} is named by an earlier row")
                cells = {key: column[row] for key, column in table.cells.items()}
                crops[path] = cells if table.is_export else read_crop(cells, implied, where, options.time_zone)
            except ValueError as error:
                skipped.append(Skipped(where, str(error)))
    return crops, skipped


def _names_no_picture(tables: list[Table], skipped: list[Skipped]) -> ReidError:
    why = f" {skipped[0].path}: {skipped[0].reason}." if skipped else " It has no rows."
    if skipped and skipped[0].reason.startswith("the time"):
        return ReidError(
            f"No row of {_listed(t.name for t in tables)} can be read.{why} Name another column for the time, or none."
        )
    return ReidError(
        f"No row of {_listed(t.name for t in tables)} names a picture that is there.{why} Correct the paths."
    )


def read_crop(cells: Mapping[str, object], implied_split: str | None, where: str, zone: tzinfo) -> dict[str, object]:
    """What a row tells of its crop. Raises ValueError for a wrong time, ReidError for an unknown split."""
    identity = _text(cells.get("identity"))
    return {
        "identity": None if identity is None else identity_label(identity),
        "camera": _text(cells.get("camera")),
        "time": _time(cells.get("time"), zone),
        "tracklet": _text(cells.get("tracklet")),
        "split": _split(cells["split"], where) if "split" in cells else implied_split,
    }


class _Pictures:
    """Finds the picture that a table means."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = frozenset(names)
        self._by_file_name: dict[str, list[str]] = defaultdict(list)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for name in names:
            file_name = name.rpartition("/")[2]
            self._by_file_name[file_name].append(name)
            self._by_stem[file_name.rpartition(".")[0]].append(name)

    def find(self, value: object, folder: str, *, exactly: bool = False) -> str:
        """The path itself, the path below the table's folder, or the one picture whose path ends with it.

        The suffix may be left out. With `exactly`, only the path below the table's folder is meant. Raises ValueError
        with the reason where no picture fits, or more than one.
        """
        if exactly and value is not None:
            below = posixpath.join(folder, str(value))
            if below not in self._names:
                raise ValueError(f"the picture {value!r} is not there")
            return below
        text = _text(value, number=False)
        if text is None:
            raise ValueError("it names no picture")
        if is_unsafe_path(text):
            raise ValueError(f"the path {text!r} leads out of the folder")
        wanted = "/".join(part for part in text.replace("\\", "/").split("/") if part not in ("", "."))
        below = posixpath.join(folder, wanted)
        if wanted in self._names or below in self._names:
            return wanted if wanted in self._names else below
        last = posixpath.basename(wanted)
        fitting = [name for name in self._by_file_name.get(last, ()) if f"/{name}".endswith(f"/{wanted}")] or [
            name for name in self._by_stem.get(last, ()) if f"/{name.rpartition('.')[0]}".endswith(f"/{wanted}")
        ]
        if not fitting:
            raise ValueError(f"the picture {text!r} is not there")
        if len(fitting) > 1:
            raise ValueError(f"{text!r} could be {fitting[0]!r} or {fitting[1]!r}; write the path with its folder")
        return fitting[0]


def _read(listing: Listing, name: str) -> bytes:
    try:
        return listing.source.read(name, limit=MAX_TABLE_BYTES)
    except BadImage as error:
        raise ReidError(f"The table {name} cannot be used: {error}.") from error


def _check_columns(usable: list[Table], useless: list[Table], given: Mapping[str, str]) -> None:
    tables = [*usable, *useless]
    if not tables:
        raise ReidError("There is no table (.csv, .tsv or .parquet).")
    there = _listed(dict.fromkeys(column for table in tables for column in table.there))
    names = _listed(table.name for table in tables)
    for key, column in given.items():
        if column and not any(key in table.cells for table in usable):
            raise ReidError(f"{names} has no column {column!r} for the {key}. Its columns are: {there}.")
    if not usable:
        raise ReidError(
            f"{names} has no column that names pictures ({', '.join(COLUMN_NAMES['image'])}). "
            f"Its columns are: {there}. Say which one it is."
        )


def implied_split(name: str) -> str | None:
    """The split that a table's or a shard's name begins with."""
    stem = posixpath.basename(name).lower()
    return next((split for start, split in _SPLIT_OF_TABLE.items() if stem.startswith(start)), None)


def _split(value: object, where: str) -> str:
    text = _text(value)
    split = SPLIT_NAMES.get((text or "").lower())
    if split is None:
        raise ReidError(f"{where.capitalize()}: the split is {text!r}; use train, query, gallery, test or val.")
    return split


def _time(value: object, zone: tzinfo) -> float:
    text = value.strip() if isinstance(value, str) else value
    if isinstance(text, str) and text.lower() in _MISSING:
        return float("nan")
    try:
        return parse_time(text, zone)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"the time {value!r} is neither seconds nor like 2024-05-31T14:03:07") from error


def _text(value: object, *, number: bool = True) -> str | None:
    """A cell as a label; None where it is empty. 5 and 5.0 (a whole number beside empty cells) are "5"."""
    text = str(value).strip()
    if value is None or text.lower() in _MISSING:
        return None
    whole = _WHOLE_NUMBER.fullmatch(text) if number else None
    return whole[1] if whole else text


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
