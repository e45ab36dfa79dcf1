"""Tables of crops: CSV, TSV and Parquet with odd cells, odd columns and damaged bytes."""

from __future__ import annotations

import contextlib
import csv
import io
from pathlib import Path
from random import Random

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from reid_core.datasets import describe_table, read_dataset
from reid_core.errors import ReidError
from tests.fuzz import odd
from tests.fuzz.target import Attempt, Target

PICTURES = ("a.jpg", "b.jpg", "x/c.jpg", "0001_c1s1_000151_00.jpg")
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252")


def _texts(prepared: Path) -> Attempt:
    def attempt(random: Random, folder: Path) -> None:
        columns = _columns(random)
        rows = [[_cell(random, column) for column in columns] for _ in range(random.choice((0, 1, 3, 10)))]
        buffer = io.StringIO()
        mark = random.choice(",,;	|")
        with contextlib.suppress(csv.Error):
            csv.writer(buffer, delimiter=mark, quoting=random.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))).writerows(
                [columns, *rows]
            )
        text = random.choice(("", "", "", "sep=;\n", "\n", "# comment\n")) + buffer.getvalue()
        data = text.encode(random.choice(ENCODINGS), "replace")
        _read(random, folder, f"crops.{random.choice(('csv', 'csv', 'tsv'))}", data)

    return attempt


def _parquets(prepared: Path) -> Attempt:
    def attempt(random: Random, folder: Path) -> None:
        rows = random.choice((0, 1, 3, 10))
        columns = [column for column in dict.fromkeys(_columns(random)) if column]
        made = {column: _array([_cell(random, column) for _ in range(rows)], random) for column in columns}
        buffer = io.BytesIO()
        with contextlib.suppress(pa.ArrowException):
            parquet.write_table(pa.table(made), buffer, compression=random.choice(("snappy", "none", "zstd")))
        _read(random, folder, "crops.parquet", buffer.getvalue())

    return attempt


def _read(random: Random, folder: Path, name: str, data: bytes) -> None:
    for picture in PICTURES:
        (folder / picture).parent.mkdir(exist_ok=True)
        (folder / picture).write_bytes(b"x")
    data = odd.damaged(random, data) if random.random() < 0.4 else data
    (folder / name).write_bytes(data)
    with contextlib.suppress(ReidError):
        describe_table(folder / name)
    given = {"identity": random.choice(odd.COLUMNS)} if random.random() < 0.2 else None
    read_dataset(folder / name, columns=given, time_zone="Europe/London" if random.random() < 0.1 else None).describe()


def _columns(random: Random) -> list[str]:
    names = ["image"] if random.random() < 0.8 else []
    names += [random.choice(odd.COLUMNS) if random.random() < 0.9 else odd.text(random)[:300] for _ in range(4)]
    return [name.encode("utf-8", "replace").decode() for name in names]


def _cell(random: Random, column: str) -> str:
    if column in ("image", "path", "file", "filename") and random.random() < 0.8:
        return random.choice(PICTURES)
    return odd.text(random).encode("utf-8", "replace").decode()


def _array(cells: list[str], random: Random) -> pa.Array:
    kind = random.randrange(8)
    numbers = [random.choice((None, 0, 1, -1, 45000, 1772439090, 1772439090123, 20260302, 2**60)) for _ in cells]
    if kind == 0:
        return pa.array(numbers, pa.int64())
    if kind == 1:
        return pa.array([None if n is None else n / 7 for n in numbers], pa.float64())
    if kind == 2:
        unit = random.choice(("s", "ms", "us", "ns"))
        return pa.array(numbers, pa.timestamp(unit, tz=random.choice((None, "UTC", "+05:30", "Europe/London"))))
    if kind == 3:
        return pa.array([[cell] for cell in cells], pa.list_(pa.string()))
    if kind == 4:
        return pa.array(pd.Categorical(cells))
    if kind == 5:
        return random.choice(
            (
                pa.array([cell.encode() for cell in cells], pa.binary()),
                pa.array([None] * len(cells), pa.null()),
                pa.array([None if n is None else n % 86_400 for n in numbers], pa.time32("s")),
                pa.array([None if n is None else n % 30_000 for n in numbers], pa.date32()),
                pa.array([n is None for n in numbers], pa.bool_()),
                pa.array([None if n is None else n % 10**6 for n in numbers], pa.duration("s")),
            )
        )
    return pa.array(cells, random.choice((pa.string(), pa.large_string())))


TARGETS = (Target("tables", _texts), Target("parquets", _parquets))
