"""Text tables line by line (CSV of RFC 4180 with comma, semicolon, tab or bar; TSV), never more in memory than a row.

A file of one endless line, of a million columns, or with a quote that nothing closes is a sentence that names the row.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

from reid_core.datasets.tables.columns import candidates
from reid_core.errors import ReidError

MAX_ROW = 2**20  # characters, with all lines of the row; a row of 2,048 numbers has 40,000
MAX_COLUMNS = 10_000
_BLOCK = 2**20  # bytes that are looked at together
_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*')  # Excel's own, before the columns


@contextmanager
def open_text(name: str, data: bytes, *, most: int) -> Iterator[tuple[list[str], Iterator[tuple[int, list[str]]]]]:
    """The names of the columns, and the rows below them with their numbers: the line of names is row 1.

    Lines without any cell are counted and not given. Raises ReidError, naming file and row, for what is no UTF-8 or no
    CSV, an empty first line, a row of another length than the first, one of more than a million characters, and more
    than `most` rows.
    """
    _check_utf8(name, data)
    lines = _Lines(name, data)
    delimiter = lines.skip_separator()
    lines.skip_comments()
    heading = lines.peek()
    delimiter = delimiter or _delimiter(name, heading)
    quote = "'" if _in_single_quotes(heading, delimiter) else '"'
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quote, strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if not any(header):
            raise ReidError(f"{name} is empty; its first line must name the columns.")
        if len(header) > MAX_COLUMNS:
            raise ReidError(f"{name} has {len(header):,} columns; at most {MAX_COLUMNS:,} are read. Leave some out.")
        yield header, _rows(name, reader, lines, len(header), most)
    except csv.Error as error:
        raise ReidError(f"{name}, line {lines.first_of_row}, is not valid CSV ({error}). Correct that line.") from error


def first_cells(data: bytes) -> list[str]:
    """What the first line of columns seems to name, in a file that may be in any encoding or none."""
    start = data[:65_536].replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf")  # NULs: UTF-16
    lines = start.decode("latin-1").splitlines() or [""]
    line = lines[1] if _SEPARATOR_LINE.fullmatch(lines[0].strip('\xff\xfe"')) and len(lines) > 1 else lines[0]
    return [cell.strip(' "\r\xff\xfe\xef\xbb\xbf') for cell in re.split(r"[,;\t|]", line)[:MAX_COLUMNS]]


class _Lines:
    """The lines of the file for `csv.reader`, which is refused a row that never ends."""

    def __init__(self, name: str, data: bytes) -> None:
        self._name = name
        # BytesIO shares the bytes with its caller; StringIO would hold four bytes for each character.
        self._text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
        self._waiting: str | None = None
        self._length = 0
        self.number = 0
        self.first_of_row = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._next_line()
        self.number += 1
        self._length += len(line)
        if not line:
            raise StopIteration
        if self._length > MAX_ROW:
            raise ReidError(
                f"{self._name} has a row of more than {MAX_ROW:,} characters that begins in line {self.first_of_row}: "
                "a quote may be open there, or line breaks be missing. Correct that line."
            )
        return line

    def begin_row(self) -> None:
        self._length = 0
        self.first_of_row = self.number + 1

    def peek(self) -> str:
        self._waiting = self._next_line()
        return self._waiting

    def skip_separator(self) -> str | None:
        """The delimiter that a first line `sep=;` names; that line is gone then."""
        match = _SEPARATOR_LINE.fullmatch(self.peek())
        if match is None:
            return None
        self._waiting = None
        self.number += 1
        self.begin_row()
        return match[1]

    def skip_comments(self) -> None:
        """Empty lines and those that begin with "#" are gone then; of one that names columns the "#" is."""
        while (line := self.peek()).startswith("#") or (line and not line.strip()):
            self._waiting = None
            if len(candidates(re.split(r"\s*[,;\t|]\s*", line[1:].strip())[:MAX_COLUMNS])) > 1:
                self._waiting = line[1:]
                return
            self.number += 1
            self.begin_row()

    def _next_line(self) -> str:
        line, self._waiting = self._waiting, None
        return self._text.readline(MAX_ROW + 1) if line is None else line


def _rows(
    name: str, reader: Iterator[list[str]], lines: _Lines, width: int, most: int
) -> Iterator[tuple[int, list[str]]]:
    number = 1
    while True:
        lines.begin_row()
        row = next(reader, None)
        if row is None:
            return
        number += 1
        if number > most + 1:
            raise ReidError(f"{name} has more than {most:,} rows. Divide it into several tables.")
        if row and len(row) != width:
            raise ReidError(
                f"Row {number:,} of {name} has {len(row):,} cells, but its first line names {width:,} columns. "
                "Correct that row; a comma inside a cell needs quotes around the cell."
            )
        if row:
            yield number, row


def _check_utf8(name: str, data: bytes) -> None:
    if b"\0" in data[:4]:  # UTF-16 without its mark: ASCII, with a NUL before or after each character
        raise ReidError(f"{name} is not UTF-8 text but looks like UTF-16. Save it as CSV UTF-8.")
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(data), _BLOCK):
        block = data[start : start + _BLOCK]
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(block, final=start + _BLOCK >= len(data))
        except UnicodeDecodeError as error:
            place = start - pending + error.start
            raise ReidError(
                f"{name} is not UTF-8 text (byte {place + 1} is 0x{data[place]:02X}). Save it as CSV UTF-8."
            ) from error


def _in_single_quotes(heading: str, delimiter: str) -> bool:
    cells = [cell.strip() for cell in heading.rstrip("\r\n").split(delimiter)]
    return all(len(cell) > 1 and cell[0] == cell[-1] == "'" for cell in cells)


def _delimiter(name: str, heading: str) -> str:
    is_tsv = name.lower().endswith(".tsv") and "\t" in heading
    return "\t" if is_tsv else max(_DELIMITERS, key=heading.count)
