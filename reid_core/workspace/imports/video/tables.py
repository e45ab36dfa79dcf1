"""A table of recordings that are to come in: which file, which camera, when it began.

A CSV with a line of column names. `path` has to be there; `camera`, `start`, `time_zone` and `stream` may be. A path
that is not absolute counts from the table's folder. An empty cell says nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from reid_core.datasets import Skipped
from reid_core.errors import NotThere, ReidError, shown, why
from reid_core.files import write_atomically

COLUMNS = ("path", "camera", "start", "time_zone", "stream")
MOST_BYTES = 16 * 2**20
FILE = "recordings.csv"  # in the folder of a job


@dataclass(frozen=True)
class TableRow:
    """A recording as a table names it; what the table does not say is None. `number` counts the line of names as 1.

    `start` is a moment ("2026-03-02T08:00+01:00"), or what tells it: name, container, file or unknown.
    """

    path: Path
    camera: str | None = None
    start: str | None = None
    time_zone: str | None = None
    stream: int | None = None
    number: int = 0

    @property
    def label(self) -> str:
        """What a message calls it."""
        return f"row {self.number}: {self.path}"


def read_recording_table(table: Path) -> tuple[list[TableRow], list[Skipped]]:
    """Its rows in their order, and the rows that cannot be used, with the reason.

    Raises ReidError for a file that is no such table, and for one without rows.
    """
    rows: list[TableRow] = []
    skipped: list[Skipped] = []
    lines = _lines(table)
    _, names = next(lines)
    names = [name.strip().lower() for name in names]
    _check(table, names)
    for number, cells in lines:
        try:
            rows.append(_row(number, names, cells, table.absolute().parent))
        except ReidError as error:
            skipped.append(Skipped(f"row {number}", str(error)))
    if not rows and not skipped:
        raise ReidError(f"{table} names no recording. Write a row for each below its line of column names.")
    return rows, skipped


def write_recording_table(table: Path, rows: Iterable[TableRow]) -> None:
    """Write what `read_recording_table` reads back. Raises OSError, and ReidError for a name that is no text."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)  # a path may begin with a space
    writer.writerow(COLUMNS)
    for row in rows:
        cells = (row.path, row.camera, row.start, row.time_zone, row.stream)
        writer.writerow(["" if cell is None else str(cell) for cell in cells])
    try:
        data = text.getvalue().encode()
    except UnicodeEncodeError as error:
        raise ReidError("One of the files has a name that is no text. Rename it and try again.") from error
    write_atomically(table, lambda file: file.write(data))


def paths_in(table: Path) -> list[Path]:
    """The files that it names; none where it cannot be read."""
    try:
        return [row.path for row in read_recording_table(table)[0]]
    except ReidError:
        return []


def _lines(table: Path) -> Iterator[tuple[int, list[str]]]:
    """Its rows with their numbers, the line of names first; lines without any cell are counted and not given."""
    text = _text_of(table)
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        yield 1, next(reader, [])
        yield from ((number, cells) for number, cells in enumerate(reader, 2) if cells)
    except csv.Error as error:
        raise ReidError(f"{table}, line {reader.line_num}, is not valid CSV ({error}). Correct that line.") from error


def _text_of(table: Path) -> str:
    try:
        if table.stat().st_size > MOST_BYTES:
            raise ReidError(f"{table} is larger than {MOST_BYTES // 2**20} MB. Divide it into several tables.")
        return table.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise NotThere(f"There is no table {table}. Check the path.") from error
    except OSError as error:
        raise ReidError(f"The table {table} cannot be read ({why(error)}). Check the path.") from error
    except UnicodeDecodeError as error:
        raise ReidError(f"{table} is not a CSV in UTF-8. Save it as one.") from error


def _check(table: Path, names: list[str]) -> None:
    if strange := [name for name in names if name not in COLUMNS]:
        raise ReidError(f"{table.name} has a column {shown(strange[0])}. Its columns may be: {', '.join(COLUMNS)}.")
    if twice := [name for name in names if names.count(name) > 1]:
        raise ReidError(f"{table.name} has two columns {twice[0]}. Leave one out.")
    if "path" not in names:
        raise ReidError(f"{table.name} has no column path. Its columns may be: {', '.join(COLUMNS)}.")


def _row(number: int, names: list[str], cells: list[str], folder: Path) -> TableRow:
    if len(cells) != len(names):
        raise ReidError(
            f"It has {len(cells):,} cells, but the first line names {len(names):,} columns. A comma inside a cell "
            "needs quotes around the cell."
        )
    said = {name: cell if name == "path" else cell.strip() for name, cell in zip(names, cells, strict=True)}
    if not said["path"].strip():
        raise ReidError("Its path is empty. Write the path of a recording.")
    if "\0" in said["path"]:
        raise ReidError(f"{shown(said['path'])} is not a path.")
    stream = said.get("stream") or None
    if stream is not None and not (stream.isdecimal() and stream.isascii() and len(stream) < 5):
        raise ReidError(f"Its stream {shown(stream)} is not a number. Write 0, 1, … or nothing.")
    return TableRow(
        folder / Path(said["path"]), said.get("camera") or None, said.get("start") or None,
        said.get("time_zone") or None, None if stream is None else int(stream), number,
    )  # fmt: skip
