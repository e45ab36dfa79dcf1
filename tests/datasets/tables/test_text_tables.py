"""Text tables that never end, and Excel's own first line; memory is measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyarrow import parquet

from reid_core.datasets import read_dataset
from reid_core.errors import ReidError

if TYPE_CHECKING:
    from conftest import Miniature

MEASURE = """
import resource, sys
from pathlib import Path
import pandas, pyarrow.parquet
from reid_core.datasets import read_dataset
from reid_core.errors import ReidError
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before = peak()
try:
    print(read_dataset(Path(sys.argv[1])).describe())
except ReidError as error:
    print(error)
print(peak() - before)
"""
LONG = 64 * 2**20  # bytes
HOSTILE = {
    "one line": (b"image,pid\na.jpg,ada\nb.jpg," + b"y" * LONG, "a row of more than 1,048,576 characters.* line 3"),
    "cells": (b"image,pid\na.jpg,ada\nb.jpg" + b",y" * (LONG // 2), "a row of more than 1,048,576 characters.* line 3"),
    "a quote": (b'image,pid\na.jpg,ada\n"b.jpg' + b"y\n" * (LONG // 2), "line 3, is not valid CSV .*field larger than"),
    "quotes": (b"image,pid\n" + b'"a\n",' * (LONG // 5), "a row of more than 1,048,576 characters.* line 2"),
    "columns": (b"image,pid" + b",c" * (LONG // 2), "a row of more than 1,048,576 characters.* line 1"),
    "blank": (b"image,pid\na.jpg,ada\n" + b"\n" * (LONG // 8), "t.csv has more than 5,000,000 rows"),
}


def measure(folder: Path) -> tuple[str, float]:
    ended = subprocess.run(
        [sys.executable, "-c", MEASURE, str(folder)], capture_output=True, text=True, timeout=120, check=True
    )
    said, megabytes = ended.stdout.strip().rsplit("\n", 1)
    return said, float(megabytes)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_text_that_never_ends_is_a_sentence_and_takes_no_memory(tmp_path: Path, tiny_jpeg: bytes, name: str) -> None:
    content, reason = HOSTILE[name]
    (tmp_path / "a.jpg").write_bytes(tiny_jpeg)
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(ReidError, match=reason) as error:
        read_dataset(tmp_path)
    assert len(str(error.value)) < 600
    _, megabytes = measure(tmp_path)
    assert megabytes < LONG / 2**20 + 60  # the file itself, and little else


def test_a_cell_of_300_mb_is_refused_before_it_is_unpacked(tmp_path: Path, tiny_jpeg: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(tiny_jpeg)
    for column in ("identity", "image", "remark"):
        cells = {"image": ["a.jpg"], "identity": ["ada"]} | {column: ["x" * (300 * 2**20)]}
        parquet.write_table(pa.table(cells), tmp_path / "t.parquet")
        said, megabytes = measure(tmp_path)
        assert megabytes < 120
        assert (
            "1 identity" in said if column == "remark" else f"The column '{column}' of t.parquet would unpack" in said
        )


def test_more_columns_than_a_table_has_are_counted(miniature: Miniature) -> None:
    header = ",".join(["image", *(f"c{n}" for n in range(12_000))])
    with pytest.raises(ReidError, match="t.csv has 12,001 columns; at most 10,000"):
        read_dataset(miniature.make(["a.jpg"], {"t.csv": f"{header}\n"}), format="table")


def test_many_names_of_columns_are_not_all_said(miniature: Miniature) -> None:
    header = ",".join(f"c{n}" for n in range(5000))
    with pytest.raises(ReidError, match=r"c19 and 4,980 more\.") as error:
        read_dataset(miniature.make(["a.jpg"], {"t.csv": f"{header}\n"}), format="table")
    assert len(str(error.value)) < 1200


@pytest.mark.parametrize(("first", "mark"), [("sep=;", ";"), ('"sep=;"', ";"), ("sep=|", "|"), ("sep=\t", "\t")])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_first_line_of_excel_names_the_delimiter(miniature: Miniature, first: str, mark: str, ending: str) -> None:
    lines = [first, *(mark.join(row) for row in (("image", "pid"), ("a.jpg", "ada"), ("none.jpg", "bo")))]
    for start in ("", "\ufeff"):
        dataset = read_dataset(miniature.make(["a.jpg"], {"t.csv": start + ending.join(lines) + ending}))
        assert miniature.column(dataset, "identity") == {"a.jpg": "ada"}
        assert [row.partition(" of")[0] for row in miniature.skipped(dataset)] == ["row 3"]  # the header is row 1


def test_lines_without_cells_are_counted_and_no_rows(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(["a.jpg"], {"t.csv": "image,pid\n\n\na.jpg,ada\n\nx.jpg,bo\n\n"}))
    assert miniature.column(dataset, "identity") == {"a.jpg": "ada"}
    assert [row.partition(" of")[0] for row in miniature.skipped(dataset)] == ["row 6"]


@pytest.mark.parametrize("place", [0, 2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20])
def test_a_byte_that_is_no_text_is_named_wherever_it_stands(tmp_path: Path, tiny_jpeg: bytes, place: int) -> None:
    (tmp_path / "a.jpg").write_bytes(tiny_jpeg)
    rows = b"image\n" + "ä.jpg\n".encode() * (4 * 2**20 // 7)
    start = rows[: 6 + place].rfind(b"\n") + 1
    (tmp_path / "t.csv").write_bytes(rows[:start] + b"\xff" + rows[start:])
    with pytest.raises(ReidError, match=rf"not UTF-8 text \(byte {start + 1} is 0xFF\)"):
        read_dataset(tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "\n \r\nimage,pid\na.jpg,ada\n"),
        ("t.csv", "# made by hand\n\n# at noon\nimage,pid\na.jpg,ada\n"),
        ("t.tsv", "image,pid\na.jpg,ada\n"),
        ("t.tsv", "image\tpid\na.jpg\tada\n"),
    ],
)
def test_empty_lines_above_the_names_and_commas_in_a_tsv_are_read(miniature: Miniature, name: str, text: str) -> None:
    dataset = read_dataset(miniature.make(["a.jpg"], {name: text}))
    assert miniature.column(dataset, "identity") == {"a.jpg": "ada"}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_called_so(miniature: Miniature, encoding: str) -> None:
    path = miniature.make(["a.jpg"], {"t.csv": "image,pid\na.jpg,ada\n".encode(encoding)})
    with pytest.raises(ReidError, match="t.csv is not UTF-8 text but looks like UTF-16"):
        read_dataset(path)
