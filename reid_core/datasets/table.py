"""Tables that name pictures: CSV (RFC 4180; comma, semicolon or tab), TSV and Parquet, alone or beside the pictures.

Columns are found by the names that people use, whatever the case; `columns={"identity": "who"}` names others.
"""

from __future__ import annotations

import csv
import io
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reid_core.datasets.base import SPLIT_NAMES, Dataset, Listing, Options, Skipped, build_records, identity_label
from reid_core.errors import ReidError
from reid_core.images import BadImage
from reid_core.records import is_unsafe_path, parse_time

COLUMN_NAMES: Mapping[str, tuple[str, ...]] = {
    "image": ("path", "image", "image_path", "image_id", "file", "filename", "file_name", "img"),
    "identity": ("identity", "label", "person_id", "pid", "id", "target", "class"),
    "camera": ("camera", "camera_id", "camid", "cam"),
    "time": ("time", "timestamp", "datetime", "date"),
    "tracklet": ("tracklet", "track", "track_id", "tracklet_id"),
    "split": ("split", "set", "subset"),
}
MAX_TABLE_BYTES = 512 * 2**20
_SPLIT_OF_TABLE = {"train": "train", "query": "query", "probe": "query", "gallery": "gallery", "test": "test"}
_MISSING = frozenset({"", "nan", "na", "n/a", "nat", "none", "null", "<na>"})
_WHOLE_NUMBER = re.compile(r"(-?[0-9]+)\.0+")


@dataclass(frozen=True, eq=False)
class _Table:
    """Columns of equal length. `first_row` is what its first row is called: spreadsheets count the header as row 1."""

    name: str
    columns: dict[str, list[object]]
    first_row: int


def read_table(listing: Listing, options: Options) -> Dataset | None:
    """The crops that tables name; None where no table has a column of pictures and the format was not asked for.

    Identity "-1" means junk. Without a column for the split, two tables or
    more called train..., query..., gallery... or test... are those splits; one table is divided by identity. Rows
    whose picture is unsafe, missing, ambiguous or named before, and rows with a wrong time, are skipped by name.

    Raises ReidError when a table cannot be parsed, a named column is absent, a split has an unknown name, or no row
    can be used.
    """
    tables = [_parse(name, _read(listing, name)) for name in listing.tables]
    found = [(table, _find_columns(table, options.columns)) for table in tables]
    usable = [(table, column_of) for table, column_of in found if "image" in column_of]
    if not usable and not options.required:
        return None
    _check_columns(tables, [column_of for _, column_of in usable], options.columns)
    pictures = _Pictures(listing.pictures)
    crops: dict[str, dict[str, object]] = {}
    skipped: list[Skipped] = []
    for table, column_of in usable:
        implied = _implied_split(table.name) if len(usable) > 1 else None
        cells = {key: table.columns[column] for key, column in column_of.items()}
        for row, image in enumerate(cells["image"]):
            where = f"row {row + table.first_row} of {table.name}"
            try:
                path = pictures.find(image, posixpath.dirname(table.name))
                if path in crops:
                    raise ValueError(f"the picture {path!r} is named by an earlier row")
                crops[path] = _crop({key: column[row] for key, column in cells.items()}, implied, where)
            except ValueError as error:
                skipped.append(Skipped(where, str(error)))
    if not crops:
        why = f" {skipped[0].path}: {skipped[0].reason}." if skipped else " It has no rows."
        raise ReidError(
            f"No row of {_listed(table.name for table, _ in usable)} names a picture that is there.{why} "
            "Correct the paths, or choose another format to read the folders without the table."
        )
    rows = {key: [crop[key] for crop in crops.values()] for key in ("identity", "camera", "time", "tracklet", "split")}
    records = build_records({"path": list(crops), **rows}, options)
    return Dataset(listing.source.path, "table", records, (*listing.skipped, *skipped))


def _crop(cells: Mapping[str, object], implied_split: str | None, where: str) -> dict[str, object]:
    """What a row tells of its crop. Raises ValueError for a wrong time, ReidError for an unknown split."""
    identity = _text(cells.get("identity"))
    return {
        "identity": None if identity is None else identity_label(identity),
        "camera": _text(cells.get("camera")),
        "time": _time(cells.get("time")),
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

    def find(self, value: object, folder: str) -> str:
        """The path itself, the path below the table's folder, or the one picture whose path ends with it.

        The suffix may be left out. Raises ValueError with the reason where no picture fits, or more than one.
        """
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


def _parse(name: str, data: bytes) -> _Table:
    return _parse_parquet(name, data) if name.lower().endswith(".parquet") else _parse_text(name, data)


def _parse_text(name: str, data: bytes) -> _Table:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReidError(
            f"{name} is not UTF-8 text (byte {error.start + 1} is 0x{data[error.start]:02X}). Save it as CSV UTF-8."
        ) from error
    heading = text.partition("\n")[0]
    delimiter = "\t" if name.lower().endswith(".tsv") else max(",;\t", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        rows = list(reader)
    except csv.Error as error:
        raise ReidError(f"{name}, line {reader.line_num}, is not valid CSV ({error}). Correct that line.") from error
    if not any(header):
        raise ReidError(f"{name} is empty; its first line must name the columns.")
    for number, row in enumerate(rows, start=2):
        if row and len(row) != len(header):
            raise ReidError(
                f"Row {number} of {name} has {len(row)} cells, but its first line names {len(header)} columns. "
                "Correct that row; a comma inside a cell needs quotes around the cell."
            )
    while rows and not rows[-1]:
        rows.pop()
    filled = [row or [""] * len(header) for row in rows]
    columns: dict[str, list[object]] = {}
    for place, column in enumerate(header):
        columns.setdefault(column, [row[place] for row in filled])
    return _Table(name, columns, first_row=2)


def _parse_parquet(name: str, data: bytes) -> _Table:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(io.BytesIO(data))
        plain = [f.name for f in file.schema_arrow if not (pa.types.is_nested(f.type) or pa.types.is_binary(f.type))]
        return _Table(name, dict(file.read(columns=plain).to_pydict()), first_row=1)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise ReidError(f"{name} is not a readable Parquet file ({error}). Write it again.") from error


def _find_columns(table: _Table, given: Mapping[str, str]) -> dict[str, str]:
    """Which of the table's columns holds what: {"image": "File", "identity": "who"}."""
    by_lower = {column.lower(): column for column in reversed(table.columns)}
    found = {}
    for key, usual in COLUMN_NAMES.items():
        if key in given:
            fits = given[key] if given[key] in table.columns else by_lower.get(given[key].lower())
        else:
            fits = next((by_lower[name] for name in usual if name in by_lower), None)
        if fits is not None:
            found[key] = fits
    return found


def _check_columns(tables: list[_Table], usable: list[dict[str, str]], given: Mapping[str, str]) -> None:
    if not tables:
        raise ReidError("There is no table (.csv, .tsv or .parquet).")
    there = _listed(dict.fromkeys(column for table in tables for column in table.columns))
    names = _listed(table.name for table in tables)
    for key, column in given.items():
        if not any(key in found for found in usable):
            raise ReidError(f"{names} has no column {column!r} for the {key}. Its columns are: {there}.")
    if not usable:
        raise ReidError(
            f"{names} has no column that names pictures ({', '.join(COLUMN_NAMES['image'])}). "
            f"Its columns are: {there}. Say which one it is."
        )


def _implied_split(name: str) -> str | None:
    stem = posixpath.basename(name).lower()
    return next((split for start, split in _SPLIT_OF_TABLE.items() if stem.startswith(start)), None)


def _split(value: object, where: str) -> str:
    text = _text(value)
    split = SPLIT_NAMES.get((text or "").lower())
    if split is None:
        raise ReidError(f"{where.capitalize()}: the split is {text!r}; use train, query, gallery, test or val.")
    return split


def _time(value: object) -> float:
    text = value.strip() if isinstance(value, str) else value
    if isinstance(text, str) and text.lower() in _MISSING:
        return float("nan")
    try:
        return parse_time(text)
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
