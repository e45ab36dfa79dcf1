"""The files of tables: CSV (RFC 4180; comma, semicolon or tab), TSV and Parquet, read only where used."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from reid_core.errors import ReidError
from reid_core.records import COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

COLUMN_NAMES: Mapping[str, tuple[str, ...]] = {
    "image": (
        *("path", "image", "image_path", "image_id", "file", "filename", "file_name", "img"),
        *("bild", "datei", "dateiname", "photo", "foto", "imagen", "fichier"),
    ),
    "identity": ("identity", "label", "person_id", "pid", "id", "target", "class", "person", "personne", "persona"),
    "camera": ("camera", "camera_id", "camid", "cam", "kamera", "caméra", "cámara"),
    "time": ("time", "timestamp", "datetime", "date", "zeit", "zeitpunkt", "datum", "heure", "hora", "fecha"),
    "tracklet": ("tracklet", "track", "track_id", "tracklet_id"),
    "split": ("split", "set", "subset"),
}
EXPORT_MARK = b"retrace.records"  # in the metadata of a Parquet file that we wrote
MAX_TABLE_BYTES = 512 * 2**20
MAX_ROWS = 5_000_000  # about 350 bytes each in memory, measured with rows that repeat one picture
MAX_UNPACKED_BYTES = 2 * 2**30  # of the Parquet columns that are used: a few kilobytes can stand for terabytes


@dataclass(frozen=True, eq=False)
class Table:
    """The columns that are used, of equal length, by what they hold: {"image": [...], "identity": [...]}.

    `there` names all columns; without one of pictures no cells are read. `first_row` is what the first row is called:
    spreadsheets count the header as row 1. `is_export` marks our own Parquet files, whose cells mean just what they
    say: a person called "nan" is one.
    """

    name: str
    there: tuple[str, ...]
    cells: dict[str, list[object]]
    first_row: int
    is_export: bool = False


def parse_table(name: str, data: bytes, given: Mapping[str, str]) -> Table:
    """The used columns of a file's bytes; `given` names columns by what they hold, before the usual names.

    Raises ReidError, naming the file, when it cannot be parsed or is too large.
    """
    return (_parse_parquet if name.lower().endswith(".parquet") else _parse_text)(name, data, given)


def export_schema() -> pa.Schema:
    """The columns of `Records` in a Parquet file that we write, marked so that it is read back exactly."""
    import pyarrow as pa

    fields = [(name, pa.float64() if name == "time" else pa.string()) for name in COLUMNS]
    return pa.schema(fields, metadata={EXPORT_MARK: b"1"})


def preview_table(name: str, data: bytes, rows: int) -> tuple[list[str], list[list[object]]]:
    """The names of the columns that `parse_table` would look at, and the first rows of all of them.

    Raises ReidError, naming the file, as `parse_table` does.
    """
    return (_preview_parquet if name.lower().endswith(".parquet") else _preview_text)(name, data, rows)


def _parse_text(name: str, data: bytes, given: Mapping[str, str]) -> Table:
    with _open_text(name, data) as (header, reader):
        column_of = find_columns(header, given)
        if "image" not in column_of:
            return Table(name, tuple(header), {}, first_row=2)
        rows = _used_cells(name, reader, len(header), [header.index(column) for column in column_of.values()])
    return Table(name, tuple(header), dict(zip(column_of, rows, strict=True)), first_row=2)


def _preview_text(name: str, data: bytes, rows: int) -> tuple[list[str], list[list[object]]]:
    with _open_text(name, data) as (header, reader):
        columns = _used_cells(name, islice(reader, rows), len(header), list(range(len(header))))
    return header, [list(row) for row in zip(*columns, strict=True)]


@contextmanager
def _open_text(name: str, data: bytes) -> Iterator[tuple[list[str], Iterator[list[str]]]]:
    """The names of the columns and the rows below them. What the csv module raises inside becomes a ReidError."""
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
        if not any(header):
            raise ReidError(f"{name} is empty; its first line must name the columns.")
        yield header, reader
    except csv.Error as error:
        raise ReidError(f"{name}, line {reader.line_num}, is not valid CSV ({error}). Correct that line.") from error


def _used_cells(name: str, rows: Iterable[list[str]], width: int, places: list[int]) -> list[list[object]]:
    """The columns at `places` of rows with `width` cells; a blank line is a row of empty cells, but not at the end."""
    columns: list[list[object]] = [[] for _ in places]
    filled = 0
    for number, row in enumerate(rows, start=1):
        if row and len(row) != width:
            raise ReidError(
                f"Row {number + 1} of {name} has {len(row)} cells, but its first line names {width} columns. "
                "Correct that row; a comma inside a cell needs quotes around the cell."
            )
        _check_extent(name, number, 0)
        filled = number if row else filled
        for column, place in zip(columns, places, strict=True):
            column.append(row[place] if row else "")
    return [column[:filled] for column in columns]


def _parse_parquet(name: str, data: bytes, given: Mapping[str, str]) -> Table:
    import pyarrow as pa
    from pyarrow import parquet

    with _open_parquet(name, data) as (file, fields):
        column_of = find_columns(list(fields), given)
        if "image" not in column_of:
            return Table(name, tuple(fields), {}, first_row=1)
        used = list(dict.fromkeys(column_of.values()))
        _check_parquet_extent(name, file, used)
        # Read as a dictionary, text that the file has once and every row repeats stays in memory once.
        texts = [column for column in used if pa.types.is_string(fields[column])]
        whole = parquet.ParquetFile(pa.BufferReader(data), metadata=file.metadata, read_dictionary=texts)
        read = whole.read(columns=used)
        columns = {column: _cells(read.column(column)) for column in used}
        schema = file.schema_arrow
        is_marked = (schema.metadata or {}).get(EXPORT_MARK) == export_schema().metadata[EXPORT_MARK]
        is_export = is_marked and schema.equals(export_schema()) and not given
    cells = {key: columns[column] for key, column in column_of.items()}
    return Table(name, tuple(fields), cells, first_row=1, is_export=is_export)


def _preview_parquet(name: str, data: bytes, rows: int) -> tuple[list[str], list[list[object]]]:
    with _open_parquet(name, data) as (file, fields):
        _check_parquet_extent(name, file, list(fields))
        batch = next(file.iter_batches(batch_size=rows, columns=list(fields)), None)
        columns = [batch.column(column).to_pylist() for column in fields] if batch is not None else [[] for _ in fields]
    return list(fields), [list(row) for row in zip(*columns, strict=True)]


@contextmanager
def _open_parquet(name: str, data: bytes) -> Iterator[tuple[pq.ParquetFile, dict[str, pa.DataType]]]:
    """The file and the types of the columns that may hold labels. What pyarrow raises inside becomes a ReidError."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(pa.BufferReader(data))
        yield file, {field.name: field.type for field in file.schema_arrow if _holds_labels(field.type)}
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError) as error:
        raise ReidError(f"{name} is not a readable Parquet file ({error}). Write it again.") from error


def _check_parquet_extent(name: str, file: pq.ParquetFile, used: list[str]) -> None:
    groups = [file.metadata.row_group(place) for place in range(file.metadata.num_row_groups)]
    chunks = [group.column(place) for group in groups for place in range(group.num_columns)]
    _check_extent(
        name,
        max(file.metadata.num_rows, sum(group.num_rows for group in groups)),
        sum(chunk.total_uncompressed_size for chunk in chunks if chunk.path_in_schema in used),
    )


def _holds_labels(kind: pa.DataType) -> bool:
    from pyarrow import types

    is_bytes = types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind)
    return not (is_bytes or types.is_nested(kind))


def _cells(column: pa.ChunkedArray) -> list[object]:
    cells: list[object] = []
    for chunk in column.chunks:
        if hasattr(chunk, "dictionary"):
            words = chunk.dictionary.to_pylist()
            cells += [None if place is None else words[place] for place in chunk.indices.to_pylist()]
        else:
            cells += chunk.to_pylist()
    return cells


def _check_extent(name: str, rows: int, size: int) -> None:
    if rows > MAX_ROWS:
        raise ReidError(f"{name} has more than {MAX_ROWS:,} rows. Divide it into several tables.")
    if size > MAX_UNPACKED_BYTES:
        raise ReidError(
            f"The columns of {name} that are used would unpack to {size / 2**30:.1f} GB, more than the "
            f"{MAX_UNPACKED_BYTES / 2**30:.0f} GB that are allowed. Divide it into several tables."
        )


def may_name_pictures(name: str, data: bytes) -> bool:
    """Whether a table that cannot be parsed may be about pictures: false only where its first line says otherwise."""
    if name.lower().endswith(".parquet"):
        return True
    line = data[:65_536].replace(b"\0", b"").partition(b"\n")[0].decode("latin-1")  # NULs: UTF-16
    header = [cell.strip(' "\r\xff\xfe\xef\xbb\xbf') for cell in re.split("[,;\t]", line)]  # and its byte order mark
    return "image" in find_columns(header, {})


def find_columns(there: list[str], given: Mapping[str, str]) -> dict[str, str]:
    """Which of these columns holds what: {"image": "File", "identity": "who"}. Given as "", a kind is not there."""
    by_lower = {column.lower(): column for column in reversed(there)}
    found = {}
    for key, usual in COLUMN_NAMES.items():
        if key in given:
            wanted = given[key]
            fits = None if not wanted else wanted if wanted in there else by_lower.get(wanted.lower())
        else:
            fits = next((by_lower[name] for name in usual if name in by_lower), None)
        if fits is not None:
            found[key] = fits
    return found
