"""The files of tables: text (see `text_tables`) and Parquet, read only where used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from reid_core.datasets.tables.columns import (
    COLUMN_NAMES,
    EVIDENCE_ROWS,
    Found,
    candidates,
    find_columns,
    is_picture_name,
)
from reid_core.datasets.tables.parquet_sizes import sizes_of_columns
from reid_core.datasets.tables.text_tables import first_cells, open_text
from reid_core.errors import ReidError, shown
from reid_core.records import COLUMNS, plural

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

__all__ = ["COLUMN_NAMES", "MAX_TABLE_BYTES", "Preview", "Table", "export_schema", "may_name_pictures", "parse_table"]
EXPORT_MARK = b"retrace.records"  # in the metadata of a Parquet file that we wrote
MAX_TABLE_BYTES = 512 * 2**20
MAX_ROWS = 5_000_000  # about 350 bytes each in memory, measured with rows that repeat one picture
MAX_UNPACKED_BYTES = 2 * 2**30  # of the Parquet columns that are used: a few kilobytes can stand for terabytes
MAX_ROW_BYTES, SPARE_BYTES = 400, 16 * 2**20  # of one column: no label is longer on average; some are in small files


@dataclass(frozen=True, eq=False)
class Table:
    """The columns that are used, of equal length, by what they hold: {"image": [...], "identity": [...]}.

    `there` names all columns and `found` says which were taken; without one of pictures no cells are read. `rows` holds
    the number of each row: spreadsheets count the header as row 1. `is_export` marks our own Parquet files, whose cells
    mean just what they say: a person called "nan" is one.
    """

    name: str
    there: tuple[str, ...]
    cells: dict[str, list[object]]
    rows: Sequence[int] = ()
    is_export: bool = False
    found: Found = field(default_factory=lambda: Found({}, {}))


@dataclass(frozen=True, eq=False)
class Preview:
    """The columns that may hold labels, what each would be taken for, and the first rows of all of them."""

    columns: list[str]
    found: Found
    rows: list[list[object]]


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


def preview_table(name: str, data: bytes, rows: int) -> Preview:
    """What `parse_table` would look at and take, and the first `rows`.

    Raises ReidError, naming the file, as `parse_table` does.
    """
    return (_preview_parquet if name.lower().endswith(".parquet") else _preview_text)(name, data, rows)


# --- text ---


def _parse_text(name: str, data: bytes, given: Mapping[str, str]) -> Table:
    header, found = _find_in_text(name, data, given)
    if "image" not in found.columns:
        return Table(name, tuple(header), {}, found=found)
    used = {**found.columns, **found.marks}
    places = [header.index(column) for column in used.values()]
    columns: list[list[object]] = [[] for _ in places]
    numbers: list[int] = []
    with open_text(name, data, most=MAX_ROWS) as (_, rows):
        for number, row in rows:
            numbers.append(number)
            for column, place in zip(columns, places, strict=True):
                column.append(row[place])
    return Table(name, tuple(header), dict(zip(used, columns, strict=True)), numbers, found=found)


def _preview_text(name: str, data: bytes, rows: int) -> Preview:
    header, found = _find_in_text(name, data, {})
    with open_text(name, data, most=MAX_ROWS) as (_, below):
        return Preview(header, found, [list(row) for _, row in islice(below, rows)])


def _find_in_text(name: str, data: bytes, given: Mapping[str, str]) -> tuple[list[str], Found]:
    with open_text(name, data, most=MAX_ROWS) as (header, rows):
        looked_at = {column: header.index(column) for column in candidates(header)}
        cells: dict[str, list[object]] = {column: [] for column in looked_at}
        for _, row in islice(rows, EVIDENCE_ROWS) if looked_at else ():
            for column, place in looked_at.items():
                cells[column].append(row[place])
        return header, find_columns(header, given, cells)


# --- Parquet ---


@dataclass(frozen=True, eq=False)
class _Parquet:
    """An open file, the types of the columns that may hold labels, and the bytes that columns unpack to.

    In a file that unpacks to no more than `SPARE_BYTES` no column can be too large, and `sizes` is empty.
    """

    file: pq.ParquetFile
    fields: dict[str, pa.DataType]
    sizes: Mapping[str, int]

    @property
    def others(self) -> list[str]:
        """The columns that hold no labels."""
        return [column for column in self.file.schema_arrow.names if column not in self.fields]

    @property
    def rows(self) -> int:
        groups = [self.file.metadata.row_group(place) for place in range(self.file.metadata.num_row_groups)]
        return int(max(self.file.metadata.num_rows, sum(group.num_rows for group in groups)))

    @property
    def most_bytes(self) -> int:
        """What a column of labels unpacks to at most."""
        return SPARE_BYTES + MAX_ROW_BYTES * self.rows

    def small(self, columns: Sequence[str]) -> list[str]:
        """Those that are no larger than labels are."""
        return [column for column in columns if self.sizes.get(column, 0) <= self.most_bytes]


def _parse_parquet(name: str, data: bytes, given: Mapping[str, str]) -> Table:
    with _open_parquet(name, data) as opened:
        there = tuple(opened.file.schema_arrow.names)
        found = _find_in_parquet(opened, given)
        others = [f"{shown(column, 40)} holds bytes or lists, which are no labels" for column in opened.others]
        found = replace(found, words=(*found.words, *others))
        if "image" not in found.columns:
            return Table(name, there, {}, found=found)
        column_of = {**found.columns, **found.marks}
        used = list(dict.fromkeys(column_of.values()))
        _check_parquet_extent(name, opened, used)
        read = opened.file.read(columns=used)
        columns = {column: _cells(read.column(column).chunks) for column in used}
        is_export = _is_export(opened.file) and not given
    cells = {key: columns[column] for key, column in column_of.items()}
    rows = range(1, 1 + len(cells["image"]))
    return Table(name, there, cells, rows, is_export=is_export, found=found)


def _preview_parquet(name: str, data: bytes, rows: int) -> Preview:
    with _open_parquet(name, data) as opened:
        labels = opened.small(list(opened.fields))
        _check_parquet_extent(name, opened, labels)
        found = _find_in_parquet(opened, {})
        first = _first_rows(opened.file, labels, rows)
    return Preview(labels, found, [list(row) for row in zip(*first.values(), strict=True)])


def _find_in_parquet(opened: _Parquet, given: Mapping[str, str]) -> Found:
    """A column with more bytes than labels have is no evidence; it is refused only where it is taken."""
    there = list(opened.fields)
    if _is_export(opened.file):
        return find_columns(there, given)
    return find_columns(there, given, _first_rows(opened.file, opened.small(candidates(there)), EVIDENCE_ROWS))


def _is_export(file: pq.ParquetFile) -> bool:
    schema = file.metadata.schema.to_arrow_schema()  # the file's own, without dictionaries
    is_marked = (schema.metadata or {}).get(EXPORT_MARK) == export_schema().metadata[EXPORT_MARK]
    return bool(is_marked and schema.equals(export_schema()))


def _first_rows(file: pq.ParquetFile, columns: list[str], rows: int) -> dict[str, list[object]]:
    cells: dict[str, list[object]] = {column: [] for column in columns}
    left = rows
    for batch in file.iter_batches(batch_size=rows, columns=columns) if columns else ():
        for column in columns:
            cells[column] += _cells([batch.column(column).slice(0, left)])
        left -= batch.num_rows
        if left <= 0:
            break
    return cells


@contextmanager
def _open_parquet(name: str, data: bytes) -> Iterator[_Parquet]:
    """The file, looked into but not read. What pyarrow raises inside becomes a ReidError."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        plain = parquet.ParquetFile(pa.BufferReader(data))
        fields = {field.name: field.type for field in plain.schema_arrow if _holds_labels(field.type)}
        # Read as a dictionary, text that the file has once and every row repeats stays in memory once.
        texts = [name for name, kind in fields.items() if pa.types.is_string(kind)]
        file = parquet.ParquetFile(pa.BufferReader(data), metadata=plain.metadata, read_dictionary=texts)
        groups = map(file.metadata.row_group, range(file.metadata.num_row_groups))
        is_small = sum(group.total_byte_size for group in groups) <= SPARE_BYTES
        yield _Parquet(file, fields, {} if is_small else sizes_of_columns(data))
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError) as error:
        raise ReidError(f"{name} is not a readable Parquet file ({error}). Write it again.") from error


def _check_parquet_extent(name: str, opened: _Parquet, used: list[str]) -> None:
    _check_extent(name, opened.rows, sum(opened.sizes.get(column, 0) for column in used))
    for column in used:
        if (size := opened.sizes.get(column, 0)) > opened.most_bytes:
            raise ReidError(
                f"The column {shown(column)} of {name} would unpack to {size / 2**20:,.0f} MB for "
                f"{plural(opened.rows, 'row')}: these are no labels. Leave it out, or name another column."
            )


def _holds_labels(kind: pa.DataType) -> bool:
    from pyarrow import types

    is_bytes = types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind)
    return not (is_bytes or types.is_nested(kind))


def _cells(chunks: Sequence[pa.Array]) -> list[object]:
    cells: list[object] = []
    for chunk in chunks:
        if hasattr(chunk, "dictionary"):
            words = chunk.dictionary.to_pylist()
            cells += [None if place is None else words[place] for place in chunk.indices.to_pylist()]
        else:
            try:
                cells += chunk.to_pylist()
            except (OverflowError, ValueError):
                if not hasattr(chunk[0], "value"):  # text that is no UTF-8
                    raise
                cells += map(_cell, chunk)  # a time outside of Python's years costs no more than itself
    return cells


def _cell(scalar: pa.Scalar) -> object:
    try:
        return scalar.as_py()
    except (OverflowError, ValueError):
        return f"{scalar.value} {scalar.type}"


def _check_extent(name: str, rows: int, size: int) -> None:
    if rows > MAX_ROWS:
        raise ReidError(f"{name} has more than {MAX_ROWS:,} rows. Divide it into several tables.")
    if size > MAX_UNPACKED_BYTES:
        raise ReidError(
            f"The columns of {name} that are used would unpack to {size / 2**30:.1f} GB, more than the "
            f"{MAX_UNPACKED_BYTES / 2**30:.0f} GB that are allowed. Divide it into several tables."
        )


def may_name_pictures(name: str, data: bytes) -> bool:
    """Whether a table that cannot be parsed may be about pictures: false only where its first lines say otherwise."""
    if name.lower().endswith(".parquet") or "image" in find_columns(first_cells(data), {}).columns:
        return True
    lines = data[:65_536].replace(b"\0", b"").decode("latin-1").splitlines()[:20]
    return any(is_picture_name(cell.strip(" \"'")) for line in lines for cell in re.split(r"[,;\t|]", line))
